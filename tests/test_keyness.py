"""Keyness and the sides of a comparison: bursts and shared texts must not look like differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.compare import compare_outlets
from analysis.contrasts import REST, list_contrasts
from analysis.keyness import compare_keyness


def tokens_of(texts: dict[str, list[str]]) -> pd.DataFrame:
    """Return tokens of article → sentences."""
    rows = [
        (a, k, w, True, "narrator")
        for a, sentences in texts.items()
        for k, s in enumerate(sentences)
        for w in s.split()
    ]
    return pd.DataFrame(rows, columns=["article_id", "sentence_id", "norm", "is_word", "voice"])


def articles_of(outlets: dict[str, str], shared: dict[str, str] | None = None) -> pd.DataFrame:
    table = pd.DataFrame(list(outlets.items()), columns=["article_id", "outlet"])
    return table.assign(shared_source_with=[(shared or {}).get(a, "") for a in table["article_id"]])


def drawn(seed: int, *, bursts: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return three outlets that draw from one distribution; with bursts, a word of an article tends to come again."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(3, 63)
    share /= share.sum()
    texts, outlets = {}, {}
    for o in "ABC":
        for k in range(6):
            own = rng.dirichlet(share * 30) if bursts else share
            outlets[f"{o}{k}"] = o
            texts[f"{o}{k}"] = [
                " ".join(f"w{chr(97 + w % 26)}{w}" for w in rng.choice(60, size=15, p=own)) for _ in range(12)
            ]
    return tokens_of(texts), articles_of(outlets)


@pytest.mark.parametrize("bursts", [False, True])
def test_few_words_differ_beyond_chance_where_nothing_does(bursts):
    shown = alarms = 0
    for seed in range(40):
        tokens, articles = drawn(seed, bursts=bursts)
        key = compare_keyness(tokens, articles=articles)
        shown += len(key)
        alarms += int((key["q"] <= 0.05).sum())
    assert shown > 4000
    assert alarms / shown <= 0.01


def test_tokens_taken_as_independent_would_alarm_where_words_come_in_bursts():
    tokens, articles = drawn(1, bursts=True)
    key = compare_keyness(tokens, articles=articles)
    assert (key["z"].abs() > 1.96).mean() > 0.2  # what the published z says of a corpus without any difference


def test_a_word_of_all_articles_of_one_outlet_is_found():
    texts = {
        f"{o}{k}": ["the talks went on for days"] * 4 + (["bloc again"] if o == "A" else ["talks again"])
        for o in "AB"
        for k in range(6)
    }
    key = compare_keyness(tokens_of(texts), articles=articles_of({a: a[0] for a in texts})).set_index(
        ["outlet", "term"]
    )
    row = key.loc[("A", "bloc")]
    assert row["q"] < 0.05
    assert row["z"] > 0
    assert (row["n_articles"], row["dispersion"]) == (6, pytest.approx(0, abs=1e-9))


def test_dispersion_is_the_published_example():
    # Gries 2008: parts of 9, 10, 10, 10 and 11 words hold the word 1 to 5 times: DP = .18
    texts = {
        f"A{k}": [" ".join(["a"] * k + ["x"] * (n - k))] for k, n in zip(range(1, 6), (9, 10, 10, 10, 11), strict=True)
    }
    texts["B1"] = ["x y z"]
    key = compare_keyness(tokens_of(texts), articles=articles_of({a: a[0] for a in texts})).set_index(
        ["outlet", "term"]
    )
    assert key.loc[("A", "a"), "dispersion"] == pytest.approx(0.18 / (1 - 0.18))


def test_one_article_has_no_dispersion():
    key = compare_keyness(
        tokens_of({"a": ["x y"], "b": ["x z"]}), articles=articles_of({"a": "A", "b": "B"}), min_count=1
    )
    assert key["dispersion"].isna().all()


def test_a_chosen_reference_takes_the_place_of_the_rest():
    articles = articles_of({"a": "A", "b": "B", "c": "C"})
    assert [(c.outlet, c.reference, set(c.rest)) for c in list_contrasts(articles, reference="B")] == [
        ("A", "B", {"b"}),
        ("C", "B", {"b"}),
    ]
    assert [(c.outlet, c.reference) for c in list_contrasts(articles)] == [("A", REST), ("B", REST), ("C", REST)]
    assert list_contrasts(articles, reference="nobody") == []
    assert list_contrasts(articles.iloc[:1]) == []


def test_articles_of_one_side_that_rework_one_text_count_as_one():
    articles = articles_of({"a": "A", "b": "B", "c": "C", "d": "C"}, {"b": "c; d", "c": "b; d", "d": "b; c"})
    of_a = list_contrasts(articles)[0]
    assert of_a.target == {"a": 1}
    assert of_a.rest == {k: pytest.approx(1 / 3) for k in "bcd"}
    of_b = list_contrasts(articles)[1]
    assert of_b.target == {"b": 1}  # across the sides the report says so instead
    assert of_b.rest == {"a": 1, "c": 0.5, "d": 0.5}


def test_a_copied_article_does_not_move_the_rest():
    rows = [(a, s, "narrator", "hedge_per_1k", n, 20) for a, n in (("a", 1), ("b", 4), ("c", 0)) for s in range(6)]
    counts = pd.DataFrame(rows, columns=["article_id", "sentence_id", "voice", "measure", "num", "den"])
    copies = pd.concat([counts, counts[counts["article_id"] == "b"].assign(article_id="d")])
    outlets = {"a": "A", "b": "B", "c": "C", "d": "D"}
    alone = compare_outlets(counts, articles=articles_of({k: outlets[k] for k in "abc"}), resamples=50)
    twice = compare_outlets(copies, articles=articles_of(outlets, {"b": "d", "d": "b"}), resamples=50)
    value = [t.set_index("outlet").loc["A", "rest"] for t in (alone, twice)]
    assert value[0] == pytest.approx(value[1])
