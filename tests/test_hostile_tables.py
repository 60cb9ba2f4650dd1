"""Neighbours of the hostile inputs that are no files of a folder: tables, dates, names, settings, records, places."""

from __future__ import annotations

import csv
import gzip
import json
import os
import time

import pytest
from conftest import PARAGRAPH
from hostile import check_account, run_inside

from analysis.cli import main
from analysis.dates import read_any_day
from analysis.files import slug
from analysis.formats import flatten, load_page
from analysis.refusals import Refusal
from analysis.settings import load_settings

WORDS = " ".join(PARAGRAPH.replace(",", "").split())
HEAD = "outlet,title,text\n"


def rows(n: int = 2, mark: str = ",") -> str:
    return "".join(f"O{i}{mark}T{i}{mark}{WORDS} Number {i} {mark == ','}.\n" for i in range(n))


def ran(tmp_path, name: str, data: str | bytes, *, command: str = "tables"):
    folder = tmp_path / "case" / "input"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    settings = tmp_path / "fast.toml"
    settings.write_text("resamples = 50\n")
    return run_inside(tmp_path / "case", tmp_path / "out", command=command, settings=settings)


LINE = json.dumps({"outlet": "O", "text": WORDS})
WIDE = "\n".join(
    ",".join(["O" + str(i), "T", f"{WORDS} {i}."] + ["=1"] * 10_000)
    if i
    else HEAD[:-1] + "," + ",".join(map(str, range(10_000)))
    for i in range(3)
)
READ = {  # name: what is in it → how many are analysed and skipped
    "wide.csv": (WIDE, (2, 0)),
    "utf16.csv": ((HEAD + rows()).encode("utf-16"), (2, 0)),
    "utf16-no-mark.csv": ((HEAD + rows()).encode("utf-16-le"), (2, 0)),
    "quoted-mark.csv": ('\ufeff"outlet","title","text"\n' + rows(), (2, 0)),
    "mac-ends.csv": ((HEAD + rows()).replace("\n", "\r"), (2, 0)),
    "both-ends.csv": (HEAD.replace("\n", "\r\n") + rows(), (2, 0)),
    "no-names.csv": ("outlet,title,text,,\n" + rows().replace("\n", ",,\n"), (2, 0)),
    "blank.csv": (HEAD + "\n" * 50_000 + rows(), (2, 0)),
    "short.csv": (HEAD + "x\n" * 2_000 + rows(), (2, 2_000)),
    "open-at-end.csv": (HEAD + rows() + '"O,T,words', (2, 1)),
    "open-marks.csv": (HEAD + rows() + 'a"b,"c"d,"\n' * 500, (2, 500)),
    "end-of-file.csv": (HEAD + rows() + "\x1a", (2, 1)),
    "backslash.csv": (HEAD + f'O,"T \\" x",{WORDS}\n' + rows(), (2, 1)),
    "packed.csv.gz": (gzip.compress((HEAD + rows()).encode()), (2, 0)),
    "joined.jsonl": ("\r\n".join([LINE, LINE + LINE, LINE]), (1, 2)),
    "keys.jsonl": (json.dumps({"outlet": "O", "text": WORDS, **{f"k{i}": [{}] for i in range(9_000)}}), (1, 0)),
    "digits.jsonl": (json.dumps({"outlet": "O", "text": WORDS}) + '\n{"text": 1' + "0" * 9_000 + "}", (1, 1)),
}  # fmt: skip
REFUSED = {
    "two-names.csv": ("outlet,outlet,text\n" + rows(), "table-invalid"),
    "hidden.csv": ("out\u200blet,title,text\n" + rows(), "table-invalid"),
    "page.csv": ("<!doctype html><html><body>Sign in</body></html>", "table-invalid"),
    "gzip.csv": (gzip.compress(b"outlet,text"), "table-invalid"),
    "nul.csv": ((HEAD + rows()).replace("e", "\0"), "table-invalid"),
    "bomb.csv.gz": (gzip.compress(HEAD.encode() + bytes(30_000_000)), "decompression-limit"),
    "cut.csv.gz": (gzip.compress((HEAD + rows()).encode())[:-9], "bad-archive"),
    "mark.csv": ("\ufeff\n\n", "nothing-to-analyse"),
    "list.jsonl": (json.dumps([{"outlet": "O", "text": WORDS}]), "nothing-to-analyse"),
}


