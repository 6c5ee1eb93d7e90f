"""The list of requirement ids is the one the documents were turned into, and the report of what shows them works."""

from pathlib import Path

import pytest
import yaml

from tests.support.requirements import known_ids

SHARED = Path(__file__).resolve().parents[2] / "shared" / "requirements"


def test_ids_are_unique():
    ids = known_ids()
    assert len(ids) == len(set(ids)) > 200


def test_ids_and_sources_equal_the_requirements():
    if not SHARED.exists():
        pytest.skip("the requirements lie beside the repository, and are not there")
    ours = yaml.safe_load((Path(__file__).parent / "requirements.yaml").read_text(encoding="utf-8"))["requirements"]
    theirs = []
    for stem in ("systems", "failures"):
        theirs += yaml.safe_load((SHARED / f"{stem}.yaml").read_text(encoding="utf-8"))[stem]
    assert [(entry["id"], entry["source"]) for entry in ours] == [(entry["id"], entry["source"]) for entry in theirs]
