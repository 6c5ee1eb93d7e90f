"""The published world as rows: what the documents say, where they say it, and the codes made of it.

Rows are written by `services.load_reference` alone, from the files under reference/data. No row is ever deleted:
what left its file becomes inactive, because records may still point at it.
"""

from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from . import codes
from .sections import DOCUMENTS, ELSEWHERE, LISTS, NAME_FIELDS, SECTIONS, SUMMARY_FIELDS


class ReferenceQuerySet(models.QuerySet):
    def active(self) -> Self:
        """What its file still holds."""
        return self.filter(active=True)


class CodeListQuerySet(ReferenceQuerySet):
    def with_counts(self) -> Self:
        """Each list with the number of its active codes as `code_count`."""
        return self.annotate(code_count=models.Count("codes", filter=models.Q(codes__active=True)))


class EntryQuerySet(ReferenceQuerySet):
    def counts(self) -> dict[str, int]:
        """Section -> number of active entries."""
        rows = self.active().order_by().values_list("section").annotate(models.Count("pk"))
        return dict(rows)

    def in_section(self, section: str) -> Self:
        """The active entries of one section, in file order."""
        return self.active().filter(section=section).order_by("position")


class PublishedFigureQuerySet(ReferenceQuerySet):
    def for_page(self, *, year: int | None = None, indicator: str = "") -> Self:
        """Active figures with their contradictions, newest year first, optionally of one year or indicator."""
        figures = self.active().prefetch_related("contradictions")
        if year is not None:
            figures = figures.filter(year=year)
        return figures.filter(indicator=indicator) if indicator else figures

    def years(self) -> list[int]:
        """The years that figures are published for, newest first."""
        found = self.active().filter(year__isnull=False).order_by("-year").values_list("year", flat=True)
        return list(found.distinct())

    def indicators(self) -> list[str]:
        """The ids of all published indicators, alphabetically."""
        return list(self.active().order_by("indicator").values_list("indicator", flat=True).distinct())


