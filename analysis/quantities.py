"""Quantities in a sentence: how many of what, read from digits and words, with "about", "more than" and ranges."""

from __future__ import annotations

import re
from typing import NamedTuple

from analysis.segment import find_tokens
from analysis.views import straighten

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = {w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}
_WORDS = {w: n for n, w in enumerate(_UNITS) if n > 1} | _TENS
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "dozen": 12.0}
_ENDINGS = {"k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "bn": 1e9, "b": 1e9, "tn": 1e12, "trn": 1e12} | _SCALES
_FIGURE = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,15})(\.\d{1,6})?([a-z]{0,8})")
_CURRENCIES = {"$": "dollar", "£": "pound", "€": "euro", "¥": "yen", "₽": "rouble", "₴": "hryvnia"}
_MONEY = {
    **dict.fromkeys(("dollar", "dollars"), "dollar"),
    **dict.fromkeys(("pounds",), "pound"),
    **dict.fromkeys(("euro", "euros"), "euro"),
    **dict.fromkeys(("rouble", "roubles", "ruble", "rubles"), "rouble"),
    **dict.fromkeys(("yen",), "yen"),
}
_BEGINNINGS = frozenset({*_CURRENCIES, *_WORDS, "a", "half"})
_PERCENT = frozenset("% percent pct percentage".split())
_BEFORE = {
    **dict.fromkeys("about around some roughly nearly almost approximately circa estimated".split(), "about"),
    **dict.fromkeys("over above exceeding".split(), "least"),
    **dict.fromkeys("under below".split(), "most"),
}
_BEFORE_THAN = {"more": "least", "fewer": "most", "less": "most"}
_AFTER_AS = {"many": "most", "much": "most", "few": "least", "little": "least"}
_NO_HEAD = frozenset(
    "of to in on at by for from with and or but than as is are was were be been being has have had will would can could "
    "that which who whom whose when where while if because after before since until during between against into through "
    "over under about among amid the a an this these those his her its their our my your not no said says say told it he "
    "she they we you i ago later earlier more fewer less times time p.m. a.m. per so also only there here still now then "
    "percent percentage points point pct do does did such last next".split()
)
_LIGHT = frozenset("total full whole straight consecutive long".split())
_MOST_HEAD = 4  # words of a noun phrase after a number
_FAR = 1.5  # "more than 100,000" still fits 127,000; of 200,000 nobody would say so
_NO_NOUN = ("ly", "'s")


class Quantity(NamedTuple):
    """A number with what it counts, in characters of the text it stands in."""

    start: int
    end: int
    low: float
    high: float
    bound: str  # exact, about, least, most
    unit: str  # percent, a currency, or the head noun in the singular
    modifiers: frozenset[str]  # what else stands before the head noun

    def agrees(self, other: Quantity) -> bool:
        """Tell whether both can be true of one thing: equal, rounded, within a bound or a range."""
        if self.low <= other.high and other.low <= self.high:
            return True
        a, b = (self, other) if self.high < other.low else (other, self)  # a is the smaller
        if (a.bound == "least" or b.bound == "most") and b.low <= _FAR * a.high:
            return True
        near = 0.1 if "about" in (a.bound, b.bound) or a.bound == "most" or b.bound == "least" else 0.0
        return b.low - a.high <= near * b.low or _is_rounded(a.high, b.low)


def _is_rounded(a: float, b: float) -> bool:
    """Tell whether one number is the other with fewer digits kept, as 1.3 is of 1.27 (never below two digits' place)."""
    for short, long in ((a, b), (b, a)):
        digits = f"{short:.10g}".rstrip("0").replace(".", "").lstrip("0")
        longer = f"{long:.10g}".rstrip("0").replace(".", "").lstrip("0")
        near = 0 < len(digits) < len(longer) and abs(short - long) < 0.06 * max(short, long)
        if near and float(f"{long:.{len(digits)}g}") == short:
            return True
    return False


