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
from analysis.segment import TOKEN, find_sentences, norm_of, split_paragraphs
from analysis.views import straighten

_LEXICON = Path(__file__).parent / "lexicons" / "reporting_verbs.csv"
_DASH = re.compile(r"[—–]|--+|[^—–-]+|-")
# Labels of a word: begin and inside of source, cue and content. The model tells content that waits for its
# cue ("…, she said") from content after it, so that the one cannot end without the other.
OUT, B_SOURCE, I_SOURCE, B_CUE, I_CUE, B_CONTENT, I_CONTENT, B_AWAITING, I_AWAITING = range(9)
N_LABELS = 9
_IRREGULAR = {
    "say": "says said saying",
    "tell": "tells told telling",
    "write": "writes wrote written writing",
    "speak": "speaks spoke spoken speaking",
    "think": "thinks thought thinking",
    "know": "knows knew known knowing",
    "feel": "feels felt feeling",
    "see": "sees saw seen seeing",
    "hear": "hears heard hearing",
    "find": "finds found finding",
    "hold": "holds held holding",
    "swear": "swears swore sworn swearing",
    "understand": "understands understood understanding",
    "mean": "means meant meaning",
    "read": "reads reading",
    "show": "shows showed shown showing",
    "seek": "seeks sought seeking",
    "forget": "forgets forgot forgotten forgetting",
    "foresee": "foresees foresaw foreseen foreseeing",
    "foretell": "foretells foretold foretelling",
    "mislead": "misleads misled misleading",
    "rebut": "rebuts rebutted rebutting",
    "spin": "spins spun spinning",
    "lay": "lays laid laying",
    "set": "sets setting",
    "shoot": "shoots shot shooting",
    "hit": "hits hitting",
    "go": "goes went gone going",
    "make": "makes made making",
    "lie": "lies lied lying",
    "own": "owns owned owning",
    "weigh": "weighs weighed weighing",
    "quit": "quits quitting",
    "broadcast": "broadcasts broadcasting",
    "forecast": "forecasts forecasting",
    "spell": "spells spelled spelt spelling",
    "wonder": "wonders wondered wondering",
    "pen": "pens penned penning",
    "plan": "plans planned planning",
    "refer": "refers referred referring",
    "jot": "jots jotted jotting",
    "concur": "concurs concurred concurring",
    "rebuke": "rebukes rebuked rebuking",
    "admit": "admits admitted admitting",
    "slam": "slams slammed slamming",
    "dub": "dubs dubbed dubbing",
    "brag": "brags bragged bragging",
    "quip": "quips quipped quipping",
    "chat": "chats chatted chatting",
    "infer": "infers inferred inferring",
    "regret": "regrets regretted regretting",
    "sum": "sums summed summing",
    "snap": "snaps snapped snapping",
    "plead": "pleads pleaded pled pleading",
    "beg": "begs begged begging",
    "permit": "permits permitted permitting",
    "riff": "riffs riffed riffing",
    "label": "labels labeled labelled labeling labelling",
    "grill": "grills grilled grilling",
    "put": "puts putting",
    "bring": "brings brought bringing",
    "come": "comes came coming",
}


class Cue(NamedTuple):
    """What the lexicon says of a reporting verb."""

    lemma: str
    stance: str  # neutral | doubting | endorsing
    kind: str  # speech | thought | writing


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
    is_headline: np.ndarray  # per paragraph
    quotes: list[Quoted]  # depth 0, of all articles
    quote: np.ndarray  # per word: index into quotes, -1 outside
    inner: list[list[Quoted]]  # per article: stretches inside others
    sentences: list[list[tuple[int, int]]]  # per article: character spans

    @functools.cached_property
    def sentence_of(self) -> list[int]:
        """The sentence of each word, as a list: quicker than an array where words are asked for one by one."""
        return self.sentence.tolist()

    @functools.cached_property
    def scratch(self) -> np.ndarray:
        """Room for labels tried out on a few words; whoever uses it leaves it empty."""
        return np.zeros(len(self.raw), np.int8)

    @functools.cached_property
    def quote_of(self) -> list[int]:
        """The quoted stretch of each word, as a list."""
        return self.quote.tolist()


def gather_words(articles: pd.DataFrame, *, sentences: pd.DataFrame, tokens: pd.DataFrame) -> Words:
    """Bring articles, sentences and tokens into flat arrays and pair the quotation marks.

    Words joined by a dash are parted here: what is said often ends at one.
    """
    article_ids = articles["article_id"].tolist()
    number = {a: i for i, a in enumerate(article_ids)}
    columns = ("article_id", "sentence_id", "paragraph", "start", "end")
    rows = list(zip(*(sentences[c].tolist() for c in columns), strict=True))
    place = {row[:2]: i for i, row in enumerate(rows)}
    keys = zip(tokens["article_id"].tolist(), tokens["sentence_id"].tolist(), strict=True)
    return _assemble(
        article_ids,
        articles["text"].tolist(),
        [(number[a], p, s, e) for a, _, p, s, e in rows],
        [place[key] for key in keys],
        tokens["start"].tolist(),
        tokens["end"].tolist(),
    )


