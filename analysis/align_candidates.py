"""Which sentences are alike enough to be looked at: all pairs above a cosine, exactly."""

from __future__ import annotations

import numpy as np
from scipy import sparse

_CHUNK = 1000  # rows multiplied at a time, to bound memory


def find_candidates(rows: sparse.csr_matrix, *, least: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find all pairs of rows whose cosine is at least so much.

    Parameters
    ----------
    rows : csr_matrix (n, words)
        Rows of length one; empty rows may stand among them.
    least : float
        The cosine, above 0.

    Returns
    -------
    (ndarray, ndarray, ndarray)
        i < j and their cosine, ordered by i, then j. None is missed: the products are computed, each pair once.

    Raises
    ------
    ValueError
        Where ``least`` is not above 0.
    """
    if least <= 0:
        raise ValueError("least has to be above 0")
    first, second, cosine = [], [], []
    for start in range(0, rows.shape[0], _CHUNK):
        part = rows[start : start + _CHUNK]
        product = part @ rows[start:].T.tocsr()
        keep = np.flatnonzero(product.data >= least)
        i = np.searchsorted(product.indptr, keep, side="right") - 1
        j = product.indices[keep]
        later = j > i
        order = np.lexsort((j[later], i[later]))
        first.append(i[later][order] + start)
        second.append(j[later][order] + start)
        cosine.append(product.data[keep][later][order])
    if not first:
        return np.zeros(0, int), np.zeros(0, int), np.zeros(0)
    return np.concatenate(first), np.concatenate(second), np.concatenate(cosine)
