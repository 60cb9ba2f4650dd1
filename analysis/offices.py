"""Offices: a title that nobody of that name held then, and titles on which outlets disagree.

The list says who held which office from when to when. A title before or after a listed name is checked against the
date of the article; "former", years, and a word of the supposed keep it. Names that are not listed are only compared
across outlets.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date as Day
from datetime import timedelta
from typing import Any, NamedTuple

import pandas as pd

from analysis.align_units import REPORTING
from analysis.edit_kinds import FUNCTION
from analysis.findings import Finding, join_evidence
from analysis.segment import find_tokens
from analysis.slips import Words
from analysis.views import straighten

_GRACE = timedelta(days=14)  # around the first and the last day: swearing in, lists that differ by a day
FORMER = frozenset(
    "former ex then late onetime one-time past previous ousted deposed old erstwhile ex- became becoming".split()
)
NOT_THE_OFFICE = frozenset(
    "vice deputy shadow acting interim assistant associate under first second designate elect incoming outgoing next "
    "future nominee candidate caretaker would-be honorary de facto self-proclaimed self-declared assistant".split()
)
_SUPPOSED = frozenset(
    "if would could should might whether imagine hypothetical fictional prospect possible potential".split()
)
_PAST = frozenset(
    "during under when while served serving tenure administration presidency government cabinet era ago predecessor "
    "predecessors successor succeeded replaced appointed nominated named elected term terms history historic decades "
    "memoir book portrait legacy remembered veteran impeached resigned fired ousted former formerly".split()
)
# Former presidents keep the title in much of the press: more words count as the past, and only one who speaks is flagged.
_PAST_OF_COURTESY = _PAST | frozenset("was were had did years year before since last earlier until after".split())
_LINKS = frozenset("the a an his her its our their america's".split())
_YEAR = re.compile(r"(?<![\w$£€.,:/#-])(?:19|20)\d\d(?!\w|[,.]\d)")
_REACH = 4  # words before a title that may say "former"
_MOST_WORDS = 300  # of one sentence that are read for its time
_COURTESY = frozenset(
    ("president", "vice president", "vice-president", "prime minister")
)  # kept for life in some styles


class Holding(NamedTuple):
    """One line of offices.csv."""

    name: str
    state: str
    office: str
    titles: frozenset[tuple[str, ...]]
    written: str  # the first title, as the list has it
    valid_from: str
    valid_to: str
    source: str

    def covers(self, days: tuple[Day, Day]) -> bool:
        """Tell whether the office was held on one of some days, give or take two weeks."""
        start = Day.fromisoformat(self.valid_from) - _GRACE if self.valid_from else Day.min
        end = Day.fromisoformat(self.valid_to) + _GRACE if self.valid_to else Day.max
        return start <= days[1] and days[0] <= end

    def span(self) -> str:
        return f"{self.written} {self.valid_from or '…'} to {self.valid_to or 'now'}"


class Mention(NamedTuple):
    """A title with a name: tokens of both, which token the title begins at, whether the title stands behind."""

    first: int  # of the whole
    last: int
    title: tuple[str, ...]
    title_first: int
    title_last: int
    name: str
    behind: bool


class Offices:
    """offices.csv, indexed by the last word of each form and of each title."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.held: dict[str, list[Holding]] = defaultdict(list)
        self.forms: dict[str, dict[tuple[str, ...], str]] = defaultdict(dict)
        self.titles: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        self.office_of: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for row in table.to_dict("records"):
            titles = [_norms(t) for t in row["titles"].split(";") if t.strip()]
            for t in titles:
                self.titles[t[-1]].add(t)
                self.office_of[t].add(row["office"])
            for form in (_norms(f, marks=True) for f in row["forms"].split(";") if f.strip()):
                self.forms[form[-1]].setdefault(form, row["name"])
            self.held[row["name"]].append(
                Holding(
                    row["name"],
                    row["state"],
                    row["office"],
                    frozenset(titles),
                    row["titles"].split(";")[0].strip(),
                    row["valid_from"],
                    row["valid_to"],
                    row["source"],
                )
            )


def _norms(text: str, *, marks: bool = False) -> tuple[str, ...]:
    """Return the words of a form; with the marks of initials where asked for ("John F. Kerry")."""
    view = straighten(text)
    return tuple(n for _, _, n in find_tokens(view, 0, len(view)) if marks or n[:1].isalnum())


