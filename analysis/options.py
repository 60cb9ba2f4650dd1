"""How to run: the user's settings, models, lists and transcripts, checked before any work, with their fingerprints."""

from __future__ import annotations

import contextlib
import gc
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.articles import load_words
from analysis.catalogue import load_own_validity
from analysis.files import MODELS, read_bytes, sha256
from analysis.model_files import MAX_FILE, check_model_files, check_models_work
from analysis.refusals import Refusal, Skip
from analysis.settings import FILE as SETTINGS_FILE
from analysis.settings import Settings, load_settings
from analysis.wordlists import FOLDER as LEXICONS
from analysis.wordlists import LexiconError, load_lexicon

_LISTS = ("wording", "frames", "naming", "period_names", "period_contexts", "name_variants", "offices")


@dataclass(frozen=True)
class Options:
    """How to run: the user's settings and folders. Travels to worker processes as it is."""

    settings: Settings = field(default_factory=Settings)
    lexicons: Path | None = None
    models: Path | None = MODELS
    jobs: int = 1
    scheduler: str = ""  # where a Dask scheduler listens
    workers: int = 0  # of a Dask cluster on this machine, where there is no scheduler
    transcripts: tuple[tuple[str, str], ...] = ()  # name and text of what was said
    columns: tuple[tuple[str, str], ...] = ()  # our column and the user's
    validity: tuple[tuple[str, str], ...] = ()  # measure, what the corpus' own coding says of it


def collect_seldom() -> None:
    """Let this process look for cycles of objects seldom: there are few, and looking took a fifth of the time."""
    gc.set_threshold(100_000, 50, 100)


def hash_inputs(options: Options) -> dict[str, str]:
    """Return fingerprints of the models, word lists and settings that shape a run."""
    return {
        "models": _hash_files(MODELS) + (_hash_files(options.models) if options.models != MODELS else "")
        if options.models
        else "none",
        "lexicons": _hash_files(LEXICONS) + (_hash_files(options.lexicons) if options.lexicons else ""),
        "config": sha256(
            repr((options.settings, options.transcripts, options.columns, *options.validity)).encode("utf-8", "replace")
        )[:16],
    }


def _hash_files(folder: Path | None) -> str:
    if folder is None:
        return "none"
    digest = hashlib.sha256()
    for path in sorted(p for p in Path(folder).iterdir() if p.is_file() and p.suffix in {".csv", ".json", ".npz"}):
        with contextlib.suppress(Skip):  # a link, or too large to be read: no list and no model
            digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0" + read_bytes(path, limit=MAX_FILE))
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


def find_options(
    corpus: str | Path,
    *,
    config: Path | None = None,
    columns: Mapping[str, str] | None = None,
    lexicons: Path | None = None,
    models: str | None = None,
    transcripts: Sequence[Path] = (),
    jobs: int = 1,
    validity: Path | None = None,
    scheduler: str = "",
    workers: int = 0,
) -> Options:
    """Return the options of a run on a corpus, everything checked: what is given here goes before the configuration.

    Parameters
    ----------
    corpus : str or Path
        The corpus; its parallax.toml is read where no ``config`` is given, the files of its folder ``transcripts`` always.
    config : Path, optional
        A configuration; the folders and files that it names stand beside it.
    columns : mapping of str to str, optional
        Our column → the user's.
    lexicons : Path, optional
        A folder of the user's word lists.
    models : str, optional
        A folder of models, or ``none``.
    transcripts : sequence of Path
        Reference transcripts, beside those of the configuration and the corpus.
    jobs : int
        Worker processes.
    validity : Path, optional
        The card that `code import` made of the corpus' own coding.
    scheduler, workers : str, int
        A Dask cluster to read on, or how many workers of one on this machine.

    Raises
    ------
    Refusal
        Something named is not there or cannot be used.
    """
    own = Path(corpus) / SETTINGS_FILE
    config = config or (own if own.is_file() and not own.is_symlink() else None)
    settings = load_settings(config)
    beside = config.parent if config else Path()
    for place in (settings.lexicons, settings.validity, *settings.transcripts):
        if not (beside / place).resolve().is_relative_to(beside.resolve()):  # through a link
            raise Refusal(f"{place!r} leads away from the configuration", reason="unsafe-path")
    card = validity or (beside / settings.validity if settings.validity else None)
    options = Options(
        settings=settings,
        lexicons=lexicons or (beside / settings.lexicons if settings.lexicons else None),
        jobs=jobs,
        validity=tuple(load_own_validity(card).items()) if card else (),
        scheduler=scheduler,
        workers=workers,
        columns=tuple(sorted({**dict(settings.columns), **(columns or {})}.items())),
    )
    check_lexicons(options.lexicons)
    said = [*transcripts, *(beside / t for t in settings.transcripts), *_transcripts_of(Path(corpus))]
    return with_transcripts(with_models(options, models), said)


def _transcripts_of(corpus: Path) -> list[Path]:
    folder = corpus / "transcripts"
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if not p.name.startswith("."))


def with_transcripts(options: Options, paths: list[Path]) -> Options:
    """Return options with the reference transcripts a user named.

    Raises
    ------
    Refusal
        A file is not there or is not text; two files have one name.
    """
    found: dict[str, str] = {}
    for path in dict.fromkeys(p.absolute() for p in paths):
        try:
            text = load_words(path)
        except Skip as skip:
            raise Refusal(f"the transcript {path.name} cannot be read", reason=skip.reason) from None
        if path.name in found:
            raise Refusal(f"two transcripts are called {path.name}", reason="config-invalid")
        found[path.name] = text
    return replace(options, transcripts=tuple(sorted(found.items())))


def with_models(options: Options, given: str | None) -> Options:
    """Return options with the folder of models a user named; ``none`` stands for rules alone.

    The folder may hold some of the models only: for those that it lacks the shipped ones are used.

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
