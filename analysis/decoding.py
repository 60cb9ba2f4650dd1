"""From bytes that come a block at a time to text: the encoding of the whole file, its characters, its lines."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.refusals import Skip
from analysis.streams import is_packed, open_regular, read_blocks

_MAGIC = (  # pictures, sound, documents, archives, programs, tables that are not text
    *(b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\x00", b"MM\x00*", b"RIFF", b"OggS", b"ID3\x03", b"ID3\x04", b"fLaC"),
    *(b"%PDF", b"%!PS", b"\xd0\xcf\x11\xe0", b"SQLite format 3\x00", b"PAR1", b"ARROW1", b"\x93NUMPY"),
    *(b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"),
    *(b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd"),
    *(b"\x7fELF", b"\xca\xfe\xba\xbe", b"\x00asm", b"wOFF", b"wOF2"),
)
_LONGEST_MAGIC = max(map(len, _MAGIC))
_MARKS = (
    *((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")),
    *((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")),
)
_CONTROL = bytes(c for c in range(32) if c not in b"\t\n\x0b\x0c\r\x1b")
_NO_CONTROL = dict.fromkeys(_CONTROL)
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}")


@dataclass(frozen=True)
class Encoding:
    """How the bytes of a text are decoded; flags: ``guessed-encoding``, ``cut-off``, ``nul-bytes``."""

    name: str
    errors: str = "strict"
    flags: tuple[str, ...] = ()


@dataclass
class _Counts:
    """What one pass over the bytes of a file tells."""

    head: bytes = b""
    size: int = 0
    controls: int = 0
    even: int = 0  # NUL bytes at even places
    odd: int = 0
    fault: str = ""  # of its UTF-8: broken, cut (in its last letter alone)

    @property
    def wide(self) -> tuple[str, bool]:
        """The encoding in two or four bytes a character ('' for others), and whether a mark states it."""
        for mark, name in _MARKS:
            if self.head.startswith(mark):
                return name, True
        if self.size % 2 == 0 and self.even + self.odd > self.size * 0.4 and not (self.even and self.odd):
            return ("utf-16-le" if self.odd else "utf-16-be"), False  # Latin letters: every second byte is zero
        return "", False


def find_encoding(blocks: Callable[[], Iterable[bytes]]) -> Encoding:
    """Find the encoding of a whole file: UTF-8 strictly, UTF-16 with its mark, then Windows-1252.

    Parameters
    ----------
    blocks : callable
        Gives the bytes of the file from its beginning; called a second time where they are not UTF-8.

    Returns
    -------
    Encoding
        Under which every byte can be decoded; a letter cut off at the end is left out.

    Raises
    ------
    Skip
        not-text (a picture, an archive, many NUL bytes) or undecodable.
    """
    counts = _count(blocks())
    wide, marked = counts.wide
    if wide:
        _check_wide(blocks(), wide)
        return Encoding(wide, flags=() if marked else ("guessed-encoding",))
    zeros, size = counts.even + counts.odd, counts.size
    if counts.head.startswith(_MAGIC) or zeros > max(8, size // 1000) or counts.controls > max(8, size // 100):
        raise Skip("not-text")
    flags = ("nul-bytes",) if zeros else ()
    if counts.fault == "broken":
        _check_cp1252(blocks())
        return Encoding("cp1252", flags=(*flags, "guessed-encoding"))
    if counts.fault == "cut":
        return Encoding("utf-8-sig", errors="ignore", flags=(*flags, "cut-off"))
    return Encoding("utf-8-sig", flags=flags)


def _count(blocks: Iterable[bytes]) -> _Counts:
    found, utf8 = _Counts(), codecs.getincrementaldecoder("utf-8")()
    for block in blocks:
        if len(found.head) < _LONGEST_MAGIC:
            found.head += block[:_LONGEST_MAGIC]
        found.controls += len(block) - len(block.translate(None, _CONTROL))
        if zeros := block.count(0):
            even = block[found.size % 2 :: 2].count(0)
            found.even, found.odd = found.even + even, found.odd + zeros - even
        found.size += len(block)
        if not found.fault:
            try:
                utf8.decode(block)
            except UnicodeDecodeError:
                found.fault = "broken"
    if not found.fault and utf8.getstate()[0]:
        found.fault = "cut"
    return found


def _check_wide(blocks: Iterable[bytes], name: str) -> None:
    size = controls = 0
    for piece in decode_blocks(blocks, Encoding(name)):
        size += len(piece)
        controls += len(piece) - len(piece.translate(_NO_CONTROL))
    if controls > max(8, size // 100):
        raise Skip("not-text")


def _check_cp1252(blocks: Iterable[bytes]) -> None:
    """Raise where a letter of UTF-8 stands among bytes that are none: that is broken UTF-8, not another encoding."""
    before = b""
    for block in blocks:
        block = before[-2:] + block
        if _UTF8_LETTER.search(block):
            raise Skip("undecodable")
        try:
            block.decode("cp1252")
        except UnicodeDecodeError:
            raise Skip("undecodable") from None
        before = block


def decode_blocks(blocks: Iterable[bytes], encoding: Encoding) -> Iterator[str]:
    """Decode the bytes of a file a block at a time.

    Raises
    ------
    Skip
        undecodable
    """
    decoder = codecs.getincrementaldecoder(encoding.name)(encoding.errors)
    try:
        for block in blocks:
            yield decoder.decode(block)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Skip("undecodable") from None


# ---------------------------------------------------------------- text


def read_text(path: Path, *, limit: int, flags: list[str]) -> Iterator[str]:
    """Yield the text of a file in pieces, without its byte order mark; one that ends in .gz is unpacked.

    The file is gone through twice: the first pass finds its encoding, so that all that is wrong with a file as a whole
    is raised before its first piece. ``flags`` takes those of its encoding.

    Raises
    ------
    Skip
        As `open_regular`, `read_blocks` and `find_encoding`.
    """
    with open_regular(path, limit=limit) as file:

        def blocks() -> Iterator[bytes]:
            return read_blocks(file, packed=is_packed(path), limit=limit)

        encoding = find_encoding(blocks)
        flags += encoding.flags
        yield from decode_blocks(blocks(), encoding)


def split_lines(pieces: Iterable[str], *, longest: int) -> Iterator[tuple[int, str | None]]:
    """Split text that comes in pieces into its lines; ``\\r\\n`` and ``\\r`` end one too.

    Yields
    ------
    (int, str or None)
        The number of a line, from 1, and its text without its end; None for one with more than ``longest`` characters,
        which is never held.
    """
    held: list[str] = []
    line, size = 1, 0
    for piece in _tidy_ends(pieces):
        for i, part in enumerate(piece.split("\n")):
            if i:
                yield line, "".join(held) if size <= longest else None
                held, line, size = [], line + 1, 0
            size += len(part)
            if size <= longest:
                held.append(part)
            else:
                held.clear()
    yield line, "".join(held) if size <= longest else None


def _tidy_ends(pieces: Iterable[str]) -> Iterator[str]:
    ends = io.IncrementalNewlineDecoder(None, translate=True)
    for piece in pieces:
        yield ends.decode(piece)
    yield ends.decode("", final=True)
