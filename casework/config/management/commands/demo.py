"""The product on this machine, with synthetic records, in one command."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from casework import embedded
from casework.config.demo import accounts, site
from casework.config.demo.accounts import Foreign
from casework.config.demo.processes import Failed


class Command(BaseCommand):
    help = (
        "Start the product on the embedded servers with synthetic records and print where it is and how to sign in. "
        "Ctrl-C stops all of it; the data stays."
    )
    requires_system_checks = ["security", "staticfiles"]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=None, help="where the pages are served (8000)")
        parser.add_argument("--no-data", action="store_true", help="no synthetic records, one account per role")
        parser.add_argument(
            "--check",
            action="store_true",
            help="walk one referral through the product as every role, recount the figures, exit 0 or say what failed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("DATABASE_URL"):
            raise CommandError("The demo keeps its own servers: start it without DATABASE_URL.")
        if options["check"] and options["no_data"]:
            raise CommandError("The check needs the synthetic records: leave out --no-data.")
        try:
            if options["check"]:
                self._check(options["port"] or 0)
            else:
                self._serve(8000 if options["port"] is None else options["port"], with_data=not options["no_data"])
        except (Failed, Foreign) as problem:
            raise CommandError(str(problem)) from None
        except KeyboardInterrupt:
            self.say("\nStopped. The data stays.")

    def _serve(self, port: int, *, with_data: bool) -> None:
        with site.served(port=port, with_data=with_data, say=self.say) as served:
            people = accounts.PEOPLE if with_data else accounts.ONE_PER_ROLE
            self.say(f"\nThe demo is at {served.address}/\n")
            self.say("\n".join(_sign_ins(people)))
            self.say(f"\nThe password of every account is: {accounts.PASSWORD}")
            self.say(f"The data is kept in {embedded.state_dir()}. Ctrl-C stops everything.")
            served.watch()

    def _check(self, port: int) -> None:
        from casework.config.demo import check

        running = site.running_site()
        if running is not None:
            self.say(f"A demo is running for this state directory: the check uses it, at {running.address}/")
            check.run(running.address, say=self.say)
            return
        with site.served(port=port, with_data=True, say=self.say) as served:
            check.run(served.address, say=self.say)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _sign_ins(people: Iterable[accounts.Account]) -> list[str]:
    shown = [
        (account.username, str(account.role.label), account.place.name, account.full_name)
        for account in people
        if account.shown
    ]
    widths = [max(len(row[column]) for row in shown) for column in range(3)]
    return [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]) for row in shown
    ]
