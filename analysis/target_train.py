"""Fitting valence toward a target: word vectors from plain text, a logistic line, small networks."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from analysis.refusals import Refusal
from analysis.target_features import Windows, as_matrix, find_evidence, find_senses, gather_vectors
from analysis.target_model import ValenceModel, load_model, pick_windows, save_model, score_windows, word_vectors
from analysis.target_net import LABELS, Weights, make_inputs, run_back, run_forward, start_weights
from analysis.target_valence import window_records
from analysis.target_vectors import find_word_vectors

_MIN_EVIDENCE = 3
_PENALTY = 0.03  # scikit-learn's C of the line
_EPOCHS, _BATCH, _RATE, _DECAY, _DROPOUT, _HIDE = 12, 64, 2e-3, 1e-3, 0.5, 0.2
_HIDDEN = (48, 48)  # units of each network
_SHARE = 0.75  # weight of the networks' mean beside the line
_UNLIKE_LINE, _UNLIKE_NET = 4.0, 2  # how often a target counts whose sentence holds one with another label
_BAD = frozenset({"Harm", "Cheating", "Subversion", "Betrayal", "Degradation"})
_N_ROLES = 5  # doer of a wrong, of a good, one done wrong, done good, none


def load_coded(path: Path) -> list[dict[str, Any]]:
    """Load coded targets, one JSON object a line: text, start, end, label (-1, 0 or 1).

    Raises
    ------
    Refusal
        With the number of the line: table-invalid for what is no such record, nothing-to-analyse without two labels.
    """
    opener = gzip.open if str(path).endswith(".gz") else open
    records = []
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                records.append(_check(line, f"{path.name}, line {number}"))
    if len({r["label"] for r in records}) < len(LABELS):
        raise Refusal(f"{path.name} does not hold all three labels -1, 0 and 1", reason="nothing-to-analyse")
    return records


def _check(line: str, where: str) -> dict[str, Any]:
    try:
        r = json.loads(line)
    except (ValueError, RecursionError):
        r = None
    if not isinstance(r, dict) or not isinstance(r.get("text"), str):
        raise Refusal(f"{where}: not a JSON object with a text", reason="table-invalid")
    if r.get("label") not in LABELS or isinstance(r["label"], bool):
        raise Refusal(f"{where}: label must be -1, 0 or 1", reason="table-invalid")
    start, end = r.get("start"), r.get("end")
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(r["text"])):
        raise Refusal(f"{where}: start and end must be half-open characters of the text", reason="table-invalid")
    return r


def load_texts(path: Path) -> list[str]:
    """Load the different texts of a coded corpus."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return list(dict.fromkeys(str(json.loads(line).get("text", "")) for line in lines if line.strip()))


def code_roles(path: Path, *, without: frozenset[str]) -> list[dict[str, Any]]:
    """Read who does and who suffers what from coded moral events, as a second task to learn word and place from.

    Returns
    -------
    list of dict
        text, start, end, label: 0 doer of a wrong, 1 doer of a good, 2 one done wrong, 3 done good, 4 named only.
    """
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines if line.strip()]
    named: dict[str, set[str]] = {}
    for r in records:
        named.setdefault(r["story"], set()).update(e[k] for e in r["events"] for k in ("agent", "patient") if e[k])
    out = []
    for r in records:
        if plain(r["text"]) in without:
            continue
        roles: dict[str, list[int]] = {}
        for e in r["events"]:
            for i, part in enumerate(("agent", "patient")):
                if e[part]:
                    roles.setdefault(e[part], []).append(2 * i + (e["moral"] not in _BAD))
        for name in sorted(named.get(r["story"], ())):
            if place := _locate(r["text"], name):
                mine = roles.get(name, [_N_ROLES - 1])
                label = min(set(mine), key=lambda x: (-mine.count(x), x))
                out.append({"text": r["text"], "start": place[0], "end": place[1], "label": label})
    return out


def plain(text: str) -> str:
    """Return a text in lower case with single blanks, to know it again in another corpus."""
    return " ".join(text.split()).lower()


def _locate(text: str, name: str) -> tuple[int, int] | None:
    parts = name.split()
    forms = [name, parts[-1]] if len(parts[-1]) > 3 and parts[-1][0].isupper() else [name]
    if parts[-1] == "Administration":
        forms.append(parts[0])
    for form in forms:
        if m := re.search(rf"\b{re.escape(form)}\b", text):
            return m.span()
    return None


# ---------------------------------------------------------------- fitting


def find_unlike(records: Sequence[dict[str, Any]]) -> np.ndarray:
    """Tell which targets stand in a text that holds a target with another label: bool array of shape (n,).

    Few do, but they alone show what a sentence says of one and not of the other.
    """
    labels: dict[str, set[int]] = {}
    for r in records:
        labels.setdefault(plain(r["text"]), set()).add(r["label"])
    return np.array([len(labels[plain(r["text"])]) > 1 for r in records], dtype=bool)


