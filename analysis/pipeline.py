"""The line: from a corpus to its tables. Data flows one way, every stage takes tables and returns tables."""

from __future__ import annotations

import multiprocessing
import platform
import signal
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from analysis import __version__
from analysis.align import align_statements, find_shared_sources
from analysis.align_scorer import load_scorer
from analysis.attribute import find_attributions
from analysis.clean import strip_furniture
from analysis.compare import compare_keyness, compare_outlets, estimate_measures
from analysis.echoes import find_credits, find_echoes
from analysis.errors import find_errors
from analysis.events import find_events
from analysis.fidelity import compare_quotations
from analysis.frames import measure_frames
from analysis.load import ITEM_COLUMNS, load_corpus
from analysis.naming import measure_naming
from analysis.options import Options, check_lexicons, hash_inputs
from analysis.refusals import Refusal
from analysis.screen import check_articles, find_copies
from analysis.segment import split_sentences, split_tokens
from analysis.sides import find_sides
from analysis.tables import TABLES, check_table
from analysis.transcripts import find_transcript_edits
from analysis.units import TERM_COLUMNS, locate_terms
from analysis.valence import measure_valence
from analysis.voices import split_voices
from analysis.wording import measure_reporting, measure_wording
from analysis.wordlists import load_lexicon

_CHUNK = 40  # articles read at a time: bounds memory, and is the unit of --jobs


@dataclass(frozen=True)
class Run:
    """What one run found: the tables of the codebook, what became of every item, the texts by article_id."""

    tables: dict[str, pd.DataFrame]
    items: pd.DataFrame
    texts: dict[str, str]
    hashes: dict[str, str]
    notes: tuple[str, ...] = ()

    def record(self) -> dict:
        """Return run.json without its list of files."""
        done = self.items["status"] == "analysed"
        return {
            "version": __version__,
            "python": ".".join(platform.python_version_tuple()[:2]),
            "hashes": self.hashes,
            "counts": {"in": len(self.items), "analysed": int(done.sum()), "skipped": int((~done).sum())},
            "notes": list(self.notes),
            "items": [{**row, "flags": list(row["flags"])} for row in self.items.to_dict("records")],
        }


def analyse(corpus: str | Path, *, options: Options | None = None) -> Run:
    """Run the whole line on a corpus.

    Parameters
    ----------
    corpus : str or Path
        A folder of .txt and .html files, or one .csv, .tsv, .jsonl or .parquet.
    options : Options, optional
        Settings, the user's lexicons, the folder of models (None: rules alone), worker processes.

    Returns
    -------
    Run

    Raises
    ------
    Refusal
        The corpus, a lexicon or the configuration cannot be used, or no article is left.
    """
    options = options or Options()
    hashes = hash_inputs(options)
    check_lexicons(options.lexicons)
    loaded, skipped = load_corpus(Path(corpus))
    loaded = loaded.assign(outlet=label_outlets(loaded))
    read = _read_chunks(loaded, options)
    articles, items = _settle(loaded, read.pop("articles"), skipped)
    read = {
        name: table[table["article_id"].isin(articles["article_id"])].reset_index(drop=True)
        for name, table in read.items()
    }
    tables = _across(articles, read, options)
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    notes = () if options.models else ("Attribution used rules alone: no model was given.",)
    return Run({name: check_table(name, tables[name]) for name in TABLES}, items, texts, hashes, notes)


def label_outlets(articles: pd.DataFrame) -> pd.Series:
    """Return the outlet of each article; an unknown one is shown as ``unnamed (…)`` with the article's short name."""
    short = articles["article_id"].str.split("_").str[0].str[:40]
    clash = short.duplicated(keep=False) | (short == "")
    shown = short.where(~clash, articles["article_id"].str[:40])
    return articles["outlet"].where(articles["outlet"] != "", "unnamed (" + shown + ")")


# ---------------------------------------------------------------- article by article


def _read_chunks(loaded: pd.DataFrame, options: Options) -> dict[str, pd.DataFrame]:
    """Read all articles, in chunks and, if asked, in several processes; the tables do not depend on either."""
    chunks = [
        (loaded.iloc[i : i + _CHUNK].reset_index(drop=True), options) for i in range(0, max(len(loaded), 1), _CHUNK)
    ]
    parts = list(
        tqdm(
            _run(chunks, options.jobs),
            total=len(chunks),
            desc="reading articles",
            unit=f"×{_CHUNK}",
            disable=not sys.stderr.isatty(),
        )
    )
    rank = {a: i for i, a in enumerate(loaded["article_id"])}
    names = dict.fromkeys(name for p in parts for name in p)
    return {
        name: _in_order(pd.concat([p[name] for p in parts if name in p], ignore_index=True), rank) for name in names
    }


