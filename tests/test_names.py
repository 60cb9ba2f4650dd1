"""Names in an article and what stands for them."""

import pytest

from analysis.names import Names, load_titles


def speaker(text, source, nth=0, before=()):
    sentences, at = [], 0
    for part in text.split("\n"):
        sentences.append((at, at + len(part)))
        at += len(part) + 1
    names = Names(text, sentences)
    for earlier in before:
        start = text.index(earlier)
        names.find_speaker(start, start + len(earlier))
    start = -1
    for _ in range(nth + 1):
        start = text.index(source, start + 1)
    return names.find_speaker(start, start + len(source))


@pytest.mark.parametrize("source", ["I", "we", "you", "who", "it"])
def test_pronouns_of_speaker_and_hearer_stand_for_nobody(source):
    assert speaker(f"Ann Lee came.\nThen {source} said so.", source) == []


def test_a_common_noun_is_not_given_a_name():
    assert speaker("Mary Robinson came.\nA French official said so.", "A French official") == ["French official"]


def test_he_is_not_a_woman():
    assert speaker("John Smith met Mary Jones.\nHe said no.", "He") == ["John Smith"]
    assert speaker("John Smith met Mary Jones.\nShe said no.", "She") == ["Mary Jones"]


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("Foreign Minister Sergei Lavrov came.\nLavrov said no.", "Lavrov said", ["Sergei Lavrov"]),
        ("Foreign Minister Sergei Lavrov came.\nMr. Lavrov said no.", "Mr. Lavrov", ["Sergei Lavrov"]),
        ("Foreign Minister Sergei Lavrov met the press.\nThe minister said no.", "The minister", ["Sergei Lavrov"]),
        ("Ann Lee and Bob Ray agreed.\nThey said so.", "They", ["Ann Lee", "Bob Ray"]),
        ("Ann Lee and Bob Ray agreed.\nBoth said so.", "Both", ["Ann Lee", "Bob Ray"]),
        ("Carl Lee and Bob Ray agreed.\nThe two men said so.", "The two men", ["Carl Lee", "Bob Ray"]),
        ("NATO and the US have said so.", "NATO and the US", ["NATO", "US"]),
        ("Yesterday Dmitry Kozak, the Kremlin’s envoy, spoke.", "Dmitry Kozak, the Kremlin’s envoy", ["Dmitry Kozak"]),
        ("US Secretary of State Antony Blinken said so.", "US Secretary of State Antony Blinken", ["Antony Blinken"]),
    ],
)
def test_resolves(text, source, expected):
    if source.endswith(" said"):
        source = source[:-5]
        assert speaker(text, source, nth=1) == expected
    else:
        assert speaker(text, source) == expected


def test_he_after_a_pair_is_the_last_of_them():
    text = "Ann Lee and Bob Ray spoke.\nLee and Ray said no.\nHe said more."
    assert speaker(text, "He", before=["Lee and Ray"]) == ["Bob Ray"]


def test_a_possessive_is_not_the_speaker():
    assert speaker("Bob Ray’s spokesman said so.", "Bob Ray’s spokesman") != ["Bob Ray"]


def test_titles_are_read_back():
    titles = load_titles()
    assert titles["title"]["mrs"] == "f"
    assert "minister" in titles["role"]
    assert all(term == term.strip().lower() and term for terms in titles.values() for term in terms)
