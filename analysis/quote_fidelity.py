"""How closely each article keeps to the words it quotes, and whether its quotations look re-typed or re-translated."""

from __future__ import annotations

import math

import pandas as pd

from analysis.edit_kinds import CUTS

FIDELITY_COLUMNS = [
    "article_id",
    "outlet",
    "against",
    "n_compared",
    "n_verbatim",
    "n_cut",
    "n_changed",
    "changed_share",
    "lo",
    "hi",
    "hypothesis",
]
RETYPED = "its quotations look re-typed or re-translated"
# Of 221 pairs of one utterance in two American outlets few differ in words that both have (docs/decisions.md), so an
# article whose changed share is this high beyond doubt has come by its quotations another way.
LEAST_COMPARED = 4
LEAST_LO = 0.4
_CHANGED = frozenset({"tense", "negation", "modality", "intensity", "number", "name", "reworded", "added"})


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); (0, 1) where nothing was counted."""
    if n == 0:
        return 0.0, 1.0
    z = 1.959963984540054
    centre = (hits + z * z / 2) / (n + z * z)
    half = z * math.sqrt(hits * (n - hits) / n + z * z / 4) / (n + z * z)
    return max(0.0, centre - half), min(1.0, centre + half)


def list_outcomes(quote_edits: pd.DataFrame, *, transcript_edits: pd.DataFrame) -> pd.DataFrame:
    """List what became of each quotation that was held against a transcript or another outlet's.

    Parameters
    ----------
    quote_edits : DataFrame
        As `compare_quotations` returns: statement_id, article_a, article_b, kind; all rows of a statement together.
    transcript_edits : DataFrame
        As `find_transcript_edits` returns: article_id, start, transcript, kind.

    Returns
    -------
    DataFrame
        One row per quotation against a transcript, and per article and statement against the outlets: article_id,
        against (transcript | outlets), outcome (verbatim | cut | changed). Against other outlets a change is held
        against an article only if it differs from all that quote the statement.
    """
    seen = [*_against_transcripts(transcript_edits), *_against_outlets(quote_edits)]
    return pd.DataFrame(seen, columns=["article_id", "against", "outcome"]).astype("str")


def measure_fidelity(outcomes: pd.DataFrame, *, articles: pd.DataFrame) -> pd.DataFrame:
    """Count how many quotations of each article keep the words they quote.

    Parameters
    ----------
    outcomes : DataFrame
        As `list_outcomes` returns: all rows of these articles.
    articles : DataFrame
        article_id, outlet.

    Returns
    -------
    DataFrame
        One row per article and what its quotations were held against (transcript, outlets): n_compared
        (quotations against a transcript; statements against other outlets), n_verbatim (the same words, marks and
        contractions apart), n_cut (only shorter), n_changed (other words: tense, negation, modality, intensity,
        number, name, reworded or added), changed_share with its Wilson interval, and the hypothesis that its
        quotations are re-typed where at least four were compared and the interval begins at .4 or above.
    """
    outlets = dict(zip(articles["article_id"], articles["outlet"], strict=True))
    counts = outcomes.groupby(["article_id", "against", "outcome"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["verbatim", "cut", "changed"], fill_value=0)
    rows = []
    for (article_id, against), c in counts.iterrows() if len(outcomes) else ():
        n, changed = int(c.sum()), int(c["changed"])
        lo, hi = wilson(changed, n)
        guess = RETYPED if n >= LEAST_COMPARED and lo >= LEAST_LO else ""
        counted = (n, int(c["verbatim"]), int(c["cut"]), changed)
        rows.append((article_id, outlets[article_id], against, *counted, changed / n, lo, hi, guess))
    order = {a: i for i, a in enumerate(articles["article_id"])}
    rows.sort(key=lambda r: (order[r[0]], r[2]))
    return pd.DataFrame(rows, columns=FIDELITY_COLUMNS)


def _outcome(kinds: set[str]) -> str:
    return "changed" if kinds & _CHANGED else "cut" if kinds & CUTS else "verbatim"


def _against_transcripts(edits: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [
        (str(article_id), "transcript", _outcome(set(kinds)))
        for (article_id, _), kinds in edits.groupby(["article_id", "start"], sort=False)["kind"]
    ]


def _against_outlets(edits: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return one row per article and statement: how its quotation compares with the closest of the others."""
    closest: dict[tuple[str, str], str] = {}
    rank = {"verbatim": 0, "cut": 1, "changed": 2}
    for (statement_id, a, b), kinds in edits.groupby(["statement_id", "article_a", "article_b"], sort=False)["kind"]:
        outcome = _outcome(set(kinds))
        for article_id, found in ((a, outcome if outcome == "changed" else "verbatim"), (b, outcome)):
            key = (article_id, statement_id)
            if key not in closest or rank[found] < rank[closest[key]]:
                closest[key] = found
    return [(article_id, "outlets", outcome) for (article_id, _), outcome in closest.items()]
