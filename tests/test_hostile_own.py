"""Hostile inputs of our own making: the same demands as on the shared pack, and they need nothing beside the project."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile

import numpy as np
import pytest
from conftest import PARAGRAPH
from hostile import check_account, check_case, control_numbers, find_live, outcome_of, run_inside

from analysis import model_files
from analysis.files import slug
from analysis.pipeline import analyse
from analysis.report import make_report

A = PARAGRAPH + "The Soviet era ended thirty years ago, and a small group of officials still remembers it.\n"
B = PARAGRAPH.replace("Maria Hale", "Piotr Orr").replace("treaty", "tariff") + "A second outlet says a little more.\n"
LIVE = "<img src=x onerror=window.__hit('own')>"
MUST = {"controls_ok": 1, "contained": 1, "no_traceback": 1, "csv_safe": 1, "no_exec": 1, "seconds": 120}


def docx() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escape.txt", "x")
    return buffer.getvalue()


SKIPPED = {  # file → what is in it, and the reasons that are right
    "utf16-broken.txt": (b"\xff\xfe" + A.encode("utf-16-le")[:-1], {"undecodable"}),
    "overlong.txt": (A.encode() + b"\xc0\x80\xe2\x82", {"undecodable"}),
    "surrogates.txt": (A.encode() + b" \xed\xa0\x80 \xed\xb0\x80 ends", {"undecodable"}),
    "koi8.txt": (("Министр заявил на встрече, что договор не будет подписан. " * 20).encode("koi8-r"), {"language"}),
    "sjis.txt": (("大臣は会議で条約に署名しないと述べた。" * 40).encode("shift-jis"), {"language", "undecodable"}),
    "controls.txt": (bytes(range(1, 9)) * 400, {"not-text"}),
    "zip.txt": (docx(), {"not-text"}),
    "xz.txt": (b"\xfd7zXZ\x00" + os.urandom(0) + b"words " * 200, {"not-text"}),
    "gzip.txt": (gzip.compress(b"a" * 100_000, mtime=0), {"not-text"}),
    "sound.txt": (b"OggS" + b"\x00\x02" * 50, {"not-text"}),
    "mark-only.txt": (b"\xef\xbb\xbf", {"empty"}),
    "zero-width.txt": ("\u200b\u2060\u00a0\n" * 50, {"empty", "too-short"}),
    "points.txt": ("… " * 3000, {"too-short", "empty"}),
    "cookies.txt": ("Accept all\nShare this:\nLeave a Reply\n", {"boilerplate-only", "too-short"}),
    "spanish.txt": ("El ministro dijo que no firmará el tratado y que la reunión se aplaza. " * 20, {"language"}),
    "copy-of-a.txt": (A, {"duplicate"}),
    "tool.exe": (b"MZ", {"unsupported-format"}),
    "n" * 220 + ".txt": (B, {"bad-name"}),
    "tab\there.txt": (B, {"bad-name"}),
}
ANALYSED = {  # file → what is in it, and a flag it must carry
    "utf16-no-mark.txt": (B.replace("Orr", "Adler").encode("utf-16-le"), "guessed-encoding"),
    "utf32.txt": (b"\xff\xfe\x00\x00" + B.replace("Orr", "Bell").encode("utf-32-le"), ""),
    "cp1252.txt": (B.replace("Orr", "Crane").encode("cp1252"), "guessed-encoding"),
    "hidden.txt": (B.replace("Orr", "Dove").replace("outlet", "out\u2060let"), "invisible-characters"),
    "cyrillic.txt": (B.replace("Orr", "Eden").replace("outlet", "\u043eutlet"), "confusable-characters"),
    "tags.txt": (B.replace("Orr", "Finch").replace("outlet", "out\U000e0061let"), "invisible-characters"),
    "bold.txt": (
        B.replace("Orr", "Grant").replace("outlet", "\U0001d428\U0001d42e\U0001d42d"),
        "confusable-characters",
    ),
    "live.txt": (B.replace("Orr", "Hart") + f"“We say {LIVE} again,” {LIVE} Hart said.\n", ""),
    "digits.txt": (B.replace("Orr", "Ives") + "It cost $" + "9" * 9_000 + " in 20" + "2" * 5_000 + ".\n", ""),
    "marks.txt": (B.replace("Orr", "Jones") + "“" * 20_000 + "\n" + "(" * 20_000 + "\n", ""),
    "lines.txt": (B.replace("Orr", "Knox") + "\u2028\u2029\x0b\x0c\x85" * 3_000 + "\n", ""),
    "formula.txt": ("=HYPERLINK(1)\n\n" + B.replace("Orr", "Lane") + "“=1+1,” Lane said. “＠SUM(1),” Lane said.\n", ""),
    "$(id) 'q' &amp;.txt": (B.replace("Orr", "Moss"), ""),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One corpus with everything in it, beside the same two good articles alone."""
    top = tmp_path_factory.mktemp("own")
    results = {}
    for name, files in (("clean", {}), ("all", {**SKIPPED, **ANALYSED})):
        folder = top / name / "input"
        folder.mkdir(parents=True)
        rows = [
            ("file", "outlet"),
            ("control_a.txt", "Outlet A"),
            ("control_b.txt", "Outlet B"),
            ("copy-of-a.txt", "Outlet A"),
        ]
        for file, content in {"control_a.txt": (A,), "control_b.txt": (B,), **files}.items():
            data = content[0]
            (folder / file).write_bytes(data if isinstance(data, bytes) else data.encode())
        if files:
            (folder / "loop").symlink_to(".")
            (folder / "outside.txt").symlink_to("/etc/passwd")
            os.mkfifo(folder / "pipe.txt")
            (folder / "folder.txt").mkdir()
        rows = rows if files else rows[:3]
        (folder / "manifest.csv").write_text("".join(f"{f},{o}\n" for f, o in rows))
        results[name] = run_inside(top / name, top / f"out-{name}")
    return results


