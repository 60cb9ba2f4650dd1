"""Valence toward a target: what must not be read into a sentence first, then what must."""

import gzip
import json
import sys
import time

import numpy as np
import pandas as pd
import pytest
from conftest import SHARED, table_of
from test_validate import gold_of, hold

from analysis.card_valence import measure_labels
from analysis.catalogue import UNVALIDATED, describe, load_validity
from analysis.naming import measure_naming
from analysis.refusals import Refusal
from analysis.target_features import REACH, find_windows, load_roles
from analysis.target_model import load_model, save_model, score_windows
from analysis.target_train import code_roles, fit_valence, group_records, load_coded
from analysis.target_valence import (
    MENTION_COLUMNS,
    annotate_valence,
    find_persons,
    find_target_valence,
    measure_target_valence,
    window_records,
)
from analysis.target_vectors import find_word_vectors


def rate(text, *targets, models=True):
    """Return the label and score of each target, at its first place in the text."""
    records = [{"id": t, "text": text, "start": text.index(t), "end": text.index(t) + len(t)} for t in targets]
    return [(r["label"], r["score"]) for r in annotate_valence(records, models=models)]


# --- negatives


@pytest.mark.parametrize("models", [True, None])
@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("The ministers of Ukraine met on Tuesday.", "Ukraine"),
        ("NATO will hold its next meeting in Brussels in June.", "NATO"),
        ("Hale said on Monday that the talks would continue.", "Hale"),
    ],
)
def test_plain_mentions_are_neutral(text, target, models):
    assert rate(text, target, models=models)[0][0] == 0


@pytest.mark.parametrize("models", [True, None])
def test_praise_of_one_is_not_praise_of_the_other(models):
    (one, high), (other, low) = rate("Hale is a corrupt liar, but voters admire Orr.", "Hale", "Orr", models=models)
    assert one == -1 and high < low and (models or other == 1)  # the model lets the liar rub off on Orr


@pytest.mark.parametrize("models", [True, None])
def test_a_negation_takes_back(models):
    [(_, plain)] = rate("Orr is honest.", "Orr", models=models)
    [(_, denied)] = rate("Orr is not honest.", "Orr", models=models)
    assert denied < plain


@pytest.mark.parametrize("models", [True, None])
def test_a_word_far_beyond_another_clause_does_not_decide(models):
    far = "Orr arrived on Monday; the bridge, which engineers inspected last year and closed in spring, is a disgrace."
    near = "Orr is a disgrace."
    assert rate(far, "Orr", models=models)[0][1] > rate(near, "Orr", models=models)[0][1]


def test_outlets_and_repeated_names_are_no_evidence():
    assert not {"outlet", "leaning", "topic"} & set(load_model()._fields)
    assert rate("Hale spoke.", "Hale") == rate("Orrin spoke.", "Orrin")


# --- what must be told


@pytest.mark.parametrize("models", [True, None])
def test_doer_and_done_to_differ(models):
    (_, doer), (_, victim) = rate("Russia invaded Ukraine.", "Russia", "Ukraine", models=models)
    assert doer != victim
    (_, critic), (_, criticised) = rate("Hale denounced Orr on Friday.", "Hale", "Orr", models=models)
    assert criticised < critic


@pytest.mark.parametrize("models", [True, None])
@pytest.mark.parametrize(
    ("text", "target", "label"),
    [
        ("Orr was accused of fraud and corruption.", "Orr", -1),
        ("Orr is a liar and a coward.", "Orr", -1),
        ("Orr's brilliant leadership won praise.", "Orr", 1),
        ("Voters admire and trust Orr.", "Orr", 1),
    ],
)
def test_plain_cases(text, target, label, models):
    assert rate(text, target, models=models)[0][0] == label


def test_curly_and_straight_apostrophes_are_one():
    assert rate("Orr’s failure wasn’t small.", "Orr") == rate("Orr's failure wasn't small.", "Orr")


# --- tables


