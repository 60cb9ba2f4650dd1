"""The rows of a table as tuples, those of one article together."""

from __future__ import annotations

from typing import Any

import pandas as pd


def rows_by_article(table: pd.DataFrame) -> dict[Any, list[Any]]:
    """Return the rows of each article in their order, as named tuples; a group of a table for each article costs far more."""
    rows: dict[Any, list[Any]] = {}
    for row in table.itertuples(index=False):
        rows.setdefault(row.article_id, []).append(row)
    return rows