def _in_order(table: pd.DataFrame, rank: dict[str, int]) -> pd.DataFrame:
    """Return rows in the order of their articles, so that the size of a chunk leaves no trace."""
    return table.sort_values("article_id", key=lambda c: c.map(rank), kind="stable").reset_index(drop=True)


def _run(chunks: list, jobs: int) -> Iterator[dict[str, pd.DataFrame]]:
    if jobs <= 1 or len(chunks) == 1:
        yield from map(read_chunk, chunks)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_be_quiet)
    done = 0
    try:
        for part in pool.map(read_chunk, chunks):
            yield part
            done += 1
    except BrokenProcessPool:  # a worker was killed: the rest is read here
        yield from map(read_chunk, chunks[done:])
    finally:
        for worker in list((pool._processes or {}).values()):  # a stop signal does not wait for work half done
            worker.terminate()
        pool.shutdown(wait=False, cancel_futures=True)


def _be_quiet() -> None:
    """Leave the answer to a stop signal from the terminal to the process that started the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def read_chunk(work: tuple[pd.DataFrame, Options]) -> dict[str, pd.DataFrame]:
    """Do what needs one article at a time: clean, segment, attribute, split voices, measure.

    Parameters
    ----------
    work : (DataFrame, Options)
        Articles as `load_corpus` returns them, and how to run.

    Returns
    -------
    dict of str to DataFrame
        articles (with ``skip``, the reason or '') and, where one is left, removed, sentences, tokens, attributions, counts, terms, frames, naming.
    """
    loaded, options = work
    lists = {name: load_lexicon(name, folder=options.lexicons) for name in ("wording", "frames", "naming")}
    articles, removed = strip_furniture(loaded)
    skip = check_articles(articles, removed=removed, min_words=options.settings.min_words)
    if options.settings.all_languages:
        skip = skip.where(skip != "language", "")
    articles = articles.assign(skip=skip)
    good = articles[skip == ""].reset_index(drop=True)
    if good.empty:
        return {"articles": articles}
    removed = removed[removed["article_id"].isin(good["article_id"])]
    sentences = split_sentences(good, removed=removed)
    tokens = split_tokens(good, sentences=sentences)
    attributions = find_attributions(good, sentences=sentences, tokens=tokens, models=options.models)
    tokens = split_voices(tokens, articles=good, sentences=sentences, attributions=attributions)
    counts, terms = measure_wording(tokens, articles=good, sentences=sentences, lexicon=lists["wording"])
    frames, frame_hits = measure_frames(tokens, articles=good, lexicon=lists["frames"])
    naming, name_hits = measure_naming(tokens, articles=good, lexicon=lists["naming"])
    hits = pd.concat(
        [
            frame_hits.assign(measure="frame:" + frame_hits["frame"]),
            name_hits.assign(measure="naming:" + name_hits["actor"]),
        ]
    )
    return {
        "articles": articles,
        "removed": removed,
        "sentences": sentences,
        "tokens": tokens,
        "attributions": attributions,
        "counts": pd.concat(
            [counts, measure_valence(tokens, articles=good), measure_reporting(attributions, sentences=sentences)],
            ignore_index=True,
        ),
        "terms": pd.concat([terms, locate_terms(hits, tokens=tokens, articles=good)[TERM_COLUMNS]], ignore_index=True),
        "frames": frames.assign(answer=frames["answer"].map({True: "yes", False: "no"})),
        "naming": naming,
    }


def _settle(loaded: pd.DataFrame, articles: pd.DataFrame, skipped: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Say what became of every item, and keep the articles that are analysed."""
    done = pd.DataFrame(
        {
            "file": articles["file"],
            "line": articles["line"],
            "article_id": articles["article_id"],
            "status": articles["skip"].map(lambda r: "skipped" if r else "analysed"),
            "reason": articles["skip"],
            "flags": articles["flags"],
        },
        columns=ITEM_COLUMNS,
    )
    items = pd.concat([done, skipped], ignore_index=True).astype({"line": "int64"})
    items = items.sort_values(["file", "line"], kind="stable").reset_index(drop=True)
    good = articles[articles["skip"] == ""].drop(columns="skip").reset_index(drop=True)
    if good.empty:
        counted = items["reason"].value_counts().sort_index()
        raise Refusal(
            f"no usable article is left ({', '.join(f'{n} {r}' for r, n in counted.items())})",
            reason="nothing-to-analyse",
        )
    return good, items


