"""Settings: what is refused, and that each key has an effect."""

import dataclasses

import pandas as pd
import pytest
from conftest import PARAGRAPH

from analysis.options import Options, find_options, hash_inputs
from analysis.pipeline import analyse
from analysis.refusals import Refusal
from analysis.settings import Settings, load_settings
from analysis.starter import STARTER
from analysis.wordlists import load_lexicon, with_targets


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("min_wrds = 3", "min_words"),
        ("evnts = {}", "events"),
        ("min_words = '3'", "int"),
        ("min_words = true", "int"),
        ("min_words = 0", "from 1"),
        ("sure_from = 2", "from 0.0"),
        ("transcripts = 'a.txt'", "list"),
        ("transcripts = ['../a.txt']", "beside"),
        ("transcripts = ['/etc/passwd']", "beside"),
        ("lexicons = '..'", "beside"),
        ("outlets = ['a']", "table"),
        ("[outlets]\na = 3", "word"),
        ("[groups]\na = 'b'", "list"),
        ("[groups]\na = []", "list"),
        ("[events]\na = ['x']\nb = ['x']", "two events"),
        ("[targets.war]\nplain = ['--']", "label"),
        ("[targets.war]\nplain = ['war']\nother = ['War']", "twice"),
        ("[targets]\nwar = ['war']", "table"),
        ("[columns]\noutlt = 'x'", "outlet"),
        ("a = [" + "[" * 5000, "TOML"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, line, words):
    (tmp_path / "c.toml").write_text(line)
    with pytest.raises(Refusal, match=words) as refusal:
        load_settings(tmp_path / "c.toml")
    assert refusal.value.reason == ("unsafe-path" if "beside" in words else "config-invalid")


def test_the_starter_names_every_key_with_its_default(tmp_path):
    plain = "\n".join(
        line.removeprefix("# ") if "=" in line or line.startswith(("# [", "[")) else ""
        for line in STARTER["parallax.toml"].split("\n")
    )
    (tmp_path / "c.toml").write_text(plain)
    found = load_settings(tmp_path / "c.toml")
    default = Settings()
    for field in dataclasses.fields(Settings):
        value, usual = getattr(found, field.name), getattr(default, field.name)
        assert value == usual if not isinstance(usual, tuple | str) else value, field.name


def test_a_reference_is_not_asked_for_where_nothing_can_be_read(corpus):
    folder = corpus({"a.txt": "", "parallax.toml": 'reference = "One"\n'})
    with pytest.raises(Refusal, match="nothing-to-analyse"):
        analyse(folder)


def test_what_is_no_list_is_not_read_for_its_fingerprint(tmp_path, corpus):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/wording.more.csv").write_text("term,group\ncapital,shiny\n")
    known = hash_inputs(Options(lexicons=tmp_path / "lists"))
    with open(tmp_path / "lists/big.json", "wb") as sparse:
        sparse.truncate(10**12)
    (tmp_path / "lists/link.json").symlink_to("/dev/zero")
    assert hash_inputs(Options(lexicons=tmp_path / "lists")) == known


def test_outlets_events_groups_and_targets_have_an_effect(corpus):
    config = (
        'min_words = 5\nresamples = 50\n[outlets]\n"one.example" = "One"\n[groups]\npair = ["One", "Two"]\n[events]\nmeeting = ["a.txt", "c"]\n'
        '[targets.talks]\nplain = ["talks"]\n'
    )
    folder = corpus(
        {
            "a.txt": PARAGRAPH * 2,
            "b.txt": "Another matter: the harbour got a new quay, the council said on Monday. " * 3,
            "c.txt": PARAGRAPH * 3,
            "manifest.csv": "file,outlet\na.txt,one.example\nb.txt,Two\nc.txt,Three\n",
            "parallax.toml": config,
        }
    )
    tables = analyse(folder).tables
    assert tables["articles"].set_index("article_id")["outlet"].to_dict() == {"a": "One", "b": "Two", "c": "Three"}
    assert tables["articles"].set_index("article_id")["event_id"].to_dict() == {
        "a": "meeting",
        "b": "e1",
        "c": "meeting",
    }
    assert "group: pair" in set(tables["comparisons"]["outlet"])
    assert (tables["naming"].query("actor == 'talks'")["kind"] == "plain").all()
    assert len(tables["naming"].query("actor == 'talks'"))


def test_a_label_of_the_user_takes_the_place_of_ours():
    naming = with_targets(load_lexicon("naming"), (("the city", "capital", "Moscow"),))
    assert naming[naming["label"].str.lower() == "moscow"]["actor"].tolist() == ["the city"]
    assert isinstance(naming, pd.DataFrame) and not naming.isna().any().any()


def test_what_is_sure_can_be_set(corpus):
    tables = {}
    for least in (0.01, 1.0):
        folder = corpus({**STARTER_FILES, "parallax.toml": f"resamples = 50\nsure_from = {least}\n"}, name=f"c{least}")
        tables[least] = analyse(folder).tables["statements"]["match"]
    assert set(tables[0.01]) == {"sure"} and set(tables[1.0]) == {"possible"}


STARTER_FILES = {name: text for name, text in STARTER.items() if "/" not in name}


def test_transcripts_are_found_beside_the_articles_once(tmp_path, corpus):
    folder = corpus(
        {**STARTER_FILES, "parallax.toml": 'transcripts = ["transcripts/mayor.txt", "more.txt"]\n', "more.txt": "More."}
    )
    (folder / "transcripts").mkdir()
    (folder / "transcripts" / "mayor.txt").write_text(STARTER["transcripts/mayor.txt"])
    (folder / "transcripts" / ".hidden").write_text("x")
    assert [name for name, _ in find_options(folder).transcripts] == ["mayor.txt", "more.txt"]
    (folder / "transcripts" / "more.txt").write_text("Other words.")
    with pytest.raises(Refusal, match="two transcripts"):
        find_options(folder)
    (folder / "transcripts" / "more.txt").unlink()
    (folder / "transcripts" / "picture.png").write_text("x")
    with pytest.raises(Refusal, match="unsupported-format"):
        find_options(folder)
