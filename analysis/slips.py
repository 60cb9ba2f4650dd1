"""Slips: an apostrophe lost, a word doubled, a noun lost after a possessive superlative, a weekday off its date.

Only patterns that are hardly ever right are looked for. A slip is flagged or not there; a weekday is checked and
listed either way.
"""

from __future__ import annotations

import re
from datetime import date as Day

import numpy as np
import pandas as pd

from analysis.dates import MONTHS
from analysis.views import straighten

_LOST = {
    w.replace("'", ""): w
    for w in (
        "don't doesn't didn't isn't aren't wasn't weren't hasn't haven't hadn't wouldn't couldn't shouldn't mustn't "
        "can't won't that's what's there's they're you're they've we've you've they'll you'll i've"
    ).split()
}
_PRONOUN = frozenset("i you he she it we they who".split())
_ITS_VERB = frozenset("a an the not been because".split())
_PREPOSITION = frozenset("for to against on with about over from by".split())
_NEVER_TWICE = frozenset(
    "the a an of to and or for from with at by as if his our your its my they we this these will would can could "
    "should must may might have has be been was were are but into than before".split()
)
_MEANT_TWICE = frozenset(
    "really always please forever little pretty boring bloody strong higher faster louder longer better worse further "
    "harder deeper closer people goodbye whatever".split()
)
_OTHERS_ACT = frozenset("were was had did are have who they those these".split())
_NO_VERB = frozenset("during morning evening nothing something anything everything king thing string spring".split())
_ONE_NOW = frozenset("is has be it's there's that's we're we've".split())
_FIRST_PLURAL = frozenset("we we're we've we'll our us ours".split())
_NOT_A_NOUN = frozenset(
    "is are was were be been being has have had do does did will would can could should may might must shall and or "
    "nor but yet so of in on at to for from by with about against between into through during before after above "
    "below over under again then than that which who whom whose when where while if because as although since until "
    "unless not no only also too very just both all each every any some such own same other another more most many "
    "much few several still already ever never a an the this these those there here it its he she they we you i him "
    "her them us his our their your my".split()
)
_MORE_THAN_ONE = frozenset("the two three four both all these those many several various other most different".split())
_BEFORE_ONE_OF = frozenset(
    ", - ( ; : is was are were be been being become becomes became remain remains remained as among including".split()
)
_PLACES_WITH_PLURAL = frozenset(
    "america korea germany turkey jordan guinea chile georgia china sudan ireland yemen vietnam congo".split()
)
_ADJECTIVE = ("ful", "ive", "ous", "ant", "ent", "ible", "able", "ial", "ical")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = r"(?P<{}>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{{0,6}}\.?"
_DAY = r"(?P<{}>\d{{1,2}})(?:st|nd|rd|th)?"
_DATED_WEEKDAY = re.compile(
    rf"\b(?P<weekday>{'|'.join(w.title() for w in _WEEKDAYS)}),? ?\(?(?:the )?"
    rf"(?:{_DAY.format('d1')} (?:of )?{_MONTH.format('m1')}|{_MONTH.format('m2')} {_DAY.format('d2')})"
    r"\b(?!:\d)(?:,? (?P<year>(?:19|20)\d\d)\b)?\)?"
)


class Words:
    """The tokens of all articles as arrays, with the written words on demand."""

    def __init__(self, articles: pd.DataFrame, tokens: pd.DataFrame) -> None:
        self.texts = dict(zip(articles["article_id"], articles["text"], strict=True))
        self.views = {a: straighten(t) for a, t in self.texts.items()}
        self.article = tokens["article_id"].to_numpy()
        self.sentence = tokens["sentence_id"].to_numpy()
        self.start, self.end = tokens["start"].to_numpy(), tokens["end"].to_numpy()
        self.codes, norms = pd.factorize(tokens["norm"])
        self.norms = [str(n) for n in norms]

    def __len__(self) -> int:
        return len(self.codes)

    def where(self, wanted) -> list[int]:
        """Return the places of the tokens whose norm meets a condition; each distinct norm is asked once."""
        mask = np.fromiter((bool(wanted(n)) for n in self.norms), dtype=bool, count=len(self.norms))
        return np.flatnonzero(mask[self.codes]).tolist() if len(self.codes) else []

    def norm(self, i: int) -> str:
        return self.norms[self.codes[i]]

    def at(self, i: int, step: int) -> str:
        """Return the norm of a neighbour in the same sentence, or ''."""
        j = i + step
        same = 0 <= j < len(self) and self.sentence[j] == self.sentence[i] and self.article[j] == self.article[i]
        return self.norm(j) if same else ""

    def written(self, i: int) -> str:
        return self.views[self.article[i]][self.start[i] : self.end[i]]

    def raw(self, first: int, last: int) -> str:
        """Return the raw text from one token to another."""
        return self.texts[self.article[first]][self.start[first] : self.end[last]]

    def around(self, i: int, n: int = 1) -> tuple[str, str]:
        """Return the characters directly before and after a token."""
        view = self.views[self.article[i]]
        return view[max(0, self.start[i] - n) : self.start[i]], view[self.end[i] : self.end[i] + n]


