"""Records of JSON lines, one analysis each: read whole, and refused with their line where a field is not what it must be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.files import decode, mend_halves, read_bytes
from analysis.refusals import Refusal, Skip

_MOST_BYTES = 2_000_000_000
_NEEDED: dict[str, dict[str, type]] = {  # analysis → the fields it reads, and what each must be
    "attributions": {"doc_id": object, "text": str},
    "wording": {"id": object, "text": str},
    "valence": {"id": object, "text": str, "start": int, "end": int},
    "frames": {"id": object, "text": str},
    "errors": {"id": object, "text": str},
    "fidelity": {"id": object, "a": str, "b": str},
    "align": {"event": object, "articles": dict},
}
_NAMES = {str: "a string", int: "a whole number", dict: "an object", list: "a list"}


def read_records(path: Path, *, analysis: str) -> Iterator[dict]:
    """Yield the records of a file of JSON lines.

    Parameters
    ----------
    path : Path
    analysis : str
        What they are for: a word of `annotate`, or ``align``.

    Raises
    ------
    Refusal
        The file cannot be read; malformed-row: a line is no JSON object; missing-field: a field is absent or of another
        type than the analysis reads.
    """
    try:
        text, _ = decode(read_bytes(path, limit=_MOST_BYTES))
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read", reason=skip.reason) from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                record = json.loads(line, object_hook=lambda found: {k: mend_halves(v) for k, v in found.items()})
            except (ValueError, RecursionError):
                record = None
            place = f"{path.name}, line {number}"
            if not isinstance(record, dict):
                raise Refusal(f"{place} is not a JSON object", reason="malformed-row")
            _check_fields(record, _NEEDED[analysis], place)
            if analysis == "align":
                _check_articles(record["articles"], place)
            yield record


def _check_fields(record: Any, needed: dict[str, type], place: str) -> None:
    if not isinstance(record, dict):
        raise Refusal(f"{place} must be an object", reason="missing-field")
    for key, kind in needed.items():
        if key not in record:
            raise Refusal(f"{place}: there is no {key}", reason="missing-field")
        if not isinstance(record[key], kind) or (kind is int and isinstance(record[key], bool)):
            raise Refusal(f"{place}: {key} must be {_NAMES[kind]}", reason="missing-field")


def _check_articles(articles: dict, place: str) -> None:
    for outlet, article in articles.items():
        _check_fields(article, {"sentences": list}, f"{place}: {outlet[:60]}")
