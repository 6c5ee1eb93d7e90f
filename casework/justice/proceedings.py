"""Verbs on proceedings: opened on a case, amended as things become known, marked when they were entered in error."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access import record_services
from casework.access.models import User
from casework.access.record_services import require, require_visible
from casework.audit import services as audit
from casework.cases.models import Case, CaseStatus
from casework.justice.models import Proceeding
from casework.people.models import Answer, Person
from casework.workflow import Refused, lock
from reference import codes
from reference.models import Entry

OFFENCES = "offences.offences"
AMENDED = frozenset(
    {
        "reference",
        "prosecutors_office",
        "court",
        "offence",
        "opened_on",
        "committed_on",
        "ended_on",
        "cyber",
        "suspect_juvenile",
        "specialised_prosecutor",
        "why_no_specialist",
        "stage",
        "proceeds_confiscated",
        "confiscation_note",
    }
)
_ANSWERS = ("cyber", "suspect_juvenile", "specialised_prosecutor", "proceeds_confiscated")
_DAYS = ("opened_on", "committed_on", "ended_on")


@transaction.atomic
def open_proceeding(
    *,
    case: Case,
    opened_on: datetime.date,
    specialised_prosecutor: str,
    today: datetime.date,
    opened_by: User,
    **known: Any,
) -> Proceeding:
    """Write down a proceeding on a case. `known` names further fields, as `amend_proceeding` does.

    Raises `Refused` on a closed case, and for what `amend_proceeding` refuses.
    """
    require(opened_by, "justice.open_proceeding")
    require_visible(case, opened_by)
    _check_names(known)
    fresh = lock(case)
    if fresh.status != CaseStatus.OPEN:
        raise Refused(_("This case is closed. A supervisor can open it again."))
    person = Person._base_manager.select_related("key").get(pk=fresh.person_id)
    given = known | {"opened_on": opened_on, "specialised_prosecutor": specialised_prosecutor}
    proceeding = Proceeding(key=person.key, case=fresh, opened_by=opened_by)
    for name, value in _tidy(given).items():
        setattr(proceeding, name, value)
    _refuse_what_cannot_be(proceeding, today, changed=set(given))
    proceeding.save(force_insert=True)
    audit.act("open_proceeding", proceeding, fresh, person, by=opened_by, fields=given)
    return proceeding


@transaction.atomic
def amend_proceeding(
    *, proceeding: Proceeding, version: int, today: datetime.date, amended_by: User, **changes: Any
) -> Proceeding:
    """Change what is known of a proceeding; also on a closed case, because proceedings last longer.

    Raises `Stale` when somebody saved it since `version`; `Refused` for days that cannot be, for an offence or a stage
    that is not in its list, and for going without a specialised prosecutor without a reason.
    """
    require(amended_by, "justice.amend_proceeding")
    require_visible(proceeding.case, amended_by)
    _check_names(changes)
    fresh = lock(proceeding, version=version)
    if fresh.entered_in_error:
        raise Refused(_("This proceeding is marked as entered in error."))
    changed = {name for name, value in _tidy(changes).items() if (getattr(fresh, name) or "") != (value or "")}
    if not changed:
        return fresh
    for name in changed:
        setattr(fresh, name, _tidy(changes)[name])
    _refuse_what_cannot_be(fresh, today, changed=changed)
    fresh.version += 1
    fresh.save()
    audit.act("amend_proceeding", fresh, fresh.case, fresh.case.person, by=amended_by, fields=changed)
    return fresh


@transaction.atomic
def mark_proceeding_in_error(*, proceeding: Proceeding, why: str, marked_by: User) -> Proceeding:
    """Mark a proceeding as entered in error: it stays, struck through, and counts nowhere."""
    require_visible(proceeding.case, marked_by)
    case = proceeding.case
    return record_services.mark_in_error(record=proceeding, why=why, marked_by=marked_by, about=[case, case.person])


def _check_names(given: Mapping[str, Any]) -> None:
    if given.keys() - AMENDED:
        raise TypeError(f"a proceeding has no {', '.join(sorted(given.keys() - AMENDED))}")


def _tidy(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}


def _refuse_what_cannot_be(proceeding: Proceeding, today: datetime.date, *, changed: set[str]) -> None:
    """Raise `Refused`, with its field, for values that the database would not take or that mislead."""
    for name in _ANSWERS:
        if getattr(proceeding, name) not in Answer.values:
            raise Refused(_("Choose one of the answers that are offered."), field=name)
    why = proceeding.why_no_specialist
    if proceeding.specialised_prosecutor == Answer.NO and not why:
        raise Refused(
            _("Say why the case is not with a specialised prosecutor. The reason is kept and listed."),
            field="why_no_specialist",
        )
    if proceeding.specialised_prosecutor != Answer.NO and why:
        raise Refused(
            _("A reason is kept only where the answer is “no”. Change the answer, or take the reason away."),
            field="why_no_specialist",
        )
    _refuse_days(proceeding, today)
    offence = proceeding.offence
    if "offence" in changed and offence and not Entry.objects.in_section(OFFENCES).filter(code=offence).exists():
        raise Refused(_("“%(code)s” is not among the offences.") % {"code": offence}, field="offence")
    stage = proceeding.stage
    if "stage" in changed and stage and not codes.is_code("proceedings_stages", stage):
        raise Refused(_("“%(code)s” is not a stage of proceedings.") % {"code": stage}, field="stage")


def _refuse_days(proceeding: Proceeding, today: datetime.date) -> None:
    for name in _DAYS:
        day = getattr(proceeding, name)
        if day is not None and day > today:
            raise Refused(_("This day is in the future."), field=name)
    opened_on = proceeding.opened_on
    if proceeding.committed_on is not None and proceeding.committed_on > opened_on:
        raise Refused(_("The act cannot be after the day on which the proceeding was opened."), field="committed_on")
    if proceeding.ended_on is not None and proceeding.ended_on < opened_on:
        raise Refused(_("A proceeding cannot end before it was opened."), field="ended_on")
