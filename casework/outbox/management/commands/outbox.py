"""What waits to be told, for a technician's monitoring."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from casework.outbox import services
from casework.outbox.models import Mail


class Command(BaseCommand):
    help = "Print what waits in the outbox; exits 1 when the oldest row waits longer than CASEWORK_OUTBOX_LATE_SECONDS."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        found = services.state(now)
        age = int((now - found.oldest).total_seconds()) if found.oldest else 0
        self.stdout.write(f"messages waiting      {found.messages}")
        self.stdout.write(f"mails waiting         {found.mails}")
        self.stdout.write(f"mails refused         {found.refused}")
        self.stdout.write(f"oldest waits, seconds {age}")
        for mail in Mail.objects.all().refused().select_related("message__recipient").order_by("created_at"):
            name = mail.message.recipient.username
            self.stdout.write(f"refused since {mail.created_at:%Y-%m-%d}, {mail.error}: the address of {name}")
        if services.is_late(found.oldest, now):
            self.stderr.write(f"The oldest waits longer than {settings.OUTBOX_LATE_SECONDS} seconds.")
            raise SystemExit(1)
