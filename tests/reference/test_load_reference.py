"""Every entry of every file becomes a row, once, and stays when its file forgets it."""

import json
import shutil
from datetime import date
from io import StringIO

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from reference import files, services
from reference.models import Entry, PublishedFigure, Version
from reference.schema import Misfit
from reference.sections import SECTIONS
from reference.words import DOCUMENTS, FIELDS, LISTS

pytestmark = pytest.mark.django_db


# the C versions are several times faster; the pure ones are the fallback
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@pytest.fixture
def loaded():
    """The files are loaded into the database that every test starts from."""
    assert Entry.objects.exists()


@pytest.fixture
def folder(tmp_path, loaded):
    """A copy of the data files to change, loaded once."""
    shutil.copytree(files.DATA, tmp_path / "data")
    for stem in files.our_files():
        shutil.copy(files.DATA.parent / f"{stem}.yaml", tmp_path)
    return tmp_path / "data"


def rewrite(folder, name, change):
    path = folder / name
    content = yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506
    change(content)
    text = yaml.dump(content, Dumper=DUMPER, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")


def raw(name):
    text = (files.DATA / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.load(text, LOADER)  # noqa: S506


def rows_of(file):
    return Entry.objects.filter(file=file, active=True).count()


@pytest.mark.parametrize(
    "name", sorted(path.name for path in files.DATA.iterdir() if path.suffix in (".yaml", ".json"))
)
def test_every_entry_of_every_file_is_a_row(name, loaded):
    content = raw(name)
    expected = len(content) if isinstance(content, list) else sum(len(section) for section in content.values())
    assert rows_of(name.rsplit(".", 1)[0]) == expected


def test_each_entry_keeps_its_id_its_whole_text_and_its_source(loaded):
    for name in (f"{stem}.yaml" for stem in files.ENTRY_FILES):
        for section, entries in raw(name).items():
            rows = {row.code: row for row in Entry.objects.in_section(f"{name[:-5]}.{section}")}
            assert list(rows) == [entry["id"] for entry in entries]
            for entry in entries:
                row = rows[entry["id"]]
                assert row.data == entry
                assert row.source_document == entry["source"]["document"]
                assert row.source_locator == entry["source"]["locator"]
                assert row.name


def test_published_figures_keep_their_printed_values(loaded):
    for figure in raw("published_figures.yaml")["figures"]:
        row = PublishedFigure.objects.get(code=figure["id"])
        assert row.value == ("" if figure["value"] is None else figure["value"])
        assert (row.indicator, row.year, row.unit, row.kind) == tuple(
            figure[field] for field in ("indicator", "year", "unit", "kind")
        )
        assert row.breakdown == figure.get("breakdown", [])


def test_contradictions_point_at_the_figures_they_name(loaded):
    shown = {figure.code: figure.contradictions for figure in PublishedFigure.objects.for_page()}
    for entry in raw("published_figures.yaml")["contradictions"]:
        for figure in entry.get("figures", []):
            assert entry["id"] in [found.code for found in shown[figure]]


def test_every_section_list_document_and_field_has_a_title(loaded):
    assert set(Entry.objects.counts()) <= set(SECTIONS)
    assert {f"code_lists.{name}" for name in LISTS} <= set(SECTIONS)
    cited = set(Entry.objects.exclude(source_document="").values_list("source_document", flat=True))
    assert cited == set(DOCUMENTS)
    fields = {field.removesuffix("_not_stated") for entry in Entry.objects.all() for field in entry.data}
    assert fields - set(FIELDS) - {"id", "source", "also", "not_stated"} == set()


def test_loading_twice_changes_nothing_and_says_so(loaded):
    before = list(Entry.objects.values()) + list(Version.objects.values())
    assert not any(part.did_something for part in services.load_reference())
    assert list(Entry.objects.values()) + list(Version.objects.values()) == before
    out = StringIO()
    call_command("load_reference", stdout=out)
    assert "laws.instruments: 26 entries, 0 added, 0 changed, 0 retired" in out.getvalue()
    assert "Nothing changed" in out.getvalue()


def test_a_changed_entry_changes_its_row_and_no_other(folder):
    code = Entry.objects.get(section="code_lists.placement_types", code="ngo-shelter")

    def change(lists):
        next(entry for entry in lists["placement_types"] if entry["id"] == "ngo-shelter")["label"] = "shelter of an NGO"

    rewrite(folder, "code_lists.yaml", change)
    parts = [part for part in services.load_reference(directory=folder) if part.did_something]
    assert [(part.section, part.added, part.changed, part.retired) for part in parts] == [
        ("code_lists.placement_types", 0, 1, 0)
    ]
    assert Entry.objects.get(pk=code.pk).name == "shelter of an NGO"
    new, old = code.versions.all()
    assert (new.data["label"], new.replaced_at) == ("shelter of an NGO", None)
    assert old.data["label"] == code.name
    assert old.replaced_at == new.recorded_at


def test_a_new_entry_becomes_a_row(folder):
    rewrite(
        folder,
        "laws.yaml",
        lambda laws: laws["rules"].append(
            {
                "id": "rule-new",
                "rule": "A new rule.",
                "source": {"document": "004_8f75dfcab4ca9d96.txt", "locator": "Courts convicted"},
            }
        ),
    )
    parts = [part for part in services.load_reference(directory=folder) if part.did_something]
    assert [(part.file, part.section, part.added) for part in parts] == [("laws", "laws.rules", 1)]
    assert Entry.objects.get(section="laws.rules", code="rule-new").name == "A new rule."


def test_what_vanishes_from_its_file_becomes_inactive_and_can_come_back(folder):
    rows = Entry.objects.count()
    rewrite(folder, "code_lists.yaml", lambda lists: lists["placement_types"].pop())
    rewrite(folder, "code_lists.yaml", lambda lists: lists.pop("us_tiers"))
    rewrite(folder, "published_figures.yaml", lambda published: published["assessments"].pop())
    services.load_reference(directory=folder)
    assert Entry.objects.count() == rows
    assert not Entry.objects.get(section="code_lists.placement_types", code="social-welfare-institution").active
    assert not Entry.objects.filter(section="code_lists.us_tiers", active=True).exists()
    assert Entry.objects.filter(section="published_figures.assessments", active=False).count() == 1
    again = services.load_reference(directory=folder)
    assert not any(part.did_something for part in again)

    services.load_reference()
    assert Entry.objects.active().count() == rows


def test_a_double_id_is_refused_by_name_and_nothing_is_loaded(folder):
    def change(measures):
        measures["special_measures"].append(measures["special_measures"][0])
        measures["special_measures"][1]["measure"] = "changed"

    rewrite(folder, "measures.yaml", change)
    with pytest.raises(Misfit, match="sm-report-police-and-execution-authority: This id stands there twice"):
        services.load_reference(directory=folder)
    assert not Entry.objects.filter(name="changed").exists()


def test_a_contradiction_on_an_unknown_figure_is_refused(folder):
    rewrite(
        folder, "published_figures.yaml", lambda published: published["contradictions"][0]["figures"].append("tip-none")
    )
    with pytest.raises(Misfit, match="contradictions: c01-64-or-51: It names “tip-none”"):
        services.load_reference(directory=folder)


MISFITS = [
    ("laws.yaml", lambda d: d["instruments"][0].pop("source"), "criminal-code: It has no source"),
    ("laws.yaml", lambda d: d["instruments"][0]["source"].pop("locator"), "criminal-code: Its source needs a document"),
    ("laws.yaml", lambda d: d["instruments"][0]["source"].update(document="x.txt"), "not known here: x.txt"),
    ("laws.yaml", lambda d: d["instruments"][1].update(in_effect="June 2017"), "“June 2017” is no date"),
    ("laws.yaml", lambda d: d["provisions"][0].update(instrument="none"), "cc-8-9: It names “none”"),
    ("laws.yaml", lambda d: d["provisions"][0].pop("article"), "cc-8-9: “Article” is missing"),
    ("laws.yaml", lambda d: d["rules"][1].update(hours="a day"), "rule-24h-initiate: “a day” does not fit “Hours”"),
    (
        "ecpat_indicators.yaml",
        lambda d: d["indicators"][0].update(status=False),
        "age-of-consent: “Status” is missing|False",
    ),
    (
        "ecpat_indicators.yaml",
        lambda d: d["indicators"][0].update(status="No"),
        "“No” is none of the values of “Status”",
    ),
    (
        "organisations.yaml",
        lambda d: d["organisations"][0].pop("id"),
        "organisations.organisations: An entry has no id",
    ),
    (
        "offences.yaml",
        lambda d: d["offences"][-1]["penalties"][0].update(min_months=200),
        "human-trafficking: A penalty ends below where it begins",
    ),
]


@pytest.mark.parametrize(("name", "change", "reason"), MISFITS, ids=[reason for *_rest, reason in MISFITS])
def test_a_file_that_does_not_fit_is_refused_whole_with_file_entry_and_reason(folder, name, change, reason):
    before = list(Entry.objects.values_list("pk", "data"))
    rewrite(folder, name, change)
    rewrite(folder, "measures.yaml", lambda measures: measures["special_measures"][0].update(measure="changed"))
    with pytest.raises(Misfit, match=reason):
        services.load_reference(directory=folder)
    assert list(Entry.objects.values_list("pk", "data")) == before


def test_the_command_says_what_does_not_fit_and_loads_nothing(folder, monkeypatch):
    rewrite(folder, "laws.yaml", lambda laws: laws["instruments"][1].update(in_effect="June 2017"))
    load = services.load_reference
    monkeypatch.setattr(services, "load_reference", lambda: load(directory=folder))
    with pytest.raises(CommandError, match=r"^Nothing was loaded\. laws\.instruments: criminal-code-amendments-2017"):
        call_command("load_reference")


def test_what_was_changed_here_is_kept_when_the_file_changes_and_both_are_shown(folder):
    entry = Entry.objects.get(section="organisations.organisations", code="csw")
    ours = {**entry.data, "role": "recognises children"}
    services.write_entry(section=entry.section, code=entry.code, data=ours, reason="clearer")
    rewrite(folder, "organisations.yaml", lambda d: _named(d["organisations"], "csw").update(role="a newer role"))
    parts = {part.section: part for part in services.load_reference(directory=folder)}
    assert parts["organisations.organisations"].kept == 1
    entry.refresh_from_db()
    assert entry.data["role"] == "recognises children"
    assert entry.filed["role"] == "a newer role"
    assert [version.reason for version in entry.versions.all()] == ["clearer", ""]


def test_a_succession_keeps_both_wordings_for_their_own_days(loaded):
    entry = Entry.objects.get(section="laws.rules", code="rule-three-month-stay")
    services.write_entry(
        section=entry.section,
        code=entry.code,
        data={**entry.data, "rule": "Four months.", "months": 4},
        reason="amended",
        holds_from=date(2026, 3, 1),
    )
    assert services.on_day(entry, date(2026, 2, 28)).data["months"] == 3
    assert services.on_day(entry, date(2026, 3, 1)).data["months"] == 4
    entry.refresh_from_db()
    assert entry.data["months"] == 4
    with pytest.raises(Misfit, match="choose a later day"):
        services.write_entry(
            section=entry.section, code=entry.code, data=entry.data, reason="", holds_from=date(2026, 1, 1)
        )


def test_what_was_ended_is_there_and_no_longer_in_force(loaded):
    entry = Entry.objects.get(section="laws.instruments", code="witness-protection-law-2006")
    ended = services.end_entry(entry=entry, on=date(2026, 5, 31), reason="replaced")
    in_force = Entry.objects.in_section("laws.instruments").in_force_on
    assert ended in in_force(date(2026, 5, 31))
    assert ended not in in_force(date(2026, 6, 1))
    assert ended not in in_force(date(2005, 12, 31))
    assert ended in Entry.objects.in_section("laws.instruments")


def test_what_had_ended_is_not_prolonged_by_what_succeeds_it(loaded):
    entry = Entry.objects.get(section="laws.instruments", code="witness-protection-law-2006")
    services.end_entry(entry=entry, on=date(2026, 1, 31), reason="repealed")
    again = {name: value for name, value in entry.data.items() if name != "valid_until"}
    services.write_entry(section=entry.section, code=entry.code, data=again, reason="anew", holds_from=date(2026, 6, 1))
    assert services.on_day(entry, date(2026, 1, 31)) is not None
    assert services.on_day(entry, date(2026, 3, 1)) is None
    assert services.on_day(entry, date(2026, 6, 1)) is not None


def test_the_database_holds_one_wording_for_each_day(loaded):
    entry = Entry.objects.get(section="laws.instruments", code="criminal-code")
    with pytest.raises(IntegrityError, match="version_one_for_each_day"), transaction.atomic():
        Version.objects.create(entry=entry, data={}, recorded_at=timezone.now())
    with pytest.raises(IntegrityError, match="entry_ends_after_it_begins"), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(valid_from=date(2026, 1, 2), valid_until=date(2026, 1, 1))


def test_the_2017_amendments_are_in_force_from_their_day(loaded):
    codes = lambda day: set(  # noqa: E731
        Entry.objects.filter(section__in=["laws.instruments", "offences.offences"])
        .in_force_on(day)
        .values_list("code", flat=True)
    )
    new = {"criminal-code-amendments-2017", "sexual-harassment"}
    assert not new & codes(date(2017, 5, 31))
    assert new <= codes(date(2017, 6, 1))
    assert {"criminal-code", "human-trafficking", "art-185"} <= codes(date(2017, 5, 31))


def _named(entries, code):
    return next(entry for entry in entries if entry["id"] == code)
