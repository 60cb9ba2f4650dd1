"""One table of articles, or a manifest: .csv, .tsv, .jsonl, .parquet. Words stay words, and every row is counted.

The readers have one shape: they give ``(row, reason)`` in the order of the file, where ``reason`` is '' for a row that can
be used, and ``row`` holds our columns and its ``line``, or the line alone. What is wrong with the table as a whole is a
`Refusal`, raised before the first row; but damage inside a parquet file is met where it stands.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.columns import name_columns, plain_name, with_given
from analysis.decoding import read_text, split_lines
from analysis.files import MAX_BYTES, mend_halves, read_packed
from analysis.refusals import Refusal, Skip
from analysis.rows import split_rows
from analysis.streams import is_packed, open_regular, unpacked_limit

TABLE_BYTES = 2_000_000_000  # of a table that is held whole: .csv, .tsv, .parquet.gz
STREAM_BYTES = 1_000_000_000_000  # of one that is read as it lies on the disk
_LONGEST_LINE = 4 * MAX_BYTES  # characters of JSON: an article in escapes has up to three times its bytes
_BUFFER = 65_536  # bytes of a column of parquet read at a time
Row = tuple[dict[str, Any], str]


def ending_of(name: str) -> str:
    """Return the ending of a file name in lower case, that under a .gz where it is packed."""
    return Path(name.removesuffix(".gz").removesuffix(".GZ")).suffix.lower()


def _unread(path: Path, skip: Skip) -> Refusal:
    """What is wrong with a table that cannot be read: its words make it invalid, for the rest the file has its own reason."""
    reason = "table-invalid" if skip.reason in ("not-text", "undecodable", "not-regular-file") else skip.reason
    return Refusal(f"{path.name} cannot be read as a table ({skip.reason})", reason=reason)


def _text_of(path: Path, *, limit: int, flags: list[str]) -> Iterator[str]:
    try:
        yield from read_text(path, limit=limit, flags=flags)
    except Skip as skip:
        raise _unread(path, skip) from None


def read_csv(path: Path, *, names: Mapping, given: Mapping, needed: tuple[str, ...]) -> Iterator[Row]:
    """Read a table of words: nothing becomes a number or a missing value. Its text is held whole (`split_rows` says why)."""
    flags: list[str] = []
    text = "".join(_text_of(path, limit=TABLE_BYTES, flags=flags))
    found = split_rows(text)
    header = next((cells for _, cells in found), None)
    if header is None:
        raise Refusal(
            f"{path.name} has no header that can be read",
            reason="table-invalid" if text.strip() else "nothing-to-analyse",
        )
    places = name_columns(header, names=names, given=given, needed=needed, table=path.name)
    for line, cells in found:
        if cells is None or len(cells) > len(header):
            yield {"line": line}, "malformed-row"
        elif len(cells) < len(header):
            yield {"line": line}, "missing-field"
        else:
            yield {**{ours: cells[i] for i, ours in places.items()}, "line": line, "flags": flags}, ""


# ---------------------------------------------------------------- JSON lines


def _no_repeats(pairs: list[tuple]) -> dict:
    if len({k for k, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return {mend_halves(k): mend_halves(v) for k, v in pairs}


def _not_a_number(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def read_jsonl(path: Path, *, names: Mapping, given: Mapping, needed: tuple[str, ...]) -> Iterator[Row]:
    """Read one JSON object a line, a line at a time; a broken line is given back with its number."""
    wanted = with_given(names, given)
    flags: list[str] = []
    for line, raw in split_lines(_text_of(path, limit=STREAM_BYTES, flags=flags), longest=_LONGEST_LINE):
        if raw is None:
            yield {"line": line}, "too-large"
            continue
        if not raw.strip():
            continue
        try:
            record = json.loads(raw, object_pairs_hook=_no_repeats, parse_constant=_not_a_number)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            yield {"line": line}, "malformed-row"
            continue
        plain = {plain_name(str(k)): v for k, v in record.items()}
        if len(plain) < len(record):  # one key in two writings, as two columns of one name
            yield {"line": line}, "malformed-row"
            continue
        row = {o: next((plain[n] for n in guesses if plain.get(n) is not None), "") for o, guesses in wanted.items()}
        if type(row["article_id"]) is int:
            row["article_id"] = str(row["article_id"])
        if any(not isinstance(v, str) for v in row.values()) or any(not row[n] for n in needed if n == "text"):
            yield {"line": line}, "missing-field"
        else:
            yield {**row, "line": line, "flags": flags}, ""


# ---------------------------------------------------------------- parquet


def read_parquet(path: Path, *, names: Mapping, given: Mapping, needed: tuple[str, ...]) -> Iterator[Row]:
    """Read a parquet file in small batches, so that a cell repeated without end meets the limit of a table."""
    with _open_parquet(path) as (file, room):
        header = list(file.schema_arrow.names)
        places = name_columns(header, names=names, given=given, needed=needed, table=path.name)
        for line, values in enumerate(_rows_of(file, {header[i]: ours for i, ours in places.items()}), start=1):
            row = {ours: "" if v is None or v != v else str(v) for ours, v in zip(places.values(), values, strict=True)}
            room -= sum(map(len, row.values()))
            if room < 0:
                raise Refusal(f"{path.name} holds far more than its size allows", reason="decompression-limit")
            if any(isinstance(v, _Undecodable) for v in values):
                yield {"line": line}, "undecodable"
            elif any(isinstance(v, list | dict | bytes) for v in values):
                yield {"line": line}, "missing-field"
            else:
                yield {**row, "line": line}, ""


@contextlib.contextmanager
def _open_parquet(path: Path) -> Iterator[tuple[Any, int]]:
    """Open a parquet file; give it and how many characters its cells may have. A packed one is held whole."""
    try:
        if is_packed(path):
            data: Any = io.BytesIO(read_packed(path, limit=TABLE_BYTES))
        else:
            data = open_regular(path, limit=STREAM_BYTES)
    except Skip as skip:
        raise _unread(path, skip) from None
    with data:
        try:
            from pyarrow.parquet import ParquetFile
        except ImportError:
            raise Refusal(
                f"{path.name}: reading parquet needs pyarrow (pip install pyarrow)", reason="unsupported-format"
            ) from None
        room = unpacked_limit(data.seek(0, io.SEEK_END), limit=STREAM_BYTES)
        try:
            yield ParquetFile(data, buffer_size=_BUFFER, pre_buffer=False), room  # else a whole row group is read
        except Refusal:
            raise
        except Exception:  # any damage that pyarrow finds
            raise Refusal(f"{path.name} cannot be read as parquet", reason="table-invalid") from None


class _Undecodable(bytes):
    """What stands in a cell of words and is no UTF-8."""


def _rows_of(file: Any, columns: Mapping[str, str]) -> Iterator[tuple]:
    for batch in file.iter_batches(batch_size=16, columns=list(columns), use_threads=False):
        for i in range(batch.num_rows):
            yield tuple(_value_of(batch.column(name)[i], ours) for name, ours in columns.items())


def _value_of(cell: Any, ours: str) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError as error:
        return _Undecodable(error.object)
    except (ValueError, ArithmeticError, LookupError):  # a time that no calendar holds, or of an unknown zone
        return "?" if ours == "date" else None  # words that name no day


# ---------------------------------------------------------------- for check


def find_columns(path: Path, *, names: Mapping, given: Mapping) -> tuple[dict[str, str], list[str]]:
    """Find which column of a table, or of a manifest, is taken for what.

    Parameters
    ----------
    path : Path
        A table that its reader accepts.
    names, given : mapping
        As for `name_columns`.

    Returns
    -------
    taken : dict of str to str
        Our column → the user's, as the table writes it.
    unused : list of str
        The user's columns that nothing is taken from.
    """
    lines = ending_of(path.name) == ".jsonl"
    header = _header_of(path)
    places = name_columns(header, names=names, given={} if lines else given, needed=(), table=path.name)
    taken = {ours: header[i] for i, ours in places.items()}
    if lines:
        taken |= {ours: h for ours, theirs in given.items() for h in header if plain_name(h) == theirs}
    return taken, [h for h in header if h not in taken.values()]


def _header_of(path: Path) -> list[str]:
    """Return the columns of a table; of JSON lines, the keys of all of them."""
    if ending_of(path.name) == ".parquet":
        with _open_parquet(path) as (file, _):
            return list(file.schema_arrow.names)
    if ending_of(path.name) != ".jsonl":
        return next((c for _, c in split_rows("".join(_text_of(path, limit=TABLE_BYTES, flags=[]))) if c), [])
    keys: dict[str, None] = {}
    for _, raw in split_lines(_text_of(path, limit=STREAM_BYTES, flags=[]), longest=_LONGEST_LINE):
        try:
            keys |= dict.fromkeys(str(k) for k in json.loads(raw or "null") or ())
        except (ValueError, RecursionError, TypeError):
            continue
    return list({plain_name(k): k for k in reversed(keys)}.values())[::-1]