def test_every_bad_file_has_its_reason(ran):
    items = {i["file"]: i for i in ran["all"].record["items"]}
    said = {f: items[f]["reason"] for f in SKIPPED}
    assert {f: r for f, r in said.items() if r not in SKIPPED[f][1]} == {}
    links = ("loop", "outside.txt", "pipe.txt", "folder.txt")
    assert {items[f]["reason"] for f in links} == {"not-regular-file"}


def test_every_odd_file_is_analysed_with_its_flag(ran):
    items = {i["file"]: i for i in ran["all"].record["items"]}
    assert {f: items[f]["reason"] for f in ANALYSED if items[f]["status"] != "analysed"} == {}
    assert {f: items[f]["flags"] for f, (_, flag) in ANALYSED.items() if flag and flag not in items[f]["flags"]} == {}


def test_the_good_articles_keep_their_numbers(ran):
    case = {"expected": "skipped", "reason": "duplicate", "also_ok": [], "must": MUST, "bad": []}
    result = ran["all"]
    case["also_ok"] = [f"skipped:{r}" for r in outcome_of(result)[1]]
    control = control_numbers(ran["clean"])
    assert len(control["said"]) >= 2
    assert check_case(case, result, folder=result.out, control=control) == []


# ---------------------------------------------------------------- tables

ROW = {"outlet": "A", "title": "T", "text": A}
LINES = [
    (json.dumps(ROW), ""),
    (json.dumps({**ROW, "id": "half \ud800 pair", "text": B + "\ud800 half a pair"}), "*"),
    (json.dumps({**ROW, "outlet": "\udfff", "title": "\ud83d", "text": B.replace("Orr", "Nash")}), "*"),
    (json.dumps({**ROW, "text": 5})[:-1], "malformed-row"),
    ('{"text": ' + "9" * 6_000 + "}", "*"),
    ('{"outlet": "A", "text": 1e999}', "*"),
    ("{" * 50_000, "malformed-row"),
    ('{"a":' * 50_000, "malformed-row"),
    (json.dumps({**ROW, "outlet": ["A"]}), "missing-field"),
    (json.dumps({**ROW, "id": "x\u0000y", "text": B.replace("Orr", "Page")}), "bad-name"),
    (json.dumps({**ROW, "id": "../../etc", "outlet": "../..", "text": B.replace("Orr", "Quinn")}), ""),
    (
        json.dumps(
            {
                **ROW,
                "id": LIVE,
                "outlet": LIVE,
                "title": LIVE,
                "url": LIVE,
                "date": LIVE,
                "text": B.replace("Orr", "Reed"),
            }
        ),
        "",
    ),
    ("null", "malformed-row"),
]


