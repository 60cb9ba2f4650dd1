"""One table of articles, or a manifest: .csv, .tsv, .jsonl, .parquet. Words stay words, and every row is counted."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from analysis.columns import name_columns, plain_name, with_given
from analysis.files import decode, decode_exactly, mend_halves, read_packed, unpacked_limit
from analysis.refusals import Refusal, Skip
from analysis.rows import split_rows

TABLE_BYTES = 2_000_000_000


def skipped_item(file: str, line: int, article_id: str, *, reason: str) -> dict:
    """Return the row of an item that cannot be read."""
    return {"file": file, "line": line, "article_id": article_id, "status": "skipped", "reason": reason, "flags": ()}


def read_csv(path: Path, *, names: Mapping, given: Mapping, needed: tuple[str, ...]) -> tuple[list[dict], list[dict]]:
    """Read a table of words: nothing becomes a number or a missing value, and every row is counted."""
    try:
        text, _ = decode_exactly(read_packed(path, limit=TABLE_BYTES))
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read as a table ({skip.reason})", reason="table-invalid") from None
    found = split_rows(text)
    header = next((cells for _, cells in found), None)
    if header is None:
        raise Refusal(
            f"{path.name} has no header that can be read",
            reason="table-invalid" if text.strip() else "nothing-to-analyse",
        )
    places = name_columns(header, names=names, given=given, needed=needed, table=path.name)
    rows, skipped = [], []
    for line, cells in found:
        if cells is None or len(cells) > len(header):
            skipped.append(skipped_item(path.name, line, "", reason="malformed-row"))
        elif len(cells) < len(header):
            skipped.append(skipped_item(path.name, line, "", reason="missing-field"))
        else:
            rows.append({**{ours: cells[i] for i, ours in places.items()}, "line": line})
    return rows, skipped


def _no_repeats(pairs: list[tuple]) -> dict:
    if len({k for k, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return {mend_halves(k): mend_halves(v) for k, v in pairs}


def _not_a_number(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def read_jsonl(path: Path, *, names: Mapping, given: Mapping, needed: tuple[str, ...]) -> tuple[list[dict], list[dict]]:
    """Read one JSON object a line; a broken line is skipped with its number."""
    try:
        text, _ = decode(read_packed(path, limit=TABLE_BYTES))
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read as a table ({skip.reason})", reason="table-invalid") from None
    rows, skipped, wanted = [], [], with_given(names, given)
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw, object_pairs_hook=_no_repeats, parse_constant=_not_a_number)
        except (ValueError, RecursionError):
            skipped.append(skipped_item(path.name, line, "", reason="malformed-row"))
            continue
        if not isinstance(record, dict):
            skipped.append(skipped_item(path.name, line, "", reason="malformed-row"))
            continue
        plain = {plain_name(str(k)): v for k, v in record.items()}
        row = {o: next((plain[n] for n in guesses if plain.get(n) is not None), "") for o, guesses in wanted.items()}
        if type(row["article_id"]) is int:
            row["article_id"] = str(row["article_id"])
        if any(not isinstance(v, str) for v in row.values()) or any(not row[n] for n in needed if n == "text"):
            skipped.append(skipped_item(path.name, line, "", reason="missing-field"))
            continue
        rows.append({**row, "line": line})
    return rows, skipped


def read_parquet(
    path: Path, *, names: Mapping, given: Mapping, needed: tuple[str, ...]
) -> tuple[list[dict], list[dict]]:
    """Read a parquet file in small batches, so that a cell repeated without end meets the limit of a table."""
    try:
        data = read_packed(path, limit=TABLE_BYTES)
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read as a table", reason=skip.reason) from None
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise Refusal(
            f"{path.name}: reading parquet needs pyarrow (pip install pyarrow)", reason="unsupported-format"
        ) from None
    rows, skipped, room = [], [], unpacked_limit(len(data), limit=TABLE_BYTES)
    try:
        file = ParquetFile(io.BytesIO(data))
        header = list(file.schema_arrow.names)
        places = name_columns(header, names=names, given=given, needed=needed, table=path.name)
        for line, values in enumerate(_rows_of(file, [header[i] for i in places]), start=1):
            row = {ours: "" if v is None or v != v else str(v) for ours, v in zip(places.values(), values, strict=True)}
            room -= sum(map(len, row.values()))
            if room < 0:
                raise Refusal(f"{path.name} holds far more than its size allows", reason="decompression-limit")
            if any(isinstance(v, list | dict | bytes) for v in values):
                skipped.append(skipped_item(path.name, line, "", reason="missing-field"))
            else:
                rows.append({**row, "line": line})
    except Refusal:
        raise
    except Exception:  # any damage that pyarrow finds
        raise Refusal(f"{path.name} cannot be read as parquet", reason="table-invalid") from None
    return rows, skipped


def _rows_of(file, header: list[str]) -> Iterator[tuple]:
    for batch in file.iter_batches(batch_size=16, columns=header, use_threads=False):
        for i in range(batch.num_rows):
            yield tuple(batch.column(name)[i].as_py() for name in header)


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
    ending = Path(path.name.removesuffix(".gz")).suffix.lower()
    if ending == ".parquet":
        from pyarrow.parquet import ParquetFile

        header = list(ParquetFile(io.BytesIO(read_packed(path, limit=TABLE_BYTES))).schema_arrow.names)
    else:
        text, _ = decode_exactly(read_packed(path, limit=TABLE_BYTES))
        header = _keys_of(text) if ending == ".jsonl" else next((c for _, c in split_rows(text) if c), [])
    places = name_columns(header, names=names, given=given if ending != ".jsonl" else {}, needed=(), table=path.name)
    taken = {ours: header[i] for i, ours in places.items()}
    if ending == ".jsonl":
        taken |= {ours: h for ours, theirs in given.items() for h in header if plain_name(h) == theirs}
    return taken, [h for h in header if h not in taken.values()]


def _keys_of(text: str) -> list[str]:
    keys: dict[str, None] = {}
    for raw in text.split("\n"):
        try:
            keys |= dict.fromkeys(str(k) for k in json.loads(raw or "null") or ())
        except (ValueError, RecursionError, TypeError):
            continue
    return list({plain_name(k): k for k in reversed(keys)}.values())[::-1]
