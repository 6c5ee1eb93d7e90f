"""Changes to the reference: one person proposes, another approves, and only then does it stand there."""

import datetime
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import User
from casework.access.record import next_number
from casework.access.record_services import require
from casework.audit import services as audit
from casework.curation.models import Proposal
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.workflow import Refused, Stale, advance
from reference import folding, schema
from reference import services as reference
from reference.history import differences
from reference.models import Entry, Version
from reference.schema import Misfit
from reference.sections import SECTIONS
from reference.words import NAME_FIELDS

SERIES = "P"
Data = dict[str, Any]


class Outdated(Stale):
    """The entry was changed since the form was opened. `wording` is what stands there now."""

    def __init__(self, wording: Version) -> None:
        super().__init__(wording)
        self.sentence = _("This entry was changed while you were writing. Nothing of yours is lost.")
        self.wording = wording


def current(entry: Entry) -> Version | None:
    """The wording that stands there now: the one that a change would correct or succeed."""
    live = entry.versions.filter(replaced_at=None)
    return live.order_by(F("valid_from").desc(nulls_last=True)).first()


def current_of(proposal: Proposal) -> Version | None:
    """The wording that stands now where the proposal would change something; None where nothing stands."""
    entry = Entry.objects.filter(section=proposal.section, code=proposal.code).first()
    return current(entry) if entry else None


def problems(section: str, data: Data) -> list[str]:
    """What the schema says against an entry, as sentences."""
    return schema.problems(section, data, reference.known_ids())


def code_for(section: str, data: Data) -> str:
    """A code for a new entry, made of its name; the first that is not taken."""
    fields = [field.name for field in SECTIONS[section].fields if field.required]
    named = [data[name] for name in (*NAME_FIELDS, *fields) if isinstance(data.get(name), str) and data[name]]
    if section == "laws.provisions":
        named = [f"{data.get('instrument', '')} art {data.get('article', '')}"]
    stem = slugify(folding.fold(named[0]) if named else "")[:60].strip("-") or "entry"
    like = {"section": section, "code__startswith": stem}
    taken = set(Entry.objects.filter(**like).values_list("code", flat=True))
    taken |= set(Proposal.objects.waiting().filter(**like).values_list("code", flat=True))
    return next(code for code in (stem, *(f"{stem}-{at}" for at in range(2, len(taken) + 3))) if code not in taken)


@transaction.atomic
def propose_change(
    *,
    section: str,
    entry: Entry | None,
    base: int | None,
    data: Data,
    holds_from: datetime.date | None,
    reason: str,
    proposed_by: User,
    now: datetime.datetime,
) -> Proposal:
    """Propose what an entry should say; without `entry`, a new one. Approvers are told.

    `base`: key of the wording that the proposer saw. Raises `Outdated` when another stands there now, `Refused` for
    what the section cannot hold.
    """
    wording = _base(section, entry, base, proposed_by)
    code = entry.code if entry else code_for(section, data)
    data = {**data, "id": code}
    if holds_from is not None and entry is not None:
        if holds_from > timezone.localdate(now):
            raise Refused(
                _("The reference shows one wording at a time. Propose the new one when its first day has come."),
                field="valid_from",
            )
        if wording and wording.valid_from and wording.valid_from >= holds_from:
            raise Refused(_("What stands there holds from that day or later: choose a later day."), field="valid_from")
        data["valid_from"] = holds_from.isoformat()
    if wording is not None and wording.active and differences(wording.data, data) == []:
        raise Refused(_("This is what stands there already. Change something, or propose nothing."))
    for reason_against in problems(section, data):
        raise Refused(reason_against)
    return _propose(
        section=section,
        code=code,
        data=data,
        holds_from=holds_from if entry else None,
        reason=reason,
        base=wording,
        proposed_by=proposed_by,
        proposed_at=now,
    )


@transaction.atomic
def propose_end(
    *,
    entry: Entry,
    base: int | None,
    ends_on: datetime.date,
    source: Data,
    reason: str,
    proposed_by: User,
    now: datetime.datetime,
) -> Proposal:
    """Propose that an entry holds until a day, that day included. Nothing is deleted."""
    wording = _base(entry.section, entry, base, proposed_by)
    if wording is None:
        raise Refused(_("Nothing stands there that could end."))
    data = {**wording.data, "valid_until": ends_on.isoformat()}
    if source.get("document"):
        data["also"] = [*data.get("also", []), source]
    else:
        reason = reason.strip() and _("%(reason)s (according to %(given_by)s, %(given_on)s)") % {
            "reason": reason.strip(),
            "given_by": source["given_by"],
            "given_on": source["given_on"],
        }
    for reason_against in problems(entry.section, data):
        raise Refused(reason_against, field="ends_on")
    return _propose(
        section=entry.section,
        code=entry.code,
        data=data,
        ends_on=ends_on,
        reason=reason,
        base=wording,
        proposed_by=proposed_by,
        proposed_at=now,
    )


