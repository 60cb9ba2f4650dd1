"""The scorer of sentence pairs: a logistic line and small trees, kept as JSON and read with numpy."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

MODEL = Path(__file__).parent / "models" / "alignment.json"


@cache
def load_scorer(path: Path = MODEL) -> dict[str, Any]:
    """Return the fitted scorer: features, stages, and the thresholds shown | precise."""
    return json.loads(path.read_text(encoding="utf-8"))


def score_stage(stage: dict[str, Any], values: np.ndarray) -> np.ndarray:
    """Return the probability that each row is a pair of one statement.

    Parameters
    ----------
    stage : dict
        mean, scale, weights, bias (the logistic line on standardised features) and trees (each with feature,
        threshold, left, right, value; a leaf has left -1; the values add up to log-odds from base).
    values : ndarray (n, features)
        Feature rows.

    Returns
    -------
    ndarray (n,)
        The mean of the two probabilities, or the one of the line alone where there are no trees.
    """
    line = (values - np.asarray(stage["mean"])) / np.asarray(stage["scale"]) @ np.asarray(stage["weights"]) + stage["bias"]
    p = 1 / (1 + np.exp(-np.clip(line, -30, 30)))
    if not stage["trees"]:
        return p
    total = np.full(len(values), stage["base"], dtype=float)
    for tree in stage["trees"]:
        total += _grow(tree, values)
    return (p + 1 / (1 + np.exp(-np.clip(total, -30, 30)))) / 2


def _grow(tree: dict[str, Any], values: np.ndarray) -> np.ndarray:
    feature, threshold = np.asarray(tree["feature"]), np.asarray(tree["threshold"])
    left, right, value = np.asarray(tree["left"]), np.asarray(tree["right"]), np.asarray(tree["value"])
    at = np.zeros(len(values), dtype=int)
    rows = np.arange(len(values))
    while True:
        inner = left[at] >= 0
        if not inner.any():
            return value[at]
        goes_left = values[rows, feature[at]] <= threshold[at]
        at = np.where(inner, np.where(goes_left, left[at], right[at]), at)
