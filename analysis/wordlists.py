"""Word lists: reading the lexicon files and finding their terms in a table of tokens.

A lexicon is a CSV file in analysis/lexicons/ that can be edited in a spreadsheet; certificates.toml says where each
comes from and how it is matched. A user's folder may replace a file (NAME.csv) or add rows to it (NAME.more.csv).
Terms are plain words, never patterns; `*` at the end of a word stands for any ending.
"""

from __future__ import annotations

import csv
import functools
import io
import re
from datetime import date as Day
from pathlib import Path

import pandas as pd

from analysis.files import read_bytes
from analysis.refusals import Skip

FOLDER = Path(__file__).parent / "lexicons"
MATCHES = ("exact", "lemma", "cased")
_REQUIRED = {
    "wording": ["term", "group"],
    "connotation": ["term", "group"],
    "frames": ["frame", "item", "term"],
    "naming": ["actor", "label", "kind"],
    "demonyms": ["term", "actor"],
    "irregular_forms": ["lemma", "forms"],
    "period_names": ["name", "forms", "kind", "valid_from", "valid_to", "use_instead", "status", "source"],
    "period_contexts": ["pattern", "place", "strength", "only_for", "reason"],
    "name_variants": ["name", "accepted", "kind"],
    "offices": ["name", "forms", "state", "office", "titles", "valid_from", "valid_to", "source"],
}
_MAY_BE_EMPTY = frozenset({"note", "only_for", "valid_from", "valid_to", "use_instead", "accepted", "source"})
_DATE = r"\d{4}(-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?"
_ALLOWED = {
    "match": "|".join(MATCHES),
    "status": "error|style",
    "valid_from": _DATE,
    "valid_to": _DATE,
    "place": "prefix|before|suffix|after|near|inside|present",
    "strength": "strong|weak|present",
}
_MAX_BYTES, _LONGEST_CELL = 20_000_000, 2_000
_NOT_CARRIED = ("match", "note")


class LexiconError(ValueError):
    """A lexicon file that cannot be used; the message names the file and the line."""


def load_lexicon(name: str, *, folder: str | Path | None = None) -> pd.DataFrame:
    """Load one lexicon.

    Parameters
    ----------
    name : str
        The file name without its ending, such as ``wording``.
    folder : str or Path, optional
        A user's folder: its NAME.csv is read instead of the shipped file, its NAME.more.csv after it.

    Returns
    -------
    DataFrame
        One row per entry, all columns text, in the order of the file.

    Raises
    ------
    LexiconError
        For a missing, unreadable or broken file; file and line are named.
    """
    shipped = FOLDER / f"{name}.csv"
    if folder is None:
        return _read_cached(name, shipped).copy()
    own, more = Path(folder) / f"{name}.csv", Path(folder) / f"{name}.more.csv"
    table = _read(name, own) if own.exists() else _read_cached(name, shipped)
    if more.exists():
        table = pd.concat([table, _read(name, more)], ignore_index=True).fillna("")
    return table.copy()


def with_targets(naming: pd.DataFrame, targets: tuple[tuple[str, str, str], ...]) -> pd.DataFrame:
    """Return the naming list with a user's targets: (actor, kind, label) each; a label that stood there before gives way."""
    if not targets:
        return naming
    own = pd.DataFrame(
        [{"actor": actor, "label": label, "kind": kind, "match": "exact", "note": ""} for actor, kind, label in targets]
    )
    left = naming[~naming["label"].str.lower().isin(own["label"].str.lower())]
    return pd.concat([left, own], ignore_index=True).fillna("")


@functools.cache
def _read_cached(name: str, path: Path) -> pd.DataFrame:
    return _read(name, path)


