"""Samples for human coders on their way out and back: CSV, doccano, Label Studio, INCEpTION (WebAnno TSV 3.3)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pandas as pd
from rapidfuzz import process

from analysis.alpha import Span
from analysis.coding_tasks import NOTHING, PART, Task, Unit
from analysis.coding_tsv import make_tsv, read_tsv
from analysis.escape import for_html, from_cell
from analysis.files import decode, read_bytes
from analysis.refusals import Refusal, Skip
from analysis.table_files import to_csv
from analysis.views import straighten

FORMATS = ("csv", "doccano", "labelstudio", "inception")
_LIMIT = 200_000_000  # bytes of a coded file
_PLAIN = "code"  # the column of a table for units that get a code as a whole


class Coded(NamedTuple):
    """What one coder said of one unit: spans (offsets into its text), or codes as (0, 0, code); none: nothing there."""

    coder: str
    unit: str
    spans: tuple[Span, ...]
    line: int


# ---------------------------------------------------------------- out


def make_files(units: Sequence[Unit], *, task: Task, form: str) -> dict[str, bytes]:
    """Return the files for coders by name: the units' texts and nothing that tells what the suite thinks."""
    if form == "csv":
        columns = task.names if task.spans else (_PLAIN,)
        rows = [{"unit": u.unit, "text": u.text, **dict.fromkeys(columns, ""), "coder": "", "note": ""} for u in units]
        return {"sample.csv": to_csv(pd.DataFrame(rows))}
    if form == "doccano":
        lines = [json.dumps({"text": u.text, "label": [], "unit": u.unit}, ensure_ascii=False) for u in units]
        return {"sample.jsonl": _encode("".join(line + "\n" for line in lines))}
    if form == "labelstudio":
        tasks = [json.dumps({"data": {"unit": u.unit, "text": u.text}}, ensure_ascii=False) for u in units]
        return {
            "sample.json": _encode("[\n" + ",\n".join(tasks) + "\n]\n"),
            "labelling_config.xml": _encode(_make_config(task)),
        }
    return {"sample.tsv": _encode(make_tsv(units))}


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _make_config(task: Task) -> str:
    """Return the labelling interface for Label Studio: Labels for stretches, Choices for units."""
    kind, one = ("Labels", "Label") if task.spans else ("Choices", "Choice")
    more = "" if task.spans else f' choice="{"multiple" if task.several else "single"}" required="true"'
    names = "\n".join(f'    <{one} value="{for_html(name)}"/>' for name in task.names)
    return (
        f'<View>\n  <Style>.htx-text {{ white-space: pre-wrap; }}</Style>\n  <Header value="{for_html(task.question)}"/>\n'
        f'  <{kind} name="code" toName="text"{more}>\n{names}\n  </{kind}>\n'
        '  <Text name="text" value="$text" granularity="word"/>\n</View>\n'
    )


# ---------------------------------------------------------------- back


