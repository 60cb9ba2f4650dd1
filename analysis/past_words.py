"""Words that lead back to an earlier occasion: "last week", "three days ago", a day of a month that has passed."""

from __future__ import annotations

import re

from analysis.dates import MONTHS, read_day
from analysis.views import straighten

NEAR_DAYS = 3  # a date named in a text is the occasion's where it lies so near
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)(?:[a-z]{2,6}\b|\.|\b)"
_SPANS = r"(?:week|weekend|month|year|spring|summer|autumn|fall|winter)"
_DAYS = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_LENGTH = {"week": 7, "weekend": 7, "month": 31}  # days that "earlier this …" can lead back
_VAGUE = re.compile(
    rf"\b(?:last|previous|past) (?:{_SPANS}|{_DAYS}|{_MONTH})\b|\bearlier (?:this|in the|that) (?P<span>{_SPANS})\b"
    r"|\b(?:days|weeks|months) (?:ago|earlier|before)\b|\b(?:a|one) (?:week|month|day) (?:ago|earlier|before)\b"
    r"|\bthe (?:day|week|month) before\b",
    re.IGNORECASE,
)
_DATED = re.compile(rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH})|({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?\b)")


def may_look_back(text: str) -> bool:
    """Tell whether a sentence holds words that could lead back, whatever the dates."""
    view = straighten(text)
    return bool(_VAGUE.search(view) or _DATED.search(view))


def find_past_words(text: str, *, written: str = "", occasion: str = "") -> str:
    """Find the words that lead back from an article to an earlier occasion.

    Parameters
    ----------
    text : str
        A passage.
    written, occasion : str
        ISO dates of the article and of the first report of the occasion; "" where unknown.

    Returns
    -------
    str
        The first such words, "" where there are none. A day of a month counts where it lies within three days before
        the first report and not within three days of the article; "last week" and the like count anywhere, "earlier
        this week" where the occasion is no further back.
    """
    view = straighten(text)
    days = _days_between(occasion, written)
    vague = next((m for m in _VAGUE.finditer(view) if days <= _LENGTH.get((m["span"] or "").lower(), days)), None)
    for m in _DATED.finditer(view):
        month = next(n for n, name in enumerate(MONTHS, 1) if name.startswith((m[2] or m[3])[:3].lower()))
        if _leads_to(month, int(m[1] or m[4]), written, occasion) and (vague is None or m.start() < vague.start()):
            return m[0]
    return vague[0] if vague else ""


def _days_between(occasion: str, written: str) -> int:
    """Return the days from the occasion to the article, 0 where one of them is not known."""
    first, last = read_day(occasion), read_day(written)
    return (last - first).days if first and last else 0


def _leads_to(month: int, day: int, written: str, occasion: str) -> bool:
    first, last = read_day(occasion), read_day(written)
    named = read_day(f"{first.year:04d}-{month:02d}-{day:02d}") if first else None
    if first is None or named is None or (last and abs((last - named).days) <= NEAR_DAYS):
        return False
    return -1 <= (first - named).days <= NEAR_DAYS
