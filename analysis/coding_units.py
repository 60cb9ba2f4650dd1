"""The units that human coders get: their texts, their key, and how the suite itself codes them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import pandas as pd

from analysis.alpha import Span
from analysis.by_article import rows_by_article
from analysis.coding_tasks import NOTHING, TASKS, Task, Unit
from analysis.files import sha256
from analysis.refusals import Refusal

Tables = dict[str, pd.DataFrame]
Place = tuple[str, int, int]
_LISTS = ("loaded_per_1k", "one_sided_per_1k", "intensifier_per_1k")
_FITTED = "loaded_words_per_1k"
_NEAR = 400  # characters around a content in which its cue is looked for
_AROUND = 1_000  # characters of a sentence shown on each side of a place
_TOLD = frozenset({"omitted", "not_applicable", "undecided"})


def find_task(tables: Tables, *, what: str) -> Task:
    """Return a task; the labels of `frames` are those that the run has."""
    if what != "frames":
        return TASKS[what]
    coded = tables["frame_codes"]["frame"]
    names = sorted(set(coded if len(coded) else tables["frames"]["frame"]) - {NOTHING})
    if not names:
        raise Refusal("the run has no frames to code", reason="nothing-to-analyse")
    return TASKS[what]._replace(labels=tuple((n, n.replace("_", " ")) for n in names))


def make_key(units: Sequence[Unit], *, what: str, seed: int, stratify: str) -> dict[str, Any]:
    """Return what says which unit is which: places and hashes of texts, no text and no answer."""
    return {
        "what": what,
        "seed": seed,
        "stratify": stratify,
        "units": [
            {"unit": u.unit, "places": [list(p) for p in u.places], "stratum": u.stratum, "sha256": _hash(u.text)}
            for u in units
        ],
    }


def load_units(tables: Tables, key: dict[str, Any]) -> list[Unit]:
    """Return the units of a key with their texts, taken from a run and held against their hashes.

    Raises
    ------
    Refusal
        table-invalid: not a key of ours, or a text is no longer what was coded.
    """
    try:
        what = key["what"]
        rows = [(str(u["unit"]), tuple((str(a), int(s), int(e)) for a, s, e in u["places"]), u) for u in key["units"]]
        hashes = [str(u["sha256"]) for *_, u in rows]
        strata = [str(u["stratum"]) for *_, u in rows]
    except (KeyError, TypeError, ValueError):
        what, rows = "", []
    if what not in TASKS or not rows or not all(places for _, places, _ in rows):
        raise Refusal("the key is not one that `code export` wrote", reason="table-invalid")
    if what == "statements" and any(len(places) != 2 for _, places, _ in rows):
        raise Refusal("the key has a pair that is none", reason="table-invalid")
    texts = load_texts(tables, what=what, places=[places for _, places, _ in rows])
    units = [Unit(u, t, p, s) for (u, p, _), t, s in zip(rows, texts, strata, strict=True)]
    for unit, digest in zip(units, hashes, strict=True):
        if _hash(unit.text) != digest:
            raise Refusal(
                f"{unit.unit} is not in this run as it was coded; give the run that the sample was drawn from",
                reason="table-invalid",
            )
    return units


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "replace"))[:16]


# ---------------------------------------------------------------- texts


def load_texts(tables: Tables, *, what: str, places: Sequence[tuple[Place, ...]]) -> list[str]:
    """Return what a coder sees of each unit; an empty text where the run does not have it."""
    rows = rows_by_article(tables["sentences"])
    exact = {(a, s.start, s.end): s.text for a, of in rows.items() for s in of}
    if what == "statements":
        return [f"[1] {exact.get(a, '')}\n[2] {exact.get(b, '')}" for a, b in places]
    if what == "findings":
        dates = dict(zip(tables["articles"]["article_id"], tables["articles"]["date"], strict=True))
        return [_passage(rows.get(p[0][0], []), p[0], dates.get(p[0][0], "")) for p in places]
    if what == "frames":
        return [exact[p[0]] if p[0] in exact else "\n".join(s.text for s in rows.get(p[0][0], [])) for p in places]
    return [exact.get(p[0], "") for p in places]


def _passage(sentences: Sequence[Any], place: Place, date: str) -> str:
    """Return the sentence of a place with the place marked, the sentence before it, and the article's date."""
    _, start, end = place
    first = bisect_left(sentences, start + 1, key=lambda s: s.end)
    last = bisect_left(sentences, end, key=lambda s: s.start)
    told = []
    for s in sentences[first:last]:
        a, b = (min(max(x - s.start, 0), len(s.text)) for x in (start, end))
        told.append(f"{s.text[max(0, a - _AROUND) : a]}⟦{s.text[a:b]}⟧{s.text[b : b + _AROUND]}")
    if not told:
        return ""
    before = [sentences[first - 1].text[-_AROUND:]] if first else []
    return "\n".join([f"Article of {date}." if date else "Article without a date.", " ".join([*before, *told])])


# ---------------------------------------------------------------- the suite's own coding


