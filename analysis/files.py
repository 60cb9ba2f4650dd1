"""The only place that touches the disk: decoding, atomic writes, the output folder and its lock."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
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
def output_folder(out: Path, *, makes: Iterable[str] = ()) -> Iterator[Path]:
    """Give a staging folder that becomes ``out`` as a whole when the block ends without an error.

    An earlier result stays as it is until then. What is in ``out`` and of no run of ours is kept as it is. Of a run that
    was cut off, the staging folder keeps its cache.

    Parameters
    ----------
    out : Path
    makes : iterable of str
        Names that the block will put there, a folder's with a slash at its end. What others put in their place is
        refused before the work; in the place of anything else, after it.

    Raises
    ------
    Refusal
        unsafe-path where ``out`` is a file or a link, holds other people's files and no run or such that would be
        replaced, or its parent cannot be written.
    InUse
        Another run holds the folder.
    """
    out = Path(os.path.abspath(out))
    _check_output(out)
    staging = out.parent / f".{out.name}.parallax-run"
    with _hold(out):
        _recover(out)
        _check_output(out)
        _check_clashes(out, makes=set(makes))
        _clear_staging(staging)
        try:
            yield staging
            _check_output(out)
            _publish(staging, out)
        finally:
            with contextlib.suppress(OSError):
                _remove(staging)


@contextlib.contextmanager
def _hold(out: Path) -> Iterator[None]:
    """Hold the lock beside a folder."""
    path = out.parent / f".{out.name}.parallax-lock"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise Refusal(f"cannot write beside {out.name}: {error.strerror}", reason="unsafe-path") from None
    try:
        _take(lock, path)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()
    finally:
        os.close(lock)


def _clear_staging(staging: Path) -> None:
    """Leave of what a run that died left the entries of its cache; what is no folder there was not left by a run."""
    if not _is_folder(staging):
        staging.unlink(missing_ok=True)
        staging.mkdir()
    for path in sorted(staging.iterdir()):
        if path.name != CACHE or not _is_folder(path):
            _remove(path)
    for path in (staging / CACHE).glob("*"):
        if not CACHE_ENTRY.fullmatch(f"{CACHE}/{path.name}") or path.is_symlink() or not path.is_file():
            _remove(path)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _remove(path: Path) -> None:
    """Take away a folder with all that is in it, or whatever else has this name; a link, not what it leads to."""
    if not _is_folder(path):
        path.unlink(missing_ok=True)
        return
    for folder, _, _ in os.walk(path):
        os.chmod(folder, 0o700)  # one that may not be written cannot be emptied
    shutil.rmtree(path)


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
        if others and not ((out / RUN_FILE).is_file() and _files_of(out)):
            raise Refusal(
                f"the folder {out.name} holds files of another kind; give a new or empty one", reason="unsafe-path"
            )


def _check_clashes(out: Path, *, makes: set[str]) -> None:
    """Refuse to replace what is not of a run; two folders of one name become one."""
    taken = {name.rstrip("/") for name in makes}
    for name in _find_foreign(out) if out.is_dir() else ():
        if name.rstrip("/") in taken and not (name in makes and name.endswith("/")):
            raise _would_replace(name, out)


def _would_replace(name: str, out: Path) -> Refusal:
    return Refusal(f"{name} in {out.name} is of no run of ours and would be replaced; move it", reason="unsafe-path")


def _find_foreign(out: Path) -> Iterator[str]:
    """Give the name of everything in a result that no run made: a folder, which ends in a slash, before what is in it."""
    ours = set(_files_of(out))
    holders = {f"{CACHE}/", *(f"{folder}/" for name in ours for folder in Path(name).parents)}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(out / folder) as entries:  # unlike a walk, it says what it cannot read
            found = sorted(folder + entry.name + "/" * entry.is_dir(follow_symlinks=False) for entry in entries)
        waiting += [name for name in found if name.endswith("/")]
        yield from (n for n in found if n not in ours and n not in holders and not CACHE_ENTRY.fullmatch(n))


def _publish(staging: Path, out: Path) -> None:
    """Put the staging folder in the place of ``out`` in one step, keeping what is foreign."""
    for part in sorted(staging.rglob("*")):
        if part.is_file() and part.parent.name != CACHE:  # a torn entry of the cache is passed over
            with open(part, "rb") as file:
                os.fsync(file.fileno())
    if not out.exists():
        os.rename(staging, out)
        _sync(out.parent)
        return
    _share_foreign(out, staging)
    _exchange(staging, out)
    _sync(out.parent)


def _share_foreign(out: Path, staging: Path) -> None:
    """Give what is foreign a place in the new result too: were it moved, a run killed here would take it along."""
    foreign = list(_find_foreign(out))
    for name in foreign:
        new = staging / name
        folder = new if name.endswith("/") else new.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if folder != new:
                _share(out / name, new)
        except (FileExistsError, NotADirectoryError):
            raise _would_replace(name, out) from None
    for name in reversed(foreign):  # after all that goes into it, as a folder may be read-only
        if name.endswith("/"):
            shutil.copystat(out / name, staging / name)
    shutil.copymode(out, staging)


def _share(old: Path, new: Path) -> None:
    """Give a file, a link or a pipe a second name, or make a copy where the disk allows none."""
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:
        if os.path.lexists(new) or not (old.is_symlink() or old.is_file()):
            raise
        shutil.copy2(old, new, follow_symlinks=False)
        if not new.is_symlink():
            _sync(new)


def _sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot; the rename has happened
            os.fsync(handle)
    finally:
        os.close(handle)


def _recover(out: Path) -> None:
    """Put back an earlier result that a run set aside just before it died; a run leaves a folder there, never a link."""
    aside = _aside(out)
    if os.path.lexists(aside) and not out.exists():
        if not _is_folder(aside):
            raise Refusal(f"{aside.name} beside {out.name} is not a folder; move it", reason="unsafe-path")
        os.rename(aside, out)


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name}.parallax-old")


def _files_of(out: Path) -> list[str]:
    """Return the files of the run whose result a folder holds; none where it holds no result."""
    try:
        files = json.loads((out / RUN_FILE).read_text(encoding="utf-8"))["files"]
        return [RUN_FILE, *(f for f in files if isinstance(f, str))]
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
    _remove(aside)
    os.rename(b, aside)
    os.rename(a, b)
    with contextlib.suppress(OSError):
        _remove(aside)
