"""“Everything held on this person”: recorded, compiled by the worker, reviewed by a second person, released."""

import datetime
import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from casework.access.grants import Role
from casework.access.models import User
from casework.access.record_services import require
from casework.audit import services as audit
from casework.outbox.models import Subject as Message
from casework.outbox.services import tell
from casework.people import holdings
from casework.people.data_models import AccessRequest, AccessSection, AccessStatus, AskedBy, WithholdGround
from casework.people.holdings import GROUNDS, Held, Subject
from casework.people.models import Person
from casework.people.report import access_pdf
from casework.people.requests import about, new_number, tell_one
from casework.vault import files
from casework.vault.crypto import Erased
from casework.vault.models import FileLost, StorageAway
from casework.workflow import Refused, advance, lock

MEDIA = {"pdf": "application/pdf", "json": "application/json"}


@transaction.atomic
def record_access_request(
    *,
    person: Person,
    received_on: datetime.date,
    asked_by: str,
    asked_by_name: str,
    identity_checked: str,
    language: str,
    recorded_by: User,
) -> AccessRequest:
    """Write down that somebody asks what is held on a person; the clock runs from the day it was received.

    Raises `Refused` when it is not said who asks for them or how their identity was checked, and when a request of this
    person is already being answered.
    """
    require(recorded_by, "people.record_data_request")
    fresh = lock(person)
    refuse_strange(received_on, asked_by)
    if asked_by != AskedBy.SELF and not asked_by_name.strip():
        raise Refused(_("Say who asks for this person."), field="asked_by_name")
    if not identity_checked.strip():
        raise Refused(_("Say how you know that it is them."), field="identity_checked")
    if language not in dict(settings.LANGUAGES):
        raise Refused(_("Choose one of the languages that are offered."), field="language")
    asked = AccessRequest(
        key=fresh.key,
        number=new_number(),
        organisation_id=fresh.organisation_id,
        person=fresh,
        about=about(fresh),
        received_on=received_on,
        due_on=received_on + datetime.timedelta(days=settings.ACCESS_REQUEST_DAYS),
        asked_by=asked_by,
        asked_by_name=asked_by_name.strip(),
        identity_checked=identity_checked.strip(),
        language=language,
        recorded_by=recorded_by,
    )
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
    except IntegrityError as problem:
        if "access_one_open_per_person" not in str(problem):
            raise
        raise Refused(_("A request of this person is already being answered.")) from None
    audit.act("record_access_request", asked, fresh, by=recorded_by)
    return asked


def refuse_strange(received_on: datetime.date, asked_by: str) -> None:
    """What access and correction both refuse: a day that is to come, somebody who is not offered."""
    if received_on > timezone.localdate():
        raise Refused(_("This date is in the future."), field="received_on")
    if asked_by not in AskedBy.values:
        raise Refused(_("Choose one of the answers that are offered."), field="asked_by")


# Compiling ------------------------------------------------------------------------------------------------------------
def compile_waiting(*, now: datetime.datetime) -> int:
    """Compile what is recorded and write the files of what is released. Returns how many requests moved on."""
    count = 0
    for request in AccessRequest.objects.filter(status=AccessStatus.RECORDED).select_related("key", "person__key"):
        count += _step_by_step(request, now)
    for request in AccessRequest.objects.filter(status=AccessStatus.RELEASED).select_related("key", "person__key"):
        try:
            count += write_files(request_id=request.pk)
        except (Erased, Refused, OperationalError):  # erased meanwhile, or a faster worker
            continue
    return count


def _step_by_step(request: AccessRequest, now: datetime.datetime) -> bool:
    """A table a transaction, so that the page shows how far it is."""
    labels = list(holdings.HELD)
    try:
        for position, label in enumerate(labels):
            compile_section(request_id=request.pk, label=label, position=position, steps=len(labels))
        finish_compiling(request=request, now=now)
    except (Erased, Refused, OperationalError):
        return False
    return True


@transaction.atomic
def compile_section(*, request_id: Any, label: str, position: int, steps: int) -> None:
    """Compile one table of an answer. A second run, or a second worker, changes nothing."""
    request = (
        AccessRequest.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person__key")
        .get(pk=request_id)
    )
    if request.status != AccessStatus.RECORDED:
        raise Refused(_("This request is compiled."))
    if request.sections.filter(compilation=request.compilation, label=label).exists():
        return
    with translation.override(request.language):
        body = rows_in_words(holdings.HELD[label], Subject(request.organisation_id, request.person))
    AccessSection(
        key=request.person.key,
        request=request,
        compilation=request.compilation,
        position=position,
        label=label,
        body=body,
    ).save(force_insert=True)
    AccessRequest.objects.filter(pk=request.pk).update(steps=steps, steps_done=position + 1)


