"""Screenings: the list with the targets beside it, one with its referrals, and what is done with them."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from casework.access.forms import ConfirmForm, bind
from casework.access.requests import SignedIn
from casework.audit import services as audit
from reference import codes
from reference.models import PublishedFigure
from referrals import services
from referrals.forms import MarkInErrorForm
from referrals.forms.screening import (
    AmendScreeningForm,
    LinkFollowUpForm,
    RecordScreeningForm,
    ReferForm,
    SetScreeningTargetForm,
    saved_screening,
)
from referrals.models import FollowUp, Screening, ScreeningTarget
from referrals.services.coverage import HOLDS, Progress, progress_of
from referrals.services.needs import needs_of
from referrals.views.finding import ask, url_of, who
from referrals.views.screening import PAGE, RECORD, VIEW, act_page, keyed_visible_to, numbered_visible_to, parts
from referrals.views.sites import referral_told

TARGETS = 10
_ASYLUM = {"asylum-seekers", *HOLDS["asylum-seekers"]}
_FOLLOWED = Count("follow_ups", filter=Q(follow_ups__unlinked_at=None, follow_ups__referral__error_at=None))


@require_safe
def screenings(request: SignedIn) -> HttpResponse:
    """The organisation's screenings, newest first; what was planned stands apart from what was done."""
    ask(request, VIEW)
    after = request.GET.get("after", "")[:20]
    found = (
        Screening.objects.annotate(followed=_FOLLOWED)
        .select_related("key")
        .page_visible_to(request.user, order_by=("-number",), size=PAGE + 1, after=(after,) if after else None)
    )
    shown = found[:PAGE]
    targets = (
        ScreeningTarget.objects.valid()
        .select_related("key")
        .page_visible_to(request.user, order_by=("-ends_on", "-id"), size=TARGETS)
    )
    audit.read(request, "screenings", *shown, *targets)
    here = reverse("referrals:screenings")
    page = {
        "parts": parts("screenings"),
        "targets": _targets(request, targets),
        "headers": [
            _("Number"),
            _("Population"),
            _("Town or municipality"),
            _("Day"),
            _("Screened"),
            _("Informed"),
            _("Referrals"),
        ],
        "rows": [_row(screening) for screening in shown],
        "count": Screening.objects.count_visible_to(request.user),
        "next_url": f"{here}?after={shown[-1].number}" if len(found) > PAGE else "",
        "previous_url": here if after else "",
    }
    return render(request, "referrals/screenings.html", page)


def _row(screening: Any) -> dict[str, Any]:
    cells = [
        {"text": screening.number, "url": screening_url(screening)},
        codes.label("vulnerable_groups", screening.population),
        screening.municipality,
        screening.held_on,
        screening.screened,
        screening.informed,
        screening.followed,
    ]
    return {"cells": cells, "struck": screening.entered_in_error, "reason": screening.error_why}


def screening_url(screening: Screening) -> str:
    return reverse("referrals:screening", args=[screening.number])


def _targets(request: SignedIn, targets: list[ScreeningTarget]) -> list[dict[str, Any]]:
    published = [target.published for target in targets if target.published]
    figures = {
        figure.code: figure for figure in PublishedFigure.objects.active().filter(code__in=published).with_text()
    }
    may_mark = request.user.has_perm("referrals.set_screening_target") and request.user.has_perm("cases.mark_in_error")
    return [_target(progress, figures, may_mark=may_mark) for progress in progress_of(request.user, targets)]


def _target(progress: Progress, figures: dict[str, PublishedFigure], *, may_mark: bool) -> dict[str, Any]:
    target = progress.target
    figure = figures.get(target.published)
    period = f"{target.starts_on:%d.%m.%Y.} – {target.ends_on:%d.%m.%Y.}"
    return {
        "label": f"{codes.label('vulnerable_groups', target.population)}, {period}",
        "screened": progress.screened,
        "planned": target.planned,
        "rows": [
            (_("Target (a plan)"), number_format(target.planned, force_grouping=True)),
            (_("Screened (the result)"), number_format(progress.screened, force_grouping=True)),
            (_("Informed"), number_format(progress.informed, force_grouping=True)),
            (_("Where the target comes from"), target.source),
            *([(_("Published figure"), {"text": figure.title, "url": figure.get_absolute_url()})] if figure else []),
        ],
        "mark_url": reverse("referrals:mark-target-in-error", args=[target.pk]) if may_mark else "",
    }


