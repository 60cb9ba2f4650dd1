"""Names of months, and days as files give them."""

from __future__ import annotations

from datetime import date as Day

MONTHS = tuple("january february march april may june july august september october november december".split())


def read_day(date: str) -> Day | None:
    """Return the day that an ISO date begins with, None where there is none."""
    try:
        return Day.fromisoformat(date[:10])
    except ValueError:
        return None
