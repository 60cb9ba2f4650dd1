"""Vectors of the company that words keep, from plain text: what valence toward a target knows of a word it did not learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from analysis.segment import find_tokens
from analysis.views import straighten

_DIMENSIONS = 48
_MIN_WORD = 6  # a word must stand this often in the plain text to get a vector
_CONTEXTS = 6000  # words whose company counts


def find_word_vectors(texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Describe words by the company they keep.

    Singular vectors of positive pointwise mutual information with smoothed contexts (Levy, Goldberg & Dagan 2015),
    five words to each side, near ones counting more, the two words behind apart from the others.

    Returns
    -------
    words : list of str
        Those that stand often enough, the most frequent first.
    vectors : (words, 48) float array
    """
    rows = []
    for text in texts:
        view = straighten(text)
        rows.append([norm[:40] for _, _, norm in find_tokens(view, 0, len(view))])
    counts = Counter(w for row in rows for w in row)
    words = sorted((w for w, n in counts.items() if n >= _MIN_WORD), key=lambda w: (-counts[w], w))
    number = {w: i for i, w in enumerate(words)}
    ids = np.concatenate([np.array([number.get(w, -1) for w in row] + [-1] * 5) for row in rows])
    n, contexts = len(words), min(_CONTEXTS, len(words))
    table = sparse.csr_matrix((n, 2 * contexts), dtype=np.float32)
    for step in range(1, 6):
        for word, near, shifted in ((ids[:-step], ids[step:], step <= 2), (ids[step:], ids[:-step], False)):
            good = (word >= 0) & (near >= 0) & (near < contexts)
            columns = near[good] + (contexts if shifted else 0)
            values = np.full(int(good.sum()), 1 / step, np.float32)
            table = table + sparse.coo_matrix((values, (word[good], columns)), shape=table.shape).tocsr()
    table = table.tocoo()
    rows_sum, columns_sum = np.bincount(table.row, table.data, n), np.bincount(table.col, table.data, 2 * contexts)
    smooth = columns_sum**0.75
    lift = np.log(table.data * smooth.sum() / rows_sum[table.row] / smooth[table.col])
    table = sparse.csr_matrix((np.maximum(lift, 0), (table.row, table.col)), shape=table.shape)
    svd = TruncatedSVD(min(150, n - 1), random_state=7, n_iter=4)
    vectors = svd.fit_transform(table) / np.sqrt(svd.singular_values_)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    vectors = vectors[:, :_DIMENSIONS]
    return words, (vectors / vectors.std() * 0.35).astype(np.float32)