def record_screening(request: SignedIn) -> HttpResponse:
    """A screening is written down."""
    ask(request, RECORD)
    form = bind(request, RecordScreeningForm, initial={"held_on": timezone.localdate(), "screener": str(request.user)})
    return act_page(
        request,
        form,
        lambda typed: services.record_screening(now=timezone.now(), recorded_by=request.user, **form.said()),
        done=_("The screening is recorded."),
        back_url=reverse("referrals:screenings"),
        to=screening_url,
        template="referrals/record_screening.html",
        page={"heading": _("Record a screening"), "submit": _("Save the screening"), "parts": parts("screenings")},
    )


@require_safe
def screening(request: SignedIn, number: str) -> HttpResponse:
    """The report of one screening: 20 screened, 2 referred, and the referrals."""
    found = _found(request, number, VIEW)
    links = list(
        FollowUp.objects.visible_to(request.user)
        .filter(screening=found, unlinked_at=None)
        .select_related("referral__key", "referral__person__key")[:100]
    )
    referrals = [link.referral for link in links]
    persons = {referral.person_id: referral.person for referral in referrals if referral.person}
    audit.read(request, "screening", found, *referrals, *persons.values())
    may = request.user.has_perm(RECORD) and not found.entered_in_error
    page = {
        "screening": found,
        "parts": parts("screenings"),
        "population": codes.label("vulnerable_groups", found.population),
        "about": [
            (_("Population"), codes.label("vulnerable_groups", found.population)),
            (_("Day"), found.held_on),
            (_("Town or municipality"), found.municipality),
            (_("Place"), found.place),
            (_("Who screened"), found.screener),
            (_("Signs found"), [codes.label("trafficking_indicators", code) for code in found.indicators]),
            (_("What else should be known"), found.note),
            (_("Written down by"), str(found.logged_by) if found.logged_by else None),
        ],
        "information": [
            (_("Informed of risks and rights"), found.informed),
            (_("In which languages"), [codes.language_label(code) for code in found.informed_languages]),
            (_("Leaflets given"), found.leaflets),
        ],
        "needs": [codes.label("assistance_services", code) for code in needs_of(found.indicators)],
        "headers": [_("Number"), _("About"), _("Received"), _("Status"), _("What can be done")],
        "rows": [_link_row(link, may=may) for link in links],
        "hidden_count": found.followed - sum(not referral.entered_in_error for referral in referrals),
        "may": may,
        "may_mark": may and request.user.has_perm("cases.mark_in_error"),
        "form": LinkFollowUpForm() if may else None,
    }
    return render(request, "referrals/screening.html", page)


def _link_row(link: FollowUp, *, may: bool) -> dict[str, Any]:
    referral = link.referral
    status = {"status": referral.status, "label": referral.get_status_display()}
    act = {"text": _("Take the link back"), "url": reverse("referrals:unlink-follow-up", args=[link.pk])}
    cells = [
        {"text": referral.number, "url": url_of(referral)},
        who(referral),
        referral.received_at,
        status,
        act if may else "",
    ]
    return {"cells": cells, "struck": referral.entered_in_error, "reason": referral.error_why}


def _found(request: SignedIn, number: str, permission: str = RECORD) -> Any:
    shown = Screening.objects.annotate(followed=_FOLLOWED).select_related("key", "logged_by", "error_by")
    return numbered_visible_to(request, shown, number, permission)


def _to_work_on(request: SignedIn, number: str, permission: str = RECORD) -> Screening:
    found: Screening = _found(request, number, permission)
    audit.read(request, "screening", found)
    return found


def _page(found: Screening, heading: str, submit: str) -> dict[str, Any]:
    return {
        "heading": heading,
        "submit": submit,
        "caption": found.number,
        "number": found.number,
        "parts": parts("screenings"),
    }


def amend_screening(request: SignedIn, number: str) -> HttpResponse:
    """What a screening says is changed."""
    found = _to_work_on(request, number)
    form = bind(request, AmendScreeningForm, initial=saved_screening(found))

    def current() -> tuple[dict[str, Any], int]:
        fresh = _found(request, number)
        return saved_screening(fresh), fresh.version

    return act_page(
        request,
        form,
        lambda typed: services.amend_screening(
            screening=found,
            version=typed["version"],
            today=timezone.localdate(),
            amended_by=request.user,
            **form.said(),
        ),
        done=_("%(number)s is amended.") % {"number": found.number},
        back_url=screening_url(found),
        current=current,
        template="referrals/record_screening.html",
        page=_page(found, _("Amend the screening"), _("Save")),
    )


