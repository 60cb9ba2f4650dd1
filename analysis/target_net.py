"""A small network over the words around a target: three words at a time, with their place, gathered by attention.

Convolution with position and attention (after Kim 2014 and Wang et al. 2016) in numpy. Its words come as vectors of
the company they keep and as what the lists say of them, so that unseen words are read like their neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from analysis.target_features import ABOUT, N_PLACES, Senses, Windows, load_groups

Weights = dict[str, np.ndarray]
LABELS = (-1, 0, 1)
_STRETCH = 3.0  # attention averages; this keeps it in the range of the largest value beside it


def make_inputs(vectors: np.ndarray, senses: Senses) -> np.ndarray:
    """Return what the network sees of each word.

    Parameters
    ----------
    vectors : (n, k) float array
        The word vectors; zeros for words without one.
    senses : Senses
        Of the same words; word 0 stands for none and stays empty.

    Returns
    -------
    (n, k + 7 + groups) float array
    """
    n = len(vectors)
    groups = np.zeros((n, len(load_groups()) + 1), np.float32)
    groups[np.arange(n)[:, None], senses.group] = 1  # -1 falls on the spare last column
    lists = [
        np.maximum(senses.valence, 0) / 2,
        np.maximum(-senses.valence, 0) / 2,
        senses.agent,
        senses.patient,
        senses.negates,
        senses.breaks,
        ~vectors.any(axis=1),
    ]
    inputs = np.concatenate([vectors, np.stack(lists, axis=1), groups[:, :-1]], axis=1).astype(np.float32)
    inputs[0] = 0
    return inputs


def start_weights(width: int, hidden: int, *, outputs: dict[str, int], seed: int) -> Weights:
    """Return random weights for inputs of a width, with one set of output weights for each named task."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int, scale: float) -> np.ndarray:
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    weights = {"word": normal(3, width, hidden, scale=0.7 / np.sqrt(width)), "bias": np.zeros(hidden, np.float32)}
    for i, size in enumerate(N_PLACES):
        weights[f"place{i}"] = normal(size, hidden, scale=0.1)
        weights[f"look{i}"] = np.zeros((size, 1), np.float32)
    weights["look"] = normal(hidden, 1, scale=0.05)
    for task, n in outputs.items():
        weights[f"out_{task}"] = normal(2 * hidden, n, scale=0.1)
        weights[f"about_{task}"] = np.zeros((len(ABOUT), n), np.float32)
        weights[f"base_{task}"] = np.zeros(n, np.float32)
    return weights


def _softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def run_forward(
    weights: Weights,
    inputs: np.ndarray,
    windows: Windows,
    *,
    task: str = "valence",
    keep: np.ndarray | float = 1.0,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the probability of every class for each target, and what the way back needs.

    Parameters
    ----------
    weights : dict
    inputs : (words, width) float array
        As `make_inputs` returns, for ``windows.words``.
    windows : Windows
    task : str
        Which output weights to use.
    keep : (n, 2 × hidden) float array, optional
        Factors of the gathered values, for dropout.
    """
    used, where = np.unique(windows.code, return_inverse=True)
    where = where.reshape(windows.code.shape)
    z = (inputs[used] @ weights["word"][1])[where]
    z[:, 1:] += (inputs[used] @ weights["word"][0])[where[:, :-1]]
    z[:, :-1] += (inputs[used] @ weights["word"][2])[where[:, 1:]]
    z += weights["bias"]
    look = np.zeros(windows.code.shape, np.float32)
    for i in range(len(N_PLACES)):
        z += weights[f"place{i}"][windows.place[:, :, i]]
        look += weights[f"look{i}"][windows.place[:, :, i], 0]
    hidden = np.maximum(z, 0, out=z) * windows.inside[:, :, None]
    look += (hidden @ weights["look"])[:, :, 0]
    attention = _softmax(np.where(windows.inside, look, np.float32(-1e9)))
    gathered = np.concatenate(
        [
            np.matmul(attention[:, None, :], hidden)[:, 0] * _STRETCH,
            hidden.max(axis=1),
        ],
        axis=1,
    )
    kept = gathered * keep
    chances = _softmax(
        kept @ weights[f"out_{task}"] + windows.about @ weights[f"about_{task}"] + weights[f"base_{task}"]
    )
    return chances, {
        "used": used,
        "where": where,
        "hidden": hidden,
        "attention": attention,
        "kept": kept,
        "keep": keep,
    }


def run_back(
    weights: Weights, inputs: np.ndarray, windows: Windows, wrong: np.ndarray, trace: dict[str, Any], *, task: str
) -> Weights:
    """Return the slope of the loss for all weights in use.

    Parameters
    ----------
    wrong : (n, classes) float array
        The slope of the loss for the scores of the classes.
    trace : dict
        As `run_forward` returned it.
    """
    hidden, attention = trace["hidden"], trace["attention"]
    most = hidden.argmax(axis=1)
    size = hidden.shape[2]
    slopes = {
        f"out_{task}": trace["kept"].T @ wrong,
        f"about_{task}": windows.about.T @ wrong,
        f"base_{task}": wrong.sum(axis=0),
    }
    back = (wrong @ weights[f"out_{task}"].T) * trace["keep"]
    mean, peak = back[:, :size] * _STRETCH, back[:, size:]
    d_hidden = attention[:, :, None] * mean[:, None, :]
    at_peak = np.take_along_axis(d_hidden, most[:, None], axis=1) + peak[:, None]
    np.put_along_axis(d_hidden, most[:, None], at_peak, axis=1)
    d_attention = np.matmul(hidden, mean[:, :, None])[:, :, 0]
    d_look = attention * (d_attention - (attention * d_attention).sum(axis=1, keepdims=True))
    slopes["look"] = np.tensordot(hidden, d_look, axes=([0, 1], [0, 1]))[:, None]
    d_hidden += d_look[:, :, None] * weights["look"][:, 0]
    d_hidden *= hidden > 0
    flat = d_hidden.reshape(-1, size)
    slopes["bias"] = flat.sum(axis=0)
    for i, n in enumerate(N_PLACES):
        places = windows.place[:, :, i].ravel()
        slopes[f"place{i}"] = _sum_by(places, flat, n)
        slopes[f"look{i}"] = np.bincount(places, d_look.ravel(), n)[:, None].astype(np.float32)
    used, where = trace["used"], trace["where"]
    word = np.empty_like(weights["word"])
    word[1] = inputs[used].T @ _sum_by(where.ravel(), flat, len(used))
    word[0] = inputs[used].T @ _sum_by(where[:, :-1].ravel(), d_hidden[:, 1:].reshape(-1, size), len(used))
    word[2] = inputs[used].T @ _sum_by(where[:, 1:].ravel(), d_hidden[:, :-1].reshape(-1, size), len(used))
    slopes["word"] = word
    return slopes


def _sum_by(numbers: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    """Return the sum of the rows that carry each number."""
    picks = sparse.csr_matrix((np.ones(len(rows), np.float32), numbers, np.arange(len(rows) + 1)), (len(rows), n))
    return picks.T @ rows
