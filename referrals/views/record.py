"""One referral with everything it holds, and the referrals and decisions of a case."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework import workflow
from casework.access.models import User
from casework.access.requests import SignedIn
from casework.cases.models import Case
from casework.cases.views import case_frame, visible_case
from casework.people.masking import masked_fields
from casework.people.models import Answer, Person
from reference import codes
from referrals.models import Call, Decision, Feared, Identification, Referral, ReferralStatus, Route, Seen, Visit
from referrals.services.identification import newest_decision
from referrals.services.needs import needs_of
from referrals.views.competence import competence, procedures
from referrals.views.finding import ask, referral_frame, url_of, visible_referral, with_keys
from referrals.views.leaflets import leaflet_line

MATCHES = 10


@require_safe
def referral(request: SignedIn, number: str) -> HttpResponse:
    """Everything of one referral: who told us, about whom, signs, clocks, decisions, and what can be done."""
    ask(request, "referrals.view_referral")
    found = visible_referral(request, number)
    matches = _may_be_the_same(found, request.user)
    frame = referral_frame(request, found, "referral", *[match["person"] for match in matches])
    case = found.case
    case_visible = case is not None and Case.objects.is_visible_to(request.user, case)
    identification = (
        Identification.objects.visible_to(request.user)
        .select_related("key", "route_decided_by")
        .filter(referral=found)
        .first()
    )
    prefetch_related_objects([found], "indicators")
    competent = competence(found, request.user)
    earlier = found.linked_to
    earlier_visible = earlier and Referral.objects.is_visible_to(request.user, earlier)
    page = {
        **frame,
        "now": timezone.now(),
        "case_url": reverse("cases:case", args=[case.number]) if case is not None and case_visible else "",
        "linked_url": url_of(earlier) if earlier and earlier_visible else "",
        "clocks": list(found.deadlines.visible_to(request.user)),
        "told_by": _told_by(found),
        "came_of": _came_of(found, request.user),
        "feared": _feared(found),
        "about": _about(found, request.user),
        "person": found.person,
        "signs": _signs(found),
        "needs": _needs(found),
        "forms": [codes.label("exploitation_forms", code) for code in found.suspected_forms],
        "identification": identification,
        "decisions": _decisions(request.user, identification=identification) if identification else [],
        "matches": matches,
        "competence": competent,
        "procedures": procedures(found),
        "acts": _acts(found, identification, request.user, several=competent["several"]),
    }
    return render(request, "referrals/referral.html", page)


@require_safe
def case_referrals(request: SignedIn, number: str) -> HttpResponse:
    """The tab of a case: its referrals, and every decision with the one that counts."""
    ask(request, "referrals.view_referral")
    case = visible_case(request, number)
    frame = case_frame(request, case, active="referrals")
    held = with_keys(Referral.objects.visible_to(request.user).filter(case=case)).order_by("number")
    rows = [
        {
            "cells": [
                {"text": row.number, "url": url_of(row)},
                row.received_at,
                codes.label("referral_sources", row.source),
                {"text": row.get_status_display(), "status": row.status, "label": row.get_status_display()},
            ],
            "struck": row.entered_in_error,
            "reason": row.error_why,
        }
        for row in held
    ]
    newest = newest_decision(case)
    page = {
        **frame,
        "headers": [_("Number"), _("Received"), _("Who told us"), _("Status")],
        "rows": rows,
        "decisions": _decisions(request.user, case=case, counts=newest),
    }
    return render(request, "referrals/case_referrals.html", page)


def _told_by(referral: Referral) -> list[Any]:
    return [
        (_("Received"), referral.received_at),
        (_("Logged by"), str(referral.logged_by) if referral.logged_by else None),
        (_("Who told us"), codes.label("referral_sources", referral.source)),
        (_("Counted under"), codes.SOURCE_GROUPS.get(referral.source_group)),
        (_("How it reached us"), codes.label("referral_channels", referral.channel) if referral.channel else None),
        (_("Body or organisation"), referral.referrer_body),
        (_("Name"), referral.referrer_name),
        (_("How to reach them"), referral.referrer_contact),
        *([(_("Number of the request"), referral.request_number)] if referral.request_number else []),
        (_("Town or municipality"), referral.municipality),
        (_("Place"), referral.place),
    ]


def _feared(referral: Referral) -> list[Any]:
    """What is feared beside the forms, material, and what competence depends on: only what is said."""
    rows: list[Any] = []
    if referral.concern != Feared.UNKNOWN:
        rows.append((_("What is feared"), referral.get_concern_display()))
    if referral.related_violence:
        rows.append((_("Other violence"), codes.labels("related_violence", referral.related_violence)))
    if referral.seen_in_material != Answer.UNKNOWN:
        rows.append((_("Seen in material"), referral.get_seen_in_material_display()))
    if referral.material_reference:
        rows.append((_("Reference number of the material"), referral.material_reference))
    if referral.cyber_means != Answer.UNKNOWN:
        rows.append((_("Information technology as method or means"), referral.get_cyber_means_display()))
    if referral.suspect_age is not None:
        rows.append((_("Age of the suspect"), referral.suspect_age))
    if referral.committed_abroad != Answer.UNKNOWN:
        rows.append((_("Outside Serbia"), referral.get_committed_abroad_display()))
    return rows


def _came_of(referral: Referral, user: User) -> list[dict[str, str]]:
    """Links to the calls and the visit that a referral came of, as far as this user sees them."""
    calls = Call.objects.visible_to(user).filter(referral=referral).order_by("number")
    found = [
        {"number": number, "url": reverse("referrals:call", args=[number])}
        for number in calls.values_list("number", flat=True)[:MATCHES]
    ]
    visit = Visit.objects.all().one_visible_to(user, pk=referral.visit_id) if referral.visit_id else None
    return [
        *found,
        *([{"number": visit.number, "url": reverse("referrals:visit", args=[visit.number])}] if visit else []),
    ]


def _about(referral: Referral, user: User) -> list[Any]:
    person = referral.person
    if person is None:
        return []
    language = referral.language and codes.language_label(referral.language)
    age = referral.age_at_referral
    return [
        (_("Name"), person.name),
        (_("Sex"), person.get_sex_display()),
        (_("Date of birth"), person.birth_date),
        (_("Age at the referral"), None if age is None or age < 0 else age),
        (_("Citizenship"), [codes.country_label(code) for code in person.citizenships]),
        (_("Language"), language),
        (_("Interpreter needed"), person.get_needs_interpreter_display()),
        (_("Without parents or guardian"), person.get_unaccompanied_display()),
        (_("Description"), person.description),
        (_("How to reach the person"), _("Hidden") if "contacts" in masked_fields(person, user) else person.contacts),
        (_("Safe contact"), person.safe_contact),
        (_("Rights leaflet given"), leaflet_line(referral, user)),
    ]


def _signs(referral: Referral) -> list[Any]:
    by_how: dict[str, list[str]] = {Seen.SEEN: [], Seen.SAID: []}
    for row in referral.indicators.all():
        if row.how in by_how:
            by_how[row.how].append(codes.label("trafficking_indicators", row.code))
    return [(Seen(how).label, labels) for how, labels in by_how.items() if labels]


def _needs(referral: Referral) -> list[Any]:
    """Services that the signs of this referral call for."""
    told = [row.code for row in referral.indicators.all() if row.how != Seen.NOT_ASKED]
    return [codes.label("assistance_services", code) for code in needs_of(told)]


def _decisions(
    user: User,
    *,
    identification: Identification | None = None,
    case: Case | None = None,
    counts: Decision | None = None,
) -> list[dict[str, Any]]:
    """Decisions newest first, as pages show them; the one that counts is marked, those in error are struck through."""
    visible = Decision.objects.visible_to(user).select_related("key", "recorded_by", "identification__referral")
    if identification is not None:
        visible = visible.filter(identification=identification)
    if case is not None:
        visible = visible.filter(identification__referral__case=case)
    may_mark = user.has_perm("cases.mark_in_error")
    ordered = visible.order_by("-decided_on", "-on_appeal", "-sequence", "-created_at")
    return [
        {
            "outcome": decision.outcome,
            "label": codes.label("decision_outcomes", decision.outcome),
            "struck": decision.entered_in_error,
            "why": decision.error_why,
            "counts": counts is not None and counts.pk == decision.pk,
            "url": reverse("referrals:mark-decision-in-error", args=[decision.pk])
            if may_mark and not decision.entered_in_error
            else "",
            "rows": [
                (_("Decided by"), decision.get_authority_display()),
                (_("Which centre for social work"), decision.body)
                if decision.authority == "csw"
                else (_("Number of the decision"), decision.reference),
                *([(_("Number of the decision"), decision.reference)] if decision.authority == "csw" else []),
                (_("Date of the decision"), decision.decided_on),
                (_("Forms of exploitation found"), [codes.label("exploitation_forms", form) for form in decision.forms])
                if decision.forms
                else (_("Forms of exploitation found"), _("None")),
                (_("Reasons"), decision.reasons),
                (_("Referral"), decision.identification.referral.number),
                (_("Recorded by"), str(decision.recorded_by) if decision.recorded_by else None),
            ],
        }
        for decision in ordered
    ]


def _may_be_the_same(referral: Referral, user: User) -> list[dict[str, Any]]:
    """Other visible persons with a name like this one's and their visible referrals; nothing hints at the invisible."""
    person = referral.person
    if person is None or not person.names:
        return []
    first: Any = person.names[0]
    named = " ".join(part for part in (first.get("given"), first.get("family")) if part)
    visible: Any = Person.objects.visible_to(user).valid()
    like = visible.named_like(named).exclude(pk=person.pk)
    persons = {
        other.pk: other for other in like.filter(organisation=referral.organisation_id).select_related("key")[:MATCHES]
    }
    if not persons:
        return []
    held = Referral.objects.visible_to(user).valid().filter(person__in=persons).order_by("number")
    return [
        {
            "person": persons[row.person_id],
            "label": f"{row.number} · {persons[row.person_id].name}",
            "url": url_of(row),
            "hint": row.received_at,
        }
        for row in held.only("number", "person_id", "received_at")[:MATCHES]
    ]


