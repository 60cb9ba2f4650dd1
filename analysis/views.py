"""Same-length views of a text, so that one character offset serves every stage."""

from __future__ import annotations

import re
import unicodedata

# Characters that show nothing but can hide a word from a list: soft hyphen, zero-width, bidi controls, fillers, tags.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")

_QUOTES = {
    **dict.fromkeys("‘’‚‛′ʼ＇`´", "'"),
    **dict.fromkeys("“”„‟″＂«»", '"'),
}
_DASHES = dict.fromkeys("‐‑‒–—―−", "-")
# Cyrillic and Greek letters drawn like Latin ones (Unicode confusables, the ones that occur in English words).
_LOOKALIKE = dict(
    zip(
        "АВЕЅІЈКМНОРСТХаеѕіјорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιναρκυօհսոց",
        "ABESIJKMHOPCTXaesijopcyxhdqwABEZHIKMNOPTYXoivapkuohung",
        strict=True,
    )
)


def _build() -> dict[int, str]:
    table = {ord(k): v for k, v in {**_QUOTES, **_DASHES, **_LOOKALIKE}.items()}
    for code in (
        *range(0xFF01, 0xFF5F),
        *range(0x24B6, 0x24EA),
        *range(0x1D400, 0x1D800),
    ):  # full-width, circled, bold …
        plain = unicodedata.normalize("NFKC", chr(code))
        if len(plain) == 1:
            table[code] = _LOOKALIKE.get(plain, plain)
    for code in (*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, *range(0x80, 0xA1)):
        table[code] = " "
    for code in (0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000):
        table[code] = " "
    table[ord("＂")], table[ord("＇")] = '"', "'"
    return table


_TABLE = _build()


def _as_ranges(codes: list[int]) -> str:
    """Write characters as ranges of a character class: a class of a thousand single ones is slow."""
    first = [c for c in codes if c - 1 not in _TABLE]
    last = [c for c in codes if c + 1 not in _TABLE]
    return "".join(f"{re.escape(chr(a))}-{re.escape(chr(b))}" for a, b in zip(first, last, strict=True))


_ODD = re.compile(f"[{_as_ranges(sorted(_TABLE))}]")  # few of them in a text: quicker than str.translate on all of it


def straighten(text: str) -> str:
    """Return a view of the same length with straight quotes, plain dashes, blanks and letters.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        As long as ``text``; curly and full-width quotes are straight, dashes are ``-``, odd blanks and
        control characters are spaces, letters drawn like Latin ones are Latin. Invisible characters stay
        (dropping them would move offsets); `bare` takes them out of a single word.
    """
    return _ODD.sub(_to_plain, text)


def _to_plain(met: re.Match[str]) -> str:
    return _TABLE[ord(met[0])]


def bare(word: str) -> str:
    """Return a word of a straightened view without its invisible characters."""
    return _INVISIBLE.sub("", word) if not word.isascii() else word


def find_disguises(text: str) -> list[str]:
    """Name what in a text could hide a word: ``invisible-characters``, ``confusable-characters``.

    Returns
    -------
    list of str
        Flags for run.json, sorted; empty for a plain text. Letters of other scripts count only where one
        word mixes them with Latin ones.
    """
    if text.isascii():
        return []
    flags = set()
    if _INVISIBLE.search(text):
        flags.add("invisible-characters")
    for word in re.findall(r"[^\W\d_]+", text):
        if not word.isascii() and re.search(r"[A-Za-z]", word) and not _is_latin(word):
            flags.add("confusable-characters")
            break
    if re.search(r"[\uff01-\uff5e\u24b6-\u24e9\U0001d400-\U0001d7ff]", text):
        flags.add("confusable-characters")
    if re.search(r"â€[\u0080-\u009f™œ\u201c\u201d\u02dc¦“”]|Ã[\u0080-\u00bf]", text):
        flags.add("mojibake")
    return sorted(flags)


def _is_latin(word: str) -> bool:
    """Tell whether all letters of a word are of one script, the Latin one."""
    return all(unicodedata.name(c, "").startswith(("LATIN", "MICRO", "FEMININE", "MASCULINE")) for c in set(word))
