"""Fit the attribution model to hand-coded text."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import TruncatedSVD

from analysis.attribute_features import CLUSTERS, Vocabulary, find_atoms, find_second_atoms, shift
from analysis.attribute_model import AttributionModel, Stage, Template, find_keys
from analysis.attribute_words import B_AWAITING, B_CONTENT, B_CUE, B_SOURCE, I_CONTENT, N_LABELS, Words, gather_records

_BATCH = 320  # paragraphs in a step
N_FOLDS = 4


class How(NamedTuple):
    """How one chain is fitted; the values were chosen on the development articles."""

    epochs: int
    runs: int = 1
    rate: float = 0.12
    decay: float = 1e-6
    dropout: float = 0.8


HOW_FIRST = How(epochs=8, rate=0.1, dropout=0.7)
HOW_FOLD = How(epochs=6, rate=0.1, dropout=0.7)
HOW_SECOND = How(epochs=5, runs=3, dropout=0.82)
_MIN_WORD = 3  # a word or ending must stand this often in the training text to be known


def read_templates(text: str) -> list[Template]:
    """Read "w-1 w+0 | q+0" as templates: atoms, each with the offset at which it is looked up."""
    return [tuple((m[1], int(m[2])) for m in re.finditer(r"([a-z]+[23]?)([+-]\d)", part)) for part in text.split("|")]


# w word, p closed-class word or class, c coarse class, m k groups of words, s2 s3 ending, sh shape, q quotation state,
# l… and r… the reporting verbs left and right; see attribute_features.
FIRST = read_templates("""
w-3 | w-2 | w-1 | w+0 | w+1 | w+2 | w+3 | w-1 w+0 | w+0 w+1 | p-4 | p-3 | p+3 | p+4 | p-2 p-1 | p-1 p+0 | p+0 p+1
| p+1 p+2 | p-1 p+1 | c-1 c+0 c+1 | c-2 c-1 c+0 | c+0 c+1 c+2 | c-3 c-2 c-1 | c+1 c+2 c+3 | k-3 | k-2 | k-1 | k+0
| k+1 | k+2 | k+3 | m-5 | m-4 | m-3 | m-2 | m-1 | m+0 | m+1 | m+2 | m+3 | m+4 | m+5 | m-2 m-1 | m-1 m+0 | m+0 m+1
| m+1 m+2 | m-1 m+1 | m-1 m+0 m+1 | m-2 m-1 m+0 | m+0 m+1 m+2 | m+0 lc+0 | m+0 rc+0 | m+0 lm+0 lc+0 | m+0 q+0 |
s3+0 | s2+0 | s3-1 | s3+1 | sh+0 | sh-1 sh+0 | sh+0 sh+1 | s2-1 s2+0 | s2+0 s2+1 | q+0 c+0 | q-1 q+0 q+1 |
qk+0 q+0 | qb+0 q+0 | qa+0 q+0 | q+0 c-1 | q+0 c+1 | qk+0 c+0 | qk+0 order+0 | lw+0 | lw+0 lm+0 | lc+0 ld+0 c+0 |
lc+0 lm+0 q+0 | lc+0 ln+0 lm+0 | lb+0 lc+0 | lm+0 p+0 | rw+0 | rw+0 rm+0 | rc+0 rd+0 c+0 | rc+0 rm+0 q+0 |
rb+0 rc+0 rm+0 | rn+0 rc+0 rm+0 | rm+0 p+0 | lc+0 lm+0 rc+0 rm+0 | lw+0 c+0 | rw+0 c+0 | lc+0 p-1 | rc+0 p+1 |
rd+0 rb+0 | ld+0 ln+0 | from+0 c+0 | to+0 c+0 | lead+0 | lead+0 q+0 | order+0 q+0 | from+0 rd+0 | order+0 lc+0 |
order+0 rc+0
""")
# y… the first opinion, e… its cues, z… its view of the sentence, ax an of the article
SECOND = FIRST + read_templates("""
y-2 y-1 y+0 | y-1 y+0 y+1 | y+0 y+1 y+2 | y-3 y-2 | y+2 y+3 | yx+0 yx+1 | yx-1 yx+0 | yx-2 | yx+2 | yx-4 | yx+4 |
yb+0 | yb+1 | yb-1 | yb+0 c+0 | yx+0 c+0 | yx+0 m+0 | yc-2 | yc-1 | yc+0 | yc+1 | yc+2 | yc+0 m+0 | ys-2 | ys-1 |
ys+0 | ys+1 | ys+2 | ys+0 c+0 | ys+0 yc+1 | yx+0 yc+0 ys+0 | elw+0 yx+0 | elw+0 elk+0 | elw+0 eld+0 |
elc+0 elt+0 elk+0 yx+0 | eld+0 elt+0 c+0 | elm+0 eln+0 elk+0 | elm+0 c+0 | els+0 elk+0 c+0 | elm+0 m+0 | elw+0 c+0
| erw+0 yx+0 | erw+0 erk+0 | erw+0 erd+0 | erc+0 ert+0 erk+0 yx+0 | erd+0 ert+0 c+0 | erm+0 ern+0 erk+0 |
erm+0 c+0 | ers+0 erk+0 c+0 | erw+0 c+0 | elm+0 erm+0 | elk+0 erk+0 elt+0 ert+0 | elk+0 c+0 c+1 | elk+0 m+0 m+1 |
elk+0 c-1 c+0 | zx+0 c+0 | zx+0 zc+0 | zb+0 zx+0 za+0 | zb+0 order+0 c+0 | zb+0 zc+0 q+0 | zc+0 c+0 |
zx+0 yx+0 q+0 | order+0 zx+0 zc+0 | lead+0 zc+0 | ax+0 zx+0 zc+0 | ax+0 yx+0 c+0 | an+0 ys+0 | an+0 yc+1 |
an-1 yc+0 c+0 | an+0 c+1 | an+1 yc+0 | an+0 m+1 | lead+0 zb+0 | ax+0 order+0 q+0
""")


def read_gold(path: Path) -> list[dict]:
    """Read hand-coded records, one JSON object per line: text, attributions with source, cue and content spans."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def gold_labels(words: Words, records: list[dict]) -> np.ndarray:
    """Label the words of a batch as coded; quotation marks go with the words between them."""
    labels = np.zeros(len(words.raw), np.int8)
    bounds = np.searchsorted(words.article, np.arange(len(records) + 1))
    for a, record in enumerate(records):
        lo, hi = bounds[a], bounds[a + 1]
        starts, ends = words.start[lo:hi], words.end[lo:hi]
        for role, begin in (("source", B_SOURCE), ("cue", B_CUE), ("content", B_CONTENT)):
            for item in record["attributions"]:
                for s, e in item[role]:
                    first, last = lo + np.searchsorted(ends, s, "right"), lo + np.searchsorted(starts, e, "left")
                    loose = [words.norm[i][0].isalnum() or words.quote[i] >= 0 for i in range(first, last)]
                    if True in loose:  # a cue may be a mark alone (":"), else marks at the edge are left out
                        first, last = first + loose.index(True), last - loose[::-1].index(True)
                    if first < last:
                        label = begin
                        if role == "content" and item["cue"] and s < item["cue"][0][0]:
                            label = B_AWAITING
                        labels[first:last] = label + 1
                        labels[first] = label
    _take_in_marks(words, labels)
    return labels


