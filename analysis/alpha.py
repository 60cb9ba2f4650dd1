"""Krippendorff's alpha for codes and for marked stretches, percent agreement, and intervals from resampled units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Span = tuple[int, int, str]  # start, end, label
LEVELS = ("nominal", "ordinal", "interval", "ratio")
DRAWS = 1_000


class Continuum(NamedTuple):
    """One text that coders marked: its length in characters, and the spans of each coder who coded it."""

    length: int
    spans: Mapping[str, Sequence[Span]]


class Agreement(NamedTuple):
    """A coefficient with its 95 % interval, the share of agreeing pairs, and what it rests on."""

    alpha: float
    lo: float
    hi: float
    percent: float
    n_units: int
    n_pairs: float


# ---------------------------------------------------------------- codes


def krippendorff_alpha(values: Any, *, level: str = "nominal") -> float:
    """Return Krippendorff's alpha of a table of codes.

    Parameters
    ----------
    values : array-like or DataFrame, shape (coders, units)
        One row per coder, one column per unit; None and NaN are missing and count for nothing. Numbers where the level
        is not nominal.
    level : str
        nominal, ordinal, interval or ratio: how far apart two codes are.

    Returns
    -------
    float
        1 - observed / expected disagreement; NaN where no two coders coded a unit or no code varies.

    Raises
    ------
    ValueError
        An unknown level.

    Notes
    -----
    Hayes & Krippendorff (2007), Communication Methods and Measures 1(1), 77-89; Krippendorff (2011), Computing
    Krippendorff's alpha-reliability.
    """
    counts, domain = _count_values(values, level)
    return _alpha_of_codes(counts, np.ones(len(counts)), domain, level)


def percent_agreement(values: Any) -> float:
    """Return the share (0-1) of pairs of codes of one unit that are the same; missing codes make no pair.

    Parameters
    ----------
    values : array-like or DataFrame, shape (coders, units)
        As in `krippendorff_alpha`.
    """
    counts, _ = _count_values(values, "nominal")
    pairs = _pairs(counts.sum(axis=1)).sum()
    return float(_pairs(counts).sum() / pairs) if pairs else float("nan")


def resample_alpha(values: Any, *, level: str = "nominal", draws: int = DRAWS, seed: int = 0) -> Agreement:
    """Return alpha with its 95 % interval from resampling the units (percentile bootstrap).

    Parameters
    ----------
    values, level
        As in `krippendorff_alpha`.
    draws : int
        Bootstrap draws; those in which no code varies are left out.
    seed : int
        Of the random numbers.

    Returns
    -------
    Agreement
        ``n_units`` counts the units with two codes or more, ``n_pairs`` their pairs of codes.
    """
    counts, domain = _count_values(values, level)

    def alpha(weights: Floats) -> float:
        return _alpha_of_codes(counts, weights, domain, level)

    pairs = float(_pairs(counts.sum(axis=1)).sum())
    lo, hi = _bootstrap(alpha, len(counts), draws, seed)
    return Agreement(alpha(np.ones(len(counts))), lo, hi, percent_agreement(values), len(counts), pairs)


def _count_values(values: Any, level: str) -> tuple[Floats, Floats]:
    """Return how often each unit got each value (units with two codes or more), and the values in order."""
    if level not in LEVELS:
        raise ValueError(f"there is no level {level!r}; these are {', '.join(LEVELS)}")
    table = pd.DataFrame(values, dtype=object)
    known = table.notna().to_numpy(dtype=bool)
    flat = table.to_numpy(dtype=object)[known]
    codes, domain = pd.factorize(flat if level == "nominal" else flat.astype(float), sort=level != "nominal")
    counts = np.zeros((table.shape[1], len(domain)))
    np.add.at(counts, (np.nonzero(known)[1], codes), 1)
    numbers = np.arange(len(domain)) if level == "nominal" else np.asarray(domain)
    return counts[counts.sum(axis=1) >= 2], numbers.astype(float)


def _pairs(n: Floats) -> Floats:
    return n * (n - 1) / 2


def _alpha_of_codes(counts: Floats, weights: Floats, domain: Floats, level: str) -> float:
    if not len(counts):
        return float("nan")
    share = weights / (counts.sum(axis=1) - 1)
    observed = (counts * share[:, None]).T @ counts
    observed[np.diag_indices(len(domain))] -= share @ counts
    n = observed.sum(axis=1)
    total = n.sum()
    expected = np.outer(n, n) / (total - 1)  # what stands on the diagonal has no distance
    distance = _distances(domain, n, level)
    apart = (expected * distance).sum()
    return float(1 - (observed * distance).sum() / apart) if apart > 0 else float("nan")


def _distances(domain: Floats, n: Floats, level: str) -> Floats:
    """Return the squared difference of every two values (Krippendorff 2011, step D)."""
    if level == "nominal":
        return 1.0 - np.eye(len(domain))
    if level == "ordinal":
        middle = np.cumsum(n) - n / 2  # the sum of n between two values, half of each end
        return (middle[:, None] - middle[None, :]) ** 2
    apart = domain[:, None] - domain[None, :]
    if level == "ratio":
        both = domain[:, None] + domain[None, :]
        return np.divide(apart, both, out=np.zeros_like(apart), where=both != 0) ** 2
    return apart**2


def _bootstrap(figure: Any, n: int, draws: int, seed: int) -> tuple[float, float]:
    if n < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    found = [figure(np.bincount(rng.integers(n, size=n), minlength=n).astype(float)) for _ in range(draws)]
    known = [f for f in found if f == f]
    if len(known) < draws / 2:
        return float("nan"), float("nan")
    lo, hi = np.percentile(known, [2.5, 97.5])
    return float(lo), float(hi)


# ---------------------------------------------------------------- stretches


def unitizing_alpha(continua: Sequence[Continuum]) -> float:
    """Return the alpha of marked stretches, boundaries and labels together (uα for nominal labels).

    Parameters
    ----------
    continua : sequence of Continuum
        Texts with the spans of each coder who coded them: half-open character offsets and a label. A coder who is not
        named did not code the text; one with no spans found nothing in it. Of two spans of one coder that overlap the
        one that begins first keeps what they share. With one label for all spans this is the binary form (|uα), which
        asks where the stretches are.

    Returns
    -------
    float
        NaN where no two coders coded a text or nothing is marked.

    Notes
    -----
    Krippendorff, Mathet, Bouvry & Widlöcher (2016), Quality & Quantity 50, 2347-2364, as in Krippendorff (2019),
    Content Analysis, section 12.6: coincidences are lengths of intersections, and the expectation leaves out the pairing
    of a stretch with itself, gaps counting as single characters. (Not αu of 1995 and 2004, which has no share of labels.)
    Texts are laid end to end; a stretch never goes over the end of its text.
    """
    observed, own = _count_coincidences(continua)
    return _alpha_of_stretches(observed, own, np.ones(len(observed)))


def resample_unitizing_alpha(continua: Sequence[Continuum], *, draws: int = DRAWS, seed: int = 0) -> Agreement:
    """Return `unitizing_alpha` with its 95 % interval from resampling the texts.

    Returns
    -------
    Agreement
        ``percent`` is the share of characters for which two coders give the same label or both none, over all pairs of
        coders; ``n_pairs`` is the number of characters paired.
    """
    observed, own = _count_coincidences(continua)

    def alpha(weights: Floats) -> float:
        return _alpha_of_stretches(observed, own, weights)

    kept = [c for c in continua if len(c.spans) >= 2 and c.length]
    weights = np.array([(len(c.spans) - 1) / 2 for c in kept])  # back from coincidences to pairs
    pairs = float((observed.sum(axis=(1, 2)) * weights).sum()) if kept else 0.0
    alike = float((np.trace(observed, axis1=1, axis2=2) * weights).sum()) if kept else 0.0
    lo, hi = _bootstrap(alpha, len(observed), draws, seed)
    return Agreement(
        alpha(np.ones(len(observed))), lo, hi, alike / pairs if pairs else float("nan"), len(observed), pairs
    )


def flatten_spans(spans: Sequence[Span], *, length: int) -> list[Span]:
    """Return a coder's spans in order and without overlap, within a text of ``length`` characters."""
    found: list[Span] = []
    reached = 0
    for start, end, label in sorted(spans, key=lambda s: (s[0], -s[1], s[2])):
        start, end = max(start, reached, 0), min(end, length)
        if start < end:
            found.append((start, end, label))
            reached = end
    return found


