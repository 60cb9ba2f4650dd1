"""Loaded wording: what the features see, that words and sentences are counted by voice, hostile text, broken coding."""

from __future__ import annotations

import gzip
import json
import time

import numpy as np
import pandas as pd
import pytest
from conftest import table_of

from analysis.annotate import annotators
from analysis.catalogue import MEASURES, load_validity
from analysis.files import MODELS, sha256
from analysis.loaded import MODEL, annotate_wording, find_loaded, load_wording, measure_loaded
from analysis.loaded_coding import code_words, join_groups, read_coded, split_groups
from analysis.loaded_features import find_atoms, find_flags, find_groups, find_root, gather_texts
from analysis.loaded_fit import Design, find_threshold, pack_model
from analysis.loaded_train import model_background, train_wording
from analysis.refusals import Refusal

PLAIN = "The committee will meet on Tuesday to discuss the budget, officials said."
LOADED = "The shameless senator peddled a disgusting lie and whined about his cowardly critics."


def rows(texts, **how):
    return list(annotate_wording(({"id": i, "text": t} for i, t in enumerate(texts)), **how))


# --- negatives first


def test_plain_words_are_not_loaded():
    assert rows([PLAIN])[0]["spans"] == [] and rows([PLAIN])[0]["score"] < 0.5


@pytest.mark.parametrize("text", ["", " ", "...", "“”", "🙂🙂", "\u200b", "2021", "\ud800"])
def test_texts_without_words_score_without_spans(text):
    (row,) = rows([text])
    assert row["spans"] == [] and 0 <= row["score"] <= 1
    assert rows([text], models=None)[0]["score"] == 0


def test_an_article_without_loaded_words_counts_zero():
    articles, _, tokens = table_of(PLAIN)
    counts, terms = measure_loaded(tokens.assign(voice="narrator"), articles=articles)
    assert terms.empty and counts["num"].sum() == 0 and len(counts) == 2


def test_without_a_model_nothing_is_measured():
    articles, _, tokens = table_of(LOADED)
    counts, terms = measure_loaded(tokens.assign(voice="narrator"), articles=articles, models=None)
    assert counts.empty and terms.empty and find_loaded(tokens, articles=articles, models=None).empty


def test_nothing_longer_than_two_words_is_stored():
    assert not any(a.startswith(("w=", "r=")) for a in find_atoms("no-holds-barred"))
    assert "p=holds" in find_atoms("no-holds-barred")
    atoms = load_wording().facts["atoms"]
    assert all(len(a[2:].replace("-", " ").split()) <= 2 for a in atoms if a[:2] in ("w=", "r=", "p="))


def test_no_metadata_among_the_features():
    kinds = {a.split("=")[0] for a in load_wording().facts["atoms"]}
    assert kinds <= {"w", "r", "e", "b", "p", "g", "v", "length", "hyphen", "number"}


# --- what it does


def test_loaded_words_are_found_in_their_place():
    (row,) = rows([LOADED])
    found = [LOADED[s:e] for s, e in row["spans"]]
    assert {"shameless", "disgusting", "peddled"} <= set(found) and "committee" not in found
    assert row["score"] > 0.8


def test_a_batch_gives_what_single_texts_give():
    texts = [PLAIN, LOADED, "", "He “won” it."]
    assert [r | {"id": 0} for r in rows(texts)] == [rows([t])[0] for t in texts]


def test_lists_alone_score_by_words_found():
    plain, loaded = rows([PLAIN, LOADED], models=None)
    assert plain["score"] == 0 and loaded["score"] == 1 - 0.5 ** len(loaded["spans"]) > 0
    assert next(iter(annotators(None)["wording"]([{"id": 1, "text": LOADED}])))["spans"] == loaded["spans"]


def test_words_are_counted_in_the_voice_that_says_them():
    text = f"{PLAIN} {LOADED}"
    articles, sentences, tokens = table_of(text)
    assert len(sentences) == 2
    at = text.index("and whined")
    voiced = tokens.assign(voice=np.where(tokens["start"] >= at, "quoted", "narrator"))
    counts, terms = measure_loaded(voiced, articles=articles, models=MODELS)
    by_voice = terms.groupby("voice")["text"].agg(list)
    assert "shameless" in by_voice["narrator"] and "cowardly" in by_voice["quoted"]
    words = counts[counts["measure"] == "loaded_words_per_1k"].set_index(["sentence_id", "voice"])
    assert words.loc[(0, "narrator"), "num"] == 0 and words["num"].sum() == len(terms)
    assert words["den"].sum() == tokens["is_word"].sum()
    share = counts[counts["measure"] == "loaded_sentence_share"]
    assert set(share["num"]) <= {0, 1} and (share["den"] == 1).all() and len(share) == 3
    assert set(counts["measure"]) <= set(MEASURES)
    assert all(text[s:e] == t for s, e, t in zip(terms["start"], terms["end"], terms["text"], strict=True))


def test_the_word_table_has_one_row_per_word():
    articles, _, tokens = table_of(f"{PLAIN} {LOADED}")
    found = find_loaded(tokens, articles=articles)
    assert len(found) == tokens["is_word"].sum() and found["probability"].between(0, 1).all()
    assert (found["is_loaded"] == (found["probability"] >= load_wording().threshold)).all()


def test_the_figure_is_printed_beside_the_measure():
    assert "loaded words agree with coders" in load_validity(models=True)["loaded_words_per_1k"]
    assert load_validity(models=True)["loaded_per_1k"].startswith("lists alone")


