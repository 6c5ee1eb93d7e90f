"""The published world as rows: what the documents say, where, since when it holds, and the codes made of it.

One table for every kind of entry; a kind is a section (`sections.SECTIONS`). Rows are written by `services` alone, from
the data files and from changes that two people agreed on. No row is ever deleted: what left its file becomes inactive,
what no longer holds has an end, and every wording there was stays as a version.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reference import codes, folding, glossary
from reference.sections import Section, section_of
from reference.words import DOCUMENTS, ELSEWHERE, NAME_FIELDS, RULES, SUMMARY_FIELDS, label_of

CODE_LISTS = "code_lists."
"""How the section of every code list begins; the list's name follows."""


class EntryQuerySet(models.QuerySet["Entry"]):
    def active(self) -> Self:
        """What its file still holds, or somebody added here."""
        return self.filter(active=True)

    def counts(self) -> dict[str, int]:
        """Section -> number of active entries."""
        rows = self.active().order_by().values_list("section").annotate(models.Count("pk"))
        return dict(rows)

    def in_section(self, section: str) -> Self:
        """The active entries of one section, in file order."""
        return self.active().filter(section=section).order_by("position", "pk")

    def in_force_on(self, day: date) -> Self:
        """What held on a day; where the documents state no start or no end, there is none."""
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_until=None) | Q(valid_until__gte=day), active=True
        )

    def search(self, query: str) -> Self:
        """Active entries with every word of the query, best first; nothing for a query without a word.

        Scripts, diacritics, look-alike letters and case do not matter; a word finds those that begin with it. An entry
        that is called so comes before one whose name has the words, and that before one that mentions them.
        """
        asked = folding.words(query)
        if not asked:
            return self.none()
        everywhere, named = Q(), Q()
        for readings in asked:
            everywhere &= _any("search", readings)
            named &= _any("search_name", readings)
        line = folding.line(query)
        called = Q(search_name__contains=f"\n{line}\n") | Q(code__iexact=query.strip())
        first = Q(search_name__contains=f"\n{line}")
        rank = Case(When(called, then=0), When(first, then=1), When(named, then=2), default=3)
        return self.active().filter(everywhere).annotate(rank=rank).order_by("rank", "weight", "position", "pk")

    def statuses(self) -> list[str]:
        """The statuses that these entries have, in order; none where no entry has one."""
        found = self.filter(data__has_key="status").order_by().values_list(KT("data__status"), flat=True)
        return sorted(set(found))

    def with_text(self) -> Self:
        """Without the columns that only a search reads."""
        return self.defer("search", "search_name")


def _any(column: str, readings: Iterable[str]) -> Q:
    found = Q()
    for reading in readings:
        found |= Q(**{f"{column}__contains": f" {reading}"})
    return found