class _Reader:
    """One coded file: what it says of the units it knows, and where it is broken."""

    def __init__(self, path: Path, units: Sequence[Unit], task: Task, coder: str):
        self.name, self.task, self.coder = path.name, task, coder
        self.units = {u.unit: u for u in units}
        self.by_text = {u.text.strip(): u for u in units}
        self.found: list[Coded] = []
        self._wide: dict[str, list[int]] = {}

    def characters(self, unit: Unit) -> list[int]:
        """Return for each UTF-16 unit of a text, and its end, the character it belongs to."""
        if unit.unit not in self._wide:
            places = [i for i, c in enumerate(unit.text) for _ in range(2 if ord(c) > 0xFFFF else 1)]
            self._wide[unit.unit] = [*places, len(unit.text)]
        return self._wide[unit.unit]

    def refuse(self, line: int, why: str) -> NoReturn:
        raise Refusal(f"{self.name}, line {line}: {why}", reason="malformed-row")

    def unit(self, name: object, line: int, *, text: object = None) -> Unit:
        """Return the unit of a record: by its name, else by its text, which must be the one that was given out."""
        unit = self.units.get(name) if isinstance(name, str) else None
        if unit is None and not name and isinstance(text, str):
            unit = self.by_text.get(text.strip())
        if unit is None:
            self.refuse(line, f"there is no unit {str(name)[:40]!r} in the key")
        if text is not None and (not isinstance(text, str) or text.strip() != unit.text.strip()):
            self.refuse(line, f"the text of {unit.unit} is not the one that was given out")
        return unit

    def label(self, name: object, line: int) -> str:
        if not isinstance(name, str) or name.strip() not in self.task.names:
            near = process.extractOne(str(name)[:60], self.task.names)
            self.refuse(line, f"{str(name)[:60]!r} is no label of this task; did you mean {near[0] if near else ''}?")
        return name.strip()

    def add(self, unit: Unit, spans: Sequence[Span], line: int, *, coder: str = "") -> None:
        """Keep what a coder says of a unit; `nothing` stands alone, and a single code is one."""
        labels = {label for _, _, label in spans}
        real = sorted({s for s in spans if s[2] != NOTHING})
        if NOTHING in labels and real:
            self.refuse(line, f"{unit.unit} is coded as `{NOTHING}` and as {real[0][2]!r}")
        if not self.task.spans:
            if not self.task.several and len(labels) > 1:
                self.refuse(line, f"{unit.unit} has two codes: {', '.join(sorted(labels))}")
            real = [(0, 0, label) for label in sorted(labels)]
        for start, end, _ in real:
            if self.task.spans and not 0 <= start < end <= len(unit.text):
                self.refuse(line, f"a stretch from {start} to {end} is not in the text of {unit.unit}")
        self.found.append(Coded(coder or self.coder, unit.unit, tuple(real), line))


