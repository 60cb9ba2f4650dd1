import errno
import gzip
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest
from conftest import ROOT

from analysis import streams
from analysis.files import decode, output_folder, read_bytes, read_packed, slug, write_atomic
from analysis.refusals import InUse, Refusal, Skip


def test_slug_never_leaves_the_folder_and_never_collides():
    names = ["BBC", "bbc", "B.B.C", "../../etc/passwd", "a/b", "a b", "a-b", "", "NA", "x" * 5000, "con", "ñ", "n"]
    made = [slug(n) for n in names]
    assert len(set(made)) == len(names)
    assert all("/" not in m and ".." not in m and 0 < len(m) <= 60 for m in made)
    assert slug("world-lines") == "world-lines"


@pytest.mark.parametrize(
    ("data", "text", "flags"),
    [
        ("“é”".encode(), "“é”", []),
        (b"\xef\xbb\xbfTitle", "Title", []),
        ("a“b”".encode("utf-16"), "a“b”", []),
        ("it’s “so”".encode("cp1252"), "it’s “so”", ["guessed-encoding"]),
        ("whole é".encode()[:-1], "whole ", ["cut-off"]),
        ("\ufeff“whole” é".encode()[:-1], "“whole” ", ["cut-off"]),
        (b"one\r\ntwo\rthree", "one\ntwo\nthree", []),
        (b"a\x00b" + b" word" * 500, "a\x00b" + " word" * 500, ["nul-bytes"]),
    ],
)
def test_decoding(data, text, flags):
    assert decode(data) == (text, flags)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xd8\xff\xe0JFIF", "not-text"),
        (b"\x00\x01" * 500, "not-text"),
        ("“ok”".encode() + b" \xed\xa0\x80 end of text", "undecodable"),
    ],
)
def test_what_is_not_text_is_refused(data, reason):
    with pytest.raises(Skip, match=reason):
        decode(data)


def test_a_gzip_may_have_a_member_for_each_record_but_not_for_each_byte(tmp_path, monkeypatch):
    monkeypatch.setattr(streams, "_MOST_MEMBERS", 3)
    path, record = tmp_path / "a.gz", os.urandom(300)
    path.write_bytes(gzip.compress(record, mtime=0) * 50)
    assert read_packed(path) == record * 50
    path.write_bytes(gzip.compress(b"x", mtime=0) * 50)
    with pytest.raises(Skip, match="bad-archive"):
        read_packed(path)


def test_reading_follows_no_link_and_waits_on_no_pipe(tmp_path):
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (
        ("link", "not-regular-file"),
        ("pipe", "not-regular-file"),
        (".", "not-regular-file"),
        ("gone", "vanished"),
    ):
        with pytest.raises(Skip, match=reason):
            read_bytes(tmp_path / name)
    with pytest.raises(Skip, match="too-large"):
        read_bytes(tmp_path / "real", limit=0)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "f"
    write_atomic(target, b"old")
    with pytest.raises(TypeError):
        write_atomic(target, "not bytes")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def publish(out, files):
    with output_folder(out) as folder:
        for name, content in files.items():
            write_atomic(folder / name, content.encode())
        write_atomic(folder / "run.json", ('{"files": ["' + '", "'.join(files) + '"]}').encode())


def test_a_run_replaces_its_own_files_and_keeps_those_of_others(tmp_path):
    out = tmp_path / "out"
    publish(out, {"a.csv": "1", "b.csv": "1"})
    (out / "mine.txt").write_text("notes")
    publish(out, {"a.csv": "2"})
    assert sorted(p.name for p in out.iterdir()) == ["a.csv", "mine.txt", "run.json"]
    assert (out / "a.csv").read_text() == "2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_an_error_leaves_the_earlier_result_whole(tmp_path):
    out = tmp_path / "out"
    publish(out, {"a.csv": "1"})
    with pytest.raises(RuntimeError), output_folder(out) as folder:
        write_atomic(folder / "a.csv", b"half")
        raise RuntimeError
    assert (out / "a.csv").read_text() == "1"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_other_peoples_folders_are_refused(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "thesis.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for name in ("docs", "file"):
        with pytest.raises(Refusal, match="unsafe-path"), output_folder(tmp_path / name):
            pass
    assert (tmp_path / "docs" / "thesis.txt").read_text() == "x"


@pytest.mark.parametrize("name", [".out.parallax-run", ".out.parallax-run/cache", ".out.parallax-run/cache/x"])
def test_nothing_is_written_or_taken_through_a_link_beside_the_folder(tmp_path, name):
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "mine.txt").write_text("notes")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).symlink_to(tmp_path / "victim")
    publish(tmp_path / "out", {"cache/y": "1"})
    assert not (tmp_path / "out").is_symlink()
    assert sorted(p.name for p in (tmp_path / "out").rglob("*")) == ["cache", "run.json", "y"]
    assert [p.name for p in (tmp_path / "victim").iterdir()] == ["mine.txt"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "victim"]


