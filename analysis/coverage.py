"""What each outlet covers: occasions, space, statements, and how it gives them, with intervals over occasions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from analysis.fidelity import QUOTED
from analysis.names import surname_of
from analysis.quote_fidelity import wilson
from analysis.renderings import TOLD
from analysis.resampling import interval, resample

COVERAGE_COLUMNS = ["outlet", "measure", "value", "lo", "hi", "n", "over", "unit"]
LEAST_UNITS = 5  # occasions, else statements, below which no interval is given
_RESAMPLES = 500
# measure → (unit, what it is); the terms are those of D'Alessio & Allen 2000
MEASURES = {
    "occasions_covered_share": (
        "0-1",
        "of the occasions that at least two other outlets report, those it reports too (outlets with two occasions or more)",
    ),
    "space_ratio": ("ratio", "its words on an occasion over the mean of the other outlets that cover it"),
    "statements_given_share": (
        "0-1",
        "of the statements that at least two other outlets give on occasions it covers in time, those it gives too; "
        "undecided ones are left out",
    ),
    "quoted_share": ("0-1", "of the statements it gives, those in quotation marks (verbatim, altered, trimmed)"),
    "paraphrase_share": ("0-1", "of the statements it gives, those in reported speech"),
    "narrated_share": ("0-1", "of the statements it gives, those in its own voice"),
    "credited_alike_share": (
        "0-1",
        "of the statements it and another outlet credit, those credited to the same speaker",
    ),
}


def count_coverage(statements: pd.DataFrame, *, renderings: pd.DataFrame) -> pd.DataFrame:
    """Count what each outlet gives of the statements of some events, and how.

    Parameters
    ----------
    statements : DataFrame
        statement_id, event_id, match; only sure ones count.
    renderings : DataFrame
        statement_id, article_id, outlet, rendering, credit.

    Returns
    -------
    DataFrame
        One row per outlet, statement and measure: outlet, measure, event_id, unit (the statement), num, den.
    """
    sure = statements[statements["match"] == "sure"]
    event_of = dict(zip(sure["statement_id"], sure["event_id"], strict=True))
    columns = ("statement_id", "outlet", "rendering", "credit")
    kinds: dict[str, dict[str, list[str]]] = {}  # statement → outlet → its renderings
    credits: dict[str, dict[str, set[str]]] = {}  # statement → outlet → whom it credits
    for statement_id, outlet, kind, credit in zip(*(renderings[c] for c in columns), strict=True):
        if statement_id in event_of:
            kinds.setdefault(statement_id, {}).setdefault(outlet, []).append(kind)
            if kind in TOLD:
                who = credits.setdefault(statement_id, {}).setdefault(outlet, set())
                who.update(map(_key, credit.split("; ")) if isinstance(credit, str) and credit else ())
    rows: list[tuple] = []
    for statement_id, by_outlet in kinds.items():
        event, given = event_of[statement_id], credits.get(statement_id, {})
        for outlet, found in by_outlet.items():
            if len(given.keys() - {outlet}) >= 2 and (outlet in given or "omitted" in found):
                rows.append((outlet, "statements_given_share", event, statement_id, int(outlet in given), 1))
        for outlet, who in given.items():
            told = [k for k in by_outlet[outlet] if k in TOLD]
            quoted = int(any(k in QUOTED for k in told))
            narrated = int(all(k == "narrated" for k in told))
            for measure, hit in (
                ("quoted_share", quoted),
                ("narrated_share", narrated),
                ("paraphrase_share", 1 - quoted - narrated),
            ):
                rows.append((outlet, measure, event, statement_id, hit, 1))
            mine, others = who - {""}, set().union(*(w for o, w in given.items() if o != outlet)) - {""}
            if mine and others:
                rows.append((outlet, "credited_alike_share", event, statement_id, int(bool(mine & others)), 1))
    return pd.DataFrame(rows, columns=_PARTS).astype(_TYPES)


def measure_coverage(articles: pd.DataFrame, *, counted: Callable[[Sequence[str]], pd.DataFrame]) -> pd.DataFrame:
    """Measure what each outlet covers and how it gives it.

    Parameters
    ----------
    articles : DataFrame
        article_id, outlet, event_id, n_tokens.
    counted : function
        Outlets → what `count_coverage` gives for them over all events.

    Returns
    -------
    DataFrame
        One row per outlet × measure (see `MEASURES`): value, lo and hi (95 %, expanded percentile, resampling occasions where there
        are five or more, else statements; empty below five), n (what was counted), over (occasions | statements:
        what was resampled), unit. A measure that could not be counted has no row.

    References
    ----------
    D'Alessio & Allen 2000 (gatekeeping, coverage and statement bias).
    """
    covered, space = _covered(articles), _space(articles)
    rows = []
    for outlet in dict.fromkeys(articles["outlet"]):
        counts = covered(outlet), space[space["outlet"] == outlet], counted([outlet])
        parts = [p for p in counts if len(p)]
        by_measure = dict(iter(pd.concat(parts, ignore_index=True).groupby("measure"))) if parts else {}
        rows += [_measure(outlet, m, by_measure[m]) for m in MEASURES if m in by_measure]
    return pd.DataFrame(rows, columns=COVERAGE_COLUMNS)


def _measure(outlet: str, measure: str, c: pd.DataFrame) -> tuple:
    """Return the row of one outlet and measure."""
    over = "occasions" if c["event_id"].nunique() >= LEAST_UNITS or measure in _BY_OCCASION else "statements"
    parts = c.groupby("event_id" if over == "occasions" else "unit", sort=True)[["num", "den"]].sum()
    num, den = parts["num"].to_numpy(dtype=float), parts["den"].to_numpy(dtype=float)
    lo = hi = float("nan")
    if len(num) >= LEAST_UNITS:
        draws = resample(num[:, None], den[:, None], resamples=_RESAMPLES, seed=f"{outlet} {measure}")
        lo, hi = (float(end[0]) for end in interval(draws[1:], np.array([len(num)])))
    if lo == hi and MEASURES[measure][0] == "0-1":  # all or none: resampling has no width there
        lo, hi = wilson(round(lo * len(num)), len(num))
    n = int(den.sum()) if measure != "space_ratio" else len(c)
    return (outlet, measure, num.sum() / den.sum(), lo, hi, n, over, MEASURES[measure][0])


_NOBODY = frozenset("he she it they we you i who which that one him her them".split())
_BY_OCCASION = frozenset({"occasions_covered_share", "space_ratio"})
_PARTS = ["outlet", "measure", "event_id", "unit", "num", "den"]
_TYPES = {**dict.fromkeys(_PARTS[:4], "str"), "num": "float64", "den": "float64"}


def _covered(articles: pd.DataFrame) -> Callable[[str], pd.DataFrame]:
    """Return the function that says for an outlet which occasions of at least two others it reports."""
    told = [(event, who) for event, who in articles.groupby("event_id")["outlet"].agg(set).items() if len(who) >= 2]
    times = articles.groupby("outlet")["event_id"].nunique()

    def of(outlet: str) -> pd.DataFrame:
        asked = told if times[outlet] >= 2 else []  # one article shows no choice
        rows = [
            (outlet, "occasions_covered_share", event, event, int(outlet in who), 1)
            for event, who in asked
            if len(who) - (outlet in who) >= 2
        ]
        return pd.DataFrame(rows, columns=_PARTS)

    return of


def _space(articles: pd.DataFrame) -> pd.DataFrame:
    words = articles.groupby(["event_id", "outlet"], sort=False)["n_tokens"].sum().reset_index()
    by_event = words.groupby("event_id", sort=False)["n_tokens"]
    total, n = by_event.transform("sum"), by_event.transform("size")
    shared = words[n >= 2]
    return pd.DataFrame(
        {
            "outlet": shared["outlet"],
            "measure": "space_ratio",
            "event_id": shared["event_id"],
            "unit": shared["event_id"],
            "num": shared["n_tokens"].astype(float),
            "den": (total - words["n_tokens"])[n >= 2] / (n[n >= 2] - 1),
        },
        columns=_PARTS,
    )


def _key(speaker: str) -> str:
    """Return what two outlets' names for one speaker share: the surname; "" for a pronoun, which names nobody."""
    last = surname_of(speaker).strip(".,'’")
    return "" if last in _NOBODY else last
