"""The tables of a run on their way in and out: types checked, written as CSV, read back."""

from __future__ import annotations

import io
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from analysis.escape import for_cell, from_cell
from analysis.files import open_new, slug, write_atomic
from analysis.parquet_files import DataSet
from analysis.refusals import Refusal
from analysis.tables import TABLES

_AT_ONCE = 20_000  # rows turned into CSV together
_NUMBERS = {"integer": "int64", "number": "float64"}


def check_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with exactly its columns, in order and of their types.

    Raises
    ------
    ValueError
        A column is missing or of another type.
    """
    spec = TABLES[name][1]
    missing = [c for c in spec if c not in table.columns]
    if missing:
        raise ValueError(f"table {name} lacks {missing}")
    table = table[list(spec)].reset_index(drop=True)
    for column, (kind, _) in spec.items():
        if kind in _NUMBERS:
            table[column] = pd.to_numeric(table[column]).astype(_NUMBERS[kind])
            if kind == "number":
                table[column] = _steady(table[column].to_numpy())
        else:
            table[column] = table[column].astype(object).where(table[column].notna(), "").map(str)
    return table


def _steady(values: np.ndarray) -> np.ndarray:
    """Return numbers in twelve digits: the order in which a machine adds must not decide how a tie is rounded later."""
    known = np.isfinite(values) & (values != 0)
    scale = np.ones_like(values)
    scale[known] = 10.0 ** np.clip(11 - np.floor(np.log10(np.abs(values[known]))), -300, 300)
    return np.where(known, np.round(values * scale) / scale, values)


def to_csv(table: pd.DataFrame, *, header: bool = True) -> bytes:
    """Return a table as CSV bytes: UTF-8, one header row, cells that no spreadsheet runs, numbers in six digits."""
    safe = table.copy()
    for column in safe.columns:
        if safe[column].dtype == object or pd.api.types.is_string_dtype(safe[column]):
            cells = safe[column].tolist()
            guarded = {v: for_cell(v) for v in set(cells)}  # most columns hold the same few words again and again
            safe[column] = [guarded[v] for v in cells]
    buffer = io.StringIO()
    safe.to_csv(buffer, index=False, header=header, lineterminator="\n", float_format="%.6g")
    return buffer.getvalue().encode("utf-8", "replace")


class Collected:
    """The tables of a run kept in memory, part by part."""

    def __init__(self) -> None:
        self._parts: dict[str, list[pd.DataFrame]] = {name: [] for name in TABLES}
        self.texts: dict[str, str] = {}

    def add(self, name: str, table: pd.DataFrame) -> None:
        """Take more rows of a table."""
        self._parts[name].append(check_table(name, table))

    def add_text(self, article_id: str, text: str, *, extracted: bool) -> None:
        """Take the text of an article."""
        self.texts[article_id] = text

    def add_counts(self, counts: pd.DataFrame) -> None:
        """Pass over the sums that all measures are made of: they are many, and no figure needs them."""

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the codebook."""
        return {name: _stack(name, parts) for name, parts in self._parts.items()}


def _stack(name: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    full = [p for p in parts if len(p)] or parts[:1] or [check_table(name, pd.DataFrame(columns=list(TABLES[name][1])))]
    return pd.concat(full, ignore_index=True)


class TableFiles:
    """The tables of a run on their way to a folder that nobody reads yet, part by part: CSV, and Parquet where asked for.

    Parameters
    ----------
    folder : Path
        The staging folder of a run.
    parquet : bool
        Write every table, and ``counts``, as a Parquet data set too.
    """

    def __init__(self, folder: Path, *, parquet: bool = False):
        self._folder, self._open = folder, ExitStack()
        self._files: dict[str, BinaryIO] = {}
        self._sets: dict[str, DataSet] | None = {} if parquet else None

    def __enter__(self) -> TableFiles:
        for name in TABLES:
            self._files[name] = self._open.enter_context(open_new(self._folder / "tables" / f"{name}.csv"))
            self.add(name, pd.DataFrame(columns=list(TABLES[name][1])), header=True)
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._open.__exit__(*error)

    def add(self, name: str, table: pd.DataFrame, *, header: bool = False) -> None:
        """Write more rows of a table."""
        for begin in range(0, max(1, len(table)), _AT_ONCE):
            part = check_table(name, table.iloc[begin : begin + _AT_ONCE])
            self._files[name].write(to_csv(part, header=header and not begin))
            self._add_set(name, part)

    def add_counts(self, counts: pd.DataFrame) -> None:
        """Write more rows of the sums that all measures are made of."""
        self._add_set("counts", counts)

    def add_text(self, article_id: str, text: str, *, extracted: bool) -> None:
        """Write the text of an article whose words were taken out of something else."""
        if extracted:
            path = self._folder / "texts" / f"{slug(article_id)}.txt"
            write_atomic(path, text.encode("utf-8", "replace"), durable=False)  # made durable when the run is published

    def _add_set(self, name: str, table: pd.DataFrame) -> None:
        if self._sets is None:
            return
        if name not in self._sets:
            path = self._folder / "parquet" / name / "part-0.parquet"
            self._sets[name] = self._open.enter_context(DataSet(path))
        self._sets[name].add(table)


class Tee:
    """Two sinks that take the same rows."""

    def __init__(self, *sinks: TableFiles | Collected):
        self._sinks = sinks

    def add(self, name: str, table: pd.DataFrame) -> None:
        """Take more rows of a table."""
        for sink in self._sinks:
            sink.add(name, table)

    def add_counts(self, counts: pd.DataFrame) -> None:
        """Take more rows of the sums that all measures are made of."""
        for sink in self._sinks:
            sink.add_counts(counts)

    def add_text(self, article_id: str, text: str, *, extracted: bool) -> None:
        """Take the text of an article."""
        for sink in self._sinks:
            sink.add_text(article_id, text, extracted=extracted)


def read_table(path: Path, *, name: str) -> pd.DataFrame:
    """Read a table back: words stay words, the apostrophe of a guarded cell is taken off."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False, index_col=False, encoding="utf-8")
    for column, (kind, _) in TABLES[name][1].items():
        if kind in _NUMBERS:
            raw[column] = pd.to_numeric(raw[column].replace("", np.nan)).astype(_NUMBERS[kind])
        else:
            raw[column] = raw[column].map(from_cell)
    return check_table(name, raw)


def load_run(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Load the tables of a finished run.

    Parameters
    ----------
    folder : str or Path
        What was given as ``--out``.

    Returns
    -------
    dict of str to DataFrame
        Table name → table, as docs/codebook.md defines them.

    Raises
    ------
    Refusal
        The folder holds no finished run.
    """
    folder = Path(folder)
    if not (folder / "tables" / "articles.csv").is_file():
        raise Refusal(f"{folder.name or folder} holds no finished run", reason="nothing-to-analyse")
    return {name: read_table(folder / "tables" / f"{name}.csv", name=name) for name in TABLES}
