"""Files of other kinds: what is refused first, then the words that come out."""

import gzip
import io
import time
import zipfile

import pytest
from conftest import PARAGRAPH

from analysis.exports import split_export
from analysis.files import read_packed
from analysis.formats import load_markdown, load_page, load_rtf, make_parsable
from analysis.load import load_corpus
from analysis.refusals import Skip
from analysis.xml_formats import load_docx, load_feed

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def docx(body, *, head="", members=()):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"{head}<w:document {W} {MC}><w:body>{body}</w:body></w:document>")
        for name in members:
            archive.writestr(name, "x")
    return buffer.getvalue()


def paragraph(words, *, style=""):
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}<w:r><w:t>{words}</w:t></w:r></w:p>"


def why(work, *args):
    with pytest.raises(Skip) as skip:
        work(*args)
    return skip.value.reason


LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 no archive", "bad-archive"),
        (docx(paragraph("x"))[:200], "bad-archive"),
        (docx(paragraph("x"), members=["../../evil.txt"]), "bad-archive"),
        (docx(paragraph("x"), members=["/etc/evil.txt"]), "bad-archive"),
        (docx(paragraph("x"), head=LAUGHS), "unsupported-format"),
        (docx(paragraph("x"), head=OUTSIDE), "unsupported-format"),
        (docx("<w:p>"), "malformed-row"),
        (docx(" " * 110_000_000), "decompression-limit"),
    ],
)
def test_hostile_documents_are_refused(data, reason):
    assert why(load_docx, data) == reason


def test_a_document_has_no_more_words_than_an_article_may(corpus):
    long = docx(paragraph("word " * 4_100_000))
    assert len(long) < 100_000
    articles, skipped = load_corpus(corpus({"a.txt": PARAGRAPH, "long.docx": long}))
    assert articles["article_id"].tolist() == ["a"] and skipped["reason"].tolist() == ["too-large"]


LONG = "<p>We will not leave the talks, she said on Thursday.</p>" * 6


@pytest.mark.parametrize("tag", ["div", "x-el", "x:y", "section" * 4, "a<b", "div></q", 'div title="<"', "div a=/"])
def test_words_behind_many_tags_are_read(tag):
    deep = f"<{tag}>" * 3_000 + LONG
    feed = f"<rss><channel><item><description><![CDATA[{deep}]]></description></item></channel></rss>"
    assert "will not leave" in load_page(f"<html><body><article>{deep}")["text"]
    assert "will not leave" in load_feed(feed.encode())[0]["text"]


@pytest.mark.parametrize(
    "before",
    ["", '<!-- <b a="-->', "<!--><b>", "<script>'<b a=\"'</script>", "<TITLE><b a='</title >", "<script/>", "</ b='>"],
)
@pytest.mark.parametrize("attribute", ["a{}=1", "a{}='>'", 'a{} = "/>"', "/a{}", "=a{}"])
def test_a_tag_keeps_its_first_attributes(before, attribute):
    page = f"{before}<p {' '.join(attribute.format(i) for i in range(20_000))}>words"
    assert len(make_parsable(page)) < 8_000 and make_parsable(page).endswith(">words")


@pytest.mark.parametrize(
    "number", ["1", "11", "31", "0012", "65534", "x1F", "X0b", "xFFFF", "xfffe", "x110000", "xD800", "9" * 9_000]
)
def test_a_reference_to_no_character_leaves_the_page_its_words(number):
    for reference in (f"&#{number};", f"&#{number} ", f"&#&#{number};{number[1:] or 1};"):
        assert "control" in load_page(f"<html><body><article><p>A {reference} control.</p>{LONG}")["text"], reference


