"""What a sentence holds that another outlet's sentence can share: words, names, figures, quoted words, speakers."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from analysis.edit_kinds import FUNCTION, TITLES, lemma, number_of, spelling
from analysis.files import MODELS
from analysis.segment import find_tokens
from analysis.views import straighten

MAX_TOKENS = 300  # of one sentence that are looked at: a longer one is a table or a list
MAX_CHARACTERS = 30 * MAX_TOKENS
_WORDS = MODELS / "alignment_words.json"
_UNSEEN = 2  # articles an unlisted word is taken to stand in; listed ones stand in at least 4
_MIN_CLAUSE = 3  # content words in a clause of its own

# Verbs of saying say nothing of what was said.
REPORTING = frozenset(
    """say says said saying tell tells told telling add adds added adding ask asks asked asking note
    notes noted noting state states stated stating statement announce announces announced announcing according claim
    claims claimed claiming insist insists insisted reply replied write writes wrote tweet tweets tweeted argue argues
    argued warn warns warned explain explains explained suggest suggests suggested describe describes described report
    reports reported reporting reporter reporters acknowledge acknowledged declare declares declared call calls called
    calling respond responded remark remarked comment commented comments conference interview spokesman spokeswoman
    spokesperson continue continued express expressed mr mrs ms think thinks thought""".split()
)
_STOP = (
    FUNCTION
    | REPORTING
    | (TITLES - {"prime", "attorney", "justice"})
    | frozenset(
        """while since before between
    under against during through after because both some any many much more most other another such only even still now
    get got go goes going make made take took one two new own same per via upon among within including""".split()
    )
)
_CUES = REPORTING - {
    "according",
    "reporter",
    "reporters",
    "report",
    "reports",
    "statement",
    "comments",
    "conference",
    "interview",
    "mr",
    "mrs",
    "ms",
    "call",
    "calls",
    "calling",
} | {"according"}
_BREAKS = frozenset(', ; : - -- ( ) "'.split())
_JOINTS = frozenset(
    """and but or who which that while after before when because as if although though since where saying
    citing adding calling accusing whether until unless despite following amid""".split()
)
_ENDINGS = frozenset(".?!:;,…\"”’')")
_PRONOUN = frozenset("he she they it".split())


@dataclass
class Unit:
    """One sentence taken apart; every list holds normal forms, in order."""

    stems: list[str] = field(default_factory=list)  # content words, cut to a base form
    clauses: list[list[str]] = field(default_factory=list)  # the same, clause by clause
    names: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    quoted: set[str] = field(default_factory=set)  # content words inside quotation marks
    words: list[str] = field(default_factory=list)  # all words, for runs
    speakers: set[str] = field(default_factory=set)  # surnames beside a verb of saying
    quoted_share: float = 0.0
    headline: bool = False  # ends without a mark, as a repeated headline does
    pronoun: bool = False  # "he said": the speaker stands further up
    n_words: int = 0


@cache
def _article_counts() -> tuple[int, dict[str, int]]:
    table = json.loads(_WORDS.read_text(encoding="utf-8"))
    return table["n"], table["df"]


@lru_cache(maxsize=20_000)
def rarity(stem: str) -> float:
    """Return how rare a base form is in American news, log(articles / articles with the word); 0.2 to 5.8."""
    n, counts = _article_counts()
    return max(0.2, math.log(n / (counts.get(stem, _UNSEEN) + 0.5)))


@lru_cache(maxsize=20_000)
def normal(word: str) -> str:
    """Return the form in which two outlets' words are compared: spelling, dots and endings undone."""
    word = word.replace(".", "") if "." in word and not word[0].isdigit() else word
    value = number_of(word)
    if value is not None:
        return f"{value:g}"
    return lemma(spelling(word))


def take_apart(text: str, in_quote: bool = False) -> tuple[Unit, bool]:
    """Take one sentence apart.

    Parameters
    ----------
    text : str
        The sentence.
    in_quote : bool
        Whether a quotation is open from the sentence before.

    Returns
    -------
    (Unit, bool)
        The unit, and whether a quotation is still open at its end.
    """
    text = text[:MAX_CHARACTERS]
    view = straighten(text)
    unit = Unit()
    clause: list[str] = []
    n_quoted, first = 0, True
    cue_at: list[int] = []
    names_at: list[tuple[int, str]] = []
    opened_with = in_quote
    tokens = []
    for token in find_tokens(view, 0, len(view)):
        tokens.append(token)
        if len(tokens) >= MAX_TOKENS:
            break
    if '"' not in view:
        in_quote = False if opened_with and not text.lstrip()[:1].islower() and len(tokens) > 60 else in_quote
    elif opened_with and view.lstrip().startswith('"'):
        in_quote = False  # each paragraph of a long quotation opens anew
    for n, (start, end, norm) in enumerate(tokens):
        raw = view[start:end]
        if raw == '"':
            in_quote = not in_quote
        if not any(c.isalnum() for c in norm):
            if raw in _BREAKS:
                clause = _close(unit, clause)
            continue
        unit.n_words += 1
        n_quoted += in_quote
        unit.words.append(norm)
        if norm in _CUES and not in_quote:
            cue_at.append(n)
        if norm in _PRONOUN and not in_quote and cue_at[-1:] and n - cue_at[-1] <= 2:
            unit.pronoun = True
        if norm in _JOINTS:
            clause = _close(unit, clause)
        if norm in _STOP and not raw.isupper():
            if cue_at and n == cue_at[-1] and n and tokens[n - 1][2] in _PRONOUN:
                unit.pronoun = True
            first = False
            continue
        for part in norm.split("-") if "-" in norm and not raw[0].isdigit() else [norm]:
            stem = normal(part) if part else ""
            if not stem or part in _STOP:
                continue
            unit.stems.append(stem)
            clause.append(stem)
            if in_quote:
                unit.quoted.add(stem)
            if stem[0].isdigit():
                unit.numbers.add(stem)
            elif raw[0].isupper() and not (first and not raw[1:2].isupper() and raw.isalpha() and len(raw) < 4):
                unit.names.add(stem)
                if not in_quote:
                    names_at.append((n, stem))
        first = False
    _close(unit, clause, last=True)
    for cue in cue_at:
        near = [(abs(n - cue), name) for n, name in names_at if abs(n - cue) <= 6]
        unit.speakers.update(name for _, name in sorted(near)[:2])
    unit.headline = text.rstrip()[-1:] not in _ENDINGS
    unit.quoted_share = n_quoted / max(1, unit.n_words)
    return unit, in_quote


def _close(unit: Unit, clause: list[str], last: bool = False) -> list[str]:
    """Close a clause if it holds enough, else let it grow; at the end a short one joins the one before."""
    if len(clause) >= _MIN_CLAUSE or (last and clause and not unit.clauses):
        unit.clauses.append(clause)
        return []
    if last and clause:
        unit.clauses[-1] = unit.clauses[-1] + clause
    return clause


def units_of(texts: Sequence[str]) -> list[Unit]:
    """Take the sentences of one article apart, in order; speakers are carried along a running quotation."""
    units: list[Unit] = []
    open_quote = False
    for text in texts:
        unit, open_quote = take_apart(text, open_quote)
        units.append(unit)
    last: set[str] = set()
    for n, unit in enumerate(units):
        if not unit.speakers and unit.quoted_share > 0.6:
            following = units[n + 1].speakers if n + 1 < len(units) and units[n + 1].quoted_share > 0.3 else set()
            unit.speakers = set(last or following)
        elif unit.pronoun and not unit.speakers:
            unit.speakers = set(last)
        last = unit.speakers or last
    return units
