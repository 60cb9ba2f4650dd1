"""Fitting the model of loaded wording: a logistic line over words, then one over what the words of a sentence say."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from analysis.loaded import ROLES, LoadedModel
from analysis.loaded_coding import Coded, split_groups
from analysis.loaded_features import (
    FLAGS,
    OFFSETS,
    SENTENCE,
    atom_matrix,
    find_atoms,
    find_flags,
    find_sentence_features,
    near,
)

_GENERAL = ("g=", "v=", "length=", "hyphen", "number")  # atoms that many words share: held back less
_BESIDE = ("w=", "e=", "g=", "v=", "number")  # what is looked at in a neighbour
# Strength of the L2 penalty; these and the weights below were chosen by cross-validation on the pooled coding.
_OWN, _OWN_GENERAL, _NEAR, _NEAR_GENERAL, _BACKGROUND, _FLAGS = 5.0, 0.8, 12.0, 1.7, 1.5, 0.5
_SENTENCE, _SENTENCE_WORD = 1.0, 60.0
_UNMARKED = 0.5  # weight of an unmarked word in a loaded sentence: coders leave many unmarked
_OTHER_CORPUS = 1.3  # weight of a sentence outside the first corpus
_RARE_OWN, _RARE_NEAR = 3, 8  # an atom must stand this often
_INNER = 4  # folds from which the sentence line learns
Background = tuple[list[str], np.ndarray]


def fit_line(
    matrix: sparse.csr_matrix, y: np.ndarray, penalty: np.ndarray, *, weight: np.ndarray | None = None, steps: int = 70
) -> tuple[np.ndarray, float]:
    """Fit a logistic regression with its own L2 penalty for each column; returns weights and bias (not penalised)."""
    sign = 2.0 * y - 1
    weight = np.ones(len(y)) if weight is None else weight
    turned = matrix.T.tocsr()

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (matrix @ at[:-1] + at[-1])
        pull = -weight * sign / (1 + np.exp(np.clip(margin, -35, 35)))
        value = (weight * np.logaddexp(0, -margin)).sum() + 0.5 * (penalty * at[:-1] ** 2).sum()
        return value, np.append(turned @ pull + penalty * at[:-1], pull.sum())

    found = minimize(
        loss, np.zeros(matrix.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": steps, "maxcor": 10}
    )
    return found.x[:-1], float(found.x[-1])


class Design:
    """The columns of a coded corpus, made once: what words are like, what stands beside them, the background."""

    def __init__(self, coded: Coded, background: Background):
        self.coded, words = coded, coded.words
        known, table = background
        counts: Counter[str] = Counter()
        often = np.bincount(words.code, minlength=len(words.types))
        for word, n in zip(words.types, often.tolist(), strict=True):
            for atom in set(find_atoms(word)):
                counts[atom] += n
        self.atoms = sorted({*known, *(a for a, n in counts.items() if n >= _RARE_OWN)})
        number = {a: i for i, a in enumerate(self.atoms)}
        self.background = np.zeros((len(self.atoms), table.shape[1]))
        self.background[[number[a] for a in known]] = table
        n_seen = np.array([counts[a] for a in self.atoms])
        general = np.array([a.startswith(_GENERAL) for a in self.atoms])
        self.own = np.flatnonzero(n_seen >= _RARE_OWN)
        beside = np.array([a.startswith(_BESIDE) and (a[:2] != "e=" or len(a) < 6) for a in self.atoms])
        self.near = np.flatnonzero((n_seen >= _RARE_NEAR) & beside)
        self.said = np.flatnonzero((n_seen >= 4) & np.array([a.startswith("w=") for a in self.atoms]))
        types = atom_matrix(words.types, number)
        rated = types @ self.background
        self.middle, self.scale = rated[words.code].mean(axis=0), rated[words.code].std(axis=0) + 1e-9
        rated = (rated - self.middle) / self.scale
        self.flags = find_flags(words)
        corpora = np.eye(int(coded.corpus.max()) + 1)[coded.corpus][:, 1:]
        rated = rated[words.code]
        blocks = [types[:, self.own][words.code]]
        blocks += [_beside(types[:, self.near], words, o) for o in OFFSETS]
        blocks += [rated, near(words, -1, rated), near(words, 1, rated), self.flags, corpora[words.unit]]
        self.matrix = sparse.hstack([sparse.csr_matrix(b) for b in blocks]).tocsr()
        of_near = np.where(general[self.near], _NEAR_GENERAL, _NEAR)
        self.penalty = np.concatenate(
            [
                np.where(general[self.own], _OWN_GENERAL, _OWN),
                *(of_near for _ in OFFSETS),
                np.full(3 * rated.shape[1], _BACKGROUND),
                np.full(len(FLAGS) + corpora.shape[1], _FLAGS),
            ]
        )
        unmarked = (coded.marked == 0) & (coded.loaded[words.unit] == 1)
        self.weight = np.where(unmarked, _UNMARKED, 1.0)
        sums = sparse.csr_matrix(
            (np.ones(len(words.unit)), (words.unit, np.arange(len(words.unit)))),
            shape=(words.n_units, len(words.unit)),
        )
        self.corpora = corpora
        # only words count here, as when the model is used
        self.told = (sums @ sparse.diags(words.is_word.astype(float)) @ types[:, self.said][words.code]).tocsr()

    def fit_words(self, chosen: np.ndarray) -> tuple[np.ndarray, float]:
        """Fit the line over the words of the chosen sentences."""
        use = self.coded.words.is_word & chosen[self.coded.words.unit]
        return fit_line(self.matrix[use], self.coded.marked[use], self.penalty, weight=self.weight[use])

    def rate(self, weights: np.ndarray, bias: float) -> np.ndarray:
        """Return log-odds of every token on the scale of the first corpus."""
        n = self.corpora.shape[1]
        return self.matrix[:, : self.matrix.shape[1] - n] @ weights[: len(weights) - n] + bias

    def fit(self, chosen: np.ndarray, *, seed: int = 0) -> LoadedModel:
        """Fit the whole model to the chosen sentences (a bool array over all).

        The sentence line learns from word lines that have not seen the sentence (stacking, Wolpert 1992); the
        threshold is the one at which those find the marked words of the first corpus with the best F1.
        """
        coded, words = self.coded, self.coded.words
        part = np.full(words.n_units, -1)
        part[chosen] = split_groups(coded.group[chosen], n_folds=_INNER, seed=seed)
        unseen = np.zeros(len(words.unit))
        for k in range(_INNER):
            here = (part == k)[words.unit]
            unseen[here] = self.rate(*self.fit_words(chosen & (part != k)))[here]
        weights, bias = self.fit_words(chosen)
        first = words.is_word & (chosen & (coded.corpus == 0))[words.unit]
        threshold = find_threshold(coded.marked[first], 1 / (1 + np.exp(-unseen[first])))
        line = self._fit_sentences(chosen, unseen)
        return self._pack(weights, bias, line, threshold)

    def _fit_sentences(self, chosen: np.ndarray, unseen: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        words = self.coded.words
        features = find_sentence_features(words.unit[words.is_word], unseen[words.is_word], n_units=words.n_units)
        middle, scale = features[chosen].mean(axis=0), features[chosen].std(axis=0) + 1e-9
        dense = np.hstack([(features - middle) / scale, self.corpora])
        matrix = sparse.hstack([self.told, sparse.csr_matrix(dense)]).tocsr()[chosen]
        penalty = np.concatenate(
            [
                np.full(self.told.shape[1], _SENTENCE_WORD),
                np.full(len(SENTENCE), _SENTENCE),
                np.full(self.corpora.shape[1], 0.01),
            ]
        )
        weight = np.where(self.coded.corpus[chosen] == 0, 1.0, _OTHER_CORPUS)
        found, bias = fit_line(matrix, self.coded.loaded[chosen], penalty, weight=weight)
        said = found[: self.told.shape[1]]
        line = found[self.told.shape[1] :][: len(SENTENCE)] / scale
        return said, line, bias - float(middle @ line)

    def _pack(self, weights: np.ndarray, bias: float, line: tuple, threshold: float) -> LoadedModel:
        """Put the weights by role, the background's mean into the bias, both in whole steps of one byte."""
        n_own, n_near, n_back = len(self.own), len(self.near), self.background.shape[1]
        table = np.zeros((len(self.atoms), len(ROLES)))
        table[self.own, 0] = weights[:n_own]
        at = n_own
        for k in range(len(OFFSETS)):
            table[self.near, 1 + k] = weights[at : at + n_near]
            at += n_near
        table[self.said, -1] = line[0]
        mix = np.zeros((n_back, len(ROLES)))
        for role in (0, ROLES.index("at-1"), ROLES.index("at+1")):
            mix[:, role] = weights[at : at + n_back] / self.scale
            at += n_back
        arrays = {
            **_in_steps("weights", table),
            **_in_steps("background", self.background),
            "mix": mix,
            "middle": self.middle @ mix,
            "flags": weights[at : at + len(FLAGS)],
            "line": line[1],
        }
        facts = {
            "atoms": self.atoms,
            "flags": list(FLAGS),
            "sentence": list(SENTENCE),
            "roles": list(ROLES),
            "bias": bias,
            "line_bias": line[2],
            "threshold": threshold,
        }
        return LoadedModel(arrays, facts)


