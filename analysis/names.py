"""People and bodies named in an article, and who a pronoun, a surname or "the minister" stands for."""

from __future__ import annotations

import csv
import functools
import re
from bisect import bisect_left
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple


def word_list(text: str) -> list[str]:
    """Return the words of a text, as lists of words are written here."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """Return the set of the words of a text."""
    return frozenset(text.split())


_LEXICON = Path(__file__).parent / "lexicons" / "person_titles.csv"
# A run of capitalised words, with the small words that stand inside names; one word ends a run by its 's.
_WORD = r"(?:[A-Z]\.)+|[A-Z](?:[\w\u0300-\u036f&]|(?!['’][sS]\b)[-.'’](?=[A-Za-z]))*"
_RUN = re.compile(
    rf"(?:{_WORD})(?:[ \u00a0]{{1,2}}(?:(?:of|de|del|van|von|der|bin|al|la|du|for)[ \u00a0])?(?:{_WORD})){{0,11}}"
)
_ABBREVIATED = re.compile(r"\b(Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Lt|Col|Prof|Rev|Adm|Capt|Sgt|Maj|Jr|Sr|St)\.(?=[ \u00a0])")
_SPACES = re.compile(r"[ \u00a0]+")
_HEAD_ENDS = re.compile(
    r"[,(:;]|\s(?:of|for|at|in|from|with|on|to|by|who|whom|whose|which|that|released|obtained|published)\s|\n"
)
_JOINS = re.compile(r"\s*(?:,|and\b|&)")
_AND = re.compile(r",?\s{0,3}(?:and|&)\s{1,3}(?:(?:the|his|her|its|former|then)\s)?(?:[a-z]+\s){0,3}")
_SMALL = word_set("""
    the a an this that these those he she it they we i you his her its their our my your in on at by for from with
    as but and or so if when while after before since until although though because however meanwhile moreover
    also then there here what who how why where which some many most all both each no not yes now today yesterday
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december one two three another other such still even just earlier later according
    speaking asked having despite during under over than more perhaps indeed instead additionally furthermore once
    let do is are was were read photo image
