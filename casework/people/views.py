"""Pages on persons. Every page that shows one is in the trail before it is rendered."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.forms import attempt, bind
from casework.access.requests import SignedIn
from casework.audit import services as audit
from casework.people import services
from casework.people.data_of_person import data_of_person
from casework.people.forms import MASKED_IN_FORM, PersonForm, SearchForm, saved_person
from casework.people.masking import fields_to_hide, keep_hidden, masked_fields, say_hidden, to_compare, without_hidden
from casework.people.models import Person
from casework.people.search import Found, by_name, by_number
from casework.workflow import Stale
from reference import codes


def _visible_person(request: SignedIn, person_id: uuid.UUID) -> Person:
    found = Person.objects.visible_to(request.user).select_related("key", "organisation").filter(pk=person_id).first()
    if found is None:
        raise Http404
    return found


def person(request: SignedIn, person_id: uuid.UUID) -> HttpResponse:
    """Who this is, how to reach them safely, and the cases and referrals of theirs that this user may see."""
    who = _visible_person(request, person_id)
    audit.read(request, "person", who)
    hidden = masked_fields(who, request.user)
    page = {
        "person": who,
        "names": [] if "names" in hidden else [_name_row(name) for name in who.names or []],
        "masked": hidden,
        "may_reveal": request.user.has_perm("cases.reveal"),
        "age": age_words(who),
        "citizenships": [codes.country_label(code) for code in who.citizenships],
        "languages": [codes.language_label(code) for code in who.languages],
        "case_headers": [_("Number"), _("Status"), _("Victim status"), _("Caseworker"), _("Opened")],
        "cases": [
            [
                {"text": case.number, "url": reverse("cases:case", args=[case.number])},
                {"status": case.status, "label": case.get_status_display()},
                case.victim_status_label,
                str(case.caseworker or _("Nobody")),
                case.opened_on,
            ]
            for case in who.cases.visible_to(request.user).select_related("caseworker").order_by("-number")
        ],
        "referral_headers": [_("Number"), _("Status"), _("Received")],
        "referrals": [
            [
                {"text": referral.number, "url": reverse("referrals:referral", args=[referral.number])},
                {"status": referral.status, "label": referral.get_status_display()},
                referral.received_at,
            ]
            for referral in who.referrals.visible_to(request.user).order_by("-number")
        ],
        "may_amend": request.user.has_perm("people.amend_person"),
    }
    return render(request, "people/person.html", page | data_of_person(request.user, who))


def _name_row(name: dict[str, Any]) -> str:
    kinds = {"birth": _("given at birth"), "used": _("used"), "nickname": _("nickname")}
    shown = " ".join(filter(None, (name.get("given"), name.get("family"))))
    return f"{shown} ({kinds.get(name.get('kind', 'used'), '')})"


def age_words(who: Person) -> str:
    """The age today, with how we know it; empty when nothing is known."""
    age = who.age_on(timezone.localdate())
    if age is None:
        return ""
    if who.birth_date:
        return str(age)
    return _("about %(age)s (%(given)s stated on %(day)s)") % {
        "age": age,
        "given": who.given_age,
        "day": f"{who.given_age_on:%d.%m.%Y.}",
    }


@permission_required("people.amend_person", raise_exception=True)
def amend_person(request: SignedIn, person_id: uuid.UUID) -> HttpResponse:
    """Change what is known of a person; two people at once are shown what differs."""
    who = _visible_person(request, person_id)
    hidden = fields_to_hide(masked_fields(who, request.user), MASKED_IN_FORM)
    form = bind(request, PersonForm, initial=without_hidden(saved_person(who), hidden))
    say_hidden(form, hidden)
    if form.is_bound and form.is_valid():
        keep_hidden(form, saved_person(who), hidden)
        try:
            done = attempt(
                form,
                lambda: services.amend_person(
                    person=who,
                    version=form.cleaned_data["version"],
                    amended_by=request.user,
                    **form.changes(who),
                ),
            )
        except Stale as stale:
            saved = to_compare(form, saved_person(stale.record), hidden)  # type: ignore[arg-type]
            form.show_conflict(saved, stale.record.version)  # type: ignore[attr-defined]
            messages.warning(request, stale.sentence)
            done = None
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("people:person", who.pk)
    audit.read(request, "amend_person", who)
    return render(request, "people/amend_person.html", {"person": who, "form": form})


@permission_required("people.view_person", raise_exception=True)
def search(request: SignedIn) -> HttpResponse:
    """Search by number or name. Posted, so that no name is ever in an address, a log or the browser's history."""
    form = bind(request, SearchForm)
    form.mark_optional = False  # type: ignore[attr-defined]
    found: list[Found] | None = None
    no_number = False
    if form.is_bound and form.is_valid():
        text = form.cleaned_data["text"]
        url = by_number(text, request.user)
        if url:
            return redirect(url)
        no_number = url == ""
        found = [] if no_number else by_name(text, request.user, born=form.cleaned_data["born"])
        audit.read(request, "search", *(hit.person for hit in found))
    page = {
        "form": form,
        "searched": found is not None,
        "no_number": no_number,
        "rows": [_found_row(hit) for hit in found or []],
        "headers": [_("Number"), _("Name"), _("Sex"), _("Age"), _("Status")],
    }
    return render(request, "people/search.html", page)


def _found_row(hit: Found) -> list[Any]:
    who, record = hit.person, hit.record
    age = who.age_on(timezone.localdate())
    status = {"status": record.status, "label": record.get_status_display()} if record else "–"
    number = {"text": record.number, "url": hit.url} if record else "–"
    name = {"text": who.name, "url": reverse("people:person", args=[who.pk])}
    return [number, name, who.get_sex_display(), age, status]