def _read(name: str, path: Path) -> pd.DataFrame:
    try:
        text = read_bytes(path, limit=_MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise LexiconError(f"{path.name}, line {line}: not UTF-8") from None
    except Skip as skip:
        raise LexiconError(f"{path.name}: cannot be read ({skip.reason})") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    seen: dict[tuple[str, ...], int] = {}
    try:
        for row in reader:
            where = f"{path.name}, line {reader.line_num}"
            row = [cell.strip() for cell in row]
            if not header:
                header = _check_header(row, name=name, where=where)
                continue
            _check_row(row, header=header, name=name, where=where)
            key = tuple(
                c if column == "pattern" else c.lower()  # capitals count in a pattern
                for c, column in zip(row, header, strict=True)
                if column not in _NOT_CARRIED
            )
            if key in seen:
                raise LexiconError(f"{where}: the entry stands already in line {seen[key]}")
            seen[key] = reader.line_num
            rows.append(row)
    except csv.Error as error:
        raise LexiconError(f"{path.name}, line {reader.line_num}: {error}") from None
    if not rows:
        raise LexiconError(f"{path.name}: no entries")
    return pd.DataFrame(rows, columns=header, dtype=str)


def _check_header(row: list[str], *, name: str, where: str) -> list[str]:
    missing = [c for c in _REQUIRED.get(name, []) if c not in row]
    if missing:
        raise LexiconError(f"{where}: the header lacks {', '.join(missing)}")
    if len(set(row)) < len(row) or not all(row):
        raise LexiconError(f"{where}: the header has an empty or a repeated name")
    return row


def _check_row(row: list[str], *, header: list[str], name: str, where: str) -> None:
    if not any(row):
        raise LexiconError(f"{where}: blank line")
    if row[0].startswith("#"):
        raise LexiconError(f"{where}: comments do not belong in a lexicon")
    if len(row) != len(header):
        raise LexiconError(f"{where}: {len(row)} cells where the header has {len(header)}")
    for column, cell in zip(header, row, strict=True):
        if len(cell) > _LONGEST_CELL or "\x00" in cell:
            raise LexiconError(f"{where}: {column} is longer than {_LONGEST_CELL} characters or holds a zero byte")
        if not cell and column in _REQUIRED.get(name, []) and column not in _MAY_BE_EMPTY:
            raise LexiconError(f"{where}: {column} is empty")
        if cell and column in _ALLOWED and not re.fullmatch(_ALLOWED[column], cell):
            raise LexiconError(f"{where}: {column} cannot be {cell[:40]!r}")
        if column in ("term", "label") and not any(c.isalnum() for c in cell):
            raise LexiconError(f"{where}: {column} {cell[:40]!r} holds no word")
    if name == "period_names":
        _check_period(dict(zip(header, row, strict=True)), where)
    if name == "offices":
        _check_office(dict(zip(header, row, strict=True)), where)


def _check_days(row: dict[str, str], where: str) -> None:
    """Refuse a day that is in no calendar, and a period that ends before it begins."""
    for column in ("valid_from", "valid_to"):
        try:
            Day.fromisoformat(row[column] if len(row[column]) > 4 else "2000-01-01")
        except ValueError:
            raise LexiconError(f"{where}: there is no day {row[column]}") from None
    if row["valid_from"] and row["valid_to"] and row["valid_from"] >= row["valid_to"]:
        raise LexiconError(f"{where}: valid_from is not before valid_to")


def _check_period(row: dict[str, str], where: str) -> None:
    forms, instead = row["forms"].split(";"), row["use_instead"].split(";")
    if len(instead) not in (1, len(forms)):
        raise LexiconError(f"{where}: use_instead needs one name, or one for each of the {len(forms)} forms")
    if row["status"] == "error" and not row["valid_to"]:
        raise LexiconError(f"{where}: valid_to is empty")
    _check_days(row, where)


def _check_office(row: dict[str, str], where: str) -> None:
    for column in ("valid_from", "valid_to"):
        if row[column] and not re.fullmatch(r"\d{4}-\d\d-\d\d", row[column]):
            raise LexiconError(f"{where}: {column} needs a day, such as 2021-01-26")
    _check_days(row, where)
    for column in ("forms", "titles"):
        if not all(any(c.isalpha() for c in part) for part in row[column].split(";")):
            raise LexiconError(f"{where}: {column} has a part without a word")
