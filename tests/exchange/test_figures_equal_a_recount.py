"""A folder from another system imports, and every cell of the report equals an independent recount of that folder."""

import pytest
from django.db import connection, connections, transaction

from casework.statistics.engine import annual_report
from tests.exchange import world

YEARS = (2022, 2023, 2024, 2025, 2026)


def as_recounted(report: dict) -> dict:
    """The report's JSON in the shape of the recount."""
    found = {}
    for figure in report["figures"]:
        each = {"value": figure["value"], "breakdowns": {}}
        for breakdown in figure["breakdowns"]:
            each["breakdowns"][breakdown["dimension"]] = {
                cell["category"]: cell["value"] for cell in breakdown["cells"]
            }
            for cell in breakdown["cells"]:
                if "of_which" in cell:
                    each["of_which"] = {part["category"]: part["value"] for part in cell["of_which"]}
        found[figure["id"]] = each
    return found


@pytest.mark.django_db
@pytest.mark.requirement("s-annual-statistics")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_cell_equals_the_recount(import_records, tmp_path, seed):
    folder = world.make_folder(tmp_path / "in", seed)
    ran = import_records(folder)
    assert (ran.code, ran.err) == (0, [])
    for year in YEARS:
        counted, recounted = as_recounted(annual_report(year).as_dict()), world.recount(folder, year)
        for figure, expected in recounted.items():
            assert counted[figure] == expected, (year, figure)
            for dimension in expected["breakdowns"]:
                assert list(counted[figure]["breakdowns"][dimension]) == list(expected["breakdowns"][dimension])
    assert sum(world.recount(folder, 2024)["victims-officially-identified"]["breakdowns"]["majority"].values()) > 10


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [4])
def test_another_organisation_has_its_own_figures_and_keys(import_records, tmp_path, cast, seed):
    one = world.make_folder(tmp_path / "one", seed, persons=40)
    two = world.make_folder(tmp_path / "two", seed + 1, persons=40)
    assert import_records(one).code == 0
    assert import_records(two, "--organisation", "other").code == 0  # the same keys mean other persons there
    for folder, organisation in ((one, cast.home), (two, cast.other)):
        counted = as_recounted(annual_report(2024, organisation).as_dict())
        for figure, expected in world.recount(folder, 2024).items():
            assert counted[figure] == expected, figure


def test_the_report_is_quick_when_the_database_believes_that_it_is_empty(committed_db, import_records, tmp_path):
    """An import that was tried first leaves pages without rows, and statistics that say so."""
    folder = world.make_folder(tmp_path / "in", 1)
    for _ in range(2):
        assert import_records(folder, "--dry-run").code == 0
    with connections["owner"].cursor() as owner:
        owner.execute("VACUUM (ANALYZE, TRUNCATE FALSE)")
        owner.execute("SELECT relpages > 20, reltuples FROM pg_class WHERE relname = 'people_person'")
        assert owner.fetchone() == (True, 0)
    assert import_records(folder).code == 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5s'")
        assert annual_report(2024).figure("victims-officially-identified").value > 10
