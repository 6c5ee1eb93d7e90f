"""The worker and its beat."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.config.settings")
app = Celery("casework")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def _refuse_unsafe_start(**kwargs: Any) -> None:
    from casework.config.checks import refuse_unsafe_start

    refuse_unsafe_start()
