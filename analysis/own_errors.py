"""The suite's own error rate carried into the outlets' figures: hand coding beside code, and shares set right."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd

from analysis.catalogue import load_coding

DRAWS = 1000
_SPOKEN = ("quoted", "reported")


def compare_codings(*, models: bool = True) -> pd.DataFrame:
    """Compare outlets of a human-coded corpus by hand and by code.

    Parameters
    ----------
    models : bool
        Whether the fitted models are meant; else the rules alone.

    Returns
    -------
    DataFrame
        One row per outlet of the coded corpus (PolNeAR, development articles): n_articles, by_hand and by_code (share of the letters
        that sources speak, 0-1), rank_by_hand and rank_by_code (1 the largest). Measured by
        `python -m analysis validate`; empty before it ran.
    """
    coded = pd.DataFrame(load_coding(models=models), columns=["outlet", "both", "ours", "theirs", "none"])
    sums = coded.groupby("outlet")[["both", "ours", "theirs", "none"]].sum()
    total = sums.sum(axis=1)
    table = pd.DataFrame(
        {
            "n_articles": coded.groupby("outlet").size(),
            "by_hand": (sums["both"] + sums["theirs"]) / total,
            "by_code": (sums["both"] + sums["ours"]) / total,
        }
    )
    for side in ("hand", "code"):
        table[f"rank_by_{side}"] = table[f"by_{side}"].rank(ascending=False).astype("int64")
    return table.sort_values("rank_by_hand", kind="stable").reset_index()


def correct_voices(measures: pd.DataFrame, *, articles: pd.DataFrame, models: bool = True) -> pd.DataFrame:
    """Set the share that sources speak in each outlet right for the errors that the suite makes.

    Of words that sources speak the code finds a share h, and of the narrator's it wrongly gives them a share f; a share s by
    code comes from a true one of (s - f) / (h - f) (Rogan & Gladen 1978). h and f are drawn anew from the coded
    articles, s from the outlet's own articles or its interval, a thousand times.

    Parameters
    ----------
    measures, articles : DataFrame
        The tables of those names.
    models : bool
        Whether the run used the fitted models.

    Returns
    -------
    DataFrame
        One row per outlet: n_articles, by_code (0-1), corrected, lo, hi (95 %, both uncertainties), and order_holds: in which share
        of the draws the outlet keeps its side of every other outlet.
    """
    hit, false = _draw_rates(models)
    shares = measures[(measures["measure"] == "voice_share") & measures["voice"].isin([*_SPOKEN, "narrator"])]
    shares = shares.merge(articles[["article_id", "n_tokens"]], on="article_id")
    shares = shares.assign(words=shares["value"] * shares["n_tokens"], width=(shares["hi"] - shares["lo"]).fillna(0.5))
    outlets = list(dict.fromkeys(articles["outlet"]))
    rows, draws = [], []
    for outlet in outlets:
        mine = shares[shares["outlet"] == outlet]
        spoken = mine[mine["voice"].isin(_SPOKEN)].groupby("article_id")["words"].sum()
        total = mine.groupby("article_id")["words"].sum()
        by_code = spoken.sum() / max(total.sum(), 1e-9)
        drawn = _draw_shares(spoken, total, mine, seed=outlet)
        right = np.clip((drawn - false) / (hit - false), 0, 1)
        draws.append(right)
        lo, hi = np.percentile(right, [2.5, 97.5])
        rows.append(
            (outlet, len(total), by_code, float(np.clip((by_code - false.mean()) / (hit - false).mean(), 0, 1)), lo, hi)
        )
    table = pd.DataFrame(rows, columns=["outlet", "n_articles", "by_code", "corrected", "lo", "hi"])
    return table.assign(order_holds=_order_holds(table["corrected"].to_numpy(), np.array(draws)))


def _draw_rates(models: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return draws of the shares of the sources' and of the narrator's letters that the code gives to sources."""
    coded = load_coding(models=models)
    if not coded:
        return np.ones(DRAWS), np.zeros(DRAWS)
    counts = np.array([row[1:] for row in coded], dtype=float)
    rng = np.random.default_rng(0)
    both, ours, theirs, none = (rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), DRAWS) @ counts).T
    return both / np.maximum(both + theirs, 1), ours / np.maximum(ours + none, 1)


def _draw_shares(spoken: pd.Series, total: pd.Series, mine: pd.DataFrame, *, seed: str) -> np.ndarray:
    """Return draws of an outlet's share: from its articles where it has five, else from the intervals of its articles."""
    rng = np.random.default_rng(zlib.crc32(seed.encode("utf-8", "replace")))
    spoken = spoken.reindex(total.index).fillna(0)
    if len(total) >= 5:
        weights = rng.multinomial(len(total), np.full(len(total), 1 / len(total)), DRAWS)
        return (weights @ spoken.to_numpy()) / np.maximum(weights @ total.to_numpy(), 1e-9)
    narrator = mine[mine["voice"] == "narrator"].set_index("article_id")["width"].reindex(total.index).fillna(0.5)
    error = np.sqrt(((narrator / 3.92 * total) ** 2).sum()) / max(total.sum(), 1e-9)
    return np.clip(rng.normal(spoken.sum() / max(total.sum(), 1e-9), error, DRAWS), 0, 1)


def _order_holds(value: np.ndarray, draws: np.ndarray) -> list[float]:
    side = np.sign(value[:, None] - value[None, :])
    drawn = np.sign(draws[:, None, :] - draws[None, :, :])
    same = (drawn == side[:, :, None]) | (side == 0)[:, :, None]
    return [round(float(s.all(axis=0).mean()), 3) for s in same]
