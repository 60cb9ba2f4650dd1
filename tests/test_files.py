import gzip
import multiprocessing
import os

import pytest

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