def load_coded(path: Path, *, units: Sequence[Unit], task: Task, coder: str) -> list[Coded]:
    """Read one coded file back; units left blank are left out.

    Parameters
    ----------
    path : Path
        .csv, doccano .jsonl, Label Studio .json or WebAnno .tsv.
    units : sequence of Unit
        The sample.
    task : Task
    coder : str
        Who coded it, where the file does not say.

    Raises
    ------
    Refusal
        unsupported-format, or malformed-row with the line: not what the format asks for, an unknown unit or label, a
        changed text, a stretch that is not in the text.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise Refusal(
            f"{path.name} is not coded as .csv, .jsonl, .json or .tsv (unpack an export first)",
            reason="unsupported-format",
        )
    try:
        text, _ = decode(read_bytes(path, limit=_LIMIT))
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read", reason=skip.reason) from None
    reader = _Reader(path, units, task, coder)
    read(reader, text)
    return reader.found


def check_coders(coded: Sequence[Coded], *, name: str) -> None:
    """Refuse two codings of one unit by one coder that differ."""
    seen: dict[tuple[str, str], Coded] = {}
    for c in coded:
        first = seen.setdefault((c.coder, c.unit), c)
        if first.spans != c.spans:
            raise Refusal(
                f"{name}, line {c.line}: {c.coder} coded {c.unit} twice, and not alike", reason="malformed-row"
            )


# ---------------------------------------------------------------- tables


def _read_csv(r: _Reader, text: str) -> None:
    usual = csv.field_size_limit(2**31 - 1)  # an article in a cell is longer than csv allows by default
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=lambda c: first.count(c))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    header: list[str] = []
    before = 0
    try:
        for row in rows:
            line, before = before + 1, rows.line_num  # a row may go over several lines; its first is named
            if not header:
                header = [
                    c.strip().lower() if c.strip().lower() in ("unit", "text", "coder") else c.strip() for c in row
                ]
                wanted = r.task.names if r.task.spans else (_PLAIN,)
                if missing := [c for c in ("unit", *wanted) if c not in map(from_cell, header)]:
                    r.refuse(line, f"the header lacks {', '.join(missing)}")
                header = [from_cell(c) for c in header]
            elif any(c.strip() for c in row):
                if len(row) != len(header):
                    r.refuse(line, f"{len(row)} cells where the header has {len(header)}")
                _read_row(r, {h: from_cell(c) for h, c in zip(header, row, strict=True)}, line)
    except csv.Error as error:
        r.refuse(before + 1, f"not a table ({error})")
    finally:
        csv.field_size_limit(usual)
    if not header:
        r.refuse(1, "the file is empty")


def _read_row(r: _Reader, row: dict[str, str], line: int) -> None:
    unit = r.unit(row["unit"].strip(), line)
    coder = row.get("coder", "").strip()
    if not r.task.spans:
        codes = [r.label(c, line) for c in row[_PLAIN].split(PART.strip()) if c.strip()]
        if codes:
            r.add(unit, [(0, 0, c) for c in codes], line, coder=coder)
        return
    spans: list[Span] = [(0, 1, NOTHING)] if row[NOTHING].strip() else []
    views: list[Callable[[str], str]] = [str, straighten, lambda t: straighten(t).lower()]
    for label in r.task.names[:-1]:
        times: Counter[str] = Counter()  # the same words once more stand for their next place
        for words in (w.strip() for w in row[label].split(PART.strip())):
            if words:
                times[words] += 1
                spans.append(_find_words(r, unit, words, times[words], views, line, label))
    if spans:
        r.add(unit, spans, line, coder=coder)


def _find_words(
    r: _Reader, unit: Unit, words: str, nth: int, views: list[Callable[[str], str]], line: int, label: str
) -> Span:
    """Find copied words in the text: as they are, then with plain marks, then in any case."""
    for view in views:
        pattern = rf"(?<!\w){re.escape(view(words))}(?!\w)" if words[0].isalnum() else re.escape(view(words))
        places = [m.span() for m in re.finditer(pattern, view(unit.text))]
        if places:
            if nth > len(places):
                r.refuse(line, f"{words[:60]!r} stands {len(places)} times in {unit.unit}, not {nth}")
            return (*places[nth - 1], label)
    r.refuse(line, f"{words[:60]!r} does not stand in {unit.unit}")


# ---------------------------------------------------------------- doccano


def _read_doccano(r: _Reader, text: str) -> None:
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        row = _load_json(raw)
        if not isinstance(row, dict):
            r.refuse(line, "not a JSON object")
        if not isinstance(row.get("text"), str):
            r.refuse(line, "no text")
        meta = row.get("meta")
        named = row.get("unit") or (meta.get("unit") if isinstance(meta, dict) else None)
        unit = r.unit(named, line, text=row["text"])
        cut = unit.text.find(row["text"])  # an importer may have taken blanks off
        shift = max(cut, 0) - max(row["text"].find(unit.text), 0)
        marks: Any = next((row[k] for k in ("entities", "label", "labels", "cats", "category") if row.get(k)), [])
        marks = [marks] if isinstance(marks, str) else marks
        if not isinstance(marks, list):
            r.refuse(line, "the labels are not a list")
        if r.task.spans:
            spans = [_doccano_span(r, m, line) for m in marks]
            found = [(s + shift, e + shift, label) for s, e, label in spans]
        else:
            found = [(0, 0, r.label(m, line)) for m in marks]
        if found:
            r.add(unit, found, line)


def _doccano_span(r: _Reader, mark: Any, line: int) -> Span:
    if isinstance(mark, dict):
        mark = [mark.get("start_offset"), mark.get("end_offset"), mark.get("label")]
    if not isinstance(mark, list) or len(mark) != 3 or not all(type(x) is int for x in mark[:2]):
        r.refuse(line, "a label is not [start, end, label]")
    return mark[0], mark[1], r.label(mark[2], line)


def _load_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


# ---------------------------------------------------------------- Label Studio


def _read_labelstudio(r: _Reader, text: str) -> None:
    tasks = list(_tasks_of(r, text))
    who = {_who(a) for _, t in tasks for a in _annotations(t)}
    for line, task in tasks:
        data = task.get("data")
        if not isinstance(data, dict) or not isinstance(task.get("annotations"), list):
            r.refuse(line, "not a task with data and annotations; export as JSON, not JSON-MIN")
        unit = r.unit(data.get("unit"), line, text=data.get("text"))
        for annotation in _annotations(task):
            if annotation.get("was_cancelled"):
                continue  # skipped by the coder: not coded
            results = annotation.get("result")
            if not isinstance(results, list):
                r.refuse(line, "an annotation without its result")
            spans = [s for result in results for s in _labelstudio_spans(r, result, unit, line)]
            if spans or r.task.spans:  # submitted with no stretch: nothing there
                r.add(unit, spans, line, coder=r.coder if len(who) == 1 else f"{r.coder} {_who(annotation)}")


def _annotations(task: dict) -> list[dict]:
    found = task.get("annotations")
    return [a for a in found if isinstance(a, dict)] if isinstance(found, list) else []


def _who(annotation: dict) -> str:
    who = annotation.get("completed_by", "")
    if isinstance(who, dict):
        who = who.get("email") or who.get("id") or ""
    return str(who)[:60]


def _tasks_of(r: _Reader, text: str) -> Iterator[tuple[int, dict]]:
    """Read the elements of a JSON list one by one, each with the line it begins in."""
    decoder, blank = json.JSONDecoder(), re.compile(r"[ \t\n]*")
    at = blank.match(text, 0).end()  # type: ignore[union-attr]
    line, counted = 1, 0
    if text[at : at + 1] != "[":
        r.refuse(1, "not a JSON list of tasks")
    at = blank.match(text, at + 1).end()  # type: ignore[union-attr]
    while text[at : at + 1] != "]":
        line, counted = line + text.count("\n", counted, at), at
        try:
            element, at = decoder.raw_decode(text, at)
        except ValueError as error:
            r.refuse(getattr(error, "lineno", line), "not JSON")
        except RecursionError:
            r.refuse(line, "not JSON")
        if not isinstance(element, dict):
            r.refuse(line, "not a task")
        yield line, element
        at = blank.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] == ",":
            at = blank.match(text, at + 1).end()  # type: ignore[union-attr]
        elif text[at : at + 1] != "]":
            r.refuse(line + text.count("\n", counted, at), "the list is not closed")


def _labelstudio_spans(r: _Reader, result: Any, unit: Unit, line: int) -> list[Span]:
    value = result.get("value") if isinstance(result, dict) else None
    if not isinstance(value, dict):
        r.refuse(line, "a result without a value")
    if not r.task.spans:
        choices = value.get("choices", [])
        return [(0, 0, r.label(c, line)) for c in (choices if isinstance(choices, list) else [choices])]
    start, end, labels = value.get("start"), value.get("end"), value.get("labels")
    if type(start) is not int or type(end) is not int or not isinstance(labels, list):
        r.refuse(line, "a stretch without start, end and labels")
    if not 0 <= start < end:
        r.refuse(line, f"a stretch from {start} to {end}")
    # the page counts UTF-16 units; the words beside the offsets tell where that differs from characters
    wide = r.characters(unit)
    if end >= len(wide):
        r.refuse(line, f"a stretch from {start} to {end} is not in the text of {unit.unit}")
    places = [wide[start], wide[end]]
    said = value.get("text")
    if isinstance(said, str) and unit.text[places[0] : places[1]] != said and unit.text[start:end] == said:
        places = [start, end]
    return [(places[0], places[1], r.label(name, line)) for name in labels]


# ---------------------------------------------------------------- INCEpTION


def _read_inception(r: _Reader, text: str) -> None:
    for unit, spans, line in read_tsv(text, units=list(r.units.values()), labels=r.task.names, refuse=r.refuse):
        r.add(unit, spans, line)


_READERS: dict[str, Callable[[_Reader, str], None]] = {
    ".csv": _read_csv,
    ".jsonl": _read_doccano,
    ".json": _read_labelstudio,
    ".tsv": _read_inception,
}
