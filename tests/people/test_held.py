"""Every table and every column that leads to a person is declared: nothing is left out of an answer or an erasure."""

from collections import deque

import pytest
from django.apps import apps
from django.db import models

from casework.people.holdings import EXEMPT, GROUNDS, HELD
from casework.people.models import Person
from casework.vault.fields import EncryptedField

OURS = {"access", "people", "cases", "shelter", "justice", "referrals", "exchange", "audit", "outbox", "statistics"}
# Encrypted, and about nobody who is assisted here.
ABOUT_NO_PERSON = {"audit.Review": "an auditor's remark on a week of the trail, under a key of its own"}


def leads_to_a_person() -> set[type[models.Model]]:
    """Every model from which foreign keys lead to Person, step by step."""
    found, waiting = {Person}, deque([Person])
    while waiting:
        for relation in waiting.popleft()._meta.related_objects:
            if relation.related_model not in found and not relation.many_to_many:
                found.add(relation.related_model)
                waiting.append(relation.related_model)
    return found


def concerned() -> list[type[models.Model]]:
    sealed = {
        model
        for model in apps.get_models()
        if model._meta.app_label in OURS and any(isinstance(f, EncryptedField) for f in model._meta.concrete_fields)
    }
    return sorted(sealed | leads_to_a_person(), key=lambda model: model._meta.label)


@pytest.mark.parametrize("model", concerned(), ids=lambda model: model._meta.label)
def test_every_table_that_may_hold_a_person_is_declared(model):
    label = model._meta.label
    assert (label in HELD) + (label in EXEMPT) + (label in ABOUT_NO_PERSON) == 1, (
        f"{label}: say in the app's module `held` what it holds about a person, or why that is nothing"
    )


@pytest.mark.parametrize("held", HELD.values(), ids=lambda held: held.model._meta.label)
def test_every_column_is_shown_withheld_or_said_to_be_empty_of_meaning(held):
    columns = {field.name for field in held.model._meta.concrete_fields}
    named = [set(held.shown), set(held.withheld), set(held.apart)]
    assert set.union(*named) >= columns, columns - set.union(*named)
    assert sum(len(each & columns) for each in named) == len(columns), "a column is named twice"
    assert set(held.withheld.values()) <= GROUNDS.keys()
    encrypted = {f.name for f in held.model._meta.concrete_fields if isinstance(f, EncryptedField)}
    assert not encrypted & set(held.apart), "an encrypted text is shown or withheld, never passed over"


@pytest.mark.parametrize("held", HELD.values(), ids=lambda held: held.model._meta.label)
def test_the_way_to_the_person_is_good(held, db):
    assert held.model._base_manager.filter(**{held.path: None}).count() >= 0
    if held.lone:
        assert not held.model._base_manager.filter(**{held.lone: "R-1999-000001"}).exists()
