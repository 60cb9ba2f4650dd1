"""The bytes of a file, a block at a time whatever its size: opened with care, unpacked within bounds."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from analysis.refusals import Skip

MAX_BYTES = 20_000_000  # of one article; README says so
_BLOCK = 65_536  # bytes read at a time
_PIECE = 4 * _BLOCK  # bytes unpacked at a time
_MOST_MEMBERS = 100_000  # of a .gz, or one for each 200 bytes: records may be packed one by one


def open_regular(path: Path, *, limit: int) -> BinaryIO:
    """Open a regular file for reading without following links and without waiting on a pipe.

    Raises
    ------
    Skip
        vanished, not-regular-file, unreadable, or too-large where it has more than ``limit`` bytes.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Skip("vanished") from None
    except OSError as error:
        raise Skip("not-regular-file" if error.errno in (40, 6) else "unreadable") from None
    info = os.fstat(handle)
    if not stat.S_ISREG(info.st_mode) or info.st_size > limit:
        os.close(handle)
        raise Skip("too-large" if stat.S_ISREG(info.st_mode) else "not-regular-file")
    return os.fdopen(handle, "rb")


def is_packed(path: Path) -> bool:
    """Tell a file that is unpacked as it is read."""
    return path.suffix.lower() == ".gz"


def unpacked_limit(packed: int, *, limit: int) -> int:
    """Return how many bytes a packed file may hold: 200 for each of its own, one article at least, ``limit`` at most.

    Text packs to a tenth or a third of its size, so that only a bomb asks for more.
    """
    return min(limit, max(MAX_BYTES, 200 * packed))


def read_blocks(file: BinaryIO, *, packed: bool, limit: int) -> Iterator[bytes]:
    """Yield the bytes of an open file from its beginning, unpacked where it is packed, never much at a time.

    Raises
    ------
    Skip
        unreadable; of a packed file decompression-limit (more than `unpacked_limit`) and bad-archive (damaged or cut off).
    """
    blocks, size = _read_raw(file), os.fstat(file.fileno()).st_size
    if not packed:
        return blocks
    return _unpack(blocks, room=unpacked_limit(size, limit=limit), most=max(_MOST_MEMBERS, size // 200))


def split_blocks(data: bytes) -> Iterator[bytes]:
    """Yield bytes that are at hand as `read_blocks` would."""
    return (data[i : i + _BLOCK] for i in range(0, len(data), _BLOCK))


def _read_raw(file: BinaryIO) -> Iterator[bytes]:
    try:
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block
    except OSError:
        raise Skip("unreadable") from None


def _unpack(blocks: Iterable[bytes], *, room: int, most: int) -> Iterator[bytes]:
    """Unpack a .gz: several members, one after the other, and zeros at its end."""
    member, members, zeros = zlib.decompressobj(wbits=31), 0, False
    for block in blocks:
        while block:
            if member.eof:
                if not block.strip(b"\0"):
                    zeros = True
                    break
                if zeros or members == most:
                    raise Skip("bad-archive")
                member = zlib.decompressobj(wbits=31)
            try:
                piece = member.decompress(block, _PIECE)
            except zlib.error:
                raise Skip("bad-archive") from None
            room -= len(piece)
            if room < 0:
                raise Skip("decompression-limit")
            if piece:
                yield piece
            members += member.eof
            block = member.unused_data if member.eof else member.unconsumed_tail
    if not member.eof:
        raise Skip("bad-archive")
