"""Labels that a text itself gives: “NAME, the far-right leader,”, “the party's leader, NAME,”, “ultra-nationalist leader NAME”."""

from __future__ import annotations

import re

import pandas as pd

from analysis.names import Mention, Names, word_set
from analysis.views import straighten
from analysis.voices import sentence_spans

COLUMNS = ["article_id", "sentence_id", "start", "end", "label", "actor", "name_start", "name_end"]
_REACH = 100  # characters of a description: longer ones are seldom one noun phrase
_MOST_WORDS = 10
_STARTS = re.compile(r"(?:, | ?[-(] ?)(?=(?:the|a|an|his|her|its|their|our) [a-z0-9\"'A-Z])")
_STOPS = re.compile(r"[,.;:!?()\n]|\s-\s")
_WORDS = re.compile(r"[^\s\"]+")
_DETERMINER = re.compile(r"(?:^|(?<=[\s\"(]))(?:the|a|an|his|her|its|their|our|The|A|An|His|Her|Its|Their|Our)(?=\s)")
_HEAD_ENDS = word_set(
    "of for at in from with on to by behind near under against during since between among over within without "
    "based known currently then now"
)
# A noun phrase holds none of these: they tell a clause, a list or a time.
_NOT_INSIDE = word_set(
    "is are was were be been has have had will would can could may might must should does do did says said say told "
    "who whom whose which that he she they it we i you him them me us and/or but if when while where because as than "
    "not there here this these those what so"
)
_PEOPLE = word_set("""
    man woman boy girl teenager kid person people guy figure head chief boss father mother son daughter brother
    sister husband wife widow widower cousin nephew niece friend ally foe critic rival opponent nemesis enemy mentor
    protege architect veteran hero heroine star celebrity icon mogul tycoon magnate billionaire millionaire
    oligarch strongman dictator tyrant autocrat firebrand maverick outsider insider hawk dove hardliner populist
    nationalist socialist democrat republican libertarian
    supporter backer loyalist confidant surrogate emissary envoy guru witness victim suspect gunman shooter attacker
    assailant killer murderer terrorist militant extremist survivor resident native student graduate alumnus dropout
    nurse teacher professor doctor surgeon lawyer attorney clerk monarch king queen prince princess emperor heir
    president vice-president chancellor premier minister secretary senator congressman congresswoman governor mayor judge
    justice sheriff officer soldier sergeant general admiral colonel captain commander ambassador diplomat spokesman
    spokeswoman spokesperson chairman chairwoman chair director executive manager owner founder co-founder
    frontrunner front-runner nominee candidate hopeful contender challenger incumbent winner loser runner-up successor
    predecessor newcomer novice leader deputy member official lawmaker legislator politician strategist pollster
    adviser advisor aide consultant lobbyist activist organizer organiser campaigner advocate host anchor journalist
    reporter columnist editor author novelist poet writer historian scholar academic economist analyst expert
    scientist researcher engineer developer businessman businesswoman entrepreneur investor financier banker
    farmer rancher worker operative pastor priest rabbi imam bishop pope cleric sheikh coach player quarterback
    actor actress singer rapper comedian filmmaker whistleblower hacker spy dissident refugee immigrant ex-wife
    ex-husband ex-president running-mate mate speaker whip counsel prosecutor detective patriarch matriarch powerhouse
""")
_BODIES = word_set("""
    group company firm corporation conglomerate giant chain retailer bank lender party movement agency bureau department
    ministry organization organisation nonprofit charity foundation institute think-tank tank council
    committee commission alliance bloc coalition union federation confederation pact club league association network
    broadcaster station channel newspaper paper daily tabloid weekly magazine website site blog outlet publication
    platform service startup start-up lobby militia army force gang cartel sect cult church university college school
    hospital museum court country nation state republic kingdom superpower power neighbor neighbour colony territory
    enclave region province county city town village capital suburb borough port island peninsula stronghold battleground
    district swing-state home
""")
# Adjectives and nouns before a role, for “opposition leader NAME”; others are told by their endings.
_BEFORE_ROLE = word_set("""
    top senior chief former longtime veteran deputy vice acting interim young old powerful key fellow late then-
    opposition rebel party campaign union government church business military police state city county town federal
    national foreign defense defence finance interior prime far-right far-left hard-line hardline ultra-nationalist
    right-wing left-wing pro-russian separatist terrorist militia gang cult coup civil rights gay news television tv
    radio talk show tech media oil hedge fund football basketball film movie rock pop hip-hop real estate human
    republican democratic conservative liberal progressive socialist communist labour tory green independent populist
    nationalist islamist radical extremist evangelical catholic jewish muslim black white disgraced embattled
    controversial outspoken fiery exiled jailed ousted self-styled so-called self-described self-proclaimed would-be
""")
_PROPER = word_set("republican democratic labour tory green catholic jewish muslim")
_PLACED = word_set("in at near from inside outside around across")
_ENDINGS = (
    "ist",
    "ish",
    "ian",
    "ican",
    "ese",
    "ic",
    "al",
    "ive",
    "ous",
    "ful",
    "less",
    "ary",
    "-led",
    "-backed",
    "-born",
)
_HEADS = "|".join(sorted(_PEOPLE, key=lambda w: (-len(w), w)))


