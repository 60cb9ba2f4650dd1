"""The fitted model of valence toward a target: a logistic line on words by their place, and small networks, averaged."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analysis.files import MODELS
from analysis.target_features import (
    Windows,
    as_matrix,
    find_evidence,
    find_senses,
    gather_vectors,
    load_groups,
)
from analysis.target_net import LABELS, Weights, make_inputs, run_forward

NAME = "valence"
_BLOCK = 512  # targets scored at a time: what fits the processor's cache


class ValenceModel(NamedTuple):
    """The fitted weights; `save_model` writes them, `load_model` reads them."""

    words: list[str]
    vectors: np.ndarray  # (words with a vector, k) float
    keys: np.ndarray  # sorted numbers of the evidence
    line: np.ndarray  # (keys, 3) its weights
    near: np.ndarray  # (4 k, 3) weights of the gathered vectors
    base: np.ndarray  # (3,)
    nets: list[Weights]
    share: float  # weight of the networks beside the line


def save_model(model: ValenceModel, *, folder: Path, facts: dict[str, Any]) -> Path:
    """Write a model as ``valence.npz`` (numbers alone) and ``valence.json`` (words, facts of the fitting)."""
    arrays: dict[str, np.ndarray] = {"key_steps": np.diff(model.keys, prepend=0), "base": model.base}
    arrays["near"] = model.near.astype(np.float32)
    for name, values in (("vectors", model.vectors), ("line", model.line)):
        scale = np.maximum(np.abs(values).max(axis=0), 1e-9) / 127
        arrays[name] = np.round(values / scale).astype(np.int8)
        arrays[f"{name}_scale"] = scale.astype(np.float32)
    for i, net in enumerate(model.nets):
        arrays |= {f"net{i}_{part}": values.astype(np.float16) for part, values in net.items()}
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{NAME}.npz").open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    record = {"groups": load_groups(), "share": model.share, "n_nets": len(model.nets), **facts, "words": model.words}
    (folder / f"{NAME}.json").write_text(json.dumps(record, ensure_ascii=False, indent=None) + "\n", encoding="utf-8")
    return folder / f"{NAME}.npz"


@functools.cache
def _read(folder: Path) -> ValenceModel:
    record = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))
    if record["groups"] != list(load_groups()):
        raise ValueError(f"{NAME}.json was fitted with another list of roles; refit it with train_valence")
    with np.load(folder / f"{NAME}.npz") as arrays:
        nets = [
            {k.split("_", 1)[1]: arrays[k].astype(np.float32) for k in arrays.files if k.startswith(f"net{i}_")}
            for i in range(record["n_nets"])
        ]
        return ValenceModel(
            record["words"],
            arrays["vectors"] * arrays["vectors_scale"],
            np.cumsum(arrays["key_steps"]),
            arrays["line"] * arrays["line_scale"],
            arrays["near"],
            arrays["base"],
            nets,
            record["share"],
        )


def load_model(models: Path | bool | None = True) -> ValenceModel | None:
    """Load the fitted model.

    Parameters
    ----------
    models : Path, True or None
        Folder with a fitted valence.npz; True (or a folder without one) for the one shipped; None for the rule.

    Raises
    ------
    ValueError
        Where it was fitted with another list of roles.
    """
    if models is None or models is False:
        return None
    own = None if models is True else Path(models)
    return _read(own if own is not None and (own / f"{NAME}.npz").is_file() else MODELS)


def score_windows(windows: Windows, *, model: ValenceModel) -> np.ndarray:
    """Return the probability of unfavourable, neutral and favourable for each target, shape (n, 3)."""
    senses = find_senses(windows.words)
    vectors = word_vectors(windows.words, words=model.words, vectors=model.vectors)
    inputs = make_inputs(vectors, senses)
    known = {w: i for i, w in enumerate(model.words)}
    out = np.empty((len(windows.code), len(LABELS)))
    for at in range(0, len(out), _BLOCK):
        part = pick_windows(windows, np.arange(at, min(at + _BLOCK, len(out))))
        evidence = find_evidence(part, known=known, senses=senses)
        scores = as_matrix(evidence, keys=model.keys, n=len(part.code)) @ model.line + model.base
        scores += gather_vectors(part, vectors=vectors) @ model.near
        scores -= np.log(np.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True))
        for net in model.nets:
            scores += model.share / len(model.nets) * np.log(run_forward(net, inputs, part)[0] + 1e-9)
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        out[at : at + len(chances)] = chances / chances.sum(axis=1, keepdims=True)
    return out


def word_vectors(wanted: Sequence[str], *, words: Sequence[str], vectors: np.ndarray) -> np.ndarray:
    """Return the vectors of the wanted words, zeros for those not among ``words``, shape (wanted, k)."""
    number = {w: i for i, w in enumerate(words[: len(vectors)])}
    rows = np.array([number.get(w, len(vectors)) for w in wanted])
    return np.concatenate([vectors, np.zeros((1, vectors.shape[1]))])[rows].astype(np.float32)


def pick_windows(windows: Windows, rows: np.ndarray) -> Windows:
    """Return the windows of some targets."""
    return windows._replace(**{f: getattr(windows, f)[rows] for f in Windows._fields if f != "words"})
