"""What a user may set, in a TOML file; an unknown key is refused with the nearest right one."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

from rapidfuzz import process

from analysis.files import read_bytes
from analysis.refusals import Refusal, Skip


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of a run; the defaults are what the README describes."""

    min_words: int = 20  # fewest words of an article's body
    resamples: int = 500  # bootstrap draws behind each interval
    min_count: int = 2  # rarest word that keyness tests
    max_statements: int = 40  # statements shown in the matrix figure
    reference: str = ""  # the outlet to compare the others with; empty: each with all others
    all_languages: bool = False  # analyse articles that do not look English too


_RANGES = {"min_words": (1, 10_000), "resamples": (50, 20_000), "min_count": (1, 1_000), "max_statements": (5, 500)}


def load_settings(path: Path | None) -> Settings:
    """Read a configuration file.

    Raises
    ------
    Refusal
        config-invalid: not TOML, an unknown key, a wrong type or a value out of range.
    """
    if path is None:
        return Settings()
    try:
        found = tomllib.loads(read_bytes(Path(path), limit=1_000_000).decode("utf-8"))
    except Skip as skip:
        raise Refusal(
            f"the configuration {Path(path).name} cannot be read ({skip.reason})", reason="config-invalid"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(f"{Path(path).name} is not TOML: {error}", reason="config-invalid") from None
    known = {f.name: str(f.type) for f in dataclasses.fields(Settings)}
    for key, value in found.items():
        if key not in known:
            nearest = process.extractOne(key[:60], list(known))
            raise Refusal(
                f"{Path(path).name}: there is no setting {key!r}; did you mean {nearest[0]}?", reason="config-invalid"
            )
        _check(key, value, wanted=known[key], name=Path(path).name)
    return Settings(**found)


def _check(key: str, value: object, *, wanted: str, name: str) -> None:
    if type(value).__name__ != wanted:
        raise Refusal(f"{name}: {key} must be {wanted}, not {type(value).__name__}", reason="config-invalid")
    low, high = _RANGES.get(key, (None, None))
    if low is not None and not low <= value <= high:  # type: ignore[operator]
        raise Refusal(f"{name}: {key} must be from {low} to {high}", reason="config-invalid")
