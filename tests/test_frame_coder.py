"""The frame coder: what it reads, what it refuses, what it learns, and how it is kept."""

import gzip
import json
from collections import Counter

import numpy as np
import pytest
from conftest import table_of

from analysis.annotate import annotators
from analysis.cli import main
from analysis.files import find_model
from analysis.frame_coder import MODEL, annotate_frames, code_sentences, load_coder
from analysis.frame_codings import load_codings
from analysis.frame_features import VIEWS, find_company, find_words, fold_word
from analysis.frame_train import LEAST_TEXTS, check_codings, find_alpha, fit_coder, measure_codes, train_frames
from analysis.refusals import Refusal

PLACES = "Ashford Barton Carwell Dunmore Elston Farley Grimby Harwell Ixley Jarrow Kelby Linton".split()
MONEY = ("{} shops lose money as prices rise", "Costs and taxes weigh on {} firms", "{} market fears a fall in sales")
LAW = ("{} judge hears the case in court", "Court in {} rules on the new law", "Lawyers of {} sue over a statute")
HEALTH = ("{} hospital is short of nurses", "Doctors in {} see more patients", "A clinic for the ill opens in {}")


def made(kinds=(("money", MONEY), ("law", LAW), ("health", HEALTH))):
    return [
        {"id": f"{code}{i}{j}", "text": form.format(place), "frame": code}
        for code, forms in kinds
        for i, form in enumerate(forms)
        for j, place in enumerate(PLACES)
    ]


def write_lines(path, rows):
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coder")
    train_frames(write_lines(folder / "coded.jsonl", made()), folder / "out")
    return folder / "out"


