"""The shelf: what is put on it comes back as it was, whatever is asked for."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from test_recaps import FIRE, FIRE_TOO, VOTE, VOTE_TOO

from analysis.pipeline import Options, analyse
from analysis.shelf import Shelf, batched

WORDS = st.one_of(st.text(max_size=8), st.sampled_from(["NA", "", "\ud800", "“Nein,”", "a\nb\x00c", None]))
ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), WORDS, st.integers(-(2**62), 2**62), st.floats(allow_nan=False), st.booleans())
)


def table_of(rows: list[tuple]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["article_id", "text", "n", "x", "yes"])
    kinds = {"article_id": "str", "text": "str", "n": "int64", "x": "float64", "yes": "bool"}
    return table.astype(kinds)


def test_what_was_never_put_there_is_not_there():
    with Shelf() as shelf:
        shelf.add({"t": table_of([("a", "x", 1, 0.5, True)])})
        assert shelf.take_one("t", ["b"]).empty and list(shelf.take_one("t", ["b"]).columns) == list(
            table_of([]).columns
        )
        assert shelf.take_one("other", ["a"]).empty


@given(st.lists(ROWS, min_size=1, max_size=4), st.permutations("abc"))
def test_rows_come_back_in_the_order_asked_for(parts, order):
    tables = [table_of(rows) for rows in parts]
    whole = pd.concat(tables, ignore_index=True)
    wanted = pd.concat([whole[whole["article_id"] == k] for k in order], ignore_index=True)
    with Shelf() as shelf:
        for t in tables:
            shelf.add({"t": t})
        found = shelf.take_one("t", order)
    pd.testing.assert_frame_equal(found, wanted)


def test_words_that_return_are_kept_as_numbers_and_come_back_as_words():
    table = pd.DataFrame({"article_id": np.repeat(["a", "b"], 500), "voice": ["narrator", "quoted"] * 500})
    table = table.astype("str")
    with Shelf() as shelf:
        shelf.add({"t": table})
        pd.testing.assert_frame_equal(
            shelf.take_one("t", ["b", "a"]), pd.concat([table[500:], table[:500]], ignore_index=True)
        )


def test_a_shelf_leaves_no_file(tmp_path):
    with Shelf(tmp_path) as shelf:
        shelf.add({"t": table_of([("a", "x", 1, 0.5, True)])})
        assert list(tmp_path.iterdir()) == []


def test_batches():
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]] and list(batched([], 2)) == []


def make_small(monkeypatch, size):
    """Make everything that bounds memory so small that no stage has more than ``size`` articles at a time."""
    for name in ("across.CHUNK", "read.CHUNK", "read._LEAST", "blocks._ARTICLES", "dealt._PER_PART", "recaps._CHUNK"):
        monkeypatch.setattr(f"analysis.{name}", size)
    monkeypatch.setattr("analysis.events._CHUNK", size)
    monkeypatch.setattr("analysis.events._KEPT", 1)


def compare_runs(found, wanted):
    assert found.record() == wanted.record() and found.texts == wanted.texts
    for name, table in wanted.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], table, check_exact=False, rtol=1e-11, obj=name)


@pytest.mark.parametrize("size", [1, 2])
def test_the_sizes_of_chunks_blocks_and_parts_leave_no_trace(seeds, monkeypatch, size):
    make_small(monkeypatch, size)
    compare_runs(analyse(ROOT / "seeds", options=Options()), seeds)


def test_an_article_that_looks_back_is_read_with_both_occasions_wherever_they_are_cut(corpus, monkeypatch):
    """The occasion looked back to is in another block; a name that it confirms is cited from there."""
    back = (
        VOTE
        + "\n\nLast week "
        + FIRE_TOO[0].lower()
        + FIRE_TOO[1:].replace("Ada Holm", "Ada Holm, of the Soviet fleet,")
    )
    told = [
        ("a", "2024-05-01", FIRE),
        ("b", "2024-05-01", FIRE_TOO),
        ("c", "2024-05-08", back),
        ("d", "2024-05-08", VOTE_TOO),
    ]
    rows = [{"id": i, "outlet": f"O{i}", "date": day, "text": text} for i, day, text in told]
    place = corpus({"c.jsonl": "".join(json.dumps(r) + "\n" for r in rows)}) / "c.jsonl"
    whole = analyse(place)
    articles = whole.tables["articles"].set_index("article_id")
    assert articles["looks_back_to"].to_dict() == {"a": "", "b": "", "c": "e1", "d": ""}
    assert set(whole.tables["renderings"].query("article_id == 'c' and sentence_id >= 0")["statement_id"].map(
        whole.tables["statements"].set_index("statement_id")["event_id"]
    )) == {"e1", "e2"}  # fmt: skip
    make_small(monkeypatch, 1)
    compare_runs(analyse(place), whole)
