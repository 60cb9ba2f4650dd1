"""Titles on which outlets disagree: one person of one occasion, given offices that exclude each other.

Styles are variants (Foreign Minister, Foreign Affairs Minister, Foreign Secretary), a second office is none of our
business: only pairs that nobody holds at once are compared, and an article that gives both knows of both.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import pandas as pd

from analysis.findings import Finding, Passage, cite, join_evidence
from analysis.offices import FORMER, NOT_THE_OFFICE
from analysis.slips import Words

# Office → the ways to write it; in lower case, without dots.
_WAYS = {
    "secretary of state": "secretary of state",
    "deputy secretary of state": "deputy secretary of state",
    "foreign minister": "foreign minister|foreign affairs minister|minister of foreign affairs|minister for foreign affairs|"
    "foreign secretary",
    "deputy foreign minister": "deputy foreign minister|deputy minister of foreign affairs",
    "defence minister": "defence minister|defense minister|defence secretary|defense secretary|secretary of defense|"
    "secretary of defence|minister of defence|minister of defense",
    "deputy defence minister": "deputy defence minister|deputy defense minister|deputy secretary of defense",
    "prime minister": "prime minister|premier",
    "deputy prime minister": "deputy prime minister",
    "president": "president",
    "vice president": "vice president|vice-president",
    "senator": "senator|sen",
    "representative": "representative|rep|congressman|congresswoman",
}
# Nobody is both at once.
_EXCLUDE = {
    frozenset(pair)
    for pair in (
        ("foreign minister", "deputy foreign minister"),
        ("foreign minister", "secretary of state"),
        ("foreign minister", "defence minister"),
        ("secretary of state", "deputy secretary of state"),
        ("secretary of state", "defence minister"),
        ("defence minister", "deputy defence minister"),
        ("prime minister", "deputy prime minister"),
        ("prime minister", "president"),
        ("president", "vice president"),
        ("senator", "representative"),
    )
}
_OFFICE = {tuple(way.split()): office for office, ways in _WAYS.items() for way in ways.split("|")}
_BY_LAST: dict[str, list[tuple[str, ...]]] = defaultdict(list)
for _way in sorted(_OFFICE, key=lambda w: (-len(w), w)):
    _BY_LAST[_way[-1]].append(_way)
_REACH = 3  # words before a title that may say "former"


class Titled(NamedTuple):
    """A title directly before a name."""

    article_id: Any
    start: int
    end: int
    office: str
    first: str  # first name, or ''
    sentence_id: int


def find_title_disputes(
    words: Words, *, articles: pd.DataFrame, passages: dict[tuple[Any, int], Passage]
) -> list[Finding]:
    """Find persons to whom the articles of one occasion give titles that exclude each other.

    Parameters
    ----------
    words : Words
        The tokens of all articles.
    articles : DataFrame
        article_id, outlet, event_id.
    passages : dict
        (article_id, sentence_id) to the sentence, for the evidence.

    Returns
    -------
    list of Finding
        Of kind ``office``: the first such mention in an article. Where several outlets agree against one, only that
        one; else each side, with severity low.
    """
    event_of = dict(zip(articles["article_id"], articles["event_id"], strict=True))
    outlet_of = dict(zip(articles["article_id"], articles["outlet"], strict=True))
    people: dict[tuple[Any, str], dict[Any, list[Titled]]] = defaultdict(lambda: defaultdict(list))
    firsts: dict[tuple[Any, str], set[str]] = defaultdict(set)
    for surname, t in _find_titled(words):
        key = (event_of.get(t.article_id), surname)
        people[key][t.article_id].append(t)
        firsts[key] |= {t.first} - {""}
    found = []
    for key, by_article in people.items():
        if len(firsts[key]) != 1 or len({outlet_of[a] for a in by_article}) < 2:
            continue
        offices = {a: {t.office for t in titled} for a, titled in by_article.items()}
        one = {a: next(iter(o)) for a, o in offices.items() if len(o) == 1}
        for article_id, office in one.items():
            against = [
                a
                for a, o in one.items()
                if frozenset((o, office)) in _EXCLUDE and outlet_of[a] != outlet_of[article_id]
            ]
            held = set().union(*(offices[a] for a in offices if a != article_id))
            if not against or office in held & _both(offices):
                continue
            backing = {outlet_of[a] for a, o in one.items() if o == office} - {outlet_of[article_id]}
            others = {outlet_of[a] for a in against}
            if len(backing) + 1 > len(others):
                continue
            mine = by_article[article_id][0]
            found.append(_finding(words, mine, [by_article[a][0] for a in against], passages, len(others) > 1))
    return found


def _both(offices: dict[Any, set[str]]) -> set[str]:
    """Return the offices that some article gives beside another one: it knows of both."""
    return {o for held in offices.values() if len(held) > 1 for o in held}


def _finding(words: Words, mine: Titled, others: list[Titled], passages: dict, sure: bool) -> Finding:
    text = words.texts[mine.article_id][mine.start : mine.end]
    other = words.texts[others[0].article_id][others[0].start : others[0].end]
    cited = [cite(passages[(o.article_id, o.sentence_id)]) for o in others if (o.article_id, o.sentence_id) in passages]
    why = (
        f"the other outlets write “{other}”"
        if sure
        else f"outlets disagree: another writes “{other}”, and nobody here knows which is right"
    )
    return Finding(
        mine.article_id,
        mine.start,
        mine.end,
        "office",
        text,
        other if sure else "",
        "medium" if sure else "low",
        "flagged",
        why,
        join_evidence("rule: one person, two offices that nobody holds at once", *cited[:3]),
    )


def _find_titled(words: Words):
    """Yield (surname, title with name) for every title of the list directly before one or two capitalised words."""
    for i in words.where(lambda n: n.strip(".") in _BY_LAST):
        way = next((w for w in _BY_LAST[words.norm(i).strip(".")] if _stands(words, i, w)), None)
        if way is None:
            continue
        at = i + 1 + (words.at(i, 1) == ".")
        begin = i - len(way) + 1
        before = {words.at(begin, -k) for k in range(1, _REACH + 1)} | set(words.at(begin, 0).split("-"))
        if before & FORMER or words.at(begin, -1) in NOT_THE_OFFICE or any(w.split("-")[0] in FORMER for w in before):
            continue
        names: list[int] = []
        while len(names) < 4 and words.at(i, at - i) and words.written(at)[0].isupper() and len(words.norm(at)) > 1:
            names.append(at)
            if not words.at(at, 1)[:1].isalpha() or words.written(at).endswith("'s"):
                break
            at += 1
        names = names[:1] + [n for n in names[1:] if "." not in words.norm(n)]
        if 1 <= len(names) <= 3:
            last = names[-1]
            first = words.norm(names[0]) if len(names) > 1 else ""
            end = int(words.start[last]) + len(words.written(last).removesuffix("'s"))
            yield (
                words.norm(last),
                Titled(words.article[i], int(words.start[begin]), end, _OFFICE[way], first, int(words.sentence[i])),
            )


def _stands(words: Words, i: int, way: tuple[str, ...]) -> bool:
    return all(words.at(i, k - len(way) + 1).strip(".") == w for k, w in enumerate(way))
