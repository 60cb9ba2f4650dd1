"""Keyness and the sides of a comparison: bursts and shared texts must not look like differences."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.compare import compare_outlets
from analysis.contrasts import REST, each_contrast
from analysis.keyness import compare_keyness, rate_terms, settle_terms
from analysis.term_counts import count_terms, count_units


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
    assert [(c.outlet, c.reference, set(c.rest)) for c in each_contrast(articles, reference="B")] == [
        ("A", "B", {"b"}),
        ("C", "B", {"b"}),
    ]
    assert [(c.outlet, c.reference) for c in each_contrast(articles)] == [("A", REST), ("B", REST), ("C", REST)]
    assert list(each_contrast(articles, reference="nobody")) == []
    assert list(each_contrast(articles.iloc[:1])) == []


def test_articles_of_one_side_that_rework_one_text_count_as_one():
    articles = articles_of({"a": "A", "b": "B", "c": "C", "d": "C"}, {"b": "c; d", "c": "b; d", "d": "b; c"})
    of_a, of_b = list(each_contrast(articles))[:2]
    assert of_a.target == {"a": 1}
    assert of_a.rest == {k: pytest.approx(1 / 3) for k in "bcd"}
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


def test_terms_are_counted_by_sentence_without_headlines_and_numbers():
    tokens = tokens_of({"a": ["talks on", "talks talks again 7"], "b": ["bloc"]})
    tokens.loc[tokens["norm"].isin(["7"]), "is_word"] = True
    tokens.loc[tokens["sentence_id"].eq(0) & tokens["article_id"].eq("a"), "voice"] = "headline"
    counts = count_terms(tokens)
    assert counts.astype({"article_id": "str", "term": "str"}).to_numpy().tolist() == [
        ["a", 1, "again", 1],
        ["a", 1, "talks", 2],
        ["b", 0, "bloc", 1],
    ]
    assert count_units(counts).to_numpy().tolist() == [["a", 1, 3], ["b", 0, 1]]
    assert count_terms(tokens.iloc[:0]).empty


def settle(parts, units, **given):
    """All words of each outlet, whatever part they came in."""
    rated = {}
    for outlet, rows in rate_terms(parts, units, **given):
        rated.setdefault(outlet, []).append(rows)
    return pd.concat([settle_terms(pd.concat(t)) for t in rated.values()], ignore_index=True)


@pytest.mark.parametrize("reference", ["", "B"])
@pytest.mark.parametrize("by", ["article", "sentence", "both"])
def test_how_terms_are_dealt_to_parts_leaves_no_trace(by, reference):
    tokens, articles = drawn(3, bursts=True)
    # Less than five articles on one side: sentences are what is tested over, for C alone or for all.
    gone = {"article": [], "sentence": ["A", "B", "C"], "both": ["C"]}[by]
    articles = articles[~articles["article_id"].isin([f"{o}{k}" for o in gone for k in (3, 4, 5)])]
    shared = {a: "; ".join(sorted(t - {a})) for t in ({"A0", "A1", "B2"}, {"B0", "B1", "C1"}) for a in t}
    articles["shared_source_with"] = articles["article_id"].map(shared).fillna("")
    counts = count_terms(tokens)
    units = count_units(counts)
    whole = compare_keyness(tokens, articles=articles, reference=reference)
    assert len(whole) > 90
    for n in (1, 3, 7):
        parts = (
            counts[counts["term"].cat.codes % n == k].astype({"term": "str", "article_id": "str"}) for k in range(n)
        )
        dealt = settle(parts, units, articles=articles, reference=reference)
        pd.testing.assert_frame_equal(dealt, whole, check_exact=True)


def test_a_word_in_two_parts_is_an_error():
    counts = count_terms(tokens_of({"a": ["x y", "x y"], "b": ["x z", "x z"]}))
    units = count_units(counts)
    halves = [counts[counts["sentence_id"] == k] for k in (0, 1)]
    with pytest.raises(ValueError, match="two parts"):
        settle(halves, units, articles=articles_of({"a": "A", "b": "B"}), min_count=1)


@pytest.mark.parametrize("least", [3, 6])
def test_p_over_units_is_what_the_formula_says(least):
    """A plain reckoning, word by word, of what is done for all words at once; the shared text counts by weight."""
    tokens, articles = drawn(5, bursts=True)
    articles = articles[articles["article_id"].str[1].astype(int) < least].reset_index(drop=True)
    articles["shared_source_with"] = articles["article_id"].map({"B0": "B1", "B1": "B0"}).fillna("")
    key = compare_keyness(tokens, articles=articles)
    for outlet, found in key.groupby("outlet"):
        contrast = next(c for c in each_contrast(articles) if c.outlet == outlet)
        keys = ["article_id"] if least >= 5 else ["article_id", "sentence_id"]
        p = []
        for term in found["term"]:
            rates, sides = [], []
            for weights in (contrast.target, contrast.rest):
                mine = tokens[tokens["article_id"].isin(weights)]
                table = mine.assign(hit=mine["norm"] == term).groupby(keys)["hit"].agg(["sum", "size"])
                w = table.index.get_level_values(0).map(weights).to_numpy()
                sides.append((w * table["sum"].to_numpy(), w * table["size"].to_numpy()))
                rates.append(sides[-1][0].sum() / sides[-1][1].sum())
            pooled = sum(s[0].sum() for s in sides) / sum(s[1].sum() for s in sides)
            spread = sum(((h - pooled * n) ** 2).sum() / n.sum() ** 2 * len(n) / (len(n) - 1) for h, n in sides)
            freedom = sum(len(n) for _, n in sides) - 2
            p.append(2 * stats.t.sf(abs(rates[0] - rates[1]) / np.sqrt(spread), freedom))
        assert found["q"].to_numpy() == pytest.approx(stats.false_discovery_control(p), rel=1e-9)
