"""A referral comes in: logged by a colleague, submitted by a responder, amended when more is known."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.models import Organisation, User
from casework.access.record import next_number
from casework.access.record_services import require
from casework.audit import services as audit
from casework.outbox.models import Subject
from casework.outbox.services import tell
from casework.people import services as people
from casework.people.ages import recompute_ages
from casework.people.models import Answer, Person
from casework.vault.models import VaultKey
from casework.workflow import Refused, lock
from reference import codes
from reference.procedures import procedures_on
from referrals.models import (
    MOBILE_TEAM,
    Call,
    ClockKind,
    Deadline,
    Feared,
    Referral,
    ReferralIndicator,
    Seen,
    Visit,
)
from referrals.services.attachments import reseal_attachments
from referrals.services.calls import link_call
from referrals.services.participants import add_relevant
from referrals.services.reach import must_be_valid, must_reach, page_of, receivers_of
from referrals.services.routing import open_identification
from referrals.services.ways import came_of, check_way, refuse_kept_material

Indicators = Iterable[tuple[str, str]]
_SUBMITTED_THROUGH = ("mobile-application", "web-form")
_AMENDABLE = (
    "source",
    "channel",
    "referrer_body",
    "referrer_name",
    "referrer_contact",
    "request_number",
    "municipality",
    "place",
    "given_age",
    "suspected_forms",
    "concern",
    "related_violence",
    "seen_in_material",
    "material_reference",
    "cyber_means",
    "committed_abroad",
    "suspect_age",
    "immediate_danger",
    "danger_note",
    "summary",
    "other_signs",
    "language",
    "leaflet_given",
)


@transaction.atomic
def log_referral(
    *,
    organisation: Organisation,
    received_at: datetime.datetime,
    source: str,
    now: datetime.datetime,
    logged_by: User,
    channel: str = "",
    referrer_body: str = "",
    referrer_name: str = "",
    referrer_contact: str = "",
    municipality: str = "",
    place: str = "",
    person: Mapping[str, Any] | None = None,
    existing_person: Person | None = None,
    given_age: int | None = None,
    indicators: Indicators = (),
    suspected_forms: Iterable[str] = (),
    immediate_danger: str = Answer.UNKNOWN,
    danger_note: str = "",
    summary: str = "",
    language: str = "",
    leaflet_given: str = Answer.UNKNOWN,
    request_number: str = "",
    concern: str = Feared.UNKNOWN,
    related_violence: Iterable[str] = (),
    seen_in_material: str = Answer.UNKNOWN,
    material_reference: str = "",
    cyber_means: str = Answer.UNKNOWN,
    committed_abroad: str = Answer.UNKNOWN,
    suspect_age: int | None = None,
    call: Call | None = None,
    visit: Visit | None = None,
) -> Referral:
    """Write down that somebody told us of a person or a place; the two 24-hour clocks run from `received_at`.

    `person` holds what is known of the person, named as `create_person` names it (without the age, which is
    `given_age`, in whole years on the day of receipt); nothing of it is required. `existing_person` is somebody whom
    the user already sees. `indicators` are pairs of a code and how it came to us (`Seen`). `call` and `visit` are the
    hotline call or the mobile team's visit that it came of. Raises `Refused`.
    """
    require(logged_by, "referrals.log_referral")
    if organisation.pk != logged_by.organisation_id:
        raise Refused(_("You log referrals for your own organisation only."))
    if existing_person is not None and not Person.objects.is_visible_to(logged_by, existing_person):
        raise Refused(_("You do not see this person. Write down what you were told, without choosing a person."))
    if visit is not None:
        came_of(visit, source, logged_by)
    referral = Referral(
        organisation=organisation,
        received_at=received_at,
        logged_by=logged_by,
        source=source,
        channel=channel,
        referrer_body=referrer_body,
        referrer_name=referrer_name,
        referrer_contact=referrer_contact,
        municipality=municipality,
        place=place,
        given_age=given_age,
        suspected_forms=list(suspected_forms),
        immediate_danger=immediate_danger,
        danger_note=danger_note,
        summary=summary,
        language=language,
        leaflet_given=leaflet_given,
        request_number=request_number,
        concern=concern,
        related_violence=list(related_violence),
        seen_in_material=seen_in_material,
        material_reference=material_reference,
        cyber_means=cyber_means,
        committed_abroad=committed_abroad,
        suspect_age=suspect_age,
        visit=visit,
    )
    _receive(referral, person, existing_person, indicators, now=now, verb="log_referral")
    if call is not None:
        link_call(call=call, referral=referral, linked_by=logged_by)
    return referral


@transaction.atomic
def submit_referral(
    *,
    organisation: Organisation,
    source: str,
    now: datetime.datetime,
    submitted_by: User,
    channel: str = "web-form",
    referrer_body: str = "",
    referrer_name: str = "",
    referrer_contact: str = "",
    municipality: str = "",
    place: str = "",
    person: Mapping[str, Any] | None = None,
    given_age: int | None = None,
    indicators: Indicators = (),
    suspected_forms: Iterable[str] = (),
    immediate_danger: str = Answer.UNKNOWN,
    danger_note: str = "",
    summary: str = "",
    language: str = "",
    leaflet_given: str = Answer.UNKNOWN,
) -> Referral:
    """A responder's own referral to an organisation that receives them; received now. As `log_referral` otherwise."""
    require(submitted_by, "referrals.submit_referral")
    if not organisation.receives_referrals:
        raise Refused(_("This organisation does not receive referrals. Choose another."), field="organisation")
    if channel not in _SUBMITTED_THROUGH:
        raise Refused(_("A referral is submitted from the telephone or from the web page."), field="channel")
    referral = Referral(
        organisation=organisation,
        received_at=now,
        logged_by=submitted_by,
        source=source,
        channel=channel,
        referrer_body=referrer_body or submitted_by.organisation.name,
        referrer_name=referrer_name or submitted_by.full_name,
        referrer_contact=referrer_contact,
        municipality=municipality,
        place=place,
        given_age=given_age,
        suspected_forms=list(suspected_forms),
        immediate_danger=immediate_danger,
        danger_note=danger_note,
        summary=summary,
        language=language,
        leaflet_given=leaflet_given,
    )
    return _receive(referral, person, None, indicators, now=now, verb="submit_referral")