def _beside(types: sparse.csr_matrix, words, offset: int) -> sparse.csr_matrix:
    """Return the rows of the tokens' neighbours, empty where a unit ends."""
    place = near(words, offset, words.code + 1)
    return sparse.diags((place > 0).astype(float)) @ types[np.maximum(place - 1, 0)]


def _in_steps(name: str, table: np.ndarray) -> dict[str, np.ndarray]:
    """Store a table as whole numbers of one byte, each column with its step."""
    steps = np.abs(table).max(axis=0) / 127 + 1e-12
    return {name: np.round(table / steps).astype(np.int8), name + "_steps": steps.astype(np.float32)}


def find_threshold(marked: np.ndarray, chance: np.ndarray) -> float:
    """Return the probability from which marked words are found with the best F1."""
    order = np.argsort(-chance, kind="stable")
    right = np.cumsum(marked[order])
    f1 = 2 * right / (np.arange(len(order)) + 1 + marked.sum())
    return round(float(chance[order][f1.argmax()]), 4)


def pack_model(model: LoadedModel, facts: dict[str, Any] | None = None) -> bytes:
    """Return the bytes of wording.npz: arrays and, as JSON, the facts; no objects."""
    keep = np.flatnonzero((model.arrays["weights"] != 0).any(axis=1) | (model.arrays["background"] != 0).any(axis=1))
    arrays = {k: v[keep] if k in ("weights", "background") else v for k, v in model.arrays.items()}
    head = {**model.facts, **(facts or {}), "atoms": [model.facts["atoms"][i] for i in keep]}
    arrays["facts"] = np.frombuffer(json.dumps(head, sort_keys=True).encode(), np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()
