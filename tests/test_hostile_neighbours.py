"""Neighbours of the hostile inputs: other encodings, bombs, archives, documents, tables and settings of the same kinds."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import socket
import warnings
import zipfile

import pytest
from hostile import check_case, control_numbers, outcome_of, run_inside
from test_hostile_own import LIVE, MUST, A, B

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
COUNT = iter(range(10_000))


def article() -> str:
    """Return an article that is no copy of another."""
    n = next(COUNT)
    return B.replace("Orr", f"N{chr(97 + n % 26)}{chr(97 + n // 26)}ell")


def docx(text: str, *, head: str = "", more: tuple[str, ...] = (), member: str = "word/document.xml") -> bytes:
    buffer = io.BytesIO()
    lines = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.split("\n") if line)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(member, f"{head}<w:document {WORD}><w:body>{lines}</w:body></w:document>")
        for name in more:
            archive.writestr(name, "x")
    return buffer.getvalue()


def patched(data: bytes, place: int, value: int, length: int = 1) -> bytes:
    """Change a field of the central directory of an archive: flags 8, method 10, unpacked size 24."""
    at = data.rfind(b"PK\x01\x02") + place
    return data[:at] + value.to_bytes(length, "little") + data[at + length :]


def feed(item: str, head: str = "") -> str:
    return f"{head}<rss><channel><title>Feed</title><item>{item}</item></channel></rss>"


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>The tariff talks</title>{head}</head><body><article><h1>The tariff talks</h1>{body}</article></body></html>"


def lines_of(text: str) -> str:
    return "".join(f"<p>{line}</p>" for line in text.split("\n") if line)


ENTITY = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = f"<!DOCTYPE d [<!ENTITY a0 '{'ha' * 50}'>{''.join(f'<!ENTITY a{i} {chr(39)}' + f'&a{i - 1};' * 50 + chr(39) + '>' for i in range(1, 9))}]>"
MANY = " ".join(f"a{i}=''" for i in range(9_000))
SKIPPED = {  # file → what is in it, and the reasons that are right
    "utf32-no-mark.txt": (article().encode("utf-32-le"), {"not-text", "undecodable"}),
    "utf16-half-pair.txt": (codecs.BOM_UTF16_LE + article().encode("utf-16-le") + b"\x00\xd8a\x00", {"undecodable"}),
    "ebcdic.txt": (article().translate({0x201C: "'", 0x201D: "'"}).encode("cp500"), {"undecodable", "not-text"}),
    "nul-between.txt": (article().encode().replace(b" ", b" \0"), {"not-text"}),
    "film.txt": (b"\0\0\0\x20ftypisom" + bytes(range(256)) * 2, {"not-text"}),
    "twice-packed.txt.gz": (gzip.compress(gzip.compress(article().encode())), {"not-text"}),
    "sum.txt.gz": (gzip.compress(article().encode())[:-6] + b"abcdef", {"bad-archive"}),
    "cut.txt.gz": (gzip.compress(article().encode())[:-30], {"bad-archive"}),
    "tail.txt.gz": (gzip.compress(article().encode()) + b"tail", {"bad-archive"}),
    "empty.txt.gz": (b"", {"bad-archive", "empty"}),
    "plain.txt.gz": (article(), {"bad-archive"}),
    "bomb.html.gz": (gzip.compress(b"<p>" + bytes(30_000_000)), {"decompression-limit"}),
    "a.tar.gz": (b"x", {"unsupported-format"}),
    **{f"a{e}": (b"x", {"unsupported-format"}) for e in (".bz2", ".xz", ".zip", ".7z", ".ipynb", ".svg", ".xlsx", "")},
    "entity.docx": (docx("&x;" + article(), head=ENTITY), {"unsupported-format"}),
    "slip.docx": (docx(article(), more=("../../escape.txt",)), {"bad-archive"}),
    "drive.docx": (docx(article(), more=("..\\x", "C:\\x")), {"bad-archive"}),
    "locked.docx": (patched(docx(article()), 8, 1), {"bad-archive"}),
    "method.docx": (patched(docx(article()), 10, 99), {"bad-archive"}),
    "size.docx": (patched(docx(article()), 24, 100, 4), {"bad-archive"}),
    "cut.docx": (docx(article())[:-40], {"bad-archive"}),
    "large.docx": (patched(docx(article()), 24, 2**31, 4), {"decompression-limit"}),
    "other.docx": (docx(article(), member="Word/Document.xml"), {"unsupported-format"}),
    "text.docx": (article(), {"bad-archive"}),
    "laughs.xml": (feed("<description>&a8;</description>", LAUGHS), {"unsupported-format"}),
    "entity.rss": (feed("<description>&x;</description>", ENTITY), {"unsupported-format"}),
    "parameter.rss": (feed("", '<!DOCTYPE d [<!ENTITY % x SYSTEM "/etc/passwd"> %x;]>'), {"unsupported-format"}),
    "deep.rss": ("<rss>" * 50_000, {"malformed-row"}),
    "utf7.rss": (feed("", '<?xml version="1.0" encoding="utf-7"?>'), {"undecodable"}),
    "picture.xml": ('<svg xmlns="http://www.w3.org/2000/svg"/>', {"unsupported-format"}),
    "frames.html": ('<html><frameset><frame src="file:///etc/passwd"></frameset></html>', {"boilerplate-only"}),
    "deep.rtf": ("{\\rtf1 " + "{" * 20_000 + article(), {"undecodable"}),
    "binary.rtf": ("{\\rtf1 \\bin99999999999 " + article(), {"empty"}),
    "\x7f.txt": (article(), {"bad-name"}),
    "\x9b31m.txt": (article(), {"bad-name"}),
    "\u2028.txt": (article(), {"bad-name"}),
}
ANALYSED = {  # file → what is in it, and a flag it must carry
    "utf16-be.txt": (article().encode("utf-16-be"), "guessed-encoding"),
    "utf32-be.txt": (codecs.BOM_UTF32_BE + article().encode("utf-32-be"), ""),
    "mac.txt": (article().encode("mac-roman"), "guessed-encoding"),
    "two-marks.txt": (codecs.BOM_UTF8 * 2 + article().encode(), "invisible-characters"),
    "no-characters.txt": (article() + "\ufffe\uffff\U0010ffff\ue000" * 20, ""),
    "accents.txt": (article().replace("e", "e" + "\u0335\u0489" * 30), ""),
    "selector.txt": (article().replace("tariff", "tar\ufe0fiff\U000e0101"), "invisible-characters"),
    "filler.txt": (article().replace("tariff", "tar\u3164iff"), "invisible-characters"),
    "isolates.txt": (article() + "“\u202b\u202d\u2067 never \u2069 agree,” Hale said.\n" + "\u2067" * 3_000, ""),
    "mac-ends.txt": (article().replace("\n", "\r"), ""),
    "one-line.txt": (article() + "word " * 20_000, ""),
    "members.txt.gz": (gzip.compress(article().encode()) + gzip.compress(b"") * 500, ""),
    "good.docx": (docx(article()), "docx"),
    "outside.docx": (docx(article(), head='<!DOCTYPE d SYSTEM "file:///etc/passwd">'), "docx"),
    "twice.docx": (docx(article(), more=("word/other.xml", "word/other.xml")), "docx"),
    "include.xml": (feed(f'<description><i href="/etc/passwd" parse="text"/>{article()}</description>'), "feed"),
    "outside.rss": (feed(f"<description>{article()}</description>", '<!DOCTYPE d SYSTEM "/etc/passwd">'), "feed"),
    "many.rss": (feed(f"<description>{article()}</description><p {MANY}/>"), "feed"),
    "link.rss": (feed(f"<link>java&#10;script:__hit(1)</link><pubDate>now</pubDate><description>{article()}</description>"), "feed"),
    "base.html": (page(lines_of(article()), '<base href="//evil.example/"><meta http-equiv=refresh content="0;url=//evil.example">'), "html"),
    "canonical.html": (page(lines_of(article()), '<link rel=canonical href="javascript:__hit(1)"><meta property="og:site_name" content="=cmd|1!A1">'), "html"),
    "nested.html": (page("<div>" * 3_000 + lines_of(article())), "html"),
    "mixed.html": (page("<blockquote><b>" * 600 + lines_of(article())), "html"),
    "inside.html": (page(lines_of(article()) + f"<svg onload=__hit(1)><math><mtext><script>__hit(1)</script></math></svg><iframe srcdoc='{LIVE}'></iframe>"), "html"),
    "open.html": (page(lines_of(article()) + "<" * 9_000 + "<!--" * 900 + "<![CDATA[" * 900), "html"),
    "date.html": (page(lines_of(article()), '<meta property="article:published_time" content="99999-99-99">'), "html"),
    "links.md": (f"---\ntitle: '=1+1'\noutlet: ../../x\ndate: today\nurl: javascript:__hit(1)\n---\n{article()}[a](javascript:__hit(1)) ![a](//evil.example/a.png) {LIVE}\n", "markdown"),
    "object.md": (f"---\n!!python/object/apply:os.system ['touch x']\n---\n{article()}", "markdown"),
    "quotes.md": ("> " * 5_000 + article() + "*a_" * 5_000 + "[" * 5_000 + "`" * 5_000, "markdown"),
    "object.rtf": ("{\\rtf1{\\object{\\*\\objdata 0105}}{\\*\\fldinst HYPERLINK} \\u-10179? \\u99999999999? " + article().translate({0x201C: "'", 0x201D: "'"}) + "}", "rtf"),
    **{n: (article(), "") for n in ("CON.txt", "run.json.txt", "--help.txt", "=cmd.txt", "%s{0}.txt", "$x^2$.txt", "\u202etxt.exe.txt", "a'\"`;&.txt")},
    **{n: (article(), "") for n in ("Case.txt", "case.txt", "\u00e9.txt", "e\u0301.txt", "Case.text", "case.md")},
}  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One corpus with everything in it, and the two good articles alone."""
    top = tmp_path_factory.mktemp("neighbours")
    settings = top / "fast.toml"
    settings.write_text("resamples = 50\n")
    results = {}
    for name, files in (("clean", {}), ("all", {**SKIPPED, **ANALYSED})):
        folder = top / name / "input"
        folder.mkdir(parents=True)
        for file, content in {"control_a.txt": (A,), "control_b.txt": (B,), **files}.items():
            data = content[0]
            (folder / file).write_bytes(data if isinstance(data, bytes) else data.encode())
        if files:
            (folder / "gone.txt").symlink_to("nowhere")
            (folder / "inside.txt").symlink_to("control_a.txt")
            (folder / "zeros.txt").symlink_to("/dev/zero")
            (folder / "etc").symlink_to("/etc")
            os.mkfifo(folder / "pipe.html.gz")
            with socket.socket(socket.AF_UNIX) as made, pytest.MonkeyPatch.context() as there:
                there.chdir(folder)  # the path of a socket is short
                made.bind("socket.txt")
        (folder / "manifest.csv").write_text("file,outlet\ncontrol_a.txt,Outlet A\ncontrol_b.txt,Outlet B\n")
        results[name] = run_inside(
            top / name, top / f"out-{name}", command="report" if files else "tables", settings=settings
        )
    return results


