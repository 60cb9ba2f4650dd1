import gzip
import json
import os
import tracemalloc

import pandas as pd
import pytest
from conftest import PARAGRAPH, ROOT

from analysis import tabular
from analysis.load import load_corpus, load_parts
from analysis.refusals import Refusal

HEAD = "outlet,title,text\n"


def reasons(skipped):
    return dict(zip(skipped["file"], skipped["reason"], strict=True))


def test_seeds_are_the_five_files_and_their_manifest():
    articles, skipped = load_corpus(ROOT / "seeds")
    assert len(articles) == 5 and skipped.empty
    assert articles["outlet"].tolist() == ["", "World Lines", "", "", ""]
    assert articles["date"].tolist() == ["2022-01-07", "2022-01-07", "2022-01-29", "2022-01-27", "2022-01-21"]
    assert articles["date_basis"].tolist() == ["inferred", "inferred", "stated", "stated", "inferred"]
    assert [len((ROOT / "seeds" / f).read_bytes()) for f in articles["file"]] == [2573, 3748, 3451, 4405, 3131]


def test_what_cannot_be_read_is_listed_and_the_rest_goes_on(corpus, tmp_path):
    folder = corpus(
        {
            "good.txt": PARAGRAPH,
            "empty.txt": "",
            "blank.txt": " \n\u00a0\n",
            "picture.txt": b"\xff\xd8\xff\xe0",
            "book.pdf": b"%PDF",
            "bad\nname.txt": "x",
        }
    )
    (folder / "sub.txt").mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "outside")
    os.mkfifo(folder / "pipe.txt")
    articles, skipped = load_corpus(folder)
    assert articles["article_id"].tolist() == ["good"]
    assert reasons(skipped) == {
        "empty.txt": "empty",
        "blank.txt": "empty",
        "picture.txt": "not-text",
        "book.pdf": "unsupported-format",
        "bad\nname.txt": "bad-name",
        "sub.txt": "not-regular-file",
        "link.txt": "not-regular-file",
        "pipe.txt": "not-regular-file",
    }


def test_manifest_of_missing_and_of_outside_files(corpus):
    folder = corpus(
        {"a.txt": PARAGRAPH, "manifest.csv": "file,outlet\na.txt,NA\ngone.txt,X\n../secret.txt,Y\n/etc/passwd,Z\n"}
    )
    articles, skipped = load_corpus(folder)
    assert articles["outlet"].tolist() == ["NA"]
    assert reasons(skipped) == {
        "gone.txt": "vanished",
        "../secret.txt": "not-regular-file",
        "/etc/passwd": "not-regular-file",
    }


def test_names_of_a_manifest_are_trimmed_as_those_of_a_table(corpus):
    manifest = 'file,outlet,title\na.txt," Outlet A ",  Talks   fail \nb.txt,"   ",\nc.txt,Outlet A,\n'
    articles, _ = load_corpus(
        corpus({**dict.fromkeys(("a.txt", "b.txt", "c.txt"), PARAGRAPH), "manifest.csv": manifest})
    )
    assert articles["outlet"].tolist() == ["Outlet A", "", "Outlet A"]
    assert articles["title"].tolist() == ["Talks fail", "", ""]


def test_an_item_of_a_feed_never_takes_the_id_of_a_file(corpus):
    feed = "<rss><channel><item><title>{}</title><description>Words.</description></item></channel></rss>"
    files = {f"{name}.{ending}": feed.format(name + ending) for name in ("a", "b") for ending in ("rss", "xml")}
    articles, skipped = load_corpus(corpus({**files, "a-001.txt": PARAGRAPH, "a.rss-001.txt": PARAGRAPH}))
    assert skipped.empty
    assert dict(zip(articles["file"], articles["article_id"], strict=True)) == {
        "a-001.txt": "a-001",
        "a.rss": "a.rss-001",
        "a.rss-001.txt": "a.rss-001.txt",
        "a.xml": "a.xml-001",
        "b.rss": "b-001",
        "b.xml": "b.xml-001",
    }


def test_words_stay_words_in_a_table(corpus):
    words = ["NA", "null", "None", "nan", "007", "1e5", "True"]
    rows = "".join(f'{w},t,"{PARAGRAPH}"\n' for w in words)
    articles, skipped = load_corpus(corpus({"c.csv": HEAD + rows}) / "c.csv")
    assert articles["outlet"].tolist() == words and skipped.empty
    assert articles["line"].tolist() == [2 + 3 * i for i in range(7)]  # each text holds two line ends