def find_offices(
    words: Words, *, articles: pd.DataFrame, offices: pd.DataFrame, in_quote: Callable[[str, int], bool]
) -> list[Finding]:
    """Check the titles of listed persons.

    Parameters
    ----------
    words : Words
        The tokens of all articles.
    articles : DataFrame
        article_id, text, date (ISO, or '').
    offices : DataFrame
        The lexicon ``offices``.
    in_quote : callable
        Says of an article and a character whether it stands in a direct quotation.

    Returns
    -------
    list of Finding
        Of kind ``office``, for every title that its bearer did not hold on the date of the article: flagged, or
        suppressed with what speaks for it. Titles that were held then are not listed. Without a date only titles
        that the bearer never held are.
    """
    known = Offices(offices)
    dates = dict(zip(articles["article_id"], articles["date"].astype(str), strict=True))
    found = []
    for m in find_mentions(words, known):
        article_id = words.article[m.first]
        judged = _judge(words, m, known, _days(dates[article_id]))
        if judged is None:
            continue
        suggestion, why, excuse, severity, rule = judged
        quoted = in_quote(article_id, int(words.start[m.first]))
        prefix = words.norm(m.title_first)[: -len(m.title[0])]  # "then-"
        start, end = int(words.start[m.title_first]) + len(prefix), int(words.end[m.title_last])
        if not m.behind:
            end = int(words.start[m.last]) + len(words.written(m.last).removesuffix("'s"))
        found.append(
            Finding(
                article_id,
                start,
                end,
                "office",
                words.texts[article_id][start:end],
                suggestion,
                "low" if quoted else severity,
                "suppressed" if excuse else "flagged",
                excuse or (f"the speaker's wording: {why}" if quoted else why),
                rule,
            )
        )
    return found


def find_mentions(words: Words, known: Offices) -> Iterator[Mention]:
    """Yield the listed names that have a title of the list before them, or behind them after a comma."""
    for i in words.where(lambda n: n in known.forms):
        form = _ends_with(words, i, known.forms[words.norm(i)], capital=True)
        if form is None:
            continue
        first, name = i - len(form) + 1, known.forms[form[-1]][form]
        if len(form) > 1 and _goes_on(words, i):
            continue  # a longer name: "Paul Martin Hughes"
        last = words.at(first, -1)
        title = _ends_with(words, first - 1, known.titles.get(last, ()), capital=False) if last else None
        if title is not None:
            yield Mention(first - len(title), i, title, first - len(title), first - 1, name, False)
        elif len(form) > 1 and words.at(i, 1) == ",":
            behind = _behind(words, i + 2, known)
            if behind is not None:
                yield Mention(first, behind[1], behind[2], behind[0], behind[1], name, True)


def _goes_on(words: Words, i: int) -> bool:
    """Tell whether a name goes on after a token: a capitalised word, but no "Will" or "Says" of a headline."""
    following = words.at(i, 1)
    if not following.isalpha() or words.around(i)[1] != " " or words.written(i).endswith("'s"):
        return False
    return words.written(i + 1)[0].isupper() and following not in FUNCTION | REPORTING


def _ends_with(words: Words, i: int, wanted: Any, *, capital: bool) -> tuple[str, ...] | None:
    """Return the longest of some word sequences that ends at a token."""
    best = None
    for sequence in wanted:
        n = len(sequence)
        if best is not None and n <= len(best):
            continue
        if all(_is_word(words.at(i, k - n + 1), w, k == 0 and not capital) for k, w in enumerate(sequence)) and (
            not capital
            or all(
                words.written(i - n + 1 + k)[0].isupper() or sequence[k] in ("von", "der", "de", ".") for k in range(n)
            )
        ):
            best = sequence
    return best


def _is_word(given: str, wanted: str, first: bool) -> bool:
    return given == wanted or (first and given.endswith("-" + wanted))  # "then-Secretary of State"


def _behind(words: Words, at: int, known: Offices) -> tuple[int, int, tuple[str, ...]] | None:
    """Return a title that begins within three words and ends the apposition: ", the US foreign minister,"."""
    for skip in range(4):
        if not words.at(at - 1, skip + 1) or (skip and not _may_lead(words, at + skip - 1)):
            return None
        for n in (5, 4, 3, 2, 1):
            last = at + skip + n - 1
            if not words.at(at - 1, skip + n):
                continue
            title = tuple(words.norm(k) for k in range(at + skip, last + 1))
            if title in known.titles.get(title[-1], ()):
                after = words.at(last, 1)
                ends = not after or after in (",", ".", ";", ")", "said", "told", "and", "has", "will", "was")
                return (at + skip, last, title) if ends else None
    return None


def _may_lead(words: Words, i: int) -> bool:
    return words.norm(i) in _LINKS or words.written(i)[0].isupper()