def _acts(
    referral: Referral, identification: Identification | None, user: User, *, several: bool
) -> list[dict[str, Any]]:
    """The buttons: what status, role and what is known allow now. The services have the last word.

    `several`: the rules leave open which of several authorities is competent.
    """
    if referral.entered_in_error:
        return []
    open_work = referral.status in (ReferralStatus.RECEIVED, ReferralStatus.INITIATED)
    with_case = referral.case_id is not None and referral.status in (ReferralStatus.INITIATED, ReferralStatus.CLOSED)
    undecided = identification is not None and identification.route == Route.UNDECIDED
    offered = [
        ("initiate-case", _("Initiate the case"), referral.person and workflow.may(referral, "initiate_case", user)),
        (
            "participants",
            _("Record who was told"),
            open_work and referral.informed_at is None and user.has_perm("referrals.record_informed"),
        ),
        (
            "record-decision",
            _("Record a decision"),
            with_case and identification and not undecided and user.has_perm("referrals.record_decision"),
        ),
        (
            "decide-route",
            _("Decide the route") if undecided else _("Change the route"),
            identification and open_work and user.has_perm("referrals.decide_route"),
        ),
        ("choose-authority", _("Choose the authority"), several and user.has_perm("referrals.choose_authority")),
        ("amend-referral", _("Amend"), user.has_perm("referrals.amend_referral")),
        ("link-referral", _("Link to an earlier referral"), workflow.may(referral, "link_referral", user)),
        ("decline-referral", _("Decline"), workflow.may(referral, "decline_referral", user)),
        ("mark-referral-in-error", _("Mark as entered in error"), user.has_perm("cases.mark_in_error")),
    ]
    in_danger = referral.immediate_danger == "yes" and referral.status == ReferralStatus.RECEIVED
    risk = ("assess-risk", _("Assess the risk"), open_work and user.has_perm("referrals.assess_risk"))
    offered.insert(0 if in_danger else 1, risk)
    return [
        {"label": label, "url": reverse(f"referrals:{name}", args=[referral.number])}
        for name, label, allowed in offered
        if allowed
    ]
