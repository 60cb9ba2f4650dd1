"""Errors of one text: what is flagged, what is considered and let stand, and what never is."""

from __future__ import annotations

import importlib.util
import json
import time
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import FINDING_COLUMNS, annotate_errors, find_errors
from analysis.segment import split_sentences, split_tokens
from analysis.wordlists import LexiconError

ROOT = Path(__file__).parents[1]
CASES = [
    json.loads(line) for line in (ROOT / "tests/cases/period_names.jsonl").read_text(encoding="utf-8").splitlines()
]
SEEDS = {p.name[:3]: p.read_bytes().decode("utf-8") for p in sorted((ROOT / "seeds").glob("*.txt"))}


def findings(text: str, date: str = "2022-01-07", **options) -> list[dict]:
    return list(annotate_errors([{"id": 0, "text": text, "date": date}], **options))


def flagged(text: str, kind: str, date: str = "2022-01-07") -> list[str]:
    return [f["text"] for f in findings(text, date) if f["kind"] == kind and f["status"] == "flagged"]


def corpus(*texts: str) -> dict:
    articles = pd.DataFrame(
        {
            "article_id": [f"a{i}" for i in range(len(texts))],
            "text": texts,
            "date": "2022-01-07",
            "title_start": -1,
            "title_end": -1,
        }
    )
    sentences = split_sentences(articles, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
    attributions = pd.DataFrame(columns=["article_id", "attribution_id", "quotation_type", "start", "end"])
    return {
        "articles": articles,
        "sentences": sentences,
        "tokens": split_tokens(articles, sentences=sentences),
        "attributions": attributions,
    }


def find(*texts: str) -> pd.DataFrame:
    tables = corpus(*texts)
    return find_errors(tables.pop("articles"), **tables)


# --- the five articles


def test_the_five_articles_show_these_errors_and_no_others():
    records = [{"id": k, "text": v} for k, v in SEEDS.items()]
    found = [(f["id"], f["kind"], f["text"]) for f in annotate_errors(records) if f["status"] == "flagged"]
    assert found == [
        ("000", "slip", "one of Vladimir Putin’s strongest for"),
        ("000", "period_name", "Soviet"),
        ("003", "slip", "were acting"),
        ("003", "slip", "Ukraines"),
        ("004", "name", "Volodymr"),
    ]


def test_soviet_is_considered_six_times_in_the_five_articles():
    found = [
        (f["id"], f["status"])
        for k, v in SEEDS.items()
        for f in annotate_errors([{"id": k, "text": v}])
        if f["text"].startswith("Soviet")
    ]
    assert found == [
        ("000", "flagged"),
        ("001", "suppressed"),
        ("001", "suppressed"),
        ("002", "suppressed"),
        ("004", "suppressed"),
        ("004", "suppressed"),
    ]


def test_dates_in_the_five_articles_are_right():
    records = [{"id": k, "text": v, "date": "2022-01-28"} for k, v in SEEDS.items()]
    found = [f for f in annotate_errors(records) if f["kind"] == "date"]
    assert len(found) == 3 and all(f["status"] == "suppressed" and " was a " in f["explanation"] for f in found)


# --- period names


def test_there_are_enough_cases_and_most_are_negative():
    assert len(CASES) >= 150 and sum(c["expect"] != "flagged" for c in CASES) >= 90


@pytest.fixture(scope="module")
def judged() -> dict[int, list[dict]]:
    found: dict[int, list[dict]] = {}
    for f in annotate_errors({"id": i, "text": c["text"], "date": c["date"]} for i, c in enumerate(CASES)):
        found.setdefault(f["id"], []).append(f)
    return found


@pytest.mark.parametrize("number", range(len(CASES)))
def test_case(number, judged):
    case = CASES[number]
    found = [f for f in judged.get(number, []) if f["kind"] == "period_name"]
    assert [f["status"] for f in found if f["text"] == case["name"]][:1] == [s for s in [case["expect"]] if s != "none"]
    assert [f["text"] for f in found if f["text"] != case["name"] and f["status"] == "flagged"] == []


def test_a_finding_gives_the_place_in_the_raw_text_and_what_to_write():
    text = "It was “quiet”. A S\u043e\u00adviet drone was shot down today."
    (found,) = findings(text)
    assert text[found["start"] : found["end"]] == found["text"] == "S\u043e\u00adviet"
    assert found["suggestion"] == "Russian" and "1991" in found["explanation"]


def test_a_possessive_is_not_part_of_the_finding():
    (found,) = findings("The Soviet Union’s president spoke today.")
    assert found["text"] == "Soviet Union" and found["suggestion"] == "Russia"


def test_a_name_in_a_direct_quotation_is_the_speakers_and_less_severe():
    text = "“We fear a Soviet attack,” he said. He fears a Soviet attack."
    tables = corpus(text)
    tables["attributions"] = pd.DataFrame(
        [("a0", 0, "direct", 0, 25)], columns=["article_id", "attribution_id", "quotation_type", "start", "end"]
    )
    found = find_errors(tables.pop("articles"), **tables)
    assert found["severity"].tolist() == ["low", "high"] and found["status"].tolist() == ["flagged", "flagged"]
    assert "speaker" in found["explanation"][0] and "speaker" not in found["explanation"][1]


def test_a_text_without_a_date_is_read_as_of_today_and_says_so():
    (found,) = findings("A Soviet drone was shot down.", date="")
    assert found["status"] == "flagged" and "no date" in found["explanation"]


def test_a_users_names_are_used_and_a_broken_entry_is_refused(tmp_path):
    file = tmp_path / "period_names.more.csv"
    header = "name,forms,kind,valid_from,valid_to,use_instead,status,source,note\n"
    file.write_text(header + "Oldland,Oldland;Oldlander,state,1900,1990,Newland;Newlander,error,own,\n", "utf-8")
    found = findings("The Oldlander envoy left today. A Soviet one stayed.", folder=tmp_path)
    assert [(f["text"], f["suggestion"]) for f in found] == [("Oldlander", "Newlander"), ("Soviet", "Russian")]
    file.write_text(header + "Oldland,Oldland,state,1900,then,Newland,error,own,\n", encoding="utf-8")
    with pytest.raises(LexiconError, match="line 2"):
        findings("Oldland", folder=tmp_path)


# --- slips


@pytest.mark.parametrize(
    "text",
    [
        "We were acting with force.",
        "“Our men stood guard, and were acting on orders,” he said.",
        "They trust us, and were waiting for help.",
        "The officers, and were it not for them we would fail, held on.",
        "The two Koreas talks ended.",
        "The Americas summit opens today.",
        "She wore Jordans sneakers.",
        "Ukraine's defences held.",
        "Ukraine’s defences held.",
        "The Ukraines of this world lose.",
        "UKRAINES defences",
        "He had had enough.",
        "She said that that was fine.",
        "It was very, very cold.",
        "They came in in pairs.",
        "The The played in London.",
        "Walla Walla is a town.",
        "no, no, no, no",
        "to be, or not to be, be brave",
        "The port is one of Europe's largest for grain.",
        "The port, one of Europe's largest for grain, is shut.",
        "He met one of Europe's strongest leaders for talks.",
        "It is one of the city's best.",
        "He spoke as is his wont.",
        "It lost its edge.",
        "Its a@b.example address",
        "Visit dont.example now",
        "see #dont_do_it",
        "the Wont family",
        "That was the best for everyone.",
        "Mr. Ive said so.",
    ],
)
def test_right_wording_is_no_slip(text):
    assert flagged(text, "slip") == []


@pytest.mark.parametrize(
    ("text", "slip", "suggestion"),
    [
        ("“There is no doubt about our aims, and were acting with force,” she said.", "were acting", "we're acting"),
        ("“Were going to win this,” he said.", "Were going", "we're going"),
        ("They bolster Ukraines defences.", "Ukraines", "Ukraine's"),
        ("It is about Russias borders.", "Russias", "Russia's"),
        ("He shut the the door.", "the the", "the"),
        ("They spoke of of peace.", "of of", "of"),
        (
            "He closed the door on one of her uncle's strongest for easing tensions.",
            "one of her uncle's strongest for",
            "",
        ),
        ("He dont know.", "dont", "don't"),
        ("She said they didnt come.", "didnt", "didn't"),
        ("We think its not over.", "its", "it's"),
        ("The lowest its been in years.", "its", "it's"),
        ("He wont go.", "wont", "won't"),
    ],
)
def test_a_slip_is_flagged(text, slip, suggestion):
    found = [f for f in findings(text) if f["kind"] == "slip"]
    assert [(f["text"], f["suggestion"]) for f in found] == [(slip, suggestion)]


# --- names


@pytest.mark.parametrize(
    "text",
    [
        "Sergei Lavrov spoke. Sergey Lavrov left.",
        "Volodymyr Zelensky, also written Volodymyr Zelenskyy",
        "Kiev and Kyiv are one city.",
        "Alexander Lukashenko and Aliaksandr Lukashenka",
        "The Zelenskys came.",
        "Olena Zelenska spoke beside Volodymyr Zelensky.",
        "Austrian and Australian wines from Austria and Australia",
        "Gambia is not Zambia.",
        "Genova is not Geneva, and Geneva is not Genova.",
        "Jens Stoltenberg's Stoltenbergs",
        "Phillip Hammond met Philip Hammond. Philip Hammond left.",
        "Maria Sanders and Marie Sanders and Maria Sanders",
    ],
)
def test_accepted_spellings_are_not_flagged(text):
    assert flagged(text, "name") == []


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("President Volodymr Zelensky hit back.", "Volodymr", "Volodymyr"),
        ("Volodymyr Zelenksy spoke.", "Zelenksy", "Zelensky"),
        ("NATO chief Jens Stoltenburg’s answer", "Stoltenburg", "Stoltenberg"),
        ("Stoltenberg left; Stoltenburg’s car followed.", "Stoltenburg", "Stoltenberg"),
        ("The border of Belaurs with Belarus", "Belaurs", "Belarus"),
    ],
)
def test_a_misspelt_name_is_flagged(text, wrong, right):
    assert [(f["text"], f["suggestion"]) for f in findings(text) if f["kind"] == "name"] == [(wrong, right)]


