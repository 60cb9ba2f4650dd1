"""Word lists: the shipped files are clean, every entry is met by its matcher, broken files are refused by line."""

from __future__ import annotations

import time
import tomllib

import pandas as pd
import pytest

from analysis.period_lists import Contexts, read_entries, split_parts
from analysis.segment import find_tokens
from analysis.term_matching import find_forms, find_terms
from analysis.views import straighten
from analysis.wordlists import FOLDER, LexiconError, load_lexicon

NAMES = sorted(p.stem for p in FOLDER.glob("*.csv"))
MATCHED = ["wording", "frames", "naming"]


def tokens_of(texts: list[str]) -> pd.DataFrame:
    rows = [
        (str(i), 0, s, e, norm, True)
        for i, text in enumerate(texts)
        for s, e, norm in find_tokens(straighten(text), 0, len(text))
    ]
    return pd.DataFrame(rows, columns=["article_id", "sentence_id", "start", "end", "norm", "is_word"])


def articles_of(texts: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"article_id": [str(i) for i in range(len(texts))], "text": texts})


def lexicon_of(*rows: tuple[str, ...], columns=("term", "group", "match")) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns))


def terms_in(text: str, lexicon: pd.DataFrame) -> list[str]:
    found = find_terms(tokens_of([text]), lexicon=lexicon, articles=articles_of([text]))
    return [text[s:e] for s, e in zip(found["start"], found["end"], strict=True)]


# --- the shipped files


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_file_loads_without_a_blank_comment_or_repeated_entry(name):
    table = load_lexicon(name)
    assert len(table) > 0
    assert not table.iloc[:, 0].str.startswith("#").any()
    assert not table.map(lambda cell: cell != cell.strip()).to_numpy().any()


@pytest.mark.parametrize("name", NAMES)
def test_every_file_has_a_certificate_with_its_number_of_entries(name):
    certificate = tomllib.loads((FOLDER / "certificates.toml").read_text(encoding="utf-8"))[name]
    assert certificate["n"] == len(load_lexicon(name))
    assert all(certificate[field] for field in ("title", "source", "licence", "version", "matching", "left_out"))


def test_no_certificate_without_a_file():
    assert sorted(tomllib.loads((FOLDER / "certificates.toml").read_text(encoding="utf-8"))) == NAMES


@pytest.mark.parametrize("name", MATCHED)
def test_every_entry_is_met_by_its_matcher(name):
    lexicon = load_lexicon(name)
    column = "label" if name == "naming" else "term"
    written = [term.replace("*", "") for term in lexicon[column]]
    alone = lexicon.assign(kind="", group=[str(i) for i in range(len(lexicon))])  # each in a group of its own
    found = find_terms(tokens_of(written), lexicon=alone, column=column, articles=articles_of(written))
    rows = found[["article_id", "group", "start", "end"]].itertuples(index=False)
    met = {(int(a), int(g)) for a, g, s, e in rows if s == 0 and e == len(written[int(a)])}
    assert [lexicon[column][i] for i in range(len(lexicon)) if (i, i) not in met] == []


@pytest.mark.parametrize("name", ["wording", "frames"])
def test_every_lemma_is_met_in_its_other_forms(name):
    lexicon = load_lexicon(name)
    lemmas = lexicon[lexicon["match"] == "lemma"].reset_index(drop=True)
    forms = [find_forms(term)[-1] for term in lemmas["term"]]
    own = [str(i) for i in range(len(lemmas))]
    found = find_terms(tokens_of(forms), lexicon=lemmas.assign(group=own))
    assert set(zip(found["article_id"], found["group"], strict=True)) >= set(zip(own, own, strict=True))


def test_the_wording_groups_are_full_enough():
    counts = load_lexicon("wording")["group"].value_counts()
    assert counts["hedge"] >= 60 and counts["booster"] >= 50 and counts["loaded"] >= 150
    assert {"modal", "assertive", "factive", "implicative", "intensifier", "one_sided"} <= set(counts.index)