def find_slips(words: Words, *, places: frozenset[str]) -> list[tuple]:
    """Find slips of the pen.

    Parameters
    ----------
    words : Words
        The tokens of all articles.
    places : frozenset of str
        Names of places, lower case, whose plural is no word.

    Returns
    -------
    list of tuple
        article_id, start, end, kind, text, suggestion, severity, status, explanation.
    """
    found = [
        *_lost_contractions(words),
        *_were_for_we_are(words),
        *_lost_possessives(words, places),
        *_doubled(words),
        *_lost_nouns(words),
    ]
    return [
        (
            words.article[i],
            int(words.start[i]),
            int(words.end[j]),
            "slip",
            words.raw(i, j),
            suggestion,
            "medium",
            "flagged",
            why,
        )
        for i, j, suggestion, why in found
    ]


def _lost_contractions(words: Words):
    for i in words.where(lambda n: n in _LOST or n == "its"):
        norm, written = words.norm(i), words.written(i)
        before, after = words.around(i, 2)
        if before[-1:] in tuple("@#/_-.") or after[:1] in tuple("@#/_-") or (after[:1] == "." and after[1:].isalnum()):
            continue  # an address or a tag
        if words.at(i, -1) and not written.islower():
            continue
        if norm == "its":
            following = words.at(i, 1)
            if following in _ITS_VERB and words.at(i, 2)[:1].isalnum():
                yield i, i, "it's", f"“its {following}” can only be “it's {following}”"
        elif norm not in ("cant", "wont") or words.at(i, -1) in _PRONOUN:
            yield i, i, _LOST[norm], "an apostrophe is lost in a contraction"


def _were_for_we_are(words: Words):
    for i in words.where(lambda n: n == "were"):
        after = words.at(i, 1)
        if not after.endswith("ing") or len(after) < 5 or after in _NO_VERB or words.written(i) not in ("were", "Were"):
            continue
        if not words.at(i, -1) or (words.at(i, -1) in "'\"" and not words.at(i, -2)):
            first, subject = i, words.written(i) == "Were" and not _ends_asking(words, i)
        elif words.at(i, -1) in ("and", "but", "so") and words.at(i, -2) in (",", ";", "-"):
            first, subject = i, _speaks_as_we(words, i)
        else:
            continue
        if subject:
            yield first, i + 1, f"we're {after}", "“were” has no subject, the speaker says “we”"


def _speaks_as_we(words: Words, i: int) -> bool:
    """Say whether the words before are a speaker's who says we, in the present tense, with nobody else who acts."""
    before = []
    for step in range(-1, -41, -1):
        norm = words.at(i, step)
        if not norm:
            break
        if norm in _OTHERS_ACT or (norm.endswith("ed") and len(norm) > 4):
            return False
        before.append(norm)
    return not _FIRST_PLURAL.isdisjoint(before) and not _ONE_NOW.isdisjoint(before)


def _ends_asking(words: Words, i: int) -> bool:
    return any(words.at(i, step) == "?" for step in range(1, 60))


def _lost_possessives(words: Words, places: frozenset[str]):
    known = {p + "s" for p in places - _PLACES_WITH_PLURAL if p.isalpha() and len(p) > 3 and p[-1] != "s"} - places
    for i in words.where(lambda n: n in known):
        written, following = words.written(i), words.at(i, 1)
        if not (written[0].isupper() and written.endswith("s") and not written.isupper() and "'" not in written):
            continue
        if (
            not following.isalpha()
            or following in _NOT_A_NOUN
            or following.endswith(("ed", "ing", "ly"))
            or not words.written(i + 1).islower()
            or words.around(i)[1] != " "
            or words.at(i, -1) in _MORE_THAN_ONE
        ):
            continue
        yield i, i, written[:-1] + "'s", f"an apostrophe is lost before “{following}”"