def test_a_file_in_the_place_of_the_staging_folder_makes_room(tmp_path):
    (tmp_path / ".out.parallax-run").write_text("")
    publish(tmp_path / "out", {"a": "1"})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_only_a_result_that_was_set_aside_is_put_back(tmp_path):
    out, aside = tmp_path / "out", tmp_path / ".out.parallax-old"
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "mine.txt").write_text("notes")
    aside.symlink_to(tmp_path / "victim")
    refuse(out, "parallax-old")
    aside.unlink()
    (tmp_path / "victim").rename(aside)  # a folder, and nothing of ours in it
    refuse(out, "another kind")
    assert (out / "mine.txt").read_text() == "notes"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def refuse(out, words, **kw):
    """Expect a refusal before the work."""
    with pytest.raises(Refusal, match=rf"{words}.*\[unsafe-path\]"), output_folder(out, **kw):
        raise AssertionError("the work began")


@pytest.mark.parametrize("record", ["{", "[]", '{"files": 5}', "[" * 100_000])
def test_a_run_json_of_another_kind_makes_no_result_of_ours(tmp_path, record):
    (tmp_path / "run.json").write_text(record)
    refuse(tmp_path, "another kind")


def test_what_is_of_no_run_is_not_replaced(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text('{"files": ["report.html", 5, null, ["x"]]}')
    (out / "citation.bib").mkdir()
    (out / "citation.bib" / "n.txt").write_text("notes")
    (out / "tables").write_text("notes")
    makes = ["tables/", "citation.bib"]
    refuse(out, "citation.bib", makes=makes)
    with pytest.raises(Refusal, match=r"citation\.bib"):  # unforeseen: after the work, and before anything is replaced
        publish(out, {"citation.bib": "1"})
    with pytest.raises(Refusal, match="tables"):
        publish(out, {"tables/a.csv": "1"})
    (out / "citation.bib" / "n.txt").rename(out / "citation.txt")
    (out / "citation.bib").rmdir()
    refuse(out, "tables", makes=makes)
    (out / "tables").rename(out / "notes")
    publish(out, {"tables/a.csv": "1"})
    assert sorted(p.name for p in out.iterdir()) == ["citation.txt", "notes", "run.json", "tables"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize("links", [True, False], ids=["second names", "copies"])
def test_what_is_of_no_run_stays_as_it_is(tmp_path, monkeypatch, links):
    out = tmp_path / "out"
    publish(out, {"tables/a.csv": "1", "texts/b.txt": "1"})
    (out / "mine" / "empty").mkdir(parents=True)
    (out / "mine" / "gone").symlink_to("nowhere")
    (out / "tables" / "notes.txt").write_text("notes")
    (out / "tables" / "notes.txt").chmod(0o600)
    (out / "mine").chmod(0o500)
    out.chmod(0o700)
    if links:
        os.mkfifo(out / "pipe")
    else:
        monkeypatch.setattr(os, "link", failing)
    before = modes(out)
    publish(out, {"tables/a.csv": "2"})
    assert modes(out) == {n: m for n, m in before.items() if not n.startswith("texts")}
    assert os.readlink(out / "mine" / "gone") == "nowhere"
    assert (out / "tables" / "notes.txt").stat().st_nlink == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def failing(*_, **__):
    raise PermissionError(errno.EPERM, "no second names here")


def modes(out):
    return {p.relative_to(out).as_posix(): p.lstat().st_mode for p in (out, *out.rglob("*"))}


@pytest.mark.parametrize("step", ["_exchange", "_sync", "_remove"], ids=["before", "after", "at the end"])
def test_a_run_killed_as_it_publishes_takes_nothing_of_others_along(tmp_path, step):
    out = tmp_path / "out"
    publish(out, {"a.csv": "1"})
    for name in ("cache", "mine"):
        (out / name).mkdir()
        (out / name / "notes.txt").write_text("notes")
    code = (
        "import os, signal, sys; sys.path.insert(0, 'tests'); from pathlib import Path; from analysis import files; import test_files\n"
        f"files.{step} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"test_files.publish(Path({str(out)!r}), {{'a.csv': '2'}})\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == -signal.SIGKILL
    assert (tmp_path / ".out.parallax-run").is_dir()
    assert (out / "mine" / "notes.txt").read_text() == "notes"
    (out / "cache" / "notes.txt").write_text("more")
    publish(out, {"a.csv": "3"})
    assert (out / "a.csv").read_text() == "3"
    assert [(out / n / "notes.txt").read_text() for n in ("cache", "mine")] == ["more", "notes"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def hold(out, ready, done):
    with output_folder(out):
        ready.set()
        done.wait(20)


def test_two_runs_on_one_folder(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path / "out", ready, done))
    other.start()
    assert ready.wait(20)
    with pytest.raises(InUse), output_folder(tmp_path / "out"):
        pass
    other.kill()  # its lock goes with it
    other.join()
    publish(tmp_path / "out", {"a": "1"})
    assert (tmp_path / "out" / "a").exists()
