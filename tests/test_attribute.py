"""Attributions: what is said, by whom, in which way."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, SHARED, table_of

from analysis.attribute import COLUMNS, annotate_attributions, find_attributions, train_attributions
from analysis.attribute_model import find_best_path, run_chains
from analysis.attribute_words import load_reporting_verbs
from analysis.files import MODELS
from analysis.segment import split_sentences, split_tokens

GOLD = SHARED / "gold" / "polnear_dev.jsonl.gz"
BOTH = pytest.mark.parametrize("models", [None, True], ids=["rules", "model"])

# The quoted stretches of the five articles, by hand: article, how the stretch begins, who says it.
QUOTED = [
    ("000", "“forceful”", "Antony Blinken; Jens Stoltenberg"),
    ("001", "“We are prepared", "Antony Blinken"),
    ("001", "“NATO has never", "Antony Blinken"),
    ("001", "“They want to draw", "Antony Blinken"),
    ("001", "“Of course part", "Antony Blinken"),
    ("001", "“We will not compromise", "Jens Stoltenberg"),
    ("001", "“We saw armored", "Jens Stoltenberg"),
    ("001", "“We can’t end up", "Jens Stoltenberg"),
    ("002", "“We cannot and will not", "Jens Stoltenberg"),
    ("002", "“There is no change", "Antony Blinken"),
    ("002", "“unacceptable”", "Jens Stoltenberg"),
    ("002", "“immediately de-escalate", "Jens Stoltenberg"),
    ("002", "“dialogue and diplomacy”", "Jens Stoltenberg"),
    ("002", "“serious diplomatic path", "Antony Blinken"),
    ("002", "“We made clear", "Antony Blinken"),
    ("002", "“defensive alliance”", "Jens Stoltenberg"),
    ("002", "“On the main question", "Sergei Lavrov"),
    ("002", "“will decide on", "Sergei Lavrov"),
    ("002", "“support unconditional", "joint statement"),
    ("002", "“Despite all", "Dmitry Kozak"),
    ("003", "“a serious diplomatic", "Antony Blinken"),
    ("003", "“We’re open", "Antony Blinken"),
    ("003", "“fully reinforces", "Antony Blinken"),
    ("003", "“Diplomacy has", "Antony Blinken"),
    ("003", "“There should be", "Antony Blinken"),
    ("004", "“firm and substantive”", "Antony Blinken"),
    ("004", "“I made clear", "Antony Blinken"),
    ("004", "“On the security", "Antony Blinken"),
    ("004", "“There are several", "Antony Blinken"),
    ("004", "“we stand firmly", "Antony Blinken"),
    ("004", "“Russian aggression,”", "Antony Blinken"),
    ("004", "“minor incursion”", "Joe Biden"),
    ("004", "“there are no minor", "Volodymr Zelensky"),
    ("004", "“two-tier”", "Jens Stoltenberg"),
    ("004", "“cheated”", "Vladimir Putin"),
]
HARD = {"“We can’t end up", "“On the main question", "“On the security"}


def attributed(text, models=True, title=False):
    articles, sentences, tokens = table_of(text, title=title)
    return find_attributions(articles, sentences=sentences, tokens=tokens, models=models)


@pytest.fixture(scope="module", params=[None, True], ids=["rules", "model"])
def seed_attributions(request):
    files = sorted((ROOT / "seeds").glob("*.txt"))
    articles = pd.DataFrame(
        {
            "article_id": [f.name[:3] for f in files],
            "title_start": -1,
            "title_end": -1,
            "text": [f.read_bytes().decode("utf-8") for f in files],
        }
    )
    sentences = split_sentences(articles, removed=pd.DataFrame({"article_id": [], "start": [], "end": []}))
    found = find_attributions(
        articles, sentences=sentences, tokens=split_tokens(articles, sentences=sentences), models=request.param
    )
    return articles, found[found["nested_in"] < 0]


def test_seeds_every_quoted_stretch_has_its_speaker(seed_attributions):
    articles, found = seed_attributions
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    wrong, missing = [], []
    for article, opening, speaker in QUOTED:
        start = texts[article].index(opening)
        end = texts[article].index("”", start) + 1
        here = found[(found["article_id"] == article) & (found["start"] <= start) & (found["end"] >= end)]
        if here.empty:
            missing.append(opening)
        elif here["speaker"].iloc[0] != speaker:
            wrong.append((opening, here["speaker"].iloc[0]))
    assert len(QUOTED) == 35
    assert missing == []
    assert len(wrong) <= 2, wrong
    assert not HARD & {opening for opening, _ in wrong}, wrong


def test_seeds_no_stretch_of_an_article_is_attributed_twice(seed_attributions):
    _, found = seed_attributions
    for _, rows in found.sort_values("start").groupby("article_id"):
        assert (rows["start"].to_numpy()[1:] >= rows["end"].to_numpy()[:-1]).all()


@BOTH
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n \n",
        "The committee met on Monday. The road was closed and the shop stayed open.",
        "The workers’ hall and the ’90s shop stood in St. James’s Street.",
    ],
)
def test_finds_nothing_where_nobody_speaks(text, models):
    found = attributed(text, models)
    assert found.empty
    assert found.columns.tolist() == COLUMNS


@BOTH
def test_a_title_of_a_work_is_no_quotation(models):
    assert attributed("She bought the novel “The Long Road” and the film “Rain” in town on Monday.", models).empty


@BOTH
def test_a_headline_without_marks_is_left_alone(models):
    text = "Hale says the talks will go on\nThe road was closed on Monday."
    assert attributed(text, models, title=True).empty


@BOTH
@pytest.mark.parametrize(
    ("text", "kind", "speaker", "content"),
    [
        ("“The talks will go on,” Maria Hale said.", "direct", "Maria Hale", "“The talks will go on,”"),
        ('"The talks will go on," said Maria Hale.', "direct", "Maria Hale", '"The talks will go on,"'),
        ("''The talks will go on,'' Maria Hale said.", "direct", "Maria Hale", "''The talks will go on,''"),
        ("Maria Hale said that the talks would go on.", "indirect", "Maria Hale", "that the talks would go on"),
        (
            "Maria Hale said the plan was “a bad mistake” from the start.",
            "mixed",
            "Maria Hale",
            "the plan was “a bad mistake” from the start",
        ),
    ],
)
def test_type_speaker_and_content(text, kind, speaker, content, models):
    found = attributed(text, models)
    assert found[["quotation_type", "speaker", "text"]].to_numpy().tolist() == [[kind, speaker, content]]
    row = found.iloc[0]
    assert text[row["start"] : row["end"]] == row["text"]
    assert text[row["source_start"] : row["source_end"]] == row["source"]
    assert 0 <= row["confidence"] <= 1


@BOTH
def test_an_interrupted_quotation_is_one_attribution(models):
    found = attributed("“The talks will go on,” Maria Hale said. “We are not leaving this table.”", models)
    assert found["attribution_id"].tolist() == [0, 0]
    assert set(found["speaker"]) == {"Maria Hale"}


@BOTH
def test_a_quotation_over_paragraphs_keeps_its_speaker(models):
    text = (
        "“The talks will go on and we are glad of it,” Maria Hale said. “We have come a long way.\n\n"
        "“We will go on until it is done, and nobody will stop us.”"
    )
    found = attributed(text, models)
    assert text.index("“We will go on") in found["start"].tolist()
    assert set(found["speaker"]) == {"Maria Hale"}


@BOTH
def test_pronoun_and_pair(models):
    text = (
        "Maria Hale and Jon Marsh spoke on Monday. They said that the talks would go on. "
        "“I am glad,” Hale said. “So am I,” he said."
    )
    found = attributed(text, models)
    assert found["speaker"].tolist()[-3:] == ["Maria Hale; Jon Marsh", "Maria Hale", "Jon Marsh"]


@BOTH
@pytest.mark.parametrize(("verb", "stance"), [("said", "neutral"), ("claimed", "doubting"), ("confirmed", "endorsing")])
def test_stance_of_the_cue(verb, stance, models):
    found = attributed(f"Maria Hale {verb} that the talks would go on.", models)
    assert found[["cue", "cue_stance"]].to_numpy().tolist() == [[verb, stance]]


@BOTH
def test_reported_speech_within_reported_speech_is_nested(models):
    found = attributed("Maria Hale said that Jon Marsh had promised that he would come to the table.", models)
    outer, inner = found.iloc[0], found.iloc[1]
    assert (outer["speaker"], outer["nested_in"]) == ("Maria Hale", -1)
    assert (inner["speaker"], inner["nested_in"]) == ("Jon Marsh", outer["attribution_id"])
    assert outer["start"] <= inner["start"] and inner["end"] <= outer["end"]


def test_a_signature_names_the_speaker():
    found = attributed("“The hall must stay open for all of us in this town.” — Maria Hale")
    assert found["speaker"].tolist() == ["Maria Hale"]


def test_articles_do_not_touch_each_other():
    text = "Maria Hale spoke on Monday. “The talks will go on,” she said."
    other = "“We are glad of that,” he said."
    alone = attributed(text)
    articles = pd.DataFrame({"article_id": ["a", "b"], "text": [text, other], "title_start": -1, "title_end": -1})
    sentences = split_sentences(articles, removed=pd.DataFrame({"article_id": [], "start": [], "end": []}))
    both = find_attributions(articles, sentences=sentences, tokens=split_tokens(articles, sentences=sentences))
    pd.testing.assert_frame_equal(both[both["article_id"] == "a"], alone)
    assert both[both["article_id"] == "b"]["speaker"].tolist() == [""]


def test_annotate_gives_what_find_gives():
    text = "“The talks will go on,” Maria Hale said. “We are glad.” Jon Marsh said that it was a mistake."
    lines = list(annotate_attributions([{"doc_id": "x", "text": text}]))
    found = attributed(text)
    assert json.loads(json.dumps(lines)) == lines
    assert [s for line in lines for s in line["spans"]] == found[["start", "end"]].to_numpy().tolist()
    assert [line["speaker"] for line in lines] == found.drop_duplicates("attribution_id")["speaker"].tolist()
    assert list(annotate_attributions([])) == []


@BOTH
@pytest.mark.parametrize(
    "unit",
    [
        "“",
        "”",
        '"',
        "'",
        "''",
        "“a",
        "“No,” Hale said. ",
        "said Hale said ",
        "— ",
        "A.",
        "PENCE: “",
        "John ",
        "“‘",
        ", he said, “no” and ",
        "\u200b",
        "\ufeff",
    ],
)
def test_time_grows_with_length_only(unit, models):
    def seconds(n):
        text = unit * (n // len(unit))
        start = time.process_time()
        list(annotate_attributions([{"doc_id": "x", "text": text}], models=models))
        return time.process_time() - start

    seconds(2000)
    short = min(seconds(10_000) for _ in range(3))
    long = min(seconds(80_000) for _ in range(2))
    assert long < max(0.7, short * 8 * 3)  # quadratic growth would be 64 times


def test_chains_agree_with_enumeration():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(4, 9)).astype(np.float32)
    move = rng.normal(size=(9, 9))
    paths = np.stack(np.meshgrid(*[np.arange(9)] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    total = sum(scores[t, paths[:, t]] for t in range(4)) + sum(move[paths[:, t], paths[:, t + 1]] for t in range(3))
    weight = np.exp(total - total.max())
    expected = np.array([[weight[paths[:, t] == k].sum() for k in range(9)] for t in range(4)]) / weight.sum()
    lo, hi = np.array([0]), np.array([4])
    np.testing.assert_allclose(run_chains(scores, move, lo, hi), expected, atol=1e-5)
    assert find_best_path(scores, move, lo, hi).tolist() == paths[total.argmax()].tolist()


def test_lexicon_is_large_and_read_back():
    forms = load_reporting_verbs()
    lemmas = {cue.lemma for cue in forms.values()}
    assert len(lemmas) >= 150
    assert lemmas <= set(forms)
    assert {cue.stance for cue in forms.values()} == {"neutral", "doubting", "endorsing"}
    assert {cue.kind for cue in forms.values()} == {"speech", "thought", "writing"}
    assert (forms["said"].lemma, forms["denies"].lemma, forms["quipped"].lemma) == ("say", "deny", "quip")


def test_no_stored_word_is_longer_than_a_word():
    with np.load(MODELS / "attributions.npz", allow_pickle=False) as data:
        head = json.loads(data["head"].tobytes().decode())
    assert not [w for w in head["words"] if any(c.isspace() for c in w)]


def test_training_writes_a_model_that_reads(tmp_path):
    sentence = "“We will stay in the hall,” Maria Hale said. She said that the road was closed. The shop was open."
    start = sentence.index("that")
    gold = {
        "text": sentence,
        "attributions": [
            {"source": [[28, 38]], "cue": [[39, 43]], "content": [[0, 27]]},
            {"source": [[45, 48]], "cue": [[49, 53]], "content": [[start, start + 24]]},
        ],
    }
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(json.dumps(gold) for _ in range(40)), encoding="utf-8")
    first = train_attributions(path, tmp_path / "out")
    assert first.read_bytes() == train_attributions(path, tmp_path / "again").read_bytes()
    found = attributed(sentence, models=tmp_path / "out")
    assert found["speaker"].tolist() == ["Maria Hale", "Maria Hale"]
    facts = json.loads((tmp_path / "out" / "attributions.json").read_text(encoding="utf-8"))
    assert facts["n_articles"] == 40