def test_ordinary_pages_go_to_the_parser_as_they_are():
    page = "<!doctype html><svg>" + '<path d="M 1>2"/>' * 500 + "</svg><script>if (a<b && c) { x = '<div>' }</script>"
    page += (
        "<ul>"
        + "<li>one &#160; &#x9; &#10; &#13; &#128;" * 300
        + "</ul><x-el a=it's b></x-el>" * 300
        + "<!-- <b> -->" * 300
    )
    assert make_parsable(page) == page


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<a b='", '<a b="', "<a =", "<!--", "<!-", "<script>", "<a/", "&#0", "&#x0", "a= ", "</"]
)
def test_pages_are_made_parsable_in_linear_time(piece):
    start = time.process_time()
    make_parsable("<a " + piece * (1_000_000 // len(piece)))
    assert time.process_time() - start < 3


def test_a_zip_of_something_else_is_no_document():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("photo.jpg", "x")
    assert why(load_docx, buffer.getvalue()) == "unsupported-format"


def test_a_document_keeps_inserted_words_tables_and_links_and_leaves_deleted_ones():
    body = (
        paragraph("Talks fail in the capital", style="Heading1")
        + "<w:p><w:r><w:t>We </w:t></w:r><w:ins><w:r><w:t>will </w:t></w:r></w:ins>"
        + "<w:del><w:r><w:delText>never </w:delText></w:r></w:del><w:hyperlink><w:r><w:t>leave.</w:t></w:r></w:hyperlink></w:p>"
        + f"<w:tbl><w:tr><w:tc>{paragraph('In a cell.')}</w:tc></w:tr></w:tbl>"
        + "<w:p><w:r><mc:AlternateContent><mc:Choice><w:t>once</w:t></mc:Choice><mc:Fallback><w:t>once</w:t></mc:Fallback>"
        + "</mc:AlternateContent></w:r></w:p>"
    )
    found = load_docx(docx(body))
    assert found["title"] == "Talks fail in the capital"
    assert found["text"].split("\n\n")[1:] == ["We will leave.", "In a cell.", "once"]


def test_documents_that_nest_deeply_end():
    load_docx(docx("<w:p>" * 100_000 + "</w:p>" * 100_000))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html><body>no feed</body></html>", "unsupported-format"),
        (f"{LAUGHS}<rss><channel><item><title>&b;</title></item></channel></rss>".encode(), "unsupported-format"),
        (f"{OUTSIDE}<rss><channel><item><title>&a;</title></item></channel></rss>".encode(), "unsupported-format"),
        (b"<rss><channel>\n<item>", "malformed-row"),
        (b'<?xml version="1.0" encoding="no-such"?><rss/>', "undecodable"),
    ],
)
def test_hostile_feeds_are_refused(data, reason):
    assert why(load_feed, data) == reason


def test_a_broken_feed_names_its_line(corpus):
    _, skipped = load_corpus(corpus({"a.txt": PARAGRAPH, "f.xml": "<rss><channel>\n<item>\n<title>a</b>"}))
    assert skipped[["file", "line", "reason"]].values.tolist() == [["f.xml", 3, "malformed-row"]]


RSS = """<?xml version="1.0"?>
<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Daily World</title>
<item><title>Talks &amp; treaties</title><link>https://x.example/1</link><pubDate>Thu, 27 Jan 2022 10:00:00 GMT</pubDate>
<description>Short.</description><content:encoded><![CDATA[<p>First <b>bold</b> words.</p><script>x()</script><p>Second part.</p>]]></content:encoded></item>
<item><title>Two</title><source>Agency</source><description>Only a summary here.</description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><entry><title>One</title>
<link href="https://x.example/a"/><link rel="self" href="https://x.example/b"/><published>2022-01-27T10:00:00Z</published>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>First words.</p><p>Second <i>part</i>.</p></div></content></entry></feed>"""


def test_feeds_give_their_items(corpus):
    articles, skipped = load_corpus(corpus({"a.rss": RSS, "b.atom": ATOM}))
    assert skipped.empty
    assert articles["article_id"].tolist() == ["a-001", "a-002", "b-001"]
    assert articles["outlet"].tolist() == ["Daily World", "Agency", "Wire"]
    assert articles["date"].tolist() == ["2022-01-27", "", "2022-01-27"]
    assert articles["url"].tolist() == ["https://x.example/1", "", "https://x.example/a"]
    assert articles["line"].tolist() == [3, 5, 1]
    assert articles["text"][0] == "Talks & treaties\n\nFirst bold words.\n\nSecond part."
    assert articles["text"][2] == "One\n\nFirst words.\n\nSecond part."


def test_markdown_gives_words_and_its_head(corpus):
    page = (
        "---\ntitle: Talks fail\nsource: https://x.example/1\npublished: 2022-01-27\nsite: Daily World\n---\n"
        "![a picture](p.png)\n\n“We *will* not [leave](https://x.example) the\ntalks,” she said.\n\n> A quoted line.\n\n- one\n- two\n\n"
        "```\ncode()\n```\n<script>x()</script>\n"
    )
    articles, _ = load_corpus(corpus({"a.md": page, "b.md": "# Head\n\nWords *here*."}))
    assert articles["text"].tolist() == [
        "Talks fail\n\n“We will not leave the talks,” she said.\n\nA quoted line.\n\none\n\ntwo",
        "Head\n\nWords here.",
    ]
    assert articles.loc[0, ["outlet", "date", "url", "title"]].tolist() == [
        "Daily World",
        "2022-01-27",
        "https://x.example/1",
        "Talks fail",
    ]


