"""The fitted attribution model: weights as tables, scores and marginals for a whole batch at once.

A linear-chain conditional random field (Lafferty, McCallum & Pereira 2001), fitted with crfsuite and applied
with numpy, which is some twenty times faster than handing every word's features over one by one.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np

from analysis.attribute_features import Vocabulary, find_atoms, find_second_atoms, shift
from analysis.attribute_words import B_CONTENT, I_CONTENT, N_LABELS, Words

Template = tuple[tuple[str, int], ...]
_DENSE = 1 << 22  # up to this many values a template is looked up in a plain table, beyond it in a hashed one
_HASHED = 1 << 20
_CHUNK = 400  # words: longer paragraphs are cut, so that one endless line costs no more than many short ones
_LANES = 256  # paragraphs run side by side


def find_keys(
    template: Template, atoms: dict[str, np.ndarray], sizes: dict[str, int], paragraph: np.ndarray
) -> np.ndarray:
    """Return one whole number per word for a template: the values of its atoms, at their offsets, as one."""
    key = np.zeros(len(paragraph), np.int64)
    for name, offset in template:
        key = key * sizes[name] + shift(atoms[name], paragraph, offset)
    return key


def _hash(keys: np.ndarray) -> np.ndarray:
    return ((keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(44)).astype(np.int64)


class Table:
    """The weights of one template: one row per value that carries weight, one column per label."""

    def __init__(self, keys: np.ndarray, weights: np.ndarray, size: int):
        order = np.argsort(np.abs(weights).sum(axis=1), kind="stable")  # of colliding values the weightiest stays
        self.keys = np.concatenate([[-1], keys[order]]).astype(np.int64)
        self.weights = np.concatenate([np.zeros((1, weights.shape[1])), weights[order]]).astype(np.float32)
        self.dense = size <= _DENSE
        self.index = np.zeros(size if self.dense else _HASHED, np.int32)
        places = self.keys[1:] if self.dense else _hash(self.keys[1:])
        self.index[places] = np.arange(1, len(self.keys), dtype=np.int32)

    def add_to(self, scores: np.ndarray, keys: np.ndarray) -> None:
        """Add the weights of every word's value to its scores, in place."""
        if self.dense:
            rows = self.index[keys]
        else:
            rows = self.index[_hash(keys)]
            rows[self.keys[rows] != keys] = 0
        scores += self.weights.take(rows, axis=0)


class Stage:
    """One chain: its templates with their weights, and the weights between labels."""

    def __init__(
        self,
        templates: list[Template],
        keys: list[np.ndarray],
        weights: list[np.ndarray],
        transitions: np.ndarray,
        sizes: dict[str, int],
    ):
        self.templates = templates
        self.transitions = transitions.astype(np.float64)
        self.sizes = sizes
        self.raw = (keys, weights)
        self.tables = [
            Table(k, w, int(np.prod([float(sizes[name]) for name, _ in t])))
            for t, k, w in zip(templates, keys, weights, strict=True)
        ]

    def scores(self, words: Words, atoms: dict[str, np.ndarray]) -> np.ndarray:
        """Return the weight of the evidence for every label of every word, shape (words, labels)."""
        scores = np.zeros((len(words.raw), N_LABELS), np.float32)
        for template, table in zip(self.templates, self.tables, strict=True):
            table.add_to(scores, find_keys(template, atoms, self.sizes, words.paragraph))
        return scores

    def marginals(self, words: Words, atoms: dict[str, np.ndarray]) -> np.ndarray:
        """Return the probability of every label for every word, shape (words, labels)."""
        return run_chains(self.scores(words, atoms), self.transitions, words.lo, words.hi)


