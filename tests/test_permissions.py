"""The permission matrix: every address of the resolver × every user × own, other organisation's, sealed records.

An address that is not listed here fails the test. Every answer is also searched for the canaries of records that the
user may not see: bodies, headers, redirects.
"""

from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from casework.cases.openings import break_glass
from tests.support.data_world import make_whole_world
from tests.support.trail import TrailOfPages, newest_event
from tests.support.world import Dossier, hiding_place

pytestmark = pytest.mark.django_db

USERS = ["milan", "ana", "boris", "goran", "jelena", "vesna", "sava", "nada", "ivana", "petar", "olga", "dragan"]
USERS += ["zorica"]  # a supervisor of home with a conflict of interest: nothing of that person exists for her
EVERYBODY = set(USERS)
RECORDS = ("home", "other", "sealed")

# Who reaches a record's pages, by set. Ana works on the sealed one by name; Goran is on duty at home.
WORK = {"home": {"boris", "vesna", "sava"}, "other": {"olga", "dragan"}, "sealed": {"ana", "sava"}}
SUPERVISE = {"home": {"vesna", "sava"}, "other": {"dragan"}, "sealed": {"sava"}}
DUTY = {
    "home": {"boris", "vesna", "sava", "goran", "zorica"},
    "other": {"olga", "dragan"},
    "sealed": {"ana", "sava", "goran", "vesna", "zorica"},
}
CASEWORKERS = {"ana", "boris", "goran", "vesna", "sava", "zorica", "olga", "dragan"}
SUPERVISORS = {"vesna", "sava", "zorica", "dragan"}


def record(who: dict[str, set[str]], **kwargs: Any) -> tuple[str, dict[str, set[str]], dict[str, Any]]:
    return ("record", who, kwargs)


def plain(who: set[str]) -> tuple[str, set[str], dict[str, Any]]:
    return ("plain", who, {})


def account(of: str) -> Any:
    return lambda world, dossier: getattr(world.cast, of).pk


KEPT = {**WORK, "home": WORK["home"] | {"nada"}}  # the keeper of the house
HOUSES = {"home": {"vesna", "sava", "zorica"}, "other": {"dragan"}, "sealed": {"vesna", "sava", "zorica"}}
BEDS = {**HOUSES, "home": HOUSES["home"] | {"nada"}}
SHELTER = {"shelter_id": lambda world, dossier: dossier.shelter.pk}
INDOORS = CASEWORKERS - {"olga", "dragan"}  # caseworkers and supervisors of home
OFFENCE_388 = {"section": lambda world, dossier: "offences", "slug": lambda world, dossier: "388"}
PROPOSAL = {"number": lambda world, dossier: world.proposal.number}
# What an organisation screens is seen by all its caseworkers; persons on a site by supervisors, by whoever wrote the
# site down, and by Goran, who is on duty at home.
SCREENING = {"home": INDOORS, "other": {"olga", "dragan"}, "sealed": INDOORS}
ON_SITE = {
    "home": {"boris", "goran", "vesna", "sava", "zorica"},
    "other": {"olga", "dragan"},
    "sealed": {"ana", "goran", "vesna", "sava", "zorica"},
}
PLANNERS = {which: who & SUPERVISORS for which, who in SCREENING.items()}
NOBODY: dict[str, set[str]] = {"home": set(), "other": set(), "sealed": set()}
CASE = {"number": lambda world, dossier: dossier.case.number}
NEED = {"need_id": lambda world, dossier: dossier.need.pk}
PARTICIPANT = {"participant_id": lambda world, dossier: dossier.participant.pk}
REFERRAL = {"number": lambda world, dossier: dossier.referral.number}
RECEIVED = {"number": lambda world, dossier: dossier.received.number}
PENDING = {"status_id": lambda world, dossier: dossier.pending.pk}
PROCEEDING = {"proceeding_id": lambda world, dossier: dossier.proceeding.pk}
PLACEMENT = {"placement_id": lambda world, dossier: dossier.placement.pk}
ONWARD = {"number": lambda world, dossier: dossier.onward.number}
CALL = {"number": lambda world, dossier: dossier.call.number}
VISIT = {"number": lambda world, dossier: dossier.visit.number}
DRAFT = {"number": lambda world, dossier: dossier.draft.number}
PASSED_ON = {"number": lambda world, dossier: dossier.passed_on.number}
# Whom the other organisation lets see what was sent to it: supervisors, and who is on duty.
RECEIVE = {"home": {"dragan"}, "other": {"vesna", "sava", "zorica", "goran"}, "sealed": {"dragan"}}
# A visit is about nobody: nor sealed, nor closed to who has a conflict with somebody; those on duty see it.
VISITED = {
    "home": {"boris", "vesna", "sava", "zorica", "goran"},
    "other": {"olga", "dragan"},
    "sealed": {"ana", "vesna", "sava", "zorica", "goran"},
}
PERSON = {"person_id": lambda world, dossier: dossier.case.person_id}
SITE = {"number": lambda world, dossier: dossier.site.number}
SITE_PERSON = {"site_person_id": lambda world, dossier: dossier.site_person.pk}
ALLEGATION = {"number": lambda world, dossier: dossier.allegation.number}
SCREENED = {"number": lambda world, dossier: dossier.screening.number}
ACCESS = {"number": lambda world, dossier: dossier.access.number}
RUN = {"number": lambda world, dossier: world.run.number}
OVERSEE = {which: who | ({"petar"} if which != "other" else set()) for which, who in SUPERVISE.items()}
AUDIT = {"home": {"petar"}, "other": set(), "sealed": {"petar"}}