def test_json_lines_each_end_in_one_way(tmp_path):
    folder = tmp_path / "case" / "input"
    folder.mkdir(parents=True)
    (folder / "c.jsonl").write_text("\n".join(line for line, _ in LINES) + "\n")
    result = run_inside(tmp_path / "case", tmp_path / "out", command="report")
    assert result.code == 0, result.said
    assert check_account(result) == [] and "Traceback" not in result.said
    items = {i["line"]: i for i in result.record["items"]}
    assert sorted(items) == list(range(1, len(LINES) + 1))
    wrong = {n: items[n]["reason"] for n, (_, r) in enumerate(LINES, start=1) if r != "*" and items[n]["reason"] != r}
    assert wrong == {}
    page = (result.out / "report.html").read_text(encoding="utf-8")
    assert find_live(page) == []
    assert all(p.is_relative_to(result.out) for p in (result.out / "texts").iterdir())


@pytest.mark.parametrize(
    ("table", "counts"),
    [
        ('outlet,title,text\n{0}\nB,T,"open {1}\n{0}\n', (2, 1)),
        ("outlet,title,text\n{0}\nB,T\n{0},extra\n", (1, 2)),
        ("outlet,title,text\n{0}\n\n\nNA,007,{1}\nnull,1e5,{1} More.\n", (3, 0)),
        ('outlet\ttitle\ttext\nA\tT\t{1}\nB\t"T"x\t{1}\n', (1, 1)),
        ("\ufeffoutlet;title;text\nA;T;{1}\n", (1, 0)),
        ('outlet,title,text\n{0}\nB,"T,{1}\n"C","T","{1} Some words more."\n', (2, 1)),
    ],
)
def test_rows_in_are_rows_used_and_rows_skipped(tmp_path, table, counts):
    words = " ".join(A.replace(",", "").replace('"', "").split())
    numbered = table.replace("{0}", "A,T,{0}")
    for i in range(numbered.count("{0}")):
        numbered = numbered.replace("{0}", f"{words} Number {i}.", 1)
    folder = tmp_path / "case" / "input"
    folder.mkdir(parents=True)
    (folder / "c.csv").write_text(numbered.replace("{1}", words + " Another one."), encoding="utf-8")
    result = run_inside(tmp_path / "case", tmp_path / "out")
    assert result.code == 0, result.said
    found = result.record["counts"]
    assert (found["analysed"], found["skipped"]) == counts and check_account(result) == []
    outlets = {r["outlet"] for r in result.table("articles")}
    assert outlets <= {"A", "B", "C", "NA", "null"}


# ---------------------------------------------------------------- configuration, word lists, models