def test_mentions_and_measures_of_an_article():
    text = "Ukraine is brave. “Moscow is a brutal aggressor,” Maria Hale said. NATO met."
    articles, _, tokens = table_of(text)
    tokens = tokens.assign(voice="narrator")
    _, hits = measure_naming(tokens, articles=articles)
    found = find_target_valence(hits[hits["actor"] != "none"], tokens=tokens, articles=articles)
    assert list(found.columns) == MENTION_COLUMNS
    assert found["target"].tolist() == ["Ukraine", "Russia", "NATO"]
    assert [text[s:e] for s, e in zip(found["start"], found["end"], strict=True)] == found["text"].tolist()
    assert found["label"].isin([-1, 0, 1]).all() and found["score"].between(-1, 1).all()
    assert found["label"].tolist()[:2] == [1, -1]
    alone = rate("“Moscow is a brutal aggressor,” Maria Hale said.", "Moscow")[0]
    assert tuple(found.loc[1, ["label", "score"]]) == pytest.approx(alone, abs=1e-4)
    counts = measure_target_valence(found)
    assert counts["measure"].tolist() == [f"valence_toward_{t}" for t in ("Ukraine", "Russia", "NATO")]
    assert counts["den"].tolist() == [1, 1, 1] and counts["num"].tolist() == found["label"].tolist()


def test_no_mention_gives_empty_tables():
    articles, _, tokens = table_of("Nothing happened.")
    empty = pd.DataFrame(columns=["article_id", "sentence_id", "start", "end", "actor"])
    found = find_target_valence(empty, tokens=tokens.assign(voice="narrator"), articles=articles)
    assert found.empty and list(found.columns) == MENTION_COLUMNS
    assert measure_target_valence(found).empty
    assert list(annotate_valence([])) == []


def test_two_mentions_in_one_sentence_are_counted_together():
    rows = [("a", 0, "narrator", "NATO", 0, 4, "NATO", -1, -0.5), ("a", 0, "narrator", "NATO", 9, 13, "NATO", 1, 0.5)]
    counts = measure_target_valence(pd.DataFrame(rows, columns=MENTION_COLUMNS))
    assert counts[["num", "den"]].to_numpy().tolist() == [[0, 2]]


def test_the_catalogue_names_each_target():
    assert describe("valence_toward_NATO").label == "Valence toward NATO"
    assert load_validity(models=True)["valence_toward"] != UNVALIDATED
    assert "rule" in load_validity(models=False)["valence_toward"]


def test_the_seeds_have_mentions_that_lead_back(seeds):
    table = seeds.tables["valence"]
    assert len(table) > 100 and {"Russia", "Ukraine", "NATO"} <= set(table["target"])
    assert all(seeds.texts[r.article_id][r.start : r.end] == r.text for r in table.itertuples())
    russia = table[(table["target"] == "Russia") & (table["voice"] == "narrator")]
    measured = seeds.tables["measures"].set_index(["article_id", "voice", "measure"])["value"]
    for article_id, labels in russia.groupby("article_id")["label"]:
        assert measured[article_id, "narrator", "valence_toward_Russia"] == pytest.approx(labels.mean())


def test_people_named_three_times_are_targets_too():
    text = "Maria Hale spoke. Tom Orr left. Mr. Orr lied. Hale wept. They thanked Hale’s aides."
    articles, sentences, tokens = table_of(text)
    persons = find_persons(articles, sentences=sentences)
    assert set(persons["actor"]) == {"Maria Hale"} and len(persons) == 3
    found = find_target_valence(persons, tokens=tokens.assign(voice="narrator"), articles=articles)
    assert found["text"].tolist() == ["Maria Hale", "Hale", "Hale"] and found["sentence_id"].tolist() == [0, 3, 4]


# --- odd and hostile input


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (0, 99), ("0", 3), (None, 3), (1.0, 3)])
def test_a_target_outside_its_text_is_refused(start, end):
    with pytest.raises(Refusal) as refusal:
        list(annotate_valence([{"id": 1, "text": "Orr left.", "start": start, "end": end}]))
    assert refusal.value.reason == "malformed-row"


