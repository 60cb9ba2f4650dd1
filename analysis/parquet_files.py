"""Tables as Parquet data sets, for DuckDB and the like; pyarrow is loaded only where they are asked for."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.files import open_new
from analysis.refusals import Refusal

_ROWS = 50_000  # of a row group: what a reader takes into memory at a time, whatever the parts that were added


def check_parquet() -> None:
    """Refuse to write Parquet where pyarrow is not installed, before any work."""
    if importlib.util.find_spec("pyarrow") is None:
        raise Refusal(
            "writing parquet needs pyarrow (pip install -r requirements-scale.txt)", reason="unsupported-format"
        )


def to_arrow(table: pd.DataFrame) -> Any:
    """Return a table as an Arrow table: words as UTF-8 strings, numbers in full."""
    import pyarrow as pa

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
    return pa.table(columns)


class DataSet:
    """One table on its way to a Parquet file; equal rows give equal bytes, however they are dealt to parts."""

    def __init__(self, path: Path):
        self._path, self._n = path, 0
        self._waiting: list[Any] = []
        self._file: Any = None
        self._writer: Any = None

    def __enter__(self) -> DataSet:
        return self

    def add(self, table: pd.DataFrame) -> None:
        """Take more rows; they are written when a row group is full."""
        rows = to_arrow(table)
        self._waiting.append(rows)
        self._n += rows.num_rows
        if self._n >= _ROWS:
            self._write(last=False)

    def _write(self, *, last: bool) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        rows = pa.concat_tables(self._waiting)
        if self._writer is None:
            self._file = open_new(self._path)
            self._writer = parquet.ParquetWriter(self._file, rows.schema, compression="zstd")
        whole = rows.num_rows if last else rows.num_rows - rows.num_rows % _ROWS
        if whole:
            self._writer.write_table(rows.slice(0, whole), row_group_size=_ROWS)
        self._waiting, self._n = [rows.slice(whole)], rows.num_rows - whole

    def __exit__(self, *error: object) -> None:
        try:
            if error[0] is None and self._waiting:
                self._write(last=True)
        finally:
            if self._writer is not None:
                self._writer.close()
            if self._file is not None:
                self._file.close()