def _take_in_marks(words: Words, labels: np.ndarray) -> None:
    """Where a content fills a stretch in marks, label the marks with it."""
    inside = np.flatnonzero(words.quote >= 0)
    first = inside[np.flatnonzero(np.diff(words.quote[inside], prepend=-1))]
    for s in first.tolist():
        e = s
        while e < len(labels) and words.quote[e] == words.quote[s]:
            e += 1
        letters = [i for i in range(s, e) if words.norm[i][0].isalnum()]
        if letters and all(labels[i] >= B_CONTENT for i in letters):
            kind = int(labels[letters[0]])
            begin = B_CONTENT if kind <= I_CONTENT else B_AWAITING
            for i in range(s, e):
                if labels[i] < B_CONTENT:
                    labels[i] = begin + 1
            if kind == begin and letters[0] > s:
                labels[letters[0]] = begin + 1
                labels[s] = begin


def build_vocabulary(words: Words) -> Vocabulary:
    """Number the words and endings that stand often enough in the training text, and group words by their neighbours."""
    counts = Counter(w[:40] for w in words.norm)
    endings = Counter(end for w in words.norm if len(w) > 3 and w[0].isalpha() for end in (w[-3:], w[-2:]))
    known = sorted(w for w, n in counts.items() if n >= _MIN_WORD)
    return Vocabulary(known, sorted(w for w, n in endings.items() if n >= 10), _cluster(words, known))