MATRIX: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "home": plain(EVERYBODY),
    "notifications": plain(EVERYBODY),
    "health": plain({"ivana"}),
    "reference:index": plain(EVERYBODY),
    "reference:codes": plain(EVERYBODY),
    "reference:published": plain(EVERYBODY),
    "reference:by-year": plain(EVERYBODY),
    "reference:doubts": plain(EVERYBODY),
    "reference:search": plain(EVERYBODY),
    "api:openapi-json": plain(EVERYBODY),
    "api:api-root": plain(set()),  # the library's address of a page of docs, which is switched off
    "api:sections": plain(EVERYBODY),
    "api:search": plain(EVERYBODY),
    "api:section": ("plain", EVERYBODY, {"section": lambda world, dossier: "laws"}),
    "api:entry": (
        "plain",
        EVERYBODY,
        {"section": lambda world, dossier: "offences", "slug": lambda world, dossier: "388"},
    ),
    # with a key alone: whoever is signed in is a stranger there
    "api:code_lists": plain(set()),
    "api:submit": plain(set()),
    "api:submissions": plain(set()),
    "api:submission": ("plain", set(), {"number": lambda world, dossier: dossier.referral.number}),
    "api:attach": ("plain", set(), {"number": lambda world, dossier: dossier.referral.number}),
    "reference:indicator": ("plain", EVERYBODY, {"indicator": lambda world, dossier: "convictions"}),
    "reference:who-is-competent": plain(EVERYBODY),
    "reference:offence-finder": plain(EVERYBODY),
    "reference:abroad": plain(EVERYBODY),
    "reference:directory": plain(EVERYBODY),
    "reference:glossary": plain(EVERYBODY),
    "reference:body": ("plain", EVERYBODY, {"slug": lambda world, dossier: "cptv"}),
    "reference:section": ("plain", EVERYBODY, {"section": lambda world, dossier: "laws"}),
    "reference:entry": (
        "plain",
        EVERYBODY,
        {"section": lambda world, dossier: "offences", "slug": lambda world, dossier: "388"},
    ),
    # accounts
    "access:users": plain({"ivana"}),
    "access:create-user": plain({"ivana"}),
    "access:user": ("plain", {"ivana"}, {"pk": account("ana")}),
    "access:disable-user": ("plain", {"ivana"}, {"pk": account("ana")}),
    "access:enable-user": ("plain", {"ivana"}, {"pk": account("ana")}),
    "access:request-role": ("plain", {"ivana"}, {"pk": account("ana")}),
    "access:withdraw-role": ("plain", {"ivana"}, {"pk": account("ana")}),
    "access:role-requests": plain({"ivana"} | SUPERVISORS),
    "access:approve-role": (
        "plain",
        {"ivana", "vesna", "sava", "zorica"},
        {"pk": lambda world, dossier: world.asked.pk},
    ),
    "access:refuse-role": (
        "plain",
        {"ivana", "vesna", "sava", "zorica"},
        {"pk": lambda world, dossier: world.asked.pk},
    ),
    "access:invite": ("plain", {"ivana"}, {"pk": account("ana")}),
    "access:reset-factors": ("plain", {"ivana"}, {"pk": account("ana")}),
    "access:end-user-sessions": ("plain", {"ivana"}, {"pk": account("ana")}),
    "access:my-account": plain(EVERYBODY),
    "access:end-other-sessions": plain(EVERYBODY),
    "access:end-session": ("plain", EVERYBODY, {"handle": lambda world, dossier: dossier.case.pk}),
    "mfa_index": plain(EVERYBODY),
    "mfa_activate_totp": plain(EVERYBODY),
    "mfa_list_webauthn": plain(EVERYBODY),
    "mfa_add_webauthn": plain(EVERYBODY),
    "mfa_reauthenticate": plain(EVERYBODY),
    "mfa_reauthenticate_webauthn": plain(EVERYBODY),
    "mfa_generate_recovery_codes": plain(EVERYBODY),
    "mfa_deactivate_totp": plain(set()),  # nobody here has a factor that could be removed or shown
    "mfa_view_recovery_codes": plain(set()),
    "mfa_edit_webauthn": ("plain", set(), {"pk": lambda world, dossier: 1}),
    "mfa_remove_webauthn": ("plain", set(), {"pk": lambda world, dossier: 1}),
    "access:keys": plain({"ivana"}),
    "access:make-key": plain({"ivana"}),
    "access:revoke-key": ("plain", {"ivana"}, {"pk": lambda world, dossier: world.key.pk}),
    "access:duty": plain({"ivana"} | SUPERVISORS),
    "access:set-duty": plain({"ivana"} | SUPERVISORS),
    "audit:trail": plain({"petar"}),
    "audit:looked": plain({"petar"}),
    "audit:unusual-reads": plain({"petar"}),
    "audit:reveals": plain({"petar"}),
    "audit:exports": plain({"petar"}),
    "audit:refusals": plain({"petar"}),
    "audit:seal": plain({"petar"}),
    "audit:reviews": plain({"petar"}),
    "sign-review": ("plain", {"petar"}, {"week": lambda world, dossier: world.week}),
    "statistics:annual-report": plain({"ivana"}),
    # changes to the reference, and what the organisation does about recommendations and plans
    "curation:proposals": plain({"ivana"} | SUPERVISORS),
    "curation:proposal": ("plain", {"ivana"} | SUPERVISORS, PROPOSAL),
    "curation:withdraw-change": ("plain", {"ivana"}, PROPOSAL),
    "curation:propose": ("plain", {"ivana"}, OFFENCE_388),
    "curation:propose-new": ("plain", {"ivana"}, {"section": lambda world, dossier: "contacts"}),
    "curation:end-entry": ("plain", {"ivana"}, OFFENCE_388),
    "curation:recommendations": plain(EVERYBODY - {"milan"}),
    "curation:activities": plain(EVERYBODY - {"milan"}),
    "curation:record-progress": (
        "plain",
        {"ivana"} | SUPERVISORS,
        {"section": lambda world, dossier: "recommendations", "slug": lambda world, dossier: "tip-rec-01"},
    ),
    "curation:trainings": plain(EVERYBODY - {"milan"}),
    "curation:record-training": plain({"ivana"} | SUPERVISORS),
    "curation:amend-training": (
        "plain",
        {"ivana", "vesna", "sava", "zorica"},
        {"training_id": lambda world, dossier: world.training.pk},
    ),
    "curation:licences": plain(EVERYBODY - {"milan"}),
    "curation:declarations": plain({"ivana"}),
    # persons and cases
    "people:search": plain(CASEWORKERS | {"jelena"}),
    "people:person": record(WORK, **PERSON),
    "people:amend-person": record(WORK, **PERSON),
    # what people ask about their data: supervisors ask, the auditor approves by number
    "people:data-requests": plain(CASEWORKERS | {"petar"}),
    "people:retention": plain(SUPERVISORS | {"petar"}),
    "people:propose-retention-run": plain(SUPERVISORS),
    "people:retention-run": ("plain", {"vesna", "sava", "zorica", "petar"}, RUN),
    "people:approve-retention-run": ("plain", {"petar"}, RUN),
    "people:refuse-retention-run": ("plain", {"petar"}, RUN),
    "people:set-hold": record(SUPERVISE, **PERSON),
    "people:hold": record(OVERSEE, number=lambda world, dossier: dossier.hold.number),
    "people:ask-to-lift-hold": record(SUPERVISE, number=lambda world, dossier: dossier.hold.number),
    "people:lift-hold": record(AUDIT, number=lambda world, dossier: dossier.hold.number),
    "people:keep-hold": record(AUDIT, number=lambda world, dossier: dossier.hold.number),
    "people:ask-erasure": record(SUPERVISE, **PERSON),
    "people:erasure": record(OVERSEE, number=lambda world, dossier: dossier.erasure.number),
    "people:approve-erasure": record(AUDIT, number=lambda world, dossier: dossier.erasure.number),
    "people:refuse-erasure": record(AUDIT, number=lambda world, dossier: dossier.erasure.number),
    "people:record-access-request": record(WORK, **PERSON),
    "people:access-request": record(WORK, **ACCESS),
    "people:check-section": record(WORK, **ACCESS, position=lambda world, dossier: 0),
    "people:compile-again": record(WORK, **ACCESS),
    "people:release-access-request": record(WORK, **ACCESS),
    "people:export-access-request": record(WORK, **ACCESS, kind=lambda world, dossier: "pdf"),
    "people:record-correction": record(WORK, **PERSON),
    "people:correction": record(WORK, number=lambda world, dossier: dossier.correction.number),
    "cases:cases": plain(CASEWORKERS),
    "cases:assignment-board": plain(SUPERVISORS),
    "cases:case": record(WORK, **CASE),
    "cases:timeline": record(WORK, **CASE),
    "cases:notes": record(WORK, **CASE),
    "cases:add-note": record(WORK, **CASE),
    "cases:mark-note-in-error": record(WORK, **CASE, note_id=lambda world, dossier: dossier.note.pk),
    "cases:consents": record(WORK, **CASE),
    "cases:record-consent": record(WORK, **CASE),
    "cases:mark-consent-in-error": record(WORK, **CASE, consent_id=lambda world, dossier: dossier.consent.pk),
    "cases:assignments": record(WORK, **CASE),
    "cases:confirm-assignment": record(SUPERVISE, **CASE),
    "cases:reassign-case": record(SUPERVISE, **CASE),
    "cases:looked": record(WORK, **CASE),
    "cases:colleagues": record(SUPERVISE, **CASE),
    "cases:name-colleague": record(SUPERVISE, **CASE),
    "cases:release-colleague": record(SUPERVISE, **CASE),
    "cases:amend-case": record(WORK, **CASE),
    "cases:close-case": record(WORK, **CASE),
    "cases:reopen-case": record(SUPERVISE, number=lambda world, dossier: dossier.closed.number),
    "cases:seal-case": record(SUPERVISE, **CASE),
    # what is closed by default
    "cases:reveal": record(WORK, **PERSON, field=lambda world, dossier: "identifiers"),
    "cases:break-glass": plain(CASEWORKERS),
    "cases:emergency": record(NOBODY, **CASE),  # nobody has opened one
    "cases:reviews": plain(SUPERVISORS),
    "cases:review": record(SUPERVISE, opening_id=lambda world, dossier: dossier.opening.pk),
    "cases:declare-conflict": record(WORK, **CASE),
    "cases:lift-conflict": record(
        {**NOBODY, "home": SUPERVISE["home"]}, **CASE, conflict_id=lambda world, dossier: world.home.conflict.pk
    ),
    "cases:ask-unsealing": record(SUPERVISE, **CASE),
    "cases:decide-sealing": record(WORK, **CASE),
    # the front door
    "referrals:today": plain(CASEWORKERS | {"jelena"}),
    "referrals:referrals": plain(CASEWORKERS | {"jelena"}),
    "referrals:log-referral": plain(CASEWORKERS),
    "referrals:submit-referral": plain({"milan"}),
    "referrals:keep-draft": plain({"milan"}),
    "referrals:discard-draft": plain({"milan"}),
    "referrals:submissions": plain({"milan"}),
    "referrals:case-referrals": record(WORK, **CASE),
    "referrals:case-onward": record(WORK, **CASE),
    "referrals:prepare-onward": record(WORK, **CASE),
    "referrals:waiting-onward": plain(CASEWORKERS),
    "referrals:onward-inbox": plain(CASEWORKERS),
    "referrals:received-onward": record(RECEIVE, **PASSED_ON),
    "referrals:onward": record(WORK, **ONWARD),
    "referrals:choose-shared": record(WORK, **DRAFT),
    "referrals:send-onward": record(WORK, **DRAFT),
    "referrals:acknowledge-onward": record(WORK, **ONWARD),
    "referrals:accept-onward": record({which: WORK[which] | RECEIVE[which] for which in WORK}, **PASSED_ON),
    "referrals:refuse-onward": record(WORK, **ONWARD),
    "referrals:record-result": record(WORK, **ONWARD),
    "referrals:withdraw-onward": record(WORK, **ONWARD),
    "referrals:mark-onward-in-error": record(WORK, **ONWARD),
    "referrals:print-onward": record(WORK, **ONWARD, lang=lambda world, dossier: "sr"),
    "referrals:calls": plain(CASEWORKERS),
    "referrals:log-call": plain(CASEWORKERS),
    "referrals:call": record(WORK, **CALL),
    "referrals:link-call": record(WORK, **CALL),
    "referrals:mark-call-in-error": record(WORK, **CALL),
    "referrals:visits": plain(CASEWORKERS),
    "referrals:log-visit": plain(CASEWORKERS),
    "referrals:visit": record(VISITED, **VISIT),
    "referrals:mark-visit-in-error": record(VISITED, **VISIT),
    "referrals:leaflets": record(WORK, **REFERRAL),
    "referrals:record-leaflet": record(WORK, **REFERRAL),
    "referrals:mark-leaflet-in-error": record(WORK, **REFERRAL, leaflet_id=lambda world, dossier: dossier.leaflet.pk),
    "referrals:referral": record(WORK, **REFERRAL),
    "referrals:amend-referral": record(WORK, **REFERRAL),
    "referrals:attach-files": record(WORK, **REFERRAL),
    "referrals:download-attachment": record(
        WORK, **REFERRAL, attachment_id=lambda world, dossier: dossier.attachment.pk
    ),
    "referrals:mark-attachment-in-error": record(
        WORK, **REFERRAL, attachment_id=lambda world, dossier: dossier.attachment.pk
    ),
    "referrals:initiate-case": record(DUTY, **RECEIVED),
    "referrals:decline-referral": record(DUTY, **RECEIVED),
    "referrals:link-referral": record(DUTY, **RECEIVED),
    "referrals:record-informed": record(WORK, **REFERRAL),
    "referrals:participants": record(WORK, **REFERRAL),
    "referrals:assess-risk": record(WORK, **REFERRAL),
    "referrals:meet-need": record(WORK, **NEED),
    "referrals:withdraw-need": record(WORK, **NEED),
    "referrals:signs": record(WORK, **REFERRAL),
    "referrals:amend-signs": record(WORK, **REFERRAL),
    "referrals:inform-participant": record(WORK, **PARTICIPANT),
    "referrals:withdraw-participant": record(WORK, **PARTICIPANT),
    "referrals:decide-route": record(SUPERVISE, **REFERRAL),
    "referrals:choose-authority": record(SUPERVISE, **REFERRAL),
    "referrals:record-decision": record(WORK, **REFERRAL),
    "referrals:mark-referral-in-error": record(WORK, **REFERRAL),
    "referrals:mark-decision-in-error": record(WORK, decision_id=lambda world, dossier: dossier.decision.pk),
    # sites, allegations, screenings
    "referrals:sites": plain(CASEWORKERS),
    "referrals:log-site": plain(CASEWORKERS),
    "referrals:site": record(SCREENING, **SITE),
    "referrals:amend-site": record(SCREENING, **SITE),
    "referrals:add-site-persons": record(SCREENING, **SITE),
    "referrals:mark-site-in-error": record(SCREENING, **SITE),
    "referrals:screen-site-person": record(ON_SITE, **SITE_PERSON),
    "referrals:refer-site-person": record(ON_SITE, **SITE_PERSON),
    "referrals:mark-site-person-in-error": record(ON_SITE, **SITE_PERSON),
    "referrals:allegations": plain(CASEWORKERS),
    "referrals:log-allegation": plain(CASEWORKERS),
    "referrals:allegation": record(SCREENING, **ALLEGATION),
    "referrals:answer-allegation": record(SCREENING, **ALLEGATION),
    "referrals:investigate-allegation": record(SCREENING, **ALLEGATION),
    "referrals:dismiss-allegation": record(SCREENING, **ALLEGATION),
    "referrals:confirm-allegation": record(SCREENING, **ALLEGATION),
    "referrals:reopen-allegation": record(SCREENING, **ALLEGATION),
    "referrals:mark-allegation-in-error": record(SCREENING, **ALLEGATION),
    "referrals:screenings": plain(CASEWORKERS),
    "referrals:record-screening": plain(CASEWORKERS),
    "referrals:screening": record(SCREENING, **SCREENED),
    "referrals:amend-screening": record(SCREENING, **SCREENED),
    "referrals:link-follow-up": record(SCREENING, **SCREENED),
    "referrals:refer-from-screening": record(SCREENING, **SCREENED),
    "referrals:mark-screening-in-error": record(SCREENING, **SCREENED),
    "referrals:unlink-follow-up": record(WORK, follow_up_id=lambda world, dossier: dossier.follow_up.pk),
    "referrals:set-screening-target": plain(SUPERVISORS),
    "referrals:mark-target-in-error": record(PLANNERS, target_id=lambda world, dossier: dossier.target.pk),
    "referrals:coverage": plain(CASEWORKERS),
    # beds
    "shelter:board": plain(CASEWORKERS | {"nada"}),
    "shelter:overrides": plain({"petar"}),
    "shelter:shelters": plain(CASEWORKERS | {"nada"}),
    "shelter:add-shelter": plain(SUPERVISORS),
    "shelter:add-bed": record(BEDS, **SHELTER),
    "shelter:set-address": record(HOUSES, **SHELTER),
    "shelter:reveal-address": record({"home": INDOORS, "other": {"olga", "dragan"}, "sealed": INDOORS}, **SHELTER),
    "shelter:placements": record(WORK, **CASE),
    "shelter:place-person": record(WORK, **CASE),
    "shelter:placement": record(KEPT, **PLACEMENT),
    "shelter:end-placement": record(KEPT, **PLACEMENT),
    "shelter:mark-placement-in-error": record(WORK, **PLACEMENT),
    # witness status
    "justice:witness-statuses": record(WORK, **CASE),
    "justice:request-witness-status": record(WORK, **CASE),
    "justice:grant-witness-status": record(WORK, **PENDING),
    "justice:refuse-witness-status": record(WORK, **PENDING),
    "justice:withdraw-witness-status": record(WORK, **PENDING),
    "justice:mark-witness-status-in-error": record(WORK, **PENDING),
    # proceedings
    "justice:case-proceedings": record(WORK, **CASE),
    "justice:open-proceeding": record(WORK, **CASE),
    "justice:proceedings": plain(SUPERVISORS),
    "justice:proceeding": record(WORK, **PROCEEDING),
    "justice:amend-proceeding": record(WORK, **PROCEEDING),
    "justice:mark-proceeding-in-error": record(WORK, **PROCEEDING),
    # import
    "exchange:data-quality": plain(SUPERVISORS | {"ivana"}),
}
# What a button posts, where an address is nothing without it.
POSTED: dict[str, Any] = {
    "cases:decide-sealing": lambda dossier: {"agree": "no"},
    "cases:confirm-assignment": lambda dossier: {"assignment": dossier.case.assignments.current().get().pk},
    "cases:release-colleague": lambda dossier: {"colleague": dossier.named.pk},
}
# Addresses that do not look at who asks: sign-in, leaving, language.
OPEN = {
    "csp-report",
    "healthz",
    "readyz",
    "account_login",
    "account_logout",
    "account_change_password",
    "account_reauthenticate",
    "account_inactive",
    "mfa_authenticate",
    "access:accept-invitation",
    "leave-quickly",
    "sign-out",
    "set_language",
}


