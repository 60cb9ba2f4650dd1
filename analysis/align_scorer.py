"""The scorer of sentence pairs: a logistic line and small trees, kept as JSON and read with numpy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from analysis.align_features import FEATURES, find_blocks
from analysis.align_space import Space
from analysis.files import MODELS, find_model

MODEL = MODELS / "alignment.json"
# Without a fitted scorer the cosine is the score; its best pair F1 on alignment_dev is .475, at .154.
PLAIN: dict[str, Any] = {"trees": None, "threshold": 0.154, "possible": 0.077, "precise": 0.278}
Grids = dict[tuple[int, int], np.ndarray]


@cache
def _read(path: Path) -> dict[str, Any]:
    scorer = json.loads(path.read_text(encoding="utf-8"))
    if scorer["features"] != FEATURES:
        raise ValueError(f"{path.name} was fitted on other features; refit it with train_alignment")
    return scorer


def load_scorer(models: Path | bool | None = True) -> dict[str, Any]:
    """Return the scorer.

    Parameters
    ----------
    models : Path, True or None
        Folder with a fitted alignment.json; True (or a folder without one) for the one shipped; None for the
        plain cosine.

    Returns
    -------
    dict
        features, weights, trees, and the scores from which a pair stands in a statement (threshold), a pair is possibly one (possible), and four in five are right (precise).

    Raises
    ------
    ValueError
        Where the file was fitted on other features.
    """
    path = find_model(models, "alignment.json")
    return _read(path) if path else PLAIN


def score_rows(scorer: dict[str, Any], values: np.ndarray) -> np.ndarray:
    """Return the probability that each row is a pair of one statement.

    Parameters
    ----------
    scorer : dict
        mean, scale, weights, bias (the logistic line on standardised features), base and trees (each with
        feature, threshold, left, right, value; a leaf has left -1; the values add up to log-odds from base).
    values : ndarray (n, features)
        Feature rows.

    Returns
    -------
    ndarray (n,)
        The mean of the two probabilities.
    """
    line = (values - np.asarray(scorer["mean"])) / np.asarray(scorer["scale"]) @ np.asarray(scorer["weights"])
    total = np.full(len(values), scorer["base"], dtype=float)
    for tree in scorer["trees"]:
        total += _drop(tree, values)
    return (_logistic(line + scorer["bias"]) + _logistic(total)) / 2


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def _drop(tree: dict[str, Any], values: np.ndarray) -> np.ndarray:
    """Let each row fall through a tree to its leaf."""
    feature, threshold = np.asarray(tree["feature"]), np.asarray(tree["threshold"])
    left, right, value = np.asarray(tree["left"]), np.asarray(tree["right"]), np.asarray(tree["value"])
    at = np.zeros(len(values), dtype=int)
    rows = np.arange(len(values))
    while (left[at] >= 0).any():
        goes_left = values[rows, feature[at]] <= threshold[at]
        at = np.where(left[at] < 0, at, np.where(goes_left, left[at], right[at]))
    return value[at]


def score_event(space: Space, article_pairs: Sequence[tuple[int, int]], scorer: dict[str, Any]) -> Grids:
    """Score every sentence pair of the given pairs of articles.

    Returns
    -------
    dict
        (a, b) to a grid (sentences of a, sentences of b) of probabilities; 0 where two share no content word.
    """
    grids: Grids = {}
    for block in find_blocks(space, article_pairs):
        if scorer["trees"] is None:
            grids[block.a, block.b] = block.values[:, :, 0]
            continue
        p = np.zeros(block.values.shape[:2])
        shares = block.values[:, :, 0] > 0
        p[shares] = score_rows(scorer, block.values[shares])
        grids[block.a, block.b] = p
    return grids
