"""`new` and `check`, columns by hand, and the same articles in every form."""

import importlib.util
import json
import time

import pytest
from conftest import PARAGRAPH, ROOT, SHARED

from analysis.cli import main
from analysis.columns import NAMES, check_columns, name_columns
from analysis.load import load_corpus
from analysis.pipeline import Options, analyse
from analysis.refusals import Refusal
from analysis.settings import Settings


def said(capsys, *args, code=0):
    assert main([str(a) for a in args]) == code
    done = capsys.readouterr()
    return done.out if code == 0 else done.err


def snapshot(folder):
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(folder.rglob("*")) if p.is_file()}


def test_new_does_not_touch_what_is_there(capsys, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("x")
    assert "[unsafe-path]" in said(capsys, "new", tmp_path / "mine", code=2)
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    assert "[unsafe-path]" in said(capsys, "new", tmp_path / "link", code=2)
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["a.txt"]


def test_a_starter_corpus_can_be_checked_and_run_as_it_is(capsys, tmp_path):
    said(capsys, "new", tmp_path / "c")
    before = snapshot(tmp_path / "c")
    out = said(capsys, "check", tmp_path / "c")
    assert "3 of 3 articles would be analysed" in out and "Morning Post: 1" in out and "mayor.txt" in out
    assert "3 of 3 articles analysed" in said(capsys, "tables", tmp_path / "c", "--out", tmp_path / "o")
    assert "dropped_condition" in (tmp_path / "o" / "tables" / "transcript_edits.csv").read_text()
    assert snapshot(tmp_path / "c") == before


def test_check_says_what_the_run_will_do(capsys, tmp_path, corpus):
    german = "Der Minister sprach am Freitag nach einem langen Treffen in der Hauptstadt mit den Journalisten. " * 4
    rows = [
        {"Publisher": "A", "Body": PARAGRAPH, "Published-At": "2022-01-07", "tags": "x"},
        {"Publisher": "A", "Body": PARAGRAPH, "Published-At": ""},
        {"Publisher": "B", "Body": german},
        {"Publisher": "B", "Body": "Too few words."},
    ]
    folder = corpus({"t.jsonl": "\n".join([*map(json.dumps, rows), "{broken"])})
    (folder / "parallax.toml").write_text('[groups]\nnone = ["Nobody"]\n')
    out = said(capsys, "check", folder)
    for words in (
        "1 of 5 articles would be analysed",
        "outlet ← Publisher",
        "text ← Body",
        "date ← Published-At",
        "not used: tags",
        "dates: 2022-01-07 to 2022-01-07; 0 without",
        "1 other",
        "duplicates: 1",
        "[groups] none: Nobody",
        "t.jsonl, line 5: malformed-row",
        "t.jsonl, line 4 (row-000004): too-short",
    ):
        assert words in out, words
    said(capsys, "tables", folder, "--out", tmp_path / "o")
    record = json.loads((tmp_path / "o" / "run.json").read_text())
    told = {line.rpartition(": ")[2] for line in out.partition("would be skipped:")[2].strip().splitlines()}
    assert told == {i["reason"] for i in record["items"] if i["status"] == "skipped"}


def test_check_ends_as_the_run_would(capsys, tmp_path, corpus):
    assert "[nothing-to-analyse]" in said(capsys, "check", tmp_path / "gone", code=2)
    assert "[nothing-to-analyse]" in said(capsys, "check", corpus({"a.txt": "x"}, name="x"), code=2)
    assert "[table-invalid]" in said(capsys, "check", corpus({"c.csv": "title,text\na,b\n"}, name="y"), code=2)
    folder = corpus({"a.txt": PARAGRAPH * 2, "b.pdf": "x"})
    assert "1 items were skipped" in said(capsys, "check", folder, "--max-skips", "0", code=4)
    assert "b.pdf: unsupported-format" in said(capsys, "check", folder, "--max-skips", "1")


@pytest.mark.parametrize("given", ["outlet", "outlet=", "outlt=x", "outlet=a outlet=b"])
def test_columns_that_cannot_be_are_refused(given):
    with pytest.raises(Refusal, match="config-invalid"):
        check_columns(given.split())


def test_a_column_that_the_user_names_must_be_there():
    with pytest.raises(Refusal, match="called press"):
        name_columns(["text", "outlet"], names=NAMES, given={"outlet": "press"}, needed=("text",), table="t.csv")


def test_columns_by_hand_go_before_guesses(corpus):
    table = corpus({"c.csv": "source,title,text,words\nA,B,C,some words\n"}) / "c.csv"
    assert load_corpus(table)[0]["outlet"].tolist() == ["A"]
    articles, _ = load_corpus(table, columns=check_columns(["outlet=Title", "text = words"]))
    assert articles.loc[0, ["outlet", "title", "text"]].tolist() == ["B", "", "some words"]
    lines = corpus({"c.jsonl": '{"id": 7, "press": "A", "outlet": "B", "text": "some words"}\n'}, name="j") / "c.jsonl"
    articles, _ = load_corpus(lines, columns={"outlet": "press"})
    assert articles.loc[0, ["article_id", "outlet"]].tolist() == ["7", "A"]


def test_damaged_tables_name_their_line(corpus):
    articles, skipped = load_corpus(corpus({"c.csv": 'outlet,text\nA,x\nB,"never closed\n'}) / "c.csv")
    assert articles["outlet"].tolist() == ["A"]
    assert skipped[["line", "reason"]].to_numpy().tolist() == [[3, "malformed-row"]]


def test_parquet_is_read_row_by_row(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="reading parquet needs pyarrow")
    import pyarrow.parquet as pq

    path = tmp_path / "c.parquet"
    pq.write_table(pa.table({"id": [7, 8], "outlet": ["NA", None], "text": ["one", "two"], "n": [1, 2]}), path)
    articles, skipped = load_corpus(path)
    assert articles[["article_id", "outlet", "text"]].values.tolist() == [["7", "NA", "one"], ["8", "", "two"]]
    pq.write_table(pa.table({"outlet": ["A", "B"], "text": [["a", "list"], ["b"]]}), path)
    with pytest.raises(Refusal, match="table-invalid"):
        load_corpus(tmp_path / "d.parquet") if (tmp_path / "d.parquet").write_bytes(b"PAR1 no") else None
    _, skipped = load_corpus(path)
    assert skipped["reason"].tolist() == ["missing-field"] * 2
    # one cell of 2 MB, repeated by its dictionary: 2 GB of text in a small file
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 1000), pa.array(["a" * 2_000_000]))
    pq.write_table(pa.table({"outlet": ["A"] * 1000, "text": text}), path)
    start = time.process_time()
    with pytest.raises(Refusal, match="decompression-limit"):
        load_corpus(path)
    assert time.process_time() - start < 5


def test_the_same_articles_in_every_form_give_the_same_tables(tmp_path):
    gold = SHARED / "gold" / "basil.jsonl.gz"
    if not gold.is_file():
        pytest.skip("the shared corpora are not here")
    spec = importlib.util.spec_from_file_location("bench_forms", ROOT / "bench" / "bench_forms.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    forms = bench.make_forms(bench.read_articles(gold, first=6), tmp_path)
    small = Options(settings=Settings(resamples=50))
    tables = {form: bench.tables_of(analyse(corpus, options=small)) for form, corpus in forms.items()}
    assert {form: [n for n in t if t[n] != tables["csv"][n]] for form, t in tables.items()} == {f: [] for f in forms}
