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
from analysis.align_group import group_pairs, list_pairs
from analysis.align_scorer import MODEL, Grids, second_look
from analysis.align_space import Space, build_space
from analysis.align_units import units_of

INNER_FOLDS = 6              # for the first-stage scores that the second stage is fitted on
_LINE = {"C": .1, "max_iter": 3000}
_TREES = {"max_iter": 300, "learning_rate": .05, "max_leaf_nodes": 4, "min_samples_leaf": 40, "l2_regularization": 5.0,
          "max_features": .2, "random_state": 0, "early_stopping": False}
_JOINING = (.3, .5, .7, 1.01)      # share of the threshold at which a sentence joins; 1.01: never
_PRECISION = .8


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


def _rows(values: Sequence[dict[tuple[int, int], np.ndarray]], coded: Sequence[Coded]) -> tuple[np.ndarray, np.ndarray]:
    """Return the feature rows of all pairs that share a word, and whether each is a pair of one statement."""
    x = [block[block[:, :, 0] > 0] for blocks in values for block in blocks.values()]
    y = [c.wanted[key][block[:, :, 0] > 0] for blocks, c in zip(values, coded, strict=True) for key, block in blocks.items()]
    return np.concatenate(x), np.concatenate(y)


class Stage:
    """A logistic line and trees, fitted on rows; `as_json` gives what `align_scorer.score_rows` reads."""

    def __init__(self, x: np.ndarray, y: np.ndarray):
        self.mean, self.scale = x.mean(axis=0), x.std(axis=0) + 1e-9
        self.line = LogisticRegression(**_LINE).fit((x - self.mean) / self.scale, y)
        self.trees = HistGradientBoostingClassifier(**_TREES).fit(x, y)

    def score(self, blocks: dict[tuple[int, int], np.ndarray]) -> Grids:
        """Return the probability of every cell, 0 where two sentences share no word."""
        grids = {}
        for key, block in blocks.items():
            p = np.zeros(block.shape[:2])
            shares = block[:, :, 0] > 0
            x = block[shares]
            if len(x):
                p[shares] = (self.line.predict_proba((x - self.mean) / self.scale)[:, 1] + self.trees.predict_proba(x)[:, 1]) / 2
            grids[key] = p
        return grids

    def as_json(self) -> dict[str, Any]:
        """Return the weights as plain lists, six figures each."""
        trees = []
        for (predictor,) in self.trees._predictors:
            n = predictor.nodes
            leaf = n["is_leaf"].astype(bool)
            trees.append({"feature": np.where(leaf, 0, n["feature_idx"]).tolist(), "threshold": _short(np.where(leaf, 0, n["num_threshold"])),
                          "left": np.where(leaf, -1, n["left"].astype(int)).tolist(),
                          "right": np.where(leaf, -1, n["right"].astype(int)).tolist(), "value": _short(n["value"])})
        return {"mean": _short(self.mean), "scale": _short(self.scale), "weights": _short(self.line.coef_[0]),
                "bias": _short(self.line.intercept_)[0], "base": _short(np.ravel(self.trees._baseline_prediction))[0], "trees": trees}


def _short(values: np.ndarray) -> list[float]:
    return [float(f"{v:.6g}") for v in np.ravel(values)]


def _fit(coded: Sequence[Coded]) -> tuple[Stage, Stage, list[Grids]]:
    """Fit both stages; also return the second-stage scores of each event by stages that have not seen it."""
    inner = [n % INNER_FOLDS for n in range(len(coded))]
    first: list[Grids] = [{} for _ in coded]
    for fold in sorted(set(inner)):
        stage = Stage(*_rows([c.values for c, k in zip(coded, inner, strict=True) if k != fold],
                             [c for c, k in zip(coded, inner, strict=True) if k != fold]))
        for n, k in enumerate(inner):
            if k == fold:
                first[n] = stage.score(coded[n].values)
    wide = [second_look(c.space, c.values, grids) for c, grids in zip(coded, first, strict=True)]
    unseen: list[Grids] = [{} for _ in coded]
    for fold in sorted(set(inner)):
        stage = Stage(*_rows([w for w, k in zip(wide, inner, strict=True) if k != fold],
                             [c for c, k in zip(coded, inner, strict=True) if k != fold]))
        for n, k in enumerate(inner):
            if k == fold:
                unseen[n] = stage.score(wide[n])
    return Stage(*_rows([c.values for c in coded], coded)), Stage(*_rows(wide, coded)), unseen


