"""How to run: the user's settings, models, lists and transcripts, checked before any work, with their fingerprints."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.files import decode, read_bytes, sha256
from analysis.model_files import check_model_files, check_models_work
from analysis.refusals import Refusal, Skip
from analysis.settings import Settings
from analysis.wordlists import FOLDER as LEXICONS
from analysis.wordlists import LexiconError, load_lexicon

MODELS = Path(__file__).parent / "models"
_LISTS = ("wording", "frames", "naming", "period_names", "period_contexts", "name_variants")


@dataclass(frozen=True)
class Options:
    """How to run: the user's settings and folders. Travels to worker processes as it is."""

    settings: Settings = field(default_factory=Settings)
    lexicons: Path | None = None
    models: Path | None = MODELS
    jobs: int = 1
    transcripts: tuple[tuple[str, str], ...] = ()  # name and text of what was said


def hash_inputs(options: Options) -> dict[str, str]:
    """Return fingerprints of the models, word lists and settings that shape a run."""
    return {
        "models": _hash_files(options.models),
        "lexicons": _hash_files(LEXICONS) + (_hash_files(options.lexicons) if options.lexicons else ""),
        "config": sha256(repr((options.settings, options.transcripts)).encode("utf-8", "replace"))[:16],
    }


def _hash_files(folder: Path | None) -> str:
    if folder is None:
        return "none"
    digest = hashlib.sha256()
    for path in sorted(p for p in Path(folder).iterdir() if p.is_file() and p.suffix in {".csv", ".json", ".npz"}):
        digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def check_lexicons(folder: Path | None) -> None:
    """Refuse a folder of word lists that holds an unknown or a broken one, before any work."""
    if folder is None:
        return
    if not Path(folder).is_dir():
        raise Refusal(f"there is no folder of lexicons at {Path(folder).name}", reason="config-invalid")
    for path in sorted(p for p in Path(folder).iterdir() if not p.name.startswith(".")):
        if path.suffix.lower() == ".csv" and (path.is_symlink() or not path.is_file()):
            raise Refusal(f"{path.name} in the folder of lexicons is not a file of its own", reason="config-invalid")
        if path.suffix.lower() in {".pkl", ".pickle", ".joblib", ".py", ".npz"}:
            raise Refusal(f"{path.name} does not belong in a folder of lexicons", reason="config-invalid")
    names = {p.name.removesuffix(".csv").removesuffix(".more") for p in Path(folder).glob("*.csv")}
    if not names:
        raise Refusal(
            f"the folder {Path(folder).name} holds no lexicon (NAME.csv or NAME.more.csv)", reason="config-invalid"
        )
    for name in sorted(names):
        if name not in _LISTS:
            raise Refusal(
                f"{name}.csv is not a lexicon of ours; these are: {', '.join(_LISTS)}", reason="config-invalid"
            )
        try:
            load_lexicon(name, folder=folder)
        except LexiconError as error:
            raise Refusal(str(error), reason="config-invalid") from None


def with_transcripts(options: Options, paths: list[Path]) -> Options:
    """Return options with the reference transcripts a user named.

    Raises
    ------
    Refusal
        A file is not there or is not text; two files have one name.
    """
    found: dict[str, str] = {}
    for path in paths:
        try:
            text, _ = decode(read_bytes(path))
        except Skip as skip:
            raise Refusal(f"the transcript {path.name} cannot be read", reason=skip.reason) from None
        if path.name in found:
            raise Refusal(f"two transcripts are called {path.name}", reason="config-invalid")
        found[path.name] = text
    return replace(options, transcripts=tuple(sorted(found.items())))


def with_models(options: Options, given: str | None) -> Options:
    """Return options with the folder of models a user named; ``none`` stands for rules alone.

    Raises
    ------
    Refusal
        The folder is not there, holds what could run code when loaded, or models that are broken or do not fit.
    """
    if given is None:
        return options
    if given == "none":
        return replace(options, models=None)
    folder = Path(given)
    check_model_files(folder)
    check_models_work(folder)
    return replace(options, models=folder)