class Entry(models.Model):
    """One entry of a data file or of our own directory, with the place in the documents that it comes from."""

    section = models.CharField(_("section"), max_length=60, help_text=_("File and key, such as laws.instruments."))
    code = models.CharField(_("id"), max_length=250)
    slug = models.CharField(_("address"), max_length=250, db_default="")
    name = models.TextField(_("name"))
    summary = models.TextField(_("summary"), blank=True)
    file = models.CharField(_("file"), max_length=40, help_text=_("Name of the data file."))
    position = models.PositiveIntegerField(_("position"), help_text=_("Place in its section, from 0."))
    weight = models.PositiveSmallIntegerField(_("place of the section"), db_default=0)
    data = models.JSONField(_("entry"), default=dict, help_text=_("The whole entry as it holds today."))
    filed = models.JSONField(_("entry in the file"), null=True, help_text=_("Where it was changed here: the file's."))
    source_document = models.CharField(_("source document"), max_length=80, blank=True)
    source_locator = models.TextField(_("phrase in the document"), blank=True)
    also = models.JSONField(_("also in"), default=list, blank=True)
    valid_from = models.DateField(_("valid from"), null=True)
    valid_until = models.DateField(_("valid until"), null=True, help_text=_("The last day."))
    dated = models.CharField(_("period as printed"), max_length=60, db_default="")
    ours = models.BooleanField(_("our own"), db_default=False, help_text=_("The documents do not have it."))
    active = models.BooleanField(_("active"), default=True)
    search = models.TextField(db_default="", help_text="Folded words of the whole entry.")
    search_name = models.TextField(db_default="", help_text="Folded, a line for each of its names.")
    loaded_at = models.DateTimeField(_("loaded on"), null=True)

    rank: int
    """Set by `search`."""

    objects = EntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["section", "position"]
        indexes = [
            GinIndex(name="entry_search", fields=["search"], opclasses=["gin_trgm_ops"], fastupdate=False),
            models.Index(name="entry_by_address", fields=["section", "slug"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["section", "code"], name="entry_once_per_section"),
            models.UniqueConstraint(
                fields=["section", "slug"], name="entry_one_per_address", condition=Q(active=True) & ~Q(slug="")
            ),
            models.CheckConstraint(
                name="entry_ends_after_it_begins",
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
            ),
            # What is said to be done says where one sees it (the rapporteur's reports were criticised for less).
            models.CheckConstraint(
                name="entry_done_with_evidence",
                condition=~Q(section="directory.activities", data__status="done")
                | (Q(data__has_key="evidence") & ~Q(data__evidence="")),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("reference:entry", args=[self.kind_of_entry.slug, self.slug])

    @property
    def kind_of_entry(self) -> Section:
        """The section it stands in."""
        return section_of(self.section)

    @property
    def section_name(self) -> str:
        """What the section is called on a page."""
        return str(self.kind_of_entry.title)

    @property
    def title(self) -> str:
        """What it is called: a code or a word of the glossary in the active language, anything else as printed."""
        if self.section == glossary.TERMS:
            return glossary.word(self)
        if self.section.startswith(CODE_LISTS):
            list_name = self.section.removeprefix(CODE_LISTS)
            if codes.is_code_list(list_name) and codes.is_code(list_name, self.code):
                return str(codes.label(list_name, self.code))
        if self.section == "laws.provisions" and self.data.get("article"):
            return gettext("Article %(article)s") % {"article": self.data["article"]}
        return str(RULES[self.code]) if self.code in RULES else codes.english_label(self.name)

    @property
    def document_title(self) -> str:
        """The title of the source document; empty for what is our own."""
        return str(DOCUMENTS.get(self.source_document, self.source_document))

    @property
    def facts(self) -> list[tuple[str, Any]]:
        """What the entry says beyond its name and summary: field in words, value as text.

        What the documents leave open is said so: `duration_not_stated` is "Duration: not stated".
        """
        return [
            (str(label_of(field.removesuffix("_not_stated"))), _not_stated() if _is_open(field) else as_text(value))
            for field, value in sorted(self.data.items(), key=self._place_of_field)
            if field not in ELSEWHERE and not (field in NAME_FIELDS + SUMMARY_FIELDS and value in self._shown)
        ]

    def _place_of_field(self, item: tuple[str, Any]) -> tuple[int, str]:
        """The fields that the section declares, in its order, then the others: the database keeps none."""
        field = item[0].removesuffix("_not_stated")
        declared = [known.name for known in self.kind_of_entry.fields]
        return (declared.index(field) if field in declared else len(declared), field)

    @property
    def _shown(self) -> tuple[Any, ...]:
        return (self.name, self.summary, "")

    @property
    def as_of(self) -> str:
        """The year or date that the entry speaks of, as printed; the document's own date is another thing."""
        for field in ("as_of", "cited_years", "year", "period", "reported", "introduced", "in_effect", "letter_date"):
            if self.data.get(field):
                return as_text(self.data[field])
        return ""


class Version(models.Model):
    """One wording of an entry: for which days it holds, and from when to when we held it to be right.

    Live versions (`replaced_at` is null) of one entry hold for different days, which the database keeps. A correction
    replaces a version; a succession ends it and begins another.
    """

    class Origin(models.TextChoices):
        FILE = "file", _("Data file")
        CURATION = "curation", _("Changed here")

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="versions")
    data = models.JSONField()
    active = models.BooleanField(default=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.FILE)
    reason = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            ExclusionConstraint(
                name="version_one_for_each_day",
                expressions=[
                    (F("entry"), RangeOperators.EQUAL),
                    (
                        Func(F("valid_from"), F("valid_until"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(replaced_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.recorded_at:%Y-%m-%d}"


def _is_open(field: str) -> bool:
    return field.endswith("_not_stated") or field == "not_stated"


def _not_stated() -> str:
    return gettext("Not stated")


def as_text(value: Any) -> str:
    """A value of the data files as a page shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        return "; ".join(as_text(item) for item in value) if _nested(value) else ", ".join(map(as_text, value))
    if isinstance(value, dict):
        return ", ".join(
            f"{label_of(key.removesuffix('_not_stated'))}: {_not_stated() if _is_open(key) else as_text(item)}"
            for key, item in value.items()
        )
    return str(value)


def _nested(value: list[Any]) -> bool:
    return any(isinstance(item, dict) for item in value)
