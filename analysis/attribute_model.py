"""The fitted attribution model: weights as tables, scores and marginals for a whole batch at once.

A linear-chain conditional random field (Lafferty, McCallum & Pereira 2001), in numpy tables, so that a word
costs some microseconds; handing its features over one by one, as to crfsuite, takes about ten times as long.
"""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path

import numpy as np

from analysis.attribute_features import TYPE_ATOMS, Vocabulary, find_atoms, find_second_atoms, shift
from analysis.attribute_words import B_CONTENT, I_CONTENT, N_LABELS, Words

Template = tuple[tuple[str, int], ...]
_DENSE = 1 << 22  # up to this many values a template is looked up in a plain table, beyond it in a hashed one
_HASHED = 1 << 20
_CHUNK = 400  # words: longer paragraphs are cut, so that one endless line costs no more than many short ones
_RESCALE = 6  # steps between rescalings; a step shrinks the numbers by far less than 1e-20
_BLOCK = 1 << 15  # words looked up at a time: what fits the processor's cache
_REACH = 8  # words: no template looks farther
_LANES = 512  # paragraphs run side by side


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


class Evidence:
    """Templates with their tables, looked up together for a whole batch."""

    def __init__(self, templates: list[Template], tables: list[Table], sizes: dict[str, int]):
        self.width = tables[0].weights.shape[1]
        self.sizes = sizes
        pairs = list(zip(templates, tables, strict=True))
        self.of_form = [(*t[0], table) for t, table in pairs if len(t) == 1 and t[0][0] in TYPE_ATOMS]
        self.of_place = [(t, table) for t, table in pairs if len(t) > 1 or t[0][0] not in TYPE_ATOMS]

    def scores(self, words: Words, atoms: dict[str, np.ndarray]) -> np.ndarray:
        """Return the weight of the evidence for every label of every word, shape (words, labels)."""
        n = len(words.raw)
        scores = np.empty((n, self.width), np.float32)
        for lo in range(0, n, _BLOCK):
            hi = min(lo + _BLOCK, n)
            first, last = max(lo - _REACH, 0), min(hi + _REACH, n)
            part = {name: values[first:last] for name, values in atoms.items()}
            scores[lo:hi] = self._block(part, words.paragraph[first:last])[lo - first : hi - first]
        return scores

    def _block(self, atoms: dict[str, np.ndarray], paragraph: np.ndarray) -> np.ndarray:
        scores = np.zeros((len(paragraph), self.width), np.float32)
        for template, table in self.of_place:
            table.add_to(scores, find_keys(template, atoms, self.sizes, paragraph))
        # What depends on a word's form alone is added up once per form; row 0 stands beyond the paragraph's edge.
        _, example, form = np.unique(atoms["form"], return_index=True, return_inverse=True)
        for offset in sorted({offset for _, offset, _ in self.of_form}):
            sums = np.zeros((len(example) + 1, self.width), np.float32)
            for name, at, table in self.of_form:
                if at == offset:
                    table.add_to(sums, np.concatenate([[0], atoms[name][example]]))
            scores += sums.take(shift(form + 1, paragraph, offset), axis=0)
        return scores


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
        self.keys = keys
        self.weights = weights
        self.transitions = transitions.astype(np.float64)
        self.sizes = sizes

    def tables(self) -> list[Table]:
        """Return one table per template."""
        return [
            Table(k, w, _n_values(t, self.sizes))
            for t, k, w in zip(self.templates, self.keys, self.weights, strict=True)
        ]

    def marginals(self, words: Words, atoms: dict[str, np.ndarray]) -> np.ndarray:
        """Return the probability of every label for every word, shape (words, labels)."""
        scores = Evidence(self.templates, self.tables(), self.sizes).scores(words, atoms)
        return run_chains(scores, self.transitions, words.lo, words.hi)


def _n_values(template: Template, sizes: dict[str, int]) -> int:
    return math.prod(sizes[name] for name, _ in template)


