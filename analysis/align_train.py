"""Fitting the alignment scorer to coded events, and measuring it on events it has not seen."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from analysis.align_features import FEATURES, find_blocks
from analysis.align_group import as_record, group_pairs, list_pairs, tell_the_same
from analysis.align_scorer import MODEL, Grids
from analysis.align_space import Space, build_space
from analysis.align_units import units_of

INNER_FOLDS = 6  # for the scores on which the thresholds are chosen
_LINE = {"C": 0.1, "max_iter": 3000}
_TREES = {
    "max_iter": 300,
    "learning_rate": 0.05,
    "max_leaf_nodes": 4,
    "min_samples_leaf": 40,
    "l2_regularization": 5.0,
    "max_features": 0.2,
    "random_state": 0,
    "early_stopping": False,
}
_FLAT = 0.005
_LEAST = 0.01  # pairs below it are not listed
_PRECISION = 0.8


class Coded(NamedTuple):
    """One coded event: its articles, feature grids, and which cells are pairs of one statement."""

    name: str
    outlets: list[str]
    space: Space
    values: dict[tuple[int, int], np.ndarray]
    wanted: Grids


def load_gold(path: Path) -> list[dict[str, Any]]:
    """Read coded events, one JSON object a line, gzipped or not."""
    opener: Callable[..., Any] = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def code_event(record: dict[str, Any]) -> Coded:
    """Take one coded event apart: articles {outlet: {title, sentences}}, clusters [{members: [{outlet, sentence}]}]."""
    outlets = sorted(record["articles"])
    articles = [units_of(record["articles"][o]["sentences"]) for o in outlets]
    titles = [units_of([record["articles"][o].get("title") or ""])[0] for o in outlets]
    space = build_space(articles, titles)
    values = {(b.a, b.b): b.values for b in find_blocks(space, list(combinations(range(len(outlets)), 2)))}
    wanted = {key: np.zeros(block.shape[:2], dtype=int) for key, block in values.items()}
    for cluster in record["clusters"]:
        members = sorted({(outlets.index(m["outlet"]), int(m["sentence"])) for m in cluster["members"]})
        for (a, i), (b, j) in combinations(members, 2):
            if a != b:
                wanted[a, b][i, j] = 1
    return Coded(record["event"], outlets, space, values, wanted)


def _shares(block: np.ndarray) -> np.ndarray:
    """Return which sentence pairs share a content word; only those are scored."""
    return block[:, :, 0] > 0


class Fitted:
    """A logistic line and trees, fitted on coded events; `as_json` gives what `align_scorer.score_rows` reads."""

    def __init__(self, coded: Sequence[Coded]):
        x = np.concatenate([v[_shares(v)] for c in coded for v in c.values.values()])
        y = np.concatenate([c.wanted[key][_shares(v)] for c in coded for key, v in c.values.items()])
        self.mean, self.scale = x.mean(axis=0), x.std(axis=0) + 1e-9
        self.line = LogisticRegression(**_LINE).fit((x - self.mean) / self.scale, y)
        self.trees = HistGradientBoostingClassifier(**_TREES).fit(x, y)

    def score(self, coded: Coded) -> Grids:
        """Return the probability of every cell, 0 where two sentences share no word."""
        grids = {}
        for key, block in coded.values.items():
            p = np.zeros(block.shape[:2])
            x = block[_shares(block)]
            if len(x):
                line = self.line.predict_proba((x - self.mean) / self.scale)
                p[_shares(block)] = (line[:, 1] + self.trees.predict_proba(x)[:, 1]) / 2
            grids[key] = p
        return grids

    def as_json(self) -> dict[str, Any]:
        """Return the weights as plain lists, six figures each."""
        trees = []
        for (predictor,) in self.trees._predictors:
            n = predictor.nodes
            leaf = n["is_leaf"].astype(bool)
            trees.append(
                {
                    "feature": np.where(leaf, 0, n["feature_idx"]).tolist(),
                    "threshold": np.where(leaf, 0, n["num_threshold"]).tolist(),
                    "left": np.where(leaf, -1, n["left"].astype(int)).tolist(),
                    "right": np.where(leaf, -1, n["right"].astype(int)).tolist(),
                    "value": _short(n["value"]),
                }
            )
        base = _short(np.ravel(self.trees._baseline_prediction))[0]
        return {
            "mean": _short(self.mean),
            "scale": _short(self.scale),
            "weights": _short(self.line.coef_[0]),
            "bias": _short(self.line.intercept_)[0],
            "base": base,
            "trees": trees,
        }


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{v:.6g}") for v in np.ravel(values)]


def _unseen(coded: Sequence[Coded]) -> list[Grids]:
    """Return the scores of each event by a scorer fitted on the events of the other inner folds."""
    grids: list[Grids] = [{} for _ in coded]
    for fold in range(min(INNER_FOLDS, len(coded))):
        fitted = Fitted([c for n, c in enumerate(coded) if n % INNER_FOLDS != fold])
        for n in range(fold, len(coded), INNER_FOLDS):
            grids[n] = fitted.score(coded[n])
    return grids


def _thresholds(coded: Sequence[Coded], grids: Sequence[Grids]) -> dict[str, float]:
    """Choose the thresholds on scores of unseen events: the best pair F1, and the lowest with precision .8."""
    p = np.concatenate([g[key].ravel() for c, g in zip(coded, grids, strict=True) for key in c.wanted])
    y = np.concatenate([c.wanted[key].ravel() for c in coded for key in c.wanted])
    order = np.argsort(-p, kind="stable")
    hits, listed = np.cumsum(y[order]), np.arange(1, len(y) + 1)
    f1 = 2 * hits / (listed + y.sum())
    flat = p[order][f1 >= f1.max() - _FLAT]  # the optimum is flat: its middle moves least from fold to fold
    right = np.flatnonzero(hits / listed >= _PRECISION)
    threshold = float(np.sqrt(flat.min() * flat.max()))
    return {
        "threshold": round(threshold, 3),
        "possible": round(threshold / 2, 3),
        "precise": round(float(p[order][right[-1]]) if len(right) else 0.9, 3),
    }


def train_alignment(gold_path: Path, out_dir: Path) -> Path:
    """Fit the scorer to coded events and write it to ``out_dir``/alignment.json.

    Parameters
    ----------
    gold_path : Path
        Coded events as in `code_event`, one a line.
    out_dir : Path
        An existing folder.

    Returns
    -------
    Path
        The file written: features, thresholds, weights, trees; the same bytes for the same gold.
    """
    coded = [code_event(r) for r in load_gold(Path(gold_path))]
    scorer = {"features": FEATURES, **_thresholds(coded, _unseen(coded)), **Fitted(coded).as_json()}
    path = Path(out_dir) / MODEL.name
    path.write_text(json.dumps(scorer, separators=(",", ":")) + "\n", encoding="utf-8")
    return path


def predict_unseen(train: Sequence[dict[str, Any]], held: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Predict coded events by a scorer, with its thresholds, fitted on other events.

    Parameters
    ----------
    train, held : sequence of dict
        Coded events as in `code_event`.

    Returns
    -------
    list of dict
        One record for each held event, as `align.annotate_align` yields.
    """
    coded = [code_event(r) for r in train]
    return _predict(coded, [code_event(r) for r in held])


def _predict(train: Sequence[Coded], held: Sequence[Coded]) -> list[dict[str, Any]]:
    fitted, chosen = Fitted(train), _thresholds(train, _unseen(train))
    found = []
    for c in held:
        pairs = list_pairs(fitted.score(c), _LEAST)
        groups = group_pairs(pairs, chosen["threshold"], tell_the_same(c.space.units, c.space.starts.tolist()))
        found.append(as_record(c.name, c.outlets, pairs, groups))
    return found


def cross_validate(gold_path: Path, *, folds: int = 9) -> list[dict[str, Any]]:
    """Predict every coded event by a scorer fitted on the events of the other folds only.

    Parameters
    ----------
    gold_path : Path
        Coded events.
    folds : int
        Events are dealt to so many folds in the order of their names.

    Returns
    -------
    list of dict
        As `predict_unseen`.
    """
    coded = sorted((code_event(r) for r in load_gold(Path(gold_path))), key=lambda c: c.name)
    return [
        r
        for fold in range(folds)
        for r in _predict([c for n, c in enumerate(coded) if n % folds != fold], coded[fold::folds])
    ]
