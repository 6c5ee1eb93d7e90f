"""Encrypted fields: what the database holds, and what happens when somebody tampers with it."""

import datetime

import pytest
from Crypto.Cipher import AES
from django.core.exceptions import FieldError
from django.db import connection, transaction

from casework.people.models import Person
from casework.vault import crypto
from casework.vault.models import VaultKey
from casework.vault.services import destroy_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    person = Person(key=VaultKey.make(), organisation=cast.home)
    person.set_names([{"given": "Живка", "family": "Канаринац", "kind": "used"}])
    person.set_birth_date(datetime.date(2004, 2, 29))
    person.description = "tall"
    person.save()
    return person


def raw(person, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM people_person WHERE id = %s", [person.pk])
        return bytes(cursor.fetchone()[0])


def test_round_trip_and_ciphertext_in_the_table(person):
    again = Person.objects.get(pk=person.pk)
    assert again.name == "Живка Канаринац"
    assert again.birth_date == datetime.date(2004, 2, 29)
    assert again.contacts == ""
    assert "Канаринац".encode() not in raw(person, "names")
    assert raw(person, "description") != raw(person, "names")


@pytest.mark.asvs("11.3.1", "11.3.2")
def test_a_field_is_sealed_with_aes_256_in_gcm(person):
    """Another library opens it, and finds the place it was sealed for."""
    sealed = raw(person, "description")
    assert len(person.key.plain) == 32
    cipher = AES.new(person.key.plain, AES.MODE_GCM, nonce=sealed[1:13])
    cipher.update(f"people_person|{person.pk}|description|{person.key_id}".encode())
    assert cipher.decrypt_and_verify(sealed[13:-16], sealed[-16:]) == b'"tall"'


def test_saving_an_unread_field_keeps_its_ciphertext(person):
    before = raw(person, "names")
    again = Person.objects.get(pk=person.pk)
    again.sex = "female"
    again.save()
    assert raw(person, "names") == before


def test_a_ciphertext_moved_to_another_column_or_row_raises(person, cast):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET contacts = description WHERE id = %s", [person.pk])
    with pytest.raises(crypto.Tampered):
        _ = Person.objects.get(pk=person.pk).contacts
    twin = Person.objects.create(key=person.key, organisation=cast.home)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_person SET names = (SELECT names FROM people_person WHERE id = %s) WHERE id = %s",
            [person.pk, twin.pk],
        )
    with pytest.raises(crypto.Tampered):
        _ = Person.objects.get(pk=twin.pk).names


def test_a_flipped_bit_raises(person):
    changed = bytearray(raw(person, "description"))
    changed[-1] ^= 1
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_person SET description = %s WHERE id = %s", [bytes(changed), person.pk])
    with pytest.raises(crypto.Tampered):
        _ = Person.objects.get(pk=person.pk).description


def test_update_bulk_update_and_lookups_are_refused(person):
    with pytest.raises(FieldError), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(description="plain")
    with pytest.raises(FieldError), transaction.atomic():
        Person.objects.bulk_update([person], ["description"])
    with pytest.raises(FieldError), transaction.atomic():
        list(Person.objects.filter(description="tall"))
    assert Person.objects.filter(description__isnull=False).count() == 1


def test_a_destroyed_key_erases_and_keeps_the_row(person):
    destroy_key(person.key)
    again = Person.objects.get(pk=person.pk)
    assert again.birth_year == 2004
    assert (again.description, again.names, again.name) == ("Erased", None, "Erased")
    with pytest.raises(crypto.Erased):
        _ = again.key.plain


def test_nothing_is_written_under_a_destroyed_key(person):
    loaded = Person.objects.get(pk=person.pk)
    assert loaded.description == "tall"  # the key is open in this instance
    destroy_key(person.key)
    loaded.description = "short"
    with pytest.raises(crypto.Erased), transaction.atomic():
        loaded.save()


@pytest.mark.parametrize("name", ["other", "k1"])
def test_the_wrong_wrapping_key_raises(person, settings, name):
    """An unknown name, and the right name with other bytes."""
    settings.CASEWORK_KEYS, settings.CASEWORK_KEYS_FILE = [f"{name}:{'A' * 43}="], ""
    crypto._wrapping_keys.cache_clear()
    try:
        with pytest.raises(crypto.Tampered):
            _ = Person.objects.get(pk=person.pk).names
    finally:
        crypto._wrapping_keys.cache_clear()


@pytest.mark.parametrize(
    ("stored", "typed", "found"),
    [
        ("Đorđe Ћирић", "djordje ciric", True),
        ("Đorđe Ћирић", "Ђорђе", True),
        ("Šćepan Žižić", "scepan zizic", True),
        ("Milica Petrović", "Milca Petrovic", True),
        ("Milica Petrović", "Milica Jovanović", False),
    ],
)
def test_names_are_found_across_scripts_and_one_slip(cast, stored, typed, found):
    person = Person(key=VaultKey.make(), organisation=cast.home)
    given, family = stored.split()
    person.set_names([{"given": given, "family": family, "kind": "used"}])
    person.save()
    assert Person.objects.named_like(typed).exists() is found
