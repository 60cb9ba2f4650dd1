"""Tables of more articles than memory holds: put on disk part by part, taken back for any few of them.

One file without a name in the folder of the result: it goes when the run ends, however it ends. Columns are kept as
plain numbers and UTF-8; nothing that is read back is run.
"""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd

Tables = dict[str, pd.DataFrame]
T = TypeVar("T")
_FEW = 20  # a column with this many rows for each of its words is kept as numbers of words
_MISSING = np.uint32(0xFFFFFFFF)  # length of a cell that holds no word


class _Column(NamedTuple):
    """Where the cells of one column of one part lie in the file."""

    name: str
    dtype: str  # as the table had it
    stored: str  # numpy type of the numbers in the file: values, numbers of words, or lengths of words
    at: int
    words: int = -1  # where the words of a column of text begin, -1: none
    ends: int = -1  # where the ends of its words in bytes begin
    n_words: int = -1  # of a column whose cells are numbers of words: how many words there are


class Shelf:
    """Tables whose rows belong to articles (or to whatever else ``key`` names).

    Parameters
    ----------
    folder : Path, optional
        Where there is room on disk; the system's place for temporary files where left out.
    key : str
        The column that says whose a row is.
    """

    def __init__(self, folder: Path | None = None, *, key: str = "article_id"):
        self.key = key
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (it lives as long as the shelf)
        self._end = 0
        self._parts: list[dict[str, tuple[np.ndarray, list[_Column]]]] = []
        self._of: dict[Hashable, list[int]] = {}  # key → part × 2^32 + number in the part: there are many keys
        self._empty: Tables = {}

    def close(self) -> None:
        """Give the room on disk back."""
        self._file.close()

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, tables: Tables) -> None:
        """Put the rows of some keys on the shelf.

        Parameters
        ----------
        tables : dict of str to DataFrame
            Each with the key column and columns of words, numbers or yes and no. A key may come again in later parts.
        """
        number = {k: n for n, k in enumerate(dict.fromkeys(k for t in tables.values() for k in t[self.key].unique()))}
        for k, n in number.items():
            self._of.setdefault(k, []).append(len(self._parts) << 32 | n)
        part = {}
        for name, table in tables.items():
            table = table.infer_objects()
            if len(table) or name not in self._empty:  # an empty table may not know what its columns hold
                self._empty[name] = table.iloc[:0]
            owner = table[self.key].map(number).to_numpy(dtype=np.int64)
            if (np.diff(owner) < 0).any():
                order = np.argsort(owner, kind="stable")
                owner, table = owner[order], table.iloc[order]
            starts = np.searchsorted(owner, np.arange(len(number) + 1)).astype(np.uint32)
            part[name] = (starts, [self._store(table[c]) for c in table.columns if c != self.key])
        self._parts.append(part)

    def take(self, keys: Iterable, names: Collection[str] | None = None) -> Tables:
        """Take the rows of some keys back.

        Parameters
        ----------
        keys : iterable
            Whose rows, in the order wanted; those that the shelf does not know have none.
        names : collection of str, optional
            Which tables; all where left out.

        Returns
        -------
        dict of str to DataFrame
            Rows in the order of ``keys``, those of one key as they came; types as they were given.
        """
        ranges: list[list] = []  # part, first and last key of a run, and the keys in it
        for key in keys:
            for place in self._of.get(key, ()):
                part, n = place >> 32, place & 0xFFFFFFFF
                if ranges and ranges[-1][0] == part and ranges[-1][2] == n:
                    ranges[-1][2] = n + 1
                    ranges[-1][3].append(key)
                else:
                    ranges.append([part, n, n + 1, [key]])
        return {name: self._put_together(name, ranges) for name in self._empty if names is None or name in names}

    def take_one(self, name: str, keys: Iterable) -> pd.DataFrame:
        """Take the rows of one table back."""
        return self.take(keys, (name,)).get(name, pd.DataFrame({self.key: []}))

    def taker(self, name: str) -> Callable[[Iterable], pd.DataFrame]:
        """Return the function that takes the rows of one table back."""
        return functools.partial(self.take_one, name)

    def _put_together(self, name: str, ranges: Sequence) -> pd.DataFrame:
        empty = self._empty[name]
        owners: list = []
        cells: dict[str, list] = {c: [] for c in empty.columns if c != self.key}
        for part, first, last, keys in ranges:
            if name not in self._parts[part]:
                continue
            starts, columns = self._parts[part][name]
            low, high = int(starts[first]), int(starts[last])
            if low == high:
                continue
            counts = np.diff(starts[first : last + 1].astype(np.int64))
            owners += [k for k, n in zip(keys, counts.tolist(), strict=True) for _ in range(n)]
            for column in columns:
                cells[column.name].append(self._load(column, low, high))
        made = {}
        for column, dtype in empty.dtypes.items():
            if column == self.key:
                made[column] = pd.Series(owners, dtype=dtype)
            elif cells[column] and isinstance(cells[column][0], np.ndarray):
                values = np.concatenate(cells[column])
                made[column] = pd.Series(values, dtype=dtype if np.can_cast(values.dtype, dtype) else None)
            else:
                made[column] = pd.Series([c for some in cells[column] for c in some], dtype=dtype)
        return pd.DataFrame(made)

    # ---------------------------------------------------------------- the file

    def _write(self, data: bytes) -> int:
        at = self._end
        os.lseek(self._file.fileno(), at, os.SEEK_SET)
        rest = memoryview(data)
        while len(rest):
            rest = rest[os.write(self._file.fileno(), rest) :]
        self._end += len(data)
        return at

    def _read(self, at: int, size: int) -> bytes:
        parts = []
        while size:
            data = os.pread(self._file.fileno(), size, at)
            if not data:
                raise OSError("the shelf ends too early")
            parts.append(data)
            at, size = at + len(data), size - len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _store(self, column: pd.Series) -> _Column:
        name, dtype = sys.intern(str(column.name)), sys.intern(str(column.dtype))
        if pd.api.types.is_numeric_dtype(column.dtype):
            values = _narrow(column.to_numpy())
            return _Column(name, dtype, sys.intern(values.dtype.str), self._write(values.tobytes()))
        if isinstance(column.dtype, pd.CategoricalDtype):
            column, dtype = column.astype("str"), "str"
        words = column.tolist()
        known = dict.fromkeys(words)
        if len(known) * _FEW <= len(words) and all(isinstance(w, str) for w in known):
            number = {w: i for i, w in enumerate(known)}
            codes = _narrow(np.fromiter(map(number.__getitem__, words), dtype=np.int64, count=len(words)))
            at = self._write(codes.tobytes())
            kept = self._store_words(name, dtype, list(known))
            return kept._replace(stored=sys.intern(codes.dtype.str), at=at, n_words=len(known))
        return self._store_words(name, dtype, words)

    def _store_words(self, name: str, dtype: str, words: list) -> _Column:
        data = [w.encode("utf-8", "surrogatepass") if isinstance(w, str) else None for w in words]
        if any(d is None and w == w and w is not None for d, w in zip(data, words, strict=True)):
            raise TypeError(f"{name} holds neither words nor numbers")
        lengths = np.fromiter((_MISSING if d is None else len(d) for d in data), dtype=np.uint32, count=len(data))
        ends = np.cumsum(np.where(lengths == _MISSING, 0, lengths).astype(np.int64))
        at = self._write(lengths.tobytes())
        begins = self._write(b"".join(d for d in data if d is not None))
        return _Column(name, dtype, "<u4", at, words=begins, ends=self._write(ends.tobytes()))

    def _load(self, column: _Column, low: int, high: int) -> np.ndarray | list:
        size = np.dtype(column.stored).itemsize
        values = np.frombuffer(self._read(column.at + low * size, (high - low) * size), dtype=column.stored)
        if column.n_words >= 0:
            words = self._load_words(column, 0, column.n_words)
            return list(map(words.__getitem__, values.tolist()))
        if column.words < 0:
            return values
        words = self._load_words(column, low, high)
        for i in np.flatnonzero(values == _MISSING).tolist():
            words[i] = np.nan
        return words

    def _load_words(self, column: _Column, low: int, high: int) -> list:
        first = max(0, low - 1)
        ends = np.frombuffer(self._read(column.ends + 8 * first, 8 * (high - first)), dtype=np.int64)
        begin = int(ends[0]) if low else 0
        data = self._read(column.words + begin, int(ends[-1]) - begin)
        stops = (ends[low - first :] - begin).tolist()
        starts = [0, *stops[:-1]]
        if data.isascii():
            text = data.decode("ascii")
            words: list = [text[s:e] for s, e in zip(starts, stops, strict=True)]
        else:
            words = [data[s:e].decode("utf-8", "surrogatepass") for s, e in zip(starts, stops, strict=True)]
        return words


def _narrow(values: np.ndarray) -> np.ndarray:
    """Return whole numbers in the smallest type that holds them; others as they are."""
    if values.dtype.kind not in "iu" or not len(values):
        return values
    low, high = int(values.min()), int(values.max())
    for kind in ("u1", "i1", "u2", "i2", "u4", "i4"):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return values.astype(kind)
    return values


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield items in lists of at most ``size``."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
