"""The command line: its words, its exit codes, one line for what is refused."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import PARAGRAPH, ROOT

from analysis.cli import main


def run(*args, **kw):
    return subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, args)], capture_output=True, text=True, timeout=120, **kw
    )


def refused(capsys, *args, code=2):
    assert main([str(a) for a in args]) == code
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "Traceback" not in err
    return err.strip()


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["nonsense"],
        ["tables"],
        ["tables", "x"],
        ["tables", "x", "--out", "y", "--what"],
        ["tables", "x", "--out", "y", "--jobs", "0"],
        ["tables", "x", "--out", "y", "--max-skips", "-1"],
        ["annotate", "tea", "a", "b"],
        ["--frobnicate"],
    ],
)
def test_wrong_words_are_one_line(capsys, args):
    assert refused(capsys, *args).endswith("[config-invalid]")


def test_bad_corpora(capsys, tmp_path, corpus):
    assert refused(capsys, "tables", tmp_path / "gone", "--out", tmp_path / "o").endswith("[nothing-to-analyse]")
    (tmp_path / "none").mkdir()
    assert refused(capsys, "tables", tmp_path / "none", "--out", tmp_path / "o").endswith("[nothing-to-analyse]")
    assert "1 empty" in refused(capsys, "tables", corpus({"a.txt": ""}, name="e"), "--out", tmp_path / "o")
    assert refused(capsys, "tables", ROOT / "seeds", "--out", ROOT / "seeds" / "o").endswith("[unsafe-path]")
    assert not (tmp_path / "o").exists()


def test_a_link_hides_no_corpus_from_its_result(capsys, tmp_path, corpus):
    folder = corpus({"a.txt": PARAGRAPH * 2})
    (tmp_path / "lnk").symlink_to(folder)
    (tmp_path / "loop").symlink_to("loop")
    for out in ("lnk/res", "lnk", "loop/res"):
        assert refused(capsys, "tables", folder, "--out", tmp_path / out).endswith("[unsafe-path]")
    assert refused(capsys, "tables", tmp_path / "lnk", "--out", folder / "res").endswith("[unsafe-path]")
    assert [p.name for p in folder.iterdir()] == ["a.txt"]


def test_clashes_are_refused_before_the_work(capsys, tmp_path, corpus, monkeypatch):
    monkeypatch.setattr("analysis.pipeline.run_line", None)
    folder, out = corpus({"a.txt": PARAGRAPH * 2}), tmp_path / "o"
    out.mkdir()
    (out / "run.json").write_text('{"files": []}')
    for name in ("tables", "cache", "report.html"):
        (out / name).write_text("mine")
        assert f"{name} in o" in refused(capsys, "report", folder, "--out", out)
        assert (out / name).read_text() == "mine"
        (out / name).unlink()


def test_a_terminal_of_few_letters_or_none_stops_nothing(tmp_path, corpus):
    folder = corpus({"c.csv": "source,text\nA,“" + "word " * 80 + "”\n"})
    words = [sys.executable, "-m", "analysis", "check", str(folder / "c.csv")]
    done = run(*words[3:], cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "") and "outlet \\u2190 source" in done.stdout
    for args, code in ((words, 0), ([*words[:4], str(tmp_path / "gone")], 2)):
        unread, pipe = os.pipe()
        os.close(unread)
        assert subprocess.run(args, stdout=pipe, stderr=pipe, cwd=ROOT, timeout=60).returncode == code
        done = subprocess.run(args, stdout=pipe, stderr=subprocess.PIPE, cwd=ROOT, timeout=60)
        assert done.stderr.count(b"\n") == (code != 0) and b"BrokenPipe" not in done.stderr
        os.close(pipe)


def test_bad_settings_models_and_lists(capsys, tmp_path, corpus):
    folder, out = corpus({"a.txt": PARAGRAPH * 2}), tmp_path / "o"
    (tmp_path / "c.toml").write_text("min_wrds = 3")
    assert "min_words" in refused(capsys, "tables", folder, "--out", out, "--config", tmp_path / "c.toml")
    models = tmp_path / "m"
    models.mkdir()
    (models / "x.pkl").write_bytes(b"\x80")
    assert refused(capsys, "tables", folder, "--out", out, "--models", models).endswith("[untrusted-model]")
    lists = tmp_path / "l"
    lists.mkdir()
    (lists / "wording.csv").write_text("term,group\nslam,loaded\n,loaded\n")
    assert "line 3" in refused(capsys, "tables", folder, "--out", out, "--lexicons", lists)
    (lists / "wording.csv").unlink()
    (lists / "wordings.csv").write_text("term\nx\n")
    assert "wordings.csv" in refused(capsys, "tables", folder, "--out", out, "--lexicons", lists)
    assert not out.exists()


def test_tables_and_what_was_skipped(capsys, tmp_path, corpus):
    folder = corpus(
        {"a.txt": PARAGRAPH * 2, "b.txt": PARAGRAPH.replace("Hale", "Dorn") * 2, "c.txt": "", "d.pdf": b"%PDF"}
    )
    out = tmp_path / "o"
    assert refused(capsys, "tables", folder, "--out", out, "--max-skips", 1, code=4)
    assert not out.exists()
    assert main(["tables", str(folder), "--out", str(out), "--max-skips", "2"]) == 0
    assert "2 of 4 articles analysed, 2 skipped" in capsys.readouterr().out
    record = json.loads((out / "run.json").read_text())
    assert record["counts"] == {"in": 4, "analysed": 2, "skipped": 2}
    assert {i["file"]: i["reason"] for i in record["items"] if i["status"] == "skipped"} == {
        "c.txt": "empty",
        "d.pdf": "unsupported-format",
    }
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []
    assert sorted(record) == sorted(["version", "python", "hashes", "counts", "items", "files", "notes"])


def test_a_users_word_list_is_used(capsys, tmp_path, corpus):
    lists = tmp_path / "l"
    lists.mkdir()
    (lists / "wording.more.csv").write_text("term,group\ncapital,shiny\n")
    folder = corpus({"a.txt": PARAGRAPH * 2})
    assert main(["tables", str(folder), "--out", str(tmp_path / "o"), "--lexicons", str(lists)]) == 0
    assert "shiny_per_1k" in (tmp_path / "o" / "tables" / "measures.csv").read_text()


def test_a_stop_signal_leaves_the_earlier_result(tmp_path, corpus):
    folder, out = corpus({"a.txt": PARAGRAPH * 2}), tmp_path / "o"
    assert run("tables", folder, "--out", out, cwd=ROOT).returncode == 0
    before = {p.name: p.read_bytes() for p in (out / "tables").iterdir()}
    for sign, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = subprocess.Popen(
            [sys.executable, "-m", "analysis", "report", str(ROOT / "seeds"), "--out", str(out)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        began = time.monotonic()  # on a slow machine too: work has begun when there is a folder to work in
        while not (tmp_path / ".o.parallax-run").is_dir() and time.monotonic() - began < 60:
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(sign)
        process.communicate(timeout=15)
        assert process.returncode == code
    assert {p.name: p.read_bytes() for p in (out / "tables").iterdir()} == before
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_hash_seed_locale_and_folder_do_not_matter(tmp_path):
    outs = []
    for n, env in enumerate(
        [{"PYTHONHASHSEED": "1", "TZ": "UTC"}, {"PYTHONHASHSEED": "77", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}]
    ):
        out = tmp_path / f"deep{n}" / "out"
        assert run("tables", ROOT / "seeds", "--out", out, env={**os.environ, **env}, cwd=tmp_path).returncode == 0
        outs.append({p.name: p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    assert outs[0] == outs[1]


RECORDS = {
    "attributions": {"doc_id": "d", "text": "“We will not go,” Maria Hale said. Hale said that the plan was dead."},
    "wording": {"id": 1, "text": "The brutal regime slammed critics."},
    "valence": {"id": 1, "text": "A wonderful victory for Ukraine.", "start": 24, "end": 31},
    "frames": {"id": 1, "text": "The talks failed and sanctions follow."},
    "errors": {"id": 1, "text": "Soviet troops crossed the border on Monday.", "date": "2022-02-28"},
    "fidelity": {"id": 1, "a": "We will not go.", "b": "We will go."},
}


@pytest.mark.parametrize("what", RECORDS)
def test_annotate(capsys, tmp_path, what):
    (tmp_path / "in.jsonl").write_text(json.dumps(RECORDS[what]) + "\n")
    assert main(["annotate", what, str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl")]) == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows and all(("doc_id" if what == "attributions" else "id") in r for r in rows)
    if what == "fidelity":
        assert "negation" in rows[0]["kinds"] and rows[0]["meaning_changed"]
    if what == "errors":
        assert rows[0]["text"] == "Soviet" and rows[0]["status"] == "flagged"
    if what == "attributions":
        assert rows[0]["speaker"] == "Maria Hale" and rows[0]["kind"] == "direct"


def test_align(tmp_path, capsys):
    event = {
        "event": "e",
        "articles": {
            o: {"title": "t", "date": "2022-01-07", "sentences": [s, f"Nothing else happened in {o} that day."]}
            for o, s in {
                "A": "The minister Maria Hale said taxes will rise by 5 percent in May.",
                "B": "Taxes will rise by 5 percent in May, Maria Hale said.",
            }.items()
        },
    }
    (tmp_path / "in.jsonl").write_text(json.dumps(event) + "\n")
    assert main(["align", str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl")]) == 0
    found = json.loads((tmp_path / "out.jsonl").read_text())
    assert {(m["outlet"], m["sentence"]) for m in found["statements"][0]["members"]} >= {("A", 0), ("B", 0)}
    assert found["event"] == "e" and found["pairs"]
    assert main(["align", "--models", "none", str(tmp_path / "in.jsonl"), str(tmp_path / "plain.jsonl")]) == 0
    plain = json.loads((tmp_path / "plain.jsonl").read_text())
    assert [p[4] for p in plain["pairs"]] != [p[4] for p in found["pairs"]]  # the plain cosine, not the fitted scorer


@pytest.mark.parametrize(
    ("line", "reason"), [("[1]", "malformed-row"), ("{", "malformed-row"), ('{"id": 1}', "missing-field")]
)
def test_broken_records_are_named(capsys, tmp_path, line, reason):
    (tmp_path / "in.jsonl").write_text(line + "\n")
    assert refused(capsys, "annotate", "wording", tmp_path / "in.jsonl", tmp_path / "out.jsonl").endswith(f"[{reason}]")
    assert not (tmp_path / "out.jsonl").exists()


def test_help_helps(capsys):
    for args in (["--help"], ["report", "--help"], ["annotate", "--help"]):
        with pytest.raises(SystemExit) as stop:
            main(args)
        assert stop.value.code == 0
    text = capsys.readouterr().out
    assert "manifest.csv" in text and "--max-skips" in text
