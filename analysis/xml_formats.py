"""Word documents and saved feeds → their words. Nothing is fetched, expanded without bound or run."""

from __future__ import annotations

import html
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from xml.parsers import expat

from analysis.files import MAX_BYTES
from analysis.formats import make_parsable, with_title
from analysis.refusals import Skip

_MOST_XML = 5 * MAX_BYTES  # of the body of a .docx, unpacked: markup takes up to five times the room of its words
_MOST_MEMBERS = 10_000
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_BLOCKS = frozenset("p div br li h1 h2 h3 h4 h5 h6 tr blockquote section article ul ol table figure".split())
_SILENT = frozenset("script style template noscript iframe svg".split())


def scan_xml(data: bytes, *, start: Callable, end: Callable, text: Callable) -> None:
    """Read XML from end to end with three callbacks: ``start(name, attributes, line)``, ``end(name)``, ``text(words)``.

    Names are "namespace local". A document that declares entities is refused before any is expanded; nothing outside
    the document is read (expat does not, unless asked).

    Raises
    ------
    Skip
        unsupported-format (entities are declared) or malformed-row with the line of the fault.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise Skip("unsupported-format", line=parser.CurrentLineNumber)

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, given: start(name, given, parser.CurrentLineNumber)
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Skip("malformed-row", line=error.lineno) from None
    except (LookupError, ValueError):  # an encoding that Python does not know
        raise Skip("undecodable") from None


def load_docx(data: bytes) -> dict:
    """Take the words out of a Word document: its paragraphs, tables and text boxes, without deleted words and notes.

    Parameters
    ----------
    data : bytes
        The file. Only ``word/document.xml`` is unpacked, up to 100 MB.

    Returns
    -------
    dict of str to str
        text (paragraphs with an empty line between), title (a first paragraph of style Title or Heading 1, else '').

    Raises
    ------
    Skip
        bad-archive (damaged, or member names that leave the folder), decompression-limit, unsupported-format
        (a zip without a document, entities), malformed-row.
    """
    paragraphs: list[str] = []
    open_ones: list[list[str]] = []
    styles: list[str] = []
    skipped = 0

    def start(name: str, given: dict, line: int) -> None:
        nonlocal skipped
        skipped += name == _FALLBACK or skipped > 0
        if skipped:
            return
        local = name.removeprefix(_WORD)
        if local == "p":
            open_ones.append([])
        elif local == "pStyle" and not paragraphs:
            styles.append(given.get(_WORD + "val", ""))
        elif open_ones and local in ("tab", "br", "cr", "noBreakHyphen", "t"):
            open_ones[-1].append({"t": "", "tab": " ", "noBreakHyphen": "-"}.get(local, "\n"))
            reading[0] = local == "t"

    def end(name: str) -> None:
        nonlocal skipped
        if skipped:
            skipped -= 1
            return
        if name == _WORD + "p" and open_ones:
            paragraph = "".join(open_ones.pop()).strip()
            if paragraph:
                paragraphs.append(paragraph)
        reading[0] = False

    def text(words: str) -> None:
        if reading[0] and open_ones and not skipped:
            open_ones[-1].append(words)

    reading = [False]
    scan_xml(_unzip(data, "word/document.xml"), start=start, end=end, text=text)
    headed = bool(paragraphs and styles and re.match(r"(?i)title|heading ?1", styles[0]))
    return {
        "text": "\n\n".join(paragraphs),
        "title": " ".join(paragraphs[0].split()) if headed else "",
    }


def _unzip(data: bytes, member: str) -> bytes:
    """Return one member of an archive; its declared size is what zipfile never reads beyond."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if len(names) > _MOST_MEMBERS or any(n.startswith(("/", "\\")) or ".." in n for n in names):
                raise Skip("bad-archive")
            if member not in names:
                raise Skip("unsupported-format")
            if archive.getinfo(member).file_size > _MOST_XML:
                raise Skip("decompression-limit")
            return archive.read(member)
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, OSError) as e:
        raise Skip("bad-archive") from e
    except (ValueError, KeyError, MemoryError):
        raise Skip("bad-archive") from None