def _base(section: str, entry: Entry | None, base: int | None, proposed_by: User) -> Version | None:
    require(proposed_by, "curation.propose_change")
    if section not in SECTIONS or not SECTIONS[section].editable:
        raise Refused(_("The entries of this section are not changed here."))
    if entry is None:
        return None
    wording = current(entry)
    if wording is not None and wording.pk != base:
        raise Outdated(wording)
    return wording


def _propose(*, reason: str, **columns: Any) -> Proposal:
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    number = next_number(SERIES, columns["proposed_at"].year)
    proposal = Proposal(number=number, reason=reason.strip(), **columns)
    try:
        with transaction.atomic():
            proposal.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("A change to this entry waits for a second person already. It is decided first.")) from None
    by = columns["proposed_by"]
    audit.act("propose_change", proposal, by=by)
    _tell(
        [user for user in _approvers(by) if user.pk != by.pk], proposal, Subject.CHANGE_TO_DECIDE
    )  # whoever proposed it does not decide it
    return proposal


def is_outdated(proposal: Proposal) -> bool:
    """Whether the entry says something else now than when the change was proposed, of one that is not decided yet."""
    wording = current_of(proposal)
    return proposal.status == "proposed" and (wording.pk if wording else None) != proposal.base_id


@transaction.atomic
def approve_change(*, proposal: Proposal, reason: str, decided_by: User, now: datetime.datetime) -> Proposal:
    """Let a change stand in the reference. The proposer cannot; nor can anybody when the entry was changed since."""
    _writers_one_by_one()
    proposal.refresh_from_db()
    _not_own(proposal, decided_by)
    if is_outdated(proposal):
        raise Refused(
            _("The entry was changed since this was proposed. Reject it, so that it is proposed on what stands now.")
        )
    made = _write(proposal, now) if proposal.status == "proposed" else None
    advance(
        proposal,
        "approve_change",
        by=decided_by,
        made=made,
        decided_by=decided_by,
        decided_at=now,
        decision_reason=reason.strip(),
    )
    _tell([proposal.proposed_by], proposal, Subject.CHANGE_DECIDED)
    return proposal


@transaction.atomic
def reject_change(*, proposal: Proposal, reason: str, decided_by: User, now: datetime.datetime) -> Proposal:
    """Leave the reference as it is, and say why."""
    _not_own(proposal, decided_by)
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    advance(
        proposal,
        "reject_change",
        by=decided_by,
        decided_by=decided_by,
        decided_at=now,
        decision_reason=reason.strip(),
    )
    _tell([proposal.proposed_by], proposal, Subject.CHANGE_DECIDED)
    return proposal


@transaction.atomic
def withdraw_change(*, proposal: Proposal, withdrawn_by: User) -> Proposal:
    """Take back what one proposed oneself."""
    if proposal.proposed_by_id != withdrawn_by.pk:
        raise Refused(_("Only the person who proposed it can withdraw it."))
    return advance(proposal, "withdraw_change", by=withdrawn_by)


def _not_own(proposal: Proposal, decided_by: User) -> None:
    require(decided_by, "curation.decide_change")
    if proposal.proposed_by_id == decided_by.pk:
        raise Refused(_("You proposed this: somebody else decides it."))


def _writers_one_by_one() -> None:
    """The lock under which the reference is written, taken first: what is checked here stays true until it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [reference.LOCK])


def _write(proposal: Proposal, now: datetime.datetime) -> Version:
    reason = f"{proposal.number}: {proposal.reason}"
    try:
        with transaction.atomic():
            entry = reference.write_entry(
                section=proposal.section,
                code=proposal.code,
                data=proposal.data,
                reason=reason,
                holds_from=proposal.holds_from,
                now=now,
            )
    except Misfit as misfit:
        raise Refused(misfit.reason) from None
    except (IntegrityError, DataError):  # wordings of one entry that would hold on the same day
        raise Refused(
            _("Another wording of this entry holds on some of these days. Reject it, and propose other days.")
        ) from None
    return entry.versions.filter(recorded_at=now).latest("pk")


def _approvers(user: User) -> list[User]:
    return list(User.objects.colleagues(user.organisation_id, Role.ADMIN, Role.SUPERVISOR))


def _tell(people: list[User], proposal: Proposal, subject: Subject) -> None:
    tell(people, subject, reference=proposal.number, path=reverse("curation:proposal", args=[proposal.number]))
