"""Every entry of every file becomes a row, once, and stays when its file forgets it."""

import json
import shutil
from io import StringIO

import pytest
import yaml
from django.core.management import call_command

from reference import files, services
from reference.models import Code, CodeList, Contradiction, Entry, PublishedFigure
from reference.sections import DOCUMENTS, LISTS, SECTIONS

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded():
    return services.load_reference()


@pytest.fixture
def folder(tmp_path, loaded):
    """A copy of the data files to change, loaded once."""
    shutil.copytree(files.DATA, tmp_path / "data")
    return tmp_path / "data"


def rewrite(folder, name, change):
    path = folder / name
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def raw(name):
    text = (files.DATA / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


def rows_of(file):
    return sum(
        model.objects.filter(file=file, active=True).count() for model in (Code, Entry, PublishedFigure, Contradiction)
    )


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
            if section in ("figures", "contradictions"):
                continue
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
        row = PublishedFigure.objects.get(pk=figure["id"])
        assert row.value == ("" if figure["value"] is None else figure["value"])
        assert (row.indicator, row.year, row.unit, row.kind) == tuple(
            figure[field] for field in ("indicator", "year", "unit", "kind")
        )
        assert row.breakdown == figure.get("breakdown", [])


def test_contradictions_point_at_the_figures_they_name(loaded):
    for entry in raw("published_figures.yaml")["contradictions"]:
        linked = set(Contradiction.objects.get(pk=entry["id"]).figures.values_list("pk", flat=True))
        assert linked == set(entry.get("figures", []))


def test_every_section_list_and_document_has_a_title(loaded):
    assert set(CodeList.objects.values_list("pk", flat=True)) == set(LISTS)
    assert set(Entry.objects.counts()) == set(SECTIONS)
    cited = set()
    for model in (Code, Entry, PublishedFigure, Contradiction):
        cited |= set(model.objects.exclude(source_document="").values_list("source_document", flat=True))
    assert cited == set(DOCUMENTS)


def test_loading_twice_changes_nothing_and_says_so(loaded):
    before = list(Code.objects.values()) + list(Entry.objects.values()) + list(PublishedFigure.objects.values())
    assert not any(part.did_something for part in services.load_reference())
    after = list(Code.objects.values()) + list(Entry.objects.values()) + list(PublishedFigure.objects.values())
    assert after == before
    out = StringIO()
    call_command("load_reference", stdout=out)
    assert "laws: 56 entries, 0 added, 0 changed, 0 retired" in out.getvalue()
    assert "Nothing changed" in out.getvalue()


def test_a_changed_entry_changes_its_row_and_no_other(folder):
    code = Code.objects.get(code_list="placement_types", code="ngo-shelter")

    def change(lists):
        next(entry for entry in lists["placement_types"] if entry["id"] == "ngo-shelter")["label"] = "shelter of an NGO"

    rewrite(folder, "code_lists.yaml", change)
    parts = [part for part in services.load_reference(directory=folder) if part.did_something]
    assert [(part.section, part.added, part.changed, part.retired) for part in parts] == [("placement_types", 0, 1, 0)]
    changed = Code.objects.get(pk=code.pk)
    assert changed.label == "shelter of an NGO"


def test_a_new_entry_becomes_a_row(folder):
    rewrite(
        folder,
        "laws.yaml",
        lambda laws: laws["rules"].append(
            {"id": "rule-new", "rule": "A new rule.", "source": {"document": "d", "locator": "l"}}
        ),
    )
    parts = [part for part in services.load_reference(directory=folder) if part.did_something]
    assert [(part.file, part.section, part.added) for part in parts] == [("laws", "rules", 1)]
    assert Entry.objects.get(section="laws.rules", code="rule-new").name == "A new rule."


def test_what_vanishes_from_its_file_becomes_inactive_and_can_come_back(folder):
    rows = Code.objects.count()
    rewrite(folder, "code_lists.yaml", lambda lists: lists["placement_types"].pop())
    rewrite(folder, "code_lists.yaml", lambda lists: lists.pop("us_tiers"))
    rewrite(folder, "published_figures.yaml", lambda published: published["assessments"].pop())
    services.load_reference(directory=folder)
    assert Code.objects.count() == rows
    assert not Code.objects.get(code_list="placement_types", code="social-welfare-institution").active
    assert not CodeList.objects.get(pk="us_tiers").active
    assert not Code.objects.filter(code_list="us_tiers", active=True).exists()
    assert Entry.objects.filter(section="published_figures.assessments", active=False).count() == 1
    again = services.load_reference(directory=folder)
    assert not any(part.did_something for part in again)

    services.load_reference()
    assert Code.objects.active().count() == rows
    assert CodeList.objects.get(pk="us_tiers").active


def test_a_double_id_is_refused_by_name_and_nothing_is_loaded(folder):
    def change(measures):
        measures["special_measures"].append(measures["special_measures"][0])
        measures["special_measures"][1]["measure"] = "changed"

    rewrite(folder, "measures.yaml", change)
    with pytest.raises(ValueError, match="sm-report-police-and-execution-authority stands there twice"):
        services.load_reference(directory=folder)
    assert not Entry.objects.filter(name="changed").exists()


def test_a_contradiction_on_an_unknown_figure_is_refused(folder):
    rewrite(
        folder, "published_figures.yaml", lambda published: published["contradictions"][0]["figures"].append("tip-none")
    )
    with pytest.raises(ValueError, match="names the unknown figure tip-none"):
        services.load_reference(directory=folder)
