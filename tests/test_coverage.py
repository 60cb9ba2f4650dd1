"""What each outlet covers and how closely it quotes: what must not be claimed first."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.coverage import MEASURES, count_coverage, measure_coverage
from analysis.quote_fidelity import RETYPED, list_outcomes, measure_fidelity, wilson


def world(given: dict[str, list[str]], *, events: int = 1):
    """Return tables in which each event has one statement per entry of ``given``: outlet → renderings."""
    outlets = sorted(given)
    articles = pd.DataFrame(
        [(f"{o}{e}", o, f"e{e}", 100 * (1 + k)) for e in range(events) for k, o in enumerate(outlets)],
        columns=["article_id", "outlet", "event_id", "n_tokens"],
    )
    n = len(given[outlets[0]])
    statements = pd.DataFrame(
        [(f"s{e}.{k}", f"e{e}", "sure") for e in range(events) for k in range(n)],
        columns=["statement_id", "event_id", "match"],
    )
    renderings = pd.DataFrame(
        [
            (f"s{e}.{k}", f"{o}{e}", o, given[o][k], "" if given[o][k] in ("narrated", "omitted") else f"{o} Hale")
            for e in range(events)
            for k in range(n)
            for o in outlets
        ],
        columns=["statement_id", "article_id", "outlet", "rendering", "credit"],
    )
    return articles, statements, renderings


def measure(*tables):
    articles, statements, renderings = tables
    counted = count_coverage(statements, renderings=renderings)
    found = measure_coverage(articles, counted=lambda outlets: counted[counted["outlet"].isin(outlets)])
    return found.set_index(["outlet", "measure"])


def test_two_outlets_cannot_say_what_either_leaves_out():
    found = measure(*world({"A": ["verbatim", "narrated"], "B": ["omitted", "narrated"]}))
    assert "statements_given_share" not in found.index.get_level_values("measure")


def test_an_outlet_with_one_occasion_shows_no_choice_of_occasions():
    found = measure(*world({o: ["narrated"] for o in "ABC"}))
    assert "occasions_covered_share" not in found.index.get_level_values("measure")


def test_too_few_units_have_no_interval():
    found = measure(*world({o: ["narrated"] * 2 for o in "ABC"}))
    assert found["lo"].isna().all()


def test_all_or_none_is_not_certainty():
    found = measure(*world({o: ["narrated"] * 6 for o in "ABC"}))
    row = found.loc[("A", "narrated_share")]
    assert row["value"] == 1
    assert 0.5 < row["lo"] < 0.9


def test_possible_statements_do_not_count():
    articles, statements, renderings = world({o: ["narrated"] * 2 for o in "ABC"})
    found = measure(articles, statements.assign(match="possible"), renderings)
    assert set(found.index.get_level_values("measure")) == {"space_ratio"}


def test_shares_count_what_was_given():
    found = measure(
        *world({"A": ["verbatim", "omitted"], "B": ["paraphrase", "narrated"], "C": ["trimmed", "narrated"]})
    )
    assert found.loc[("A", "statements_given_share"), "value"] == 0.5
    assert found.loc[("A", "quoted_share"), "value"] == 1
    assert found.loc[("B", "paraphrase_share"), "value"] == 0.5
    assert found.loc[("C", "narrated_share"), "value"] == 0.5
    assert found.loc[("A", "space_ratio"), "value"] == pytest.approx(100 / 250)
    assert found.loc[("A", "credited_alike_share"), "value"] == 1  # the surname is the same


def test_undecided_is_neither_given_nor_left_out():
    found = measure(*world({"A": ["undecided", "narrated"], "B": ["narrated"] * 2, "C": ["narrated"] * 2}))
    assert found.loc[("A", "statements_given_share"), "n"] == 1


def test_many_occasions_are_what_is_resampled():
    found = measure(*world({o: ["narrated", "verbatim"] for o in "ABC"}, events=6))
    assert set(found["over"]) == {"occasions"}
    assert found.loc[("A", "quoted_share"), "n"] == 12


def test_every_measure_has_a_unit_and_a_meaning():
    assert all(unit and how for unit, how in MEASURES.values())


def test_wilson_is_the_published_interval():
    # Newcombe 1998, table I, method 3: 81 of 263 and 0 of 20
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0, 1)


ARTICLES = pd.DataFrame([("a", "A"), ("b", "B"), ("c", "C")], columns=["article_id", "outlet"])
NO_TRANSCRIPT = pd.DataFrame(columns=["article_id", "start", "transcript", "kind"])


def edits(*rows):
    return pd.DataFrame(rows, columns=["statement_id", "article_a", "article_b", "kind"])


def fidelity(quote_edits, transcript_edits=NO_TRANSCRIPT):
    return measure_fidelity(list_outcomes(quote_edits, transcript_edits=transcript_edits), articles=ARTICLES)


def test_trims_and_marks_are_no_change_of_words():
    kinds = ["trimmed", "cosmetic", "verbatim", "cut_marked"] * 3
    found = fidelity(edits(*[(f"s{k}", "a", "b", kind) for k, kind in enumerate(kinds)]))
    assert set(found["hypothesis"]) == {""}
    assert found.set_index("article_id").loc["b", ["n_verbatim", "n_cut", "n_changed"]].tolist() == [6, 6, 0]


def test_three_changed_quotations_are_too_few_for_a_hypothesis():
    rows = [(f"s{k}", "a", "b", "modality") for k in range(3)]
    found = fidelity(edits(*rows))
    assert set(found["hypothesis"]) == {""}


def test_the_one_that_differs_from_both_others_is_named():
    rows = [r for k in range(5) for r in ((f"s{k}", "a", "b", "reworded"), (f"s{k}", "a", "c", "verbatim"))]
    found = fidelity(edits(*rows))
    assert dict(zip(found["article_id"], found["hypothesis"], strict=True)) == {"a": "", "b": RETYPED, "c": ""}


def test_against_a_transcript_each_quotation_counts_once():
    rows = pd.DataFrame(
        [("a", 10 * k, "t.txt", kind) for k in range(4) for kind in ("tense", "trimmed")],
        columns=["article_id", "start", "transcript", "kind"],
    )
    found = fidelity(edits(), rows)
    assert found[["n_compared", "n_changed", "hypothesis"]].to_numpy().tolist() == [[4, 4, RETYPED]]