""")
_SINGULAR = word_set("he she him her himself herself")
_PLURAL = word_set("they them both each these those themselves")
_FIRST = word_set("i we me us you who it one himself which that what whom")


class Mention(NamedTuple):
    """A name in the text: half-open characters, the words of the name, the titles before it."""

    start: int
    end: int
    name: str
    titles: frozenset[str]
    person: bool
    gender: str  # m | f | ''
    begin: int  # where its titles begin


@functools.cache
def load_titles() -> dict[str, dict[str, str]]:
    """Load kind -> term -> gender from lexicons/person_titles.csv."""
    kinds: dict[str, dict[str, str]] = {}
    with _LEXICON.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            kinds.setdefault(row["kind"], {})[row["term"]] = row["gender"]
    return kinds


class _Roster:
    """The names of one article; nothing here changes once it is made."""

    def __init__(self, text: str, sentences: tuple[tuple[int, int], ...]):
        found = [m for start, end in sentences for m in _mentions_in(text, start, end)]
        doubtful = [at_start and " " not in m.name and not m.titles for m, at_start in found]
        sure = {w for (m, _), doubt in zip(found, doubtful, strict=True) if not doubt for w in m.name.split()}
        places = load_titles()["place"]
        self.mentions = [
            m
            for (m, _), doubt in zip(found, doubtful, strict=True)  # one capitalised word at the start of a sentence
            if not doubt or m.name in sure or m.name.lower() in places
        ]
        self.starts = [m.start for m in self.mentions]
        self._full: dict[str, list[Mention]] = {}
        for m in self.mentions:
            if " " in m.name and m.person and m.name.count(" ") < 4 and (last := surname_of(m.name)) not in places:
                self._full.setdefault(last, []).append(m)
        self._fullest: dict[Mention, str] = {}
        self.gender: dict[str, str] = {}
        self.titles: dict[str, set[str]] = {}
        for m in self.mentions:
            name = self.resolve_name(m)
            if m.gender:
                self.gender.setdefault(name, m.gender)
            if m.person:
                self.titles.setdefault(name, set()).update(m.titles)

    def resolve_name(self, mention: Mention) -> str:
        known = self._fullest.get(mention)
        if known is None:
            known = self._fullest[mention] = self._resolve_name(mention)
        return known

    def _resolve_name(self, mention: Mention) -> str:
        name = mention.name
        full = self._full.get(surname_of(name))
        if not full or (" " in name and not mention.person):
            return name
        if " " in name:
            first = name.split()[0].strip(".")
            same = [m for m in full[:50] if m.name.split()[0].strip(".")[:3] == first[:3]]
            return same[0].name if same else name
        if mention.gender and (fit := [m for m in full[:50] if m.gender == mention.gender]):
            return fit[0].name
        at = bisect_left([m.start for m in full[:50]], mention.start)
        return self.resolve_name(full[max(at - 1, 0)])


# The articles of a chunk: speakers, appositions and targets all look for their names.
_find_roster = functools.lru_cache(maxsize=250)(_Roster)


class Names:
    """The names of one article and what stands for them later.

    Parameters
    ----------
    text : str
        The raw text.
    sentences : list of (int, int)
        Half-open spans of its sentences, in order.
    """

    def __init__(self, text: str, sentences: list[tuple[int, int]]):
        self.text = text
        self._roster = roster = _find_roster(text, tuple(sentences))
        self.mentions, self.starts, self.gender, self.titles = (
            roster.mentions,
            roster.starts,
            roster.gender,
            roster.titles,
        )
        self.said: list[tuple[int, list[str]]] = []  # (position, names) of the sources met so far

    def resolve_name(self, mention: Mention) -> str:
        """Return the fullest form of a name: the full name first given with that surname."""
        return self._roster.resolve_name(mention)

    def within(self, start: int, end: int) -> list[Mention]:
        """Return the mentions that begin within a span."""
        return self.mentions[bisect_left(self.starts, start) : bisect_left(self.starts, end)]

    def find_speaker(self, start: int, end: int) -> list[str]:
        """Return whom the words of a source stand for, and remember them as having spoken.

        Parameters
        ----------
        start, end : int
            The source span. Sources are to be asked for in the order of the text.

        Returns
        -------
        list of str
            Names in the fullest form the article gives; for someone unnamed the words of the source without
            its article and what depends on it; nothing for "I", "we", "you", "it" and "who".
        """
        names = self._resolve(start, end)
        if names:
            self.said.append((start, names))
        return names

    def _resolve(self, start: int, end: int) -> list[str]:
        words = self.text[start:end].lower().replace("’", "'").split()
        if not words:
            return []
        if (
            len(words) <= 3
            and words[0] in _PLURAL | {"the"}
            and (words[0] in _PLURAL or words[-1] in load_titles()["group"])
        ):
            return self._last_group(start)
        if words[0] in _SINGULAR and len(words) <= 2:
            return self._last_person(start, "m" if words[0].startswith("hi") or words[0] == "he" else "f")
        if words[0] in _FIRST and len(words) <= 2:
            return []
        named = self._named(start, end)
        if named:
            return named
        return self._by_role(start, end)

    def _named(self, start: int, end: int) -> list[str]:
        """Names at the head of a noun phrase, with those joined to it by "and"."""
        inside = self.within(start, end)
        limit = self._head_end(start, end)
        for i, m in enumerate(inside):
            if m.begin < limit <= m.start:  # "Secretary of State" does not end the phrase
                limit = self._head_end(m.end, end) if m.end < end else end
            if m.start >= limit:
                break
            if (
                m.end >= limit
                or not self.text[m.end : limit].strip(" ’'s.\u00a0")
                or _JOINS.match(self.text, m.end, end)
            ):
                if not m.person and inside[-1].person and inside[-1].end >= end - 2 and "," in self.text[m.end : end]:
                    return [self.resolve_name(inside[-1])]  # "…of the department, Ann Lee said"
                return list(dict.fromkeys(self.resolve_name(x) for x in self._joined(inside[i:])))
        return []

    def _joined(self, mentions: list[Mention]) -> list[Mention]:
        """The first of some mentions and those that follow it as "A and B" or "A, B and C"."""
        joined = [mentions[0]]
        waiting: list[Mention] = []
        for before, m in pairwise(mentions):
            between = self.text[before.end : m.begin]
            if _AND.fullmatch(between):
                return [*joined, *waiting, m]
            if between.strip(" \u00a0") != ",":
                break
            waiting.append(m)
        return joined

    def _head_end(self, start: int, end: int) -> int:
        m = _HEAD_ENDS.search(self.text, start, end)
        return m.start() if m and m.start() > start else end

    def _by_role(self, start: int, end: int) -> list[str]:
        """ "the minister": the last person with that title; otherwise the words themselves."""
        head = self.text[start : self._head_end(start, end)].strip(" ,.;:\u00a0")
        words = head.split()
        roles = load_titles()["role"]
        if words and words[0].lower() in {"the", "his", "her", "their", "this"} and words[-1].lower() in roles:
            role = words[-1].lower()
            for m in reversed(
                self.mentions[max(0, bisect_left(self.starts, start) - 60) : bisect_left(self.starts, start)]
            ):
                name = self.resolve_name(m)
                if role in self.titles.get(name, ()):
                    return [name]
            if roles[role] and (names := self._last_person(start, roles[role])):
                return names
        if words and words[0].lower() in {"the", "a", "an", "this", "that"}:
            words = words[1:]
        return [" ".join(words)] if words and len(words) <= 12 else []

    def _last_person(self, at: int, gender: str) -> list[str]:
        """Whom "he" or "she" stands for: a person named earlier in the sentence, else the last to speak."""
        fits = lambda name: self.gender.get(name, gender) == gender  # noqa: E731
        index = bisect_left(self.starts, at)
        line = max(self.text.rfind(c, max(0, at - 300), at) for c in '.?!\n”"')
        for m in self.mentions[max(0, index - 12) : index]:
            if (
                m.start > line
                and m.person
                and fits(name := self.resolve_name(m))
                and self.text[m.end : m.end + 2] not in ("'s", "’s")
            ):
                return [name]
        for where, names in reversed(self.said[-6:]):
            if at - where > 2500:
                break
            for name in reversed(names):
                if name in self.titles and fits(name):
                    return [name]
        for m in reversed(self.mentions[max(0, index - 40) : index]):
            if m.person and fits(name := self.resolve_name(m)):
                return [name]
        return []

    def _last_group(self, at: int) -> list[str]:
        """Whom "they", "both" or "the two men" stand for: the last pair to speak or to be named together."""
        for where, names in reversed(self.said[-4:]):
            if len(names) > 1 and at - where < 2500:
                return names
        index = bisect_left(self.starts, at)
        recent = self.mentions[max(0, index - 12) : index]
        for first, second in zip(reversed(recent[:-1]), reversed(recent[1:]), strict=True):
            if (
                first.person
                and second.person
                and second.start - first.end < 80
                and re.search(r"\band\b", self.text[first.end : second.start])
            ):
                return [self.resolve_name(first), self.resolve_name(second)]
        return []


def _mentions_in(text: str, start: int, end: int) -> list[tuple[Mention, bool]]:
    found: list[tuple[Mention, bool]] = []
    line = text[start:end]
    if "." in line[:-1]:
        line = _ABBREVIATED.sub("\\1\u00a0", line)  # keeps the length
    for m in _RUN.finditer(line):
        read = _read_run(m.group())
        if read:
            at = start + m.start()
            mention = Mention(at + read.start, at + read.end, *read[2:6], at)
            found.append((mention, not line[max(0, m.start() - 8) : m.start()].strip(" “\"'‘(—–-") and m.start() < 8))
    return found


@functools.lru_cache(maxsize=20_000)
def _read_run(run: str) -> Mention | None:
    """Part a run of capitalised words into titles and name; offsets count from its start."""
    kinds = load_titles()
    words = [(m.group(), m.start()) for m in re.finditer(r"[^ \u00a0]+", run)]
    while words and words[0][0].lower() in _SMALL:
        words.pop(0)
    if not words:
        return None
    cut = 0
    gender = ""
    for i, (word, _) in enumerate(words[:-1]):
        low = word.lower().strip(".")
        if low in kinds["title"]:
            cut = i + 1
            gender = kinds["title"][low] or gender
            if words[i + 1][0] == "of":
                cut = min(i + 3, len(words) - 1)
    titles = frozenset(w.lower().strip(".") for w, _ in words[:cut])
    rest = words[cut:]
    while len(rest) > 2 and rest[0][0].lower().endswith(("ican", "ian", "crat", "cratic", "ish", "ese")):
        rest = rest[1:]
    if rest[0][0] in ("of", "for"):
        rest = rest[1:]
    if not rest or (len(rest) == 1 and rest[0][0].lower().strip(".") in kinds["title"]):
        return None
    name = " ".join(w for w, _ in rest).rstrip(".") if not rest[-1][0].count(".") > 1 else " ".join(w for w, _ in rest)
    lows = [w.lower().strip(".") for w, _ in rest]
    body = (
        any(w in kinds["body"] for w in lows)
        or name.lower() in kinds["place"]
        or "of" in lows
        or (len(rest) == 1 and name.isupper() and len(name) > 1)
    )
    gender = gender or kinds["first_name"].get(lows[0], "") if len(lows) > 1 or gender else ""
    person = not body and (len(rest) > 1 or bool(titles) or not name.isupper()) and name.lower() not in kinds["place"]
    return Mention(rest[0][1], rest[-1][1] + len(rest[-1][0]), name, titles, person, gender, 0)


def surname_of(name: str) -> str:
    """Return the last word of a name in lower case, "Jr" and the like left out."""
    words = [w for w in name.split() if w.strip(".,").lower() not in {"jr", "sr", "ii", "iii"}]
    return words[-1].lower() if words else name.lower()
