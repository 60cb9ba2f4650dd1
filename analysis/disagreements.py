"""Numbers and dates on which outlets disagree within one statement.

Compared are quantities of one counted thing in one role, and dates of one act. What can be true of one thing at once
(about 100,000 and 104,000, more than 100,000 and 127,000) agrees. Nobody knows who is right: each side is shown the
other's wording, and where two outlets stand against one, only the one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from analysis.align_units import REPORTING, normal, rarity
from analysis.dates import MONTHS
from analysis.edit_kinds import FUNCTION, TITLES, lemma
from analysis.findings import Finding, Passage, cite, join_evidence
from analysis.quantities import Quantity, find_quantities
from analysis.segment import find_tokens
from analysis.views import straighten

_MOST_FIGURES = 12  # in one sentence; with more it is a list or a table, and nobody can say which belongs to which
_MOST_PASSAGES = 12  # of one statement that are compared
_REACH = 12  # words on each side that tell the role of a number
_LEAST_ROLE = 2.0  # rarity (`align_units.rarity`) of the content words that two roles share
_WHOLE = 60  # words on each side: the sentence
_LEAST_SENTENCE = 6.0  # and of those that the two sentences share
_PLAIN = (
    FUNCTION
    | REPORTING
    | TITLES
    | frozenset("only just even still now also about around some more than least most".split())
)
_WEEKDAY = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTH = r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|Sept(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
_DATE = re.compile(
    rf"\b(?:(?P<m1>{_MONTH}) (?P<d1>[0-3]?\d)(?:st|nd|rd|th)?|(?P<d2>[0-3]?\d)(?:st|nd|rd|th)? (?:of )?(?P<m2>{_MONTH}))(?![\w:])"
)
_DAY = re.compile(rf"\b(?:{'|'.join(_WEEKDAY)})\b(?! [A-Z])")
_ANOTHER = frozenset(
    ("other", "more", "additional", "new", "separate", "further", "extra")
)  # these are not the same ones
_NO_ACT = REPORTING | frozenset("have had did does been was were".split())


class Dated(NamedTuple):
    """A day named in a sentence."""

    start: int
    end: int
    day: str  # Monday, or 01-26
    act: frozenset[str]  # the content words beside it


def find_disagreements(groups: Sequence[Sequence[Passage]], whole: dict[Any, list[str]]) -> list[Finding]:
    """Find the numbers and dates on which outlets disagree.

    Parameters
    ----------
    groups : sequence of sequence of Passage
        The sentences that give each statement, from articles of unlike outlets; surely matched ones only.
    whole : dict
        article_id to all its sentences: a number that the other article has too, elsewhere, is another number.

    Returns
    -------
    list of Finding
        Of kinds ``number`` and ``date``; a place is listed once, with all that speak against it as evidence.
    """
    known = _Articles(whole)
    against: dict[tuple[Any, int, int, str], list[tuple[Passage, str]]] = {}
    where: dict[tuple[Any, int, int, str], tuple[Passage, str]] = {}
    backed: dict[tuple[Any, int, int, str], set[str]] = {}
    seen: set[tuple] = set()
    for group in groups:
        for a, b in combinations(group[:_MOST_PASSAGES], 2):
            key = (a.article_id, a.sentence_id, b.article_id, b.sentence_id)
            if a.article_id == b.article_id or a.outlet == b.outlet or key in seen:
                continue
            seen.add(key)
            for kind, x, y, agree in _compare(a, b, known):
                for here, mine, there, theirs in ((a, x, b, y), (b, y, a, x)):
                    place = (here.article_id, here.start + mine.start, here.start + mine.end, kind)
                    if agree:
                        backed.setdefault(place, set()).add(there.outlet)
                    else:
                        said = there.text[theirs.start : theirs.end]
                        where[place] = (here, here.text[mine.start : mine.end])
                        against.setdefault(place, []).append((there, said))
    found = []
    for place in sorted(where, key=lambda p: (str(p[0]), p[1:])):
        if backed.get(place) and len({p.outlet for p, _ in against[place]}) < 2:
            continue  # two outlets stand against one, which is shown instead
        found.append(_finding(place, where[place][1], against[place]))
    return found


def _finding(place: tuple[Any, int, int, str], text: str, against: list[tuple[Passage, str]]) -> Finding:
    article_id, start, end, kind = place
    others = {p.outlet for p, _ in against}
    said = list(dict.fromkeys(s for _, s in against))
    agreed = len(others) > 1 and len(said) == 1
    why = (
        f"{len(others)} other outlets give “{said[0]}” for the same statement"
        if agreed
        else f"outlets disagree: another gives “{said[0]}” for the same statement, and nobody here knows which is right"
    )
    evidence = join_evidence(
        f"rule: one statement, one {'thing counted' if kind == 'number' else 'act'}, two {kind}s that cannot both be true",
        *(cite(p) for p, _ in against),
    )
    return Finding(
        article_id,
        start,
        end,
        kind,
        text,
        said[0] if agreed else "",
        "medium" if agreed else "low",
        "flagged",
        why,
        evidence,
    )


class _Articles:
    """The quantities and days of whole articles, read once on demand."""

    def __init__(self, sentences: dict[Any, list[str]]) -> None:
        self.sentences = sentences
        self.quantities: dict[Any, dict[str, list[Quantity]]] = {}
        self.dates: dict[Any, list[Dated]] = {}

    def has_number(self, article_id: Any, quantity: Quantity) -> bool:
        """Tell whether an article has a number that agrees with this one, of the same unit or of none."""
        if article_id not in self.quantities:
            units: dict[str, list[Quantity]] = {}
            for text in self.sentences.get(article_id, []):
                for q in find_quantities(text):
                    units.setdefault(q.unit, []).append(q)
            self.quantities[article_id] = units
        units = self.quantities[article_id]
        return any(quantity.agrees(q) for q in units.get(quantity.unit, ())) or any(
            q.low == quantity.low for q in units.get("", ())
        )

    def has_day(self, article_id: Any, day: Dated) -> bool:
        """Tell whether an article names this day: a date anywhere, a weekday beside the same act."""
        if article_id not in self.dates:
            self.dates[article_id] = [d for text in self.sentences.get(article_id, []) for d in find_days(text)]
        return any(d.day == day.day and (d.day[0].isdigit() or d.act & day.act) for d in self.dates[article_id])


def _compare(a: Passage, b: Passage, known: _Articles) -> Iterator[tuple[str, Any, Any, bool]]:
    """Yield (kind, what a has, what b has, whether they agree) for what is comparable in two sentences."""
    one, two = find_quantities(a.text), find_quantities(b.text)
    if 0 < len(one) <= _MOST_FIGURES and 0 < len(two) <= _MOST_FIGURES:
        yield from _compare_numbers(a, one, b, two, known)
    days, others = find_days(a.text), find_days(b.text)
    if len(days) == len(others) == 1:
        (x,), (y,) = days, others
        if x.day == y.day:
            yield "date", x, y, True
        elif (
            x.day[0].isdigit() == y.day[0].isdigit()
            and _same_act(a.text, x, b.text, y)
            and not known.has_day(b.article_id, x)
            and not known.has_day(a.article_id, y)
        ):
            yield "date", x, y, False


def _compare_numbers(
    a: Passage, one: list[Quantity], b: Passage, two: list[Quantity], known: _Articles
) -> Iterator[tuple[str, Quantity, Quantity, bool]]:
    bare = {q.low for q in (*one, *two) if not q.unit}
    left = [x for x in one if x.unit]
    for x in left:
        fit = next((y for y in two if y.unit == x.unit and x.agrees(y)), None)
        if fit is not None:
            yield "number", x, fit, True
    near = {
        (i, j): _shared_role(a.text, x, b.text, y) + sum(map(rarity, sorted(x.modifiers & y.modifiers)))
        for i, x in enumerate(one)
        for j, y in enumerate(two)
        if x.unit and x.unit == y.unit
    }
    for (i, j), role in near.items():
        x, y = one[i], two[j]
        rivals = [r for (k, m), r in near.items() if (k == i) != (m == j)]
        if role < _LEAST_ROLE or any(r >= role for r in rivals) or not _same_thing(x, y) or {x.low, y.low} & bare:
            continue
        if _shared_role(a.text, x, b.text, y, reach=_WHOLE) < _LEAST_SENTENCE:
            continue
        if not known.has_number(b.article_id, x) and not known.has_number(a.article_id, y):
            yield "number", x, y, False


def _same_thing(x: Quantity, y: Quantity) -> bool:
    """Tell whether two numbers count one thing: the same noun, no modifier that only the other could lack."""
    return not (x.modifiers | y.modifiers) & _ANOTHER and (x.modifiers <= y.modifiers or y.modifiers <= x.modifiers)


def _shared_role(text: str, x: Any, other: str, y: Any, *, reach: int = _REACH) -> float:
    """Return how much of what stands around two numbers is the same: the rarity of the shared words."""
    return sum(
        map(
            rarity, sorted(find_role(text, x.start, x.end, reach=reach) & find_role(other, y.start, y.end, reach=reach))
        )
    )


def _same_act(text: str, x: Dated, other: str, y: Dated) -> bool:
    return bool(x.act & y.act) and _shared_role(text, x, other, y) >= _LEAST_ROLE


def find_role(text: str, start: int, end: int, *, reach: int = _REACH) -> frozenset[str]:
    """Return the content words around a stretch of a sentence, in base form; numbers and days are none."""
    view = straighten(text)
    # A word of news text has a dozen letters at most: the window is cut in characters first, so that a long line is cheap.
    before = list(find_tokens(view, max(0, start - 16 * reach), start))
    after = list(find_tokens(view, end, min(len(view), end + 16 * reach)))
    near = [n for _, _, n in before if n[:1].isalnum()][-reach:]
    near += [n for _, _, n in after if n[:1].isalnum()][:reach]
    return frozenset(normal(w) for w in near if w not in _PLAIN and w[:1].isalpha() and not _is_day(w))


def _is_day(word: str) -> bool:
    return word.title() in _WEEKDAY or word in MONTHS


def find_days(text: str) -> list[Dated]:
    """Find the weekdays and the days of a month that a sentence names, with what happened on them.

    Parameters
    ----------
    text : str
        A sentence.

    Returns
    -------
    list of Dated
        ``act`` is the verb in a past form beside the day, verbs of saying left out: two outlets
        may hear one man on two days. Of what follows only the next word counts.
    """
    view = straighten(text)
    found = []
    for m in _DATE.finditer(view):
        month = next(
            i for i, name in enumerate(MONTHS, 1) if name.startswith((m["m1"] or m["m2"]).lower().rstrip(".")[:3])
        )
        found.append((m.start(), m.end(), f"{month:02d}-{int(m['d1'] or m['d2']):02d}"))
    if not found:
        found = [(m.start(), m.end(), m.group()) for m in _DAY.finditer(view)]
    return [Dated(s, e, day, _act(view, s, e)) for s, e, day in found]


def _act(view: str, start: int, end: int) -> frozenset[str]:
    """Return the verbs beside a day, in base form: words in -ed or an irregular past, and what follows "to" or "will"."""
    before = [view[s:e] for s, e, _ in find_tokens(view, max(0, start - 60), start) if view[s].isalpha()][-4:]
    after = [view[s:e] for s, e, _ in find_tokens(view, end, min(len(view), end + 60)) if view[s].isalpha()][:1]
    verbs = [
        w
        for words in (before, after)
        for i, w in enumerate(words)
        if w.islower()
        and w not in FUNCTION
        and w not in _NO_ACT
        and (_is_past(w) or (i and words[i - 1] in ("to", "will")))
    ]
    return frozenset(normal(w) for w in verbs)


def _is_past(word: str) -> bool:
    return word.endswith("ed") or (lemma(word) != word and not word.endswith(("s", "ing")))