# --- reading a coding


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.csv", 'text,frame\n"open,x\n', "table-invalid"),
        ("a.csv", "text,frame\none,a,b\n", "malformed-row"),
        ("a.csv", "text,text\none,two\n", "table-invalid"),
        ("a.csv", "words,frame\none,a\n", "table-invalid"),
        ("a.csv", "text,words\none,a\n", "table-invalid"),
        ("a.csv", "text,frame\n", "nothing-to-analyse"),
        ("a.jsonl", "[1]\n", "malformed-row"),
        ("a.jsonl", "[" * 100_000, "malformed-row"),
        ("a.xlsx", "text", "unsupported-format"),
        ("a.csv.gz", "no archive", "bad-archive"),
    ],
)
def test_a_coding_that_cannot_be_read_is_refused(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        load_codings(tmp_path / name)
    assert refused.value.reason == reason


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.frame_codings._LIMIT", 1000)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"text,frame\n" + b"a" * 5000))
    with pytest.raises(Refusal, match="decompression-limit"):
        load_codings(tmp_path / "a.csv.gz")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "text,frame\nA b,money; law\nC d,\n"),
        ("a.csv", "Headline,Codes\nA b,money|law\n"),
        ("a.tsv", "id\ttitle\tframe_1\tframe_2\n7\tA b\tmoney\tlaw\n8\tC d\t99\tNA\n"),
        ("a.csv", "text;money;law;id\nA b;1;1;1\nC d;0;0;2\n"),
        ("a.jsonl", '{"text": "A b", "frames": ["money", "law"], "frame": "money"}\n{"text": "C d", "frame": null}\n'),
    ],
)
def test_texts_and_codes_are_found_under_their_usual_names(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    coded = load_codings(tmp_path / name)
    assert coded["text"].tolist() == ["A b"] and coded["codes"].tolist() == [["money", "law"]]


def test_the_main_code_comes_first_and_like_texts_share_a_group(tmp_path):
    rows = [
        {"text": "A, b!", "frames": ["law", "money"], "frame": "money", "lead": "More of it."},
        {"text": "a b", "frame": "law"},
    ]
    coded = load_codings(write_lines(tmp_path / "a.jsonl", rows))
    assert coded["codes"].tolist() == [["money", "law"], ["law"]]
    assert coded["group"].nunique() == 1 and coded["context"].tolist() == ["More of it.", ""]


# --- what it refuses to learn


def test_too_little_coding_is_refused(tmp_path):
    for rows in (
        made()[: LEAST_TEXTS - 1],
        made((("money", MONEY * 2),)),
        made()[:36] + made()[36:45] * 1 + made()[:20],
    ):
        with pytest.raises(Refusal, match="nothing-to-analyse"):
            check_codings(load_codings(write_lines(tmp_path / "a.jsonl", rows)), name="a")


def test_coding_that_the_texts_do_not_bear_is_refused_and_nothing_is_written(tmp_path, capsys):
    rows = made()
    for i, row in enumerate(rows):
        row["frame"] = "ab"[(i * i + i // 7) % 2]
    path = write_lines(tmp_path / "coded.jsonl", rows)
    assert main(["train", "frames", str(path), str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "chance" in said and said.endswith("[untrusted-model]\n")
    assert not (tmp_path / "out").exists()


# --- what it learns


def test_a_plain_codebook_is_learnt(trained):
    found = list(annotate_frames([{"id": 1, "text": "Nurses and doctors leave the hospital"}], models=trained))
    assert found[0]["frame"] == "health" and found[0]["frames"][0] == "health" and found[0]["id"] == 1
    assert set(found[0]["scores"]) == {"money", "law", "health"}
    assert all(0 <= s <= 1 for s in found[0]["scores"].values())
    assert "macro-F1" in (trained / "frames.md").read_text(encoding="utf-8")


def test_texts_that_hold_nothing_known_are_coded_without_a_crash(trained):
    texts = ["", "?!", "д" * 50, "x" * 100_000, "“" * 10_000, "\x00\ud800", "<b>&"]
    found = list(annotate_frames(({"id": i, "text": t} for i, t in enumerate(texts)), models=trained))
    assert [f["id"] for f in found] == list(range(len(texts)))
    assert list(annotate_frames([], models=trained)) == []


def test_the_command_line_codes_with_the_users_codebook(tmp_path, trained):
    given = write_lines(tmp_path / "in.jsonl", [{"id": "a", "text": "The judge and the court rule on a statute"}])
    assert main(["annotate", "frames", str(given), str(tmp_path / "out.jsonl"), "--models", str(trained)]) == 0
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["frame"] == "law"


def test_without_a_coder_the_items_of_the_list_are_answered():
    for models in (None, True):
        found = list(
            annotators(models)["frames"]([{"id": 1, "text": "The court ruled on the lawsuit."}, {"id": 2, "text": ""}])
        )
        assert found[0]["frame"] == "legality" and 0 < found[0]["scores"]["legality"] <= 1
        assert found[1] == {"id": 2, "frame": "", "frames": [], "scores": dict.fromkeys(found[0]["scores"], 0.0)}


def test_two_fittings_give_the_same_bytes(tmp_path, trained):
    train_frames(write_lines(tmp_path / "coded.jsonl", made()), tmp_path / "out")
    assert (tmp_path / "out" / MODEL).read_bytes() == (trained / MODEL).read_bytes()


def test_no_stored_feature_is_longer_than_two_words(trained):
    coder = load_coder(trained)
    assert max(f.count(" ") for v in VIEWS for f in coder.views[v].features) == 1


def test_the_numpy_of_scoring_equals_the_fitted_coder(tmp_path, trained):
    coded = load_codings(write_lines(tmp_path / "a.jsonl", made()))
    fitted = fit_coder(coded, codes=["health", "law", "money"])
    texts = coded["text"].tolist()[:20]
    assert np.allclose(fitted.score(texts), load_coder(trained).score(texts), atol=1e-4)


def test_a_lead_helps_but_is_not_coded(tmp_path):
    rows = made()
    for row in rows:
        row["lead"] = "gizmo words" if row["frame"] == "law" else ""
    coded = load_codings(write_lines(tmp_path / "a.jsonl", rows))
    coder = fit_coder(coded, codes=["health", "law", "money"])
    assert coder.score(["gizmo"]).argmax() == 1


# --- agreement


def test_alpha_on_the_worked_example():
    """Two coders, ten units, nominal with two values (Krippendorff 2011, Computing alpha, example A): .095."""
    a = "0 1 0 0 0 0 0 0 1 0".split()
    b = "1 1 1 0 0 1 0 0 0 0".split()
    assert find_alpha(Counter(zip(a, b, strict=True))) == pytest.approx(0.095, abs=0.001)


def test_agreement_of_the_perfect_and_the_blind():
    gold = ["a", "b"] * 20
    groups = [str(i) for i in range(40)]
    assert measure_codes(gold, gold, groups=groups)["macro_f1"] == (1, 1, 1)
    blind = measure_codes(gold, ["a"] * 40, groups=groups)
    assert blind["alpha"][0] < 0.01 and blind["f1:b"][0] == 0


# --- models


def test_a_folder_of_models_may_hold_only_some(tmp_path, trained):
    assert find_model(trained, MODEL) == trained / MODEL
    shipped = find_model(True, "attributions.npz")
    assert find_model(trained, "attributions.npz") == shipped and shipped.is_file()
    assert find_model(None, "attributions.npz") is None and find_model(True, MODEL) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
def test_a_broken_coder_is_refused(tmp_path, content):
    (tmp_path / MODEL).write_bytes(content)
    with pytest.raises(Refusal, match="untrusted-model"):
        load_coder(tmp_path)


def test_a_coder_with_an_object_inside_is_refused(tmp_path):
    np.savez(tmp_path / MODEL, head=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(Refusal, match="untrusted-model"):
        load_coder(tmp_path)


def test_sentences_are_coded_from_the_threshold_on(trained):
    _, sentences, tokens = table_of("The hospital is short of nurses and doctors. It was a day.")
    tokens["voice"] = "narrator"
    found = code_sentences(sentences, tokens=tokens, models=trained)
    assert found["frame"].tolist() == ["health"] and found["sentence_id"].tolist() == [0]
    assert code_sentences(sentences, tokens=tokens, models=None).empty


# --- features


def test_words_are_folded_and_company_is_known():
    assert find_words("Don’t STOP re-electing U\u200bs!") == ["don't", "stop", "re-electing", "us"]
    assert fold_word("protested") == fold_word("protests") == "protest" and fold_word("is") == "is"
    near = find_company([["court"], ["judge"], ["banana"]])
    assert near[0] @ near[1] > near[0] @ near[2]
    assert find_company([[]]).tolist() == [[0.0] * near.shape[1]]
