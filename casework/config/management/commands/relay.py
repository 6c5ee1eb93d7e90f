"""The relay of the outbox, as a process of its own."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from casework.config import seen
from casework.config.celery import app
from casework.config.checks import refuse_unsafe_start
from casework.outbox import relay


class Command(BaseCommand):
    help = "Hand waiting messages and mails to the worker until SIGTERM or Ctrl-C. Several may run."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unsafe_start()
        seen.report_as("relay")
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stopped.set())
        relay.run(lambda: app.connection_for_write(transport_options=relay.FAIL_FAST), stopped)
