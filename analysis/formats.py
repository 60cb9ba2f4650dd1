"""Web pages, Markdown and RTF → their words. Nothing is fetched or run."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count, islice

from analysis.refusals import Skip

_DEEPEST = 10_000  # groups of an .rtf inside each other


def with_title(title: str, body: str) -> str:
    """Return the text with its headline on top, so that the headline has a place in the coordinate."""
    return body if not title or body.lstrip().startswith(title) else f"{title}\n\n{body}"


def load_page(page: str) -> dict:
    """Take the article, its title, date, outlet and address out of a web page (trafilatura).

    Parameters
    ----------
    page : str
        The decoded page.

    Returns
    -------
    dict of str to str
        text (headline on top; '' where the page holds no article), title, date (ISO), date_basis, outlet, url.
    """
    import trafilatura  # slow to import, and only pages need it

    found = trafilatura.bare_extraction(
        make_parsable(page),
        with_metadata=True,
        include_comments=False,
        date_extraction_params={
            "original_date": True,
            "extensive_search": False,
            "max_date": "2199-12-31",
        },  # not the clock
    )
    if found is None:
        return {"text": ""}
    data = found if isinstance(found, dict) else found.as_dict()
    get = lambda key: " ".join(str(data.get(key) or "").split())  # noqa: E731
    title, body = get("title"), data.get("text") or ""
    return {
        "title": title,
        "date": get("date"),
        "date_basis": "stated" if get("date") else "",
        "outlet": get("sitename"),
        "url": get("url"),
        "text": with_title(title, body),
    }


_SPACE = r" \t\n\f\r"  # of HTML; other blanks belong to a name or a value
_ATTRIBUTE = re.compile(
    rf"""[^{_SPACE}/>][^{_SPACE}/>=]*+"""
    rf"""(?:[{_SPACE}]*+=[{_SPACE}]*+(?:"[^"]*+"?|'[^']*+'?|[^{_SPACE}>"'][^{_SPACE}>]*+)?)?"""
)
_TAG = re.compile(  # or a comment, in which nothing is one; neither fails half-way, so that a page is gone through once
    rf"<(/?)([a-zA-Z][^{_SPACE}/>]*+)((?:[{_SPACE}]++|/(?!>)|{_ATTRIBUTE.pattern})*+)(/?)>?"
    r"|<!--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>)?)|<[!?/][^>]*+>?"
)
_END_OF_WORDS = {  # of the elements in which nothing is a tag
    name: re.compile(rf"</{name}(?=[{_SPACE}/>])", re.I)
    for name in "script style title textarea xmp iframe noembed noframes".split()
}
_CONTROL = re.compile(  # a reference to a character that XML cannot hold, for which the whole page would be given away
    r"&#(?:0*+(?:[1-8]|1[124-9]|2[0-9]|3[01]|6553[45])(?![0-9])|x0*+(?:[1-8bcef]|1[0-9a-f]|fff[ef])(?![0-9a-f]));?",
    re.I,
)
_NOT_NESTED = frozenset(  # without an end, or ended by their like: they do not lie inside each other
    "area base br col embed hr img input link meta param source track wbr p li dt dd option tr td th".split()
)
_WITH_PARTS = {"table": 4, "ul": 2, "ol": 2, "dl": 2, "select": 2}  # what each brings with the parts in it
_DEEPEST_PAGE = 200  # the parser stops at 256, and would take the rest of the page for nothing
_MOST_ATTRIBUTES = 200  # of a tag: the parser compares each with all the others


def make_parsable(page: str) -> str:
    """Return a page that the parser reads to its end and in time; ordinary pages stay as they are.

    A reference to a control character becomes a blank, a tag keeps its first 200 attributes, and tags are left out as
    `flatten` says.
    """
    return flatten(_replace_tags(_CONTROL.sub(" ", page), _cut_attributes))


def flatten(page: str) -> str:
    """Return a page without the tags that open more than 200 elements inside each other; other pages stay as they are."""
    if page.count("<") < _DEEPEST_PAGE:
        return page
    depth = 0
    opened: Counter[str] = Counter()

    def keep(tag: re.Match) -> str:
        nonlocal depth
        name = tag[2].lower()
        if name in _NOT_NESTED or tag[4] or (tag[1] and not opened[name]):
            return tag[0]
        step = -1 if tag[1] else 1
        opened[name] += step
        deepest, depth = depth, depth + _WITH_PARTS.get(name, 1) * step
        return tag[0] if max(deepest, depth) <= _DEEPEST_PAGE else " "

    return _replace_tags(page, keep)


def _cut_attributes(tag: re.Match) -> str:
    if len(tag[3]) < _MOST_ATTRIBUTES:
        return tag[0]
    last = next(islice(_ATTRIBUTE.finditer(tag[3]), _MOST_ATTRIBUTES, None), None)
    return tag[0] if last is None else f"<{tag[1]}{tag[2]}{tag[3][: last.start()]}{tag[4]}>"


def _replace_tags(page: str, change: Callable[[re.Match], str]) -> str:
    parts, at = [], 0
    for tag in _find_tags(page):
        parts += [page[at : tag.start()], change(tag)]
        at = tag.end()
    return "".join([*parts, page[at:]])