# ---------------------------------------------------------------- across articles


def _across(articles: pd.DataFrame, read: dict[str, pd.DataFrame], options: Options) -> dict[str, pd.DataFrame]:
    """Do what needs all articles: events, statements, fidelity, errors, comparison."""
    settings, sentences, tokens, attributions = (
        options.settings,
        read["sentences"],
        read["tokens"],
        read["attributions"],
    )
    outlets = articles.set_index("article_id")["outlet"]
    steps = tqdm(total=5, desc="comparing outlets", disable=not sys.stderr.isatty())
    events = find_events(articles, sentences=sentences, tokens=tokens)
    steps.update()
    statements, renderings = align_statements(
        articles, sentences=sentences, tokens=tokens, attributions=attributions, events=events, models=options.models
    )
    statements = _grade(statements, renderings, options.models)
    naming = load_lexicon("naming", folder=options.lexicons)
    attributions = attributions.assign(side=find_sides(attributions, articles=articles, tokens=tokens, naming=naming))
    echoes = find_echoes(attributions, events=events)
    credits = find_credits(renderings, attributions=attributions)
    renderings = renderings.merge(credits, on=["statement_id", "article_id", "sentence_id"], how="left")
    edits = compare_quotations(statements, renderings=renderings, attributions=attributions, articles=articles)
    steps.update()
    shared = find_shared_sources(articles, sentences=sentences, statements=statements, renderings=renderings)
    articles = _count(
        articles.merge(events, on="article_id"), sentences, tokens, shared, find_copies(articles, sentences=sentences)
    )
    findings = find_errors(
        articles, sentences=sentences, tokens=tokens, attributions=attributions, folder=options.lexicons
    )
    steps.update()
    measures = estimate_measures(
        read["counts"], articles=articles, resamples=settings.resamples, models=options.models is not None
    )
    comparisons = compare_outlets(read["counts"], articles=articles, resamples=settings.resamples)
    steps.update()
    keyness = compare_keyness(tokens, articles=articles, min_count=settings.min_count)
    steps.close()
    with_outlet = {
        name: read[name].assign(outlet=read[name]["article_id"].map(outlets)) for name in ("frames", "naming")
    }
    return {
        **read,
        **with_outlet,
        "attributions": attributions,
        "articles": articles,
        "statements": statements,
        "renderings": renderings,
        "quote_edits": edits,
        "echoes": echoes,
        "transcript_edits": find_transcript_edits(
            attributions, articles=articles, transcripts=dict(options.transcripts)
        ),
        "findings": findings,
        "measures": measures,
        "comparisons": comparisons,
        "keyness": keyness,
    }


def _grade(statements: pd.DataFrame, renderings: pd.DataFrame, models: Path | None) -> pd.DataFrame:
    """Say of each statement whether its best match is at the precise setting (four in five right) or only possible."""
    best = renderings[renderings["sentence_id"] >= 0].groupby("statement_id")["score"].max()
    sure = statements["statement_id"].map(best) >= load_scorer(models)["precise"]
    return statements.assign(match=sure.map({True: "sure", False: "possible"}))


def _count(
    articles: pd.DataFrame,
    sentences: pd.DataFrame,
    tokens: pd.DataFrame,
    shared: pd.DataFrame,
    copies: dict[str, list[str]],
) -> pd.DataFrame:
    n_tokens = tokens[tokens["is_word"]].groupby("article_id").size()
    n_sentences = sentences.groupby("article_id").size()
    given = dict(zip(shared["article_id"], shared["shared_source_with"], strict=True))
    both = {a: _join(given.get(a, ""), copies.get(a, [])) for a in articles["article_id"]}
    return articles.assign(
        n_tokens=articles["article_id"].map(n_tokens).fillna(0),
        n_sentences=articles["article_id"].map(n_sentences).fillna(0),
        shared_source_with=articles["article_id"].map(both),
    )


def _join(given: str, more: Iterable[str]) -> str:
    return "; ".join(sorted({*filter(None, given.split("; ")), *more}))
