"""The scorer of sentence pairs: a logistic line and small trees, kept as JSON and read with numpy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analysis.align_features import FEATURES, find_blocks
from analysis.align_space import Space
from analysis.files import MODELS, find_model

MODEL = MODELS / "alignment.json"
_AT_ONCE = 2_000  # rows that fall through all trees together
# Without a fitted scorer the cosine is the score; its best pair F1 on alignment_dev is .475, at .154.
PLAIN: dict[str, Any] = {"trees": None, "threshold": 0.154, "possible": 0.077, "precise": 0.278}
Grids = dict[tuple[int, int], np.ndarray]


class Trees(NamedTuple):
    """The nodes of all trees in a row; a leaf leads to itself."""

    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    depth: int


@cache
def _read(path: Path) -> dict[str, Any]:
    scorer = json.loads(path.read_text(encoding="utf-8"))
    if scorer["features"] != FEATURES:
        raise ValueError(f"{path.name} was fitted on other features; refit it with train_alignment")
    return scorer | {"trees": None if scorer["trees"] is None else _plant(scorer["trees"])}


def _plant(trees: Sequence[dict[str, Any]]) -> Trees:
    """Put the nodes of trees (each with feature, threshold, left, right, value; a leaf has left -1) in a row."""
    roots = np.cumsum([0, *[len(tree["left"]) for tree in trees]])
    feature, threshold, value = (
        np.array([v for tree in trees for v in tree[k]]) for k in ("feature", "threshold", "value")
    )
    own = np.arange(roots[-1])
    first = np.repeat(roots[:-1], np.diff(roots))
    left, right = (np.array([v for tree in trees for v in tree[k]], dtype=np.int64) for k in ("left", "right"))
    leaf = left < 0
    left, right = np.where(leaf, own, first + left), np.where(leaf, own, first + right)
    depth, level = 0, np.unique(roots[:-1])
    while len(level := np.setdiff1d(np.union1d(left[level], right[level]), own[leaf])):
        depth += 1
    return Trees(roots[:-1], np.where(leaf, 0, feature).astype(np.int64), threshold, left, right, value, depth + 1)


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
        mean, scale, weights, bias (the logistic line on standardised features), base and trees (their values add up to
        log-odds from base).
    values : ndarray (n, features)
        Feature rows.

    Returns
    -------
    ndarray (n,)
        The mean of the two probabilities.
    """
    line = (values - np.asarray(scorer["mean"])) / np.asarray(scorer["scale"]) @ np.asarray(scorer["weights"])
    total = scorer["base"] + _drop(scorer["trees"], values)
    return (_logistic(line + scorer["bias"]) + _logistic(total)) / 2


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def _drop(trees: Trees, values: np.ndarray) -> np.ndarray:
    """Let each row fall through all trees at once, and add up the values of its leaves."""
    sums = [np.zeros(0)]
    for at in range(0, len(values), _AT_ONCE):
        rows = values[at : at + _AT_ONCE]
        place = np.arange(len(rows))[:, None] * rows.shape[1]
        node = np.broadcast_to(trees.roots, (len(rows), len(trees.roots)))
        for _ in range(trees.depth):
            goes_left = rows.ravel().take(place + trees.feature.take(node)) <= trees.threshold.take(node)
            node = np.where(goes_left, trees.left.take(node), trees.right.take(node))
        sums.append(trees.value.take(node).sum(axis=1))
    return np.concatenate(sums)


def score_event(space: Space, article_pairs: Sequence[tuple[int, int]], scorer: dict[str, Any]) -> Grids:
    """Score every sentence pair of the given pairs of articles.

    Returns
    -------
    dict
        (a, b) to a grid (sentences of a, sentences of b) of probabilities; 0 where two share no content word.
    """
    blocks = list(find_blocks(space, article_pairs))
    if scorer["trees"] is None:
        return {(block.a, block.b): block.values[:, :, 0] for block in blocks}
    shares = [block.values[:, :, 0] > 0 for block in blocks]
    rows = [block.values[share] for block, share in zip(blocks, shares, strict=True)]
    scores = iter(score_rows(scorer, np.concatenate(rows)).tolist() if rows else [])
    grids: Grids = {}
    for block, share in zip(blocks, shares, strict=True):
        grid = grids[block.a, block.b] = np.zeros(share.shape)
        grid[share] = list(islice(scores, int(share.sum())))
    return grids
