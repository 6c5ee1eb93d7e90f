"""What the front door holds about a person, how long, and what stands in the way of an erasure."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from casework.people import holdings
from casework.people.holdings import BOOKKEEPING, Block, Held, Kept, Subject
from reference import codes, routing
from referrals.models import (
    Allegation,
    Appeal,
    Attachment,
    AuthorityChoice,
    Call,
    Deadline,
    Decision,
    Escalation,
    FollowUp,
    Identification,
    Leaflet,
    Onward,
    OnwardReminder,
    Participant,
    Received,
    Referral,
    ReferralIndicator,
    ReferralStatus,
    RiskAssessment,
    Screening,
    ScreeningTarget,
    SitePerson,
    Submission,
    UrgentNeed,
    Visit,
    Worksite,
)
from referrals.services.sharing import rows_of

_APPEALS = {
    "decision_confirmed": _("Decision confirmed"),
    "decision_changed": _("Decision changed"),
    "withdrawn": _("Withdrawn"),
}


def _linked(path: str) -> Any:
    """Rows of a referral that tells of somebody again without writing them down: about whom the earlier one was."""
    return lambda person: Q(**{f"{path}person": None, f"{path}linked_to__person": person})


holdings.declare(
    Held(
        Referral,
        _("Referrals"),
        "person",
        lone="number",
        also=_linked(""),
        shown={
            "number": _("Number"),
            "organisation": _("Kept by"),
            "status": _("Status"),
            "received_at": _("Received"),
            "source": (_("Who told us"), lambda row: str(codes.label("referral_sources", row.source))),
            "channel": (
                _("How it reached us"),
                lambda row: str(codes.label("referral_channels", row.channel)) if row.channel else "",
            ),
            "municipality": _("Town or municipality"),
            "place": _("Place"),
            "request_number": _("Number of the request"),
            "visit": _("Visit of the mobile team"),
            "concern": _("What is feared"),
            "related_violence": (
                _("Other violence"),
                lambda row: [str(codes.label("related_violence", code)) for code in row.related_violence],
            ),
            "seen_in_material": _("Seen in material"),
            "material_reference": _("Reference number of the material"),
            "cyber_means": _("Information technology as method or means"),
            "suspect_age": _("Age of the suspect"),
            "committed_abroad": _("Outside Serbia"),
            "given_age": _("Age, as stated"),
            "age_at_referral": _("Age at the referral"),
            "suspected_forms": (
                _("Suspected forms"),
                lambda row: [str(codes.label("exploitation_forms", code)) for code in row.suspected_forms],
            ),
            "immediate_danger": _("Immediate danger"),
            "danger_note": _("What the danger is"),
            "summary": _("Summary"),
            "other_signs": _("Other signs"),
            "language": (_("Language"), lambda row: codes.language_label(row.language) if row.language else ""),
            "leaflet_given": _("Leaflet given"),
            "sop_version": _("Version of the procedures"),
            "case": _("Case"),
            "initiated_at": _("Case initiated"),
            "informed_at": _("Everyone concerned told"),
            "declined_on": _("Declined"),
            "declined_why": _("Why it was declined"),
            "signposted_to": _("Signposted to"),
            "linked_to": _("Linked to"),
            "external_id": _("Number in the records of the body that sent it"),
            "error_why": _("Entered in error because"),
        },
        withheld={
            "referrer_body": "others",
            "referrer_name": "others",
            "referrer_contact": "others",
            "logged_by": "staff",
            "initiated_by": "staff",
            "informed_by": "staff",
        },
        apart=BOOKKEEPING | {"person", "source_group", "sealed"},
    )
)
holdings.declare(
    Held(
        ReferralIndicator,
        _("Signs"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "referral": _("Referral"),
            "code": (_("Sign"), lambda row: str(codes.label("trafficking_indicators", row.code))),
            "how": _("How it came to us"),
        },
        apart=frozenset({"id"}),
    )
)
holdings.declare(
    Held(
        RiskAssessment,
        _("Risk on intake"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "referral": _("Referral"),
            "assessed_at": _("Assessed"),
            "level": _("Risk"),
            "factors": (
                _("Factors of vulnerability"),
                lambda row: [str(codes.label("vulnerability_factors", code)) for code in row.factors],
            ),
            "reasons": _("Why"),
            "error_why": _("Entered in error because"),
        },
        withheld={"assessed_by": "staff"},
        apart=BOOKKEEPING,
    )
)
holdings.declare(
    Held(
        UrgentNeed,
        _("Urgent needs"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "referral": _("Referral"),
            "kind": (_("What is needed"), lambda row: str(codes.label("assistance_services", row.kind))),
            "status": _("State"),
            "asked_at": _("Since"),
            "ended_at": _("Ended"),
            "said": _("What was done"),
            "error_why": _("Entered in error because"),
        },
        withheld={"asked_by": "staff", "ended_by": "staff"},
        apart=BOOKKEEPING,
    )
)
holdings.declare(
    Held(
        Participant,
        _("Who was told"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "referral": _("Referral"),
            "body": _("Body"),
            "name": _("Name"),
            "status": _("State"),
            "informed_at": _("Told on"),
            "how": _("How"),
            "withdrawn_at": _("Taken off the list on"),
            "withdrawn_why": _("Why"),
            "error_why": _("Entered in error because"),
        },
        withheld={"added_by": "staff", "informed_by": "staff", "withdrawn_by": "staff", "spoke_with": "others"},
        apart=BOOKKEEPING | {"proposed_by"},
    )
)
holdings.declare(
    Held(
        Deadline,
        _("Clocks"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "referral": _("Referral"),
            "kind": _("Clock"),
            "due_at": _("Due"),
            "met_at": _("Met"),
            "stopped_at": _("Stopped"),
        },
        apart=frozenset({"id", "escalated_at"}),
    )
)
holdings.exempt(Submission, "by which form or program a referral came, and keyed hashes: nothing about the person")
holdings.declare(
    Held(
        Call,
        _("Calls to a hotline"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "number": _("Number"),
            "organisation": _("Kept by"),
            "hotline": _("Hotline"),
            "received_at": _("When"),
            "trafficking_related": _("About trafficking"),
            "topic": _("Topic"),
            "language": (_("Language"), lambda row: codes.language_label(row.language) if row.language else ""),
            "outcome": _("Outcome"),
            "note": _("Note"),
            "referral": _("Referral"),
            "error_why": _("Entered in error because"),
        },
        withheld={"caller": "others", "logged_by": "staff"},
        apart=BOOKKEEPING,
    )
)
holdings.exempt(Visit, "where a team went and when; whom it met is told by the referrals that came of it")
holdings.exempt(Escalation, "when the office was reminded of a clock: nothing about the person")
holdings.declare(
    Held(
        Identification,
        _("Identification procedures"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "referral": _("Referral"),
            "route": _("Route"),
            "route_reason": _("Why this route"),
            "status": _("Status"),
            "error_why": _("Entered in error because"),
        },
        withheld={"panel": "others", "route_decided_by": "staff"},
        apart=BOOKKEEPING,
    )
)
holdings.declare(
    Held(
        AuthorityChoice,
        _("Choices of the competent authority"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "referral": _("Referral"),
            "question": (_("What for"), lambda row: str(routing.QUESTIONS.get(row.question, row.question))),
            "rule": _("Rule"),
            "authority": _("Authority"),
            "reason": _("Why"),
            "chosen_at": _("Chosen"),
            "error_why": _("Entered in error because"),
        },
        withheld={"chosen_by": "staff"},
        apart=BOOKKEEPING,
    )
)
holdings.declare(
    Held(
        Attachment,
        _("Files"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "referral": _("Referral"),
            "name": _("Name of the file"),
            "kind": _("Kind of file"),
            "attached_at": _("Attached"),
            "error_why": _("Entered in error because"),
        },
        withheld={"attached_by": "staff"},
        apart=BOOKKEEPING | {"file", "position", "digest"},
    )
)
holdings.declare(
    Held(
        Decision,
        _("Decisions"),
        "identification__referral__person",
        lone="identification__referral__number",
        also=_linked("identification__referral__"),
        shown={
            "authority": _("Authority"),
            "outcome": (_("Outcome"), lambda row: str(codes.label("decision_outcomes", row.outcome))),
            "decided_on": _("Decided"),
            "on_appeal": (_("On appeal"), lambda row: _t("Yes") if row.on_appeal else _t("No")),
            "forms": (
                _("Forms found"),
                lambda row: [str(codes.label("exploitation_forms", code)) for code in row.forms],
            ),
            "body": _("Deciding body"),
            "reference": _("Their number"),
            "reasons": _("Reasons"),
            "age_at_decision": _("Age at the decision"),
            "error_why": _("Entered in error because"),
        },
        withheld={"recorded_by": "staff"},
        apart=BOOKKEEPING | {"identification", "person", "sequence"},
    )
)
holdings.declare(
    Held(
        Appeal,
        _("Appeals"),
        "identification__referral__person",
        lone="identification__referral__number",
        also=_linked("identification__referral__"),
        shown={
            "lodged_on": _("Lodged"),
            "decided_on": _("Decided"),
            "outcome": (_("Outcome"), lambda row: str(_APPEALS.get(row.outcome, row.outcome))),
            "error_why": _("Entered in error because"),
        },
        apart=BOOKKEEPING | {"identification", "decision"},
    )
)

holdings.declare(
    Held(
        SitePerson,
        _("On a site, before the referral"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "worksite": _("Site"),
            "status": _("Screening"),
            "happened_on": _("Day"),
            "language": (_("Language"), lambda row: codes.language_label(row.language) if row.language else ""),
            "citizenship": (
                _("Citizenship"),
                lambda row: str(codes.country_label(row.citizenship)) if row.citizenship else "",
            ),
            "indicators": (
                _("Signs"),
                lambda row: [str(codes.label("trafficking_indicators", code)) for code in row.indicators],
            ),
            "description": _("Description"),
            "note": _("What the person said"),
            "referral": _("Referral"),
            "error_why": _("Entered in error because"),
        },
        withheld={"added_by": "staff", "screener": "staff"},
        apart=BOOKKEEPING | {"position"},
    )
)
holdings.declare(
    Held(
        FollowUp,
        _("Screenings that a referral followed from"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "screening": _("Screening"),
            "referral": _("Referral"),
            "linked_at": _("Linked"),
            "unlinked_at": _("Link taken back"),
        },
        withheld={"linked_by": "staff", "unlinked_by": "staff"},
        apart=frozenset({"id"}),
    )
)
holdings.exempt(Worksite, "a place of work; who is on it is declared by itself")
holdings.exempt(Allegation, "what was said of a place, and what a body did about it")
holdings.exempt(Screening, "numbers of a population; whoever is known became a referral")
holdings.exempt(ScreeningTarget, "a plan: a number, a period and its source")


holdings.declare(
    Held(
        Leaflet,
        _("Leaflets on rights"),
        "referral__person",
        lone="referral__number",
        also=_linked("referral__"),
        shown={
            "referral": _("Referral"),
            "audience": _("For whom"),
            "language": (_("Language"), lambda row: codes.language_label(row.language)),
            "given_on": _("Given"),
            "given_by": _("Given by"),
            "error_why": _("Entered in error because"),
        },
        withheld={"recorded_by": "staff"},
        apart=BOOKKEEPING,
    )
)
holdings.declare(
    Held(
        Onward,
        _("Onward referrals"),
        "case__person",
        shown={
            "number": _("Number"),
            "case": _("Case"),
            "status": _("Status"),
            "purpose": (_("What for"), lambda row: str(codes.label("consent_purposes", row.purpose))),
            "recipient_kind": (
                _("Kind of recipient"),
                lambda row: str(codes.label("recipient_kinds", row.recipient_kind)),
            ),
            "recipient": _("Recipient"),
            "snapshot": (
                _("What was shared"),
                lambda row: [f"{label}: {_joined(value)}" for label, value in rows_of(row.snapshot)],
            ),
            "summary": _("Summary"),
            "needs": _("Needs"),
            "opinion": _("Our own opinion"),
            "sent_at": _("Sent"),
            "channel": (
                _("How it was sent"),
                lambda row: str(codes.label("referral_channels", row.channel)) if row.channel else "",
            ),
            "acknowledged_at": _("Acknowledged"),
            "their_number": _("Their number"),
            "answered_at": _("Answered"),
            "answer_why": _("Why it was refused"),
            "result_on": _("Day of the result"),
            "result": _("Result"),
            "withdrawn_at": _("Withdrawn"),
            "withdrawn_why": _("Why it was withdrawn"),
            "error_why": _("Entered in error because"),
        },
        withheld={"prepared_by": "staff", "sent_by": "staff", "answered_by": "staff"},
        apart=BOOKKEEPING
        | {"organisation", "recipient_organisation", "recipient_entry", "shared", "consent", "became"},
    )
)
holdings.exempt(Received, "the same rows as Onward, seen from the other side")
holdings.exempt(OnwardReminder, "when the office was reminded of an answer: nothing about the person")


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _referrals(subject: Subject) -> Any:
    return holdings.HELD["referrals.Referral"].rows(subject).filter(error_at=None)


@holdings.blocks
def what_still_runs(subject: Subject, now: datetime.datetime) -> Iterator[Block]:
    """Referrals that wait, clocks that run, appeals that are not decided."""
    held = _referrals(subject)
    for referral in held.filter(status=ReferralStatus.RECEIVED):
        yield Block("referral-waits", _t("The referral %(number)s still waits.") % {"number": referral.number})
    for clock in Deadline.objects.running().filter(referral__in=held).select_related("referral"):
        sentence = _t("A clock of referral %(number)s is running: %(clock)s.")
        yield Block("clock", sentence % {"number": clock.referral.number, "clock": clock.get_kind_display()})
    waiting = Appeal.objects.filter(identification__referral__in=held, decided_on=None, outcome="", error_at=None)
    for appeal in waiting.select_related("identification__referral"):
        sentence = _t("An appeal is not decided in referral %(number)s.")
        yield Block("appeal", sentence % {"number": appeal.identification.referral.number})


@holdings.blocks
def answers_awaited(subject: Subject, now: datetime.datetime) -> Iterator[Block]:
    """Onward referrals to which no answer came: withdraw them first, or record the answer."""
    if subject.person is None:
        return
    for onward in Onward.objects.waiting().filter(case__person=subject.person):
        sentence = _t("An answer to the onward referral %(number)s is awaited.")
        yield Block("onward", sentence % {"number": onward.number})


@holdings.schedule
def referrals_without_a_case(*, organisation_id: Any, person: Any = None, ended_by: Any = None) -> Iterator[Kept]:
    """Referrals that led to no case: declined ones from that day, linked ones that are about nobody from receipt.

    One that tells of a person again is kept with that person.
    """
    found = Referral.objects.filter(organisation=organisation_id, case=None).select_related("person__key", "key")
    if person is not None:
        found = found.filter(Q(person=person) | _linked("")(person.pk))
    else:
        about_nobody = Q(person=None) & (Q(linked_to=None) | Q(linked_to__person=None))
        ended = Q(declined_on__isnull=False) | Q(status=ReferralStatus.LINKED) & about_nobody
        found = found.filter(ended, key__destroyed_at=None)
        if ended_by is not None:
            found = found.filter(received_at__date__lte=ended_by)
    for referral in found.order_by("number").iterator(chunk_size=500):
        received_on = timezone.localdate(referral.received_at)
        if referral.entered_in_error:
            yield Kept(referral.person, referral.number, "declined-referral", received_on, received_on)
            continue
        linked = referral.status == ReferralStatus.LINKED
        if linked and (person is not None or referral.person is not None):
            continue  # its person's other records say how long
        record_class = "linked-referral" if linked else "declined-referral"
        ended_on = received_on if linked else referral.declined_on
        days = settings.RETENTION_DAYS[record_class]
        due = ended_on + datetime.timedelta(days=days) if ended_on and days else None
        yield Kept(referral.person, referral.number, record_class, ended_on or received_on, due)
