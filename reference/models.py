"""The published world as rows: what the documents say, where they say it, and the codes made of it.

Rows are written by `services.load_reference` alone, from the files under reference/data. No row is ever deleted:
what left its file becomes inactive, because records may still point at it.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from . import codes


class SourcedQuerySet(models.QuerySet):
    def active(self) -> "SourcedQuerySet":
        """What its file still holds."""
        return self.filter(active=True)


class Sourced(models.Model):
    """One entry of a data file, with the place in the documents that it comes from."""

    file = models.CharField(_("file"), max_length=40, help_text=_("Name of the data file."))
    position = models.PositiveIntegerField(_("position"), help_text=_("Place in its section, from 0."))
    data = models.JSONField(_("entry"), default=dict, help_text=_("The whole entry as the file has it."))
    source_document = models.CharField(_("source document"), max_length=80, blank=True)
    source_locator = models.TextField(_("phrase in the document"), blank=True)
    also = models.JSONField(_("also in"), default=list, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = SourcedQuerySet.as_manager()

    class Meta:
        abstract = True


class CodeList(models.Model):
    """A named list of codes."""

    id = models.SlugField(primary_key=True, max_length=40)
    ours = models.BooleanField(_("our own proposal"), default=False)
    position = models.PositiveIntegerField(_("position"))
    active = models.BooleanField(_("active"), default=True)

    objects = SourcedQuerySet.as_manager()

    class Meta:
        verbose_name = _("code list")
        verbose_name_plural = _("code lists")
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The id as words: `exploitation_forms` is "Exploitation forms"."""
        return codes.english_label(self.id.replace("_", " "))


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

    class Meta:
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        ordering: ClassVar = ["code_list__position", "position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["code_list", "code"], name="code_once_per_list")]

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
    code = models.CharField(_("id"), max_length=120)
    name = models.TextField(_("name"))
    summary = models.TextField(_("summary"), blank=True)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering: ClassVar = ["section", "position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["section", "code"], name="entry_once_per_section")]

    def __str__(self) -> str:
        return self.name


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

    class Meta:
        verbose_name = _("published figure")
        verbose_name_plural = _("published figures")
        ordering: ClassVar = [models.F("year").desc(nulls_last=True), "indicator", "position"]
        indexes: ClassVar = [models.Index(fields=["indicator", "year"], name="published_indicator_year")]

    def __str__(self) -> str:
        return self.label

    @property
    def value(self) -> str:
        """The printed value; empty where the document prints only parts or states none."""
        if self.number is None:
            return self.text
        return str(int(self.number)) if self.number == int(self.number) else str(self.number)


class Contradiction(Sourced):
    """Two places in the documents that cannot both hold; both are kept and flagged."""

    id = models.SlugField(primary_key=True, max_length=60)
    kind = models.CharField(_("kind"), max_length=40)
    statement = models.TextField(_("statement"))
    handling = models.TextField(_("handling"))
    figures = models.ManyToManyField(PublishedFigure, related_name="contradictions", blank=True)

    class Meta:
        verbose_name = _("contradiction")
        verbose_name_plural = _("contradictions")
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return self.statement