def find_appositions(articles: pd.DataFrame, *, sentences: pd.DataFrame) -> pd.DataFrame:
    """Find what texts call people and bodies in apposition to their names.

    Parameters
    ----------
    articles : DataFrame
        article_id, text.
    sentences : DataFrame
        article_id, sentence_id, start, end.

    Returns
    -------
    DataFrame
        One row per label found, ordered by place: article_id, sentence_id, start, end (of the label), label (as written,
        without its article), actor (the fullest form of the name in the article), name_start, name_end.
        Three patterns, each needing a noun that fits who is named: NAME, DETERMINER … noun … closed by a mark;
        DETERMINER … noun, NAME closed by a mark; adjectives and a role directly before a full name.
    """
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    rows: list[tuple] = []
    numbers = iter(sentences["sentence_id"].tolist())
    for article_id, spans in sentence_spans(sentences).items():
        text = texts[article_id]
        names, view = Names(text, spans), straighten(text)
        for (start, end), number in zip(spans, numbers, strict=False):
            reached = start  # a label is not looked for in a label
            for m in names.within(start, end):
                for s, e in _labels_of(view, m, max(start, reached), end):
                    label = " ".join(text[s:e].split())
                    if s == start and label.split()[0].lower() not in _PROPER:
                        label = label[:1].lower() + label[1:]
                    rows.append((article_id, number, s, e, label, names.resolve_name(m), m.start, m.end))
                    reached = max(reached, e)
    found = pd.DataFrame(rows, columns=COLUMNS).drop_duplicates(["article_id", "start", "end"])
    return found.reset_index(drop=True)


def _labels_of(view: str, m: Mention, start: int, end: int) -> list[tuple[int, int]]:
    if m.name.rsplit(" ", 1)[-1].lower() in _BODIES:
        m = m._replace(person=False)  # “Beach Club” is no person
    found = [_behind(view, m, end), _before(view, m, start, end), _title(view, m, start)]
    return [f for f in found if f]


def _behind(view: str, m: Mention, end: int) -> tuple[int, int] | None:
    """NAME, the far-right leader, …"""
    begins = _STARTS.match(view, m.end)
    if not begins or (" " not in m.name and _is_placed(view, m)):
        return None
    stop = _STOPS.search(view, begins.end(), min(end, begins.end() + _REACH))
    closer = ")" if "(" in begins.group() else "-" if "-" in begins.group() else ",."
    if not stop or stop.group().strip() not in closer:
        return None
    if stop.group() == "." and stop.end() < end - 2:
        return None  # an abbreviation, not the end of the sentence
    return _noun_phrase(view, begins.end(), stop.start(), m)


def _is_placed(view: str, m: Mention) -> bool:
    """Tell whether one word after "in" and the like is a place rather than a person (“In Tulsa, a man …”)."""
    before = view[max(m.begin - 9, 0) : m.begin].split()
    return bool(before) and before[-1].lower() in _PLACED


def _before(view: str, m: Mention, start: int, end: int) -> tuple[int, int] | None:
    """The party's leader, NAME, …"""
    if view[max(m.begin - 2, 0) : m.begin] != ", " or not m.person or " " not in m.name:
        return None
    if view[m.end : m.end + 1] not in (",", ".", ")", ";") and m.end < end:
        return None
    close = m.begin - 2
    lowest = max(start, close - _REACH)
    for mark in ',;:()"\n':
        lowest = max(lowest, view.rfind(mark, lowest, close) + 1)
    for d in reversed(list(_DETERMINER.finditer(view, lowest, close))):
        if found := _noun_phrase(view, d.start(), close, m):
            return found
    return None


def _noun_phrase(view: str, start: int, end: int, m: Mention) -> tuple[int, int] | None:
    """Return the label within a determiner and what follows it, where that is one noun phrase about who is named."""
    words = [(w.group(), w.start(), w.end()) for w in _WORDS.finditer(view, start, end)]
    lows = [w.lower().strip("'") for w, _, _ in words]
    if not 2 <= len(words) <= _MOST_WORDS + 1 or _NOT_INSIDE & set(lows):
        return None
    joined = [i for i, w in enumerate(lows) if w == "and"]
    if any(i + 1 < len(words) and (lows[i + 1] in ("the", "a", "an") or words[i + 1][0][0].isupper()) for i in joined):
        return None  # a list of people, not a description of one
    cut = next((i for i, w in enumerate(lows) if i and w in _HEAD_ENDS), len(words))
    head = words[cut - 1][0]
    if head != head.lower() or lows[cut - 1] not in (_PEOPLE if m.person else _BODIES):
        return None
    if cut == 2 and cut == len(words) and lows[0] in ("the", "his", "her", "its", "their", "our") and len(head) < 5:
        return None  # “NAME, the man,”
    first = 0 if lows[0] in ("his", "her", "its", "their", "our") else 1
    return words[first][1], words[-1][2]


def _title(view: str, m: Mention, start: int) -> tuple[int, int] | None:
    """Ultra-nationalist leader NAME."""
    if not m.person or " " not in m.name or view[m.begin - 1 : m.begin] != " ":
        return None
    before = view[max(start, m.begin - 80) : m.begin - 1]
    last = before.replace('"', " ").split()[-1:]
    if not last or last[0] not in _PEOPLE:
        return None
    words = [(w.group(), w.start(), w.end()) for w in _WORDS.finditer(view, m.begin - 1 - len(before), m.begin - 1)]
    at = len(words) - 1
    while at and len(words) - at <= 4 and _modifies(words[at - 1][0]):
        at -= 1
    if at == len(words) - 1 or '"' in view[words[at][1] - 1 : m.begin]:
        return None  # a bare office (“leader NAME”) is a title, not a label
    return words[at][1], words[-1][2]


def _modifies(word: str) -> bool:
    low = word.lower()
    if not word[:1].isalpha() or word[-1:] in ",.;:)":
        return False
    return low in _BEFORE_ROLE or ("-" in low and low.isascii()) or low.endswith(_ENDINGS)