def test_every_period_name_and_context_can_be_met():
    entries, index = read_entries(load_lexicon("period_names"))
    assert len(entries) >= 120
    reachable = {number for known in index.values() for _, number, _ in known}
    assert reachable == set(range(len(entries)))
    table = load_lexicon("period_contexts")
    contexts = Contexts(table)
    for number, pattern in enumerate(table["pattern"]):
        text = straighten(pattern.replace("*", ""))
        found = contexts.find(split_parts(text, 0, len(text)))
        assert number in {n for hits in found.values() for *_, n in hits}, pattern


def test_the_validity_dates_of_period_names_are_in_order():
    table = load_lexicon("period_names")
    both = table[(table["valid_from"] != "") & (table["valid_to"] != "")]
    assert (both["valid_from"].str.slice(0, 10) < both["valid_to"].str.slice(0, 10)).all()
    assert (table[table["status"] == "error"]["valid_to"] != "").all()
    assert (table["source"] != "").all()


# --- matching


@pytest.mark.parametrize("text", ["The classic passage.", "He hedged.", "a may-pole", "mayor", "Maybe not"])
def test_a_term_is_not_met_inside_another_word(text):
    assert terms_in(text, lexicon_of(("may", "modal", "exact"), ("ass", "loaded", "exact"))) == []


def test_a_phrase_does_not_cross_a_sentence():
    tokens = tokens_of(["of course"]).assign(sentence_id=[0, 1])
    assert len(find_terms(tokens, lexicon=lexicon_of(("of course", "booster", "exact")))) == 0


def test_a_phrase_does_not_cross_an_article():
    tokens = tokens_of(["of", "course"])
    assert len(find_terms(tokens, lexicon=lexicon_of(("of course", "booster", "exact")))) == 0


def test_the_longest_term_wins_in_a_group_but_not_across_groups():
    lexicon = lexicon_of(("bloc", "a", "exact"), ("military bloc", "a", "exact"), ("bloc", "b", "exact"))
    found = find_terms(tokens_of(["the military bloc"]), lexicon=lexicon)
    assert sorted(zip(found["term"], found["group"], strict=True)) == [("bloc", "b"), ("military bloc", "a")]


def test_a_lemma_is_met_in_its_regular_and_irregular_forms():
    lexicon = lexicon_of(*((term, "l", "lemma") for term in ("slam", "write", "deny", "crack down on")))
    text = "slammed slamming slams wrote written denied denies cracked down on"
    assert terms_in(text, lexicon) == [*text.split()[:7], "cracked down on"]


def test_an_exact_term_is_not_inflected():
    assert terms_in("blocs", lexicon_of(("bloc", "a", "exact"))) == []


def test_a_star_stands_for_any_ending():
    text = "negotiates, negotiators and navigators"
    assert terms_in(text, lexicon_of(("negotiat*", "a", "exact"))) == ["negotiates", "negotiators"]


@pytest.mark.parametrize(
    "text",
    [
        "so\u00ad-called help",
        "so-c\u200balled help",
        "s\u043e-called help",
        "\uff53\uff4f-called help",
        "SO-CALLED help",
    ],
)
def test_disguised_words_are_met(text):
    assert terms_in(text, lexicon_of(("so-called", "a", "exact"))) == [text.split()[0]]


def test_possessives_and_curly_apostrophes_are_met():
    lexicon = lexicon_of(("moscow", "a", "exact"), ("don't", "a", "exact"))
    assert terms_in("Moscow’s answer: don’t", lexicon) == ["Moscow’s", "don’t"]


def test_cased_terms_are_met_only_as_written():
    lexicon = lexicon_of(("US", "a", "cased"))
    assert terms_in("They told us that the US would.", lexicon) == ["US"]
    with pytest.raises(ValueError, match="text"):
        find_terms(tokens_of(["the US"]), lexicon=lexicon)


