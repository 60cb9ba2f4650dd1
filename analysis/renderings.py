"""How each outlet gives a statement: word for word, changed, cut, in other words, in its own voice, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from analysis.align_units import take_apart
from analysis.edit_kinds import CUTS
from analysis.fidelity import QUOTED, find_edits, find_quotations

TOLD = (*QUOTED, "paraphrase", "narrated")  # an outlet gives the statement
RENDERINGS = (*TOLD, "omitted", "not_applicable", "undecided")
RENDERING_COLUMNS = [
    "statement_id",
    "article_id",
    "outlet",
    "sentence_id",
    "rendering",
    "start",
    "end",
    "text",
    "score",
]
_QUOTED_FIRST = 0.2  # a quotation is preferred to reported speech that holds so little more
_MOST_ATTRIBUTIONS = 50  # of one sentence that are looked at
_SAME_WORDS = frozenset({"verbatim", "cosmetic"})
_SHOWN_OUTLETS = 60  # unnamed articles beyond this are not listed as not_applicable for every statement


class Carrier(NamedTuple):
    """The part of an attribution that stands in one sentence."""

    start: int
    end: int
    text: str
    quotation_type: str
    speaker: str


class Member(NamedTuple):
    """One sentence of a statement, with the attribution in it that carries the statement (or None)."""

    article_id: str
    outlet: str
    sentence_id: int
    start: int
    end: int
    text: str
    score: float
    carrier: Carrier | None


def choose_attribution(stems: set[str], others: set[str], attributions: Sequence[Any], sentence: Any) -> Carrier | None:
    """Return the attribution that carries what a sentence shares with the other members, cut to the sentence.

    Parameters
    ----------
    stems : set of str
        The content words of the sentence.
    others : set of str
        Those of the members from other articles.
    attributions : sequence
        Those that overlap the sentence: source, quotation_type, speaker, start, end.
    sentence : row
        start, end, text.

    Returns
    -------
    Carrier or None
        None where no attribution holds half of what is shared: then the sentence tells it in its own voice.
    """
    named = {w for a in attributions[:_MOST_ATTRIBUTIONS] for w in take_apart(str(a.source))[0].stems}
    shared = (stems & others) - named or stems & others  # who says it is not what is said
    best, best_share = None, 0.0
    for a in attributions[:_MOST_ATTRIBUTIONS]:
        start, end = max(int(a.start), int(sentence.start)), min(int(a.end), int(sentence.end))
        text = str(sentence.text)[start - int(sentence.start) : end - int(sentence.start)]
        held = shared & set(take_apart(text)[0].stems)
        share = len(held) / max(1, len(shared))
        if share >= 0.5 and share + _QUOTED_FIRST * (a.quotation_type != "indirect") > best_share:
            best = Carrier(start, end, text, str(a.quotation_type), str(a.speaker))
            best_share = share + _QUOTED_FIRST * (a.quotation_type != "indirect")
    return best


def name_renderings(members: Sequence[Member]) -> list[str]:
    """Return the rendering of each member; the fullest quotation among them is the reference."""
    quoted = [
        (max(find_quotations(m.carrier.text), key=len), m.article_id)
        for m in members
        if m.carrier is not None and m.carrier.quotation_type != "indirect"
    ]
    reference, article = max(quoted, key=lambda q: (len(q[0]), q[1]), default=("", ""))
    several = len({a for _, a in quoted}) > 1
    found = []
    for m in members:
        if m.carrier is None:
            found.append("narrated")
        elif m.carrier.quotation_type == "indirect":
            found.append("paraphrase")
        elif m.article_id == article:
            found.append("verbatim" if several or _is_mostly_quoted(m.carrier) else "paraphrase")
        else:
            found.append(_quoted_rendering(reference, m.carrier.text))
    return found


def _is_mostly_quoted(carrier: Carrier) -> bool:
    """Tell whether at least half of the words stand in marks; one quoted word in a sentence is no verbatim rendering."""
    return 2 * _quoted_words(carrier.text) >= len(carrier.text.split())


def _is_quoted(carrier: Carrier) -> bool:
    return carrier.quotation_type != "indirect" and _quoted_words(carrier.text) >= 4


def _quoted_words(text: str) -> int:
    return sum(len(q.split()) for q in find_quotations(text))


def _quoted_rendering(reference: str, text: str) -> str:
    """Return how the quotations in an attribution give the reference: the closest of them decides."""
    best = "paraphrase"
    for part in find_quotations(text):
        kinds = set(find_edits(reference, part)["kinds"])
        if "different" in kinds:
            continue
        if kinds <= _SAME_WORDS:
            return "verbatim"
        best = "trimmed" if kinds <= CUTS | _SAME_WORDS and best != "altered" else "altered"
    return best


def outlet_key(outlet: Any, article_id: Any) -> str:
    """Return what stands for the publisher: the outlet, or the article where none is named."""
    return outlet or f"\0{article_id}"


def find_absences(
    told: Sequence[tuple],
    statements: Sequence[tuple],
    *,
    members: Sequence[Any],
    own: Collection[Any],
    possible: Mapping[tuple[Any, Any], float],
    elsewhere: Mapping[str, tuple[Any, Any]],
) -> list[tuple]:
    """List the outlets that do not report the statements of one event.

    Parameters
    ----------
    told : sequence of tuple
        The renderings of the event, in the order of ``RENDERING_COLUMNS``.
    statements : sequence of tuple
        Its statements; the first cell is their statement_id.
    members : sequence of rows
        The articles that tell of the event: article_id, outlet, date.
    own : collection of str
        Those whose occasion it is; the others look back to it.
    possible : mapping
        (statement_id, article_id) to the score of a sentence that may be the same statement.
    elsewhere : mapping
        The outlets of the corpus, as `list_outlets` returns.

    Returns
    -------
    list of tuple
        Renderings with empty text and sentence_id, start and end -1: undecided where a sentence may hold the
        statement, omitted where the outlet covers the event and wrote on or after the day of the earliest
        report, not_applicable where it covers another event or wrote before.
    """
    given = {a.article_id: a for a in members}
    about = [a for a in members if a.article_id in own]
    has: dict[Any, set] = {}
    for row in told:
        has.setdefault(row[0], set()).add(row[1])
    rows: list[tuple] = []
    for statement_id, *_ in statements:
        mine = has.get(statement_id, set())
        dates = [str(given[i].date) for i in mine if given[i].date]
        saying = {outlet_key(given[i].outlet, i) for i in mine}  # an article that looks back to the event tells it too
        covered = {outlet_key(a.outlet, a.article_id) for a in about} | saying
        for a in about:
            if outlet_key(a.outlet, a.article_id) in saying:
                continue
            early = bool(dates) and bool(a.date) and str(a.date) < min(dates)
            score = possible.get((statement_id, a.article_id), 0.0)
            kind = "undecided" if score else "not_applicable" if early else "omitted"
            rows.append((statement_id, a.article_id, a.outlet, -1, kind, -1, -1, "", score))
        rows += [
            (statement_id, i, outlet, -1, "not_applicable", -1, -1, "", 0.0)
            for key, (i, outlet) in elsewhere.items()
            if key not in covered
        ]
    return rows


def list_outlets(articles: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return (article_id, outlet) of the first article of each outlet; unnamed ones only in a small corpus."""
    first: dict[str, tuple[str, str]] = {}
    for article_id, outlet in zip(articles["article_id"], articles["outlet"], strict=True):
        first.setdefault(outlet_key(outlet, article_id), (article_id, outlet))
    if len(first) > _SHOWN_OUTLETS:
        first = {k: v for k, v in first.items() if v[1]}
    return first


