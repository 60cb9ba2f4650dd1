"""The tables of a run on their way in and out: types checked, written as CSV, read back."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.escape import for_cell, from_cell
from analysis.files import write_atomic
from analysis.refusals import Refusal
from analysis.tables import TABLES

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


def to_csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV bytes: UTF-8, one header row, cells that no spreadsheet runs, numbers in six digits."""
    safe = table.copy()
    for column in safe.columns:
        if safe[column].dtype == object or pd.api.types.is_string_dtype(safe[column]):
            safe[column] = [for_cell(v) for v in safe[column]]
    buffer = io.StringIO()
    safe.to_csv(buffer, index=False, lineterminator="\n", float_format="%.6g")
    return buffer.getvalue().encode("utf-8", "replace")


def write_tables(tables: dict[str, pd.DataFrame], *, folder: Path) -> None:
    """Write every table of the codebook into ``folder``/tables."""
    for name in TABLES:
        write_atomic(folder / "tables" / f"{name}.csv", to_csv(tables[name]))


def check_parquet() -> None:
    """Refuse to write Parquet where pyarrow is not installed, before any work."""
    if importlib.util.find_spec("pyarrow") is None:
        raise Refusal(
            "writing parquet needs pyarrow (pip install -r requirements-scale.txt)", reason="unsupported-format"
        )


def to_parquet(table: pd.DataFrame) -> bytes:
    """Return a table as Parquet bytes: words as UTF-8 strings, numbers in full; equal tables give equal bytes."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {}
    for name in table.columns:
        kind = table[name].dtype
        if pd.api.types.is_bool_dtype(kind):
            columns[name] = pa.array(table[name].tolist(), pa.bool_())
        elif pd.api.types.is_integer_dtype(kind):
            columns[name] = pa.array(table[name].to_numpy(), pa.int64())
        elif pd.api.types.is_float_dtype(kind):
            columns[name] = pa.array(table[name].to_numpy(), pa.float64(), from_pandas=True)
        else:
            words = ("" if v is None or v != v else str(v) for v in table[name])
            columns[name] = pa.array([w.encode("utf-8", "replace").decode() for w in words], pa.string())
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def write_datasets(tables: dict[str, pd.DataFrame], *, folder: Path) -> None:
    """Write every table of the codebook as a Parquet data set: ``folder``/parquet/TABLE/part-0.parquet."""
    for name in TABLES:
        write_atomic(folder / "parquet" / name / "part-0.parquet", to_parquet(tables[name]))


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
