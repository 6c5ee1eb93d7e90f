"""Small folders in the exchange format, written from rows."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder of CSV files from their text, or their very bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.csv").write_bytes(data)
    return folder


def write_rows(folder: Path, name: str, rows: Sequence[Mapping[str, str]], columns: Iterable[str]) -> None:
    """One CSV file of these columns."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, list(columns), restval="")
        writer.writeheader()
        writer.writerows(rows)


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """A workbook with these sheets; values as they are given."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path
