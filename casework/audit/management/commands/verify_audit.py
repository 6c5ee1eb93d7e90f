"""`manage.py verify_audit`: is the audit trail what it was when it was sealed?"""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from casework.audit import chain
from casework.audit.seals import seal_waiting
from casework.audit.verify import keep, verify


class Command(BaseCommand):
    help = (
        "Recompute the seals of the audit trail. Ends with 1 and names the first broken position if anything was "
        "edited, removed, put in, reordered, cut or written anew; with 2 if it cannot be checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="FILE",
            help="a file of anchors: the one the product writes (used unless another is named), or lines saved from "
            "the mails to the auditors; may be given more than once",
        )
        parser.add_argument("--no-anchor", action="store_true", help="check without any anchor")
        parser.add_argument(
            "--public-key",
            action="append",
            default=[],
            metavar="BASE64",
            help="the public key that counts, kept since set-up; without it the settings say",
        )
        parser.add_argument("--seal", action="store_true", help="seal what waits before checking")
        parser.add_argument("--not-kept", action="store_true", help="do not note this check for the auditors' page")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = chain.trusted(options["public_key"] or None)
        except ValueError:
            raise CommandError("The public key must be 32 bytes in base64.", returncode=2) from None
        if options["seal"]:
            seal_waiting(now=timezone.now())
        files = list(options["anchor"])
        usual = settings.CASEWORK_AUDIT_ANCHOR
        if not files and not options["no_anchor"] and usual and os.path.exists(usual):
            files = [usual]
        for path in files:
            if not os.access(path, os.R_OK) or not os.path.isfile(path):
                raise CommandError(f"The file of anchors {path} cannot be read.", returncode=2)
        report = verify(keys=keys, anchor_files=tuple(files))
        if not options["not_kept"]:
            try:
                keep(report, now=timezone.now())
            except DatabaseError:
                self.stderr.write("This check could not be noted for the auditors' page.")
        self.stdout.write(f"Public key in use: {chain.public_key()}")
        self.stdout.write(
            f"Read {report.seals:,} batches with {report.events:,} events in {report.seconds:.1f} seconds; "
            f"{report.waiting:,} events are not sealed yet."
        )
        if not files:
            self.stdout.write("No anchor was compared: a trail that was cut at its end looks like a short one.")
        else:
            self.stdout.write(f"{report.anchors:,} anchors fit ({', '.join(files)}).")
        if report.unreadable:
            self.stdout.write(f"{report.unreadable:,} lines of the anchor cannot be read and were passed over.")
        if report.finding:
            raise CommandError(str(report.finding), returncode=1)
        self.stdout.write("The audit trail is sound.")