def _receive(
    referral: Referral,
    details: Mapping[str, Any] | None,
    existing: Person | None,
    indicators: Indicators,
    *,
    now: datetime.datetime,
    verb: str,
) -> Referral:
    """Complete and save a new referral: person, key, number, clocks, route, messages, trail."""
    if referral.received_at > now:
        raise Refused(_("The time of receipt is in the future."), field="received_at")
    _check(referral)
    actor: Any = referral.logged_by
    referral.source_group = codes.source_group(referral.source)
    referral.sop_version = _procedures(referral)
    if existing is not None:
        referral.person = _heard_of_again(existing, referral, actor)
    elif says_of_a_person(details, referral.given_age):
        referral.person = _new_person(referral, details or {}, actor)
    referral.key = referral.person.key if referral.person else VaultKey.make()
    referral.sealed = referral.person is not None and referral.person.sealed
    _set_age(referral)
    received_on = timezone.localdate(referral.received_at)
    referral.number = next_number("R", received_on.year)
    referral.save(force_insert=True)
    _keep_indicators(referral, indicators)
    _start_clocks(referral)
    if referral.person:
        open_identification(referral)
        add_relevant(referral)
    tell(receivers_of(referral, now), Subject.REFERRAL_RECEIVED, reference=referral.number, path=page_of(referral))
    audit.act(verb, referral, *([referral.person] if referral.person else []), by=actor)
    return referral