def _join(first: Stage, second: Stage) -> Evidence:
    """Put the weights of both stages side by side for the templates they share, which are the first of the second."""
    tables = []
    for i, template in enumerate(first.templates):
        keys = np.union1d(first.keys[i], second.keys[i])
        weights = np.zeros((len(keys), 2 * N_LABELS), np.float32)
        weights[np.searchsorted(keys, first.keys[i]), :N_LABELS] = first.weights[i]
        weights[np.searchsorted(keys, second.keys[i]), N_LABELS:] = second.weights[i]
        tables.append(Table(keys, weights, _n_values(template, second.sizes)))
    return Evidence(first.templates, tables, second.sizes)


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
    move = np.exp(transitions - transitions.max())
    back = move.T.copy()
    for index, inside in _lanes(lo, hi):
        emission = scores[index].astype(np.float64)
        emission = np.exp(emission - emission.max(axis=2, keepdims=True))
        emission = np.maximum(emission, 1e-20)
        emission[~inside] = 1.0
        n_steps = index.shape[1]
        forward = np.empty_like(emission)
        backward = np.ones_like(emission)
        forward[:, 0] = state = emission[:, 0]
        for t in range(1, n_steps):
            state = (state @ move) * emission[:, t]
            if t % _RESCALE == 0:
                state /= state.sum(axis=1, keepdims=True)
            forward[:, t] = state
        state = backward[:, -1]
        for t in range(n_steps - 1, 0, -1):
            new = (state * emission[:, t]) @ back
            if t % _RESCALE == 0:
                new /= new.sum(axis=1, keepdims=True)
            state = np.where(inside[:, t, None], new, state)
            backward[:, t - 1] = state
        forward *= backward
        forward /= forward.sum(axis=2, keepdims=True)
        out[index[inside]] = forward[inside]
    return out


def find_best_path(scores: np.ndarray, transitions: np.ndarray, lo: np.ndarray, hi: np.ndarray) -> np.ndarray:
    """Viterbi over many chains side by side; returns one label per word."""
    n_labels = len(transitions)
    labels = np.zeros(len(scores), np.int8)
    move = transitions.astype(np.float32)
    for index, inside in _lanes(lo, hi):
        n_lanes, n_steps = index.shape
        emission = np.ascontiguousarray(scores[index].transpose(1, 2, 0))  # steps, labels, lanes
        best = np.empty((n_steps, n_labels, n_lanes), np.float32)
        best[0] = emission[0]
        for t in range(1, n_steps):
            step = (best[t - 1][:, None, :] + move[:, :, None]).max(axis=0) + emission[t]
            best[t] = np.where(inside[:, t], step, best[t - 1])
        state = best[-1].argmax(axis=0)
        path = np.empty((n_lanes, n_steps), np.int8)
        for t in range(n_steps - 1, 0, -1):
            path[:, t] = state
            before = (best[t - 1] + move[:, state]).argmax(axis=0)
            state = np.where(inside[:, t], before, state)
        path[:, 0] = state
        labels[index[inside]] = path[inside]
    return labels


class AttributionModel:
    """Vocabulary and two stages; the second also sees what the first thought of the words around."""

    def __init__(self, vocabulary: Vocabulary, stages: list[Stage], settings: dict):
        self.vocabulary = vocabulary
        self.stages = stages
        self.settings = settings
        first, second = stages
        n = len(first.templates)
        self._shared = _join(first, second)
        self._own = Evidence(second.templates[n:], second.tables()[n:], second.sizes)

    def label(self, words: Words) -> tuple[np.ndarray, np.ndarray]:
        """Return the best label of every word and the probability that it is content."""
        if not len(words.raw):
            return np.zeros(0, np.int8), np.zeros(0)
        first, second = self.stages
        atoms, _ = find_atoms(words, self.vocabulary)
        both = self._shared.scores(words, atoms)
        opinion = run_chains(both[:, :N_LABELS], first.transitions, words.lo, words.hi)
        for name, (values, _) in find_second_atoms(words, atoms, opinion).items():
            atoms[name] = values
        scores = both[:, N_LABELS:] + self._own.scores(words, atoms)
        marginals = run_chains(scores, second.transitions, words.lo, words.hi)
        labels = find_best_path(scores, second.transitions, words.lo, words.hi)
        labels[labels > I_CONTENT] -= 2
        return labels, marginals[:, B_CONTENT:].sum(axis=1)

    def save(self, path: Path) -> None:
        """Write the model as one .npz without objects."""
        arrays: dict[str, np.ndarray] = {}
        stages = []
        for i, stage in enumerate(self.stages):
            stages.append({"templates": stage.templates, "sizes": stage.sizes})
            arrays[f"move{i}"] = stage.transitions.astype(np.float32)
            for j, (k, w) in enumerate(zip(stage.keys, stage.weights, strict=True)):
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