def test_rows_that_do_not_fit_are_counted(corpus):
    table = HEAD + "A,t,one text\nB,t\nC,t,two,three\nD,t,\nE,t,  \n"
    articles, skipped = load_corpus(corpus({"c.csv": table}) / "c.csv")
    assert articles["outlet"].tolist() == ["A"]
    assert list(zip(skipped["line"], skipped["reason"], strict=True)) == [
        (3, "missing-field"),
        (4, "malformed-row"),
        (5, "missing-field"),
        (6, "empty"),
    ]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ('outlet,"title,text\nA,t,x\n', "table-invalid"),
        ("title,text\nt,x\n", "table-invalid"),
        ("outlet,text,text\nA,x,y\n", "table-invalid"),
        (HEAD, "nothing-to-analyse"),
        ("", "nothing-to-analyse"),
    ],
)
def test_tables_that_cannot_be_read_are_refused(corpus, table, reason):
    with pytest.raises(Refusal, match=f"\\[{reason}\\]$"):
        load_corpus(corpus({"c.csv": table}) / "c.csv")


def test_an_open_quotation_mark_takes_no_row_with_it(corpus):
    table = HEAD + 'A,t,one\nB,t,"never closed\nC,t,three\nD,t,"fo\nur"\nE,"t"x,five\n'
    articles, skipped = load_corpus(corpus({"c.csv": table}) / "c.csv")
    assert articles["outlet"].tolist() == ["A", "C", "D"] and articles["line"].tolist() == [2, 4, 5]
    assert list(zip(skipped["line"], skipped["reason"], strict=True)) == [(3, "malformed-row"), (7, "malformed-row")]


def test_excel_export_with_semicolons_and_mark(corpus):
    articles, _ = load_corpus(
        corpus({"c.csv": b"\xef\xbb\xbfoutlet;title;text\nA;t;some text, with a comma\n"}) / "c.csv"
    )
    assert articles["text"].tolist() == ["t\n\nsome text, with a comma"]


def test_a_carriage_return_in_a_cell_ends_no_row(corpus):
    articles, skipped = load_corpus(
        corpus({"c.csv": HEAD + "A,a\rfake: 0 errors,some text\nB,t,more text\n"}) / "c.csv"
    )
    assert skipped.empty and articles["title"].tolist() == ["a fake: 0 errors", "t"]


def test_json_lines_keep_the_good_ones(corpus):
    lines = [
        '{"outlet": "A", "text": "good"}',
        '{"outlet": "A", "text": ',
        '{"outlet": 3, "text": "x"}',
        '{"outlet": "A", "text": null}',
        "[1]",
        '{"outlet": "A", "outlet": "B", "text": "x"}',
        '{"outlet": "A", "text": "x", "n": NaN}',
        "",
        '{"outlet": "B", "text": "also good"}',
        "[" * 100_000,
    ]
    articles, skipped = load_corpus(corpus({"c.jsonl": "\n".join(lines)}) / "c.jsonl")
    assert articles["text"].tolist() == ["good", "also good"]
    assert skipped["line"].tolist() == [2, 3, 4, 5, 6, 7, 10]
    assert set(skipped["reason"]) == {"malformed-row", "missing-field"}


@pytest.mark.parametrize(
    "twice", ['"Text": "x", "text": "y"', '"text": "x", "outlet ": "B"', '"text": "x", "a-b": 1, "A_b": 2']
)
def test_one_key_in_two_writings_is_no_row(corpus, twice):
    lines = [f'{{"outlet": "A", {words}}}' for words in (twice, '"text": "good", "": 1')]
    articles, skipped = load_corpus(corpus({"c.jsonl": "\n".join(lines)}) / "c.jsonl")
    assert articles["text"].tolist() == ["good"]
    assert skipped[["line", "reason"]].values.tolist() == [[1, "malformed-row"]]


def test_repeated_ids_count_once(corpus):
    articles, skipped = load_corpus(corpus({"c.csv": "id,outlet,text\na1,A,one\na1,B,two\n"}) / "c.csv")
    assert articles["article_id"].tolist() == ["a1"] and skipped["reason"].tolist() == ["duplicate"]