def fit_line(
    windows: Windows, labels: np.ndarray, *, words: list[str], vectors: np.ndarray, counts: np.ndarray | None = None
) -> tuple[np.ndarray, ...]:
    """Fit the logistic line; labels are 0, 1, 2; vectors those of ``windows.words``; counts what each target counts for.

    Returns
    -------
    keys, weights, weights of the gathered vectors, base : arrays of shape (n,), (n, 3), (4 k, 3), (3,)
    """
    known = {w: i for i, w in enumerate(words)}
    evidence = find_evidence(windows, known=known, senses=find_senses(windows.words))
    keys, times = np.unique(evidence[1], return_counts=True)
    keys = keys[times >= _MIN_EVIDENCE]
    table = sparse.hstack(
        [as_matrix(evidence, keys=keys, n=len(labels)), sparse.csr_matrix(gather_vectors(windows, vectors=vectors))]
    ).tocsr()
    line = LogisticRegression(C=_PENALTY, max_iter=200, tol=1e-3, class_weight="balanced").fit(table, labels, counts)
    return keys, line.coef_[:, : len(keys)].T, line.coef_[:, len(keys) :].T, line.intercept_


def fit_net(
    inputs: np.ndarray,
    tasks: dict[str, tuple[Windows, np.ndarray, float]],
    *,
    hidden: int,
    seed: int,
    epochs: int = _EPOCHS,
) -> Weights:
    """Fit one network by Adam (Kingma & Ba 2015) to several tasks that share all but the last weights.

    Parameters
    ----------
    inputs : (words, width) float array
        What it sees of each word; all windows number their words alike.
    tasks : dict
        Name → windows, labels from 0, weight of the task; the first is ``valence``.
    hidden, seed, epochs : int
        Units, seed of all chance, passes.

    Returns
    -------
    dict
        The weights that ``valence`` needs.
    """
    rng = np.random.default_rng(seed + 99)
    sizes = {name: int(labels.max()) + 1 for name, (_, labels, _) in tasks.items()}
    weights = start_weights(inputs.shape[1], hidden, outputs=sizes, seed=seed)
    mean = {k: np.zeros_like(v) for k, v in weights.items()}
    square = {k: np.zeros_like(v) for k, v in weights.items()}
    costs = {n: _class_costs(labels, full=n == "valence") * share for n, (_, labels, share) in tasks.items()}
    plan: list[tuple[str, np.ndarray]] = []
    for _ in range(epochs):
        steps = []
        for name, (_, labels, _) in tasks.items():
            order = rng.permutation(len(labels))
            steps += [(name, order[i : i + _BATCH]) for i in range(0, max(len(order) - _BATCH, 0) + 1, _BATCH)]
        plan += [steps[i] for i in rng.permutation(len(steps))]
    for t, (name, rows) in enumerate(plan, start=1):
        windows, labels, _ = tasks[name]
        part = pick_windows(windows, rows)
        part = part._replace(code=np.where(rng.random(part.code.shape) < _HIDE, 0, part.code))
        keep = ((rng.random((len(rows), 2 * hidden)) >= _DROPOUT) / (1 - _DROPOUT)).astype(np.float32)
        chances, trace = run_forward(weights, inputs, part, task=name, keep=keep)
        wrong = chances.astype(np.float32)
        wrong[np.arange(len(rows)), labels[rows]] -= 1
        wrong *= costs[name][labels[rows]][:, None] / len(rows)
        rate = _RATE * min(1, t / 100) * (1 - 0.95 * t / len(plan))
        for k, slope in run_back(weights, inputs, part, wrong, trace, task=name).items():
            if k == "word" or k.startswith("out_"):
                slope = slope + _DECAY * weights[k]
            mean[k] = 0.9 * mean[k] + 0.1 * slope
            square[k] = 0.999 * square[k] + 0.001 * slope * slope
            step = mean[k] / (1 - 0.9**t) / (np.sqrt(square[k] / (1 - 0.999**t)) + 1e-8)
            weights[k] = (weights[k] - rate * step).astype(np.float32)
    return {k: v for k, v in weights.items() if "_" not in k or k.endswith("_valence")}


def _class_costs(labels: np.ndarray, *, full: bool) -> np.ndarray:
    """Weights that make rare classes count like common ones (``full``), or half of the way there."""
    counts = np.bincount(labels)
    return ((len(labels) / len(counts) / np.maximum(counts, 1)) ** (1.0 if full else 0.5)).astype(np.float32)


