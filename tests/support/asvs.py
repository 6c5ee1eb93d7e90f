"""Which test checks which item of ASVS 5.0: read from the marks in the tests' sources, shown as a table in README.md.

`python -m tests.support.asvs` prints the table, `--write` puts it into README.md.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import yaml

TESTS = Path(__file__).resolve().parents[1]
README = TESTS.parent / "README.md"
BEGIN, END = "<!-- asvs -->", "<!-- /asvs -->"


def known() -> dict[str, str]:
    """What holds, by item."""
    return dict(yaml.safe_load((TESTS / "asvs.yaml").read_text(encoding="utf-8")))


def marked() -> dict[str, list[str]]:
    """Tests (`folder/test_file.py::test_name`) by item."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for item in _items(node):
                    found[item].append(f"{path.relative_to(TESTS)}::{node.name}")
    return found


def _items(test: ast.FunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.asvs":
            yield from (str(ast.literal_eval(argument)) for argument in mark.args)


def table() -> str:
    """The items that a test checks, one a line, with the tests' names."""
    tests = marked()
    lines = ["| item | what holds | shown by |", "|---|---|---|"]
    for item, holds in known().items():
        if item in tests:
            lines.append(f"| {item} | {holds} | {', '.join(f'`{name}`' for name in tests[item])} |")
    return "\n".join(lines)


def page_with_table() -> str:
    """README.md as it should be. Raises ValueError when it has no place for the table."""
    before, found, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _old, closed, after = rest.partition(END)
    if not (found and closed):
        raise ValueError(f"README.md needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        README.write_text(page_with_table(), encoding="utf-8")
    else:
        print(table())
