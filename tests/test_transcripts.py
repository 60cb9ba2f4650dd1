import pandas as pd
import pytest

from analysis.cli import main
from analysis.transcripts import Transcript, find_transcript_edits

SAID = (
    "Good evening. We will not accept force against our neighbour, whatever the reason. I have asked the council to meet. "
    "The road to talks stays open, should the other side choose it. Taxes will not rise in May. Thank you."
)


def edits(quote, *, kind="direct", transcripts=None):
    text = f"“{quote}” Maria Hale said on Friday."
    said = pd.DataFrame(
        [
            {
                "article_id": "a",
                "quotation_type": kind,
                "speaker": "Maria Hale",
                "start": 0,
                "end": len(quote) + 2,
                "nested_in": -1,
            }
        ]
    )
    articles = pd.DataFrame([{"article_id": "a", "text": text}])
    return find_transcript_edits(
        said, articles=articles, transcripts={"speech.txt": SAID} if transcripts is None else transcripts
    )


@pytest.mark.parametrize(
    "quote", ["We have bread and cheese for all of them", "The weather was fine in the capital", "should choose"]
)
def test_a_quotation_that_is_not_there_has_no_row(quote):
    assert edits(quote).empty


def test_without_transcripts_or_marks_nothing_is_compared():
    assert edits("We will not accept force against our neighbour", transcripts={}).empty
    assert edits("We will not accept force against our neighbour", kind="indirect").empty


@pytest.mark.parametrize(
    ("quote", "kind", "severity"),
    [
        ("I have asked the council to meet.", "verbatim", "none"),
        ("We will accept force against our neighbour, whatever the reason.", "negation", "major"),
        ("The road to talks stays open", "dropped_condition", "major"),
        ("Taxes will not rise in June.", "name", "major"),
    ],
)
def test_what_changed_is_named(quote, kind, severity):
    found = edits(quote)
    assert kind in set(found["kind"])
    assert severity in set(found.loc[found["kind"] == kind, "severity"])
    assert (found["transcript"] == "speech.txt").all() and found["reference"].str.len().gt(5).all()


def test_a_quotation_over_two_sentences_finds_both():
    passage = Transcript("t", SAID).find_passage("I have asked the council to meet. The road to talks stays open")
    assert "council" in passage and "choose it" in passage and "Taxes" not in passage


def test_on_the_command_line(corpus, tmp_path, capsys):
    text = (
        "“We will accept force against our neighbour,” Maria Hale said on Friday in the capital. " * 2
        + "The council met for an hour and then went home."
    )
    (tmp_path / "speech.txt").write_text(SAID)
    folder, out = corpus({"a.txt": text}), tmp_path / "out"
    assert main(["tables", str(folder), "--out", str(out), "--transcript", str(tmp_path / "speech.txt")]) == 0
    assert "negation" in (out / "tables" / "transcript_edits.csv").read_text()
    assert main(["tables", str(folder), "--out", str(out), "--transcript", str(tmp_path / "gone.txt")]) == 2
    assert capsys.readouterr().err.strip().endswith("[vanished]")
