"""The trail is append-only, and stands or falls with the act."""

import re

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.urls import reverse

from casework.audit.models import Event
from casework.audit.services import act, refuse


def test_the_app_may_neither_change_nor_delete_nor_truncate(cast):
    act("look", cast.ana, by=cast.ana)
    for statement in (
        "UPDATE audit_event SET verb = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Event.objects.count() == 1


def test_even_the_owner_is_stopped_by_the_triggers(committed_db, cast):
    with transaction.atomic():
        act("look", cast.ana, by=cast.ana)
    for statement in ("UPDATE audit_event SET verb = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
        with pytest.raises(DatabaseError), connections["owner"].cursor() as cursor:
            cursor.execute(statement)
    assert Event.objects.count() == 1


def test_records_cannot_be_deleted_by_the_app(cast):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_person")


def test_an_act_outside_a_transaction_is_an_error(committed_db, cast):
    with pytest.raises(RuntimeError):
        act("look", cast.ana, by=cast.ana)


def test_a_refusal_keeps_its_trace_while_the_act_rolls_back(committed_db, cast):
    with transaction.atomic():
        act("try", cast.ana, by=cast.ana)
        transaction.set_rollback(True)
    refuse(cast.ana, "try", note="C-2026-000001")
    assert list(Event.objects.values_list("kind", "verb")) == [("refusal", "try")]


def test_the_auditor_reads_words_and_no_names_of_functions(cast, as_user):
    act("initiate_case", cast.ana, by=cast.ana)
    act("some_other_verb", cast.ana, by=cast.ana)
    text = as_user(cast.petar).get(reverse("audit:trail")).content.decode()
    assert "Initiated the case" in text and "Some other verb" in text
    shown = re.sub(r'value="[^"]*"', "", text)  # the filter sends the verb itself
    assert "initiate_case" not in shown
