"""The only place that touches the disk: decoding, atomic writes, the output folder and its lock."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from analysis.decoding import find_encoding
from analysis.refusals import InUse, Refusal, Skip
from analysis.streams import MAX_BYTES, is_packed, open_regular, read_blocks, split_blocks

RUN_FILE = "run.json"
CACHE = "cache"  # in an output folder: what the next run need not do again (analysis/cache.py)
CACHE_ENTRY = re.compile(CACHE + r"/[0-9a-f]{64}\.json\.gz")
MODELS = Path(__file__).parent / "models"  # the fitted weights that come with the suite
_TAKEN = re.compile(r"con|nul|aux|prn|(?:com|lpt)[0-9]|(?:.*-)?[0-9a-f]{8}")  # devices, and what `slug` gives others
_HALF = re.compile("[\ud800-\udfff]")
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def slug(name: str, *, limit: int = 60) -> str:
    """Return a file name for any text: plain letters, never a path, never the same for two texts.

    Parameters
    ----------
    name : str
        Untrusted text.
    limit : int
        Longest result in characters.

    Returns
    -------
    str
        The name itself where it is already safe, else a readable part and eight digits of its hash.
    """
    safe = re.fullmatch(rf"[a-z0-9][a-z0-9_-]{{0,{limit - 1}}}", name)
    if safe and not _TAKEN.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name[:200]).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: limit - 9].rstrip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain}-{digest}" if plain else digest


def find_model(models: Path | bool | None, name: str) -> Path | None:
    """Return where a fitted model lies: in the user's folder where that holds it, else the one shipped.

    Parameters
    ----------
    models : Path, True or None
        A user's folder, which may hold only some of the models; True for the shipped ones; None for rules and word
        lists alone.
    name : str
        The model's file name.

    Returns
    -------
    Path or None
        None where neither has it, or where no model is wanted.
    """
    if models is None or models is False:
        return None
    folders = [MODELS] if models is True else [Path(models), MODELS]
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def sha256(data: bytes) -> str:
    """Return the hexadecimal SHA-256 of ``data``."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """Read a regular file without following links and without waiting on a pipe.

    Raises
    ------
    Skip
        vanished, not-regular-file, unreadable or too-large.
    """
    with open_regular(path, limit=limit) as file:
        try:
            return file.read(limit + 1)
        except OSError:
            raise Skip("unreadable") from None


def read_packed(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """Read a file as `read_bytes` does; one that ends in .gz is unpacked, up to `unpacked_limit`.

    Raises
    ------
    Skip
        As `read_bytes`; decompression-limit; bad-archive (damaged or cut off).
    """
    if not is_packed(path):
        return read_bytes(path, limit=limit)
    with open_regular(path, limit=limit) as file:
        return b"".join(read_blocks(file, packed=True, limit=limit))


def decode(data: bytes) -> tuple[str, list[str]]:
    """Decode the bytes of a text file, line ends as ``\\n``; see `decode_exactly`."""
    text, flags = decode_exactly(data)
    return _tidy_ends(text), flags


def decode_exactly(data: bytes) -> tuple[str, list[str]]:
    """Decode the bytes of a text file: UTF-8 strictly, UTF-16 with its mark, then Windows-1252.

    Returns
    -------
    (str, list of str)
        The text without a byte order mark; flags (``guessed-encoding``, ``cut-off``, ``nul-bytes``).

    Raises
    ------
    Skip
        not-text (a picture, an archive, many NUL bytes) or undecodable.
    """
    encoding = find_encoding(lambda: split_blocks(data))
    return data.decode(encoding.name, encoding.errors), list(encoding.flags)


def mend_halves(value: Any) -> Any:
    """Return what JSON gave with halves of surrogate pairs, which no file can hold, as U+FFFD; offsets stay."""
    if isinstance(value, str):
        return value if value.isascii() else _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [mend_halves(v) if isinstance(v, str | list) else v for v in value]
    return value


def _tidy_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file whole or not at all: a temporary file beside it, flushed to disk, then renamed.

    ``durable=False`` leaves out the flush, for what can be made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(part, 0o644)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def open_new(path: Path) -> BinaryIO:
    """Open a new file in a folder that nobody reads yet, to be written part by part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return open(path, "xb")