def _doubled(words: Words):
    if len(words) < 2:
        return
    same = (words.codes[1:] == words.codes[:-1]) & (words.start[1:] - words.end[:-1] == 1)
    same &= (words.sentence[1:] == words.sentence[:-1]) & (words.article[1:] == words.article[:-1])
    for i in np.flatnonzero(same).tolist():
        norm, first, second = words.norm(i), words.written(i), words.written(i + 1)
        if norm in (words.at(i, -1), words.at(i, 2)) or not second.islower() or words.around(i)[1] not in " \n":
            continue  # said three times it is meant; names double in capitals
        small = norm in _NEVER_TWICE and (first.islower() or not words.at(i, -1)) and first.lower() == second
        content = (
            len(norm) > 5
            and norm.isalpha()
            and first == second
            and norm not in _MEANT_TWICE
            and not norm.endswith("ly")
        )
        amid = words.at(i, -1).isalpha() and words.at(i, 2).isalpha() and words.written(i + 2).islower()
        if small or (content and amid):
            yield i, i + 1, first, "a word is doubled"


def _lost_nouns(words: Words):
    for i in words.where(lambda n: (len(n) > 5 and n.endswith("est")) or n in ("best", "worst", "most")):
        owner, last = words.written(i - 1) if i else "", i
        if not words.at(i, -1) or not owner.endswith(("'s", "'")):
            continue
        if words.norm(i) == "most":
            last = i + 1
            if not words.at(i, 1).endswith(_ADJECTIVE):
                continue
        if words.at(last, 1) not in _PREPOSITION:
            continue
        for step in range(-2, -8, -1):
            if words.at(i, step) == "of" and words.at(i, step - 1) == "one":
                before = words.at(i, step - 2)  # after "is" or a comma the noun stands before: "the port, one of …"
                if before[:1].isalpha() and before not in _BEFORE_ONE_OF:
                    yield i + step - 1, last + 1, "", "“one of …” lacks its noun after the superlative"
                break


def find_weekdays(articles: pd.DataFrame, *, sentences: pd.DataFrame) -> list[tuple]:
    """Check the weekdays that stand beside a date.

    Parameters
    ----------
    articles : DataFrame
        article_id, text, date (ISO, or '').
    sentences : DataFrame
        article_id, start, end.

    Returns
    -------
    list of tuple
        As `find_slips`, of kind ``date``. A date without a year is right when the last one or the next one
        before and after the article's date falls on the weekday.
    """
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    dates = dict(zip(articles["article_id"], articles["date"].astype(str), strict=True))
    has_day = sentences["text"].str.contains("day", regex=False)
    rows = []
    for article_id, start, end in sentences.loc[has_day, ["article_id", "start", "end"]].itertuples(index=False):
        for m in _DATED_WEEKDAY.finditer(straighten(texts[article_id][start:end])):
            status, suggestion, why = _judge_weekday(m, dates[article_id])
            s, e = start + m.start(), start + m.end()
            rows.append((article_id, s, e, "date", texts[article_id][s:e], suggestion, "medium", status, why))
    return rows


def _judge_weekday(m: re.Match[str], article_date: str) -> tuple[str, str, str]:
    month = next(i for i, name in enumerate(MONTHS, 1) if name.startswith((m["m1"] or m["m2"]).lower()))
    number, weekday = int(m["d1"] or m["d2"]), m["weekday"].lower()
    near = _day(*(int(p) for p in article_date[:10].split("-"))) if re.match(r"\d{4}-\d\d-\d\d", article_date) else None
    if not m["year"] and near is None:
        return "suppressed", "", "the year is not known"
    years = [int(m["year"])] if m["year"] else [near.year - 1, near.year, near.year + 1] if near else []
    days = [d for d in (_day(y, month, number) for y in years) if d]
    if not days:
        return "flagged", "", "there is no such date"
    day = min(days, key=lambda d: abs((d - near).days)) if near else days[0]
    name = _WEEKDAYS[day.weekday()]
    if near and not m["year"]:  # "Friday, Sept. 14" may be the last one or the next one
        last = max((d for d in days if d <= near), default=day)
        coming = min((d for d in days if d >= near), default=day)
        day = next((d for d in (last, coming) if _WEEKDAYS[d.weekday()] == weekday), day)
        name = _WEEKDAYS[day.weekday()]
    right = f"{day.day} {MONTHS[day.month - 1].title()} {day.year} was a {name.title()}"
    return ("suppressed", "", right) if name == weekday else ("flagged", name.title(), right)


def _day(year: int, month: int, number: int) -> Day | None:
    try:
        return Day(year, month, number)
    except ValueError:
        return None