def _cluster(words: Words, known: list[str]) -> list[list[int]]:
    """Group words that keep the same company: the words right before and after, singular vectors, k-means."""
    number = {w: i + 1 for i, w in enumerate(known)}
    ids = np.array([number.get(w[:40], 0) for w in words.norm])
    n = len(known) + 1
    common = np.argsort(-np.bincount(ids, minlength=n), kind="stable")[:1000]
    context = np.full(n, -1)
    context[common] = np.arange(len(common))
    parts = []
    for step in (-2, -1, 1, 2):
        near = shift(ids.astype(np.int32), words.paragraph, step)
        column = context[near]
        good = column >= 0
        counts = sparse.coo_matrix(
            (np.ones(int(good.sum())), (ids[good], column[good])), shape=(n, len(common))
        ).tocsr()
        parts.append(counts)
    table = sparse.hstack(parts).tocsr()
    rows, columns = np.asarray(table.sum(axis=1)).ravel() + 1, np.asarray(table.sum(axis=0)).ravel() + 1
    table = table.tocoo()
    lift = np.log(table.data * columns.sum() / rows[table.row] / columns[table.col] ** 0.75 / columns.sum() ** 0.25)
    table = sparse.csr_matrix((np.maximum(lift, 0), (table.row, table.col)), shape=table.shape)
    vectors = TruncatedSVD(min(60, table.shape[0] - 1, table.shape[1] - 1), random_state=7).fit_transform(table)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    out = []
    for size in (min(c, len(known)) for c in CLUSTERS):
        means = MiniBatchKMeans(size - 1, random_state=7, n_init=3, batch_size=4096).fit(vectors)
        out.append((means.predict(vectors)[1:] + 1).tolist())
    return out


def fit_stage(
    words: Words,
    atoms: dict[str, np.ndarray],
    sizes: dict[str, int],
    labels: np.ndarray,
    templates: list[Template],
    *,
    how: How,
    chosen: np.ndarray | None = None,
) -> Stage:
    """Fit one chain by stochastic gradients, several times, and return the mean of the weights.

    AdaGrad (Duchi, Hazan & Singer 2011) on batches of paragraphs, those ``chosen`` or all. ``how.dropout`` hides
    that share of the features at random in each step, so that no single word is leant on; ``how.decay`` is the
    L2 penalty per word.
    """
    use = np.flatnonzero((words.hi > words.lo) & (chosen if chosen is not None else True))
    columns, values = _columns(words, atoms, sizes, templates, use)
    width = sum(len(v) for v in values)
    use = use[np.random.default_rng(7).permutation(len(use))]
    batches = [_batch(words, columns, labels, use[i : i + _BATCH], width) for i in range(0, len(use), _BATCH)]
    runs = [_descend(batches, width, how, seed) for seed in range(1, how.runs + 1)]
    weights, move = np.mean([w for w, _ in runs], axis=0), np.mean([m for _, m in runs], axis=0)
    return _stage(weights, move, templates, values, sizes)


