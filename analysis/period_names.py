"""Period names: states, people, cities, institutions and offices named at a time when they had another name.

Every mention of a name of the lexicon is considered. The time written of comes from its sentence first, then from
the sentences beside it, then from the article's date. A mention is flagged when nothing speaks for the past.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable

import pandas as pd

from analysis.dates import MONTHS
from analysis.edit_kinds import NUMBER_WORDS
from analysis.findings import join_evidence
from analysis.period_lists import Context, Contexts, Entry, Part, Reading, read_entries, split_parts
from analysis.segment import norm_of
from analysis.views import straighten

# A text without a date is read as of today, but only for names that ended before this year: of "Swaziland" (2018) an
# undated text says nothing.
_SURELY_PAST = 2005
_UNDATED = 2020  # the year such a text is reckoned from
# Years after which a name speaks of history unless the sentence has a word of the present. Bodies and offices are
# hardly ever named by mistake, but for one whose heir does the same work; states, peoples and cities are.
_LONG_GONE = {"institution": 20, "office": 20}
_LONG_GONE_ELSE = 60
_HAS_HEIR = frozenset({"KGB"})
_AGO = "years ago"
_REACH = {"prefix": 0, "before": 3, "suffix": 0, "after": 1}  # words between a context and the name
_NEIGHBOURS = (-1, 1, -2, 2, -3)  # sentences that may say the time
_LONGEST = 8  # words of the longest context
_MAY_JOIN = frozenset({"of", "and", "the", "for", "de"})
_PARTS = frozenset({"and", "or", "of", "in", "to", "the", "a"})
_YEAR = re.compile(r"(?<![\w$£€.,:/#])(?:early |mid[- ]|late )?((?:1[0-9]|20)\d\d)(s)?(?![\w%]|[,.]\d)")
_DECADE = re.compile(r"(?<![\w])'?([2-9]0)s\b")
_COUNTED = re.compile(
    r"[ -](?:people|troops|soldiers|dollars|euros|rubles|roubles|jobs|miles|km|kilomet|tons|tonnes"
    r"|votes|percent|men|women)"
)


def find_period_names(
    articles: pd.DataFrame,
    *,
    sentences: pd.DataFrame,
    tokens: pd.DataFrame,
    in_quote: Callable[[str, int], bool],
    names: pd.DataFrame,
    contexts: pd.DataFrame,
) -> list[tuple]:
    """Find the mentions of period names and judge each.

    Parameters
    ----------
    articles : DataFrame
        article_id, text, date (ISO, or '').
    sentences, tokens : DataFrame
        As `analysis.segment` returns.
    in_quote : callable
        Says of an article and a character whether it stands in a direct quotation.
    names, contexts : DataFrame
        The lexicons ``period_names`` and ``period_contexts``.

    Returns
    -------
    list of tuple
        article_id, start, end, kind, text, suggestion, severity, status, explanation, evidence of every mention.
    """
    entries, index = read_entries(names)
    known = Contexts(contexts)
    tokens = tokens.reset_index(drop=True)
    wanted = tokens.loc[_may_begin(tokens["norm"], index), ["article_id", "sentence_id"]].drop_duplicates()
    near = sentences[sentences["article_id"].isin(set(wanted["article_id"]))]
    spans = {
        a: list(zip(g["sentence_id"], g["start"], g["end"], strict=True))
        for a, g in near.groupby("article_id", sort=False)
    }
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    dates = dict(zip(articles["article_id"], articles["date"].astype(str), strict=True))
    rows: list[tuple] = []
    for article_id, group in wanted.groupby("article_id", sort=False):
        article = _Article(texts[article_id], dates[article_id], spans[article_id], known)
        for sentence_id in group["sentence_id"]:
            rows += article.judge(str(article_id), sentence_id, entries, index, in_quote)
    return rows


def _may_begin(norms: pd.Series, index: dict[str, list[tuple[tuple[str, ...], int, str]]]) -> list[int]:
    """Return the places of the tokens at which a form may begin, so that few sentences have to be read."""
    touched = {n for n in norms.unique() if any(norm_of(p) in index for p in n.split("-"))}
    following = [*norms.tolist()[1:], ""]
    at = []
    for i in norms.index[norms.isin(touched)]:
        second = [words[1].lower() if len(words) > 1 else "" for words, *_ in index.get(norms[i], [])]
        if not second or any(following[i].startswith(s) for s in second):  # hyphenated, or the next word fits
            at.append(i)
    return at


class _Article:
    """One article while its mentions are judged: its sentences are read once, on demand."""

    def __init__(self, text: str, date: str, spans: list[tuple[int, int, int]], known: Contexts) -> None:
        self.view, self.text, self.known = straighten(text), text, known
        self.spans = {sid: (s, e) for sid, s, e in spans}
        self.readings: dict[int, Reading] = {}
        self.date = date[:10] if re.match(r"\d{4}", date) else ""
        self.stated = "" if self.date else _last_full_date(self.view)

    def read(self, sentence_id: int) -> Reading | None:
        if sentence_id not in self.spans:
            return None
        if sentence_id not in self.readings:
            start, end = self.spans[sentence_id]
            parts, years = split_parts(self.view, start, end), find_years(self.view[start:end])
            hits = self.known.find(parts)
            counted = [ago for _, last, n in hits.get("near", []) if (ago := self._years_ago(parts, last, n))]
            years += [(year, year, written) for year, written in counted]
            if counted:
                hits["near"] = [h for h in hits["near"] if self.known.rows[h[2]].pattern != _AGO]
            near: dict[tuple[str, str], Context] = {}
            for context in (self.known.rows[number] for _, _, number in hits.get("near", [])):
                for name in context.only_for or [""]:
                    near.setdefault((context.strength, name), context)
            earliest = min(((low, written) for low, _, written in years), default=(9999, ""))
            latest = max((low for low, _, _ in years), default=0)
            self.readings[sentence_id] = Reading(parts, hits, near, earliest, latest)
        return self.readings[sentence_id]

    def _years_ago(self, parts: list[Part], last: int, number: int) -> tuple[int, str] | None:
        """Return the year that "four years ago" means, counted from the article, with the words; None without a number."""
        at = last - len(_AGO.split()) - 1
        if self.known.rows[number].pattern != _AGO or at < 0:
            return None
        word = parts[at].norm
        n = int(word) if word.isdecimal() and len(word) < 4 else int(NUMBER_WORDS.get(word, 0))
        year = int((self.date or self.stated)[:4] or _UNDATED) - n
        return (year, f"{word} {_AGO}") if n else None

    def judge(
        self, article_id: str, sentence_id: int, entries: list[Entry], index: dict, in_quote: Callable[[str, int], bool]
    ) -> list[tuple]:
        rows: list[tuple] = []
        parts = split_parts(self.view, *self.spans[sentence_id])
        after = 0
        for i, part in enumerate(parts):
            if i < after:
                continue
            for words, number, form in index.get(part.norm, ()):
                if not _is_form(words, parts[i : i + len(words)]):
                    continue
                after = i + len(words)
                entry, start, end = entries[number], part.start, parts[after - 1].end
                reason = (
                    f"a matter of style, not an error: {entry.forms[form]} is the other accepted form"
                    if entry.status == "style"
                    else self._excuse(sentence_id, i, after, entry)
                )
                quoted = in_quote(article_id, start)
                severity = "low" if quoted or entry.status == "style" else "high"
                explanation = reason or self._charge(entry, form, quoted)
                end = start + len(self.view[start:end].removesuffix("'s").removesuffix("'S"))
                rows.append(
                    (
                        article_id,
                        start,
                        end,
                        "period_name",
                        self.text[start:end],
                        entry.forms[form],
                        severity,
                        "suppressed" if reason else "flagged",
                        explanation,
                        self._evidence(entry, form),
                    )
                )
                break
        return rows

    def _charge(self, entry: Entry, form: str, quoted: bool) -> str:
        when = (
            f"the article is of {self.date}"
            if self.date
            else f"the text speaks of {self.stated}"
            if self.stated
            else "the text has no date and is read as of today"
        )
        said = "the speaker's wording, in a direct quotation: " if quoted else ""
        force = f"from {entry.valid_from} to {entry.valid_to}" if entry.valid_from else f"until {entry.valid_to}"
        return f"{said}{form} was in force {force}, and {when}; nothing near it speaks of the past ({entry.source})"

    def _evidence(self, entry: Entry, form: str) -> str:
        span = f"{entry.valid_from or '…'} to {entry.valid_to or 'now'}"
        dates = (
            [f"the article is of {self.date}"]
            if self.date
            else [f"the text speaks of {self.stated}"] * bool(self.stated)
        )
        return join_evidence(f"rule: {form} {span}, {entry.source}", f"date: {dates[0] if dates else 'none'}")

    def _excuse(self, sentence_id: int, first: int, last: int, entry: Entry) -> str:
        """Return why a mention is right, or ''. The sentence speaks first, then its neighbours, then the date."""
        reading = self.read(sentence_id)
        if reading is None:
            return ""
        return (
            self._fixed(reading, first, last, entry)
            or _dated(reading, entry)
            or self._near(reading, entry, "strong")
            or self._beside(sentence_id, reading, entry)
            or self._by_date(reading, entry)
            or self._near(reading, entry, "weak")
        )

    def _fixed(self, reading: Reading, first: int, last: int, entry: Entry) -> str:
        """Return the context that touches or holds the name, or ''."""
        for place in ("inside", "prefix", "before", "suffix", "after"):
            hits = reading.hits.get(place, [])
            for i, j, number in hits[bisect_left(hits, (first - _LONGEST,)) : bisect_left(hits, (last + _LONGEST,))]:
                pattern = self.known.rows[number].pattern
                if place == "inside":
                    meets = i <= first and last <= j
                elif place in ("prefix", "before"):
                    gap = reading.parts[j:first]
                    meets = j <= first and len(gap) <= _REACH[place] and all(g.norm[0].isalnum() for g in gap)
                else:
                    gap = reading.parts[last:i]
                    reach = _REACH[place] + (place == "after" and pattern[0].isupper())
                    meets = last <= i and len(gap) <= reach and _is_bridge(gap, pattern[0].isupper())
                if meets and self.known.holds(number, entry.name):
                    return f"{self.known.rows[number].reason} (“{pattern}”)"
        return ""

    def _near(self, reading: Reading, entry: Entry, strength: str) -> str:
        if strength == "weak" and reading.hits.get("present"):
            return ""
        context = reading.near.get((strength, "")) or reading.near.get((strength, entry.name))
        return f"{context.reason} (“{context.pattern}”)" if context else ""

    def _beside(self, sentence_id: int, here: Reading, entry: Entry) -> str:
        if here.hits.get("present"):
            return ""
        for step in _NEIGHBOURS:
            reading = self.read(sentence_id + step)
            if reading is None or reading.hits.get("present"):
                continue
            reason = _dated(reading, entry) or self._near(reading, entry, "strong")
            if reason:
                return f"the sentence {'before' if step < 0 else 'after'} tells the time: {reason}"
        return ""

    def _by_date(self, reading: Reading, entry: Entry) -> str:
        if not entry.valid_to:
            return ""
        ended = int(entry.valid_to[:4])
        date = self.date or self.stated
        if reading.latest > ended:
            return ""
        if date and date[: len(entry.valid_to)] <= entry.valid_to[: len(date)]:
            return f"in force on the article's date, {date}"
        if not date and ended >= _SURELY_PAST:
            return f"the text has no date, and the name was in force until {entry.valid_to}"
        age = int(date[:4] or _UNDATED) - ended
        long_gone = _LONG_GONE_ELSE if entry.name in _HAS_HEIR else _LONG_GONE.get(entry.kind, _LONG_GONE_ELSE)
        if age >= long_gone and not reading.hits.get("present"):
            return f"gone for {age} years: it speaks of history, and nothing in the sentence says otherwise"
        return ""


def _is_form(words: tuple[str, ...], parts: list[Part]) -> bool:
    if len(parts) < len(words):
        return False
    for word, part in zip(words, parts, strict=True):
        if part.norm != norm_of(word.lower()):
            return False
        if word[0].isupper() and not part.written[0].isupper():
            return False
        if len(word) > 1 and word.isupper() and not part.written.removesuffix("'s").isupper():
            return False
    return True


def _is_bridge(gap: list[Part], capitalised: bool) -> bool:
    """Say whether the words between a name and what follows can belong to one name, or to one noun phrase."""
    if capitalised:
        return all(p.written[0].isupper() or p.norm in _MAY_JOIN for p in gap)
    return all(p.norm.isalpha() and p.norm not in _PARTS for p in gap)


def find_years(sentence: str) -> list[tuple[int, int, str]]:
    """Find the years and decades that a straightened sentence names: first year, last year, as written."""
    found = []
    for m in _YEAR.finditer(sentence):
        if not _COUNTED.match(sentence, m.end()):
            year = int(m.group(1))
            span = 0 if not m.group(2) else 9 if year % 100 else 99
            found.append((year, year + span, m.group().strip()))
    found += [(1900 + int(m.group(1)), 1909 + int(m.group(1)), m.group()) for m in _DECADE.finditer(sentence)]
    return found


def _dated(reading: Reading, entry: Entry) -> str:
    """Return why the years of a sentence put it before the end of a name, or ''."""
    if not entry.valid_to:
        return ""
    year, written = reading.earliest
    if year <= int(entry.valid_to[:4]):
        return f"the sentence speaks of {written}, and the name was in force until {entry.valid_to}"
    return ""


_FULL_DATE = re.compile(
    rf"\b(?:{'|'.join(m.title() for m in MONTHS)})(?: \d{{1,2}}(?:st|nd|rd|th)?,)? ((?:19|20)\d\d)\b"
)


def _last_full_date(view: str) -> str:
    """Return the latest year that stands beside a month in a text, or ''."""
    return max((m.group(1) for m in _FULL_DATE.finditer(view)), default="")
