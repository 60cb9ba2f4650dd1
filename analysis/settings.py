"""What a user may set, in a TOML file; an unknown key is refused with the nearest right one."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

from rapidfuzz import process

from analysis.columns import check_columns
from analysis.files import read_bytes
from analysis.refusals import Refusal, Skip

FILE = "parallax.toml"  # found in a corpus folder where no --config is given


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of a run; the defaults are what the README describes. All values can be hashed and travel."""

    min_words: int = 20  # fewest words of an article's body
    resamples: int = 500  # bootstrap draws behind each interval
    min_count: int = 2  # rarest word that keyness tests
    max_statements: int = 40  # statements shown in the matrix figure
    reference: str = ""  # the outlet to compare the others with; empty: each with all others
    sure_from: float = 0.0  # score from which a matched statement is called sure; 0: as the model's card says
    all_languages: bool = False  # analyse articles that do not look English too
    lexicons: str = ""  # folder of word lists beside the configuration
    validity: str = ""  # card of the corpus' own coding (`code import`), beside the configuration
    transcripts: tuple[str, ...] = ()  # files of what was said, beside the configuration
    columns: tuple[tuple[str, str], ...] = ()  # our column, the user's
    outlets: tuple[tuple[str, str], ...] = ()  # as the corpus writes an outlet, as it is shown
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()  # group, the outlets in it
    events: tuple[tuple[str, tuple[str, ...]], ...] = ()  # occasion, its articles by id or file
    targets: tuple[tuple[str, str, str], ...] = ()  # who or what is named, kind of label, label

    def for_reading(self) -> tuple:
        """Return what shapes how one article is read, as the cache needs it."""
        return self.min_words, self.all_languages, self.targets


# Keys within keys cost the reader of TOML the square of their depth in memory: a hundred thousand of them all there is.
_DEEP = re.compile(
    r"""(?<![\w-])(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')(?:[ \t]*+\.[ \t]*+(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')){20}"""
)
_RANGES = {
    "min_words": (1, 10_000),
    "resamples": (50, 20_000),
    "min_count": (1, 1_000),
    "max_statements": (5, 500),
    "sure_from": (0.0, 1.0),
}


def load_settings(path: Path | None) -> Settings:
    """Read a configuration file.

    Parameters
    ----------
    path : Path, optional
        A TOML file; the defaults where there is none.

    Raises
    ------
    Refusal
        config-invalid: not TOML, an unknown key, a wrong type or a value out of range; unsafe-path: a file or folder
        that is not beside the configuration.
    """
    if path is None:
        return Settings()
    name = Path(path).name
    try:
        text = read_bytes(Path(path), limit=1_000_000).decode("utf-8-sig")
        if _DEEP.search(text):
            raise Refusal(f"{name} has keys within keys, more than any setting needs", reason="config-invalid")
        found = tomllib.loads(text)
    except Skip as skip:
        raise Refusal(f"the configuration {name} cannot be read ({skip.reason})", reason="config-invalid") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number of thousands of digits
        raise Refusal(f"{name} is not TOML: {error}", reason="config-invalid") from None
    known = {f.name: f for f in dataclasses.fields(Settings)}
    for key in found:
        if key not in known:
            nearest = process.extractOne(key[:60], list(known))
            raise Refusal(f"{name}: there is no setting {key!r}; did you mean {nearest[0]}?", reason="config-invalid")
    read: dict[str, Any] = {key: _READERS.get(key, _read_plain)(key, value, name) for key, value in found.items()}
    return Settings(**read)


def _wrong(name: str, key: str, wanted: str) -> Refusal:
    return Refusal(f"{name}: {key} must be {wanted}", reason="config-invalid")


def _read_plain(key: str, value: object, name: str) -> object:
    wanted = type(getattr(Settings, key))
    if wanted is float and type(value) is int:
        value = float(value)
    if type(value) is not wanted:
        raise _wrong(name, key, f"{wanted.__name__}, not {type(value).__name__}")
    low, high = _RANGES.get(key, (None, None))
    if low is not None and not low <= value <= high:  # type: ignore[operator]
        raise _wrong(name, key, f"from {low} to {high}")
    return value


def _read_words(key: str, value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
        raise _wrong(name, key, 'a list of words, like ["one", "two"]')
    return tuple(value)


def _read_table(key: str, value: object, name: str) -> dict:
    if not isinstance(value, dict) or not all(k.strip() for k in value):
        raise _wrong(name, key, f"a table: [{key}] with one line for each name")
    return value


def _read_pairs(key: str, value: object, name: str) -> tuple[tuple[str, str], ...]:
    table = _read_table(key, value, name)
    for k, v in table.items():
        if not isinstance(v, str) or not v.strip():
            raise _wrong(name, f"{key}, {k!r}", "a word or a name")
    return tuple(table.items())


def _read_lists(key: str, value: object, name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read lists by name; nothing may stand in two of the events."""
    table = _read_table(key, value, name)
    read = tuple((k, _read_words(f"{key}, {k!r}", v, name)) for k, v in table.items())
    members = [m for _, of in read for m in of]
    if key == "events" and (twice := _find_repeat(members)) is not None:
        raise Refusal(f"{name}: {twice!r} stands in two events", reason="config-invalid")
    return read


def _find_repeat(words: list[str]) -> str | None:
    return next((word for word, n in Counter(words).items() if n > 1), None)


def _read_targets(key: str, value: object, name: str) -> tuple[tuple[str, str, str], ...]:
    """Read [targets."the war"] with one list of labels for each kind of label."""
    found = []
    for actor, kinds in _read_table(key, value, name).items():
        for kind, labels in _read_table(f"{key}, {actor!r}", kinds, name).items():
            for label in _read_words(f"{key}, {actor!r}, {kind!r}", labels, name):
                if not any(c.isalnum() for c in label):
                    raise _wrong(name, f"{key}, {actor!r}: {label[:40]!r}", "a label with a word in it")
                found.append((actor, kind, label))
    if (twice := _find_repeat([label.lower() for _, _, label in found])) is not None:
        raise Refusal(f"{name}: the label {twice!r} stands twice in targets", reason="config-invalid")
    return tuple(found)


def _read_columns(key: str, value: object, name: str) -> tuple[tuple[str, str], ...]:
    return tuple(check_columns([f"{ours}={theirs}" for ours, theirs in _read_pairs(key, value, name)]).items())


def _read_place(key: str, value: object, name: str) -> str:
    place = _read_plain(key, value, name)
    return str(_check_place(key, str(place), name))


def _read_places(key: str, value: object, name: str) -> tuple[str, ...]:
    return tuple(_check_place(key, place, name) for place in _read_words(key, value, name))


def _check_place(key: str, place: str, name: str) -> str:
    parts = PurePosixPath(place).parts
    if not place.isprintable() or any(len(p.encode()) > 255 for p in parts):
        raise _wrong(name, key, "the name of a file or folder")
    if not parts or place.startswith("/") or "\\" in place or ".." in parts or ":" in parts[0]:
        raise Refusal(f"{name}: {key} names {place!r}, which is not beside the configuration", reason="unsafe-path")
    return place


_READERS = {
    "lexicons": _read_place,
    "validity": _read_place,
    "transcripts": _read_places,
    "columns": _read_columns,
    "outlets": _read_pairs,
    "groups": _read_lists,
    "events": _read_lists,
    "targets": _read_targets,
}
