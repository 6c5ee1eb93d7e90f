"""The programming interface of responders: submit, attach, ask how far it is. A key opens it, and nothing else.

A program is asked what the responder's form asks, in the same codes, and is answered in the same sentences. It is told
of its own submissions a number and one of three words, and of everything else that there is nothing here.
"""

from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, File, Header, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import ConfigDict

from casework.access.forms import TextField
from casework.access.key_models import ApiKey, Scope
from casework.access.keyed import KeyAuth
from casework.access.models import Organisation
from casework.access.uploads import TooLargeToHold
from casework.people.models import Sex
from casework.vault.models import LARGEST_FILE
from reference import codes
from referrals import services
from referrals.forms import SubmitReferralForm
from referrals.models import Referral
from referrals.services.attachments import Brought
from referrals.views.intake import SUBMISSION_STATES

router = Router(tags=["responders"])
PAGE = 25
CHANNEL = "mobile-application"


class Problem(Schema):
    """What went wrong (RFC 9457). `title` and every `reason` are sentences that can be shown to a person."""

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    errors: list["Where"] | None = None


class Where(Schema):
    """One mistake, and in which part of the question it is."""

    where: list[str]
    reason: str


Problem.model_rebuild()


class Code(Schema):
    """A code and what it means, in the language of the request (`Accept-Language`: en, sr-latn, sr)."""

    code: str
    label: str


class Codes(Schema):
    """The lists from which a referral chooses."""

    organisations: list[Code] = Field(description="To whom this key may write.")
    sources: list[Code]
    sexes: list[Code]
    answers: list[Code]
    indicators: list[Code]
    countries: list[Code]
    languages: list[Code]
    states: list[Code] = Field(description="What is answered of a submission.")


class ReferralIn(Schema):
    """What is known. Nothing about the person is required."""

    model_config = ConfigDict(extra="forbid")

    organisation: str = Field("", max_length=40, description="To whom; may be left out when the key has one receiver.")
    source: str = Field(max_length=40, description="As whom you write: a code of `sources`.")
    immediate_danger: Literal["yes", "no", "unknown"] = "unknown"
    danger_note: str = Field("", max_length=5_000)
    summary: str = Field("", max_length=20_000)
    municipality: str = Field("", max_length=200)
    place: str = Field("", max_length=200)
    given_name: str = Field("", max_length=200)
    family_name: str = Field("", max_length=200)
    sex: str = Field("unknown", max_length=20)
    given_age: int | None = Field(None, ge=0, le=120, description="In whole years, also when it is a guess.")
    citizenship: str = Field("", max_length=2, description="A code of `countries`.")
    language: str = Field("", max_length=3, description="A code of `languages`.")
    safe_contact: str = Field("", max_length=2_000)
    indicators_seen: list[str] = Field(default_factory=list, max_length=200, description="Codes of `indicators`.")
    referrer_name: str = Field("", max_length=200, description="Who of your body tells it.")
    referrer_contact: str = Field("", max_length=200, description="How they can be reached.")


State = Literal["received", "in-hand", "please-contact-us"]


class SubmissionOut(Schema):
    """What a submitter is told of a referral, whatever has become of it."""

    number: str = Field(examples=["R-2026-000123"])
    received_at: str = Field(description="Date and time with the offset to UTC.")
    state: State


class Page(Schema):
    """Own submissions, newest first. `after` goes into the next question; null on the last page."""

    items: list[SubmissionOut]
    after: str | None


class Attached(Schema):
    """How many of the files are now with the referral, those included that were there before."""

    attached: int


PROBLEMS = {401: Problem, 403: Problem, 429: Problem}
Mark = Header(
    ...,
    alias="Idempotency-Key",
    min_length=8,
    max_length=200,
    pattern=r"^[\x21-\x7e]+$",
    description="A mark of your own for this one referral, such as a random UUID. A retry with the same mark and the "
    "same content is given the same answer and makes no second referral.",
)


@router.get("/codes", response={200: Codes, **PROBLEMS}, auth=KeyAuth(), summary="The codes that a referral may use")
def code_lists(request: HttpRequest) -> Any:
    key = _key(request)
    return {
        "organisations": [
            {"code": each.short_name, "label": each.name} for each in _receivers(key).order_by("short_name")
        ],
        "sources": _choices(codes.choices("referral_sources")),
        "sexes": _choices(Sex.choices),
        "answers": _choices([("yes", _("Yes")), ("no", _("No")), ("unknown", _("Not known"))]),
        "indicators": _choices(codes.choices("trafficking_indicators")),
        "countries": _choices(codes.countries()),
        "languages": _choices(codes.languages()),
        "states": _choices([(_STATES[state], label) for state, label in dict(SUBMISSION_STATES.values()).items()]),
    }


