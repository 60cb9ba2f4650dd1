"""What reading an article gave, kept beside a result, so that the next run reads only what is new or changed.

One file an article in ``DIR/cache``: gzipped JSON whose name is a fingerprint of the article's words and of everything
that shapes their reading. An entry that is damaged, from another version or not ours is passed over and made again;
nothing that it holds is run.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import hashlib
import json
import math
import os
import sys
import unicodedata
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.files import CACHE, CACHE_ENTRY, MAX_BYTES, read_packed, write_atomic
from analysis.refusals import REASONS, Skip
from analysis.shelf import Tables

_TYPES = {"str": str, "object": str, "int64": int, "float64": float, "bool": bool}
_LIBRARIES = ("numpy", "pandas", "scipy", "nupunkt", "textstat", "vaderSentiment")
_LIMIT = 40 * MAX_BYTES  # an entry holds every token of its article, and more


class Cache:
    """Entries of an earlier result, and those of the run that is being made.

    Parameters
    ----------
    old : Path
        The folder of the earlier result; it may not be there.
    new : Path
        The folder in which the result is made; entries that a run cut off left there serve too.
    """

    def __init__(self, *, old: Path, new: Path):
        self.places = (new / CACHE, old / CACHE)
        self.used: set[str] = set()
        self.found = self.made = 0

    def load_entries(self, keys: dict[str, str]) -> tuple[Tables, set[str]]:
        """Load what is known of articles.

        Parameters
        ----------
        keys : dict of str to str
            article_id → key, as `make_key` returns it.

        Returns
        -------
        tables : dict of str to DataFrame
            As the stage gave them, with article_id first; without the tables that no entry has.
        known : set of str
            The article_ids that have an entry.
        """
        parts: dict[str, dict[str, list]] = {}
        types: dict[str, dict[str, str]] = {}
        known = set()
        for article_id, key in keys.items():
            entry = self._find(key)
            if entry is None or any(types.get(n, t["types"]) != t["types"] for n, t in entry.items()):
                continue
            known.add(article_id)
            self.found += 1
            for name, table in entry.items():
                types[name] = table["types"]
                columns = parts.setdefault(name, {c: [] for c in ("article_id", *table["types"])})
                columns["article_id"] += [article_id] * table["rows"]
                for column, cells in table["columns"].items():
                    columns[column] += cells
        return {n: _make_table(columns, types[n]) for n, columns in parts.items()}, known

    def _find(self, key: str) -> dict | None:
        name = f"{key}.json.gz"
        for place in self.places:
            try:
                entry = json.loads(read_packed(place / name, limit=_LIMIT))
            except (Skip, ValueError, RecursionError):
                continue
            if isinstance(entry, dict) and entry.get("key") == key and _is_whole(entry.get("tables")):
                self._carry(place / name)
                return entry["tables"]
        return None

    def _carry(self, path: Path) -> None:
        """Give the new result an entry of the old one: a second name of the same file, or a copy."""
        new = self.places[0] / path.name
        self.used.add(path.name)
        if path == new:
            return
        new.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            new.unlink()
        try:
            os.link(path, new, follow_symlinks=False)
        except OSError:
            write_atomic(new, path.read_bytes(), durable=False)

    def keep_entries(self, tables: Tables, *, keys: dict[str, str]) -> None:
        """Keep what a chunk of articles gave.

        Parameters
        ----------
        tables : dict of str to DataFrame
            Each with article_id; columns of words, numbers or yes and no.
        keys : dict of str to str
            article_id → key, of these articles.
        """
        cut = {name: _Cut(table) for name, table in tables.items()}
        for article_id, key in keys.items():
            entry = {name: of.rows(article_id) for name, of in cut.items()}
            text = json.dumps({"key": key, "tables": entry}, ensure_ascii=False, separators=(",", ":"))
            data = gzip.compress(text.encode("utf-8", "surrogatepass"), compresslevel=3, mtime=0)
            write_atomic(self.places[0] / f"{key}.json.gz", data, durable=False)
            self.used.add(f"{key}.json.gz")
            self.made += 1

    def strip_unused(self) -> None:
        """Take away the entries of the new result that this run did not use, and what a run cut off left half written."""
        for path in self.places[0].glob("*"):
            ours = CACHE_ENTRY.fullmatch(f"{CACHE}/{path.name}") or path.suffix == ".part"
            if ours and path.name not in self.used:
                path.unlink()


def _is_whole(tables: object) -> bool:
    """Tell whether tables read from an entry have the shape of ours and cells of their types."""
    if not isinstance(tables, dict) or "articles" not in tables:
        return False
    if not all(map(_is_table, tables.values())) or tables["articles"]["rows"] != 1:
        return False
    return set(tables["articles"]["columns"].get("skip", ())) <= {"", *REASONS}


def _is_table(t: object) -> bool:
    if not (isinstance(t, dict) and isinstance(t.get("types"), dict) and isinstance(t.get("columns"), dict)):
        return False
    rows, types, columns = t.get("rows"), t["types"], t["columns"]
    if type(rows) is not int or list(types) != list(columns) or "article_id" in columns:
        return False
    return all(_holds(cells, str(types[column]), rows) for column, cells in columns.items())


def _holds(cells: object, kind: str, rows: int) -> bool:
    """Tell whether the cells of a column are as many as the rows, and all of one kind."""
    wanted = _TYPES.get(kind)
    if wanted is None or not isinstance(cells, list) or len(cells) != rows:
        return False
    if wanted is int:
        return all(type(c) is int and -(2**63) <= c < 2**63 for c in cells)
    return all(type(c) is wanted or (wanted is str and _is_missing(c)) for c in cells)


def _is_missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


class _Cut:
    """A table as lists, to be cut into the rows of each article; a frame for each would cost ten times as much."""

    def __init__(self, table: pd.DataFrame):
        code, ids = pd.factorize(table["article_id"])
        order = np.argsort(code, kind="stable")
        ends = np.cumsum(np.bincount(code, minlength=len(ids))).tolist()
        self._range = dict(zip(ids, zip([0, *ends], ends, strict=False), strict=True))
        table = table.iloc[order].drop(columns="article_id")
        self._types = {c: str(t) for c, t in table.dtypes.items()}
        self._columns = {c: table[c].tolist() for c in table.columns}

    def rows(self, article_id: str) -> dict:
        """Return the rows of an article as an entry holds them."""
        begin, end = self._range.get(article_id, (0, 0))
        columns = {c: cells[begin:end] for c, cells in self._columns.items()}
        return {"rows": end - begin, "types": self._types, "columns": columns}


def _make_table(columns: dict[str, list], types: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(cells, dtype=types.get(c, "str")) for c, cells in columns.items()})


def make_stamp(*parts: object) -> str:
    """Return a fingerprint of this code, its libraries, and whatever else shapes how an article is read."""
    return _digest([_code(), *(repr(p) for p in parts)])


def make_key(stamp: str, *words: str) -> str:
    """Return the key of one article: the stamp and the words that are read."""
    return _digest([stamp, *words])


def _digest(parts: list[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


@functools.cache
def _code() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    versions = [f"{name} {metadata.version(name)}" for name in _LIBRARIES]
    return repr((digest.hexdigest(), versions, sys.version_info[:2], unicodedata.unidata_version))