@contextlib.contextmanager
def output_folder(out: Path) -> Iterator[Path]:
    """Give a staging folder that becomes ``out`` as a whole when the block ends without an error.

    An earlier result stays as it is until then. Files in ``out`` that no run of ours made are kept. Of a run that was cut
    off, the staging folder keeps its cache.

    Raises
    ------
    Refusal
        unsafe-path where ``out`` is a file, holds other people's files, or its parent cannot be written.
    InUse
        Another run holds the folder.
    """
    out = Path(os.path.abspath(out))
    _check_output(out)
    lock_path = out.parent / f".{out.name}.parallax-lock"
    staging = out.parent / f".{out.name}.parallax-run"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(lock_path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise Refusal(f"cannot write beside {out.name}: {error.strerror}", reason="unsafe-path") from None
    try:
        _take(lock, lock_path)
        _recover(out)
        _clear_staging(staging)
        staging.mkdir(exist_ok=True)
        try:
            yield staging
            _publish(staging, out)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            with contextlib.suppress(OSError):
                lock_path.unlink()
    finally:
        os.close(lock)


def _clear_staging(staging: Path) -> None:
    """Empty what a run that died left, but for its cache."""
    if (staging / CACHE).is_symlink() or staging.is_symlink() or not (staging / CACHE).is_dir():
        shutil.rmtree(staging, ignore_errors=True)
        return
    for path in sorted(staging.iterdir()):
        if path.name != CACHE:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _take(lock: int, path: Path) -> None:
    """Take the lock, or raise `InUse`; a lock whose file was just put away by the run before counts as held."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = os.path.samestat(os.fstat(lock), os.stat(path))
    except OSError:
        mine = False
    if not mine:
        raise InUse(f"another run is writing {path.name[1:-14]}; wait for it or choose another folder")


def _check_output(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise Refusal(f"{out.name} is not a folder", reason="unsafe-path")
    if out.is_dir():
        if not os.access(out, os.W_OK):
            raise Refusal(f"the folder {out.name} cannot be written", reason="unsafe-path")
        others = [p.name for p in out.iterdir() if not p.name.startswith(".")]
        if others and not (out / RUN_FILE).is_file():
            raise Refusal(
                f"the folder {out.name} holds files of another kind; give a new or empty one", reason="unsafe-path"
            )


def _publish(staging: Path, out: Path) -> None:
    """Put the staging folder in the place of ``out`` in one step, keeping foreign files."""
    for part in sorted(staging.rglob("*")):
        if part.is_file() and part.parent.name != CACHE:  # a torn entry of the cache is passed over
            with open(part, "rb") as file:
                os.fsync(file.fileno())
    if not out.exists():
        os.rename(staging, out)
        _sync(out.parent)
        return
    ours = set(_files_of(out))
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if CACHE_ENTRY.fullmatch(name):  # those still in use stand in the staging folder
            continue
        if (path.is_file() or path.is_symlink()) and name not in ours and not (staging / name).exists():
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, staging / name, follow_symlinks=False)
    _exchange(staging, out)
    _sync(out.parent)


def _sync(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some file systems cannot; the rename has happened
    finally:
        os.close(handle)


def _recover(out: Path) -> None:
    """Put back an earlier result that a run set aside just before it died."""
    aside = _aside(out)
    if aside.is_dir() and not out.exists():
        os.rename(aside, out)


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name}.parallax-old")


def _files_of(out: Path) -> list[str]:
    import json

    try:
        return [RUN_FILE, *json.loads((out / RUN_FILE).read_text(encoding="utf-8"))["files"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def _exchange(a: Path, b: Path) -> None:
    """Swap two folders; atomically where the system can."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "renameat2"):
        done = libc.renameat2(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE)
        if done == 0:
            return
    aside = _aside(b)
    shutil.rmtree(aside, ignore_errors=True)
    os.rename(b, aside)
    os.rename(a, b)
    shutil.rmtree(aside, ignore_errors=True)
