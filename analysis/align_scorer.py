"""The scorer of sentence pairs: two stages, each a logistic line and small trees, kept as JSON and read with numpy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from analysis.align_features import FEATURES, context_features, find_blocks, nearest
from analysis.align_space import Space

MODEL = Path(__file__).parent / "models" / "alignment.json"
# Without a fitted scorer the cosine is the score; its best threshold on alignment_dev gives pair F1 .47.
PLAIN: dict[str, Any] = {"stages": [], "threshold": .22, "joining": .12, "possible": .15, "precise": .4}
_FLOOR = 1e-4                # keeps the logarithm of a score finite
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
        features, stages, and the scores from which a pair stands in a statement (threshold), a further sentence
        joins one (joining), a pair is possibly one (possible), and four in five are right (precise).

    Raises
    ------
    ValueError
        Where the file was fitted on other features.
    """
    if models is None or models is False:
        return PLAIN
    own = None if models is True else Path(models) / MODEL.name
    return _read(own if own is not None and own.is_file() else MODEL)


def score_rows(stage: dict[str, Any], values: np.ndarray) -> np.ndarray:
    """Return the probability that each row is a pair of one statement.

    Parameters
    ----------
    stage : dict
        mean, scale, weights, bias (the logistic line on standardised features), base and trees (each with
        feature, threshold, left, right, value; a leaf has left -1; the values add up to log-odds from base).
    values : ndarray (n, features)
        Feature rows.

    Returns
    -------
    ndarray (n,)
        The mean of the two probabilities.
    """
    line = (values - np.asarray(stage["mean"])) / np.asarray(stage["scale"]) @ np.asarray(stage["weights"]) + stage["bias"]
    total = np.full(len(values), stage["base"], dtype=float)
    for tree in stage["trees"]:
        total += _drop(tree, values)
    return (_logistic(line) + _logistic(total)) / 2


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


def second_look(space: Space, values: dict[tuple[int, int], np.ndarray], first: Grids) -> dict[tuple[int, int], np.ndarray]:
    """Return the features of the second stage: those of the first, its score, and where that stands among the others."""
    def grid(a: int, b: int) -> np.ndarray | None:
        return first[a, b] if (a, b) in first else first[b, a].T if (b, a) in first else None

    found = {}
    for (a, b), block in values.items():
        others = [(x, y) for c in nearest(space, a, b) if (x := grid(a, c)) is not None and (y := grid(b, c)) is not None]
        context = context_features(first[a, b], others)
        found[a, b] = np.concatenate([block, np.log(first[a, b] + _FLOOR)[:, :, None], np.stack(list(context.values()), axis=2)], axis=2)
    return found


def score_event(space: Space, article_pairs: Sequence[tuple[int, int]], scorer: dict[str, Any]) -> Grids:
    """Score every sentence pair of the given pairs of articles.

    Returns
    -------
    dict
        (a, b) to a grid (sentences of a, sentences of b) of probabilities; 0 where two share no content word.
    """
    values = {(block.a, block.b): block.values for block in find_blocks(space, article_pairs)}
    if not scorer["stages"]:
        return {key: block[:, :, 0] for key, block in values.items()}
    grids: Grids = {}
    for n, stage in enumerate(scorer["stages"]):
        values = second_look(space, values, grids) if n else values
        grids = {key: _score_block(stage, block) for key, block in values.items()}
    return grids


def _score_block(stage: dict[str, Any], block: np.ndarray) -> np.ndarray:
    p = np.zeros(block.shape[:2])
    shares = block[:, :, 0] > 0
    p[shares] = score_rows(stage, block[shares])
    return p
