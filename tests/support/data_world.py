"""What people of the small world ask about their data: a hold, an erasure, access, a correction each, and a run."""

import datetime
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.utils import timezone

from casework.access.key_services import make_key
from casework.access.models import RoleRequest
from casework.audit.reviews import monday_of
from casework.audit.seals import seal_waiting
from casework.curation import proposals
from casework.curation import services as curation
from casework.people import access_requests, corrections, holds, retention
from casework.people.erasure import new_erasure
from casework.people.holdings import Subject
from reference.models import Entry
from referrals import services as front_door
from tests.support.world import make_world


def add_data_requests(world: SimpleNamespace) -> None:
    """Give each dossier of `make_world` its requests; the answer to the request for access waits for review."""
    cast, today = world.cast, timezone.localdate()
    staff = {"home": (cast.boris, cast.vesna), "other": (cast.olga, cast.dragan), "sealed": (cast.ana, cast.sava)}
    for which, (caseworker, supervisor) in staff.items():
        dossier: Any = getattr(world, which)
        person = dossier.case.person
        dossier.erasure = new_erasure(
            Subject(person.organisation_id, person),
            dossier.case.number,
            supervisor,
            ground="asked",
            reason="In writing",
        )
        dossier.hold = holds.set_hold(
            person=person, ground="court", reason="A trial is on", until=None, set_by=supervisor
        )
        dossier.correction = corrections.record_correction(
            person=person,
            received_on=today,
            asked_by="self",
            wrong=f"{dossier.canary} wrong",
            recorded_by=caseworker,
        )
        dossier.access = access_requests.record_access_request(
            person=person,
            received_on=today,
            asked_by="representative",
            asked_by_name=f"{dossier.canary} lawyer",
            identity_checked=f"{dossier.canary} papers",
            language="sr",
            recorded_by=caseworker,
        )
    access_requests.compile_waiting(now=timezone.now())
    world.run = retention.RetentionRun.objects.create(
        number="D-2026-900001", organisation=cast.home, proposed_by=cast.vesna
    )


def add_curation(world: SimpleNamespace) -> None:
    """A change to the reference that waits for a second person, and a training that home held."""
    ivana, now = world.cast.ivana, timezone.now()
    entry = Entry.objects.get(section="directory.contacts", code="mods-phone")
    with transaction.atomic():
        world.proposal = proposals.propose_change(
            section=entry.section,
            entry=entry,
            base=proposals.current(entry).pk,
            data={**entry.data, "purpose": "Answered on weekdays"},
            holds_from=None,
            reason="They wrote to us",
            proposed_by=ivana,
            now=now,
        )
        world.training = curation.record_training(
            held_on=timezone.localdate(now),
            topic="First contact",
            groups=["police"],
            body=None,
            head_count=3,
            satisfaction=None,
            scale_min=None,
            scale_max=None,
            recorded_by=ivana,
            now=now,
        )


def add_screening(world: SimpleNamespace) -> None:
    """A site with a person, an allegation, a screening with the dossier's referral, and a target, of each staff."""
    cast, now, today = world.cast, timezone.now(), timezone.localdate()
    staff = {"home": (cast.boris, cast.vesna), "other": (cast.olga, cast.dragan), "sealed": (cast.ana, cast.sava)}
    for which, (caseworker, supervisor) in staff.items():
        dossier: Any = getattr(world, which)
        dossier.site = front_door.log_site(name=f"Site {which}", sector="construction", now=now, logged_by=caseworker)
        (dossier.site_person,) = front_door.add_site_persons(worksite=dossier.site, count=1, added_by=caseworker)
        dossier.allegation = front_door.log_allegation(
            worksite=dossier.site, received_on=today, source="ngo", content="Told", now=now, logged_by=caseworker
        )
        dossier.screening = front_door.record_screening(
            population="migrants", held_on=today, screened=3, now=now, recorded_by=caseworker
        )
        dossier.follow_up = front_door.link_follow_up(
            screening=dossier.screening, number=dossier.referral.number, now=now, linked_by=caseworker
        )
        dossier.target = front_door.set_screening_target(
            population="migrants", starts_on=today, ends_on=today, planned=9, source="Plan", set_by=supervisor
        )


def make_whole_world(cast: SimpleNamespace) -> SimpleNamespace:
    """`make_world`, and everything else that an address of the permission matrix is about."""
    made = make_world(cast)
    seal_waiting(now=timezone.now())  # a week of the trail begins, for the auditor to look through
    made.week = f"{monday_of(timezone.localdate()):%Y-%m-%d}"
    with transaction.atomic():  # also where the test is in no transaction of its own
        add_data_requests(made)
    add_curation(made)
    made.key, _token = make_key(
        name="Teren",
        body=cast.csw,
        scopes=["submit"],
        expires_on=timezone.localdate() + datetime.timedelta(days=30),
        now=timezone.now(),
        made_by=cast.ivana,
    )
    add_screening(made)
    made.asked = RoleRequest.objects.create(user=cast.jelena, role="caseworker", requested_by=cast.dragan)
    return made