def gather_records(records: list[dict]) -> Words:
    """Gather the words of records ``{doc_id, text}``, uncleaned and without a headline.

    Cut as `segment` cuts, without the tables between, which would take as long as the rest.
    """
    rows: list[tuple[int, int, int, int]] = []
    sentence: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    for a, record in enumerate(records):
        text = record["text"]
        view = straighten(text)
        for number, (lo, hi) in enumerate(split_paragraphs(text, []), start=1):
            for s, e in find_sentences(text[lo:hi]):
                at = len(starts)
                spans = [m.span() for m in TOKEN.finditer(view, lo + s, lo + e)]
                starts += [s for s, _ in spans]
                ends += [e for _, e in spans]
                if len(starts) > at:
                    sentence += [len(rows)] * len(spans)
                    rows.append((a, number, starts[at], ends[-1]))
    return _assemble([str(i) for i in range(len(records))], [r["text"] for r in records], rows, sentence, starts, ends)


def _assemble(
    article_ids: list[str],
    texts: list[str],
    rows: list[tuple[int, int, int, int]],
    sentence: list[int],
    starts: list[int],
    ends: list[int],
) -> Words:
    """Build the arrays from sentences (article, paragraph, start, end) and words (sentence, start, end)."""
    spans: list[list[tuple[int, int]]] = [[] for _ in texts]
    paragraph_spans: list[list[list[int]]] = [[] for _ in texts]
    headline: list[bool] = []
    paragraph_of = []
    previous = (-1, -1)
    for a, number, s, e in rows:
        spans[a].append((s, e))
        if (a, number) != previous:
            previous = (a, number)
            headline.append(number == 0)
            paragraph_spans[a].append([s, e])
        else:
            paragraph_spans[a][-1][1] = max(e, paragraph_spans[a][-1][1])
        paragraph_of.append(len(headline) - 1)
    article_of = [row[0] for row in rows]
    raws = [texts[article_of[i]][s:e] for i, s, e in zip(sentence, starts, ends, strict=True)]
    if raws and any("—" in t or "–" in t or "--" in t for t in texts):
        starts, ends, raws, sentence = _part_at_dashes(starts, ends, raws, sentence)
    forms = {raw: norm_of(straighten(raw)) or raw for raw in dict.fromkeys(raws)}
    sentences = np.array(sentence, np.int64)
    n = len(raws)
    paragraph = np.array(paragraph_of, np.int64)[sentences] if n else np.zeros(0, np.int64)
    article = np.array(article_of, np.int64)[sentences] if n else np.zeros(0, np.int64)
    numbers = np.arange(len(headline))
    words = Words(
        article_ids,
        texts,
        article,
        sentences,
        paragraph,
        np.array(starts, np.int64),
        np.array(ends, np.int64),
        [forms[raw] for raw in raws],
        raws,
        np.searchsorted(paragraph, numbers, "left"),
        np.searchsorted(paragraph, numbers, "right"),
        np.array(headline, bool),
        [],
        np.full(n, -1, np.int64),
        [[] for _ in texts],
        spans,
    )
    _mark_quotes(words, paragraph_spans)
    return words


def _part_at_dashes(
    starts: list[int], ends: list[int], raws: list[str], sentence: list[int]
) -> tuple[list[int], list[int], list[str], list[int]]:
    joined = [i for i, raw in enumerate(raws) if len(raw) > 1 and ("—" in raw or "–" in raw or "--" in raw)]
    new: tuple[list[int], list[int], list[str], list[int]] = ([], [], [], [])
    at = 0
    for i in joined:
        parts = list(_DASH.finditer(raws[i]))
        new[0].extend(starts[at:i] + [starts[i] + m.start() for m in parts])
        new[1].extend(ends[at:i] + [starts[i] + m.end() for m in parts])
        new[2].extend(raws[at:i] + [m.group() for m in parts])
        new[3].extend(sentence[at:i] + [sentence[i]] * len(parts))
        at = i + 1
    new[0].extend(starts[at:])
    new[1].extend(ends[at:])
    new[2].extend(raws[at:])
    new[3].extend(sentence[at:])
    return new


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
            words.quote[lo + first : lo + last] = len(words.quotes)
            words.quotes.append(q)