def test_the_head_of_markdown_says_nothing_of_lines_and_words(corpus):
    head = "---\ntitle: T\nline: {}\ntext: no\nfront: no\nflags: no\n---\n"
    files = {"a.md": head.format("abc") + PARAGRAPH, "b.md": head.format(7) + PARAGRAPH, "c.md": "---\nbody: no\n---\n"}
    articles, skipped = load_corpus(corpus(files))
    assert articles[["article_id", "line", "title"]].values.tolist() == [["a", 0, "T"], ["b", 0, "T"]]
    assert articles["line"].dtype == "int64" and not any("no" in text.split() for text in articles["text"])
    assert skipped[["article_id", "reason"]].values.tolist() == [["c", "empty"]]


def test_rtf_gives_words_in_their_code_page():
    page = (
        r"{\rtf1\ansi\ansicpg1252\uc1{\fonttbl{\f0 Arial;}}{\info{\title secret}}{\*\generator Word;}"
        r"\f0\b Talks fail\b0\par \'93We will not leave,\'94 she said \u8212? twice\u55357?\u56832?.\par"
        r'{\field{\*\fldinst HYPERLINK "https://x.example"}{\fldrslt a link}}{\deleted gone} \{end\}\bin4 {{{{!}'
    )
    assert load_rtf(page)["text"] == "Talks fail\n“We will not leave,” she said — twice😀.\na link {end}!"


def test_rtf_without_end_or_bottom():
    assert load_rtf(r"{\rtf1 cut off \'9")["text"].startswith("cut off")
    assert load_rtf("}}}} out")["text"] == "out"
    assert why(load_rtf, "{" * 20_000) == "undecodable"