def link_follow_up(request: SignedIn, number: str) -> HttpResponse:
    """A referral that is already there followed from this screening."""
    found = _to_work_on(request, number)
    return act_page(
        request,
        bind(request, LinkFollowUpForm),
        lambda typed: services.link_follow_up(screening=found, now=timezone.now(), linked_by=request.user, **typed),
        done=_("The referral is linked."),
        back_url=screening_url(found),
        page=_page(found, _("Link a referral"), _("Link it")),
    )


def unlink_follow_up(request: SignedIn, follow_up_id: int) -> HttpResponse:
    """It did not follow from this screening."""
    ask(request, RECORD)
    link = (
        FollowUp.objects.visible_to(request.user)
        .filter(pk=follow_up_id, screening__in=Screening.objects.visible_to(request.user))
        .select_related("screening__key", "referral")
        .first()
    )
    if link is None:
        raise Http404
    audit.read(request, "screening", link.screening, link.referral)
    return act_page(
        request,
        bind(request, ConfirmForm),
        lambda typed: services.unlink_follow_up(follow_up=link, now=timezone.now(), unlinked_by=request.user),
        done=_("The link is taken back. The referral itself stays as it is."),
        back_url=screening_url(link.screening),
        page={
            **_page(link.screening, _("Take the link back"), _("Take the link back")),
            "lead": _("%(number)s did not follow from this screening.") % {"number": link.referral.number},
        },
    )


def refer_from_screening(request: SignedIn, number: str) -> HttpResponse:
    """A referral that follows from a screening: the caseworker's form, filled with what the screening knows."""
    found = _to_work_on(request, number)
    asylum = found.population in _ASYLUM
    initial = {
        "received_at": timezone.now(),
        "source": "asylum-screening" if asylum else "",
        "municipality": found.municipality,
        "place": found.place,
        "indicators_seen": found.indicators if found.screened == 1 else [],
        "citizenship": "AF" if found.population == "afghan-asylum-seekers" else "",
        "leaflet_given": "yes" if found.leaflets and found.leaflets >= found.screened else "unknown",
    }
    form = bind(request, ReferForm, initial=initial)
    return act_page(
        request,
        form,
        lambda typed: services.refer_from_screening(
            screening=found, referred_by=request.user, **referral_told(request, form)
        ),
        done=_("The referral is logged and linked to the screening."),
        back_url=screening_url(found),
        template="referrals/refer.html",
        page={
            **_page(found, _("Log a referral"), _("Log the referral")),
            "origin": f"{found.number} · {codes.label('vulnerable_groups', found.population)}",
            "needs": [codes.label("assistance_services", code) for code in needs_of(found.indicators)],
        },
    )


def mark_screening_in_error(request: SignedIn, number: str) -> HttpResponse:
    """The screening was not, or stands there twice."""
    found = _to_work_on(request, number, "cases.mark_in_error")
    page = _page(found, _("Mark as entered in error"), _("Mark as entered in error"))
    return act_page(
        request,
        bind(request, MarkInErrorForm),
        lambda typed: services.mark_screening_in_error(screening=found, marked_by=request.user, **typed),
        done=_("It is marked as entered in error."),
        back_url=screening_url(found),
        page={**page, "variant": "warning"},
    )


def set_screening_target(request: SignedIn) -> HttpResponse:
    """How many are to be screened."""
    ask(request, "referrals.set_screening_target")
    return act_page(
        request,
        bind(request, SetScreeningTargetForm),
        lambda typed: services.set_screening_target(set_by=request.user, **typed),
        done=_("The target is set. It stands apart from what was done."),
        back_url=reverse("referrals:screenings"),
        page={"heading": _("Set a target"), "submit": _("Set the target"), "parts": parts("screenings")},
    )


def mark_target_in_error(request: SignedIn, target_id: UUID) -> HttpResponse:
    """Nobody set this target, or not so."""
    ask(request, "cases.mark_in_error")
    targets = ScreeningTarget.objects.select_related("key")
    found = keyed_visible_to(request, targets, target_id, "referrals.set_screening_target")
    audit.read(request, "screening_target", found)
    label = codes.label("vulnerable_groups", found.population)
    return act_page(
        request,
        bind(request, MarkInErrorForm),
        lambda typed: services.mark_target_in_error(target=found, marked_by=request.user, **typed),
        done=_("It is marked as entered in error."),
        back_url=reverse("referrals:screenings"),
        page={
            "heading": _("Mark as entered in error"),
            "submit": _("Mark as entered in error"),
            "caption": f"{label}, {found.planned}",
            "parts": parts("screenings"),
            "variant": "warning",
        },
    )