def test_naming_leaves_out_what_is_no_name_of_the_actor():
    text = "Washington told the Washington Post; the North Atlantic Council and the US-led military bloc told us."
    found = find_terms(tokens_of([text]), lexicon=load_lexicon("naming"), articles=articles_of([text]))
    assert list(zip(found["term"], found["actor"], strict=True)) == [
        ("Washington", "United States"),
        ("North Atlantic Council", "NATO"),
        ("US-led military bloc", "NATO"),
    ]


def test_no_tokens_no_matches():
    for name in MATCHED:
        found = find_terms(tokens_of([]), lexicon=load_lexicon(name), articles=articles_of([]))
        assert len(found) == 0 and {"article_id", "start", "end", "term"} <= set(found.columns)


# --- users' files


def write(folder, name, text, encoding="utf-8"):
    (folder / f"{name}.csv").write_bytes(text.encode(encoding))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("term,group\nslam,loaded\n\n", 3),
        ("term,group\n# hedges,loaded\n", 2),
        ("term,group\nslam,loaded\nblast\n", 3),
        ("term,group\nslam,loaded\nSlam,loaded\n", 3),
        ("term,group\n,loaded\n", 2),
        ("term,group\n***,loaded\n", 2),
        ("term,group,match\nslam,loaded,regex\n", 2),
        ("word,group\nslam,loaded\n", 1),
        ("term,term\nslam,loaded\n", 1),
        ('term,group\n"slam,loaded\n', 2),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path, text, line):
    write(tmp_path, "wording", text)
    with pytest.raises(LexiconError, match=rf"wording\.csv, line {line}\b"):
        load_lexicon("wording", folder=tmp_path)


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path):
    write(tmp_path, "wording", "term,group\nna\u00efve,loaded\n", encoding="cp1252")
    with pytest.raises(LexiconError, match="line 2"):
        load_lexicon("wording", folder=tmp_path)


@pytest.mark.parametrize(
    "row",
    [
        "Oldland,Oldland,state,soon,1990,Newland,error,law,",
        "Oldland,Oldland,state,1900,1990,Newland,wrong,law,",
        "Oldland,,state,1900,1990,Newland,error,law,",
        "Oldland,Oldland,state,1990,1900,Newland,error,law,",
        "Oldland,Oldland;Old,state,1900,1990,A;B;C,error,law,",
        "Oldland,Oldland,state,1900,,Newland,error,law,",
        "Oldland,Oldland,state,1900,2021-02-30,Newland,error,law,",
        "Oldland,Oldland,state,900,1200,Newland,error,law,",  # years are compared as words: four digits
    ],
)
def test_a_broken_period_name_is_refused_with_its_line(tmp_path, row):
    write(tmp_path, "period_names.more", f"name,forms,kind,valid_from,valid_to,use_instead,status,source,note\n{row}\n")
    with pytest.raises(LexiconError, match="line 2"):
        load_lexicon("period_names", folder=tmp_path)


def test_a_users_file_replaces_and_more_adds(tmp_path):
    write(tmp_path, "wording", "\ufeffterm,group\nslam,loaded\n")
    write(tmp_path, "frames.more", "frame,item,term,match\nsport,Does it speak of sport?,goal*,exact\n")
    assert load_lexicon("wording", folder=tmp_path)["term"].tolist() == ["slam"]
    assert len(load_lexicon("frames", folder=tmp_path)) == len(load_lexicon("frames")) + 1
    assert load_lexicon("naming", folder=tmp_path).equals(load_lexicon("naming"))


def test_a_pattern_in_a_users_file_is_plain_words(tmp_path):
    write(tmp_path, "wording", "term,group\n(a+)+$,loaded\n")
    lexicon = load_lexicon("wording", folder=tmp_path)
    start = time.perf_counter()
    assert terms_in("a" * 5000 + " b", lexicon) == []
    assert time.perf_counter() - start < 1


def test_an_unknown_lexicon_is_refused(tmp_path):
    with pytest.raises(LexiconError, match="nowhere"):
        load_lexicon("nowhere")