def test_names_are_compared_across_articles_unless_each_stands_alone():
    texts = ("Katarzyna Nowicka spoke.", "Katarzyna Nowicka left.", "Katarzna Nowicka came.")
    found = find(*texts)
    assert found[["article_id", "kind", "text"]].to_numpy().tolist() == [["a2", "name", "Katarzna"]]
    assert found["suggestion"].tolist() == ["Katarzyna"]
    assert list(annotate_errors({"id": i, "text": t} for i, t in enumerate(texts))) == []


# --- weekdays


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("It met on Wednesday (26 January).", "suppressed"),
        ("It met on Thursday (26 January).", "flagged"),
        ("It met on Saturday, January 29th, 2022.", "suppressed"),
        ("It met on Sunday, Jan. 29, 2022.", "flagged"),
        ("It met on Friday 31 December.", "suppressed"),
        ("It met on Monday 31 February.", "flagged"),
        ("It met on Tuesday the 1st of February.", "suppressed"),
    ],
)
def test_a_weekday_is_checked_against_its_date(text, status):
    assert [f["status"] for f in findings(text) if f["kind"] == "date"] == [status]


def test_a_weekday_of_last_year_is_right():
    found = findings("It met on Friday, Sept. 14, in the capital.", "2013-05-13")  # 14 September 2012
    assert [f["status"] for f in found if f["kind"] == "date"] == ["suppressed"]
    found = findings("It met on Monday, Sept. 14, in the capital.", "2013-05-13")
    assert [f["status"] for f in found if f["kind"] == "date"] == ["flagged"]