def _judge(
    words: Words, m: Mention, known: Offices, days: tuple[Day, Day] | None
) -> tuple[str, str, str, str, str] | None:
    """Return suggestion, explanation, excuse, severity and rule of a title that does not fit; None where it fits."""
    held = known.held[m.name]
    same = [h for h in held if m.title in h.titles]
    title = " ".join(words.written(k) for k in range(m.title_first, m.title_last + 1))
    now = [h for h in held if days and h.covers(days)]
    if any(h in now for h in same) or (same and days is None):
        return None
    kindred = [h for h in held if h.office in known.office_of[m.title]]
    date = days[0].isoformat() if days else ""
    rule = join_evidence(
        "rule: offices.csv: " + "; ".join(h.span() for h in held), f"date: {date or 'none'}", held[0].source
    )
    instead = next((h.written for h in (*(h for h in now if h in kindred), *now, *kindred)), "")
    if same:
        before = all(h.valid_from > date for h in same)
        ended = max((h.valid_to for h in same if h.valid_to and h.valid_to < date), default="")
        excuse = _excuse(words, m, ended, courtesy=" ".join(m.title) in _COURTESY)
        when = f"not before {min(h.valid_from for h in same)}" if before else f"until {ended}"
        suggestion = instead if before or not ended else f"former {title}"
        return suggestion, f"{m.name} was {title} {when}, and the article is of {date}", excuse, "medium", rule
    if not kindred and not now:
        return None  # the list says nothing of this office or of that time
    if not kindred and " ".join(m.title) in _COURTESY:
        excuse = _excuse(words, m, "", courtesy=False)
    else:  # the same work under another name is never right, former or not
        excuse = _excuse_words(words, m, former=not kindred)
    return instead, f"{m.name} is not known to have been {title}; the office held is {instead}", excuse, "medium", rule


def _excuse_words(words: Words, m: Mention, *, former: bool) -> str:
    """Return the word beside a title that makes it another office, a supposed or (where asked for) a former one."""
    near = [words.at(m.title_first, -k) for k in range(1, _REACH + 1)]
    near += words.at(m.title_first, 0).split("-")
    if _is_another(words.at(m.title_first, -1), m.title) or words.at(m.title_last, 1) in ("-", "designate"):
        return f"another office (“{words.at(m.title_first, -1)}”)"
    if words.at(m.title_first, -1) in ("a", "an") and not m.behind:
        return "a supposed one"
    said = next((w for w in near if w in FORMER or w.split("-")[0] in FORMER), "")
    return f"it is called former (“{said}”)" if said and former else ""


def _excuse(words: Words, m: Mention, ended: str, *, courtesy: bool) -> str:
    """Return what keeps a title: a word beside it, a supposition, the past; '' where nothing does."""
    excuse = _excuse_words(words, m, former=True)
    if excuse:
        return excuse
    sentence, text = _sentence(words, m.first)
    speaks = words.at(m.last, 1) in REPORTING
    if not ended:
        supposed = next((w for w in sentence if w in _SUPPOSED), "")
        if supposed and not speaks:
            return f"something supposed (“{supposed}”)"
        return "an office spoken of before it began" if courtesy and not speaks else ""
    year = next((y for y in _YEAR.findall(text) if y <= ended[:4]), "")
    if year:
        return f"the sentence speaks of {year}"
    past = next((w for w in sentence if w in (_PAST_OF_COURTESY if courtesy else _PAST)), "")
    if past:
        return f"the sentence speaks of the past (“{past}”)"
    return "a title kept out of courtesy" if courtesy and not speaks else ""


def _is_another(before: str, title: tuple[str, ...]) -> bool:
    return before in NOT_THE_OFFICE and (before != "under" or title[0] == "secretary")


def _sentence(words: Words, i: int) -> tuple[list[str], str]:
    """Return the norms of the sentence of a token, and its text."""
    first = last = i
    while i - first < _MOST_WORDS and words.at(first, -1):
        first -= 1
    while last - i < _MOST_WORDS and words.at(last, 1):
        last += 1
    return [words.norm(k) for k in range(first, last + 1)], straighten(words.raw(first, last))


def _days(date: str) -> tuple[Day, Day] | None:
    """Return the first and the last day that the date of an article may mean; None where it has none."""
    if re.fullmatch(r"\d{4}", date[:10]):
        return Day(int(date[:4]), 1, 1), Day(int(date[:4]), 12, 31)
    try:
        return Day.fromisoformat(date[:10]), Day.fromisoformat(date[:10])
    except ValueError:
        return None
