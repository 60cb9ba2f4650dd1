"""A second run reads only what is new or changed, and gives the same bytes as a full one."""

import gzip
import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pandas as pd
import pytest
from conftest import PARAGRAPH, ROOT, SHARED

from analysis.cache import Cache
from analysis.cli import main
from analysis.crew import Crew
from analysis.files import output_folder
from analysis.pipeline import Options, analyse
from analysis.read import read_articles
from analysis.settings import Settings
from analysis.shelf import Shelf, Tables
from analysis.table_files import to_csv
from analysis.tables import TABLES

SMALL = Options(settings=Settings(resamples=50))
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))


def tables(folder, out, *more):
    config = out.parent / "quick.toml"
    config.write_text("resamples = 50")
    assert main(["tables", str(folder), "--out", str(out), "--config", str(config), *more]) == 0
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def without_cache(files):
    return {name: data for name, data in files.items() if not name.startswith("cache/")}


def test_a_grown_and_changed_corpus_equals_a_full_run(tmp_path, capsys):
    folder = tmp_path / "c"
    folder.mkdir()
    for path in SEEDS[:3]:
        shutil.copy(path, folder)
    first = tables(folder, tmp_path / "o")
    assert sum(n.startswith("cache/") for n in first) == 3
    assert not any("cache" in f for f in json.loads(first["run.json"])["files"])
    shutil.copy(SEEDS[3], folder)
    (folder / SEEDS[0].name).write_text(SEEDS[0].read_text() + "\n\nA last word was added later.\n")
    capsys.readouterr()
    second = tables(folder, tmp_path / "o")
    assert "2 articles new or changed, 2 known from the run before" in capsys.readouterr().out
    full = tables(folder, tmp_path / "full", "--no-cache")
    assert without_cache(second) == full and not any(n.startswith("cache/") for n in full)
    assert sum(n.startswith("cache/") for n in second) == 4  # the entry of the article as it was is gone
    assert without_cache(tables(folder, tmp_path / "o", "--no-cache")) == full
    assert not (tmp_path / "o" / "cache").exists()
    (tmp_path / "o" / "cache").mkdir()
    (tmp_path / "o" / "cache" / "mine.json.gz").write_text("a file of the user's")
    assert "cache/mine.json.gz" in tables(folder, tmp_path / "o", "--no-cache")


def test_names_dates_and_order_come_from_the_corpus_not_from_the_cache(tmp_path):
    folder = tmp_path / "c"
    folder.mkdir()
    for path in SEEDS[:2]:
        shutil.copy(path, folder)
    tables(folder, tmp_path / "o")
    (folder / SEEDS[0].name).rename(folder / "zz_renamed.txt")
    (folder / "manifest.csv").write_text("file,outlet,url\nzz_renamed.txt,New Name,https://x.example\n")
    found = tables(folder, tmp_path / "o")
    assert without_cache(found) == tables(folder, tmp_path / "full", "--no-cache")
    assert b"New Name" in found["tables/articles.csv"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: b"\x80\x04\x95cos\nsystem\n.",
        lambda data: gzip.compress(b"[1, 2]"),
        lambda data: gzip.compress(b"[" * 100_000),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'"rows":', b'"rows":1')),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'"str"', b'"complex"')),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'"key":"', b'"key":"f')),
        lambda data: gzip.compress(gzip.decompress(data).replace(b'"start":[', b'"start":["x",', 1)),
        lambda data: gzip.compress(b"a" * 30_000_000),
        lambda data: change(data, lambda articles: articles["columns"].update(n_tokens=[10**30])),
        lambda data: change(data, lambda articles: articles["columns"].update(skip=["nonsense"])),
        lambda data: change(data, double),
    ],
    ids="empty cut pickle list deep rows types key cells bomb huge reason twice".split(),
)
def test_a_spoilt_entry_is_passed_over(tmp_path, spoil, kept):
    key, data = kept
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"{key}.json.gz").write_bytes(data)
    assert Cache(old=tmp_path, new=tmp_path / "n").load_entries({"a": key})[1] == {"a"}
    (tmp_path / "cache" / f"{key}.json.gz").write_bytes(spoil(data))
    assert Cache(old=tmp_path, new=tmp_path / "m").load_entries({"a": key}) == ({}, set())


def change(data, how):
    """Return an entry whose table of articles was tampered with."""
    entry = json.loads(gzip.decompress(data))
    how(entry["tables"]["articles"])
    return gzip.compress(json.dumps(entry).encode())


def double(table):
    table.update(rows=2, columns={c: cells * 2 for c, cells in table["columns"].items()})


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Return the key and the bytes of one article's entry."""
    place = tmp_path_factory.mktemp("kept")
    (place / "c").mkdir()
    (place / "c" / "a.txt").write_text(PARAGRAPH * 2)
    analyse(place / "c", options=SMALL, cache=Cache(old=place, new=place))
    (entry,) = (place / "cache").iterdir()
    return entry.name.split(".")[0], entry.read_bytes()