@transaction.atomic
def amend_referral(
    *,
    referral: Referral,
    version: int,
    amended_by: User,
    person: Mapping[str, Any] | None = None,
    person_version: int | None = None,
    indicators: Indicators | None = None,
    **changes: Any,
) -> Referral:
    """Change what a referral says, or add what is now known of the person; ages and an undecided route follow.

    `changes` names fields as `log_referral` does; the time of receipt stays, because the clocks run from it.
    `indicators`, if given, are all that hold now. Raises `Stale` when referral or person were saved since, `Refused`.
    """
    require(amended_by, "referrals.amend_referral")
    strange = changes.keys() - set(_AMENDABLE)
    if strange:
        raise TypeError(f"a referral has no {', '.join(sorted(strange))} to amend")
    must_reach(referral, amended_by)
    fresh = lock(referral, version=version)
    must_be_valid(fresh)
    changed = {name for name, value in changes.items() if getattr(fresh, name) != value}
    for name in changed:
        setattr(fresh, name, changes[name])
    _check(fresh)
    if "seen_in_material" in changed and fresh.seen_in_material == Answer.YES:
        refuse_kept_material(fresh)
    if fresh.visit_id is not None and fresh.source != MOBILE_TEAM:
        raise Refused(_("This referral comes of a team's visit: the mobile team told us."), field="source")
    fresh.source_group = codes.source_group(fresh.source)
    if fresh.person is None and says_of_a_person(person, fresh.given_age):
        _adopt(fresh, _new_person(fresh, person or {}, amended_by))
        changed.add("person")
    fresh.version += 1
    fresh.save()
    if "person" in changed:
        open_identification(fresh)
        add_relevant(fresh)
    elif fresh.person is not None:
        _amend_person(fresh, dict(person or {}), person_version, amended_by, age_changed="given_age" in changed)
    if indicators is not None and _keep_indicators(fresh, indicators):
        changed.add("indicators")
    audit.act("amend_referral", fresh, *_others(fresh), by=amended_by, fields=changed)
    fresh.refresh_from_db()
    return fresh


def says_of_a_person(details: Mapping[str, Any] | None, given_age: int | None) -> bool:
    """Whether anything is said of a person: a name, the sex, a birth date, an age, a citizenship, how to reach them.

    A language alone says nothing: it may be that of whoever told us.
    """
    known = dict(details or {})
    names = known.pop("names", ())
    known.pop("languages", None)
    named = any(str(name.get(part) or "").strip() for name in names for part in ("given", "family"))
    return named or given_age is not None or any(value and value != "unknown" for value in known.values())


def _procedures(referral: Referral) -> str:
    """The standard operating procedures in force on the day of receipt; empty where there are none."""
    found = procedures_on(timezone.localdate(referral.received_at))
    return found.code if found else ""


def _check(referral: Referral) -> None:
    """Raise `Refused` for a code or an age that cannot be."""
    if not codes.is_code("referral_sources", referral.source):
        raise Refused(_("Choose who told us from the list."), field="source")
    if referral.channel and not codes.is_code("referral_channels", referral.channel):
        raise Refused(_("Choose from the list how it reached us."), field="channel")
    strange = codes.unknown("exploitation_forms", referral.suspected_forms)
    if strange:
        raise Refused(
            _("“%(code)s” is not a form of exploitation that the list has.") % {"code": strange[0]},
            field="suspected_forms",
        )
    if referral.language:
        language = codes.canonical_language(referral.language)
        if language is None:
            raise Refused(
                _("“%(code)s” is not the code of a language.") % {"code": referral.language}, field="language"
            )
        referral.language = language
    if referral.given_age is not None and not 0 <= referral.given_age <= people.OLDEST:
        raise Refused(_("The age must be between 0 and %(oldest)d.") % {"oldest": people.OLDEST}, field="given_age")
    for name in ("immediate_danger", "leaflet_given"):
        if getattr(referral, name) not in Answer.values:
            raise Refused(_("Choose one of the answers that are offered."), field=name)
    check_way(referral)


def _new_person(referral: Referral, details: Mapping[str, Any], actor: User) -> Person:
    known = dict(details)
    if referral.language and not known.get("languages"):
        known["languages"] = [referral.language]
    if referral.given_age is not None:
        known["given_age"] = referral.given_age
        known["given_age_on"] = timezone.localdate(referral.received_at)
    return people.create_person(organisation=referral.organisation, created_by=actor, **known)