def rows_in_words(held: Held, subject: Subject) -> list[list[list[Any]]]:
    """The rows of one table as the person reads them: label and value; what is withheld says so in a word."""
    found = held.rows(subject)
    if any(field.name == "key" for field in held.model._meta.concrete_fields):
        found = found.select_related("key")
    return [_row_in_words(held, row) for row in found.order_by("pk")]


def _row_in_words(held: Held, row: Any) -> list[list[Any]]:
    lines: list[list[Any]] = []
    for name, said in held.shown.items():
        label, say = said if isinstance(said, tuple) else (said, None)
        value = _plain(say(row) if say else _value(row, name))
        if value not in ("", None, []):
            lines.append([str(label), value])
    for name, ground in held.withheld.items():
        if getattr(row, name) not in ("", None, [], {}):
            lines.append([_label_of(row, name), str(GROUNDS[ground])])
    return lines


def _label_of(row: Any, name: str) -> str:
    words = {
        "referrer_body": _("Body that told us"),
        "referrer_name": _("Person who told us"),
        "referrer_contact": _("How to reach who told us"),
        "override_reason": _("Reason for an exception"),
        "panel": _("Members of the panel"),
    }
    return words.get(name, _("Colleague concerned"))


def _value(row: Any, name: str) -> Any:
    display = getattr(row, f"get_{name}_display", None)
    return display() if display else getattr(row, name)


def _plain(value: Any) -> Any:
    """A value that JSON and a page both take: dates day first, several values as a list."""
    if isinstance(value, datetime.datetime):
        return f"{timezone.localtime(value):%d.%m.%Y. %H:%M}"
    if isinstance(value, datetime.date):
        return f"{value:%d.%m.%Y.}"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value if item is not None]
    if value is None or isinstance(value, (int, str)):
        return value
    return str(value)


@transaction.atomic
def finish_compiling(*, request: AccessRequest, now: datetime.datetime) -> AccessRequest:
    """Everything is compiled: somebody other than the one who recorded it reviews it."""
    done = advance(request, "finish_compiling", by=request.recorded_by, about=[request.person], compiled_at=now)
    people = User.objects.colleagues(request.organisation_id, Role.SUPERVISOR, Role.CASEWORKER)
    readers = [
        user
        for user in people.exclude(pk=request.recorded_by_id)
        if AccessRequest.objects.visible_to(user).filter(pk=request.pk).exists()
    ]
    tell(readers, Message.ACCESS_TO_REVIEW, reference=done.number, path=_page(done))
    return done


def _page(request: AccessRequest) -> str:
    return reverse("people:access-request", args=[request.number])


@transaction.atomic
def compile_again(*, request: AccessRequest, compiled_by: User) -> AccessRequest:
    """Compile afresh, because something has changed since; what was checked must be checked again."""
    return advance(
        request,
        "compile_again",
        by=compiled_by,
        about=[request.person],
        compilation=request.compilation + 1,
        steps_done=0,
        compiled_at=None,
    )


# Review ---------------------------------------------------------------------------------------------------------------
def sections_of(request: AccessRequest) -> Any:
    """The sections that count: those of the newest compilation."""
    return request.sections.filter(compilation=request.compilation).select_related("key", "checked_by")


def rows_for_review(section: AccessSection, hidden: Iterable[str]) -> list[list[list[Any]]]:
    """A section as the reviewer sees it: what is hidden from them on the person's page is hidden here too."""
    fields = set(hidden)
    if section.label != Person._meta.label or not fields:
        return section.body or []
    with translation.override(section.request.language):
        shown = holdings.HELD[section.label].shown
        labels = {str(said[0] if isinstance(said, tuple) else said) for name, said in shown.items() if name in fields}
    word = _("Hidden here; goes out to the person")
    return [[[label, word if label in labels else value] for label, value in row] for row in section.body or []]


