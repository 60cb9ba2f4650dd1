import numpy as np
import pandas as pd
from conftest import table_of
from hypothesis import given
from hypothesis import strategies as st

from analysis.attribute import find_attributions
from analysis.voices import VOICES, cover, split_voices

TEXT = "Minister “will fight”\nThe talks failed. “We will not go,” Maria Hale said. Hale said that the plan was dead. The so-called rescue went on."


def voices(text, title=False):
    articles, sentences, tokens = table_of(text, title=title)
    said = find_attributions(articles, sentences=sentences, tokens=tokens, models=None)
    return split_voices(tokens, articles=articles, sentences=sentences, attributions=said)


def test_each_voice():
    tokens = voices(TEXT, title=True)
    words = tokens[tokens["is_word"]].groupby("voice", sort=False)["norm"].agg(" ".join)
    assert words["headline"] == "minister will fight"
    assert words["quoted"] == "we will not go"
    assert words["reported"].endswith("the plan was dead")
    assert words["narrator"].startswith("the talks failed") and "rescue went on" in words["narrator"]


def test_without_attributions_all_is_the_narrator():
    tokens = voices("The talks failed. The rescue went on.")
    assert set(tokens["voice"]) == {"narrator"}


@given(st.text(alphabet=st.sampled_from('ab .“”"\n,said'), max_size=150))
def test_voices_are_a_partition(text):
    tokens = voices(text)
    assert tokens["voice"].isin(VOICES).all()


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=6))
def test_cover_equals_a_plain_loop(spans):
    start = np.arange(0, 40, 2)
    end = start + 1
    wanted = np.array([(s, s + n) for s, n in spans], dtype="int64").reshape(-1, 2)
    plain = [any(a <= s and e <= b for a, b in wanted) for s, e in zip(start, end, strict=True)]
    assert cover(start, end, wanted).tolist() == plain


def test_empty():
    assert cover(np.array([], dtype=int), np.array([], dtype=int), np.empty((0, 2), dtype=int)).tolist() == []
    assert isinstance(voices(""), pd.DataFrame)
