"""Krippendorff's alpha: published examples, cases worked by hand, missing data."""

import numpy as np
import pytest

from analysis.alpha import (
    Continuum,
    krippendorff_alpha,
    percent_agreement,
    resample_alpha,
    resample_unitizing_alpha,
    unitizing_alpha,
)

NA = None
EXAMPLE = [  # Krippendorff (2011), part C: four observers, twelve units, missing data
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NA, NA, NA],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NA, 3],
    [NA, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NA],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NA],
]


def test_what_cannot_be_said_is_not_a_number():
    for values in ([[], []], [[1, NA], [NA, 2]], [[1, 1], [1, 1]], [[1, 2, 3]]):
        assert np.isnan(krippendorff_alpha(values))
    assert np.isnan(percent_agreement([[1, NA], [NA, 1]]))
    assert np.isnan(unitizing_alpha([])) and np.isnan(unitizing_alpha([Continuum(5, {"a": [], "b": []})]))
    with pytest.raises(ValueError, match="no level"):
        krippendorff_alpha(EXAMPLE, level="circular")


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_the_published_example(level, published):
    assert krippendorff_alpha(EXAMPLE, level=level) == pytest.approx(published, abs=0.0005)


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.691), ("interval", 0.811), ("ordinal", 0.807)])
def test_the_example_of_three_coders(level, published):
    values = [
        [NA, NA, NA, NA, NA, 3, 4, 1, 2, 1, 1, 3, 3, NA, 3],
        [1, NA, 2, 1, 3, 3, 4, 3, NA, NA, NA, NA, NA, NA, NA],
        [NA, NA, 2, 1, 3, 4, 4, NA, 2, 1, 1, 3, 3, NA, 4],
    ]
    assert krippendorff_alpha(values, level=level) == pytest.approx(published, abs=0.0005)


def test_two_coders_and_two_values():
    """Krippendorff (2011), part A: ten units, 0 and 1."""
    values = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
    assert krippendorff_alpha(values) == pytest.approx(0.095, abs=0.0005)
    assert percent_agreement(values) == 0.6


def test_uncoded_is_not_disagreement():
    with_blank = [[*row, blank] for row, blank in zip(EXAMPLE, (4, NA, NA, NA), strict=True)]
    for level in ("nominal", "ordinal", "interval"):
        assert krippendorff_alpha(with_blank, level=level) == krippendorff_alpha(EXAMPLE, level=level)
    assert percent_agreement(with_blank) == percent_agreement(EXAMPLE)


def test_the_order_of_coders_and_units_and_the_names_of_codes_do_not_matter():
    turned = [[None if v is None else f"code {v}" for v in row[::-1]] for row in EXAMPLE[::-1]]
    assert krippendorff_alpha(turned) == pytest.approx(krippendorff_alpha(EXAMPLE), abs=1e-12)


def test_the_interval_holds_alpha_and_repeats():
    found = resample_alpha(EXAMPLE, draws=200)
    assert found == resample_alpha(EXAMPLE, draws=200)
    assert found.lo < found.alpha < found.hi <= 1 and found.n_units == 11
    assert resample_alpha([[1], [2]]).n_units == 1 and np.isnan(resample_alpha([[1], [2]]).lo)


def test_as_the_package_says_on_200_tables():
    package = pytest.importorskip("krippendorff", reason="the package krippendorff is not installed")
    rng = np.random.default_rng(1)
    compared = 0
    for _ in range(200):
        shape = rng.integers(2, 6), rng.integers(4, 20)
        table = rng.integers(1, rng.integers(3, 7), size=shape).astype(float)
        table[rng.random(shape) < rng.choice([0.0, 0.2, 0.5])] = np.nan
        pairable = table[:, (~np.isnan(table)).sum(axis=0) >= 2]
        if len(np.unique(pairable[~np.isnan(pairable)])) < 2:
            assert np.isnan(krippendorff_alpha(table))
            continue
        for level in ("nominal", "ordinal", "interval", "ratio"):
            theirs = package.alpha(reliability_data=table, level_of_measurement=level)
            assert krippendorff_alpha(table, level=level) == pytest.approx(theirs, abs=1e-9)
            compared += 1
    assert compared > 700


# ---------------------------------------------------------------- stretches


def test_stretches_worked_by_hand():
    """Ten characters, [2, 6) against [4, 8): observed 8, expected 2 · 8 · 12 / (20 - 44 / 20)."""
    half = [Continuum(10, {"a": [(2, 6, "x")], "b": [(4, 8, "x")]})]
    assert unitizing_alpha(half) == pytest.approx(1 - 8 * 17.8 / 192)
    # the same place, another label: observed 2 · 3; expected 2 · (3 · 3 + 3 · 14 + 3 · 14) / (20 - 32 / 20)
    label = [Continuum(10, {"a": [(2, 5, "x")], "b": [(2, 5, "y")]})]
    assert unitizing_alpha(label) == pytest.approx(1 - 6 * (20 - 32 / 20) / 186)
    assert unitizing_alpha([Continuum(10, {"a": [(2, 5, "x")], "b": [(2, 5, "x")]})]) == 1.0


def test_stretches_of_one_character_give_alpha_of_codes():
    """Where every stretch is one character long, nothing but codes is left: the published .743."""
    units = [
        Continuum(1, {str(i): [(0, 1, str(row[u]))] for i, row in enumerate(EXAMPLE) if row[u] is not None})
        for u in range(12)
    ]
    assert unitizing_alpha(units) == pytest.approx(0.743, abs=0.0005)
    assert resample_unitizing_alpha(units, draws=50).percent == pytest.approx(percent_agreement(EXAMPLE))


def test_a_text_that_one_coder_left_out_counts_for_nothing():
    done = Continuum(10, {"a": [(2, 6, "x")], "b": [(4, 8, "x")]})
    alone = Continuum(50, {"a": [(0, 50, "x")]})
    assert unitizing_alpha([done, alone]) == unitizing_alpha([done])
    empty = Continuum(50, {"a": [(0, 50, "x")], "b": []})
    assert unitizing_alpha([done, empty]) < unitizing_alpha([done])


def test_overlapping_spans_and_spans_beyond_the_text_are_cut():
    one = [Continuum(10, {"a": [(0, 4, "x"), (2, 6, "x"), (8, 99, "x")], "b": [(0, 6, "x"), (8, 10, "x")]})]
    assert unitizing_alpha(one) == 1.0
