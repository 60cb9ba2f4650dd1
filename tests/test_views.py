from hypothesis import given
from hypothesis import strategies as st

from analysis.views import bare, find_disguises, straighten


def test_plain_text_has_no_disguise():
    assert find_disguises("Russia’s “demands” – naïve café, €5.") == []
    assert find_disguises("Советский Союз распался.") == []  # a word wholly in its own script hides nothing


def test_disguises_are_named():
    assert find_disguises("S\u043eviet") == ["confusable-characters"]
    assert find_disguises("So\u200bviet") == ["invisible-characters"]
    assert find_disguises("\uff33oviet") == ["confusable-characters"]
    assert find_disguises("the â€œplanâ€\x9d") == ["mojibake"]


def test_straight_view():
    assert straighten("“doesn’t” — \u00a0ＡＢ S\u043eviet") == '"doesn\'t" -  AB Soviet'
    assert bare("So\u00advi\u200bet") == "Soviet"


@given(st.text())
def test_view_keeps_every_offset(text):
    assert len(straighten(text)) == len(text)
    assert straighten(straighten(text)) == straighten(text)
