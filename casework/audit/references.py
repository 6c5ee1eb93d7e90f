"""Records of the trail as an auditor knows them: case and referral numbers, accounts by name, the rest by kind and key.

The trail names any model of the product by its label; what a label means is asked of Django's registry, so that this
layer knows none of them. Nothing that is read here is sealed: numbers and the names of accounts.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q


@dataclass(frozen=True)
class Reference:
    """What a page shows of a record: its number where it has one, else its kind and the number it belongs to."""

    key: str
    text: str
    has_number: bool
    kind: str = ""


def _model(label: str) -> type[models.Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def _path_to_number(model: type[models.Model]) -> str | None:
    """Where a model's number is: its own, or that of the case or referral it belongs to."""
    for path, field in (("number", "number"), ("case__number", "case"), ("referral__number", "referral")):
        try:
            found = model._meta.get_field(field)
        except FieldDoesNotExist:
            continue
        if path == "number" or found.is_relation:
            return path
    return None


def _names(model: type[models.Model], keys: list[str]) -> dict[str, str]:
    if model is get_user_model():
        return {str(user.pk): str(user) for user in model._default_manager.filter(pk__in=keys)}
    path = _path_to_number(model)
    if path is None:
        return {}
    return {str(key): number for key, number in model._default_manager.filter(pk__in=keys).values_list("pk", path)}


def references(pairs: Iterable[tuple[str, str]]) -> dict[str, Reference]:
    """What to show for each (key, label): one query for each kind of record."""
    by_label: dict[str, list[str]] = {}
    for key, label in set(pairs):
        by_label.setdefault(label, []).append(key)
    found: dict[str, Reference] = {}
    for label, keys in by_label.items():
        model = _model(label)
        names = _names(model, keys) if model else {}
        kind = str(model._meta.verbose_name).capitalize() if model else label
        numbered = model is not None and _path_to_number(model) == "number"
        for key in keys:
            name = names.get(key)
            if name and (numbered or model is get_user_model()):
                found[key] = Reference(key, name, numbered, kind)
            elif name:
                found[key] = Reference(key, f"{kind}, {name}", False, kind)
            else:
                found[key] = Reference(key, f"{kind} {key[:8]}", False, kind)
    return found


@cache
def _choices(label: str) -> dict[str, Any]:
    """The codes that a record of this kind may hold, and their words. (Of a person it would be what they are.)"""
    model = _model(label)
    if model is None or model.__name__ == "Person":
        return {}
    every = [getattr(field, "flatchoices", None) or () for field in model._meta.get_fields()]
    return {value: words for pairs in reversed(every) for value, words in pairs}


def choice(code: str, labels: Iterable[str]) -> str:
    """What a code means by the records that it stands beside, or a model's label. Empty when neither knows."""
    if "." in code and (model := _model(code)):
        return str(model._meta.verbose_name).capitalize()
    return next((str(_choices(label)[code]) for label in labels if code in _choices(label)), "")


def keys_of(text: str) -> list[str]:
    """The keys that a case or referral number stands for; a key stands for itself. Empty when there is none."""
    text = text.strip()
    try:
        return [str(uuid.UUID(text))]
    except ValueError:
        pass
    found: list[str] = []
    for model in apps.get_models():
        if _path_to_number(model) == "number" and getattr(model._meta.get_field("number"), "unique", False):
            keys: Any = model._default_manager.filter(number=text.upper()).values_list("pk", flat=True)
            found += [str(key) for key in keys]
    return found


def naming(text: str) -> Q:
    """Events about a record: those that name its key, and refusals whose address held its number."""
    text = text.strip()
    about = Q(kind="refusal", note__in={text, text.upper()})
    for key in keys_of(text):
        about |= Q(subjects__contains=[key])
    return about