def _find_tags(page: str) -> Iterator[re.Match]:
    """Give the tags of a page that the parser takes for tags: (end, name, attributes, empty element)."""
    at = 0
    while tag := _TAG.search(page, at):
        at = tag.end()
        if tag[2]:
            yield tag
            if not (tag[1] or tag[4]) and (end := _END_OF_WORDS.get(tag[2].lower())):
                found = end.search(page, at)
                at = found.start() if found else len(page)


# ---------------------------------------------------------------- Markdown

_FRONT = re.compile(r"([A-Za-z][\w -]{0,40}):[ \t]*(.{0,2000})")


def load_markdown(text: str) -> dict:
    """Take the words out of a Markdown file (mistune); pictures, code and raw HTML are left out.

    Parameters
    ----------
    text : str

    Returns
    -------
    dict
        text (blocks with an empty line between), title (of the front matter, else a first heading), front (what the front
        matter says, by its own lower-case keys).
    """
    import mistune

    front, body = _split_front(text)
    tokens = mistune.create_markdown(renderer=None)(body)
    blocks: list[str] = []
    title = front.get("title", "")
    stack = list(reversed(tokens)) if isinstance(tokens, list) else []
    while stack:
        token = stack.pop()
        kind = token["type"]
        if kind in ("paragraph", "heading", "block_text"):
            words = _words_of(token)
            if words and kind == "heading" and not blocks and not title:
                title = " ".join(words.split())
            blocks += [words] if words else []
        elif kind in ("block_quote", "list", "list_item"):
            stack += reversed(token.get("children", []))
    return {"front": front, "title": title, "text": with_title(title, "\n\n".join(blocks))}


def _split_front(text: str) -> tuple[dict[str, str], str]:
    lines = text.split("\n", 60)
    if lines[0].strip() != "---" or not any(line.strip() == "---" for line in lines[1:60]):
        return {}, text
    last = next(i for i in count(1) if lines[i].strip() == "---")
    found = (_FRONT.fullmatch(line.rstrip()) for line in lines[1:last])
    return {m[1].strip().lower(): m[2].strip().strip("\"'") for m in found if m}, "\n".join(lines[last + 1 :])


def _words_of(block: dict) -> str:
    parts: list[str] = []
    stack = list(reversed(block.get("children", [])))
    while stack:
        token = stack.pop()
        if token["type"] in ("softbreak", "linebreak"):
            parts.append(" ")
        elif token["type"] in ("text", "codespan"):
            parts.append(html.unescape(token.get("raw", "")))
        elif token["type"] != "image":
            stack += reversed(token.get("children", []))
    return "".join(parts).strip()


# ---------------------------------------------------------------- RTF

_RTF = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)", re.DOTALL
)
_RTF_CHARACTERS = {
    **dict.fromkeys(("par", "line", "sect", "page", "row"), "\n"),
    **dict.fromkeys(("tab", "cell", "emspace", "enspace", "qmspace"), " "),
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
}
_RTF_SILENT = frozenset(
    "fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf footnote "
    "annotation fldinst listtable listoverridetable rsidtbl generator themedata datastore xmlnstbl latentstyles "
    "nonshppict bkmkstart bkmkend filetbl revtbl pntext".split()
)


def load_rtf(text: str) -> dict:
    """Take the words out of an RTF file in one pass over its control words.

    Parameters
    ----------
    text : str
        The file, one character a byte (latin-1).

    Returns
    -------
    dict of str to str
        text, one paragraph a line.

    Raises
    ------
    Skip
        undecodable: more than 10,000 groups inside each other.
    """
    out: list[str] = []
    groups: list[tuple[bool, int]] = []
    silent, after_unicode, to_skip, at = False, 1, 0, 0
    page = "cp1252"
    while m := _RTF.search(text, at):
        at = m.end()
        word, number, code, symbol, brace, plain = m.groups()
        if brace == "{":
            groups.append((silent, after_unicode))
            if len(groups) > _DEEPEST:
                raise Skip("undecodable")
            to_skip = 0
        elif brace:
            silent, after_unicode = groups.pop() if groups else (False, 1)
            to_skip = 0
        elif word:
            value = int(number) if number else 1
            if word == "bin":
                at += max(0, value)
            elif word == "uc":
                after_unicode = max(0, min(value, 9))
            elif word == "ansicpg":
                page = f"cp{value}" if value in (874, *range(1250, 1259)) else page
            elif word in _RTF_SILENT or (word == "deleted" and value):
                silent = True
            elif word == "u" and not silent:
                out.append(chr(value % 65536))
                to_skip = after_unicode
            elif word in _RTF_CHARACTERS and not silent:
                out.append(_RTF_CHARACTERS[word])
        elif symbol == "*":
            silent = True
        elif not silent:
            words = bytes([int(code, 16)]).decode(page, "replace") if code else plain or _symbol(symbol)
            out.append(words[to_skip:])
            to_skip = max(0, to_skip - len(words))
    joined = "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    lines = [line.strip() for line in joined.split("\n")]
    return {"text": "\n".join(lines).strip("\n")}


def _symbol(symbol: str) -> str:
    return {"~": "\u00a0", "_": "-", "-": "", "\n": "\n", "\r": "\n"}.get(symbol, symbol if symbol in "\\{}" else "")
