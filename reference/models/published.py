"""Entries as the pages of published figures need them: a figure, and what contradicts it."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from reference import codes

from .entries import Entry, EntryQuerySet, as_text

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


class PublishedFigureManager(models.Manager["PublishedFigure"].from_queryset(EntryQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(section="published_figures.figures", active=True)

    def for_page(self, *, year: int | None = None, indicator: str = "") -> list["PublishedFigure"]:
        """Figures with their contradictions, newest year first, optionally of one year or indicator (two queries)."""
        figures = self.with_text()
        if year is not None:
            figures = figures.filter(data__year=year)
        if indicator:
            figures = figures.filter(data__indicator=indicator)
        found = sorted(figures, key=lambda figure: (-(figure.year or 0), figure.indicator, figure.position))
        concerned = Contradiction.objects.by_figure()
        for figure in found:
            figure.contradictions = concerned.get(figure.code, [])
        return found


class PublishedFigure(Entry):
    """A figure as a document prints it. Targets, allocations, capacities and ratings are not results: see `kind`."""

    contradictions: list["Contradiction"] = []
    """Set by `for_page`."""

    objects = PublishedFigureManager()  # type: ignore[misc]

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("published figure")
        verbose_name_plural = _("published figures")

    @property
    def indicator(self) -> str:
        """Id of the same figure of our own."""
        return str(self.data["indicator"])

    @property
    def year(self) -> int | None:
        """The year that the figure is about; none where the document states none."""
        return self.data.get("year")

    @property
    def unit(self) -> str:
        """What is counted: victims, trials, RSD."""
        return str(self.data["unit"])

    @property
    def kind(self) -> str:
        """actual, event, target, allocation, capacity, rating or metadata."""
        return str(self.data["kind"])

    @property
    def publisher(self) -> str:
        """Who published it."""
        return str(self.data["publisher"])

    @property
    def counted_by(self) -> str:
        """The body that counted; empty where the document names none."""
        return str(self.data.get("counted_by", ""))

    @property
    def breakdown(self) -> list[dict[str, Any]]:
        """The printed parts, as the file has them."""
        return list(self.data.get("breakdown", []))

    @property
    def disputed(self) -> bool:
        """Whether the file marks it as one that another figure contradicts."""
        return bool(self.data.get("disputed"))

    @property
    def ambiguous(self) -> str:
        """What is unclear about it, in the file's words."""
        return str(self.data.get("ambiguous", ""))

    @property
    def number(self) -> Decimal | None:
        """The printed value where it is a number."""
        value = self.data.get("value")
        return None if value is None or isinstance(value, str) else Decimal(str(value))

    @property
    def value(self) -> int | Decimal | str:
        """The printed value; empty where the document prints only parts or states none."""
        if self.number is None:
            return str(self.data.get("value") or "")
        return int(self.number) if self.number == int(self.number) else self.number

    @property
    def remark(self) -> str:
        """What the file says about the value: a qualifier such as "over", how it was derived, a doubt."""
        said = (self.data.get(field) for field in ("qualifier", "value_note", "note", "ambiguous", "disbursed"))
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
        return [(_part_name(part), as_text(part.get("value"))) for part in self.breakdown]


class ContradictionManager(models.Manager["Contradiction"].from_queryset(EntryQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        found = super().get_queryset().filter(section="published_figures.contradictions", active=True)
        return found.order_by("position")

    def by_figure(self) -> dict[str, list["Contradiction"]]:
        """Figure -> the contradictions that name it."""
        found: dict[str, list[Contradiction]] = {}
        for contradiction in self.with_text():
            for figure in contradiction.figures:
                found.setdefault(figure, []).append(contradiction)
        return found


class Contradiction(Entry):
    """Two places in the documents that cannot both hold; both are kept and flagged."""

    objects = ContradictionManager()  # type: ignore[misc]

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("contradiction")
        verbose_name_plural = _("contradictions")

    @property
    def statement(self) -> str:
        """What cannot both hold."""
        return str(self.data["statement"])

    @property
    def handling(self) -> str:
        """What the product does about it."""
        return str(self.data["handling"])

    @property
    def figures(self) -> list[str]:
        """The figures concerned."""
        return list(self.data.get("figures", []))


def _part_name(part: dict[str, Any]) -> str:
    name = codes.english_label(str(part.get("category", "")).replace("-", " "))
    if "min_months" in part:
        name = gettext("%(part)s, %(least)s–%(most)s months") % {
            "part": name,
            "least": part["min_months"],
            "most": part["max_months"],
        }
    return gettext("of which %(part)s") % {"part": name} if "part_of" in part else name
