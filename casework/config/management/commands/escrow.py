"""`manage.py escrow split | combine | drill`: the keys among named people, put together again, and tried out."""

import contextlib
import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction
from django.utils import timezone

from casework.audit import services as audit
from casework.config import escrow
from casework.config.escrow import EscrowProblem, Share
from casework.config.models import Chore, Run


class Command(BaseCommand):
    help = (
        "Split the installation's keys among named people, K of whom together have them again: a lost server then "
        "loses no record, and no single person has the keys."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="split|combine|drill")
        split = verbs.add_parser("split", help="make the cards, one for each person")
        split.add_argument("--people", nargs="+", required=True, metavar="NAME", help="who keeps a share")
        split.add_argument("--needed", type=int, required=True, metavar="K", help="how many of them are needed")
        split.add_argument("--cards", type=Path, metavar="FOLDER", help="one text file each instead of the screen")
        for name, text in (
            ("combine", "put the keys together and write them to a file"),
            ("drill", "prove that the shares open today's keys, without showing them"),
        ):
            verb = verbs.add_parser(name, help=text)
            verb.add_argument("shares", nargs="*", type=Path, metavar="CARD", help="files; without any, they are typed")
            if name == "combine":
                verb.add_argument("--write", type=Path, required=True, metavar="FILE", help="an env file, made anew")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['verb']}")(options)
        except EscrowProblem as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}.") from None

    def _split(self, options: dict[str, Any]) -> None:
        names = [name.strip() for name in options["people"] if name.strip()]
        if len(set(names)) < len(names) or len(names) < len(options["people"]):
            raise EscrowProblem("Every person needs a name of their own.")
        today = timezone.localdate().isoformat()
        shares = escrow.split(escrow.bundle(), people=len(names), needed=options["needed"], made_on=today)
        folder: Path | None = options["cards"]
        if folder is not None:
            folder.mkdir(mode=0o700, exist_ok=False)
        for share, name in zip(shares, names, strict=True):
            if folder is None:
                self.stdout.write("-" * 72 + "\n" + escrow.card(share, name))
            else:
                _new_file(folder / f"share-{share.number}.txt", escrow.card(share, name))
        with transaction.atomic():
            Run.objects.create(
                chore=Chore.ESCROW_SPLIT, ok=True, reference=shares[0].set_id, note=f"{options['needed']}/{len(names)}"
            )
            audit.act("split_keys", by=None, note=shares[0].set_id)
        self.stdout.write(
            f"{len(names)} shares of set {shares[0].set_id}, {options['needed']} needed. They are shown once: print "
            "each card, give it to its person, clear the screen"
            + (f", destroy the files in {folder}." if folder else ".")
            + " Then try them out: manage.py escrow drill"
        )

    def _combine(self, options: dict[str, Any]) -> None:
        found = escrow.combine(self._read(options["shares"]))
        _new_file(options["write"], "".join(f"{name}={value}\n" for name, value in found.items()))
        with contextlib.suppress(DatabaseError), transaction.atomic():  # where the server was lost, there is none yet
            audit.act("combine_keys", by=None)
        self.stdout.write(f"The keys are in {options['write']}, which only this account can read.")

    def _drill(self, options: dict[str, Any]) -> None:
        began = time.monotonic()
        shares = self._read(options["shares"])
        try:
            missing = escrow.differences(escrow.combine(shares))
        except EscrowProblem:
            Run.objects.create(chore=Chore.ESCROW_DRILL, ok=False)
            raise
        if missing:
            Run.objects.create(chore=Chore.ESCROW_DRILL, ok=False, reference=shares[0].set_id)
            raise EscrowProblem(
                f"The shares open, and do not hold all of today's keys: {', '.join(missing)}. Split them anew "
                "(manage.py escrow split) and have the old cards destroyed."
            )
        with transaction.atomic():
            Run.objects.create(
                chore=Chore.ESCROW_DRILL, ok=True, seconds=time.monotonic() - began, reference=shares[0].set_id
            )
            audit.act("try_escrow", by=None, note=shares[0].set_id)
        self.stdout.write(
            f"The shares {', '.join(str(share.number) for share in shares)} of set {shares[0].set_id} open all of "
            "today's keys. Nothing was shown. The drill is noted on the health page."
        )

    def _read(self, files: list[Path]) -> list[Share]:
        if files:
            return [_named(file) for file in files]
        shares: list[Share] = []
        self.stdout.write("Paste or type one share after the other, and an empty line after each.")
        while not shares or len({share.number for share in shares}) < shares[0].needed:
            text = self._typed(f"Share {len(shares) + 1}: ")
            if not text:
                break
            try:
                share = Share.read(text)
            except EscrowProblem as problem:
                self.stderr.write(str(problem))
                continue
            shares.append(share)
            self.stdout.write(f"Share {share.number} of {share.people}; its check words: {share.words}")
        return shares

    def _typed(self, prompt: str) -> str:
        """Lines until an empty one. The text of a share is no secret by itself, and must be seen to be typed right."""
        lines: list[str] = []
        while True:
            try:
                line = input(prompt if not lines else "").strip()
            except EOFError:
                return "".join(lines)
            if not line:
                return "".join(lines)
            lines.append(line)


def _named(file: Path) -> Share:
    try:
        return Share.read(file.read_text(encoding="utf-8"))
    except EscrowProblem as problem:
        raise EscrowProblem(f"{file}: {problem}") from None
    except UnicodeDecodeError:
        raise EscrowProblem(f"{file}: This is no share: it is no text.") from None


def _new_file(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