def load_feed(data: bytes) -> list[dict]:
    """Take the articles out of a saved RSS or Atom file.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    list of dict
        One per item: text (headline on top), title, date (as written), outlet (the item's source, else the feed's
        title), url, line (where the item begins).

    Raises
    ------
    Skip
        unsupported-format (no feed, or entities are declared), malformed-row.
    """
    reader = _Feed()
    scan_xml(data, start=reader.start, end=reader.end, text=reader.text)
    if not reader.is_feed:
        raise Skip("unsupported-format")
    articles = []
    for item in reader.items:
        bodies = [_strip_markup(item.get(k, "")) for k in ("encoded", "content", "description", "summary")]
        title = " ".join(_strip_markup(item.get("title", "")).split())
        articles.append(
            {
                "title": title,
                "text": with_title(title, max(bodies, key=len)),
                "date": next((item[k].strip() for k in ("pubDate", "published", "date", "updated") if item.get(k)), ""),
                "outlet": " ".join((item.get("source") or reader.name).split()),
                "url": item.get("link", "").strip(),
                "line": item["line"],
            }
        )
    return articles


class _Feed:
    """What a feed says, item by item; markup inside an item (Atom's xhtml) is read as words with breaks."""

    def __init__(self) -> None:
        self.is_feed = False
        self.name = ""
        self.items: list[dict] = []
        self.path: list[str] = []
        self.parts: dict[str, list[str]] | None = None
        self.field = ""

    def start(self, name: str, given: dict, line: int) -> None:
        local = name.rpartition(" ")[2]
        if not self.path:
            self.is_feed = local in ("rss", "feed", "RDF")
        self.path.append(local)
        if local in ("item", "entry") and self.parts is None:
            self.parts = {}
            self.items.append({"line": line})
            self.depth = len(self.path)
        elif self.parts is not None:
            if len(self.path) == self.depth + 1:
                self.field = local
                if local == "link" and given.get("href") and given.get("rel", "alternate") == "alternate":
                    self.parts["link"] = [given["href"]]
            elif self.field and local in _BLOCKS:
                self.parts.setdefault(self.field, []).append("<p>")

    def end(self, name: str) -> None:
        local = self.path.pop()
        if self.parts is not None and len(self.path) < self.depth:
            self.items[-1].update({k: "".join(v) for k, v in self.parts.items()})
            self.parts, self.field = None, ""
        elif self.parts is not None and len(self.path) == self.depth:
            self.field = ""
        elif self.field and local in _BLOCKS and self.parts is not None:
            self.parts.setdefault(self.field, []).append("</p>")

    def text(self, words: str) -> None:
        if self.parts is not None:
            if self.field and (self.field != "source" or self.path[-1] in ("source", "title")):
                self.parts.setdefault(self.field, []).append(words)
        elif self.path[-2:] in (["channel", "title"], ["feed", "title"]):
            self.name += words


def _strip_markup(page: str) -> str:
    """Return the words of a piece of HTML, an empty line between its blocks."""
    if "<" not in page:
        return html.unescape(page).strip()
    from lxml import etree

    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = etree.fromstring(make_parsable(page).encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return ""
    parts: list[str] = []
    silent = 0
    for event, element in etree.iterwalk(root, events=("start", "end")) if root is not None else ():
        block = element.tag in _BLOCKS
        if event == "start":
            silent += element.tag in _SILENT
            parts += ["\n\n"] * block + ([element.text] if element.text and not silent else [])
        else:
            silent -= element.tag in _SILENT
            parts += ["\n\n"] * block + ([element.tail] if element.tail and not silent else [])
    blocks = [" ".join(b.split()) for b in "".join(parts).split("\n\n")]
    return "\n\n".join(b for b in blocks if b)
