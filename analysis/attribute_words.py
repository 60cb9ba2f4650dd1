"""The words of a batch of articles as flat arrays, and the reporting verbs in every form."""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.marks import Quoted, find_quoted

_LEXICON = Path(__file__).parent / "lexicons" / "reporting_verbs.csv"
_DASH = re.compile(r"[—–]|--+|[^—–-]+|-")
# Labels of a word: begin and inside of source, cue and content.
OUT, B_SOURCE, I_SOURCE, B_CUE, I_CUE, B_CONTENT, I_CONTENT = range(7)
N_LABELS = 7
_IRREGULAR = {
    "say": "says said saying", "tell": "tells told telling", "write": "writes wrote written writing",
    "speak": "speaks spoke spoken speaking", "think": "thinks thought thinking", "know": "knows knew known knowing",
    "feel": "feels felt feeling", "see": "sees saw seen seeing", "hear": "hears heard hearing",
    "find": "finds found finding", "hold": "holds held holding", "swear": "swears swore sworn swearing",
    "understand": "understands understood understanding", "mean": "means meant meaning", "read": "reads reading",
    "show": "shows showed shown showing", "seek": "seeks sought seeking", "forget": "forgets forgot forgotten forgetting",
    "foresee": "foresees foresaw foreseen foreseeing", "foretell": "foretells foretold foretelling",
    "mislead": "misleads misled misleading", "rebut": "rebuts rebutted rebutting", "spin": "spins spun spinning",
    "lay": "lays laid laying", "set": "sets setting", "shoot": "shoots shot shooting", "hit": "hits hitting",
    "go": "goes went gone going", "make": "makes made making", "lie": "lies lied lying", "own": "owns owned owning",
    "weigh": "weighs weighed weighing", "quit": "quits quitting", "broadcast": "broadcasts broadcasting",
    "forecast": "forecasts forecasting", "spell": "spells spelled spelt spelling", "wonder": "wonders wondered wondering",
    "pen": "pens penned penning", "plan": "plans planned planning", "refer": "refers referred referring",
    "jot": "jots jotted jotting", "concur": "concurs concurred concurring", "rebuke": "rebukes rebuked rebuking",
    "admit": "admits admitted admitting", "slam": "slams slammed slamming", "dub": "dubs dubbed dubbing",
    "brag": "brags bragged bragging", "quip": "quips quipped quipping", "chat": "chats chatted chatting",
    "infer": "infers inferred inferring", "regret": "regrets regretted regretting", "sum": "sums summed summing",
    "snap": "snaps snapped snapping", "plead": "pleads pleaded pled pleading", "beg": "begs begged begging",
    "permit": "permits permitted permitting", "riff": "riffs riffed riffing", "label": "labels labeled labelled labeling labelling",
    "grill": "grills grilled grilling", "put": "puts putting", "bring": "brings brought bringing", "come": "comes came coming",
}


class Cue(NamedTuple):
    """What the lexicon says of a reporting verb."""

    lemma: str
    stance: str     # neutral | doubting | endorsing
    kind: str       # speech | thought | writing


