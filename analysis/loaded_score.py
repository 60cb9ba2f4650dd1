"""Agreement of loaded wording with coders: marked words found, loaded sentences ranked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.metrics import roc_auc_score

from analysis.loaded_coding import Coded

FIGURES = {
    "words": "loaded words, F1",
    "auc": "loaded sentence, AUC",
    "within": "the same within an outlet, mean AUC",
}
_RESAMPLES = 500
_ENOUGH = 15  # loaded and other sentences of an outlet

Figure = tuple[float, float, float]


def measure_labels(
    coded: Coded,
    *,
    answer: np.ndarray,
    score: np.ndarray,
    chosen: np.ndarray | None = None,
    outlet: np.ndarray | None = None,
) -> dict[str, Figure]:
    """Hold answers against coded sentences.

    Parameters
    ----------
    coded : Coded
        As `code_words` returns.
    answer : bool array, one per token
        Words taken for loaded.
    score : float array, one per sentence
        Higher is more likely loaded.
    chosen : bool array, one per sentence, optional
        The sentences looked at; all where left out.
    outlet : array, one per sentence, optional
        For the AUC within outlets that have 15 sentences of both kinds; it is never seen by the model.

    Returns
    -------
    dict of str to (value, lower, upper)
        words (F1 over tokens of our own), auc and, with ``outlet``, within; 95 % interval over resampled groups.
    """
    n = coded.words.n_units
    use = np.flatnonzero(np.ones(n, bool) if chosen is None else chosen)
    unit, marked = coded.words.unit, coded.marked.astype(bool)
    counts = np.column_stack(
        [np.bincount(unit, m, minlength=n) for m in (marked & answer, answer, marked)]
    )  # found rightly, found, marked
    y = coded.loaded

    def words(at: np.ndarray) -> float:
        right, found, wanted = counts[at].sum(axis=0)
        return 2 * right / max(found + wanted, 1)

    def within(at: np.ndarray) -> float:
        values = []
        for name in np.unique(outlet[at]):  # type: ignore[index]
            part = at[outlet[at] == name]  # type: ignore[index]
            if min(y[part].sum(), len(part) - y[part].sum()) >= _ENOUGH:
                values.append(roc_auc_score(y[part], score[part]))
        return float(np.mean(values)) if values else float("nan")

    figures: dict[str, Callable[[np.ndarray], float]] = {"words": words, "auc": lambda at: _auc(y[at], score[at])}
    if outlet is not None:
        figures["within"] = within
    return {name: _resample(of, use, coded.group) for name, of in figures.items()}


def _auc(y: np.ndarray, score: np.ndarray) -> float:
    return float(roc_auc_score(y, score)) if 0 < y.sum() < len(y) else float("nan")


def _resample(of: Callable[[np.ndarray], float], use: np.ndarray, group: np.ndarray) -> Figure:
    order = use[np.argsort(group[use], kind="stable")]
    parts = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    rng = np.random.default_rng(0)
    drawn = [of(np.concatenate([parts[i] for i in rng.integers(0, len(parts), len(parts))])) for _ in range(_RESAMPLES)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return of(use), float(low), float(high)
