"""From labelled words to attributions: which content belongs to which cue and source, and who is speaking."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np

from analysis.attribute_rules import label_sentence
from analysis.attribute_words import B_CONTENT, B_CUE, B_SOURCE, OUT, Words, load_reporting_verbs
from analysis.names import Names

Span = tuple[int, int]
_REACH = 60  # words looked at around a quotation
_NEAR = 25  # words a quotation may stand from a cue in another sentence
_FAR = 60.0  # words: what is farther off does not belong together
_EDGE = frozenset(",;:.-—–…?!()[]") | {"\u2026"}
_DASHES = frozenset("-—–―~") | {"--"}
_MARKS = frozenset("\"'“”„«‘") | {"''", "``"}


@dataclass
class Attribution:
    """One attribution; spans are half-open word numbers of the batch."""

    content: list[Span]
    cue: Span | None = None
    source: Span | None = None
    speakers: list[str] = field(default_factory=list)
    kind: str = ""  # direct | indirect | mixed
    confidence: float = 0.0
    nested_in: int = -1


def link_attributions(words: Words, labels: np.ndarray, sure: np.ndarray) -> list[list[Attribution]]:
    """Join the labelled spans of each paragraph into attributions and name their speakers.

    Parameters
    ----------
    words : Words
        A batch of articles.
    labels : ndarray of int
        One label per word.
    sure : ndarray of float
        One confidence per word.

    Returns
    -------
    list of list of Attribution
        Per article, in order of content.
    """
    found: list[list[Attribution]] = [[] for _ in words.texts]
    spans = [_spans(labels, begin) for begin in (B_SOURCE, B_CUE, B_CONTENT)]
    starts = [np.array([s for s, _ in of], np.int64) for of in spans]
    edges = [(np.searchsorted(at, words.lo), np.searchsorted(at, words.hi)) for at in starts]
    for p in np.unique(words.paragraph[starts[2]]).tolist() if len(starts[2]) else []:
        sources, cues, contents = (of[lo[p] : hi[p]] for of, (lo, hi) in zip(spans, edges, strict=True))
        a = int(words.article[words.lo[p]])
        contents = [c for span in contents for piece in _by_sentence(words, span) for c in _trimmed(words, piece)]
        if contents:
            linked = _link_paragraph(words, sources, cues, contents)
            _look_around(words, p, linked, labels)
            found[a].extend(linked)
    for a, attributions in enumerate(found):
        if attributions:
            find_speakers(words, a, attributions)
        for item in attributions:
            item.kind = quotation_type(words, item)
            # each stretch summed by itself: a running total would depend on the articles before it
            summed = sum(float(sure[s:e].sum(dtype=np.float64)) for s, e in item.content)
            item.confidence = summed / sum(e - s for s, e in item.content)
    return found


def link_spans(words: Words, labels: np.ndarray, lo: int, hi: int) -> list[Attribution]:
    """Join the labelled spans among some words of one paragraph into attributions, without speakers."""
    sources, cues, contents = (
        [(lo + s, lo + e) for s, e in _spans(labels[lo:hi], begin)] for begin in (B_SOURCE, B_CUE, B_CONTENT)
    )
    contents = [c for span in contents for c in _trimmed(words, span)]
    return _link_paragraph(words, sources, cues, contents)


def _spans(labels: np.ndarray, begin: int) -> list[Span]:
    """Runs of begin and inside labels as half-open spans."""
    inside = (labels == begin) | (labels == begin + 1)
    before = np.concatenate([[False], inside[:-1]])
    starts = np.flatnonzero(inside & ((labels == begin) | ~before))
    after = np.concatenate([inside[1:] & (labels[1:] != begin), [False]])
    ends = np.flatnonzero(inside & ~after) + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _by_sentence(words: Words, span: Span) -> list[Span]:
    """Part a content that holds marks at the ends of sentences outside them."""
    s, e = span
    if words.sentence_of[s] == words.sentence_of[e - 1] or max(words.quote_of[s:e]) < 0:
        return [span]
    cuts = [
        i
        for i in range(s + 1, e)
        if words.sentence_of[i] != words.sentence_of[i - 1]
        and (words.quote_of[i] < 0 or words.quote_of[i] != words.quote_of[i - 1])
    ]
    return list(zip([s, *cuts], [*cuts, e], strict=True))


def _trimmed(words: Words, span: Span) -> list[Span]:
    """Take punctuation off the edges of a content, outside quotation marks."""
    s, e = span
    while s < e and words.norm[s] in _EDGE and words.quote_of[s] < 0:
        s += 1
    while s < e and words.norm[e - 1] in _EDGE and words.quote_of[e - 1] < 0:
        e -= 1
    return [(s, e)] if s < e else []


def _gap(a: Span, b: Span) -> int:
    return max(b[0] - a[1], a[0] - b[1], 0)


def _link_paragraph(words: Words, sources: list[Span], cues: list[Span], contents: list[Span]) -> list[Attribution]:
    """Give every content the cue that costs least, every cue the source that costs least."""
    groups: dict[int, list[Span]] = {}
    loose: list[Span] = []
    for content in contents:
        costs = [(_content_cost(words, content, cues[i], contents, sources), i) for i in _near(cues, content)]
        cost, best = min(costs, default=(_FAR, -1))
        if cost < _FAR and _may_join(words, content, cues[best], groups.get(best, [])):
            groups.setdefault(best, []).append(content)
        else:
            loose.append(content)
    result = []
    for i, pieces in sorted(groups.items()):
        costs = [(_source_cost(words, pieces, cues[i], sources[j]), j) for j in _near(sources, cues[i])]
        cost, best = min(costs, default=(_FAR, -1))
        result.append(Attribution(pieces, cues[i], sources[best] if cost < _FAR else None))
    result = [part for item in result for part in _part_unlike(words, item)]
    for content in loose:
        near = [r for r in result[-6:] if _gap(content, r.content[-1]) < 12]
        if near and words.quote_of[content[0]] >= 0:
            near[-1].content.append(content)
        else:
            result.append(Attribution([content]))
    for item in result:
        item.content.sort()
    return sorted(result, key=lambda r: r.content[0])


def _near(spans: list[Span], to: Span, reach: int = 5) -> range:
    """The numbers of the few spans before and after another."""
    at = bisect_left(spans, to)
    return range(max(0, at - reach), min(len(spans), at + reach))


def _between(spans: list[Span], lo: int, hi: int) -> list[Span]:
    """The spans that lie wholly within two bounds."""
    return [x for x in spans[bisect_left(spans, (lo, lo)) : bisect_left(spans, (hi, hi))] if x[1] <= hi]


def _part_unlike(words: Words, item: Attribution) -> list[Attribution]:
    """Keep a quotation and a paraphrase apart that share a cue only for want of another.

    Coders join the two only rarely: of attributions in several pieces 1,600 are quoted throughout, 1,100
    nowhere, 40 have a quotation before the cue and a paraphrase after it.
    """
    if item.cue is None or len(item.content) < 2:
        return [item]
    item.content.sort()
    quoted = [c for c in item.content if words.quote_of[c[0]] >= 0 and words.quote_of[c[1] - 1] >= 0]
    plain = [c for c in item.content if max(words.quote_of[c[0] : c[1]]) < 0]
    if not quoted or not plain:
        return [item]
    at = item.cue[0]
    sentence = words.sentence_of
    if any(c[0] < at and sentence[c[1] - 1] == sentence[at] for c in quoted):
        after = [c for c in plain if c[0] > at]
        first = [c for c in after if c[0] - item.cue[1] < 2]
        if first:  # "…," she said(,) adding that …
            mine = [c for c in item.content if c not in quoted]
            return [Attribution(quoted, None, item.source), Attribution(mine, item.cue, item.source)]
        rest = [c for c in item.content if c not in after or sentence[c[0]] != sentence[at]]
        return [Attribution(rest, item.cue, item.source)]
    apart = [
        c
        for c in quoted
        if all(sentence[c[0]] != sentence[x[1] - 1] and sentence[c[1] - 1] != sentence[x[0]] for x in plain)
    ]
    if apart and len(apart) == len(quoted):
        own = [c for c in apart if sentence[c[0]] <= sentence[at] <= sentence[c[1] - 1]]
        here, there = (apart, plain) if own else (plain, apart)
        here += [c for c in item.content if c not in quoted and c not in plain]
        return [Attribution(here, item.cue, item.source), Attribution(there, None, item.source)]
    return [item]


def _may_join(words: Words, content: Span, cue: Span, pieces: list[Span]) -> bool:
    """A quotation in a sentence of its own goes with a cue that has a quotation already, not with a paraphrase."""
    same = words.sentence_of[content[0]] <= words.sentence_of[cue[0]] <= words.sentence_of[content[1] - 1]
    quoted = words.quote_of[content[0]] >= 0
    return same or not pieces or not quoted or any(words.quote_of[e - 1] >= 0 for _, e in pieces)


def _content_cost(words: Words, content: Span, cue: Span, contents: list[Span], sources: list[Span]) -> float:
    gap = _gap(content, cue)
    lo, hi = (content[1], cue[0]) if content[1] <= cue[0] else (cue[1], content[0])
    if gap:
        if gap > _FAR * 2:
            return _FAR
        gap -= sum(e - s for s, e in _between(sources, lo, hi))
        gap += 4 * len(_between(contents, lo, hi))
    same = (
        words.sentence_of[content[0]] == words.sentence_of[cue[0]]
        or words.sentence_of[content[1] - 1] == words.sentence_of[cue[0]]
    )
    if not same:
        if words.quote_of[content[0]] < 0 or gap > _NEAR:
            return _FAR  # only whole quotations lean on the cue of another sentence
        gap += 6 if cue[1] <= content[0] else 10
    elif cue[0] > content[1]:
        gap += 1
    return float(gap)


def _source_cost(words: Words, contents: list[Span], cue: Span, source: Span) -> float:
    gap = float(_gap(source, cue))
    if source[0] >= cue[1] and words.norm[cue[1] - 1] not in ("to", "by", "from", "of"):
        gap += 2.5
    if words.sentence_of[source[0]] != words.sentence_of[cue[0]]:
        gap += 15
    lo, hi = (source[1], cue[0]) if source[1] <= cue[0] else (cue[1], source[0])
    gap -= 0.8 * sum(e - s for s, e in _between(contents, lo, hi))
    return gap


def _look_around(words: Words, p: int, linked: list[Attribution], labels: np.ndarray) -> None:
    """Give a quotation without cue or source the signature after it, the label before it, or who introduced it."""
    for item in linked:
        s, e = item.content[0][0], item.content[-1][1]
        if item.source is not None or (words.quote_of[s] < 0 and words.quote_of[e - 1] < 0):
            continue
        found = _signature(words, p, e) or _transcript_label(words, p, s)
        if found is None and item.cue is None:
            found = _by_rule(words, s, e)
        if found is None and s <= words.lo[p] + 1 and p > 0 and words.article[words.lo[p - 1]] == words.article[s]:
            found = _introduction(words, p - 1, labels)
        if found:
            item.source, item.cue = found[0], item.cue or found[1]


def _by_rule(words: Words, s: int, e: int) -> tuple[Span, Span] | None:
    """The cue and source the rules see in the sentence a quotation stands in."""
    number, lo, hi = words.sentence_of[s], s, e
    while lo > max(0, s - _REACH) and words.sentence_of[lo - 1] == number:
        lo -= 1
    number = words.sentence_of[e - 1]
    while hi < min(len(words.raw), e + _REACH) and words.sentence_of[hi] == number:
        hi += 1
    if hi - lo > 4 * _REACH:
        return None
    label_sentence(words, words.scratch, lo, hi)
    cues, sources = _spans(words.scratch[lo:hi], B_CUE), _spans(words.scratch[lo:hi], B_SOURCE)
    words.scratch[lo:hi] = OUT
    if not cues or not sources:
        return None
    here = (s - lo, e - lo)
    cue = min(cues, key=lambda c: _gap(c, here))
    source = min(sources, key=lambda x: _gap(x, cue))
    return (lo + source[0], lo + source[1]), (lo + cue[0], lo + cue[1])


def _signature(words: Words, p: int, at: int) -> tuple[Span, Span] | None:
    """A dash and a name, up to the end of the paragraph: "…" - Name."""
    hi = int(words.hi[p])
    while hi > at and words.norm[hi - 1] in _EDGE:
        hi -= 1
    while at < hi and words.norm[at] in (".", ","):
        at += 1
    if at + 1 < hi <= at + 9 and words.raw[at] in _DASHES and words.raw[at + 1][0].isupper():
        return (at + 1, hi), (at, at + 1)
    return None


def _transcript_label(words: Words, p: int, at: int) -> tuple[Span, Span] | None:
    """A name in capitals and a colon at the start of what is said, as in transcripts."""
    lo = int(words.lo[p])
    start = lo + (words.norm[lo] in _MARKS)
    end = start
    while end < words.hi[p] and end - start < 4 and (words.raw[end].isupper() or words.norm[end] == "."):
        end += 1
    if at <= end + 1 and start < end < words.hi[p] and words.norm[end] == ":" and len(words.raw[start]) > 1:
        return (start, end), (end, end + 1)
    return None


def _introduction(words: Words, p: int, labels: np.ndarray) -> tuple[Span, Span] | None:
    """The cue and source at the end of a paragraph that closes with a colon."""
    lo, hi = int(words.lo[p]), int(words.hi[p])
    if hi == lo or words.norm[hi - 1] != ":":
        return None
    cues = _spans(labels[lo:hi], B_CUE)
    sources = _spans(labels[lo:hi], B_SOURCE)
    if not cues or not sources or cues[-1][1] < hi - lo - 12:
        return None
    cue = cues[-1]
    source = min(sources, key=lambda s: _gap(s, cue) + 2 * (s[0] > cue[0]))
    return (lo + source[0], lo + source[1]), (lo + cue[0], lo + cue[1])


def find_speakers(words: Words, a: int, attributions: list[Attribution]) -> None:
    """Name who speaks, in the order of the text; a quotation without a source goes to whom the context gives."""
    names = Names(words.texts[a], words.sentences[a])
    asked: dict[Span, list[str]] = {}
    for i, item in enumerate(attributions):
        if item.source is None:
            item.source = _inherit(words, attributions, i)
        if item.source:
            s, e = item.source
            if item.source not in asked:
                asked[item.source] = names.find_speaker(int(words.start[s]), int(words.end[e - 1]))
            item.speakers = asked[item.source]


def _inherit(words: Words, attributions: list[Attribution], i: int) -> Span | None:
    """The source of the nearest attribution before, or, where none is near, after a sourceless quotation."""
    here = attributions[i].content[0]
    if words.quote_of[here[0]] < 0 and words.quote_of[here[1] - 1] < 0:
        return None
    for item in reversed(attributions[max(0, i - 3) : i]):
        if item.source and words.paragraph[here[0]] - words.paragraph[item.content[-1][0]] <= 1:
            return item.source
    for item in attributions[i + 1 : i + 2]:
        if item.source and words.paragraph[item.content[0][0]] == words.paragraph[here[0]]:
            return item.source
    return None


def quotation_type(words: Words, item: Attribution) -> str:
    """Return direct (all words in marks), indirect (none) or mixed."""
    inside = outside = 0
    for s, e in item.content:
        for i in range(s, e):
            if words.norm[i][:1].isalnum():
                if words.quote_of[i] >= 0:
                    inside += 1
                else:
                    outside += 1
    return "direct" if not outside else "mixed" if inside else "indirect"


def cue_stance(words: Words, cue: Span | None) -> tuple[str, str]:
    """Return the words of a cue and what its verb does: neutral, doubting or endorsing."""
    if cue is None:
        return "", ""
    forms = load_reporting_verbs()
    s, e = cue
    text = words.texts[int(words.article[s])][int(words.start[s]) : int(words.end[e - 1])]
    stances = [
        forms[w].stance
        for i in range(s, e)
        for w in (f"{words.norm[i]} {words.norm[i + 1]}" if i + 1 < e else "", words.norm[i])
        if w in forms
    ]
    if words.norm[s] in ("allegedly", "purportedly", "supposedly", "so-called"):
        stances.insert(0, "doubting")
    return text, stances[0] if stances else "neutral"