@pytest.mark.parametrize("text", ["   ", "—", "\u200b\u200b\u200b", "Ω≈ç", "🙂🙂🙂"])
@pytest.mark.parametrize("models", [True, None])
def test_a_text_without_words_has_an_answer(text, models):
    [row] = annotate_valence([{"id": 1, "text": text, "start": 0, "end": len(text)}], models=models)
    assert row["label"] in (-1, 0, 1) and -1 <= row["score"] <= 1


def test_the_order_and_company_of_records_leave_no_trace():
    texts = ["Orr lied to us.", "We thank Orr for his courage.", "Orr left."]
    records = [{"id": i, "text": t, "start": t.index("Orr"), "end": t.index("Orr") + 3} for i, t in enumerate(texts)]
    together = {r["id"]: r["score"] for r in annotate_valence(records)}
    alone = {r["id"]: r["score"] for record in reversed(records) for r in annotate_valence([record])}
    assert together == pytest.approx(alone, abs=2e-4)


def test_many_targets_in_one_sentence_and_one_endless_word_stay_linear():
    def cost(n):
        text = "Orr and " * n + "Hale left."
        spent = time.process_time()
        articles, _, tokens = table_of(text)
        places = np.arange(n) * 8
        mentions = pd.DataFrame({"article_id": "a", "start": places, "end": places + 3, "actor": "Orr"})
        spent = time.process_time()
        assert len(find_target_valence(mentions, tokens=tokens.assign(voice="narrator"), articles=articles)) == n
        return time.process_time() - spent

    cost(100)
    assert cost(4000) < 8 * cost(1000) + 0.5
    spent = time.process_time()
    endless = "Orr is a liar. " + "x" * 5_000_000
    assert list(annotate_valence([{"id": 1, "text": endless, "start": 0, "end": 3}]))
    assert time.process_time() - spent < 5


def test_windows_do_not_leave_the_sentence_nor_their_reach():
    norms = np.array([f"w{i}" for i in range(200)], object)
    one = lambda i: np.array([i])  # noqa: E731
    windows = find_windows(
        norms,
        sentence=np.array([0] * 100 + [1] * 100),
        capital=np.zeros(200, bool),
        first=one(101),
        last=one(102),
        possessive=np.array([False]),
    )
    seen = [windows.words[c] for c in windows.code[0] if c]
    assert seen == ["w100", *[f"w{i}" for i in range(103, 103 + REACH)]]
    assert windows.code[0, REACH] == 0 and windows.inside[0, REACH]


# --- fitting