def known_names(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            assert pattern.name, f"an address without a name: {pattern}"
            yield prefix + pattern.name
        else:
            yield from known_names(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)


@pytest.fixture
def world(cast: SimpleNamespace) -> SimpleNamespace:
    return make_whole_world(cast)


def test_every_address_is_listed():
    assert set(known_names()) == set(MATRIX) | OPEN


def cells(world: SimpleNamespace) -> Iterator[tuple[str, str, str, set[str]]]:
    """Name, URL, which record (`home` where it is about none), and who may."""
    for name, (kind, who, kwargs) in MATRIX.items():
        for which in RECORDS if kind == "record" else ("home",):
            dossier: Dossier = getattr(world, which)
            values = {key: value(world, dossier) for key, value in kwargs.items()}
            yield name, reverse(name, kwargs=values), which, who[which] if kind == "record" else who


def canaries_hidden_from(world: SimpleNamespace, username: str) -> list[str]:
    """Canaries of the dossiers that this user may not see. Duty opens what waits at the front door of home."""
    hidden = []
    for which in RECORDS:
        dossier = getattr(world, which)
        if username in dossier.seen_by:
            continue
        on_duty_sees = username in DUTY[which]
        hidden.append(dossier.canary + ("ić" if on_duty_sees else ""))
        if on_duty_sees:
            hidden.append(dossier.canary + "Stara")
    if username == "zorica":  # of the person she has a conflict with nothing, whatever else her role shows her
        hidden += [f"Kanarinka {what}" for what in ("note", "plan", "reasons", "needs", "closing", "relative")]
    hidden += [hiding_place(getattr(world, which).canary) for which in RECORDS if (username, which) != ("nada", "home")]
    if username == "nada":  # the keeper sees the display name and the needs of those in her house
        hidden.remove("Kanarinka")
        hidden += [f"Kanarinka {what}" for what in ("note", "plan", "reasons", "summary", "contacts", "telephone")]
    return hidden


def refused(response: Any) -> bool:
    return response.status_code in (401, 403, 404)


def ask(
    client: Client, url: str, posted: dict[str, Any] | None = None, look: Callable[[Any], object] | None = None
) -> Any:
    """GET, or POST where GET is not offered; rolled back, and a page that was got looked at before that."""
    point = transaction.savepoint()  # not an atomic block: the trail insists on being outermost
    response = client.get(url)
    if response.status_code == 405:
        response = client.post(url, posted or {})
    elif look is not None:
        look(response)
    transaction.savepoint_rollback(point)
    return response


SEE_SOMEBODY = ("ana", "boris", "goran", "vesna", "sava", "zorica", "nada", "olga", "dragan")


@pytest.mark.requirement("s-roles", "s-limited-users", "f-complicity")
@pytest.mark.parametrize("username", USERS)
@pytest.mark.asvs("8.2.1", "8.2.2", "14.2.1")
def test_matrix(username: str, world: SimpleNamespace, as_user: Any, capsys: Any, caplog: Any) -> None:
    """Every address as every user: in or refused, nothing hidden shown, and who was shown is in the trail, once."""
    user = getattr(world.cast, username)
    client, trail = as_user(user), TrailOfPages(world, user)
    hidden = canaries_hidden_from(world, username)
    wrong, count = [], 0
    for name, url, which, who in cells(world):
        posted = POSTED[name](getattr(world, which)) if name in POSTED else {}
        response = ask(client, url, posted, partial(trail.judge, name, before=newest_event()))
        count += 1
        if response.status_code >= 500:
            wrong.append(f"{name} {which}: {response.status_code}")
        elif refused(response) == (username in who):
            expected = "let in" if username in who else "refused"
            wrong.append(f"{name} {which}: {response.status_code}, should be {expected}")
        answer = response.content.decode(errors="replace") + str(response.headers)
        wrong += [f"{name} {which}: shows {canary}" for canary in hidden if canary in answer]
        for canary in ("Kanarinka", "Slavujka", "Zatvorka"):
            title = answer.partition("<title>")[2].partition("</title>")[0]
            if canary in title + url:
                wrong.append(f"{name} {which}: {canary} in the title or the address")
    with capsys.disabled():
        print(f"\npermission matrix: {username}: {count} cells")
        print(f"reads logged / pages that show somebody: {username}: {trail.reads}/{trail.pages}")
    assert wrong + trail.wrong == []
    assert trail.reads == trail.pages
    assert bool(trail.pages) == (username in SEE_SOMEBODY), username
    for canary in ("Kanarinka", "Slavujka", "Zatvorka"):
        assert canary not in caplog.text


@pytest.mark.requirement("f-complicity")
def test_emergency_access_opens_one_page_and_nothing_else(world: SimpleNamespace, as_user: Any) -> None:
    """Goran has broken the glass of home: over every address, what he may not see stays on that one page."""
    goran, case = world.cast.goran, world.home.case
    why = {"reason_kind": "danger", "reason": "Her brother waits outside."}
    break_glass(number=case.number, broken_by=goran, now=timezone.now(), **why)
    client, wrong = as_user(goran), []
    hidden = canaries_hidden_from(world, "goran")
    shown = client.get(reverse("cases:emergency", args=[case.number])).content.decode()
    assert "Kanarinka plan" in shown and "Kanarinka contacts" not in shown and "Kanarinka identifiers" not in shown
    for name, url, which, _who in cells(world):
        if name == "cases:emergency":
            continue
        answer = ask(client, url, POSTED[name](getattr(world, which)) if name in POSTED else {})
        wrong += [(name, which, canary) for canary in hidden if canary in answer.content.decode(errors="replace")]
        if which == "home" and name.startswith(("cases:", "people:person", "shelter:pl", "justice:")):
            assert answer.status_code in (302, 403, 404) or name in ("cases:cases", "cases:break-glass"), name
    assert wrong == []


def test_a_visitor_is_sent_to_sign_in(world: SimpleNamespace, client: Client) -> None:
    wrong = []
    for name, url, _which, _who in cells(world):
        for response in (client.get(url), client.post(url, {})):
            if name.startswith("api:") and response.status_code in (401, 405):
                assert response.status_code == 405 or response.json()["title"] in (
                    "Sign in first.",
                    "This needs a key that works.",
                )
            elif response.status_code != 302 or settings.LOGIN_URL not in ("account_login",):
                wrong.append((name, response.status_code))
            elif not response.headers["Location"].startswith(reverse("account_login")):
                wrong.append((name, response.headers["Location"]))
    assert wrong == []


@pytest.mark.asvs("3.4.3", "3.4.4", "3.4.5", "3.4.6", "14.3.2")
def test_headers_of_every_page(world: SimpleNamespace, as_user: Any) -> None:
    """No page is cached, framed or sniffed, and every page has a strict policy."""
    client = as_user(world.cast.sava)
    for name, url, _which, who in cells(world):
        if "sava" not in who:
            continue
        response = ask(client, url)
        policy = response.headers["Content-Security-Policy"]
        assert "no-store" in response.headers["Cache-Control"], name
        assert "unsafe" not in policy and "object-src 'none'" in policy and "frame-ancestors 'none'" in policy, name
        assert response.headers["X-Content-Type-Options"] == "nosniff", name
        assert response.headers["X-Frame-Options"] == "DENY", name
        assert response.headers["Referrer-Policy"] == "same-origin", name
