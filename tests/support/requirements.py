"""`pytest --requirements`: which test shows which requirement, and which ids nothing shows."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

LIST = Path(__file__).resolve().parents[1] / "requirements.yaml"


def known_ids() -> list[str]:
    return [entry["id"] for entry in yaml.safe_load(LIST.read_text(encoding="utf-8"))["requirements"]]


def shown(items: list[pytest.Item]) -> dict[str, list[str]]:
    """Test names by requirement id. Raises UsageError when a test names an id that the list does not have."""
    found: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for marker in item.iter_markers("requirement"):
            for name in marker.args:
                found[name].append(item.nodeid)
    unknown = set(found) - set(known_ids())
    if unknown:
        raise pytest.UsageError(f"Unknown requirement ids: {', '.join(sorted(unknown))}")
    return found


def report(config: pytest.Config, items: list[Any]) -> None:
    found = shown(items)
    ids = known_ids()
    for name in ids:
        if name in found:
            print(f"{name}")
            for test in sorted(set(found[name])):
                print(f"    {test}")
    open_ids = [name for name in ids if name not in found]
    print(f"\nShown: {len(ids) - len(open_ids)} of {len(ids)}. Open:")
    print("    " + "\n    ".join(open_ids))
