"""The register of offenders is not public: the product says what the law says of it, and can hold nothing of it."""

import re

import pytest
from django import forms
from django.apps import apps
from django.urls import reverse

from reference import codes
from reference.sections import LISTS
from tests.exchange.folders import write

pytestmark = pytest.mark.django_db
OF_THE_REGISTER = re.compile(r"dna|genetic|genome|biometric|fingerprint|offender|convict|physical_identification")


def names_of_fields() -> list[str]:
    models = [f"{model._meta.label}.{field.name}" for model in apps.get_models() for field in model._meta.get_fields()]
    asked = [
        f"{form.__module__}.{form.__name__}.{name}"
        for form in _every(forms.BaseForm)
        for name in getattr(form, "base_fields", {})
    ]
    return models + asked


def _every(base):
    for each in base.__subclasses__():
        yield each
        yield from _every(each)


@pytest.mark.requirement("f-register-secrecy")
def test_nothing_of_the_register_can_be_kept_here(cast, as_user, tmp_path, import_records):
    """No field of a table, of a form or of an import holds a DNA profile or what else the register holds."""
    page = as_user(cast.ana).get(reverse("reference:section", args=["special-register"])).content.decode()
    assert "not publicly available" in page
    names = names_of_fields()  # the page was asked for first: it loads every form
    assert any(name.endswith("Person.identifiers") for name in names)
    assert any("birth_date" in name for name in names if "forms" in name)
    assert [name for name in names if OF_THE_REGISTER.search(name.lower())] == []
    offered = [f"{listed}: {code}" for listed in LISTS for code in codes.ids(listed)]
    assert [each for each in offered if re.search(r"dna|biometric|fingerprint", each.lower())] == []
    rows = "referral_id,received_at,source,person_id,dna_profile\nR1,2024-03-01T10:00,police,P1,AGCT\n"
    ran = import_records(write(tmp_path / "in", {"referrals": rows}))
    assert ran.places == ["referrals.csv:1:dna_profile"]
