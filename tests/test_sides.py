import pytest
from conftest import table_of

from analysis.attribute import find_attributions
from analysis.sides import choose_sides, count_introductions, name_sides
from analysis.wordlists import load_lexicon


def sides_of(text):
    articles, sentences, tokens = table_of(text)
    said = find_attributions(articles, sentences=sentences, tokens=tokens, models=None)
    introduced = count_introductions(said, articles=articles, tokens=tokens, naming=load_lexicon("naming"))
    return dict(zip(said["speaker"], name_sides(said["speaker"], sides=choose_sides([introduced])), strict=True))


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("The reports spoke of Russia. Then Maria Hale said that nothing was decided.", "Maria Hale"),
        ("Moscow and Maria Hale said that nothing was decided.", "Maria Hale"),
        ("Polish off the plate, Maria Hale said.", "Maria Hale"),
    ],
)
def test_a_side_is_not_taken_from_the_neighbourhood(text, speaker):
    assert sides_of(text).get(speaker, "") == ""


@pytest.mark.parametrize(
    ("text", "speaker", "side"),
    [
        ("Russian Foreign Minister Oleg Marin said that nothing was decided.", "Oleg Marin", "Russia"),
        (
            "US Secretary of State Maria Hale said that nothing was decided. Hale said it twice.",
            "Maria Hale",
            "United States",
        ),
        ("“Nothing is decided,” said Oleg Marin, the Kremlin’s representative.", "Oleg Marin", "Russia"),
        ("Moscow said that nothing was decided.", "Moscow", "Russia"),
        ("A French official said that nothing was decided.", "French official", "France"),
    ],
)
def test_a_side_is_named_where_the_speaker_is_introduced(text, speaker, side):
    assert sides_of(text)[speaker] == side


def test_the_seeds(seeds):
    said = seeds.tables["attributions"]
    found = dict(zip(said["speaker"], said["side"], strict=True))
    assert found["Antony Blinken"] == "United States" and found["Jens Stoltenberg"] == "NATO"
    assert found["Sergei Lavrov"] == found["Dmitry Peskov"] == found["Dmitry Kozak"] == "Russia"
    assert found["Antony Blinken; Jens Stoltenberg"] == "United States; NATO"
