"""How each outlet gives a statement: word for word, changed, cut, in other words, in its own voice, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from analysis.align_units import take_apart
from analysis.fidelity import find_edits, find_quotations

RENDERINGS = ("verbatim", "altered", "trimmed", "paraphrase", "narrated", "omitted", "not_applicable", "undecided")
RENDERING_COLUMNS = ["statement_id", "article_id", "outlet", "sentence_id", "rendering", "start", "end", "text", "score"]
_CUTS = frozenset({"trimmed", "cut_marked", "cut_unmarked", "dropped_condition"})
_SAME_WORDS = frozenset({"verbatim", "cosmetic"})
_SHOWN_OUTLETS = 60          # unnamed articles beyond this are not listed as not_applicable for every statement


class Member(NamedTuple):
    """One sentence of a statement, with the attribution in it that carries the statement (or None)."""

    article_id: str
    outlet: str
    sentence_id: int
    start: int
    end: int
    text: str
    score: float
    attribution: Any


def choose_attribution(sentence_stems: set[str], others: set[str], attributions: Sequence[Any]) -> Any:
    """Return the attribution of a sentence that carries what it shares with the other members.

    None where the narrator's own words share as much: then the sentence tells it in its own voice.
    """
    shared = sentence_stems & others
    best, best_share = None, 0.0
    for a in attributions:
        stems = set(take_apart(str(a.text))[0].stems)
        if not stems or not shared:
            continue
        share = len(stems & shared) / len(shared) + (.2 if a.quotation_type != "indirect" else 0)
        if share > best_share:
            best, best_share = a, share
    return best if best_share >= .5 else None


def name_renderings(members: Sequence[Member]) -> list[str]:
    """Return the rendering of each member; the fullest quotation among them is the reference."""
    quoted = [m for m in members if m.attribution is not None and m.attribution.quotation_type != "indirect"]
    fullest = [(max(find_quotations(str(m.attribution.text)), key=len), m.article_id) for m in quoted]
    reference = max(fullest, key=lambda f: (len(f[0]), f[1]), default=("", ""))
    found = []
    for m in members:
        if m.attribution is None:
            found.append("narrated")
        elif m.attribution.quotation_type == "indirect":
            found.append("paraphrase")
        elif m.article_id == reference[1]:
            found.append("verbatim")
        else:
            found.append(_quoted_rendering(reference[0], str(m.attribution.text)))
    return found


def _quoted_rendering(reference: str, text: str) -> str:
    """Return how the quotations in an attribution give the reference: the closest of them decides."""
    best = "paraphrase"
    for part in find_quotations(text):
        kinds = set(find_edits(reference, part)["kinds"])
        if "different" in kinds:
            continue
        if kinds <= _SAME_WORDS:
            return "verbatim"
        best = "trimmed" if kinds <= _CUTS | _SAME_WORDS and best != "altered" else "altered"
    return best


def outlet_key(outlet: str, article_id: str) -> str:
    """Return what stands for the publisher: the outlet, or the article where none is named."""
    return outlet or f"\0{article_id}"


def find_absences(reported: pd.DataFrame, articles: pd.DataFrame, statements: pd.DataFrame,
                  possible: dict[tuple[str, str], float]) -> pd.DataFrame:
    """List the outlets that do not report a statement.

    Parameters
    ----------
    reported : DataFrame
        One row per rendering: statement_id, article_id, outlet.
    articles : DataFrame
        article_id, outlet, date, event_id.
    statements : DataFrame
        statement_id, event_id.
    possible : dict
        (statement_id, article_id) to the score of a sentence that may be the same statement.

    Returns
    -------
    DataFrame
        Renderings with empty text and sentence_id, start and end -1: undecided where a sentence may hold the
        statement, omitted where the outlet covers the event and wrote on or after the day of the earliest
        report, not_applicable where it covers another event or wrote before.
    """
    about: dict[str, list[Any]] = {}
    for a in articles.itertuples(index=False):
        about.setdefault(str(a.event_id), []).append(a)
    date_of = dict(zip(articles["article_id"], articles["date"].astype(str), strict=True))
    elsewhere = _outside(articles)
    has = {s: set(g) for s, g in reported.groupby("statement_id")["article_id"]}
    rows = []
    for s in statements.itertuples(index=False):
        own = has.get(s.statement_id, set())
        dates = [date_of[i] for i in own if date_of[i]]
        covered = {outlet_key(a.outlet, a.article_id) for a in about[s.event_id]}
        told = {outlet_key(a.outlet, a.article_id) for a in about[s.event_id] if a.article_id in own}
        for a in about[s.event_id]:
            if outlet_key(a.outlet, a.article_id) in told:
                continue
            early = bool(dates) and bool(a.date) and str(a.date) < min(dates)
            score = possible.get((s.statement_id, a.article_id), 0.0)
            kind = "undecided" if score else "not_applicable" if early else "omitted"
            rows.append((s.statement_id, a.article_id, a.outlet, -1, kind, -1, -1, "", score))
        rows += [(s.statement_id, i, outlet, -1, "not_applicable", -1, -1, "", 0.0)
                 for key, (i, outlet) in elsewhere.items() if key not in covered]
    return pd.DataFrame(rows, columns=RENDERING_COLUMNS)


def _outside(articles: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return the first article of each outlet; unnamed ones only in a small corpus."""
    first: dict[str, tuple[str, str]] = {}
    for article_id, outlet in zip(articles["article_id"], articles["outlet"], strict=True):
        first.setdefault(outlet_key(outlet, article_id), (article_id, outlet))
    if len(first) > _SHOWN_OUTLETS:
        first = {k: v for k, v in first.items() if v[1]}
    return first


def make_gist(members: Sequence[Member]) -> tuple[str, str, str]:
    """Return (kind, speaker, gist) of a statement; the gist is its shortest full rendering."""
    attributed = [m for m in members if m.attribution is not None]
    kind = "speech" if len(attributed) * 2 >= len(members) else "fact"
    speakers = Counter(str(m.attribution.speaker) for m in attributed if m.attribution.speaker)
    speaker = min(speakers, key=lambda s: (-speakers[s], -len(s), s)) if kind == "speech" and speakers else ""
    pool = attributed if kind == "speech" else [m for m in members if m.attribution is None] or list(members)
    texts = [str(m.attribution.text) if m.attribution is not None else m.text for m in pool]
    texts = [" ".join(t.split()) for t in texts]
    full = [t for t in texts if len(t.split()) >= 4] or texts
    gist = min(full, key=lambda t: (len(t), t))
    return kind, speaker, gist if len(gist) <= 300 else gist[:297].rsplit(" ", 1)[0] + " …"
