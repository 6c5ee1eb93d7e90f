"""Import of `calls` (EXCHANGE.md, section 1); `referrals.records` brings it in."""

import uuid
from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from casework.cases.records import Numbers
from casework.exchange import cells
from casework.exchange.cells import Column
from casework.exchange.copying import copy_in
from casework.exchange.importer import Import
from casework.exchange.registry import File, Row, register
from casework.vault import index
from casework.vault.models import VaultKey
from referrals.models import Call, Hotline, Related
from referrals.records import Received, Referrals

CALLS = (
    Column("call_id", cells.KEY, required=True),
    Column("received_at", cells.MOMENT, required=True),
    Column("hotline", cells.code(tuple(Hotline.values)), required=True),
    Column("trafficking_related", cells.code(tuple(Related.values), answers=True), required=True),
    Column("referral_id", cells.KEY),
)


class ReadCalls:
    """Checks and writes `calls`. A call that follows no referral has a key of its own."""

    def __init__(self, run: Import) -> None:
        self.run, self.referrals = run, run.of(Referrals)
        self.new = self.there = 0
        self.known: dict[str, tuple[int, str]] = {}  # by keyed hash: line (0: in the records), content
        self.written: set[str] = set()

    def _external(self, row: Row) -> str:
        return self.run.key("referrals.call", row["call_id"])

    def _refuse(self, row: Row, column: str, sentence: str) -> None:
        self.run.refuse("calls", row.line, column, sentence)

    def check(self, rows: Sequence[Row]) -> None:
        own = {row.line: self._external(row) for row in rows if row["call_id"]}
        there = Call.objects.filter(external_key__in=own.values()).values_list("external_key", "external_print")
        self.known |= {str(key): (0, print_ or "") for key, print_ in there if key not in self.known}
        fresh = [row for row in rows if row["referral_id"] and own.get(row.line) not in self.known]
        named = {row.line: self.referrals.external(row["referral_id"]) for row in rows if row["referral_id"]}
        self.referrals.load(named.values())
        wanted = (self.referrals.known.get(named[row.line]) for row in fresh)
        self.referrals.open(received for received in wanted if received is not None)
        for row in rows:
            if row["received_at"] is not None and row["received_at"] > self.run.now:
                self._refuse(row, "received_at", _("This call would have been received in the future."))
            received = self.referrals.known.get(named[row.line]) if row.line in named else None
            if row.line in named and received is None:
                self._refuse(row, "referral_id", _("No referral has this key."))
            if row.line in own:
                self._take_in(row, own[row.line], received)

    def _take_in(self, row: Row, external: str, received: Received | None) -> None:
        print_ = index.digest(_CALLS.content(row))
        if external not in self.known:
            self.known[external] = (row.line, print_)
            if received is not None and not received.new and received.plain is None:
                self._refuse(row, "referral_id", _("This referral was erased here; nothing more can be recorded."))
            return
        line, before = self.known[external]
        if not row.bad and before != print_:
            sentence = (
                _("Line %(line)d has the same call_id with different content.") % {"line": line}
                if line
                else _("This call_id is already in the records with different content.")
            )
            self._refuse(row, "call_id", sentence)

    def write(self, rows: Sequence[Row]) -> None:
        fresh = []
        for row in rows:
            external = self._external(row)
            line, _print = self.known[external]
            if line == 0 or external in self.written:
                self.there += 1
                continue
            self.written.add(external)
            fresh.append((row, external))
        self.new += len(fresh)
        numbers = Numbers("H", (timezone.localdate(row["received_at"]) for row, _external in fresh))
        keys: list[VaultKey] = []
        calls = [self._call(row, external, numbers, keys) for row, external in fresh]
        copy_in(VaultKey, keys)
        copy_in(Call, calls)

    def _call(self, row: Row, external: str, numbers: Numbers, keys: list[VaultKey]) -> Call:
        received = None
        if row["referral_id"]:
            received = self.referrals.known[self.referrals.external(row["referral_id"])]
            key = received.key()
        else:
            key = VaultKey.fresh()
            keys.append(key)
        return Call(
            id=uuid.uuid4(),
            key=key,
            number=numbers.next(timezone.localdate(row["received_at"]).year),
            organisation_id=self.run.organisation.pk,
            hotline=row["hotline"],
            received_at=row["received_at"],
            trafficking_related=row["trafficking_related"],
            referral_id=received.referral_id if received else None,
            imported=True,
            external_key=external,
            external_print=self.known[external][1],
        )


_CALLS = File("calls", 25, CALLS, ReadCalls)
register(_CALLS)
