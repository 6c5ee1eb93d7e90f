"""The worker and its beat.

Three queues, so that a slow mail server holds nobody up: `outbox` (notifications), `mail`, and `celery` (what the beat
asks for). A worker without `-Q` serves them all; several may share them (`-Q mail`). Publishing is the relay's and the
beat's business alone, and nothing that matters is lost with the broker: rows are found again, and the beat asks again.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import after_task_publish, beat_init, celeryd_init, heartbeat_sent, setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu.entity import Queue

from casework import pulse

QUEUES = ("celery", "outbox", "mail")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.config.settings")
app = Celery("casework")
app.set_default()  # in every thread, not in the first alone
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, routing_key=name) for name in QUEUES]
app.conf.task_default_queue = QUEUES[0]
app.conf.broker_connection_max_retries = None  # a worker waits for a broker that is away, however long
app.steps["worker"].add(DjangoStructLogInitStep)  # a task that fails is a line of `casework.config.logs`
app.autodiscover_tasks()


@celeryd_init.connect
def _refuse_unsafe_start(**kwargs: Any) -> None:
    from casework.config.checks import refuse_unsafe_start

    refuse_unsafe_start()
    from casework.config import seen

    seen.report_as("worker")


@setup_logging.connect
def _keep_our_logging(**kwargs: Any) -> None:
    """Celery would add handlers of its own, which print what exceptions say: LOGGING is all there is."""


@heartbeat_sent.connect
def _worker_lives(**kwargs: Any) -> None:
    """A worker sends a heartbeat every two seconds while it has a broker."""
    pulse.beat()


@beat_init.connect
def _beat_lives(**kwargs: Any) -> None:
    """The beat publishes something every few seconds."""
    from casework.config import seen

    seen.report_as("beat")
    after_task_publish.connect(lambda **published: pulse.beat(), weak=False)