def _heard_of_again(person: Person, referral: Referral, actor: User) -> Person:
    if person.organisation_id != referral.organisation_id:
        raise Refused(_("This person is in the records of another organisation."))
    if referral.given_age is None:
        return person
    received_on = timezone.localdate(referral.received_at)
    return people.note_given_age(person=person, age=referral.given_age, on=received_on, noted_by=actor)


def _set_age(referral: Referral) -> None:
    received_on = timezone.localdate(referral.received_at)
    person = referral.person
    born: Any = person.birth_date if person else None
    if born and born > received_on:
        raise Refused(_("The date of birth is after the day of receipt."), field="birth_date")
    referral.age_at_referral = person.age_on(received_on, own=referral.own_age()) if person else None


def _adopt(referral: Referral, person: Person) -> None:
    """Give a referral its person: what the referral's own key sealed is opened and sealed with the person's key."""
    for name in ("error_why", *(field.name for field in referral._meta.concrete_fields)):
        getattr(referral, name)
    for rows in (
        referral.authority_choices,
        referral.participants,
        referral.risk_assessments,
        referral.urgent_needs,
        referral.site_persons,
        referral.calls,
    ):
        for row in rows.select_related("key"):
            for field in row._meta.concrete_fields:
                getattr(row, field.name)
            row.key = person.key
            row.save()
    reseal_attachments(referral, person.key)
    VaultKey.objects.filter(pk=referral.key_id).update(replaced_by=person.key)  # older dumps: erased with the person
    referral.person, referral.key = person, person.key
    _set_age(referral)


def _amend_person(
    referral: Referral, changes: dict[str, Any], version: int | None, actor: User, *, age_changed: bool
) -> None:
    person: Any = referral.person
    if age_changed:
        newest = _newest_given_age(person)
        received_on = timezone.localdate(referral.received_at)
        if person.given_age_on is None or person.given_age_on <= received_on:
            changes["given_age"], changes["given_age_on"] = newest
    if changes:
        person = people.amend_person(person=person, version=version or person.version, amended_by=actor, **changes)
    if age_changed:
        recompute_ages(person)
    _set_age(referral)


def _newest_given_age(person: Person) -> tuple[int | None, datetime.date | None]:
    newest = person.referrals.filter(error_at=None, given_age__isnull=False).order_by("-received_at").first()
    return (newest.given_age, timezone.localdate(newest.received_at)) if newest else (None, None)


def _keep_indicators(referral: Referral, indicators: Indicators) -> bool:
    """Make the indicators equal these; one that no longer holds becomes “not asked”, because no row is deleted."""
    wanted = dict(indicators)
    strange = codes.unknown("trafficking_indicators", list(wanted))
    if strange:
        raise Refused(_("“%(code)s” is not a sign that the list has.") % {"code": strange[0]}, field="indicators_seen")
    if set(wanted.values()) - set(Seen.values):
        raise Refused(_("Say of each sign whether it was seen, said or not asked."), field="indicators_seen")
    kept = {row.code: row for row in referral.indicators.all()}
    changed = False
    for row in kept.values():
        how = wanted.get(row.code, Seen.NOT_ASKED)
        if row.how != how:
            row.how, changed = how, True
            row.save(update_fields=["how"])
    new = [ReferralIndicator(referral=referral, code=code, how=how) for code, how in wanted.items() if code not in kept]
    ReferralIndicator.objects.bulk_create(new)
    return changed or bool(new)


def _start_clocks(referral: Referral) -> None:
    """The two clocks of the standard operating procedures; they run through nights and weekends.

    In UTC: hours that are added to a local time skip or repeat one in the nights when summer time begins and ends.
    """
    since = referral.received_at.astimezone(datetime.UTC)
    hours = {ClockKind.INITIATE: settings.INITIATE_WITHIN_HOURS, ClockKind.INFORM: settings.INFORM_WITHIN_HOURS}
    Deadline.objects.bulk_create(
        Deadline(referral=referral, kind=kind, due_at=since + datetime.timedelta(hours=within))
        for kind, within in hours.items()
    )


def _others(referral: Referral) -> list[Any]:
    return [record for record in (referral.case, referral.person) if record is not None]