@pytest.mark.parametrize("name", READ)
def test_odd_tables_are_read_and_every_row_is_counted(tmp_path, name):
    data, counts = READ[name]
    result = ran(tmp_path, name, data)
    assert result.code == 0, result.said
    found = result.record["counts"]
    assert (found["analysed"], found["skipped"]) == counts and check_account(result) == []


@pytest.mark.parametrize("name", REFUSED)
def test_tables_that_cannot_be_read_are_refused_in_one_line(tmp_path, name):
    data, reason = REFUSED[name]
    result = ran(tmp_path, name, data)
    assert result.code == 2 and not result.out.exists()
    assert result.said.count("\n") == 1 and result.said.endswith(f"[{reason}]\n")


def test_the_guess_of_a_tables_encoding_is_written_down(tmp_path):
    result = ran(tmp_path, "c.csv", (HEAD + rows() + f"É,“T”,{WORDS}\n").encode("cp1252"))
    assert {tuple(i["flags"]) for i in result.record["items"]} == {("guessed-encoding",)}


BEGINNINGS = ("=1+1", "+1", "-2+3+cmd|' /C x'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\u200b=1", "\ufeff=1", "＝1", "％＝", "|x", "'=1", '"";=1', "%0A=1", "\u3000=1")  # fmt: skip


def test_no_cell_of_any_column_runs_in_a_spreadsheet(tmp_path):
    given = [
        {
            **dict.fromkeys(("outlet", "title", "date", "url", "event"), b),
            "text": f"{b}{WORDS} “{b} we go {i},” {b} Hale said.",
        }
        for i, b in enumerate(BEGINNINGS)
    ]
    result = ran(tmp_path, "c.jsonl", "\n".join(map(json.dumps, given)))
    assert result.code == 0 and result.record["counts"]["analysed"] == len(BEGINNINGS), result.said
    csv.field_size_limit(2**31 - 1)
    for path in result.out.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            cells = [c.lstrip(" \u00a0\u200b\ufeff\u3000") for row in csv.reader(lines) for c in row]
        assert not [c for c in cells if c[:1] in ("=", "+", "@", "\t", "\r", "\n", "\uff1d") or c[:4] == "-2+3"], (
            path.name
        )


# ---------------------------------------------------------------- dates and names


NO_DATES = (
    *("now", "today", "tomorrow", "10:15", "Monday", "January", "5 May", "01/02", "5", "1643500800", "NaT", "inf"),
    *("2022-02-30", "2022-13-45", "99999-01-01", "0001-01-01", "9999-12-31", "-5000", "292277026596-12-04", "9" * 40),
)


@pytest.mark.parametrize("word", NO_DATES)
def test_a_date_that_says_no_year_or_an_impossible_one_is_unknown(word):
    assert read_any_day(word) == ""


