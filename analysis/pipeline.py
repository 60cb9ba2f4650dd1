"""The line: from a corpus to its tables. Data flows one way; what is larger than memory waits on a shelf."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import __version__
from analysis.across import Across, Sink
from analysis.articles import ARTICLE_COLUMNS
from analysis.cache import Cache
from analysis.citation import hash_corpus, hash_text
from analysis.crew import Crew, one_thread
from analysis.intake import apply_settings, check_reference, settle_items
from analysis.load import ITEM_COLUMNS, join_parts, load_parts
from analysis.options import Options, check_lexicons, find_options, hash_inputs
from analysis.read import CHUNK, MADE, read_articles
from analysis.shelf import Shelf
from analysis.table_files import Collected


@dataclass(frozen=True)
class Outcome:
    """What became of every item of a run, and what shaped it."""

    items: pd.DataFrame
    hashes: dict[str, str]
    corpus: str  # the fingerprint of the articles
    notes: tuple[str, ...] = ()
    validity: tuple[tuple[str, str], ...] = ()  # measure, what the corpus' own coding says of it

    def record(self) -> dict:
        """Return run.json without its list of files."""
        done = self.items["status"] == "analysed"
        return {
            "version": __version__,
            "python": ".".join(platform.python_version_tuple()[:2]),
            "hashes": self.hashes,
            "counts": {"in": len(self.items), "analysed": int(done.sum()), "skipped": int((~done).sum())},
            "notes": list(self.notes),
            **({"validity": dict(self.validity)} if self.validity else {}),
            "items": [{**row, "flags": list(row["flags"])} for row in self.items.to_dict("records")],
        }


@dataclass(frozen=True)
class Run:
    """What one run found, in memory: the tables of the codebook, the texts by article_id, and its outcome."""

    tables: dict[str, pd.DataFrame]
    texts: dict[str, str]
    outcome: Outcome

    @property
    def items(self) -> pd.DataFrame:
        """What became of every item."""
        return self.outcome.items

    def record(self) -> dict:
        """Return run.json without its list of files."""
        return self.outcome.record()


def analyse(corpus: str | Path, *, options: Options | None = None, cache: Cache | None = None) -> Run:
    """Run the whole line on a corpus and keep everything in memory.

    Parameters
    ----------
    corpus : str or Path
        A folder of articles, or one .csv, .tsv, .jsonl or .parquet; `load_corpus` says more.
    options : Options, optional
        Settings, the user's lexicons, the folder of models (None: rules alone), worker processes; by default what
        `find_options` finds in the corpus.
    cache : Cache, optional
        What reading gave before; the tables do not depend on it.

    Returns
    -------
    Run

    Raises
    ------
    Refusal
        The corpus, a lexicon or the configuration cannot be used, or no article is left.
    """
    kept = Collected()
    outcome = run_line(corpus, sink=kept, options=options or find_options(corpus), cache=cache)
    return Run(kept.tables(), kept.texts, outcome)


@one_thread
def run_line(
    corpus: str | Path,
    *,
    sink: Sink,
    options: Options,
    cache: Cache | None = None,
    folder: Path | None = None,
    check_items: Callable[[pd.DataFrame], None] = lambda items: None,
) -> Outcome:
    """Run the whole line on a corpus of any size; rows go to the sink as they are found.

    Parameters
    ----------
    corpus, options, cache
        As for `analyse`.
    sink : Sink
        Where the tables go.
    folder : Path, optional
        Where there is room on disk for what waits; the system's place for temporary files where left out.
    check_items : function, optional
        Is shown what became of every item before the articles are compared; may refuse.

    Returns
    -------
    Outcome
    """
    hashes = hash_inputs(options)
    check_lexicons(options.lexicons)
    with Crew(options) as crew, Shelf(folder) as shelf:
        articles, items, prints = _read(Path(corpus), shelf, crew, cache)
        check_items(items)
        Across(articles, shelf, crew, sink, folder).run()
    corpus_print = hash_corpus(prints[a] for a in articles["article_id"])
    notes = () if options.models else ("Attribution used rules alone: no model was given.",)
    return Outcome(items, hashes, corpus_print, notes, options.validity)


def _read(
    corpus: Path, shelf: Shelf, crew: Crew, cache: Cache | None
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Put what reading gives on the shelf; return the articles analysed, what became of every item, and fingerprints."""
    loaded, skipped, prints = _load(corpus, shelf, crew.options)
    check_reference(crew.options.settings.reference, loaded)
    made = []
    for part in read_articles(loaded, texts=shelf.taker("texts"), crew=crew, cache=cache):
        made.append(part.pop("articles"))
        shelf.add(part)
    known = pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=["article_id", *MADE])
    read = loaded.drop(columns=MADE, errors="ignore").merge(known, on="article_id", validate="1:1")
    return *settle_items(read, skipped), prints


def _load(corpus: Path, shelf: Shelf, options: Options) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Put the texts on the shelf; return articles without them, what could not be read, and the texts' fingerprints."""
    articles, skipped = [], []
    prints: dict[str, str] = {}
    for part, left_out in load_parts(corpus, columns=dict(options.columns), size=CHUNK):
        prints |= zip(part["article_id"], map(hash_text, part["text"]), strict=True)
        shelf.add({"texts": part[["article_id", "text"]]})
        articles.append(part.drop(columns="text"))
        skipped.append(left_out)
    known = [c for c in ARTICLE_COLUMNS if c != "text"]
    loaded = apply_settings(join_parts(articles, known), options.settings)
    return loaded, join_parts(skipped, ITEM_COLUMNS), prints