def npz(**arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def bomb(size: int) -> bytes:
    """An array in a zip that is small until it is unpacked."""
    buffer = io.BytesIO()
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|u1", "fortran_order": False, "shape": (size,)})
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("head.npy", head.getvalue() + bytes(size))
    return buffer.getvalue()


HEAD = json.dumps(
    {"stages": [{"templates": [], "sizes": {}}] * 2, "words": {}, "endings": {}, "clusters": {}, "settings": {}}
).encode()
TREE = {"feature": [0, 0], "threshold": [0, 0], "left": [0, -1], "right": [0, -1], "value": [0, 0]}
EXTRA = {  # what lies in extra/ → the reason of the refusal
    "config.toml:min_wrods = 50": "config-invalid",
    "config.toml:min_words = -1": "config-invalid",
    "config.toml:min_words = true": "config-invalid",
    "config.toml:min_words = 1e999": "config-invalid",
    "config.toml:resamples = 99999999999999999999": "config-invalid",
    "config.toml:[min_words]": "config-invalid",
    "config.toml:min_words = 5\nmin_words = 6": "config-invalid",
    "config.toml:a = " + "[" * 30_000: "config-invalid",
    "config.toml:\x00": "config-invalid",
    "config.yaml:!!python/object/apply:os.system ['touch x']": "config-invalid",
    "wording.csv:term,group\n(a+)+$": "config-invalid",
    "wording.csv:term,group\nx,\x00": "config-invalid",
    "wording.csv:term,group\n" + "a" * 50_000 + ",loaded": "config-invalid",
    "wordign.csv:term,group\nx,loaded": "config-invalid",
    "model.pkl:cposix\nsystem\n": "untrusted-model",
    "model.joblib.gz:x": "untrusted-model",
    "alignment.py:import os": "untrusted-model",
    "alignment.json:{": "config-invalid",
    "alignment.json:[]": "config-invalid",
    'alignment.json:{"features": ["x"]}': "config-invalid",
    'alignment.json:{"features": NaN}': "config-invalid",
    "alignment.json:" + '{"a":' * 50_000: "config-invalid",
    "alignment.json:" + json.dumps({"features": [], "trees": [TREE]}): "config-invalid",
    "attributions.npz:PK": "config-invalid",
}


def refused(tmp_path, name, data):
    for folder in ("input", "extra"):
        (tmp_path / "case" / folder).mkdir(parents=True)
    (tmp_path / "case" / "input" / "a.txt").write_text(A)
    (tmp_path / "case" / "extra" / name).write_bytes(data)
    result = run_inside(tmp_path / "case", tmp_path / "out")
    assert result.code == 2 and not result.out.exists(), result.said[-500:]
    assert result.said.count("\n") == 1 and "Traceback" not in result.said and len(result.said) < 700
    return result.said.strip()


@pytest.mark.parametrize("given", EXTRA, ids=lambda g: slug(g[:40]))
def test_hostile_settings_lists_and_models_are_refused_in_one_line(tmp_path, given):
    name, _, content = given.partition(":")
    assert refused(tmp_path, name, content.encode()).endswith(f"[{EXTRA[given]}]")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (npz(head=np.array([{}], dtype=object)), "untrusted-model"),
        (npz(head=np.array([1.0, np.nan])), "config-invalid"),
        (npz(head=np.frombuffer(b"[]", np.uint8)), "config-invalid"),
        (npz(other=np.zeros(3)), "config-invalid"),
        (npz(head=np.frombuffer(HEAD, np.uint8), move0=np.zeros(3), move1=np.zeros(3)), "config-invalid"),
        (npz(head=np.zeros(9))[:-30], "config-invalid"),
    ],
    ids=["objects", "nan", "list", "absent", "shapes", "cut"],
)
def test_hostile_arrays_are_refused(tmp_path, data, reason):
    assert refused(tmp_path, "attributions.npz", data).endswith(f"[{reason}]")


def test_an_archive_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(model_files, "MAX_ARRAYS", 1_000_000)
    assert refused(tmp_path, "attributions.npz", bomb(2_000_000)).endswith("[untrusted-model]")


def test_a_users_terms_are_words_and_never_patterns(tmp_path):
    for folder in ("input", "extra"):
        (tmp_path / "case" / folder).mkdir(parents=True)
    (tmp_path / "case" / "input" / "a.txt").write_text(A + "a" * 40_000 + "!\n")
    (tmp_path / "case" / "extra" / "wording.more.csv").write_text(
        'term,group\n"(a+)+$",loaded\n"(Soviet|So+viet)*!",error\n'
    )
    result = run_inside(tmp_path / "case", tmp_path / "out")
    assert result.code == 0 and result.seconds < 60, result.said


def test_pages_of_a_hostile_corpus_hold_nothing_live(corpus):
    payloads = [
        "</title><script>__hit(1)</script>",
        '" onmouseover="__hit(1)',
        "javascript:__hit(1)",
        "<!--",
        "]]>",
        "\u202e&#x3c;script&#x3e;",
    ]
    lines = [
        {"id": p, "outlet": p, "title": p, "url": p, "date": p, "text": f"{A}“We {p} refuse,” {p} Hale said."}
        for p in payloads
    ]
    run = analyse(corpus({"c.jsonl": "\n".join(map(json.dumps, lines))}) / "c.jsonl")
    page = make_report(run.tables, record=run.record(), texts=run.texts, charts={})
    assert find_live(page) == [] and "\u202e" not in page
