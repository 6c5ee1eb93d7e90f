"""Erasure while others work, each with a connection and real commits: it never takes what was written in good faith."""

import threading

import pytest
from django.db import OperationalError
from django.utils import timezone

from casework.cases import services as cases
from casework.cases.models import Case
from casework.people import erasure as erasing
from casework.people import holds
from casework.people import services as people
from casework.people.models import Erasure, Hold, Person
from casework.vault import crypto
from casework.vault.models import ErasedKey
from casework.workflow import Refused
from tests.support.threads import all_at_once

NAMES = [{"given": "Kanarinka", "family": "Kanarinkaić", "kind": "used"}]


@pytest.fixture
def approved(committed_db, cast, settings, tmp_path):
    settings.CASEWORK_ERASURE_LIST = str(tmp_path / "erasures.jsonl")

    def make(approve=True):
        now = timezone.now()
        person = people.create_person(organisation=cast.home, created_by=cast.boris, names=NAMES)
        asked = erasing.ask_erasure(person=person, ground="asked", reason="In writing", asked_by=cast.vesna, now=now)
        if approve:
            erasing.approve_erasure(erasure=asked, approved_by=cast.petar, now=now)
        return person, asked

    return make


def or_erased(act):
    """An act that may find the key destroyed: the page says so (`attempt`, the middleware)."""

    def tried():
        try:
            return act()
        except crypto.Erased as erased:
            return erased

    return tried


def test_approved_by_several_at_once_and_carried_out_by_several_workers_is_once(approved, cast):
    person, asked = approved(approve=False)
    results = all_at_once(
        [
            lambda: erasing.approve_erasure(
                erasure=Erasure.objects.get(pk=asked.pk), approved_by=cast.petar, now=timezone.now()
            )
        ]
        * 5
    )
    assert sum(isinstance(each, Refused) for each in results) == 4
    done = all_at_once([lambda: erasing.carry_out_approved(now=timezone.now())] * 4)
    while erasing.carry_out_approved(now=timezone.now()):
        pass
    assert sum(done) <= 1
    assert Erasure.objects.get(pk=asked.pk).status == "done"
    assert ErasedKey.objects.filter(key_id=person.key_id).count() == 1


def test_asked_for_by_several_at_once_is_one(approved, cast):
    person = people.create_person(organisation=cast.home, created_by=cast.boris, names=NAMES)

    def ask():
        fresh = Person.objects.get(pk=person.pk)
        return erasing.ask_erasure(
            person=fresh, ground="asked", reason="In writing", asked_by=cast.vesna, now=timezone.now()
        )

    results = all_at_once([ask] * 5)
    assert sum(isinstance(each, Refused) for each in results) == 4


@pytest.mark.parametrize("round_", range(4))
def test_whoever_is_first_wins_and_nothing_is_half_erased(approved, cast, round_):
    """A case is opened, a hold is set and a text is amended while two workers erase."""
    person, asked = approved()

    def open_case():
        return cases.open_case(
            person=Person.objects.select_related("key").get(pk=person.pk),
            organisation=cast.home,
            opened_on=timezone.localdate(),
            caseworker=cast.boris,
            opened_by=cast.boris,
            now=timezone.now(),
        )

    def set_hold():
        fresh = Person.objects.get(pk=person.pk)
        return holds.set_hold(person=fresh, ground="court", reason="A trial", until=None, set_by=cast.vesna)

    def amend():
        fresh = Person.objects.select_related("key").get(pk=person.pk)
        return people.amend_person(person=fresh, version=fresh.version, amended_by=cast.boris, description="tall")

    def erase():
        return erasing.carry_out_approved(now=timezone.now())

    writers = [[open_case], [set_hold], [amend], [open_case, set_hold, amend]][round_]
    results = all_at_once([erase, *map(or_erased, writers), erase])
    for _each in range(20):
        erasing.carry_out_approved(now=timezone.now())
    asked.refresh_from_db()
    gone = Person.objects.select_related("key").get(pk=person.pk)
    standing = Case.objects.filter(person=person, status="open").exists() or Hold.objects.filter(person=person).exists()
    assert not any(isinstance(each, OperationalError) for each in results)
    if standing:
        assert (asked.status, gone.erased) == ("stopped", False)
        assert gone.name == "Kanarinka Kanarinkaić"
    else:
        assert (asked.status, gone.erased, gone.name_codes) == ("done", True, [])


def test_the_worker_waits_for_nobody_and_comes_again(approved, cast):
    """Somebody is saving the person: the worker gives up at once, and erases with its next run."""
    from django.db import connection, transaction

    person, asked = approved()
    held = threading.Event()

    def save_slowly():
        with transaction.atomic():
            fresh = Person.objects.select_for_update().select_related("key").get(pk=person.pk)
            held.set()
            fresh.description = "tall"
            fresh.save()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(1.2)")
        return "saved"

    def carry_out():
        assert held.wait(30)
        return erasing.carry_out_approved(now=timezone.now())

    results = all_at_once([save_slowly, carry_out, carry_out])
    assert results[0] == "saved"
    erasing.carry_out_approved(now=timezone.now())
    asked.refresh_from_db()
    assert asked.status == "done"