def fit_valence(
    records: Sequence[dict[str, Any]],
    *,
    roles: Sequence[dict[str, Any]] = (),
    vectors: tuple[list[str], np.ndarray],
    hidden: Sequence[int] = _HIDDEN,
    epochs: int = _EPOCHS,
) -> ValenceModel:
    """Fit line and networks to coded targets.

    Parameters
    ----------
    records : sequence of dict
        text, start, end, label (-1, 0, 1).
    roles : sequence of dict
        As `code_roles` returns, or none.
    vectors : (list of str, array)
        Words with their vectors.
    hidden : sequence of int
        Units of each network.
    epochs : int
        Passes.
    """
    everything = window_records([*records, *roles])
    labels = np.array([r["label"] for r in records]) + 1
    mine, theirs = np.arange(len(records)), np.arange(len(records), len(records) + len(roles))
    windows = pick_windows(everything, mine)
    counts = np.bincount(windows.code.ravel(), minlength=len(windows.words))
    has_vector = set(vectors[0])
    more = sorted(w for w, n in zip(windows.words, counts, strict=True) if w and n >= 2 and w not in has_vector)
    words = [*vectors[0], *more]
    known = word_vectors(everything.words, words=vectors[0], vectors=vectors[1])
    unlike = find_unlike(records)
    keys, line, near, base = fit_line(
        windows, labels, words=words, vectors=known, counts=np.where(unlike, _UNLIKE_LINE, 1.0)
    )
    inputs = make_inputs(known, find_senses(everything.words))
    seen = np.repeat(mine, np.where(unlike, _UNLIKE_NET, 1))
    tasks = {"valence": (pick_windows(windows, seen), labels[seen], 1.0)}
    if roles:
        tasks["roles"] = (pick_windows(everything, theirs), np.array([r["label"] for r in roles]), 0.5)
    nets = [fit_net(inputs, tasks, hidden=h, seed=i, epochs=epochs) for i, h in enumerate(hidden)]
    return ValenceModel(words, vectors[1], keys, line, near, base, nets, _SHARE)


def load_beside(gold: Path, *, texts: Sequence[str]) -> tuple[tuple[list[str], np.ndarray], list[dict[str, Any]]]:
    """Load what the corpora beside a coded file give: word vectors from their texts, and coded roles.

    Where there are none, the vectors of the shipped model are kept.
    """
    others = sorted(p for p in gold.parent.glob("*.jsonl.gz") if p.name != gold.name)
    roles: list[dict[str, Any]] = []
    if (gold.parent / "moralevents.jsonl.gz").is_file():
        roles = code_roles(gold.parent / "moralevents.jsonl.gz", without=frozenset(plain(t) for t in texts))
    if others:
        found = dict.fromkeys([t for path in others for t in load_texts(path)] + list(texts))
        return find_word_vectors(list(found)), roles
    shipped = load_model()
    assert shipped is not None
    return (shipped.words[: len(shipped.vectors)], shipped.vectors), roles


def train_valence(gold_path: Path, out_dir: Path) -> Path:
    """Fit valence toward a target to human coding and write ``valence.npz`` and ``valence.json``.

    Parameters
    ----------
    gold_path : Path
        JSON lines, may be gzipped: ``{text, start, end, label}``, label -1 unfavourable, 0 neutral, 1 favourable
        toward the target at the half-open characters start, end.
    out_dir : Path
        Folder for the two files.

    Returns
    -------
    Path
        The model's file.

    Raises
    ------
    Refusal
        With the line of a record that is not so.
    """
    gold_path = Path(gold_path)
    records = load_coded(gold_path)
    vectors, roles = load_beside(gold_path, texts=[r["text"] for r in records])
    model = fit_valence(records, roles=roles, vectors=vectors)
    facts = {"n_targets": len(records), "n_roles": len(roles), "n_keys": len(model.keys), "hidden": list(_HIDDEN)}
    return save_model(model, folder=Path(out_dir), facts=facts)


# ---------------------------------------------------------------- targets that were not learnt from


def group_records(records: Sequence[dict[str, Any]]) -> list[int]:
    """Number the groups of records: those of one article (``group``), and those with one text, belong together."""
    parent: dict[str, str] = {}

    def top(key: str) -> str:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    keys = [(f"text {plain(r['text'])}", f"group {r.get('group', plain(r['text']))}") for r in records]
    for a, b in keys:
        parent[top(a)] = top(b)
    number: dict[str, int] = {}
    return [number.setdefault(top(a), len(number)) for a, _ in keys]


def cross_validate(
    gold_path: Path, *, folds: int = 5, only: int | None = None, hidden: Sequence[int] = _HIDDEN
) -> list[int]:
    """Label every coded target by a model that was fitted on other groups.

    Parameters
    ----------
    gold_path : Path
        As in `train_valence`.
    folds : int
        Parts that the groups are dealt to, in turn.
    only : int, optional
        Label this part alone; the others get 0.
    hidden : sequence of int
        Units of each network.

    Returns
    -------
    list of int
        -1, 0 or 1 for each record.
    """
    records = load_coded(Path(gold_path))
    vectors, roles = load_beside(Path(gold_path), texts=[r["text"] for r in records])
    part = np.array(group_records(records)) % folds
    labels = np.zeros(len(records), np.int64)
    for fold in range(folds) if only is None else [only]:
        held = np.flatnonzero(part == fold)
        model = fit_valence(
            [records[i] for i in np.flatnonzero(part != fold)], roles=roles, vectors=vectors, hidden=hidden
        )
        labels[held] = score_windows(window_records([records[i] for i in held]), model=model).argmax(axis=1) - 1
    return labels.tolist()
