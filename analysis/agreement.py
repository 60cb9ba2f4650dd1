"""How far attributions agree with human coding: counts per article, figures, intervals over resampled articles."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from analysis.marks import find_quoted

Span = tuple[int, int]
_EDGE = frozenset(" \t\r\n\xa0,.;:…-–—[]()“”„‟\"«»'’‘`")
_HEAD_ENDS = re.compile(r",|\s(?:of|for|at|in|from|with|on|to|by|who|whom|whose|which|that|and|or|—|–|-)\s|\s\(|\n")
_WORD = re.compile(r"\w[\w'’.-]*\w|\w")
_AUXILIARIES = frozenset(
    "has have had is are was were be been being do does did will would can could may might must should not n't to "
    "also later then that by in on as of a an the it he she they".split()
)
FIGURES = {
    "voice": "voice (narrator or quoted), macro-F1 over letters",
    "quoted": "quoted stretches, F1 (IoU .8)",
    "direct": "direct quotations, F1 (IoU .8)",
    "speaker": "speaker of a direct quotation (head word), accuracy",
    "end_to_end": "direct quotation and speaker both right, F1",
    "indirect": "indirect and mixed contents, F1 (IoU .5)",
    "cue": "cue (main word), F1",
}


def count_agreement(record: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Counter[str]:
    """Count hits and misses in one article.

    Parameters
    ----------
    record : dict
        text; attributions: [{kind, source, cue, content}], the last three lists of [start, end].
    rows : sequence of dict
        What `annotate_attributions` gives for the text.

    Returns
    -------
    Counter
        Sums of these over articles give `summarise_agreement` its figures.
    """
    text = record["text"]
    gold = [a for a in record["attributions"] if a["content"]]
    found = [
        {**r, "content": r.get("spans") or [[r["start"], r["end"]]], "direct": r["kind"] == "direct"} for r in rows
    ]
    counts: Counter[str] = Counter()
    _count_voice(counts, text, gold, found)
    paragraphs = [m.span() for m in re.finditer(r"[^\n]+", text)]
    regions = [(q.start, q.end) for q in find_quoted(text, paragraphs=paragraphs) if q.depth == 0]
    pieces = [
        sorted({p for a in side for p in _pieces(text, _overlaps(a["content"], regions))}) for side in (gold, found)
    ]
    _count(counts, "quoted", pieces[0], pieces[1], _match(pieces[0], pieces[1], _overlap_of_spans, 0.8))
    _count_direct(counts, text, gold, found)
    sets = [[(_letters(text, a["content"]), a) for a in side] for side in (gold, found)]
    wanted_apart = [x for x in sets[0] if x[1]["kind"] != "direct"]
    found_apart = [x for x in sets[1] if not x[1]["direct"]]
    _count(counts, "indirect", wanted_apart, found_apart, _match(wanted_apart, found_apart, _overlap_of_sets, 0.5))
    counts["cue.gold"] += sum(bool(a["cue"]) for a in gold)
    counts["cue.found"] += sum(bool(r["cue"]) for r in found)
    for i, j in _match(sets[0], sets[1], _overlap_of_sets, 0.5):
        wanted = " ".join(text[s:e] for s, e in sets[0][i][1]["cue"])
        counts["cue.hit"] += bool(wanted and _main_words(wanted) & _main_words(sets[1][j][1]["cue"] or ""))
    return counts


def summarise_agreement(counts: Counter[str]) -> dict[str, float]:
    """Return the figures named in FIGURES from summed counts."""

    def f1(hit: float, found: float, gold: float) -> float:
        return 2 * hit / (found + gold) if found + gold else 0.0

    both, ours, theirs, none = (counts[f"voice.{k}"] for k in ("both", "ours", "theirs", "none"))
    figures = {"voice": (2 * both / max(1, 2 * both + ours + theirs) + 2 * none / max(1, 2 * none + ours + theirs)) / 2}
    for name in ("quoted", "direct", "indirect", "cue"):
        figures[name] = f1(counts[f"{name}.hit"], counts[f"{name}.found"], counts[f"{name}.gold"])
    figures["speaker"] = counts["speaker.right"] / max(1, counts["speaker.n"])
    found = counts["direct.found"] - counts["speaker.unnamed"]
    figures["end_to_end"] = f1(counts["speaker.right"], found, counts["direct.named"])
    return {name: figures[name] for name in FIGURES}


def resample_figures(
    units: Sequence[Any], figures: Callable[[Sequence[Any]], dict[str, float]], *, draws: int = 500
) -> dict[str, tuple[float, float, float]]:
    """Return each figure with its 95 % interval from resampling the units (articles, events).

    Parameters
    ----------
    units : sequence
        Counts or codings of one article or event each.
    figures : callable
        Units to named figures.
    draws : int
        Bootstrap draws (seed 0).

    Returns
    -------
    dict of str to (float, float, float)
        Figure, lower and upper end.
    """
    rng = random.Random(0)
    value = figures(units)
    drawn = [figures(rng.choices(units, k=len(units))) for _ in range(draws)]
    out = {}
    for name in value:
        ordered = sorted(d[name] for d in drawn)
        out[name] = (value[name], ordered[int(0.025 * draws)], ordered[min(draws - 1, int(0.975 * draws))])
    return out


def add_counts(units: Iterable[Counter[str]]) -> dict[str, float]:
    """Return the figures of several articles together."""
    total: Counter[str] = Counter()
    for u in units:
        total.update(u)
    return summarise_agreement(total)


# ---------------------------------------------------------------- pieces


def _count(counts: Counter[str], name: str, gold: Sequence, found: Sequence, pairs: list[tuple[int, int]]) -> None:
    counts[f"{name}.gold"] += len(gold)
    counts[f"{name}.found"] += len(found)
    counts[f"{name}.hit"] += len(pairs)


def _count_voice(counts: Counter[str], text: str, gold: list[dict], found: list[dict]) -> None:
    wanted = {i for a in gold for i in _letters(text, a["content"])}
    ours = {i for a in found for i in _letters(text, a["content"])}
    counts["voice.both"] += len(wanted & ours)
    counts["voice.ours"] += len(ours - wanted)
    counts["voice.theirs"] += len(wanted - ours)
    counts["voice.none"] += sum(c.isalnum() for c in text) - len(wanted | ours)


def _count_direct(counts: Counter[str], text: str, gold: list[dict], found: list[dict]) -> None:
    wanted = [(p, a) for a in gold if a["kind"] == "direct" for p in _pieces(text, a["content"])]
    ours = [(p, r) for r in found if r["direct"] for p in _pieces(text, r["content"])]
    pairs = _match(wanted, ours, lambda x, y: _overlap_of_spans(x[0], y[0]), 0.8)
    _count(counts, "direct", wanted, ours, pairs)
    counts["direct.named"] += sum(find_head(text, a["source"]) is not None for _, a in wanted)
    for i, j in pairs:
        source, row = wanted[i][1]["source"], ours[j][1]
        head = find_head(text, source)
        if head is None:
            counts["speaker.unnamed"] += 1
            continue
        counts["speaker.n"] += 1
        if row.get("speaker_start") is None:
            continue
        span = (row["speaker_start"], row["speaker_end"])
        own = find_head(text, [span])
        counts["speaker.right"] += bool(own and _touch(span, head) and any(_touch(tuple(s), own) for s in source))


def find_head(text: str, spans: Sequence[Sequence[int]]) -> Span | None:
    """Return the head word of a source: the last word of its noun phrase, without a possessive ending."""
    if not spans:
        return None
    start, end = spans[0]
    cut = _HEAD_ENDS.search(text[start:end])
    if cut and re.search(r"\w", text[start : start + cut.start()]):
        end = start + cut.start()
    words = [m.span() for m in _WORD.finditer(text, start, end) if m.group().lower() not in ("'s", "’s")]
    if not words:
        return None
    s, e = words[-1]
    return (s, e - 2) if text[e - 2 : e] in ("'s", "’s") else (s, e)


def _touch(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _pieces(text: str, spans: Iterable[Sequence[int]]) -> list[Span]:
    """Cut spans at line ends, join what only marks and blanks part, take marks and blanks off the edges."""
    joined: list[list[int]] = []
    for start, end in sorted((int(s), int(e)) for s, e in spans):
        for m in re.finditer(r"[^\n]+", text[start:end]):
            s, e = start + m.start(), start + m.end()
            gap = text[joined[-1][1] : s] if joined else "\n"
            if joined and s >= joined[-1][0] and "\n" not in gap and all(c in _EDGE for c in gap):
                joined[-1][1] = max(joined[-1][1], e)
            else:
                joined.append([s, e])
    out = []
    for s, e in joined:
        while s < e and text[s] in _EDGE:
            s += 1
        while e > s and text[e - 1] in _EDGE:
            e -= 1
        if s < e:
            out.append((s, e))
    return out


def _overlaps(spans: Iterable[Sequence[int]], regions: list[Span]) -> list[Span]:
    return [(max(s, a), min(e, b)) for s, e in spans for a, b in regions if s < b and a < e]


def _letters(text: str, spans: Iterable[Sequence[int]]) -> set[int]:
    return {i for s, e in spans for i in range(max(0, s), min(e, len(text))) if text[i].isalnum()}


def _main_words(cue: str) -> set[str]:
    words = set(re.findall(r"\w+", cue.lower()))
    return words - _AUXILIARIES or set(cue.split())


def _overlap_of_spans(a: Span, b: Span) -> float:
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return shared / (max(a[1], b[1]) - min(a[0], b[0])) if shared > 0 else 0.0


def _overlap_of_sets(a: tuple[set[int], Any], b: tuple[set[int], Any]) -> float:
    shared = len(a[0] & b[0])
    return shared / len(a[0] | b[0]) if shared else 0.0


def _match(gold: Sequence, found: Sequence, likeness: Callable[[Any, Any], float], least: float) -> list[Span]:
    """Pair one to one, the closest first."""
    scored = [(likeness(g, f), i, j) for i, g in enumerate(gold) for j, f in enumerate(found)]
    used_g, used_f, pairs = set(), set(), []
    for _, i, j in sorted((s for s in scored if s[0] >= least), key=lambda s: (-s[0], s[1], s[2])):
        if i not in used_g and j not in used_f:
            used_g.add(i)
            used_f.add(j)
            pairs.append((i, j))
    return pairs