@pytest.mark.parametrize("piece", ["\\", "{}", r"\u8220?", r"{\field{\*\fldinst{HYPERLINK ", r"\'93", r"\bin9 ", "a"])
def test_rtf_stays_linear(piece):
    if piece.count("{") > piece.count("}"):
        piece += "}" * (piece.count("{") - piece.count("}"))
    start = time.process_time()
    load_rtf(r"{\rtf1 " + piece * (400_000 // len(piece)))
    assert time.process_time() - start < 2


@pytest.mark.parametrize("piece", ["[", "*", "![", "<", "`", "> ", "[a](", "**a ", "- ", "- a\n", "# ", "&amp;", "\\"])
def test_markdown_stays_linear(piece):
    start = time.process_time()
    load_markdown(piece * (40_000 // len(piece)))
    assert time.process_time() - start < 2


NEXIS = """Page 1 of 2
Documents (2)
1. Talks fail in the capital
Talks fail in the capital
Daily World
January 27, 2022 Thursday
Copyright 2022 Daily World All Rights Reserved
Section: FOREIGN; Pg. 4
Length: 512 words
Byline: Ann Hale
Body
“We will not leave,” she said.

The council met.
Load-Date: January 28, 2022
End of Document
A second day of talks
The Wire
27 January 2022
Length: 12 words
Body
Nothing was agreed.
Classification
Language: ENGLISH
End of Document
"""
OLD = """                     1 of 2 DOCUMENTS

Daily World

January 27, 2022 Thursday
Final Edition

Talks fail in the capital

BYLINE: Ann Hale
SECTION: A; Pg. 4
LENGTH: 512 words
DATELINE: GENEVA

“We will not leave,” she said.

The council met.

LOAD-DATE: January 28, 2022
LANGUAGE: ENGLISH

                     2 of 2 DOCUMENTS

The Wire
January 27, 2022
A second day of talks
SECTION: B
LENGTH: 12 words
Nothing was agreed.
"""
CODED = """SE  World
HD  Talks fail in the capital
BY  Ann Hale
WC  512 words
PD  27 January 2022
SN  Daily World
LA  English
LP
“We will not leave,” she said.
TD
The council met.
AN
Document DWORLD0020220127ei1r0001
HD  A second day of talks
WC  12 words
PD  27 January 2022
SN  The Wire
TD
Nothing was agreed.
AN
Document WIRE000020220127ei1r0002
"""
PLAIN = """World
Talks fail in the capital
By Ann Hale
512 words
27 January 2022
10:15 PM
Daily World
DW
English
Copyright 2022 Daily World.

“We will not leave,” she said.
The council met.
Document DWORLD0020220127ei1r0001
A second day of talks
12 words
27 January 2022
The Wire
WIRE
English
(c) 2022 The Wire.
Nothing was agreed.
Document WIRE000020220127ei1r0002
Search Summary
"""


@pytest.mark.parametrize("export", [NEXIS, OLD, CODED, PLAIN], ids=["nexis", "old", "coded", "plain"])
def test_exports_give_their_articles(corpus, export):
    as_rtf = (
        r"{\rtf1\ansi " + "".join(c if ord(c) < 128 else f"\\u{ord(c)}?" for c in export.replace("\n", "\\par\n")) + "}"
    )
    as_docx = docx("".join(paragraph(line) for line in export.split("\n")))
    for name, content in (("e.txt", export), ("e.rtf", as_rtf), ("e.docx", as_docx)):
        articles, skipped = load_corpus(corpus({name: content}, name=f"c-{name}"))
        assert skipped.empty and articles["article_id"].tolist() == ["e-001", "e-002"], name
        assert articles["outlet"].tolist() == ["Daily World", "The Wire"], name
        assert articles["title"].tolist() == ["Talks fail in the capital", "A second day of talks"], name
        assert articles["date"].tolist() == ["2022-01-27"] * 2, name
        assert articles["text"].tolist() == [
            "Talks fail in the capital\n\n“We will not leave,” she said.\n\nThe council met.",
            "A second day of talks\n\nNothing was agreed.",
        ], name
        assert "export" in articles["flags"][0], name


@pytest.mark.parametrize(
    ("export", "line"),
    [(NEXIS, "Body"), (NEXIS, "The Wire"), (OLD, "A second day of talks"), (PLAIN, "(c) 2022 The Wire.")],
)
def test_an_article_of_an_export_that_cannot_be_told_is_counted(corpus, export, line):
    last = export.rindex(line)
    cut = {"Body": NEXIS.partition("End of Document")[0] + "End of Document\nLength: 3 words\nBody\nLost.\n"}
    articles, skipped = load_corpus(corpus({"e.txt": cut.get(line, export[:last] + export[last + len(line) :])}))
    assert articles["article_id"].tolist() == ["e-001"]
    assert skipped[["article_id", "reason"]].values.tolist() == [["e-002", "malformed-row"]]
    assert skipped["line"][0] > 5


def test_a_feed_without_items_is_counted(corpus):
    _, skipped = load_corpus(corpus({"a.txt": PARAGRAPH, "f.rss": "<rss><channel><title>x</title></channel></rss>"}))
    assert skipped["reason"].tolist() == ["empty"]


@pytest.mark.parametrize(
    "text",
    [
        *(PARAGRAPH, "Length: 12 words\n" + PARAGRAPH, "End of Document\n", "Document ABC\n512 words\n", ""),
        f"{PARAGRAPH}\nDocument Authentication\n\n{PARAGRAPH}\n512 words\n27 January 2022\nDaily World\n(c) 2022\nMore.\n",
        f"{PARAGRAPH}\nDocument DWORLD0020220127ei1r0001\n\n{PARAGRAPH}",
    ],
)
def test_what_is_no_export_stays_one_text(text):
    assert split_export(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "Length: 1 words\n",
        "End of Document\n",
        "1 of 2 DOCUMENTS\n",
        "HD  x\n",
        "Document ABCDEFGHIJKLM\n",
        "Document ABCDE0020220127\n",
        "12 words\n",
    ],
)
def test_exports_stay_linear(line):
    start = time.process_time()
    split_export("Length: 12 words\n1 of 2 DOCUMENTS\n" + line * 40_000 + "End of Document\nDocument ABCDEFGHIJKLM\n")
    assert time.process_time() - start < 3


def test_gzip_is_unpacked_within_bounds(corpus):
    packed = gzip.compress(PARAGRAPH.encode(), mtime=0)
    articles, skipped = load_corpus(
        corpus(
            {
                "a.txt.gz": packed,
                "b.txt.gz": packed[:-9],
                "c.txt.gz": gzip.compress(b"a" * 30_000_000),
                "d.txt.gz": b"no gzip",
                "e.exe.gz": packed,
            }
        )
    )
    assert articles["article_id"].tolist() == ["a"] and articles["text"].tolist() == [PARAGRAPH]
    assert dict(zip(skipped["file"], skipped["reason"], strict=True)) == {
        "b.txt.gz": "bad-archive",
        "c.txt.gz": "decompression-limit",
        "d.txt.gz": "bad-archive",
        "e.exe.gz": "unsupported-format",
    }


def test_gzip_of_many_members_stays_linear(tmp_path):
    member = gzip.compress(b"", mtime=0)
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"one ", mtime=0) + gzip.compress(b"two", mtime=0) + b"\0" * 700)
    assert read_packed(path) == b"one two"
    path.write_bytes(member * 400_000)
    start = time.process_time()
    assert why(read_packed, path) == "bad-archive"
    assert time.process_time() - start < 8


def test_a_packed_table(corpus):
    table = gzip.compress(b"outlet,text\nA,some words\n", mtime=0)
    articles, _ = load_corpus(corpus({"c.csv.gz": table}))
    assert articles["text"].tolist() == ["some words"] and articles["file"].tolist() == ["c.csv.gz"]