def _grouped_f1(coded: Sequence[Coded], grids: Sequence[Grids], threshold: float, joining: float) -> float:
    hit = found = wanted = 0
    for c, g in zip(coded, grids, strict=True):
        pairs = set()
        for _, members in group_pairs(list_pairs(g, threshold * min(1, joining) * .5), threshold, threshold * joining):
            pairs |= {(x, y) for x, y in combinations(members, 2) if x[0] != y[0]}
        gold = {((a, int(i)), (b, int(j))) for (a, b), w in c.wanted.items() for i, j in zip(*np.nonzero(w), strict=True)}
        hit, found, wanted = hit + len(pairs & gold), found + len(pairs), wanted + len(gold)
    return 2 * hit / max(1, found + wanted)


def _thresholds(coded: Sequence[Coded], grids: Sequence[Grids]) -> dict[str, float]:
    """Choose the thresholds on scores of unseen events: best pair F1 after grouping; precision .8."""
    p = np.concatenate([g[key].ravel() for c, g in zip(coded, grids, strict=True) for key in c.wanted])
    y = np.concatenate([c.wanted[key].ravel() for c in coded for key in c.wanted])
    order = np.argsort(-p, kind="stable")
    precision = np.cumsum(y[order]) / np.arange(1, len(y) + 1)
    right = np.flatnonzero(precision >= _PRECISION)
    best = max(((_grouped_f1(coded, grids, t, j), -t, j) for t in np.arange(.14, .44, .02) for j in _JOINING))
    threshold = -best[1]
    return {"threshold": round(float(threshold), 3), "joining": round(float(threshold * best[2]), 3),
            "possible": round(float(threshold / 2), 3), "precise": round(float(p[order][right[-1]]) if len(right) else .9, 3)}


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
        The file written: features, stages, thresholds; the same bytes for the same gold.
    """
    coded = [code_event(r) for r in load_gold(Path(gold_path))]
    first, second, unseen = _fit(coded)
    scorer = {"features": FEATURES, "stages": [first.as_json(), second.as_json()], **_thresholds(coded, unseen)}
    path = Path(out_dir) / MODEL.name
    path.write_text(json.dumps(scorer, separators=(",", ":")) + "\n", encoding="utf-8")
    return path


def cross_validate(gold_path: Path, *, folds: int = 9) -> list[dict[str, Any]]:
    """Predict every coded event by a scorer, with thresholds, fitted on the events of the other folds only.

    Parameters
    ----------
    gold_path : Path
        Coded events.
    folds : int
        Events are dealt to so many folds in the order of their names.

    Returns
    -------
    list of dict
        As `align.annotate_align` yields.
    """
    coded = sorted((code_event(r) for r in load_gold(Path(gold_path))), key=lambda c: c.name)
    found = []
    for fold in range(folds):
        train = [c for n, c in enumerate(coded) if n % folds != fold]
        first, second, unseen = _fit(train)
        chosen = _thresholds(train, unseen)
        for c in coded[fold::folds]:
            grids = second.score(second_look(c.space, c.values, first.score(c.values)))
            pairs = list_pairs(grids, .01)
            groups = group_pairs(pairs, chosen["threshold"], chosen["joining"])
            found.append({"event": c.name, "pairs": [[c.outlets[p.a], p.i, c.outlets[p.b], p.j, p.score] for p in pairs],
                          "statements": [{"id": f"s{n}", "score": s, "members": [{"outlet": c.outlets[a], "sentence": i} for a, i in m]}
                                         for n, (s, m) in enumerate(groups, start=1)]})
    return found
