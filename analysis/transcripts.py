"""Quotations held against what was said: each is looked up in the reference transcripts and compared word by word."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from analysis.fidelity import find_edits
from analysis.marks import find_quoted
from analysis.segment import find_norms, split_sentences

COLUMNS = ["article_id", "start", "end", "speaker", "transcript", "reference", "kind", "before", "after", "severity"]
_LEAST_WORDS = 4  # of a quotation; shorter ones could stand anywhere
_LEAST_SHARED = 0.5  # of the weight of a quotation's words that a passage must hold


class Transcript:
    """A reference text cut into sentences, with the weight of each word in it."""

    def __init__(self, name: str, text: str):
        article = pd.DataFrame([{"article_id": "", "text": text, "title_start": -1, "title_end": -1}])
        self.name = name
        nothing = pd.DataFrame(columns=["article_id", "start", "end"])
        self.sentences = [" ".join(s.split()) for s in split_sentences(article, removed=nothing)["text"]]
        self.words = [Counter(find_norms(s)) for s in self.sentences]
        spread = Counter(w for found in self.words for w in found)
        self.weight = {w: math.log(1 + len(self.words) / n) for w, n in spread.items()}
        self.places: dict[str, list[int]] = {}
        for i, found in enumerate(self.words):
            for w in found:
                self.places.setdefault(w, []).append(i)

    def find_passage(self, quote: str) -> str:
        """Return the run of sentences that shares most with a quotation; '' where none shares half of its weight."""
        wanted = set(find_norms(quote))
        unknown = math.log(1 + len(self.words))
        total = sum(self.weight.get(w, unknown) for w in wanted)
        scores: dict[int, float] = {}
        for w in sorted(wanted):
            for i in self.places.get(w, []):
                scores[i] = scores.get(i, 0.0) + self.weight[w]
        if not scores:
            return ""
        best = min(scores, key=lambda i: (-scores[i], i))
        first = last = best
        held = wanted & set(self.words[best])
        while True:  # a quotation over several sentences: take in the neighbour that adds most
            gains = [
                (sum(self.weight[w] for w in (wanted & set(self.words[i])) - held), -abs(i - best), i)
                for i in (first - 1, last + 1)
                if 0 <= i < len(self.words)
            ]
            gain, _, i = max(gains, default=(0.0, 0, 0))
            if gain < 0.1 * total:
                break
            first, last = min(first, i), max(last, i)
            held |= wanted & set(self.words[i])
        shared = sum(self.weight[w] for w in held)
        return " ".join(self.sentences[first : last + 1]) if shared >= _LEAST_SHARED * total else ""


def find_transcript_edits(
    attributions: pd.DataFrame, *, articles: pd.DataFrame, transcripts: dict[str, str]
) -> pd.DataFrame:
    """Compare every quotation of four words or more with the reference transcripts.

    Parameters
    ----------
    attributions : DataFrame
        article_id, quotation_type, speaker, start, end, nested_in.
    articles : DataFrame
        article_id, text.
    transcripts : dict of str to str
        Name of a reference text → the text.

    Returns
    -------
    DataFrame
        One row per edit of a quotation found in a transcript (one row of kind ``verbatim`` or ``cosmetic`` where
        nothing else changed): article_id, start, end (the quotation with its marks), speaker, transcript,
        reference (the sentences it stands in), kind, before, after, severity. Quotations found in no
        transcript have no row.
    """
    references = [Transcript(name, text) for name, text in sorted(transcripts.items())]
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    rows = []
    spoken = attributions[(attributions["quotation_type"] != "indirect") & (attributions["nested_in"] < 0)]
    for a in spoken.itertuples(index=False) if references else ():
        for start, end, quote in _quotations(texts[a.article_id], a.start, a.end):
            found = [(t, passage, find_edits(passage, quote)) for t in references if (passage := t.find_passage(quote))]
            found = [f for f in found if "different" not in f[2]["kinds"]]
            if not found:
                continue
            name, passage, best = min(
                ((t.name, p, e) for t, p, e in found),
                key=lambda f: (sum(len(x["before"]) for x in f[2]["edits"]), f[0]),
            )
            edits = best["edits"] or [{"kind": best["kinds"][0], "before": "", "after": "", "severity": "none"}]
            rows += [
                (a.article_id, start, end, a.speaker, name, passage, e["kind"], e["before"], e["after"], e["severity"])
                for e in edits
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _quotations(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for q in find_quoted(text, paragraphs=[(start, end)]):
        quote = text[q.start : q.end].strip('“”"„«» ')
        if q.depth == 0 and q.style == "double" and len(quote.split()) >= _LEAST_WORDS:
            yield q.start, q.end, quote
