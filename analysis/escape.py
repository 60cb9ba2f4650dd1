"""Untrusted text on its way out: one helper for each place it can go to."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

_HARMFUL = dict.fromkeys([0xFFFE, 0xFFFF, 0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")
_FORMULA = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]*+[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def for_html(text: object) -> str:
    """Return text for an HTML page: characters of the markup and of writing direction made harmless."""
    return html.escape(_visible(str(text)), quote=True)


def for_cell(value: object) -> object:
    """Return a value for a CSV cell that no spreadsheet will run.

    A string that begins with ``= + - @`` (or their full-width forms, after blanks and invisible characters too), a tab
    or a line end gets an apostrophe in front; so does one that begins with an apostrophe, so that `from_cell` can take
    it off again. Numbers pass.
    """
    if not isinstance(value, str) or not value:
        return value
    text = value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd").replace("\r", "\n")
    return "'" + text if text[0] == "'" or _FORMULA.match(text) else text


def from_cell(value: str) -> str:
    """Undo `for_cell`."""
    return value[1:] if value[:1] == "'" else value


def for_label(text: object, *, limit: int = 60) -> str:
    """Return text for a figure: one line, cut with an ellipsis.

    The style file turns mathtext off, so dollar signs are drawn as they are.
    """
    clean = " ".join(_visible(str(text)).split())
    return clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…"


def for_link(url: object) -> str:
    """Return an address that may become a link: http or https with a host, else an empty string."""
    text = str(url).strip()
    if not re.fullmatch(r"[\x21-\x7e]{1,2000}", text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc else ""


def _visible(text: str) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8").translate(_HARMFUL)  # direction; what XML cannot hold
    return "".join(c if c >= " " or c in "\n\t" else "\ufffd" for c in text if c != "\x7f")
