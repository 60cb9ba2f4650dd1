import os

import pytest
from conftest import PARAGRAPH, ROOT

from analysis.load import load_corpus
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