def singular(noun: str) -> str:
    """Return the form of a noun that its plural and singular share."""
    if noun in ("soldier", "soldiers", "forces"):
        return "troop"
    if noun in ("people", "persons", "men", "women", "children"):
        return {"people": "person", "persons": "person", "men": "man", "women": "woman"}.get(noun, "child")
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("sses", "shes", "ches", "xes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and len(noun) > 3 else noun


def find_quantities(text: str) -> list[Quantity]:
    """Find the quantities of a sentence.

    Parameters
    ----------
    text : str
        A sentence as it stands; disguises (full-width digits, invisible characters) are undone.

    Returns
    -------
    list of Quantity
        In order; a number without a noun has the unit "". Left out: years, days of a month, times of day, ordinals, ages written with hyphens, scores, numbers
        within names (F-16, Chapter 11) and "one", which mostly is no count.
    """
    view = straighten(text)
    tokens = list(find_tokens(view, 0, len(view)))
    found = []
    at = 0
    while at < len(tokens):
        norm = tokens[at][2]
        joined = len(norm) > 2 and "-" in norm  # twenty-five
        if not (joined or norm in _BEGINNINGS or norm[:1].isdecimal()):  # most tokens: no number begins here
            at += 1
            continue
        read = _read_number(view, tokens, at)
        if read is None:
            at += 1
            continue
        low, high, end, money = read
        quantity = _complete(view, tokens, at, end, low, high, money)
        if quantity is not None:
            found.append(quantity)
        at = max(end, at + 1)
    return found


def _norm(tokens: list[tuple[int, int, str]], at: int) -> str:
    return tokens[at][2] if 0 <= at < len(tokens) else ""


def _read_number(view: str, tokens: list, at: int) -> tuple[float, float, int, str] | None:
    """Read a number or a range: lowest, highest, the token after it, the currency named by its sign."""
    money = _CURRENCIES.get(_norm(tokens, at), "")
    if money:
        at += 1
    first = _read_one(tokens, at)
    if first is None:
        return None
    values, end = first
    low, high = min(values), max(values)
    if _norm(tokens, end) in ("to", "or", "-") or (_norm(tokens, end) == "and" and "between" in _norm(tokens, at - 1)):
        after = end + 1 + (_norm(tokens, end + 1) in _CURRENCIES)
        second = _read_one(tokens, after)
        if second is not None and (max(second[0]) > low or _norm(tokens, after) in _ENDINGS):
            scale = max(second[0]) / low if low and max(second[0]) > 1e3 * low else 1.0
            if scale > 1:  # "5 to 7 million"
                scale = next((s for s in (1e12, 1e9, 1e6, 1e3) if max(second[0]) >= s), 1.0)
                low *= scale
            if low < max(second[0]) and _norm(tokens, end) != "or":
                return low, max(second[0]), second[1], money
    return low, high, end, money


def _read_one(tokens: list, at: int) -> tuple[list[float], int] | None:
    """Read one number in digits or words, with its scale words."""
    norm = _norm(tokens, at)
    values = _figure(norm) or _spelt(norm)
    end = at + 1
    if values is None:
        end += norm == "half" and _norm(tokens, end) == "a"
        if norm in ("a", "half") and _norm(tokens, end) in _SCALES:
            values = [1.0 if norm == "a" else 0.5]
        else:
            return None
    elif norm in _TENS and _norm(tokens, end) in _UNITS[1:10]:  # "twenty five"
        values, end = [values[0] + _UNITS.index(_norm(tokens, end))], end + 1
    while (scale := _norm(tokens, end)) in _SCALES:
        values, end = [v * _SCALES[scale] for v in values], end + 1
    if len(tokens) > end and values[0] >= 100 and norm in _WORDS and _norm(tokens, end) == "and":
        more = _spelt(_norm(tokens, end + 1))
        if more and len(more) == 1 and more[0] < 100:
            return [values[0] + more[0]], end + 2
    return values, end


def _figure(norm: str) -> list[float] | None:
    values = []
    for part in norm.split("-") if norm[:1].isdigit() and norm.count("-") == 1 else [norm]:
        m = _FIGURE.fullmatch(part)
        if m is None or (m[3] and m[3] not in _ENDINGS):
            return None
        values.append(float(m[1].replace(",", "") + (m[2] or "")) * _ENDINGS.get(m[3], 1.0))
    return values if len(values) == 1 or (values and values[0] < values[1]) else None


def _spelt(norm: str) -> list[float] | None:
    if norm in _WORDS:
        return [float(_WORDS[norm])]
    tens, _, unit = norm.partition("-")
    if tens in _TENS and unit in _UNITS[1:10]:
        return [float(_TENS[tens] + _UNITS.index(unit))]
    return None


def _complete(view: str, tokens: list, at: int, end: int, low: float, high: float, money: str) -> Quantity | None:
    """Add bound and unit to a number; None where it is no quantity."""
    before, after = _norm(tokens, at - 1), _norm(tokens, end)
    text = view[tokens[at][0] : tokens[end - 1][1]]
    if before in _IN_NAMES or before in _GLUE or after in _GLUE - {".", "'"} or _is_named(view, tokens, at):
        return None
    bound, first = _bound(tokens, at)
    if _norm(tokens, end) == "or" and _norm(tokens, end + 1) in ("so", "more", "fewer", "less"):
        bound = {"so": "about", "more": "least"}.get(_norm(tokens, end + 1), "most")
        end += 2
    unit, modifiers, last = _unit(view, tokens, end)
    if money or unit in _MONEY:
        unit, modifiers = money or _MONEY[unit], frozenset()
    elif text.isdigit() and len(text) == 4 and 1000 <= low < 2100 and unit not in _COUNTED:
        return None
    return Quantity(tokens[first][0], tokens[last - 1][1], low, high, bound, unit, modifiers)


_IN_NAMES = frozenset(
    "chapter section article page no number verse room route highway flight channel title part phase level grade "
    "jan january feb february march mar april apr may june jun july jul august aug september sept sep october oct "
    "november nov december dec age aged at ages".split()
)
_GLUE = frozenset("/:.#-'")  # around a number they make a date, a score, an address
_COUNTED = frozenset("person troop soldier dollar euro job mile vote ton tonne percent man woman".split())


def _is_named(view: str, tokens: list, at: int) -> bool:
    """Tell whether a number belongs to a name before it: "Apollo 13", "Title IX", but not "In 13 towns"."""
    if at < 2 or not view[tokens[at][0]].isdigit():
        return False
    start, end, _ = tokens[at - 1]
    return (
        view[start].isupper()
        and view[start:end].isalpha()
        and view[start - 1 : start] == " "
        and end + 1 == tokens[at][0]
    )


def _bound(tokens: list, at: int) -> tuple[str, int]:
    """Return what the words before a number say of it, and the first token of them."""
    first = at
    kind = "exact"
    if _norm(tokens, first - 1) in ("a", "an") and _norm(tokens, first - 2) in _BEFORE:
        first -= 1
    one, two, three = (_norm(tokens, first - k) for k in (1, 2, 3))
    if one in _BEFORE:
        kind, first = _BEFORE[one], first - 1
    elif one == "than" and two in _BEFORE_THAN:
        kind, first = _BEFORE_THAN[two], first - 2
        if three in ("no", "not"):
            kind, first = {"least": "most", "most": "least"}[kind], first - 1
    elif one in ("least", "most") and two == "at":
        kind, first = one, first - 2
    elif one == "to" and two in ("up", "close"):
        kind, first = ("most" if two == "up" else "about"), first - 2
    elif one == "as" and two in _AFTER_AS and three == "as":
        kind, first = _AFTER_AS[two], first - 3
    return kind, max(first, 0)


def _unit(view: str, tokens: list, end: int) -> tuple[str, frozenset[str], int]:
    """Return the head noun after a number in the singular, its modifiers, and the token after it."""
    if _norm(tokens, end) in _PERCENT:
        last = end + 1
        if _norm(tokens, last) in ("point", "points"):
            return "percentage point", frozenset(), last + 1
        return "percent", _share_of(tokens, last), last
    if _norm(tokens, end) == "per" and _norm(tokens, end + 1) == "cent":
        return "percent", _share_of(tokens, end + 2), end + 2
    at = end + (_norm(tokens, end) == "of" and _norm(tokens, end + 1) in ("the", "its", "his", "their"))
    at += at > end
    words: list[str] = []
    while at < len(tokens) and len(words) < _MOST_HEAD:
        norm = tokens[at][2]
        if not norm[:1].isalpha() or norm in _NO_HEAD or norm.endswith(_NO_NOUN) or (words and _is_verb(words, norm)):
            break
        words.append(norm)
        at += 1
    if not words:
        return "", frozenset(), end
    return singular(words[-1]), frozenset(singular(w) for w in words[:-1] if w not in _LIGHT), at


def _share_of(tokens: list, at: int) -> frozenset[str]:
    """Return what a share is of: the words of the noun phrase after "of"."""
    if _norm(tokens, at) != "of":
        return frozenset()
    words = [n for _, _, n in tokens[at + 1 : at + 7]]
    start = next((i for i, w in enumerate(words) if w not in ("the", "all", "its", "his", "their")), len(words))
    stop = next((i for i, w in enumerate(words) if i >= start and (w in _NO_HEAD or not w[:1].isalnum())), len(words))
    return frozenset(singular(w) for w in words[start:stop])


def _is_verb(words: list[str], norm: str) -> bool:
    """Tell whether a word after a plural noun is more likely its verb: "12 people died", "40 votes came"."""
    if words[-1] in ("people", "men", "women", "children"):
        return not norm.endswith("s")
    return words[-1].endswith("s") and words[-1] != "states" and (norm.endswith(("ed", "ing")) or norm in _PAST)


_PAST = frozenset("died came went made took won lost voted said left got met fell rose ran saw kept".split())