def _chunks(lo: np.ndarray, hi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut sequences into pieces of at most _CHUNK words."""
    pieces = np.maximum(-(-(hi - lo) // _CHUNK), 0)
    start = np.repeat(lo, pieces) + _CHUNK * (np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces))
    return start, np.minimum(start + _CHUNK, np.repeat(hi, pieces))


def _lanes(lo: np.ndarray, hi: np.ndarray):
    """Yield groups of sequences of like length: starts, lengths, and the words of each step with a mask."""
    lo, hi = _chunks(lo, hi)
    order = np.argsort(hi - lo, kind="stable")
    for at in range(0, len(order), _LANES):
        group = order[at : at + _LANES]
        length = (hi - lo)[group]
        step = np.arange(int(length.max()))
        inside = step[None, :] < length[:, None]
        yield np.where(inside, lo[group][:, None] + step[None, :], 0), inside


def run_chains(scores: np.ndarray, transitions: np.ndarray, lo: np.ndarray, hi: np.ndarray) -> np.ndarray:
    """Forward-backward over many chains side by side; returns marginals like ``scores``."""
    out = np.zeros_like(scores)
    move = np.exp(transitions)
    for index, inside in _lanes(lo, hi):
        emission = scores[index].astype(np.float64)
        emission = np.exp(emission - emission.max(axis=2, keepdims=True))
        emission[~inside] = 1.0
        n_steps = index.shape[1]
        forward = np.empty_like(emission)
        state = emission[:, 0]
        forward[:, 0] = state = state / state.sum(axis=1, keepdims=True)
        for t in range(1, n_steps):
            state = (state @ move) * emission[:, t]
            state /= state.sum(axis=1, keepdims=True)
            forward[:, t] = state
        back = np.ones_like(state)
        for t in range(n_steps - 1, -1, -1):
            both = forward[:, t] * back
            forward[:, t] = both / both.sum(axis=1, keepdims=True)
            if t:
                new = (back * emission[:, t]) @ move.T
                new /= new.sum(axis=1, keepdims=True)
                back = np.where(inside[:, t, None], new, back)
        out[index[inside]] = forward[inside]
    return out


def find_best_path(scores: np.ndarray, transitions: np.ndarray, lo: np.ndarray, hi: np.ndarray) -> np.ndarray:
    """Viterbi over many chains side by side; returns one label per word."""
    labels = np.zeros(len(scores), np.int8)
    stay = np.arange(N_LABELS, dtype=np.int8)
    for index, inside in _lanes(lo, hi):
        emission = scores[index]
        n_lanes, n_steps = index.shape
        best = emission[:, 0].astype(np.float64)
        pointers = np.zeros((n_steps, n_lanes, N_LABELS), np.int8)
        for t in range(1, n_steps):
            options = best[:, :, None] + transitions
            live = inside[:, t, None]
            pointers[t] = np.where(live, options.argmax(axis=1), stay)
            best = np.where(live, options.max(axis=1) + emission[:, t], best)
        state = best.argmax(axis=1)
        lane = np.arange(n_lanes)
        path = np.empty((n_lanes, n_steps), np.int8)
        for t in range(n_steps - 1, -1, -1):
            path[:, t] = state
            state = pointers[t][lane, state]
        labels[index[inside]] = path[inside]
    return labels


class AttributionModel:
    """Vocabulary and stages; each later stage also sees what the one before thought."""

    def __init__(self, vocabulary: Vocabulary, stages: list[Stage], settings: dict):
        self.vocabulary = vocabulary
        self.stages = stages
        self.settings = settings

    def label(self, words: Words) -> tuple[np.ndarray, np.ndarray]:
        """Return the best label of every word and the probability that it is content."""
        if not len(words.raw):
            return np.zeros(0, np.int8), np.zeros(0)
        atoms, _ = find_atoms(words, self.vocabulary)
        marginals = self.stages[0].marginals(words, atoms)
        for name, (values, _) in find_second_atoms(words, atoms, marginals).items():
            atoms[name] = values
        last = self.stages[-1]
        scores = last.scores(words, atoms)
        marginals = run_chains(scores, last.transitions, words.lo, words.hi)
        labels = find_best_path(scores, last.transitions, words.lo, words.hi)
        labels[labels > I_CONTENT] -= 2
        return labels, marginals[:, B_CONTENT:].sum(axis=1)

    def save(self, path: Path) -> None:
        """Write the model as one .npz without objects."""
        arrays: dict[str, np.ndarray] = {}
        stages = []
        for i, stage in enumerate(self.stages):
            stages.append({"templates": stage.templates, "sizes": stage.sizes})
            arrays[f"move{i}"] = stage.transitions.astype(np.float32)
            for j, (k, w) in enumerate(zip(*stage.raw, strict=True)):
                order = np.argsort(k, kind="stable")
                arrays[f"k{i}_{j}"] = np.diff(k[order], prepend=0)
                arrays[f"w{i}_{j}"] = np.round(w[order], 2).astype(np.float16)
        head = {
            "words": self.vocabulary.words,
            "endings": self.vocabulary.endings,
            "clusters": self.vocabulary.clusters,
            "stages": stages,
            "settings": self.settings,
        }
        arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
        np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


@functools.cache
def load_model(folder: Path) -> AttributionModel | None:
    """Load ``attributions.npz`` from a folder of models; None where there is none."""
    path = folder / "attributions.npz"
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as data:
        head = json.loads(data["head"].tobytes().decode())
        stages = []
        for i, part in enumerate(head["stages"]):
            templates = [tuple((name, offset) for name, offset in t) for t in part["templates"]]
            keys = [np.cumsum(data[f"k{i}_{j}"]) for j in range(len(templates))]
            weights = [data[f"w{i}_{j}"].astype(np.float32) for j in range(len(templates))]
            stages.append(Stage(templates, keys, weights, data[f"move{i}"], part["sizes"]))
    return AttributionModel(Vocabulary(head["words"], head["endings"], head["clusters"]), stages, head["settings"])
