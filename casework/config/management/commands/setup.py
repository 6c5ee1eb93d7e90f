"""`manage.py setup`: keys, a look at what the installation stands on, the first organisation and its two admins."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from casework.access.models import OrganisationKind
from casework.config import checks, installation
from casework.config.installation import FirstAccount, Person, SetUpProblem
from casework.workflow import Refused


class Command(BaseCommand):
    help = (
        "Set up a real installation. The first run shows the keys that are not set yet, once. The next one checks what "
        "the installation stands on, makes the tables, and makes the first organisation and two admins."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", metavar="NAME")
        parser.add_argument("--short-name", metavar="SLUG", help="for commands; made from the name if left out")
        parser.add_argument("--kind", choices=OrganisationKind.values)
        parser.add_argument("--admin", nargs=2, metavar=("USERNAME", "FULL_NAME"))
        parser.add_argument("--admin-email", default="", metavar="ADDRESS")
        parser.add_argument("--second", nargs=2, metavar=("USERNAME", "FULL_NAME"), help="the second admin")
        parser.add_argument("--second-email", default="", metavar="ADDRESS")
        parser.add_argument("--write", type=Path, metavar="FOLDER", help="write keys that are not set to files there")
        parser.add_argument("--no-input", action="store_true", help="ask nothing: what is missing is an error")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            missing = installation.missing_secrets()
            if missing:
                self._keys(missing, options["write"])
                return
            self._accounts(options)
        except (SetUpProblem, Refused) as problem:
            raise CommandError(str(problem)) from None
        except (KeyboardInterrupt, EOFError):
            raise CommandError("Stopped. Nothing was changed.") from None

    # --- Keys ---------------------------------------------------------------------------------------------------------

    def _keys(self, missing: list[installation.Secret], folder: Path | None) -> None:
        if folder is not None:
            installation.write_secrets(missing, folder)
            self.stdout.write(f"{len(missing)} keys are in {folder}, which only this account can read:")
            for secret in missing:
                self.stdout.write(f"  {secret.file}   for {secret.setting}_FILE")
        else:
            self.stdout.write("These keys are shown once. As a file of environment variables:\n")
            for secret in missing:
                self.stdout.write(f"{secret.setting}={secret.value}")
            self.stdout.write("\nOr, for docker-compose.yml, as files in its folder secrets/:\n")
            for secret in missing:
                self.stdout.write(f"printf %s '{secret.value}' > secrets/{secret.file}")
        self.stdout.write(
            "\nPut them in place on the web server and the workers, never on the database server. Without "
            "CASEWORK_KEYS nobody ever reads the records again: split them among people (manage.py escrow split). "
            "Then run manage.py setup again."
        )

    # --- The rest -----------------------------------------------------------------------------------------------------

    def _accounts(self, options: dict[str, Any]) -> None:
        wrong = checks.unsafe()
        if wrong:
            raise SetUpProblem(" ".join(f"{message.msg} {message.hint or ''}".strip() for message in wrong))
        self.stdout.write("Looking at databases, Redis and clocks…")
        installation.refuse_unfit()
        if installation.bring_up_to_date():
            self.stdout.write("The tables are made and the reference data is loaded.")
        installation.refuse_filled()
        asked = self._asked(options)
        first, second = installation.set_up(**asked)
        self._tell(first, second)

    def _asked(self, options: dict[str, Any]) -> dict[str, Any]:
        """What was given as options, and answers for the rest."""
        quiet = options["no_input"] or not sys.stdin.isatty()
        needed = [name for name in ("organisation", "kind", "admin", "second") if not options[name]]
        if needed and quiet:
            raise SetUpProblem(f"Missing: {', '.join(f'--{name}' for name in needed)}.")
        organisation = options["organisation"] or input("Name of the organisation: ")
        kind = options["kind"] or input(f"Kind ({', '.join(OrganisationKind.values)}): ").strip()
        people = {}
        for which, title in (("admin", "first admin"), ("second", "second admin, another person")):
            given = options[which] or (input(f"User name of the {title}: ").strip(), input("Full name: "))
            people[which] = Person(given[0], given[1], options[f"{which}_email"])
        return {
            "organisation": organisation,
            "short_name": options["short_name"] or installation.short_name_of(organisation),
            "kind": kind,
            **people,
        }

    def _tell(self, *accounts: FirstAccount) -> None:
        place = accounts[0].user.organisation
        self.stdout.write(f"\n{place.name} ({place.short_name}) is there, with two admins. Shown once:\n")
        address = settings.SITE_URL.rstrip("/") + reverse("access:accept-invitation")
        for account in accounts:
            self.stdout.write(f"  {account.user.full_name}: user name {account.user.username}, code {account.code}")
        self.stdout.write(
            f"\nEach sets a password with the code at {address} within {settings.INVITATION_HOURS} hours, and a second "
            "factor with the first sign-in. Then, one asks for the roles of the others and the second approves.\n"
            "Next: manage.py escrow split, manage.py backup, and manage.py health."
        )