def made_records(n=90):
    """Make coded targets in which one word decides."""
    words = {-1: "cheated", 0: "visited", 1: "rescued"}
    out = []
    for i in range(n):
        label = (-1, 0, 1)[i % 3]
        text = f"Name{'abc'[i % 7 % 3]} {words[label]} the town {'again' if i % 2 else 'twice'} on day {i}."
        out.append({"text": text, "start": 0, "end": 5, "label": label, "group": str(i // 3)})
    return out


def test_fitting_learns_saves_and_loads_the_same(tmp_path):
    records = made_records()
    vectors = find_word_vectors([r["text"] for r in records])
    models = [fit_valence(records, vectors=vectors, hidden=(4,), epochs=2) for _ in range(2)]
    for m in models:
        save_model(m, folder=tmp_path, facts={})
    again = list(annotate_valence([{"id": i, **r} for i, r in enumerate(records)], models=tmp_path))
    assert np.mean([a["label"] == r["label"] for a, r in zip(again, records, strict=True)]) > 0.9
    assert np.array_equal(models[0].line, models[1].line)
    assert all(np.array_equal(models[0].nets[0][k], v) for k, v in models[1].nets[0].items())


def test_groups_join_articles_and_repeated_texts():
    rows = [("a", "1"), ("b", "1"), ("B", "2"), ("c", "3")]
    assert group_records([{"text": t, "group": g} for t, g in rows]) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2"),
        ("[1]", "line 2"),
        ('{"text": "Orr left.", "start": 0, "end": 3, "label": 2}', "label"),
        ('{"text": "Orr left.", "start": 0, "end": 3, "label": true}', "label"),
        ('{"text": "Orr left.", "start": 3, "end": 3, "label": 1}', "start and end"),
        ('{"text": "Orr left.", "start": 0, "end": 99, "label": 1}', "start and end"),
        ('{"text": 5, "start": 0, "end": 3, "label": 1}', "text"),
    ],
)
def test_wrong_coding_is_refused_by_line(tmp_path, line, says):
    good = json.dumps(made_records(1)[0])
    path = tmp_path / "gold.jsonl"
    path.write_text(f"{good}\n{line}\n", encoding="utf-8")
    with pytest.raises(Refusal, match=says) as refusal:
        load_coded(path)
    assert "line 2" in str(refusal.value) and refusal.value.reason == "table-invalid"


def test_coding_without_all_labels_is_refused(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(made_records(1)[0]) + "\n", encoding="utf-8")
    with pytest.raises(Refusal) as refusal:
        load_coded(path)
    assert refusal.value.reason == "nothing-to-analyse"


def test_roles_are_found_by_name(tmp_path):
    event = {"agent": "Ann Hale", "patient": "Tom Orr", "moral": "Harm"}
    rows = [
        {"story": "1", "text": "Mr. Orr was beaten by Hale.", "events": [event]},
        {"story": "1", "text": "Hale left.", "events": []},
    ]
    path = tmp_path / "moral.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(r) for r in rows).encode()))
    assert [r["label"] for r in code_roles(path, without=frozenset())] == [0, 4]
    assert code_roles(path, without=frozenset({"hale left.", "mr. orr was beaten by hale."})) == []


# --- the list of roles and the shipped model


def test_every_role_is_met_in_its_forms():
    roles = load_roles()
    assert {r[0] for r in roles["accused"]} == {r[0] for r in roles["accuse"]}
    assert "liars" in roles and "misled" in roles and "praise" in roles
    assert all(len(found) <= 3 for found in roles.values())


def test_the_shipped_model_is_small_and_stores_no_phrase():
    from analysis.files import MODELS

    size = sum((MODELS / f"valence.{ending}").stat().st_size for ending in ("npz", "json"))
    assert size < 1_200_000
    assert not any(" " in w for w in load_model().words)


def test_a_model_of_another_role_list_is_refused(tmp_path):
    (tmp_path / "valence.npz").write_bytes(b"")
    (tmp_path / "valence.json").write_text('{"groups": ["one"]}', encoding="utf-8")
    with pytest.raises(ValueError, match="refit"):
        load_model(tmp_path)


def test_the_rule_stays_above_its_floors():
    records = gold_of("valence_rule_alone")
    found = measure_labels(records, [r["label"] for r in annotate_valence(records, models=None)], draws=40)
    hold("valence_rule_alone", {k: value for k, (value, _, _) in found.items()})


def test_the_model_stays_above_its_floors():
    """Five folds with all networks take minutes; here a line and one small network are tried on one fifth."""
    records = gold_of("valence_one_fifth_held_out")
    parts = np.array(group_records(records)) % 5
    held = [r for r, part in zip(records, parts, strict=True) if part == 0]
    train = [r for r, part in zip(records, parts, strict=True) if part]
    shipped = load_model()
    vectors = (shipped.words[: len(shipped.vectors)], shipped.vectors)
    model = fit_valence(train, vectors=vectors, hidden=(24,), epochs=5)
    labels = score_windows(window_records(held), model=model).argmax(axis=1) - 1
    found = measure_labels(held, labels.tolist(), draws=40)
    hold("valence_one_fifth_held_out", {k: value for k, (value, _, _) in found.items()})


def test_our_scorer_agrees_with_the_shared_one():
    records = gold_of("valence_rule_alone")[:1500]
    sys.path.insert(0, str(SHARED / "score"))
    from score_labels import score

    rows = list(annotate_valence(records, models=None))
    theirs = score("newsmtsc", records, rows, n=0)
    ours = {k: v for k, (v, _, _) in measure_labels(records, [r["label"] for r in rows], draws=40).items()}
    assert ours["macro_f1"] == pytest.approx(theirs["macro_f1"][0], abs=1e-4)
    assert ours["unlike"] == pytest.approx(theirs["accuracy_unlike_targets"][0], abs=1e-4)