def inflect(lemma: str) -> list[str]:
    """Return the forms of an English verb; of a verb of two words the first is inflected."""
    verb, _, rest = lemma.partition(" ")
    if verb in _IRREGULAR:
        forms = [verb, *_IRREGULAR[verb].split()]
    elif verb.endswith("e"):
        forms = [verb, verb + "s", verb + "d", (verb if verb.endswith("ee") else verb[:-1]) + "ing"]
    elif verb.endswith("y") and verb[-2] not in "aeou":
        forms = [verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"]
    else:
        forms = [verb, verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z")) else "s"), verb + "ed", verb + "ing"]
    return [f"{form} {rest}" if rest else form for form in forms]


@functools.cache
def load_reporting_verbs() -> dict[str, Cue]:
    """Load form -> Cue from lexicons/reporting_verbs.csv, every inflected form of every lemma."""
    forms: dict[str, Cue] = {}
    with _LEXICON.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for form in inflect(row["term"]):
                forms.setdefault(form, Cue(row["term"], row["stance"], row["kind"]))
    return forms


@dataclass
class Words:
    """A batch of articles, one entry per word or mark; ``lo[p]:hi[p]`` are the words of paragraph p."""

    article_ids: list[str]
    texts: list[str]
    article: np.ndarray
    sentence: np.ndarray
    paragraph: np.ndarray
    start: np.ndarray
    end: np.ndarray
    norm: list[str]
    raw: list[str]
    lo: np.ndarray
    hi: np.ndarray
    is_headline: np.ndarray         # per paragraph
    quotes: list[Quoted]            # depth 0, of all articles
    quote_article: list[int]
    quote: np.ndarray               # per word: index into quotes, -1 outside
    inner: list[list[Quoted]]       # per article: stretches inside others
    sentences: list[list[tuple[int, int]]]      # per article: character spans


def gather_words(articles: pd.DataFrame, *, sentences: pd.DataFrame, tokens: pd.DataFrame) -> Words:
    """Bring articles, sentences and tokens into flat arrays and pair the quotation marks.

    Words joined by a dash are parted here: what is said often ends at one.
    """
    article_ids = articles["article_id"].tolist()
    texts = articles["text"].tolist()
    number = {a: i for i, a in enumerate(article_ids)}
    spans: list[list[tuple[int, int]]] = [[] for _ in texts]
    paragraph_spans: list[list[list[int]]] = [[] for _ in texts]
    first_paragraph, headline = [], []
    paragraph_of: list[int] = []
    sentence_number: dict[tuple[str, int], int] = {}
    previous = (-1, -1)
    for a_id, s_id, par, s, e in zip(*(sentences[c].tolist() for c in ("article_id", "sentence_id", "paragraph", "start", "end")),
                                     strict=True):
        a = number[a_id]
        sentence_number[a_id, s_id] = len(paragraph_of)
        spans[a].append((s, e))
        if (a, par) != previous:
            previous = (a, par)
            first_paragraph.append(len(paragraph_of))
            headline.append(par == 0)
            paragraph_spans[a].append([s, e])
        else:
            paragraph_spans[a][-1][1] = max(e, paragraph_spans[a][-1][1])
        paragraph_of.append(len(headline) - 1)
    starts, ends, norms = tokens["start"].tolist(), tokens["end"].tolist(), tokens["norm"].tolist()
    sent = [sentence_number[key] for key in zip(tokens["article_id"].tolist(), tokens["sentence_id"].tolist(), strict=True)]
    article = [number[a] for a in tokens["article_id"].tolist()]
    raws = [texts[a][s:e] for a, s, e in zip(article, starts, ends, strict=True)]
    norms = [n or r for n, r in zip(norms, raws, strict=True)]
    if any("—" in t or "–" in t or "--" in t for t in texts):
        starts, ends, norms, raws, sent, article = _part_at_dashes(starts, ends, norms, raws, sent, article)
    sentence = np.array(sent, np.int64)
    paragraph = np.array(paragraph_of, np.int64)[sentence] if len(sent) else np.zeros(0, np.int64)
    n_par = len(headline)
    lo = np.searchsorted(paragraph, np.arange(n_par), "left")
    hi = np.searchsorted(paragraph, np.arange(n_par), "right")
    words = Words(article_ids, texts, np.array(article, np.int64), sentence, paragraph, np.array(starts, np.int64),
                  np.array(ends, np.int64), norms, raws, lo, hi, np.array(headline, bool), [], [],
                  np.full(len(raws), -1, np.int64), [[] for _ in texts], spans)
    _mark_quotes(words, paragraph_spans)
    return words


def _part_at_dashes(starts, ends, norms, raws, sent, article):
    out: list[list] = [[], [], [], [], [], []]
    for row in zip(starts, ends, norms, raws, sent, article, strict=True):
        start, _, norm, raw, s, a = row
        if len(raw) < 2 or not ("—" in raw or "–" in raw or "--" in raw):
            for column, value in zip(out, row, strict=True):
                column.append(value)
            continue
        for m in _DASH.finditer(raw):
            new = (start + m.start(), start + m.end(), norm[m.start():m.end()] or m.group().lower(), m.group(), s, a)
            for column, value in zip(out, new, strict=True):
                column.append(value)
    return out


def _mark_quotes(words: Words, paragraph_spans: list[list[list[int]]]) -> None:
    bounds = np.searchsorted(words.article, np.arange(len(words.texts) + 1))
    for a, text in enumerate(words.texts):
        lo, hi = bounds[a], bounds[a + 1]
        starts = words.start[lo:hi]
        for q in find_quoted(text, paragraphs=[(s, e) for s, e in paragraph_spans[a]]):
            if q.depth:
                words.inner[a].append(q)
                continue
            first, last = np.searchsorted(starts, (q.start, q.end))
            words.quote[lo + first:lo + last] = len(words.quotes)
            words.quotes.append(q)
            words.quote_article.append(a)
