import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.compare import compare_outlets
from analysis.keyness import compare_keyness, log_odds_dirichlet
from analysis.resampling import control_false_discoveries, estimate_measures


def counts_of(per_outlet, *, seed=0, sentences=30, measure="hedge_per_1k"):
    """Made counts: each outlet's rate per word, words per sentence drawn."""
    rng = np.random.default_rng(seed)
    rows, articles = [], []
    for outlet, rate in per_outlet.items():
        articles.append((f"{outlet}-1", outlet))
        for s in range(sentences):
            words = int(rng.integers(8, 30))
            rows.append((f"{outlet}-1", s, "narrator", measure, rng.binomial(words, rate), words))
    return (
        pd.DataFrame(rows, columns=["article_id", "sentence_id", "voice", "measure", "num", "den"]),
        pd.DataFrame(articles, columns=["article_id", "outlet"]),
    )


def test_value_is_the_ratio_of_sums_and_lies_in_its_interval():
    counts, articles = counts_of({"A": 0.05})
    row = estimate_measures(counts, articles=articles).iloc[0]
    assert row["value"] == pytest.approx(1000 * counts["num"].sum() / counts["den"].sum())
    assert row["lo"] < row["value"] < row["hi"] and row["n"] == 30


def test_too_little_text_has_no_interval_and_no_verdict():
    counts, articles = counts_of({"A": 0.9, "B": 0.01}, sentences=4)
    assert estimate_measures(counts, articles=articles)[["lo", "hi"]].isna().all().all()
    table = compare_outlets(counts, articles=articles)
    assert set(table["verdict"]) == {"too little text"} and table["q"].isna().all()


def test_a_large_difference_is_found_and_signed():
    counts, articles = counts_of({"A": 0.20, "B": 0.02, "C": 0.02})
    table = compare_outlets(counts, articles=articles).set_index("outlet")
    assert table.loc["A", "verdict"] == "beyond chance" and table.loc["A", "difference"] > 0
    assert table.loc["A", "lo"] > 0


def test_a_zero_on_one_side_is_not_certain():
    rows = [("A-1", s, "narrator", "hedge_per_1k", 0, 15) for s in range(10)] + [
        ("B-1", s, "narrator", "hedge_per_1k", int(s == 3), 15) for s in range(10)
    ]
    counts = pd.DataFrame(rows, columns=["article_id", "sentence_id", "voice", "measure", "num", "den"])
    articles = pd.DataFrame({"article_id": ["A-1", "B-1"], "outlet": ["A", "B"]})
    assert set(compare_outlets(counts, articles=articles)["verdict"]) == {"within chance"}


def test_few_false_alarms_where_nothing_differs():
    alarms = 0
    for seed in range(60):
        counts, articles = counts_of({"A": 0.03, "B": 0.03, "C": 0.03}, seed=seed, sentences=15)
        alarms += (compare_outlets(counts, articles=articles, resamples=100)["verdict"] == "beyond chance").any()
    assert alarms <= 7  # 5 % of 60 and its binomial error


def test_one_outlet_has_no_rest():
    counts, articles = counts_of({"A": 0.05})
    assert compare_outlets(counts, articles=articles).empty


def test_same_counts_same_numbers():
    counts, articles = counts_of({"A": 0.05, "B": 0.03})
    pd.testing.assert_frame_equal(
        compare_outlets(counts, articles=articles), compare_outlets(counts.copy(), articles=articles)
    )


def test_log_odds_against_a_plain_computation():
    """Monroe, Colaresi & Quinn 2008, equations 16 and 22, written out word by word."""
    target, reference, prior = np.array([10, 0, 5, 85]), np.array([2, 3, 5, 90]), np.array([6.0, 1.5, 5.0, 87.5])
    log_odds, z = log_odds_dirichlet(target, reference, prior=prior)
    for w in range(4):
        a, b = target[w] + prior[w], reference[w] + prior[w]
        wanted = np.log(a / (100 + 100 - a)) - np.log(b / (100 + 100 - b))
        assert log_odds[w] == pytest.approx(wanted, abs=1e-12)
        assert z[w] == pytest.approx(wanted / np.sqrt(1 / a + 1 / b), abs=1e-12)
    assert z[0] > 0 > z[1]


def test_keyness_counts_and_sign():
    words = ["bloc"] * 12 + ["talks"] * 600 + ["alliance"] * 1
    others = ["bloc"] * 1 + ["talks"] * 600 + ["alliance"] * 12
    tokens = pd.DataFrame(
        {
            "article_id": ["a"] * len(words) + ["b"] * len(others),
            "sentence_id": [k // 20 for k in range(len(words))] + [k // 20 for k in range(len(others))],
            "norm": words + others,
            "is_word": True,
            "voice": "narrator",
        }
    )
    key = compare_keyness(tokens, articles=pd.DataFrame({"article_id": ["a", "b"], "outlet": ["A", "B"]}))
    row = key[(key["outlet"] == "A") & (key["term"] == "bloc")].iloc[0]
    assert (row["n_target"], row["n_reference"]) == (12, 1) and row["z"] > 2
    assert key[(key["outlet"] == "A") & (key["term"] == "alliance")].iloc[0]["z"] < -2
    assert abs(key[(key["outlet"] == "A") & (key["term"] == "talks")].iloc[0]["z"]) < 0.5


@given(st.lists(st.floats(0, 1), max_size=30))
def test_q_values_are_those_of_scipy(p):
    expected = stats.false_discovery_control(p) if p else np.array([])
    assert control_false_discoveries(np.array(p, dtype=float)) == pytest.approx(expected, rel=1e-12)
