"""What the tests of the exchange share: running the command, and what it printed."""

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command


@dataclass
class Ran:
    """What one run of the command did: exit code, lines on stdout and stderr."""

    code: int
    out: list[str]
    err: list[str]

    @property
    def problems(self) -> list[str]:
        """The problems alone, without the closing sentence."""
        return [line for line in self.err if line != "Nothing was imported."]

    @property
    def places(self) -> list[str]:
        """`file:line:column` of every problem."""
        return [line.split(": ")[0] for line in self.problems]


@pytest.fixture
def import_records(cast: Any) -> Callable[..., Ran]:
    def run(path: Path, *options: str) -> Ran:
        out, err, code = StringIO(), StringIO(), 0
        try:
            call_command("import_records", str(path), *options, stdout=out, stderr=err)
        except SystemExit as ended:
            code = int(ended.code or 0)
        except CommandError as refused:
            code = 1
            err.write(str(refused))
        return Ran(code, out.getvalue().splitlines(), err.getvalue().splitlines())

    return run
