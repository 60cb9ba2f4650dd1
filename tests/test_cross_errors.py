"""Errors across outlets: numbers, dates, offices, misquotations, credits; what agrees is never flagged."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pandas as pd
import pytest
from conftest import ROOT, SHARED

from analysis.crediting import Credit, find_moved_credits
from analysis.cross_errors import cite_outlets, compare_errors
from analysis.disagreements import find_disagreements
from analysis.errors import annotate_errors
from analysis.findings import FINDING_COLUMNS, Finding, Passage, join_evidence
from analysis.misquotations import find_misquotations, find_transcript_misquotations
from analysis.offices import Offices
from analysis.quantities import find_quantities
from analysis.segment import split_sentences, split_tokens
from analysis.slips import Words
from analysis.title_disputes import find_title_disputes
from analysis.wordlists import LexiconError, load_lexicon

CASES = [
    json.loads(line) for line in (ROOT / "tests/cases/disagreements.jsonl").read_text(encoding="utf-8").splitlines()
]


def passage(article: str, text: str, start: int = 0) -> Passage:
    return Passage(article, f"Outlet {article}", 0, start, start + len(text), text)


def disagree(*texts: str) -> list[Finding]:
    group = [passage(str(i), t) for i, t in enumerate(texts)]
    return find_disagreements([group], {p.article_id: [p.text] for p in group})


def test_there_are_enough_cases_and_most_are_negative():
    assert len(CASES) >= 60 and sum(c["expect"] != "flagged" for c in CASES) >= len(CASES) / 2


@pytest.mark.parametrize("case", [c for c in CASES if c["kind"] != "office"], ids=lambda c: c["a"][:40])
def test_number_and_date_cases(case):
    found = disagree(case["a"], case["b"])
    assert [f.kind for f in found] == ([case["kind"]] * 2 if case["expect"] == "flagged" else [])
    for f in found:
        assert {"0": case["a"], "1": case["b"]}[f.article_id][f.start : f.end] == f.text
        assert f.severity == "low" and "sentence 0" in f.evidence


@pytest.mark.parametrize("case", [c for c in CASES if c["kind"] == "office"], ids=lambda c: c["text"][:40] + c["date"])
def test_office_cases(case):
    found = [f for f in annotate_errors([{"id": 0, **case}]) if f["kind"] == "office"]
    assert [(f["status"], f["text"]) for f in found] == (
        [] if case["expect"] == "none" else [(case["expect"], case["title"])]
    )


def test_a_number_that_the_other_article_has_elsewhere_is_another_number():
    a, b = (
        passage("a", "The landslide killed 14 villagers in the Norvik valley."),
        passage("b", "The landslide killed 23 villagers in the Norvik valley."),
    )
    whole = {"a": [a.text], "b": [b.text, "Of the villagers, 14 villagers were children."]}
    assert find_disagreements([[a, b]], whole) == []


def test_two_outlets_against_one_show_that_one():
    three = ["The landslide killed 14 villagers in the Norvik valley."] * 2
    found = disagree(*three, "The landslide killed 23 villagers in the Norvik valley.")
    assert [(f.article_id, f.suggestion, f.severity) for f in found] == [("2", "14 villagers", "medium")]


def test_articles_of_one_outlet_are_not_compared():
    a, b = (passage("a", f"The landslide killed {n} villagers in the Norvik valley.") for n in (14, 23))
    assert find_disagreements([[a, b._replace(article_id="b")]], {}) == []


@pytest.mark.parametrize(
    "text", ["Room 12", "in 2014", "F-16", "at 2:30 p.m.", "aged 12", "Jan. 26", "the 1990s", "9/11"]
)
def test_what_is_no_quantity(text):
    assert find_quantities(text) == []


# --- offices


def test_the_list_of_offices_is_long_enough_and_every_form_is_met():
    table = load_lexicon("offices")
    known = Offices(table)
    assert len(table) >= 120
    assert all(known.forms[form[-1]][form] == name for name in known.held for form in _forms(known, name))
    for rows in table.groupby(["name", "state", "office"]):
        spans = sorted(zip(rows[1]["valid_from"], rows[1]["valid_to"], strict=True))
        assert all(a[1] and a[1] <= b[0] for a, b in pairwise(spans)), rows[0]


def _forms(known: Offices, name: str) -> list[tuple[str, ...]]:
    return [form for forms in known.forms.values() for form, n in forms.items() if n == name]


def test_a_users_offices_are_used_and_a_broken_entry_is_refused(tmp_path):
    file = tmp_path / "offices.more.csv"
    header = "name,forms,state,office,titles,valid_from,valid_to,source,note\n"
    row = "Ann Orr,Ann Orr;Orr,Norvik,government,Prime Minister,{},2014-05-01,own,\n"
    file.write_text(header + row.format("2010-05-01"), encoding="utf-8")
    found = list(
        annotate_errors([{"id": 0, "text": "Prime Minister Ann Orr spoke.", "date": "2020-01-01"}], folder=tmp_path)
    )
    assert [f["status"] for f in found] == ["suppressed"]
    found = list(
        annotate_errors([{"id": 0, "text": "Prime Minister Orr said no.", "date": "2020-01-01"}], folder=tmp_path)
    )
    assert [(f["status"], f["suggestion"]) for f in found] == [("flagged", "former Prime Minister")]
    for broken in ("2010", "2010-13-01", "2015-05-01"):
        file.write_text(header + row.format(broken), encoding="utf-8")
        with pytest.raises(LexiconError, match="line 2"):
            list(annotate_errors([{"id": 0, "text": "Orr"}], folder=tmp_path))


def titles(*texts: str) -> list[Finding]:
    articles = pd.DataFrame(
        {
            "article_id": [str(i) for i in range(len(texts))],
            "outlet": [f"Outlet {i}" for i in range(len(texts))],
            "event_id": "e1",
            "text": texts,
            "title_start": -1,
            "title_end": -1,
        }
    )
    sentences = split_sentences(articles, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
    return find_title_disputes(
        Words(articles, split_tokens(articles, sentences=sentences)), articles=articles, passages={}
    )


@pytest.mark.parametrize(
    "texts",
    [
        ("Foreign Minister Ann Orr spoke.", "Foreign Affairs Minister Ann Orr spoke."),
        ("Foreign Secretary Ann Orr spoke.", "Foreign Minister Orr spoke."),
        ("Defence Minister Ann Orr spoke.", "Defense Secretary Ann Orr spoke."),
        ("Foreign Minister Ann Orr spoke.", "Former Deputy Foreign Minister Ann Orr spoke."),
        ("Foreign Minister Ann Orr and Deputy Foreign Minister Tom Orr met.", "Deputy Foreign Minister Tom Orr spoke."),
        ("President Ann Orr, once Prime Minister Ann Orr, spoke.", "Prime Minister Ann Orr spoke."),
        ("Foreign Minister Ann Orr spoke.", "Defence Minister Bea Dahl spoke."),
        ("Acting Foreign Minister Ann Orr spoke.", "Deputy Foreign Minister Ann Orr spoke."),
    ],
)
def test_variants_and_other_persons_are_no_dispute(texts):
    assert titles(*texts) == []


def test_titles_that_exclude_each_other_are_shown():
    found = titles("Deputy Foreign Minister Ann Orr spoke.", "Foreign Minister Ann Orr spoke.")
    assert [(f.text, f.severity) for f in found] == [
        ("Deputy Foreign Minister Ann Orr", "low"),
        ("Foreign Minister Ann Orr", "low"),
    ]
    found = titles("Senator Ann Orr spoke.", "Sen. Ann Orr spoke.", "Rep. Ann Orr spoke.")
    assert [(f.article_id, f.text) for f in found] == [("2", "Rep. Ann Orr")]


# --- quotations


def misquote(one: str, two: str) -> list[Finding]:
    group = [(passage(a, t), t, 0, (t,)) for a, t in (("a", one), ("b", two))]
    return find_misquotations([group], graded=frozenset({("a", "b", 0)}))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("“We will sign if Norvik pays its debt,” she said.", "If Norvik pays its debt, “we will sign,” she said."),
        ("“We will sign the treaty if Norvik pays.”", "She said that they “will sign the treaty” if paid."),
        (
            "“We will never sign the harbour treaty with Norvik.”",
            "They will never “sign the harbour treaty with Norvik.”",
        ),
        ("“We will sign the treaty, and if Norvik pays we will dance.”", "“We will sign the treaty,” she said."),
        ("“It is nothing more than an old harbour treaty.”", "“It is a mere old harbour treaty.”"),
        ("“The treaty will be signed in the harbour.”", "She said that it would “be signed in the harbour.”"),
    ],
)
def test_what_stands_beside_the_marks_is_not_lost(one, two):
    assert [f for f in misquote(one, two) if f.status == "flagged"] == []


def test_a_lost_condition_is_flagged_with_both_wordings():
    (found,) = misquote(
        "“We will open the harbour to all ships, if Norvik pays its debt,” she said.",
        "“We will open the harbour to all ships,” she said.",
    )
    assert found.status == "flagged" and found.severity == "low"
    assert "Norvik pays its debt" in found.explanation and "Outlet a (a, sentence 0)" in found.evidence


def test_a_lost_not_is_flagged():
    (found,) = misquote(
        "“We will not open the harbour to foreign warships this year,” she said.",
        "“We will open the harbour to foreign warships this year,” she said.",
    )
    assert found.status == "flagged" and found.severity == "medium"


def test_a_quotation_is_held_against_a_transcript():
    columns = "article_id start end speaker transcript reference kind before after severity".split()
    text = "“We will open the harbour to foreign warships,” she said."
    row = (
        "a",
        0,
        47,
        "Orr",
        "speech.txt",
        "We will not open the harbour to foreign warships.",
        "negation",
        "not",
        "",
        "major",
    )
    rows = list(pd.DataFrame([row], columns=columns).itertuples(index=False))
    (found,) = find_transcript_misquotations(rows, around={("a", 0): (text, text)}, texts={"a": text})
    assert (found.status, found.severity) == ("flagged", "high") and "speech.txt" in found.evidence
    minor = list(pd.DataFrame([(*row[:-1], "minor")], columns=columns).itertuples(index=False))
    assert find_transcript_misquotations(minor, around={}, texts={"a": text}) == []


# --- credits


def credit(article: str, text: str, rendering: str, speaker: str = "", side: str = "", open: bool = True) -> Credit:
    return Credit(passage(article, text), rendering, text, 0, speaker, speaker, side, text, open)


SAID = "“The harbour will stay closed to foreign warships for ever”"


def test_a_quotation_with_two_speakers_is_flagged_and_one_side_is_not():
    a, b = (
        credit("a", f"{SAID}, Ann Orr said.", "verbatim", "Ann Orr"),
        credit("b", f"{SAID}, Tom Dahl said.", "verbatim", "Tom Dahl"),
    )
    assert [f.status for f in find_moved_credits([[a, b]])] == ["flagged"]
    assert [f.status for f in find_moved_credits([[a._replace(side="Norvik"), b._replace(side="Norvik")]])] == [
        "suppressed"
    ]
    spokesman = b._replace(around="Tom Dahl, her spokesman, said.")
    assert [f.status for f in find_moved_credits([[a, spokesman]])] == ["suppressed"]
    assert find_moved_credits([[a, b._replace(speaker="Ann B. Orr", source="Ann B. Orr")]]) == []
    assert find_moved_credits([[a, b._replace(source="he")]]) == []


def test_words_taken_over_by_the_narrator():
    quoted = credit("a", f"{SAID}, Ann Orr said.", "verbatim", "Ann Orr")
    own = "After a long night of talks the harbour will stay closed to foreign warships for ever under a plan of the town council."
    told = credit("b", own, "narrated")
    (found,) = find_moved_credits([[quoted, told]])
    assert found.text == "the harbour will stay closed to foreign warships for ever" and found.severity == "low"
    assert find_moved_credits([[quoted, told._replace(open=False)]]) == []
    assert [f.status for f in find_moved_credits([[quoted, told._replace(around=own + " Orr smiled.")]])] == [
        "suppressed"
    ]


# --- the table, and hostile input


def tables_of(*texts: str) -> dict:
    articles = pd.DataFrame(
        {
            "article_id": [str(i) for i in range(len(texts))],
            "outlet": [f"Outlet {i}" for i in range(len(texts))],
            "event_id": "e1",
            "text": texts,
            "title_start": -1,
            "title_end": -1,
        }
    )
    sentences = split_sentences(articles, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
    return {
        "articles": articles,
        "sentences": sentences,
        "tokens": split_tokens(articles, sentences=sentences),
        "attributions": pd.DataFrame(columns=["article_id", "start", "end", "source", "speaker", "side"]),
    }


def statement(texts: list[str], rendering: str = "narrated") -> tuple[pd.DataFrame, pd.DataFrame]:
    told = [("s1", str(i), 0, rendering, 0, len(t), t, 0.9, "") for i, t in enumerate(texts)]
    columns = "statement_id article_id sentence_id rendering start end text score credit".split()
    return pd.DataFrame([("s1", "sure")], columns=["statement_id", "match"]), pd.DataFrame(told, columns=columns)


NO_EDITS = pd.DataFrame(columns="statement_id article_a article_b kind before after severity".split())
NO_TRANSCRIPT = pd.DataFrame(
    columns="article_id start end speaker transcript reference kind before after severity".split()
)


def compare(
    texts: list[str], findings: list[Finding], *, edits: pd.DataFrame = NO_EDITS, match: str = "sure"
) -> pd.DataFrame:
    statements, renderings = statement(texts, "verbatim" if len(edits) else "narrated")
    told = {"statements": statements.assign(match=match), "renderings": renderings, "quote_edits": edits}
    tables = tables_of(*texts)
    alone = pd.DataFrame(findings, columns=FINDING_COLUMNS)
    more = compare_errors(alone, **tables, **told, transcript_edits=NO_TRANSCRIPT)
    cited = cite_outlets(alone, articles=tables["articles"], sentences=tables["sentences"], **told)
    return pd.concat([cited, more], ignore_index=True)


def test_only_sure_statements_are_compared_and_rows_are_sorted():
    texts = [
        "The landslide killed 14 villagers in the Norvik valley.",
        "The landslide killed 23 villagers in the Norvik valley.",
    ]
    found = compare(texts, [])
    assert found.columns.tolist() == FINDING_COLUMNS and found["article_id"].tolist() == ["0", "1"]
    assert compare(texts, [], match="possible").empty


def test_a_period_name_that_only_one_outlet_quotes_is_that_outlets():
    texts = ["“We fear a Soviet attack,” she said.", "“We fear a Russian attack,” she said."]
    mine = Finding(
        "0", 11, 17, "period_name", "Soviet", "Russian", "low", "flagged", "the speaker's wording: why", "rule"
    )
    edits = pd.DataFrame([("s1", "0", "1", "reworded", "Soviet", "Russian", "minor")], columns=NO_EDITS.columns)
    (found,) = compare(texts, [mine], edits=edits).to_dict("records")
    assert found["severity"] == "high" and "another outlet" in found["explanation"]
    assert "Outlet 1 (1, sentence 0): “" in found["evidence"]
    same = pd.DataFrame([("s1", "0", "1", "reworded", "Soviet", "Soviet", "minor")], columns=NO_EDITS.columns)
    assert compare(texts, [mine], edits=same)["severity"].tolist() == ["low"]


def test_evidence_is_joined_once_each():
    assert join_evidence("a", "", "b", "a") == "a · b"


@pytest.mark.parametrize(
    "text",
    [
        "They counted " + "12 ships and " * 8000,
        "Secretary of State " * 8000,
        "Monday met " * 8000,
        "between 1 and " * 8000,
        "“" * 8000 + "12 ships",
        "Foreign Minister Blinken " * 4000,
    ],
    ids=range(6),
)
def test_hostile_text_takes_linear_time(text):
    start = time.process_time()
    disagree(text, text.replace("12", "19"))
    titles(text[:100_000], "Deputy Foreign Minister Ann Orr")
    list(annotate_errors([{"id": 0, "text": text, "date": "2022-01-01"}]))
    assert time.process_time() - start < 8


def test_many_statements_take_linear_time():
    texts = [f"The landslide killed {n} villagers in the Norvik valley." for n in (14, 23)]
    group = [passage(str(i), t) for i, t in enumerate(texts)]
    groups = [[p._replace(sentence_id=n, start=100 * n) for p in group] for n in range(1000)]
    start = time.process_time()
    assert len(find_disagreements(groups, {p.article_id: [p.text] for p in group})) == 2000
    assert time.process_time() - start < 8


# --- the human-coded corpora, where they are at hand


def test_planted_titles_are_found():
    from analysis.card_errors import load_texts, measure_planted, plant_titles

    folder = SHARED / "gold"
    if not (folder / "basil.jsonl.gz").is_file():
        pytest.skip("the human-coded corpora are not at hand")
    counts = measure_planted(list(plant_titles(load_texts(folder, "basil"))), kind="office").values()
    n, hits = (sum(c[k] for c in counts) for k in (0, 1))
    assert n >= 15 and hits / n >= 0.9


def test_titles_in_real_texts_are_left_alone():
    from analysis.card_errors import load_texts

    folder = SHARED / "gold"
    if not (folder / "polnear_dev.jsonl.gz").is_file():
        pytest.skip("the human-coded corpora are not at hand")
    found = [f for f in annotate_errors(load_texts(folder, "polnear_dev")) if f["kind"] == "office"]
    assert len(found) >= 5 and [f for f in found if f["status"] == "flagged"] == []