@transaction.atomic
def check_section(*, section: AccessSection, withheld: str, checked_by: User, now: datetime.datetime) -> AccessSection:
    """Say that one section may go out, or withhold it on a ground. May be done again until the answer is released."""
    require(checked_by, "people.review_access_request")
    request = lock(section.request)
    if request.status != AccessStatus.REVIEW or section.compilation != request.compilation:
        raise Refused(_("This answer is not being reviewed now."))
    if checked_by.pk == request.recorded_by_id:
        raise Refused(_("Somebody other than the one who recorded the request must review the answer."))
    if withheld and withheld not in WithholdGround.values:
        raise Refused(_("Choose one of the grounds that are offered."), field="withheld")
    fresh = AccessSection.objects.select_for_update().get(pk=section.pk)
    fresh.checked_by, fresh.checked_at, fresh.withheld = checked_by, now, withheld
    fresh.save(update_fields=["checked_by", "checked_at", "withheld"])
    audit.act("check_section", request, request.person, by=checked_by, fields=[fresh.label], note=withheld)
    return fresh


@transaction.atomic
def release_access_request(*, request: AccessRequest, released_by: User, now: datetime.datetime) -> AccessRequest:
    """Release an answer, every section of which has been looked at; the worker then writes the files."""
    fresh = lock(request)
    if released_by.pk == fresh.recorded_by_id:
        raise Refused(_("Somebody other than the one who recorded the request must release the answer."))
    left = [section for section in sections_of(fresh).filter(checked_at=None) if section.body]
    if fresh.status == AccessStatus.REVIEW and left:
        raise Refused(_("Look at every section first: %(count)d are left.") % {"count": len(left)})
    return advance(
        request,
        "release_access_request",
        by=released_by,
        about=[request.person],
        released_by=released_by,
        released_at=now,
    )


# The files ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def write_files(*, request_id: Any) -> bool:
    """Write the PDF and the JSON of a released answer, sealed with the person's key. False if they are there."""
    found = AccessRequest.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    request = found.select_related("key", "person__key", "released_by", "recorded_by").filter(pk=request_id).first()
    if request is None or request.status != AccessStatus.RELEASED:
        return False
    with translation.override(request.language):
        answer = answer_of(request)
        pdf = files.store(access_pdf(answer), key=request.person.key, media_type=MEDIA["pdf"])
    text = json.dumps(answer, ensure_ascii=False, indent=2).encode()
    data = files.store(text, key=request.person.key, media_type=MEDIA["json"])
    done = advance(request, "finish_access_request", by=request.released_by, about=[request.person], pdf=pdf, data=data)
    tell_one(request.recorded_by, done, Message.ACCESS_READY, "people:access-request")
    return True


def answer_of(request: AccessRequest) -> dict[str, Any]:
    """The answer as it goes out: what was withheld is a word, sections that hold nothing are left out."""
    sections: list[dict[str, Any]] = []
    for section in sections_of(request):
        if not section.body:
            continue
        rows = [[list(line) for line in row] for row in section.body]
        title = str(holdings.HELD[section.label].title)
        if section.withheld:
            sections.append({"title": title, "withheld": str(GROUNDS[section.withheld]), "rows": []})
        else:
            sections.append({"title": title, "withheld": "", "rows": rows})
    return {
        "number": request.number,
        "received_on": f"{request.received_on:%d.%m.%Y.}",
        "compiled_at": _plain(request.compiled_at),
        "language": request.language,
        "sections": sections,
    }


@transaction.atomic
def export_access_request(*, request: AccessRequest, kind: str, exported_by: User) -> bytes:
    """The content of the PDF or the JSON, with its row in the trail. Raises `Refused` until it is ready."""
    require(exported_by, "people.record_data_request")
    if exported_by.pk not in (request.recorded_by_id, request.released_by_id) and not exported_by.has_role(
        Role.SUPERVISOR
    ):  # it holds in plain what the person's page hides from them
        raise Refused(_("The answer is handed out by whoever recorded or released it, or by a supervisor."))
    stored = {"pdf": request.pdf, "json": request.data}[kind]
    if request.status != AccessStatus.READY or stored is None:
        raise Refused(_("This answer is not ready yet."))
    audit.act("export_access_request", request, request.person, by=exported_by, note=kind)
    try:
        return stored.read()
    except StorageAway:
        raise Refused(_("The files do not answer at the moment. Try again in a few minutes.")) from None
    except FileLost:
        raise Refused(_("This file is lost or damaged. Tell your technician: a backup may have it.")) from None


def title_of(section: AccessSection) -> str | Promise:
    return holdings.HELD[section.label].title