def test_a_page_gives_its_article_and_not_its_scripts(corpus):
    body = "".join(f"<p>{p}</p>" for p in PARAGRAPH.strip().split("\n\n") * 4)
    page = f"<!doctype html><html><head><title>Talks fail</title><script>alert('x')</script></head><body><nav>Home Sport</nav><article><h1>Talks fail</h1>{body}</article></body></html>"
    articles, skipped = load_corpus(corpus({"a.html": page, "b.txt": page}))
    assert skipped.empty and len(articles) == 2
    for text, flags in zip(articles["text"], articles["flags"], strict=True):
        assert "We will not leave the talks" in text and "alert" not in text and "<p>" not in text and "html" in flags


def test_the_folder_a_browser_saves_beside_a_page_is_no_item(corpus):
    folder = corpus({"a.html": f"<html><body><article><p>{PARAGRAPH}</p></article></body></html>", "b.txt": PARAGRAPH})
    for name in ("a_files", "b_files"):
        (folder / name).mkdir()
    articles, skipped = load_corpus(folder)
    assert articles["article_id"].tolist() == ["a", "b"] and reasons(skipped) == {"b_files": "not-regular-file"}


@pytest.mark.parametrize("name", ["gone", "empty"])
def test_no_corpus(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refusal, match="nothing-to-analyse"):
        load_corpus(tmp_path / name)


# ---------------------------------------------------------------- in parts

LINES = [
    json.dumps(
        {"id": f"a{i % 23}", "outlet": f"Outlet {i % 3}", "date": f"2022-01-{1 + i % 28:02d}", "text": f"Words {i}."}
    )
    if i % 5
    else '{"outlet": "A", "text": '
    for i in range(60)
]
CSV = "id,outlet,date,text\n" + "".join(
    f'a{i % 23},Outlet {i % 3},2022-01-07,"Words\n{i}, and more"\n' if i % 5 else f'A,"open {i}\n' for i in range(60)
)
FOLDER = {
    "manifest.csv": 'file,outlet,date\na.txt,A,2022-01-07\n"b"b,x\na.txt,again,\ngone.txt,B,\n../out.txt,C,\nb.html,D,soon\n',
    **{f"{c}.txt": PARAGRAPH for c in "abcdefghi"},
    "b.html": f"<html><body><article><p>{PARAGRAPH}</p></article></body></html>",
    "empty.txt": "",
    "f.rss": "<rss><channel>" + "<item><title>t</title><description>Some words.</description></item>\n" * 9,
    "f-001.txt": PARAGRAPH,
    "g.rss": "<rss><channel>"
    + "<item><title>t</title><description>Words.</description></item>\n" * 9
    + "</channel></rss>",
    "g-003.txt": PARAGRAPH,
}


@pytest.mark.parametrize("size", [1, 7, 200])
@pytest.mark.parametrize(
    "files",
    [
        {"c.jsonl": "\n".join(LINES)},
        {"c.jsonl.gz": gzip.compress("\r\n".join(LINES).encode("utf-16"), mtime=0)},
        {"c.csv": CSV},
        FOLDER,
    ],
    ids=["jsonl", "jsonl.gz", "csv", "folder"],
)
def test_parts_are_the_corpus(corpus, files, size):
    folder = corpus(files)
    parts = list(load_parts(folder, size=size))
    articles, skipped = load_corpus(folder)
    assert all(max(len(a), len(s)) <= size and len(a) + len(s) for a, s in parts) and len(parts) >= len(articles) / size
    for whole, tables in ((articles, [a for a, _ in parts if len(a)]), (skipped, [s for _, s in parts if len(s)])):
        pd.testing.assert_frame_equal(pd.concat(tables, ignore_index=True), whole)
    assert articles["article_id"].is_unique and {"duplicate", "malformed-row"} <= set(skipped["reason"])
    assert {type(v) for v in articles["text"]} == {str} and articles["line"].dtype == "int64"


def test_parts_of_parquet_are_the_corpus(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="reading parquet needs pyarrow")
    import pyarrow.parquet as pq

    rows = pa.table(
        {"id": [i % 40 for i in range(60)], "outlet": ["A"] * 60, "text": [f"Words {i}." for i in range(60)]}
    )
    pq.write_table(rows, tmp_path / "c.parquet", row_group_size=25)
    (tmp_path / "d.parquet.gz").write_bytes(gzip.compress((tmp_path / "c.parquet").read_bytes(), mtime=0))
    for name in ("c.parquet", "d.parquet.gz"):
        parts = list(load_parts(tmp_path / name, size=7))
        assert [len(a) for a, _ in parts] == [7, 7, 7, 7, 7, 5, 0, 0]
        assert [n for a, _ in parts for n in a["line"]] == list(range(1, 41))
        assert [n for _, s in parts for n in s["line"]] == list(range(41, 61))
    (tmp_path / "link.parquet").symlink_to(tmp_path / "c.parquet")
    with pytest.raises(Refusal, match="not-regular-file"):
        next(load_parts(tmp_path / "link.parquet"))