class Sourced(models.Model):
    """One entry of a data file, with the place in the documents that it comes from."""

    file = models.CharField(_("file"), max_length=40, help_text=_("Name of the data file."))
    position = models.PositiveIntegerField(_("position"), help_text=_("Place in its section, from 0."))
    data = models.JSONField(_("entry"), default=dict, help_text=_("The whole entry as the file has it."))
    source_document = models.CharField(_("source document"), max_length=80, blank=True)
    source_locator = models.TextField(_("phrase in the document"), blank=True)
    also = models.JSONField(_("also in"), default=list, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        abstract = True

    @property
    def document_title(self) -> str:
        """The title of the source document; empty for what is our own."""
        return str(DOCUMENTS.get(self.source_document, self.source_document))


RESULT_KINDS = ("actual", "event")
KINDS = {
    "actual": pgettext_lazy("kind of figure", "Result"),
    "event": pgettext_lazy("kind of figure", "Event"),
    "target": pgettext_lazy("kind of figure", "Target"),
    "allocation": pgettext_lazy("kind of figure", "Allocation"),
    "capacity": pgettext_lazy("kind of figure", "Capacity"),
    "rating": pgettext_lazy("kind of figure", "Rating"),
    "metadata": pgettext_lazy("kind of figure", "About the document"),
}


class CodeList(models.Model):
    """A named list of codes."""

    id = models.SlugField(primary_key=True, max_length=40)
    ours = models.BooleanField(_("our own proposal"), default=False)
    position = models.PositiveIntegerField(_("position"))
    active = models.BooleanField(_("active"), default=True)

    objects = CodeListQuerySet.as_manager()

    code_count: int
    """Set by `with_counts`."""

    class Meta:
        default_permissions = ()
        verbose_name = _("code list")
        verbose_name_plural = _("code lists")
        ordering = ["position"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> str:
        """What the list is called on a page; the id as words when a newer file has a list that we have no name for."""
        return str(LISTS.get(self.id) or codes.english_label(self.id.replace("_", " ")))


class Code(Sourced):
    """One code of a list. `code` is what records store; the label is for people."""

    code_list = models.ForeignKey(CodeList, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(_("code"), max_length=60)
    label = models.TextField(_("label"), help_text=_("As the file has it, in English."))
    label_sr = models.TextField(_("Serbian label"), blank=True, help_text=_("Cyrillic; Latin is generated from it."))
    other_labels = models.JSONField(_("other labels"), default=list, blank=True)
    parent = models.CharField(_("kind of"), max_length=60, blank=True, help_text=_("Code of the same list."))
    ours = models.BooleanField(_("added by us"), default=False, help_text=_("The documents do not have it."))
    notes = models.TextField(_("notes"), blank=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        ordering = ["code_list__position", "position"]
        constraints = [models.UniqueConstraint(fields=["code_list", "code"], name="code_once_per_list")]

    def __str__(self) -> str:
        return str(self.shown_label)

    @property
    def shown_label(self) -> str:
        """The label in the active language."""
        if codes.is_code_list(self.code_list_id) and codes.is_code(self.code_list_id, self.code):
            return codes.label(self.code_list_id, self.code)
        return codes.english_label(self.label)


class Entry(Sourced):
    """One entry of a section that is shown and cited, not computed with: a law, an offence, a body, a rule."""

    section = models.CharField(_("section"), max_length=60, help_text=_("File and key, such as laws.instruments."))
    code = models.CharField(_("id"), max_length=250)
    name = models.TextField(_("name"))
    summary = models.TextField(_("summary"), blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["section", "position"]
        constraints = [models.UniqueConstraint(fields=["section", "code"], name="entry_once_per_section")]

    def __str__(self) -> str:
        return self.name

    @property
    def section_name(self) -> str:
        """What the section is called on a page."""
        return str(SECTIONS.get(self.section) or codes.english_label(self.section))

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the entry says beyond its name and summary: field as words, value as text."""
        return [
            (codes.english_label(field.replace("_", " ")), _as_text(value))
            for field, value in self.data.items()
            if field not in ELSEWHERE and not (field in NAME_FIELDS + SUMMARY_FIELDS and value in self._shown)
        ]

    @property
    def _shown(self) -> tuple[Any, ...]:
        return (self.name, self.summary, "")


class PublishedFigure(Sourced):
    """A figure as a document prints it. Targets, allocations, capacities and ratings are not results: see `kind`."""

    id = models.SlugField(primary_key=True, max_length=60)
    indicator = models.SlugField(_("indicator"), max_length=80, help_text=_("Id of the same figure of our own."))
    label = models.TextField(_("label"))
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    period = models.CharField(_("period"), max_length=60, blank=True)
    number = models.DecimalField(_("number"), max_digits=16, decimal_places=2, null=True, blank=True)
    text = models.CharField(_("value in words"), max_length=60, blank=True)
    unit = models.CharField(_("unit"), max_length=40)
    kind = models.CharField(_("kind"), max_length=20)
    counted_by = models.CharField(_("counted by"), max_length=40, blank=True)
    publisher = models.CharField(_("publisher"), max_length=120)
    disputed = models.BooleanField(_("disputed"), default=False)
    breakdown = models.JSONField(_("breakdown"), default=list, blank=True)

    objects = PublishedFigureQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("published figure")
        verbose_name_plural = _("published figures")
        ordering = [models.F("year").desc(nulls_last=True), "indicator", "position"]
        indexes = [models.Index(fields=["indicator", "year"], name="published_indicator_year")]

    def __str__(self) -> str:
        return self.label

    @property
    def value(self) -> int | Decimal | str:
        """The printed value; empty where the document prints only parts or states none."""
        if self.number is None:
            return self.text
        return int(self.number) if self.number == int(self.number) else self.number

    @property
    def remark(self) -> str:
        """What the file says about the value: a qualifier such as "over", how it was derived, a doubt."""
        said = (self.data.get(field) for field in ("qualifier", "value_note", "note"))
        return "; ".join(str(remark) for remark in said if remark)

    @property
    def is_result(self) -> bool:
        """Whether this counts what happened, rather than what was planned, allotted, offered or rated."""
        return self.kind in RESULT_KINDS

    @property
    def kind_name(self) -> str:
        """What the kind is called on a page."""
        return str(KINDS.get(self.kind) or codes.english_label(self.kind))

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The printed parts: what is counted, value."""
        return [(_part_name(part), _as_text(part.get("value"))) for part in self.breakdown]


class ContradictionQuerySet(ReferenceQuerySet):
    def on_no_figure(self) -> Self:
        """Active contradictions between statements, not between figures."""
        return self.active().filter(figures=None)


class Contradiction(Sourced):
    """Two places in the documents that cannot both hold; both are kept and flagged."""

    id = models.SlugField(primary_key=True, max_length=60)
    kind = models.CharField(_("kind"), max_length=120)
    statement = models.TextField(_("statement"))
    handling = models.TextField(_("handling"))
    figures = models.ManyToManyField(PublishedFigure, related_name="contradictions", blank=True)

    objects = ContradictionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("contradiction")
        verbose_name_plural = _("contradictions")
        ordering = ["position"]

    def __str__(self) -> str:
        return self.statement


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{key.replace('_', ' ')}: {_as_text(item)}" for key, item in value.items())
    return str(value)


def _part_name(part: dict[str, Any]) -> str:
    name = codes.english_label(str(part.get("category", "")).replace("-", " "))
    if "min_months" in part:
        name = gettext("%(part)s, %(least)s–%(most)s months") % {
            "part": name,
            "least": part["min_months"],
            "most": part["max_months"],
        }
    return gettext("of which %(part)s") % {"part": name} if "part_of" in part else name