def test_every_bad_file_has_its_reason(ran):
    items = {i["file"]: i["reason"] for i in ran["all"].record["items"]}
    assert {f: items[f] for f, (_, reasons) in SKIPPED.items() if items[f] not in reasons} == {}
    links = ("gone.txt", "inside.txt", "zeros.txt", "etc", "pipe.html.gz", "socket.txt")
    assert {items[f] for f in links} == {"not-regular-file"}


def test_every_odd_file_is_analysed_with_its_flag(ran):
    items = {i["file"]: i for i in ran["all"].record["items"]}
    assert {f: items[f]["reason"] for f in ANALYSED if items[f]["status"] != "analysed"} == {}
    assert {f: items[f]["flags"] for f, (_, flag) in ANALYSED.items() if flag and flag not in items[f]["flags"]} == {}
    assert len({i["article_id"] for i in items.values() if i["article_id"]}) == len(items) - sum(
        not i["article_id"] for i in items.values()
    )


def test_the_good_articles_keep_their_numbers_and_the_page_is_dead(ran):
    result = ran["all"]
    also = [f"skipped:{r}" for r in outcome_of(result)[1]]
    case = {"expected": "skipped", "reason": "duplicate", "also_ok": also, "must": {**MUST, "figures_ok": 1}, "bad": []}
    assert check_case(case, result, folder=result.out, control=control_numbers(ran["clean"])) == []