def _count_coincidences(continua: Sequence[Continuum]) -> tuple[Floats, Floats]:
    """Return for each text coded twice: lengths by label × label, and what its stretches would pair with themselves."""
    kept = [c for c in continua if len(c.spans) >= 2 and c.length]
    labels = sorted({label for c in kept for spans in c.spans.values() for _, _, label in spans})
    number = {label: i for i, label in enumerate(labels, start=1)}  # 0: not marked
    size = len(labels) + 1
    observed, own = np.zeros((len(kept), size, size)), np.zeros((len(kept), size))
    for u, c in enumerate(kept):
        rows = np.zeros((len(c.spans), c.length), dtype=np.int64)
        for row, coder in zip(rows, sorted(c.spans), strict=True):
            for start, end, label in flatten_spans(c.spans[coder], length=c.length):
                row[start:end] = number[label]
                own[u, number[label]] += (end - start) ** 2
            own[u, 0] += (row == 0).sum()
        for i in range(len(rows)):
            for j in range(len(rows)):
                if i != j:
                    observed[u] += np.bincount(rows[i] * size + rows[j], minlength=size * size).reshape(size, size)
        observed[u] /= len(rows) - 1
    return observed, own


def _alpha_of_stretches(observed: Floats, own: Floats, weights: Floats) -> float:
    if not len(observed):
        return float("nan")
    lengths = np.tensordot(weights, observed, axes=1)
    itself = weights @ own
    marginal = lengths.sum(axis=1)
    total = marginal.sum()
    room = total - itself.sum() / total
    apart = (total**2 - (marginal**2).sum()) / room if room > 0 else 0.0
    return float(1 - (total - np.trace(lengths)) / apart) if apart > 0 else float("nan")