def make_gist(members: Sequence[Member]) -> tuple[str, str, str]:
    """Return (kind, speaker, gist) of a statement.

    The gist is its clearest rendering: the fullest quotation, else the shortest sentence of eight words or more (a
    clause cut out of a sentence seldom stands by itself).
    """
    carried = [m.carrier for m in members if m.carrier is not None]
    kind = "speech" if len(carried) * 2 >= len(members) else "fact"
    votes: dict[str, float] = {}
    for m in members:
        if m.carrier is not None and m.carrier.speaker:
            votes[m.carrier.speaker] = votes.get(m.carrier.speaker, 0.0) + m.score
    speaker = min(votes, key=lambda s: (-round(votes[s], 6), s)) if kind == "speech" and votes else ""
    whole = [m.carrier.text if m.carrier and m.carrier.quotation_type == "direct" else m.text for m in members]
    quoted = [t for t, m in zip(whole, members, strict=True) if m.carrier and _is_quoted(m.carrier)]
    told = [m.text for m in members if (m.carrier is None) == (kind == "fact")]
    if kind == "speech" and quoted:
        gist = max(quoted, key=lambda t: (sum(len(q) for q in find_quotations(t)), t))
    else:
        gist = min([t for t in told if len(t.split()) >= 8] or told or whole, key=lambda t: (len(t), t))
    gist = " ".join(gist.split())
    return kind, speaker, gist if len(gist) <= 300 else gist[:297].rsplit(" ", 1)[0] + " …"