@pytest.mark.parametrize(
    ("word", "root"),
    [("slammed", "slam"), ("slams", "slam"), ("shamelessly", "shameless"), ("bus", "bus"), ("parties", "part")],
)
def test_roots(word, root):
    assert find_root(word) == root


def test_groups_by_form_root_and_part():
    assert "connotation:attack_verb" in find_groups("slammed")
    assert any(g.startswith("part:connotation") for g in find_groups("scandal-mired"))
    assert find_groups("table") == []


def test_flags_of_place():
    words = gather_texts(['He said "so-called" NATO troops left.'])
    flags = pd.DataFrame(find_flags(words), columns=list(load_wording().facts["flags"]))
    at = [words.types[c] for c in words.code]
    marked = at.index("so-called")
    assert flags.loc[marked, "alone_in_marks"] == 1 and flags.loc[marked, "in_marks"] == 1
    assert flags.loc[at.index("nato"), "all_capitals"] == 1 and flags.loc[0, "capital_first"] == 1


# --- hostile text


@pytest.mark.parametrize(
    "text", ["a" * 5_000_000, "“" * 1_000_000, "🙂" * 500_000, "slam-" * 400_000, "so " * 300_000], ids=len
)
def test_hostile_text_takes_linear_time(text):
    start = time.process_time()
    assert 0 <= rows([text])[0]["score"] <= 1
    assert time.process_time() - start < 12


# --- coding and refitting


def coding(n=60):
    words = ["plain", "calm", "level", "mild"], ["vile", "rotten", "corrupt", "wicked"]
    out = []
    for i in range(n):
        kind = i % 2
        word = words[kind][i // 2 % 4]
        text = f"Report {i} on item {i * 7} of the {'north' if i % 3 else 'south'} called the plan {word} at stage {i * 3}."
        at = text.index(word)
        out.append(
            {"text": text, "biased": kind, "spans": [[at, at + len(word)]] if kind else [], "group": str(i // 2)}
        )
    return out


def write(path, records):
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"text": 5, "biased": 1, "spans": []}, "text is not a string"),
        ({"text": "Two words.", "spans": []}, "neither biased nor lexical"),
        ({"biased": 1, "spans": []}, "no 'text'"),
        ({"text": "Two words.", "biased": 2, "spans": []}, "biased is not 0 or 1"),
        ({"text": "Two words.", "biased": 1, "spans": [[4, 40]]}, "no number from 0 to 10"),
        ({"text": "Two words.", "biased": 1, "spans": [[4]]}, "not enough values"),
        ({"text": "Two words.", "biased": 1, "tokens": [[0, 3]], "biased_tokens": [1]}, "no number from 0 to 0"),
        ([], "not a JSON object"),
    ],
)
def test_a_broken_record_is_refused_with_its_line(tmp_path, broken, says):
    path = write(tmp_path / "coded.jsonl", [*coding(), broken])
    with pytest.raises(Refusal, match=r"coded\.jsonl, line 61: .*" + says) as refusal:
        read_coded(path)
    assert refusal.value.reason == "table-invalid"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x1f\x8bbroken", b"", b"{}\n{"])
def test_what_is_not_coding_is_refused(tmp_path, content):
    path = tmp_path / "coded.jsonl"
    path.write_bytes(content)
    with pytest.raises(Refusal):
        read_coded(path)


def test_too_little_coding_is_refused(tmp_path):
    with pytest.raises(Refusal, match="least to learn from"):
        read_coded(write(tmp_path / "coded.jsonl", coding(30)))


def test_refitting_learns_writes_a_card_and_repeats_its_bytes(tmp_path):
    path = write(tmp_path / "coded.jsonl", coding())
    data = train_wording(path, tmp_path).read_bytes()
    coded = code_words(read_coded(path))
    again = Design(coded, model_background(load_wording())).fit(coded.loaded >= 0)
    assert pack_model(again, {"coding": {path.name: sha256(path.read_bytes())}}) == data
    card = (tmp_path / "wording.md").read_text(encoding="utf-8")
    assert "loaded words, F1" in card and str(tmp_path) not in card
    text = "The new report called the plan wicked at once."
    (row,) = rows([text], models=tmp_path)
    assert [text[s:e] for s, e in row["spans"]] == ["wicked"]


def test_tokens_and_spans_are_two_ways_of_coding(tmp_path):
    spans = coding()
    tokens = [
        {
            "text": r["text"],
            "lexical": r["biased"],
            "tokens": r["spans"],
            "lexical_tokens": list(range(len(r["spans"]))),
        }
        for r in spans
    ]
    path = tmp_path / "tokens.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in tokens).encode()))
    one, two = code_words(read_coded(write(tmp_path / "spans.jsonl", spans))), code_words(read_coded(path))
    assert (one.marked == two.marked).all() and one.marked.sum() == 30


def test_sentences_that_recur_stay_on_one_side():
    long = "The council of the old town voted on Monday to close the bridge for two years"
    groups = join_groups(
        [long, long + " or more", "Nothing of the kind was said about it in the house"], ["a", "b", "c"]
    )
    assert groups[0] == groups[1] != groups[2]
    fold = split_groups(np.repeat(np.arange(20), 3), n_folds=4, seed=0)
    assert all(len(set(fold[i : i + 3])) == 1 for i in range(0, 60, 3)) and set(fold) == {0, 1, 2, 3}


def test_the_threshold_finds_the_best_f1():
    assert find_threshold(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1])) == 0.7


def test_the_model_fits_its_room():
    assert MODEL.stat().st_size <= 1_000_000