def _descend(batches: list, width: int, how: How, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One run of the descent: the mean of the weights over all but its first third."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((width, N_LABELS), np.float32)
    move = np.zeros((N_LABELS, N_LABELS), np.float32)
    seen_w, seen_m = np.full_like(weights, 1e-6), np.full_like(move, 1e-6)
    mean_w, mean_m, n_mean, steps = np.zeros_like(weights), np.zeros_like(move), 0, 0
    for epoch in range(how.epochs):
        for b in rng.permutation(len(batches)).tolist():
            matrix, target, index, inside = batches[b]
            hidden = matrix.copy()
            kept = rng.random(len(matrix.data), dtype=np.float32) >= how.dropout
            hidden.data = kept.astype(np.float32) / (1 - how.dropout)
            slope, slope_move = _slopes(hidden @ weights, move, target, index, inside)
            slope_w = (hidden.T @ slope) / len(target) - how.decay * weights
            for w, seen, g in ((weights, seen_w, slope_w), (move, seen_m, slope_move / len(target))):
                seen += g * g
                w += how.rate * g / np.sqrt(seen)
            steps += 1
            if epoch >= how.epochs // 3 and steps % 6 == 0:
                mean_w += weights
                mean_m += move
                n_mean += 1
    if not n_mean:
        return weights, move
    return mean_w / n_mean, mean_m / n_mean


def _columns(
    words: Words, atoms: dict[str, np.ndarray], sizes: dict[str, int], templates: list[Template], use: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Number the values of every template that stand often enough; -1 for the others."""
    keep = np.zeros(len(words.lo), bool)
    keep[use] = True
    keep = keep[words.paragraph]
    columns = np.full((len(words.raw), len(templates)), -1, np.int32)
    values: list[np.ndarray] = []
    offset = 0
    for i, template in enumerate(templates):
        keys = find_keys(template, atoms, sizes, words.paragraph)
        found, inverse, counts = np.unique(keys[keep], return_inverse=True, return_counts=True)
        often = counts >= (2 if len(template) == 1 else 3)
        number = np.where(often, np.cumsum(often) - 1 + offset, -1)
        columns[keep, i] = number[inverse]
        values.append(found[often])
        offset += int(often.sum())
    return columns, values


def _batch(words: Words, columns: np.ndarray, labels: np.ndarray, paragraphs: np.ndarray, width: int):
    """One batch: sparse features, labels, and the chains side by side."""
    rows = np.concatenate([np.arange(words.lo[p], words.hi[p]) for p in paragraphs])
    part = columns[rows]
    known = part >= 0
    matrix = sparse.csr_matrix(
        (np.ones(int(known.sum()), np.float32), part[known], np.concatenate([[0], np.cumsum(known.sum(axis=1))])),
        shape=(len(rows), width),
    )
    length = (words.hi - words.lo)[paragraphs]
    start = np.cumsum(length) - length
    step = np.arange(int(length.max()))
    inside = step[None, :] < length[:, None]
    return matrix, labels[rows].astype(np.int64), np.where(inside, start[:, None] + step[None, :], 0), inside


def _slopes(
    scores: np.ndarray, move: np.ndarray, target: np.ndarray, index: np.ndarray, inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient of the log likelihood with respect to the scores and to the weights between labels."""
    emission = scores[index]
    emission = np.exp(emission - emission.max(axis=2, keepdims=True))
    factor = np.exp(move)
    n_steps = index.shape[1]
    forward = np.empty_like(emission)
    state = emission[:, 0]
    forward[:, 0] = state = state / state.sum(axis=1, keepdims=True)
    for t in range(1, n_steps):
        state = (state @ factor) * emission[:, t]
        state /= state.sum(axis=1, keepdims=True)
        forward[:, t] = state
    expected = np.zeros_like(move)
    out = np.zeros_like(scores)
    back = np.ones_like(state)
    for t in range(n_steps - 1, -1, -1):
        live = inside[:, t]
        both = forward[:, t] * back
        both /= both.sum(axis=1, keepdims=True)
        out[index[live, t]] = -both[live]
        if t:
            onward = back * emission[:, t]
            total = ((forward[:, t - 1] @ factor) * onward).sum(axis=1)
            share = np.where(live, 1 / total, 0).astype(np.float32)
            expected += factor * (forward[:, t - 1].T @ (onward * share[:, None]))
            new = onward @ factor.T
            new /= new.sum(axis=1, keepdims=True)
            back = np.where(live[:, None], new, back)
    out[np.arange(len(target)), target] += 1
    pairs = inside[:, 1:]
    seen = np.zeros_like(move)
    np.add.at(seen, (target[index[:, :-1][pairs]], target[index[:, 1:][pairs]]), 1)
    return out, seen - expected


def _stage(
    weights: np.ndarray,
    move: np.ndarray,
    templates: list[Template],
    values: list[np.ndarray],
    sizes: dict[str, int],
    smallest: float = 0.02,
) -> Stage:
    keys, tables = [], []
    offset = 0
    for found in values:
        part = weights[offset : offset + len(found)]
        offset += len(found)
        big = np.abs(part).max(axis=1, initial=0) >= smallest
        keys.append(found[big])
        tables.append(part[big])
    return Stage(templates, keys, tables, move, sizes)


def fit_attributions(gold_path: Path, out_dir: Path) -> Path:
    """Fit both stages and write ``attributions.npz`` and ``attributions.json``; see `attribute.train_attributions`.

    The second stage learns from a first stage that has not seen the article at hand: four fits, each on
    three quarters of the articles (stacking, Wolpert 1992).
    """
    records = read_gold(gold_path)
    words = gather_records(records)
    labels = gold_labels(words, records)
    vocabulary = build_vocabulary(words)
    atoms, sizes = find_atoms(words, vocabulary)
    part = words.article[np.minimum(words.lo, len(words.raw) - 1)] * 7 % N_FOLDS
    opinion = np.zeros((len(words.raw), N_LABELS), np.float32)
    for fold in range(N_FOLDS):
        stage = fit_stage(words, atoms, sizes, labels, FIRST, chosen=part != fold, how=HOW_FOLD)
        here = (part == fold)[words.paragraph]
        opinion[here] = stage.marginals(words, atoms)[here]
    first = fit_stage(words, atoms, sizes, labels, FIRST, how=HOW_FIRST)
    for name, (values, size) in find_second_atoms(words, atoms, opinion).items():
        atoms[name], sizes[name] = values, size or sizes["w"]
    second = fit_stage(words, atoms, sizes, labels, SECOND, how=HOW_SECOND)
    settings = {
        "n_articles": len(records),
        "n_words": len(words.raw),
        "first": HOW_FIRST._asdict(),
        "fold": HOW_FOLD._asdict(),
        "second": HOW_SECOND._asdict(),
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    path = out_dir / "attributions.npz"
    AttributionModel(vocabulary, [first, second], settings).save(path)
    facts = {
        **settings,
        "n_values": [sum(len(k) for k in stage.keys) for stage in (first, second)],
        "n_known_words": len(vocabulary.words),
    }
    (out_dir / "attributions.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return path