@router.post(
    "/referrals",
    response={201: SubmissionOut, 400: Problem, 409: Problem, 413: Problem, 422: Problem, **PROBLEMS},
    auth=KeyAuth(Scope.SUBMIT),
    summary="Submit a referral",
)
def submit(request: HttpRequest, response: HttpResponse, told: ReferralIn, mark: str = Mark) -> Any:
    key, now = _key(request), timezone.now()
    given = told.model_dump()
    form = _form(key, given)
    if not form.is_valid():
        raise Mistakes([(name, str(reason)) for name, reasons in form.errors.items() for reason in reasons])
    referral, new = services.submit_once(
        mark=mark,
        content=given,
        receive=lambda: services.submit_referral(
            organisation=form.cleaned_data["organisation"],
            now=now,
            person=form.person_details(),
            indicators=form.indicators(),
            submitted_by=key.account,
            **(form.report() | {"channel": CHANNEL}),
        ),
        now=now,
        submitted_by=key.account,
        key=key,
    )
    if not new:
        response["Idempotency-Replayed"] = "true"
    return Status(201, _out(referral) | {"state": "received"})


@router.get("/referrals", response={200: Page, 422: Problem, **PROBLEMS}, auth=KeyAuth(Scope.STATUS), summary="Own")
def submissions(request: HttpRequest, after: str = "") -> Any:
    """Own submissions, newest first, 25 a page."""
    mine = Referral.objects.submitted_by(_key(request).account).order_by("-number")
    found = list((mine.filter(number__lt=after[:20]) if after else mine)[: PAGE + 1])
    return {
        "items": [_out(referral) for referral in found[:PAGE]],
        "after": found[PAGE - 1].number if len(found) > PAGE else None,
    }


@router.get(
    "/referrals/{number}",
    response={200: SubmissionOut, 404: Problem, 422: Problem, **PROBLEMS},
    auth=KeyAuth(Scope.STATUS),
    summary="How far one's own submission is",
)
def submission(request: HttpRequest, number: str) -> Any:
    return _out(_own(request, number))


@router.post(
    "/referrals/{number}/files",
    response={201: Attached, 400: Problem, 404: Problem, 409: Problem, 413: Problem, 422: Problem, **PROBLEMS},
    auth=KeyAuth(Scope.ATTACH),
    summary="Attach files to one's own submission",
)
def attach(request: HttpRequest, number: str, files: File[list[UploadedFile]]) -> Any:
    """Pictures (JPEG, PNG, WebP), PDF, text, Word, Excel. All are kept, or none. The same file again is kept once."""
    referral = _own(request, number)
    if any(isinstance(file, TooLargeToHold) for file in files):
        raise TooLarge
    kept = services.attach_files(
        referral=referral,
        brought=[Brought(name=file.name or "", content=file.read()) for file in files],
        now=timezone.now(),
        attached_by=_key(request).account,
    )
    return Status(201, {"attached": len({row.pk for row in kept})})


class Mistakes(Exception):
    """What does not fit, by field of the question."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        super().__init__("mistakes")
        self.found = found


class TooLarge(Exception):
    """A file, or all of them, larger than is kept."""

    sentence = property(lambda self: _("A file is larger than %(mb)d MB.") % {"mb": LARGEST_FILE // 2**20})


_STATES = {"received": "received", "in-hand": "in-hand", "waiting": "please-contact-us"}


def _key(request: HttpRequest) -> ApiKey:
    return request.auth  # type: ignore[attr-defined]


def _receivers(key: ApiKey) -> Any:
    """To whom a key may write: to who gave it; one of the body's own to everybody who receives referrals."""
    receiving = Organisation.objects.filter(receives_referrals=True)
    return receiving if key.issuer_id == key.body_id else receiving.filter(pk=key.issuer_id)


class _ProgramForm(SubmitReferralForm):
    """The responder's form, with the name of who told the body."""

    referrer_name = TextField(required=False)


def _form(key: ApiKey, given: dict[str, Any]) -> SubmitReferralForm:
    """The responder's form, filled by a program."""
    receivers = _receivers(key)
    named = given["organisation"] or (key.issuer.short_name if key.issuer_id != key.body_id else "")
    chosen = receivers.filter(short_name=named).first()
    typed = {name: value for name, value in given.items() if value is not None}
    form = _ProgramForm(typed | {"organisation": str(chosen.pk) if chosen else named and "?"})
    form.fields["organisation"].queryset = receivers  # type: ignore[attr-defined]
    return form


def _own(request: HttpRequest, number: str) -> Referral:
    """The body's own submission of this number. Whatever else it may be, there is nothing here."""
    found = Referral.objects.submitted_by(_key(request).account).filter(number=number[:20]).first()
    if found is None:
        raise Http404
    return found


def _out(referral: Referral) -> dict[str, Any]:
    state, _label = SUBMISSION_STATES["declined" if referral.entered_in_error else referral.status]
    return {"number": referral.number, "received_at": referral.received_at.isoformat(), "state": _STATES[state]}


def _choices(pairs: Any) -> list[dict[str, str]]:
    return [{"code": str(code), "label": str(label)} for code, label in pairs]
