"""Reported speech within reported speech: "she said he had promised to come"."""

from __future__ import annotations

import dataclasses

import numpy as np

from analysis.attribute_link import Attribution, find_speakers, link_spans, quotation_type
from analysis.attribute_rules import label_sentence
from analysis.attribute_words import B_CONTENT, B_CUE, B_SOURCE, OUT, Words

_SHORTEST = 6  # words: less cannot hold source, cue and content


def add_nested(words: Words, found: list[list[Attribution]]) -> None:
    """Add to each article's attributions those its contents hold, by rule, in place.

    Only one level down, and only where source, cue and content are all named.
    """
    quote = np.full(len(words.quote), -1)
    for a, stretches in enumerate(words.inner):
        lo, hi = np.searchsorted(words.article, (a, a + 1))
        for number, q in enumerate(stretches):
            first, last = np.searchsorted(words.start[lo:hi], (q.start, q.end))
            quote[lo + first : lo + last] = number
    inner = dataclasses.replace(words, quote=quote)
    labels = np.zeros(len(words.raw), np.int8)
    for a, items in enumerate(found):
        new = []
        for number, item in enumerate(items):
            for s, e in item.content:
                if e - s >= _SHORTEST:
                    new += [(number, x) for x in _within(words, inner, labels, s, e)]
        if new:
            find_speakers(words, a, [x for _, x in new])
            for number, x in new:
                x.nested_in = number
                x.kind = quotation_type(inner, x)
                if x.source and words.norm[x.source[0]] == "i":  # who is quoted speaks of himself
                    x.speakers = items[number].speakers
                x.confidence = items[number].confidence * 0.5
            items.extend(x for _, x in new)


def _within(words: Words, inner: Words, labels: np.ndarray, s: int, e: int) -> list[Attribution]:
    cuts = [i for i in range(s, e) if i == s or words.sentence[i] != words.sentence[i - 1]]
    found = []
    for lo, hi in zip(cuts, [*cuts[1:], e], strict=True):
        while lo < hi and words.norm[lo] in ("that", '"', "'"):
            lo += 1
        if hi - lo < _SHORTEST or hi - lo > 250:
            continue
        label_sentence(inner, labels, lo, hi)
        roles = labels[lo:hi]
        if all((roles == begin).any() for begin in (B_SOURCE, B_CUE, B_CONTENT)):
            found += [
                x
                for x in link_spans(inner, labels, lo, hi)
                if x.source and x.cue and sum(b - a for a, b in x.content) >= 3 and words.norm[x.source[0]] != "we"
            ]
        labels[lo:hi] = OUT
    return found
