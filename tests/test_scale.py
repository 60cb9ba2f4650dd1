"""A cluster gives the tables of one process; an article that ends its worker is skipped; tables as Parquet data sets."""

import json
import os
import re
import signal

import pandas as pd
import pytest
from conftest import PARAGRAPH, ROOT

from analysis import load_run
from analysis.cli import main
from analysis.cluster import KILLED, connect, split_work
from analysis.options import Options
from analysis.parquet_files import DataSet
from analysis.refusals import REASONS, Refusal

WORD = "PoisonForTheWorker"


def write_corpus(path, n=90):
    rows = [
        {
            "article_id": f"a{i:03d}",
            "outlet": f"Outlet {i % 3}",
            "date": f"2024-01-{1 + i // 9:02d}",
            "title": f"Minister meets reporters, part {i}",
            "text": PARAGRAPH + f"Delegation number {i} left after {i + 3} hours of talks about grain and steel. " * 2,
        }
        for i in range(n)
    ]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def run(corpus, out, *more):
    config = out.parent / "quick.toml"
    config.write_text("resamples = 50")
    assert main(["tables", str(corpus), "--out", str(out), "--config", str(config), "--no-cache", *more]) == 0
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def kill_at_poison(work):
    """Give the articles of a chunk back, unless one carries the word that ends the process."""
    chunk, _ = work
    if chunk["text"].str.contains(WORD, regex=False).any():
        os.kill(os.getpid(), signal.SIGKILL)
    return {"articles": chunk.assign(skip=""), "sentences": chunk[["article_id"]]}


def loaded(n, *, poisoned=()):
    return pd.DataFrame(
        {
            "article_id": [f"a{i}" for i in range(n)],
            "outlet": "One",
            "title": "",
            "date": "2024-01-02",
            "date_basis": "stated",
            "text": [PARAGRAPH + (WORD if i in poisoned else "") for i in range(n)],
        }
    )


def test_the_core_does_not_load_an_engine():
    import subprocess
    import sys

    code = "import sys, analysis.pipeline, analysis.cli; print([m for m in ('dask', 'distributed', 'duckdb') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_without_a_scheduler_there_is_one_line(tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed (requirements-scale.txt)")
    monkeypatch.setattr("analysis.cluster._SECONDS", 1)
    corpus = write_corpus(tmp_path / "c.jsonl", n=3)
    for address in ("tcp://127.0.0.1:9", "nowhere at all"):
        assert main(["tables", str(corpus), "--out", str(tmp_path / "o"), "--scheduler", address]) == 2
        assert capsys.readouterr().err.strip().splitlines()[-1].endswith("[config-invalid]")
    assert not (tmp_path / "o").exists()


def test_one_way_of_sharing_work_at_a_time(tmp_path, capsys):
    corpus = write_corpus(tmp_path / "c.jsonl", n=3)
    assert main(["tables", str(corpus), "--out", str(tmp_path / "o"), "--jobs", "2", "--workers", "2"]) == 2
    assert "not allowed with" in capsys.readouterr().err


def test_a_cluster_gives_the_same_bytes(tmp_path):
    pytest.importorskip("distributed", reason="Dask is not installed (requirements-scale.txt)")
    corpus = write_corpus(tmp_path / "c.jsonl")
    assert run(corpus, tmp_path / "one") == run(corpus, tmp_path / "two", "--workers", "2")


def test_an_article_that_ends_its_worker_is_skipped_and_the_rest_is_read():
    pytest.importorskip("distributed", reason="Dask is not installed (requirements-scale.txt)")
    assert KILLED in REASONS
    whole, options = loaded(12, poisoned=(5,)), Options(models=None)
    chunks = [whole.iloc[i : i + 4].reset_index(drop=True) for i in range(0, 12, 4)]
    with connect("", 2) as cluster:
        parts = list(split_work(cluster, chunks, work=kill_at_poison, options=options))
    made = pd.concat([p["articles"] for p in parts]).set_index("article_id")["skip"]
    assert made.to_dict() == {f"a{i}": KILLED if i == 5 else "" for i in range(12)}
    sentences = pd.concat([p["sentences"] for p in parts if "sentences" in p])
    assert set(sentences["article_id"]) == {f"a{i}" for i in range(12) if i != 5}


