"""The files that can be imported. Each app declares its own in its module `records`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from casework.exchange.cells import Column, content

if TYPE_CHECKING:
    from casework.exchange.importer import Import


@dataclass(frozen=True)
class Row:
    """One row of a file. `values` has every column of the file; a cell that could not be read is named in `bad`."""

    line: int
    values: dict[str, Any]
    bad: frozenset[str] = frozenset()

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def good(self, *columns: str) -> bool:
        """Whether these cells could all be read, so that they can be compared."""
        return self.bad.isdisjoint(columns)


class Reader(Protocol):
    """Takes a file's rows, in chunks, twice: first to find what is wrong, then to write."""

    new: int
    there: int

    def check(self, rows: Sequence[Row]) -> None: ...

    def write(self, rows: Sequence[Row]) -> None: ...


@dataclass(frozen=True)
class File:
    """A file of the exchange format. `place` orders the files: what others refer to comes first."""

    name: str
    place: int
    columns: tuple[Column, ...]
    reader: Callable[["Import"], Reader]
    required: bool = False

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def content(self, row: Row) -> str:
        """The row's content, equal for rows that are equal in every column."""
        return content([row.values[column.name] for column in self.columns])


@dataclass(frozen=True)
class Step:
    """What is written between the files: before their rows (persons, cases) or after them."""

    place: int
    run: Callable[["Import"], None]


@dataclass
class _Registry:
    files: dict[str, File] = field(default_factory=dict)
    before: list[Step] = field(default_factory=list)
    after: list[Step] = field(default_factory=list)

    def ordered(self) -> list[File]:
        return sorted(self.files.values(), key=lambda file: file.place)


REGISTRY = _Registry()


def register(file: File) -> None:
    """Declare a file. Raises ValueError when its name is taken."""
    if file.name in REGISTRY.files:
        raise ValueError(f"file {file.name} is declared twice")
    REGISTRY.files[file.name] = file


def register_steps(*, before: Iterable[Step] = (), after: Iterable[Step] = ()) -> None:
    """Declare what is written before all rows, and after them, in the order of `place`."""
    REGISTRY.before = sorted([*REGISTRY.before, *before], key=lambda step: step.place)
    REGISTRY.after = sorted([*REGISTRY.after, *after], key=lambda step: step.place)
