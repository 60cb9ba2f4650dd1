"""A few turns of the fuzzer: every promise holds on mutated articles and tables (`bench/fuzz.py` turns for as long as asked)."""

import importlib.util
import random

import pandas as pd
import pytest
from conftest import PARAGRAPH, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.clean import strip_furniture
from analysis.options import Options
from analysis.read import read_chunk

spec = importlib.util.spec_from_file_location("fuzz", ROOT / "bench" / "fuzz.py")
fuzz = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz)


@pytest.mark.parametrize("n", range(1, 13))
def test_mutated_articles_and_tables(n, tmp_path):
    turn = random.Random(n)
    text = fuzz.mutate(turn, fuzz.load_seeds())
    fuzz.check_reading(text.encode("utf-8", "replace"))
    fuzz.check_table(turn, text, tmp_path)


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*fuzz.PIECES, *PARAGRAPH.split(), "Share this:", "Read More"]), max_size=60))
def test_cleaning_keeps_or_names_every_letter(pieces):
    text = " ".join(pieces)
    articles = pd.DataFrame([{"article_id": "a", "title": "", "date": "", "date_basis": "", "text": text}])
    fuzz.check_partition(text, *strip_furniture(articles))


def test_a_text_that_quotes_nobody_is_measured():
    loaded = fuzz.article_of(
        "The river rose by two metres on Friday and the old bridge near the harbour was closed to all traffic for the night."
    )
    found = read_chunk((loaded, Options()))
    assert found["attributions"].empty and len(found["counts"])