@pytest.mark.parametrize(
    ("word", "day"),
    [
        ("2022", "2022-01-01"),
        ("10:15 Jan 2022", "2022-01-01"),
        ("31/01/2022", "2022-01-31"),
        ("1.2.69", "1969-01-02"),
        ("Mon, 31 Jan 2022 10:00:00 GMT", "2022-01-31"),
        ("2022-01-31T23:30:00-05:00", "2022-02-01"),
        ("2022-01-31 23:30 EST", "2022-01-31"),
        ("20220131T101010Z", "2022-01-31"),
    ],
)
def test_dates_do_not_depend_on_the_clock_or_the_place(word, day, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert read_any_day(word) == day
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_name_that_looks_like_anothers_safe_name_gets_its_own():
    names = [
        "Reuters",
        "reuters",
        "REUTERS",
        "CON",
        "con",
        "com1",
        "lpt9",
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "\u00e9",
        "e\u0301",
    ]
    made = [slug(n) for n in names]
    again = [slug(m) for m in made]
    assert len({*made, *again} - {*names}) >= len(names)
    assert len(set(made)) == len(made) and not {"con", "com1", "lpt9"} & set(made)
    assert all(a != b for a, b in zip(made, again, strict=True) if a not in names)


def test_deep_pages_are_read_and_others_stay_as_they_are():
    plain = "<html><body>" + "<ul>" + "<li>one" * 500 + "</ul>" + "<p>two" * 500 + "</body></html>"
    assert flatten(plain) == plain
    for tag in ("div", "b", "table", "blockquote", "font"):
        text = load_page(f"<html><body><article>{f'<{tag}>' * 3_000}<p>{PARAGRAPH}</p>")["text"]
        assert "will not leave the talks" in text, tag


# ---------------------------------------------------------------- settings

HOSTILE = {
    "deep": ".".join("a" * 50_000) + " = 1",
    "deep-quoted": " . ".join(['"a"'] * 20_000) + " = 1",
    "deep-table": "[" + ".".join("a" * 50_000) + "]",
    "inline": "a = " + "{a = " * 5_000,
    "digits": "min_words = " + "9" * 9_000,
    "nan": "sure_from = nan",
    "long-name": f'transcripts = ["{"a" * 5_000}"]',
    "nul": 'lexicons = "a\\u0000b"',
    "twice": "[events]\nx = [" + ",".join(f'"a{i}"' for i in range(40_000)) + ', "a39999"]',
    "labels": "[targets.x]\nk = [" + ",".join(f'"a{i}"' for i in range(40_000)) + ', "A39999"]',
    "date": "min_words = 2022-01-01",
    "array": "[[outlets]]\na = 'b'",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_settings_are_refused_at_once(tmp_path, name):
    path = tmp_path / "c.toml"
    path.write_text(HOSTILE[name])
    began = time.process_time()
    with pytest.raises(Refusal, match=r"\[config-invalid\]$"):
        load_settings(path)
    assert time.process_time() - began < 5


def test_a_setting_does_not_lead_away_through_a_link(tmp_path, capsys):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text(PARAGRAPH)
    (tmp_path / "corpus" / "away").symlink_to("/etc")
    for line in ('lexicons = "away"', 'transcripts = ["away/passwd"]', 'validity = "away/passwd"'):
        (tmp_path / "corpus" / "parallax.toml").write_text(line)
        assert main(["tables", str(tmp_path / "corpus"), "--out", str(tmp_path / "out")]) == 2
        assert capsys.readouterr().err.endswith("[unsafe-path]\n")


@pytest.mark.parametrize("place", ["/dev/null", "/dev/null/x", "/proc/x", "x" * 300, "link", "file/x"])
def test_places_that_cannot_hold_a_result_are_refused_in_one_line(tmp_path, capsys, place):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text(PARAGRAPH)
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("nowhere")
    before = sorted(os.listdir(tmp_path))
    assert main(["tables", str(tmp_path / "corpus"), "--out", str(tmp_path / place)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.endswith("]\n") and sorted(os.listdir(tmp_path)) == before


# ---------------------------------------------------------------- records

GOOD = {
    "attributions": {"doc_id": "a", "text": "“No,” he said."},
    "valence": {"id": "a", "text": "The plan was bad.", "start": 4, "end": 8},
    "errors": {"id": "a", "text": "The Soviet Union said."},
    "fidelity": {"id": "a", "a": "we go", "b": "we do not go"},
    "align": {"event": "e", "articles": {"A": {"title": "t", "sentences": ["The pier burned down."]}}},
}
ODD = (None, 5, True, [], ["a", 5], {"a": None}, "\ud800", "", float("nan"), 10**30)


@pytest.mark.parametrize("what", GOOD)
def test_records_with_odd_fields_end_in_one_line_or_a_result(tmp_path, capsys, what):
    words = ["align"] if what == "align" else ["annotate", what]
    source, target = tmp_path / "i.jsonl", tmp_path / "o.jsonl"
    odd = [{**GOOD[what], key: value} for key in GOOD[what] for value in ODD]
    odd += [{k: v for k, v in GOOD[what].items() if k != key} for key in GOOD[what]]
    odd += [{"event": "e", "articles": {"A": v}} for v in ODD] if what == "align" else []
    for record in odd:
        target.unlink(missing_ok=True)
        source.write_text(json.dumps(record))
        code, said = main([*words, str(source), str(target)]), capsys.readouterr().err
        assert (code, target.exists()) == (0, True) or (
            code == 2 and not target.exists() and said.count("\n") == 1 and said.endswith("]\n")
        ), (record, said)
    for line in ("[" * 50_000, '{"a":' * 50_000, "NaN", "[]", "{"):
        source.write_text(line)
        assert main([*words, str(source), str(target)]) == 2
        assert capsys.readouterr().err.endswith("[malformed-row]\n")