def find_tellers(tables: Tables) -> dict[tuple[str, int], set[str]]:
    """Return the statements that each sentence (article, number) tells."""
    told = defaultdict(set)
    for r in tables["renderings"].itertuples(index=False):
        if r.sentence_id >= 0 and r.rendering not in _TOLD:
            told[r.article_id, r.sentence_id].add(r.statement_id)
    return told


class Voices:
    """Who speaks in a sentence, and how its content is quoted, as the suite has it; used to draw, never shown."""

    def __init__(self, attributions: pd.DataFrame):
        outer = attributions[attributions["nested_in"] < 0]
        outer = outer.sort_values(["article_id", "start"], kind="stable")
        self.of = rows_by_article(outer)
        self.starts = {a: [r.start for r in rows] for a, rows in self.of.items()}
        self.reach = {a: list(accumulate((r.end for r in rows), max)) for a, rows in self.of.items()}

    def over(self, place: Place) -> Iterator[Any]:
        """Give the attributions whose content lies in a place, or in part."""
        article, start, end = place
        i = bisect_left(self.starts.get(article, []), end) - 1
        while i >= 0 and self.reach[article][i] > start:
            if self.of[article][i].end > start:
                yield self.of[article][i]
            i -= 1

    def kind(self, place: Place) -> str:
        """Return the quotation type of most of the attributed letters, or none."""
        _, start, end = place
        letters: dict[str, int] = defaultdict(int)
        for r in self.over(place):
            letters[r.quotation_type] += max(0, min(end, r.end) - max(start, r.start))
        most = max(sorted(letters), key=lambda k: letters[k], default="none")
        return most if letters.get(most) else "none"


def code_units(tables: Tables, units: Sequence[Unit], *, what: str) -> dict[str, list[Span]]:
    """Return how the suite codes each unit: spans (offsets into the unit's text), or codes as (0, 0, code)."""
    if what == "attributions":
        return _code_attributions(tables, units)
    if what == "wording":
        return _code_wording(tables, units)
    found: dict[str, list[Span]] = {}
    if what == "statements":
        s = tables["sentences"]
        number = {(r.article_id, r.start, r.end): (r.article_id, r.sentence_id) for r in s.itertuples(index=False)}
        told = find_tellers(tables)
        for u in units:
            a, b = (told.get(number.get(p, ("", -1)), set()) for p in u.places)
            found[u.unit] = [(0, 0, "yes" if a & b else "no")]
    elif what == "findings":
        f = tables["findings"][tables["findings"]["status"] == "flagged"]
        flagged = set(zip(f["article_id"], f["start"].astype(int), f["end"].astype(int), strict=True))
        found = {u.unit: [(0, 0, "yes" if u.places[0] in flagged else "no")] for u in units}
    else:
        by_sentence = bool(len(tables["frame_codes"]))
        f = tables["frame_codes"] if by_sentence else tables["frames"][tables["frames"]["answer"] == "yes"]
        frames = defaultdict(set)
        for r in f.itertuples(index=False):
            frames[(r.article_id, r.start, r.end) if by_sentence else r.article_id].add(r.frame)
        for u in units:
            names = sorted(frames.get(u.places[0] if by_sentence else u.places[0][0], ())) or [NOTHING]
            found[u.unit] = [(0, 0, name) for name in names]
    return found


def _code_wording(tables: Tables, units: Sequence[Unit]) -> dict[str, list[Span]]:
    t = tables["terms"]
    fitted = t[t["measure"] == _FITTED]
    terms = fitted if len(fitted) else t[t["measure"].isin(_LISTS)]
    of = rows_by_article(terms)
    found = {}
    for u in units:
        article, start, end = u.places[0]
        spans = {
            (r.start - start, min(r.end, end) - start, "loaded") for r in of.get(article, []) if start <= r.start < end
        }
        found[u.unit] = sorted(spans)
    return found


def _code_attributions(tables: Tables, units: Sequence[Unit]) -> dict[str, list[Span]]:
    of = Voices(tables["attributions"]).of  # all of an article: a source may stand in another sentence than its content
    found = {}
    for u in units:
        article, start, end = u.places[0]
        spans: set[Span] = set()
        for r in of.get(article, []):
            if r.start < end and start < r.end:
                spans.add((max(r.start, start) - start, min(r.end, end) - start, r.quotation_type))
            if start <= r.source_start < end:
                spans.add((r.source_start - start, min(r.source_end, end) - start, "source"))
            if r.cue and (start <= r.start < end or start <= r.source_start < end):
                spans |= _find_cue(u.text, r.cue, (r.start - start, r.end - start))
        found[u.unit] = sorted(spans)
    return found


def _find_cue(text: str, cue: str, content: tuple[int, int]) -> set[Span]:
    """Find the reporting words outside the content, nearest to it; the table has the words without their place."""
    words = re.compile(rf"(?<!\w){re.escape(cue)}(?!\w)")
    before = words.finditer(text, max(0, content[0] - _NEAR), max(0, content[0]))
    after = words.finditer(text, max(0, content[1]), max(0, content[1]) + _NEAR)
    outside = [m.span() for found in (before, after) for m in found]
    if not outside:
        return set()
    s, e = min(outside, key=lambda p: (max(content[0] - p[1], p[0] - content[1]), p[0]))
    return {(s, e, "cue")}