def test_a_weekday_without_a_known_year_is_not_flagged():
    found = findings("It met on Monday 26 January.", date="")
    assert [(f["kind"], f["status"]) for f in found] == [("date", "suppressed")]


@pytest.mark.parametrize("text", ["On Monday 5 people died.", "Black Friday 2021", "Bloody Sunday, 30 years on"])
def test_other_numbers_beside_a_weekday_are_no_dates(text):
    assert [f for f in findings(text) if f["kind"] == "date"] == []


# --- the table, and hostile text


def test_the_table_has_its_columns_even_when_nothing_is_found():
    assert find("Nothing here.").columns.tolist() == FINDING_COLUMNS
    assert find().columns.tolist() == FINDING_COLUMNS
    assert list(annotate_errors([])) == [] and findings("") == []


def test_findings_are_in_order_and_hold_their_text():
    texts = ("A Soviet drone fell, they dont deny it. The Soviets do.", "Peking said so of of late.")
    found = find(*texts)
    places = found[["article_id", "start"]].to_numpy().tolist()
    assert len(places) == 5 and places == sorted(places)
    for f in found.itertuples(index=False):
        assert texts[int(f.article_id[1:])][f.start : f.end] == f.text


@pytest.mark.parametrize(
    "text",
    [
        "the former Soviet army of the Cold War in 1950 and 2020 " * 8000,
        "the the " * 30000,
        "-".join(["Soviet"] * 30000),
        "“" * 100000 + "Soviet",
        "and we are, and were acting " * 12000,
        "Wednesday " * 50000,
        "x" * 2_000_000,
        "one of x's most " * 20000,
        "in 1986 " * 40000 + "Peking " * 5000,
    ],
    ids=range(9),
)
def test_hostile_text_takes_linear_time(text):
    start = time.perf_counter()
    findings(text)
    assert time.perf_counter() - start < 20


# --- the human-coded corpora, where they are at hand


def test_real_mentions_are_seldom_flagged_and_planted_errors_mostly():
    gold = ROOT.parent / "shared" / "gold"
    if not (gold / "newsmtsc.jsonl.gz").exists():
        pytest.skip("the human-coded corpora are not at hand")
    spec = importlib.util.spec_from_file_location("bench_errors", ROOT / "bench" / "bench_errors.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    records = bench.load_texts(gold, "newsmtsc")
    n, found = bench.measure_recall(records, bench.PLANTS["Russia"])
    assert n >= 150 and found / n >= 0.90
    n, alarms = bench.measure_real(records)["period_name"]
    assert n >= 20 and alarms / n <= 0.05