def test_a_worker_with_other_models_is_refused():
    pytest.importorskip("distributed", reason="Dask is not installed (requirements-scale.txt)")
    from analysis import cluster

    assert cluster._do((loaded(1), Options(models=None), False), work=kill_at_poison, stamp="another") is None
    with pytest.raises(Refusal, match="another version"):
        cluster._checked(None)


def test_parquet_holds_what_csv_holds(tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed (requirements-scale.txt)")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (requirements-scale.txt)")
    out = tmp_path / "o"
    files = run(write_corpus(tmp_path / "c.jsonl", n=6), out, "--format", "parquet")
    assert {n.split("/")[1] for n in files if n.startswith("parquet/")} == {"counts"} | {
        n.split("/")[1].removesuffix(".csv") for n in files if n.startswith("tables/")
    }
    assert set(json.loads(files["run.json"])["files"]) == set(files) - {"run.json"}
    found = duckdb.sql(f"SELECT outlet, sum(n_tokens) FROM '{out}/parquet/articles/*.parquet' GROUP BY 1 ORDER BY 1")
    articles = pd.read_csv(out / "tables" / "articles.csv")
    assert found.fetchall() == list(articles.groupby("outlet")["n_tokens"].sum().items())


def test_the_sql_of_the_cookbook_runs_and_counts_as_the_tables_do(tmp_path, monkeypatch):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed (requirements-scale.txt)")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (requirements-scale.txt)")
    blocks = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 5
    run(ROOT / "seeds", tmp_path / "my_report", "--format", "parquet")
    monkeypatch.chdir(tmp_path)
    measured, matrix, left_out, words, both = (duckdb.sql(b).df() for b in blocks)
    tables = load_run("my_report")
    assert len(matrix) == len(tables["statements"]) and len(words) == 20
    assert left_out.columns.tolist() == ["outlet", "statement_id", "speaker", "gist", "told_by", "text"]
    mine = tables["measures"].set_index(["outlet", "voice", "measure"])["value"]  # an outlet has one article here
    found = measured[measured["measure"] == "voice_share"].set_index(["outlet", "voice", "measure"])["value"]
    assert found.round(5).equals(mine[found.index].round(5)) and len(found) > 5
    assert both["value"].notna().all()


def test_parquet_takes_any_words_and_parts_leave_no_trace(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (requirements-scale.txt)")
    table = pd.DataFrame({"a": ["=1+1", None, "\ud800"], "b": [1.5, None, 2], "c": [True, False, True]}, dtype=object)
    table = table.astype({"b": "float64", "c": "bool"})
    for name, parts in (("whole", [table]), ("parts", [table.iloc[:1], table.iloc[1:1], table.iloc[1:]])):
        with DataSet(tmp_path / name) as out:
            for part in parts:
                out.add(part)
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "parts").read_bytes()
    assert parquet.read_table(tmp_path / "whole").column("a").to_pylist() == ["=1+1", "", "?"]


def test_valence_is_that_of_vader():
    import random

    from analysis.valence import _analyser, _score

    vader, rng = _analyser(), random.Random(1)
    known = sorted(vader.lexicon)
    plain = "but not no kind of very least at never nor or without doubt VERY ISN'T a the was GOOD bad 😀".split()
    for _ in range(400):
        words = [rng.choice(known if rng.random() < 0.4 else plain) for _ in range(rng.randint(0, 12))]
        text = " ".join(words) + rng.choice(["", "!", "??", " :)"])
        assert _score(text) == vader.polarity_scores(text)["compound"]
