"""The rules of the house that a machine can see: what is banned stays out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from casework.access.grants import GRANTS
from casework.vault.fields import EncryptedField
from casework.vault.models import Sealed
from casework.workflow import TABLES

ROOT = Path(__file__).resolve().parents[1]
OURS = ("casework", "referrals", "reference")


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in OURS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_nobody_asks_has_perm_for_an_object_or_uses_guardians_shortcuts():
    found = []
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                objects = [word for word in node.keywords if word.arg == "obj"]
                of_an_object = node.func.attr in ("has_perm", "has_perms") and (len(node.args) > 1 or objects)
                if of_an_object and path.name != "backends.py":
                    found.append(f"{path}:{node.lineno} has_perm with an object")
            if "bench" in path.parts:  # measures what is banned
                continue
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("guardian"):
                if node.module != "guardian.models":
                    found.append(f"{path}:{node.lineno} {node.module}")
                elif {alias.name for alias in node.names} - {"UserObjectPermissionBase"}:
                    found.append(f"{path}:{node.lineno} more of guardian.models than the base of a table")
            if isinstance(node, ast.Import) and any(alias.name.startswith("guardian") for alias in node.names):
                found.append(f"{path}:{node.lineno} imports guardian")
    assert found == []


def test_views_fetch_through_visible_to_and_never_write():
    """A view that asks a manager asks visible_to (or a named equivalent); it saves, creates and deletes nothing."""
    allowed = {
        "visible_to",
        "page_visible_to",
        "count_visible_to",
        "submitted_by",
        "overrides_read_by",
        "through_glass",
        "reasons_read_by",
        "colleagues",
        "for_page",
        "active",
    }
    found = []
    for path, tree in sources():
        if (not f"_{path.name}".endswith("_views.py") and "views" not in path.parts) or "reference" in path.parts[-3:]:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in {"save", "create", "delete", "bulk_create", "delay"}:
                found.append(f"{path}:{node.lineno} writes: .{node.attr}")
        for view in ast.walk(tree):
            if not isinstance(view, ast.FunctionDef):
                continue
            text = ast.unparse(view)
            if ".objects." in text and not any(name in text for name in allowed):
                found.append(f"{path}:{view.lineno} {view.name}")
    assert found == []


def test_a_status_is_set_by_advance_alone():
    """No assignment to `.status` of a record outside the workflow, imports and the account services."""
    found = []
    for path, tree in sources():
        if path.name in ("workflow.py", "records.py") or "access" in path.parts or path.name == "embedded.py":
            continue
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr == "status":
                    found.append(f"{path}:{node.lineno}")
    assert found == []


def test_templates_hold_no_script_no_style_and_no_class_of_the_design_system():
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT / "templates").as_posix()
        if re.search(r"\sstyle=|<style|\son\w+=|javascript:", text):
            found.append(f"{name}: inline style or script")
        if re.search(r"<script(?![^>]*\ssrc=)", text):
            found.append(f"{name}: inline script")
        outside = not name.startswith(("components/", "django/", "base", "allauth/", "account/"))
        if outside and re.search(r"class=\"[^\"]*(govuk-|moj-)", text):
            found.append(f"{name}: a class of the design system")
        if "|safe" in text or "autoescape off" in text:
            found.append(f"{name}: unescaped text")
    assert found == []


def test_every_permission_that_a_move_names_is_granted_to_somebody():
    granted = set().union(*GRANTS.values())
    named = {move.permission for table in TABLES.values() for move in table.values()}
    assert named <= granted


def our_models() -> list[type[models.Model]]:
    labels = {"vault", "audit", "outbox", "access", "people", "cases", "shelter", "justice", "referrals", "exchange"}
    labels.add("curation")
    return [model for model in apps.get_models() if model._meta.app_label in labels]


# Personal data is sealed. What stays plain does so for a reason that stands here.
PLAIN_TEXT = {
    # numbers, grounds and states of what was asked about a person's data; counts are rows by table
    "people.Hold": {"number", "about", "ground", "status"},
    "people.RetentionRun": {"number", "status", "counts"},
    "people.Erasure": {"number", "about", "ground", "record_class", "status", "stopped_by", "counts"},
    "people.AccessRequest": {"number", "about", "asked_by", "language", "status"},
    "people.AccessSection": {"label", "withheld"},
    "people.Correction": {"number", "about", "asked_by", "status", "amended"},
    "people.Person": {"sex", "unaccompanied", "needs_interpreter"},  # figures and gates need them
    # about the published world and the organisation's own work: no person of a case has a place in any of them
    "curation.Proposal": {"number", "section", "code", "data", "reason", "status", "decision_reason"},
    "curation.Progress": {"status", "what", "target", "actual", "evidence"},
    "curation.Training": {"topic", "groups"},
    "cases.Case": {"number", "status", "victim_status", "risk_level"},
    "cases.Assignment": {"status"},
    "cases.VictimStatus": {"status"},
    "cases.Note": {"kind"},
    # codes; who answered, who is told by name, and reasons are sealed
    "cases.Consent": {"purpose", "recipient_kind", "answer", "given_by", "manner", "language", "interpreter", "ground"},
    "people.PersonLink": {"because"},  # a number
    "cases.Opening": {"kind", "what", "reason_kind", "verdict"},  # codes; what was written is sealed
    "cases.Conflict": {"kind"},
    "cases.Sealing": {"kind", "outcome"},
    "shelter.Shelter": {"name", "kind"},
    "shelter.Bed": {"name"},
    "shelter.Placement": {"kind", "family_trained"},
    "justice.WitnessStatus": {"kind", "status"},
    # codes and answers; what was written about it is sealed
    "justice.Proceeding": {
        "offence",
        "cyber",
        "suspect_juvenile",
        "specialised_prosecutor",
        "stage",
        "proceeds_confiscated",
    },
    "referrals.Referral": {
        "number",
        "status",
        "source",
        "source_group",
        "channel",
        "immediate_danger",
        "language",
        "leaflet_given",
        "sop_version",
        "concern",
        "seen_in_material",
        "cyber_means",
        "committed_abroad",
    },
    "referrals.ReferralIndicator": {"code", "how"},
    "referrals.Deadline": {"kind"},
    "referrals.Identification": {"route", "status"},
    "referrals.AuthorityChoice": {"question", "rule", "authority"},  # ids of published entries
    "referrals.Attachment": {"kind", "digest"},  # under the record's key; the name is sealed
    "referrals.RiskAssessment": {"level"},
    "referrals.UrgentNeed": {"kind", "status"},
    "referrals.Submission": {"mark", "content"},  # keyed hashes
    "referrals.Participant": {"body", "how", "proposed_by", "status"},
    "referrals.Decision": {"authority", "outcome"},
    # the coverage is counted by town and population; a town's name is checked to be one, addresses are sealed
    "referrals.Worksite": {"number", "municipality", "sector", "population"},
    "referrals.Screening": {"number", "population", "municipality"},
    "referrals.ScreeningTarget": {"population", "published"},
    "referrals.SitePerson": {"citizenship", "status", "language"},
    "referrals.Allegation": {"number", "status", "source"},
    "referrals.Appeal": {"outcome"},
    "referrals.Call": {"number", "hotline", "trafficking_related", "language"},
    "referrals.Visit": {"number"},
    "referrals.Leaflet": {"audience", "language"},
    "referrals.Onward": {"number", "status", "purpose", "recipient_kind", "recipient_entry", "channel"},
    "referrals.Received": {"number", "status", "purpose", "recipient_kind", "recipient_entry", "channel"},  # the same
    "referrals.OnwardReminder": {"kind"},
}
EVERYWHERE = {"external_key", "external_print"}  # keyed hashes


def test_every_text_of_a_record_is_sealed_or_listed_with_its_reason():
    found = []
    for model in our_models():
        if model._meta.app_label in {"vault", "audit", "outbox", "access", "exchange"}:
            continue
        plain = {
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, (models.CharField, models.TextField, models.JSONField))
        }
        expected = PLAIN_TEXT.get(model._meta.label, set())
        if plain - EVERYWHERE != expected:
            found.append((model._meta.label, plain - EVERYWHERE ^ expected))
    assert found == []


def test_models_with_encrypted_fields_name_their_key():
    for model in our_models():
        if any(isinstance(field, EncryptedField) for field in model._meta.concrete_fields):
            assert issubclass(model, Sealed), model


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_every_model_of_the_record_says_who_may_see_it(model):
    """Every model with case data has `.visible_to(user)`, or belongs to those listed here, which are never listed."""
    without = {
        "vault.VaultKey",
        "vault.ErasedKey",  # ids of keys that are gone
        "vault.StoredFile",  # fetched through the record that refers to it
        "outbox.Message",  # read by the worker alone; people see notifications
        "outbox.Mail",
        "outbox.Standstill",
        "access.Organisation",
        "access.Team",
        "access.Draft",  # fetched by its user alone, once
        "access.Counter",
        "curation.LicenceReminder",  # read by the worker alone
        "cases.CaseGrant",  # read through its case
        "shelter.Bed",  # read through its shelter
        "shelter.Shelter_keepers",
        "access.User_groups",
        "access.User_user_permissions",
    }
    if model._meta.label in without:
        return
    assert hasattr(model._default_manager.all(), "visible_to"), model
