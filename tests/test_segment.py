import nupunkt
import pytest
from conftest import table_of
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.segment import TOKEN, find_sentences, split_paragraphs, straighten_breaks
from analysis.views import straighten


@pytest.mark.parametrize(
    "text",
    [
        "The U.S. said on Jan. 5 that J. Blinken met Mr. Lavrov.",
        "He arrived at 5 p.m. on Friday.",
        "The readiness of 8,500 U.S. service members was raised.",
        "Sen. Bob Corker, R-Tenn., declined.",
        "If forces move across the border… it will be met.",
    ],
)
def test_abbreviations_do_not_end_a_sentence(text):
    _, sentences, _ = table_of(text)
    assert sentences["text"].tolist() == [text]


def test_sentences_and_offsets():
    text = "Head line\nHe left. She stayed.\n\n“No,” he said. Then: nothing."
    _articles, sentences, _ = table_of(text, title=True)
    assert sentences["text"].tolist() == ["Head line", "He left.", "She stayed.", "“No,” he said.", "Then: nothing."]
    assert sentences["paragraph"].tolist() == [0, 1, 1, 2, 2]
    assert [text[s:e] for s, e in zip(sentences["start"], sentences["end"], strict=True)] == sentences["text"].tolist()


def test_a_line_broken_in_mid_sentence_is_joined():
    assert len(split_paragraphs("The president Joe Biden\nsaid he would go.", [])) == 1
    assert len(split_paragraphs("A heading\nThe president spoke.", [])) == 2
    assert len(split_paragraphs("He left.\nshe stayed.", [])) == 2


def test_hard_wrapped_text_is_one_paragraph_per_blank_line():
    line = "this line ends in the middle of a sentence and the\n"
    assert len(split_paragraphs(line * 8 + "last one.\n\nNext one here.", [])) == 2


def test_tokens():
    _, _, tokens = table_of("Russia’s 8,500 So\u200bviet S\u043eviet men don’t use F-16s in the U.S.")
    assert tokens.loc[tokens["is_word"], "norm"].tolist() == [
        "russia",
        "8,500",
        "soviet",
        "soviet",
        "men",
        "don't",
        "use",
        "f-16s",
        "in",
        "the",
        "u.s.",
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("aB .!?\n“”\"'’,-…0é\u200b\u00a0"), max_size=120))
def test_nothing_is_lost_and_spans_hold(text):
    _, sentences, tokens = table_of(text)
    for s in sentences.itertuples():
        assert text[s.start : s.end] == s.text
    assert (sentences["end"].to_numpy()[:-1] <= sentences["start"].to_numpy()[1:]).all()
    covered = {i for s, e in zip(tokens["start"], tokens["end"], strict=True) for i in range(s, e)}
    assert all(i in covered for i, c in enumerate(text) if c.isalnum())


MARKS = st.text(alphabet=st.sampled_from("aB3 .!?…\n“”\"'’)](,;:-—_*@0é\u200b\u00a0\u3000\x1c中"), max_size=120)


@settings(max_examples=300, deadline=None)
@given(MARKS.map(str.strip).filter(bool))
def test_a_paragraph_that_is_not_shown_to_the_splitter_is_one_sentence_to_it(paragraph):
    assert find_sentences(paragraph) == [tuple(s) for s in nupunkt.sent_spans(straighten_breaks(paragraph))]


@settings(max_examples=150, deadline=None)
@given(MARKS)
def test_tokens_begin_where_they_are_met(text):
    _, sentences, tokens = table_of(text)
    met = [
        m.span()
        for start, end in zip(sentences["start"], sentences["end"], strict=True)
        for m in TOKEN.finditer(straighten(text), start, end)
    ]
    assert list(zip(tokens["start"], tokens["end"], strict=True)) == met