def test_a_spoilt_entry_is_made_again(tmp_path, corpus):
    folder = corpus({"a.txt": PARAGRAPH * 2})
    plain = analyse(folder, options=SMALL)
    for at in (0, 1, 2):
        cache = Cache(old=tmp_path / str(at), new=tmp_path / str(at + 1))
        run = analyse(folder, options=SMALL, cache=cache)
        assert (cache.found, cache.made) == ((1, 0) if at == 1 else (0, 1))
        assert all(to_csv(run.tables[t]) == to_csv(plain.tables[t]) for t in TABLES)
        if at == 1:
            (entry,) = (tmp_path / "2" / "cache").iterdir()
            entry.unlink()
            entry.write_bytes(b"spoilt")


def test_other_settings_lists_and_links_are_not_taken(tmp_path, corpus):
    folder = corpus({"a.txt": PARAGRAPH * 2})
    lists = tmp_path / "l"
    lists.mkdir()
    (lists / "wording.more.csv").write_text("term,group\ncapital,shiny\n")
    old = tmp_path / "o"
    analyse(folder, options=SMALL, cache=Cache(old=tmp_path / "none", new=old))
    for options in (replace(SMALL, lexicons=lists), replace(SMALL, models=None)):
        cache = Cache(old=old, new=tmp_path / "s")
        analyse(folder, options=options, cache=cache)
        assert cache.found == 0
    (entry,) = (old / "cache").iterdir()
    entry.rename(tmp_path / "elsewhere")
    entry.symlink_to(tmp_path / "elsewhere")
    cache = Cache(old=old, new=tmp_path / "t")
    analyse(folder, options=SMALL, cache=cache)
    assert cache.found == 0


def test_copies_in_far_chunks_are_told(tmp_path, corpus, monkeypatch):
    monkeypatch.setattr("analysis.read.CHUNK", 1)
    folder = corpus({f"{i}.txt": text for i, text in enumerate([PARAGRAPH * 2, PARAGRAPH * 3, PARAGRAPH * 2])})
    (folder / "manifest.csv").write_text("file,outlet\n0.txt,A\n1.txt,A\n2.txt,A\n")
    for cache in (None, Cache(old=tmp_path / "x", new=tmp_path / "o"), Cache(old=tmp_path / "o", new=tmp_path / "p")):
        items = analyse(folder, options=SMALL, cache=cache).items
        assert items["reason"].tolist() == ["", "", "duplicate"]


def read_whole(loaded: pd.DataFrame, options: Options) -> Tables:
    """Return what reading gives for articles as `load_corpus` returns them, put together in their order."""
    with Crew(options) as crew, Shelf() as shelf:
        shelf.add({"texts": loaded[["article_id", "text"]]})
        parts = read_articles(loaded.drop(columns="text"), texts=shelf.taker("texts"), crew=crew, cache=None)
        for part in parts:
            shelf.add(part)
        return {n: t for n, t in shelf.take(loaded["article_id"]).items() if n != "texts"}


def test_what_stands_beside_an_article_in_its_chunk_leaves_no_trace(monkeypatch):
    """Many made articles: sums over all words and names of other articles once told which chunk an article was read in."""
    if not (SHARED / "gold").is_dir():
        pytest.skip("the shared coded corpora are not here")
    sys.path.insert(0, str(ROOT))
    from bench.timing import load_made

    loaded = load_made(200)
    whole = read_whole(loaded, SMALL)
    monkeypatch.setattr("analysis.read.CHUNK", 23)
    monkeypatch.setattr("analysis.read._LEAST", 23)
    parts = read_whole(loaded, SMALL)
    assert [name for name in whole if not whole[name].equals(parts[name])] == []


def test_a_run_that_was_cut_off_leaves_what_it_read(tmp_path):
    out = tmp_path / "o"
    with pytest.raises(KeyboardInterrupt), output_folder(out):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []  # an orderly end leaves nothing
    code = (
        "from pathlib import Path; from analysis.files import output_folder, write_atomic; import os, signal\n"
        f"with output_folder(Path({str(out)!r})) as f:\n"
        "    write_atomic(f / 'cache' / ('a' * 64 + '.json.gz'), b'x'); write_atomic(f / 'other', b'y')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    with output_folder(out) as folder:
        assert [p.name for p in folder.iterdir()] == ["cache"]
        assert len(list((folder / "cache").iterdir())) == 1


def test_reading_back_is_much_cheaper_than_reading(tmp_path):
    old, new = tmp_path / "o", tmp_path / "n"
    analyse(ROOT / "seeds", options=SMALL, cache=Cache(old=old, new=old))
    cache = Cache(old=old, new=new)
    keys = {p.name: p.name.split(".")[0] for p in (old / "cache").iterdir()}
    start = time.process_time()
    _, known = cache.load_entries(keys)
    assert len(known) == 5 and time.process_time() - start < 0.5
