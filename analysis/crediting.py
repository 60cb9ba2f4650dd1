"""Content that has moved to another speaker, or from a source into the narrator's voice.

Two outlets that credit one quotation to two persons disagree; an outlet that prints seven words in a row of what
another quotes, without marks and without a source anywhere near, has taken them over. Both are said with care: the
speaker of a quotation is itself an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

from analysis.edit_kinds import FUNCTION
from analysis.fidelity import find_quotations, match_quotations
from analysis.findings import Finding, Passage, cite, join_evidence
from analysis.names import surname_of
from analysis.segment import find_norms, find_tokens
from analysis.views import straighten

_LEAST_WORDS = 5  # of a quotation that two outlets credit to two persons
_LEAST_RUN, _LEAST_CONTENT = 7, 4  # words in a row, content words in small letters among them, that are taken over
_MOST_SHARE = 0.6  # of the sentence: one that is nothing but the quotation is a block of quoted text without marks
_FIRST_PERSON = frozenset("i we my our me us you your i'm i've we're we've i'll we'll".split())
_MOST_WORDS = 400  # of a sentence or a quotation that are compared
_MOST_PASSAGES = 12  # of one statement that are compared
_SPEAKS_FOR = (
    "spokes",
    "lawyer",
    "attorney",
    "office",
    "aide",
    "campaign",
    "statement",
    "press secretary",
    "officials",
)


class Credit(NamedTuple):
    """How one outlet gives a statement, and whom it credits."""

    passage: Passage
    rendering: str
    text: str  # the rendered words
    start: int
    speaker: str  # '' for the narrator
    source: str  # the words that name the source there
    side: str
    around: str  # the sentence and its neighbours
    open: bool  # whether nothing in or before the sentence marks it as somebody's words


def find_moved_credits(groups: Sequence[Sequence[Credit]]) -> list[Finding]:
    """Find statements that outlets credit to different speakers, or take over as their own words.

    Parameters
    ----------
    groups : sequence of sequence of Credit
        The renderings of each surely matched statement.

    Returns
    -------
    list of Finding
        Kind ``credit``, severity low; suppressed where both speakers are of one side, one speaks for the other, or
        the other name stands beside the quotation.
    """
    found: dict[tuple[Any, int, int], Finding] = {}
    for group in groups:
        for a, b in combinations(group[:_MOST_PASSAGES], 2):
            if a.passage.outlet == b.passage.outlet or a.passage.article_id == b.passage.article_id:
                continue
            new = _two_speakers(a, b) if a.speaker and b.speaker else None
            if new is None:
                quoted, told = (a, b) if a.speaker else (b, a)
                new = _taken_over(quoted, told)
            if new is not None:
                key = (new.article_id, new.start, new.end)
                if key not in found or (new.status, found[key].status) == ("flagged", "suppressed"):
                    found[key] = new
    return list(found.values())


def _two_speakers(a: Credit, b: Credit) -> Finding | None:
    if not (_is_person(a) and _is_person(b)) or surname_of(a.speaker) == surname_of(b.speaker):
        return None
    pairs = match_quotations(find_quotations(a.text), find_quotations(b.text))
    same = [two for one, two in pairs if min(len(one.split()), len(two.split())) >= _LEAST_WORDS]
    if not same:
        return None
    start = b.start + max(b.text.find(same[0]), 0)
    excuse = ""
    if a.side and a.side == b.side:
        excuse = f"both speakers belong to one side ({a.side})"
    elif any(w in f"{x.source} {x.around}".lower() for x in (a, b) for w in _SPEAKS_FOR):
        excuse = "one may speak for the other"
    elif surname_of(a.speaker) in b.around.lower() or surname_of(b.speaker) in a.around.lower():
        excuse = "the other name stands beside the quotation: who says it is read in two ways"
    return Finding(
        b.passage.article_id,
        start,
        start + len(same[0]),
        "credit",
        same[0],
        "",
        "low",
        "suppressed" if excuse else "flagged",
        excuse
        or f"credited to {b.speaker} here and to {a.speaker} by another outlet; nobody here knows which is right",
        join_evidence("rule: one quotation, two speakers", cite(a.passage)),
    )


def _is_person(credit: Credit) -> bool:
    """Tell whether a credit is sure enough: one full name, whose surname stands in the words of the source."""
    words = credit.speaker.split()
    named = len(words) > 1 and ";" not in credit.speaker and all(w[:1].isupper() for w in words)
    return named and surname_of(credit.speaker) in credit.source.lower() and credit.rendering != "narrated"


def _taken_over(quoted: Credit, told: Credit) -> Finding | None:
    """Compare a quotation with a sentence of the narrator."""
    if (
        not quoted.speaker
        or told.rendering != "narrated"
        or not told.open
        or quoted.rendering in ("narrated", "paraphrase")
    ):
        return None
    view = straighten(told.passage.text)
    own = [t for t in find_tokens(view, 0, len(view)) if t[2][0].isalnum()][:_MOST_WORDS]
    best = (0, 0)
    for part in find_quotations(quoted.text):
        best = max(best, find_run([n for *_, n in own], _norms(part)), key=lambda r: r[1] - r[0])
    content = {own[i][2] for i in range(*best) if view[own[i][0]].islower()} - FUNCTION
    if best[1] - best[0] < _LEAST_RUN or len(content) < _LEAST_CONTENT:
        return None
    if best[1] - best[0] > _MOST_SHARE * len(own) or _FIRST_PERSON & {n for *_, n in own}:
        return None
    start, end = own[best[0]][0], own[best[1] - 1][1]
    excuse = ""
    if any(w in told.around.lower() for w in _surnames(quoted.speaker)):
        excuse = "the speaker is named beside it"
    return Finding(
        told.passage.article_id,
        told.passage.start + start,
        told.passage.start + end,
        "credit",
        told.passage.text[start:end],
        "",
        "low",
        "suppressed" if excuse else "flagged",
        excuse or f"told here as the outlet's own words; another outlet quotes {quoted.speaker} with them",
        join_evidence(
            f"rule: {_LEAST_RUN} words in a row of a quotation, without marks or a source near", cite(quoted.passage)
        ),
    )


def _surnames(speaker: str) -> list[str]:
    return [surname_of(n) for n in speaker.split("; ") if n]


def find_run(own: list[str], other: list[str]) -> tuple[int, int]:
    """Return the longest run of words of one list that the other has too, as first place and place after the last."""
    best = (0, 0)
    before: dict[int, int] = {}
    for i, word in enumerate(own):
        now = {j: before.get(j - 1, 0) + 1 for j, w in enumerate(other) if w == word}
        for length in now.values():
            if length > best[1] - best[0]:
                best = (i + 1 - length, i + 1)
        before = now
    return best


def _norms(text: str) -> list[str]:
    return find_norms(text)[:_MOST_WORDS]
