"""Names of months, and days as files give them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from datetime import date as Day

from dateutil.parser import parser, parserinfo

MONTHS = tuple("january february march april may june july august september october november december".split())
_WITH_YEAR = re.compile(r"(?<!\d)(?:\d{4}|\d{8})(?!\d)|(?<!\d)\d{1,2}([/.-])\d{1,2}\1\d{2}(?!\d)")
_MISSING = datetime(1, 1, 1)  # a year or a month alone stands for its first day
_FIRST, _LAST = 1600, 2199  # years in which an article may have been published


class _Calendar(parserinfo):
    """Two digits are a year from 1969 to 2068 on whatever day they are read."""

    def __init__(self) -> None:
        super().__init__()
        self._year, self._century = 2019, 2000


_PARSER = parser(_Calendar())


def read_day(date: str) -> Day | None:
    """Return the day that an ISO date begins with, None where there is none."""
    try:
        return Day.fromisoformat(date[:10])
    except ValueError:
        return None


def read_any_day(date: str) -> str:
    """Return a date in any common writing as ISO (of UTC); '' where it cannot be read, or does not say its year.

    Nothing is completed from the clock or the time zone of the machine, so that the same corpus gives the same result
    tomorrow and elsewhere: *now*, an hour, a day without a year are unknown. So is a year in which nobody published; it
    would stretch every axis of time.
    """
    text = date.strip()[:40]
    if not _WITH_YEAR.search(text):
        return ""
    try:
        found = _PARSER.parse(text, default=_MISSING, tzinfos=_zone)
        day = found.astimezone(UTC) if found.tzinfo else found
    except (ValueError, OverflowError, ArithmeticError, TypeError):  # what odd words make the parser raise
        return ""
    return day.date().isoformat() if _FIRST <= day.year <= _LAST else ""


def _zone(name: str | None, offset: int | None) -> timezone:
    """Return the zone of a stated offset; a name alone may mean several and is taken as UTC."""
    return timezone(timedelta(seconds=offset or 0))