def test_a_cell_of_parquet_that_cannot_be_read_costs_its_row_at_most(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="reading parquet needs pyarrow")
    import pyarrow.parquet as pq

    title = pa.array([b"t", b"\xff\xfe", b"u"], pa.binary()).view(pa.string())
    columns = {"outlet": ["A", "B", "C"], "title": title, "text": ["one", "two", "three"]}
    for kind, far in ((pa.date32(), 10**7), (pa.timestamp("us"), 2**62), (pa.timestamp("s", tz="Far/Away"), 0)):
        pq.write_table(pa.table({**columns, "date": pa.array([far, 0, None], kind)}), tmp_path / "c.parquet")
        articles, skipped = load_corpus(tmp_path / "c.parquet")
        assert articles[["outlet", "date", "date_basis"]].values.tolist() == [["A", "", "unknown"], ["C", "", ""]], kind
        assert skipped[["line", "reason"]].values.tolist() == [[2, "undecodable"]], kind
    text = pa.array([10**7, 0, 1], pa.date32())
    pq.write_table(pa.table({"outlet": ["A", "B", "C"], "text": text}), tmp_path / "d.parquet")
    assert load_corpus(tmp_path / "d.parquet")[1][["line", "reason"]].values.tolist() == [[1, "missing-field"]]


def peak_of(path):
    """Return the most bytes that reading a corpus in parts of 20 held at a time."""
    tracemalloc.start()
    try:
        for _ in load_parts(path, size=20):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz"])
def test_memory_does_not_grow_with_the_lines(corpus, ending):
    def make(n):
        lines = "".join(
            json.dumps({"id": i, "outlet": "A", "text": "some words " * 200}) + "\n" for i in range(n)
        ).encode()
        return corpus({f"{n}.{ending}": gzip.compress(lines) if ending == "jsonl.gz" else lines}) / f"{n}.{ending}"

    few, many = make(300), make(3_000)  # 0.7 and 6.7 MB
    peak_of(few)  # what is imported at first use
    assert peak_of(many) < peak_of(few) + 400_000  # the ids of 2,700 articles and some


def test_a_line_without_end_is_never_held(corpus, monkeypatch):
    monkeypatch.setattr(tabular, "_LONGEST_LINE", 50_000)
    good = json.dumps({"outlet": "A", "text": "good"})
    path = corpus({"c.jsonl": f"{good}\n" + "x" * 5_000_000 + f"\n{good}\n" + "[" * 50_001}) / "c.jsonl"
    articles, skipped = load_corpus(path)
    assert articles["line"].tolist() == [1, 3]
    assert list(zip(skipped["line"], skipped["reason"], strict=True)) == [(2, "too-large"), (4, "too-large")]
    assert peak_of(path) < 1_500_000


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("c.jsonl", b'{"outlet": "A", "text": "good"}\n' + b"\x00" * 200_000, "not-text"),
        ("c.jsonl", b'{"outlet": "A", "text": "good"}\n' * 9_000 + "“ok”".encode() + b"\xed\xa0\x80", "undecodable"),
        ("c.jsonl.gz", gzip.compress(b'{"outlet": "A", "text": "good"}\n' * 90_000, mtime=0)[:-9], "bad-archive"),
        (
            "c.jsonl.gz",
            gzip.compress(b'{"outlet": "A", "text": "good"}\n' + b" " * 30_000_000, mtime=0),
            "decompression-limit",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_said_before_its_first_part(corpus, name, data, reason):
    shown = "table-invalid" if reason in ("not-text", "undecodable") else reason
    with pytest.raises(Refusal, match=rf"\({reason}\) \[{shown}\]$"):
        next(load_parts(corpus({name: data}) / name, size=1))


def test_a_row_of_one_empty_cell_is_counted_in_a_damaged_table_too(corpus):
    _, skipped = load_corpus(corpus({"c.csv": HEAD + '""\n\nA,t,"x"y\n'}) / "c.csv")
    assert list(zip(skipped["line"], skipped["reason"], strict=True)) == [(2, "missing-field"), (4, "malformed-row")]
