"""The worker and its beat.

Three queues, so that a slow mail server holds nobody up: `outbox` (notifications), `mail`, and `celery` (what the beat
asks for). A worker without `-Q` serves them all; several may share them (`-Q mail`). Publishing is the relay's and the
beat's business alone, and nothing that matters is lost with the broker: rows are found again, and the beat asks again.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init
from kombu.entity import Queue

QUEUES = ("celery", "outbox", "mail")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.config.settings")
app = Celery("casework")
app.set_default()  # in every thread, not in the first alone
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, routing_key=name) for name in QUEUES]
app.conf.task_default_queue = QUEUES[0]
app.conf.broker_connection_max_retries = None  # a worker waits for a broker that is away, however long
app.autodiscover_tasks()


@celeryd_init.connect
def _refuse_unsafe_start(**kwargs: Any) -> None:
    from casework.config.checks import refuse_unsafe_start

    refuse_unsafe_start()
