"""The line as far as it needs one article at a time: chunks read here, in several processes, or on a cluster."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pandas as pd
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from analysis.attribute import find_attributions
from analysis.cache import Cache, Tables, make_key, make_stamp
from analysis.cluster import KILLED, split_work
from analysis.frame_coder import code_sentences
from analysis.frames import measure_frames
from analysis.intake import screen_articles
from analysis.loaded import measure_loaded
from analysis.naming import measure_naming
from analysis.options import Options, collect_seldom, hash_inputs
from analysis.segment import split_sentences, split_tokens
from analysis.target_valence import find_persons, find_target_valence, measure_target_valence
from analysis.units import TERM_COLUMNS, locate_terms, stack_rows
from analysis.valence import measure_valence
from analysis.voices import split_voices
from analysis.wording import measure_reporting, measure_wording
from analysis.wordlists import load_lexicon, with_targets

_MADE = ["title", "title_start", "title_end", "date", "date_basis", "skip"]  # of an article, by reading it
one_thread = threadpool_limits.wrap(limits=1)  # the matrices are small: more threads only wait for each other
_CHUNK, _LEAST = 200, 40  # articles read at a time: bounds memory; smaller chunks where several processes share few


def read_articles(loaded: pd.DataFrame, options: Options, cache: Cache | None) -> Tables:
    """Read all articles that the cache does not know, and put them together with those it knows.

    Parameters
    ----------
    loaded : DataFrame
        Articles as `load_corpus` returns them.
    options : Options
        How to run: models, word lists, processes.
    cache : Cache or None
        What reading gave before; the tables do not depend on it.

    Returns
    -------
    dict of str to DataFrame
        The tables of `read_chunk` over all articles, in the order of the corpus.
    """
    if cache is None:
        return _put_together(list(_read_chunks(loaded, options)), loaded)
    hashes = hash_inputs(options)
    stamp = make_stamp(hashes["models"], hashes["lexicons"], options.settings.for_reading())
    keys = {
        a.article_id: make_key(stamp, a.title, a.date, a.date_basis, a.text) for a in loaded.itertuples(index=False)
    }
    known, found = cache.load_entries(keys)
    parts = [known]
    for part in _read_chunks(loaded[~loaded["article_id"].isin(found)], options):
        read = part["articles"]
        cache.keep_entries(part, keys={a: keys[a] for a in read["article_id"][read["skip"] != KILLED]})
        parts.append(part)
    cache.strip_unused()
    return _put_together(parts, loaded)


def _read_chunks(loaded: pd.DataFrame, options: Options) -> Iterable[Tables]:
    """Read articles in chunks and, if asked, in several processes; the tables do not depend on either."""
    shared = len(loaded) // (4 * max(options.jobs, options.workers)) if options.jobs + options.workers > 1 else _CHUNK
    size = max(_LEAST, min(_CHUNK, shared))
    chunks = [(loaded.iloc[i : i + size].reset_index(drop=True), options) for i in range(0, len(loaded), size)]
    return tqdm(
        _run(chunks, options),
        total=len(chunks),
        desc="reading articles",
        unit=f"×{size}",
        disable=not sys.stderr.isatty(),
    )


def _put_together(parts: list[Tables], loaded: pd.DataFrame) -> Tables:
    """Put what was read together, in the order of the corpus, and give the articles back what reading does not touch."""
    rank = {a: i for i, a in enumerate(loaded["article_id"])}
    tables = {
        name: _in_order(pd.concat([p[name] for p in parts if name in p], ignore_index=True), rank)
        for name in dict.fromkeys(n for p in parts for n in p)
    }
    made = tables.get("articles", pd.DataFrame(columns=["article_id", *_MADE]))
    tables["articles"] = loaded.drop(columns=_MADE, errors="ignore").merge(made, on="article_id", validate="1:1")
    return tables


def _in_order(table: pd.DataFrame, rank: dict[str, int]) -> pd.DataFrame:
    """Return rows in the order of their articles, so that the size of a chunk leaves no trace."""
    return table.sort_values("article_id", key=lambda c: c.map(rank), kind="stable").reset_index(drop=True)


def _run(chunks: list, options: Options) -> Iterator[dict[str, pd.DataFrame]]:
    if chunks and (options.scheduler or options.workers):
        yield from split_work(chunks, read=read_chunk, scheduler=options.scheduler, workers=options.workers)
        return
    if options.jobs <= 1 or len(chunks) <= 1:
        yield from map(read_chunk, chunks)
        return
    pool = ProcessPoolExecutor(options.jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_be_quiet)
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
    """Leave the answer to a stop signal from the terminal to the process that started the workers; settings as there."""
    collect_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@one_thread
def read_chunk(work: tuple[pd.DataFrame, Options]) -> dict[str, pd.DataFrame]:
    """Do what needs one article at a time: clean, segment, attribute, split voices, measure.

    Parameters
    ----------
    work : (DataFrame, Options)
        Articles as `load_corpus` returns them, and how to run.

    Returns
    -------
    dict of str to DataFrame
        articles (title, title_start, title_end, date, date_basis, and ``skip``, the reason or '') and, where one is left,
        removed, sentences, tokens, attributions, counts, terms, frames, naming.
    """
    loaded, options = work
    lists = {name: load_lexicon(name, folder=options.lexicons) for name in ("wording", "frames", "naming")}
    lists["naming"] = with_targets(lists["naming"], options.settings.targets)
    articles, removed = screen_articles(loaded, settings=options.settings)
    good = articles[articles["skip"] == ""].reset_index(drop=True)
    articles = articles[["article_id", *_MADE]]
    if good.empty:
        return {"articles": articles}
    removed = removed[removed["article_id"].isin(good["article_id"])]
    sentences = split_sentences(good, removed=removed)
    tokens = split_tokens(good, sentences=sentences)
    attributions = find_attributions(good, sentences=sentences, tokens=tokens, models=options.models)
    tokens = split_voices(tokens, articles=good, sentences=sentences, attributions=attributions)
    counts, terms = measure_wording(tokens, articles=good, sentences=sentences, lexicon=lists["wording"])
    loaded_counts, loaded_terms = measure_loaded(tokens, articles=good, models=options.models)
    frames, frame_hits = measure_frames(tokens, articles=good, lexicon=lists["frames"])
    naming, name_hits = measure_naming(tokens, articles=good, sentences=sentences, lexicon=lists["naming"])
    actors = name_hits[name_hits["actor"] != "none"]
    mentions = pd.concat([actors, find_persons(good, sentences=sentences)], ignore_index=True)
    targets = find_target_valence(mentions, tokens=tokens, articles=good, models=options.models)
    hits = pd.concat(
        [
            frame_hits.assign(measure="frame:" + frame_hits["frame"]),
            name_hits.assign(measure="naming:" + name_hits["actor"]),
        ]
    )
    read = {
        "articles": articles,
        "removed": removed,
        "sentences": sentences,
        "tokens": tokens,
        "attributions": attributions,
        "counts": stack_rows(
            [
                counts,
                loaded_counts,
                measure_valence(tokens, articles=good),
                measure_target_valence(_of_actors(targets, actors)),
                measure_reporting(attributions, sentences=sentences),
            ]
        ),
        "terms": stack_rows([terms, loaded_terms, locate_terms(hits, tokens=tokens, articles=good)[TERM_COLUMNS]]),
        "frames": frames.assign(answer=frames["answer"].map({True: "yes", False: "no"})),
        "naming": naming,
        "frame_codes": code_sentences(sentences, tokens=tokens, models=options.models),
        "valence": targets,
    }
    return {name: _uncoded(table) for name, table in read.items()}


def _of_actors(targets: pd.DataFrame, actors: pd.DataFrame) -> pd.DataFrame:
    """Return the targets that their own article names as an actor; what another article of the chunk names says nothing."""
    named = pd.MultiIndex.from_frame(actors[["article_id", "actor"]])
    return targets[pd.MultiIndex.from_frame(targets[["article_id", "target"]]).isin(named)]


def _uncoded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose coded columns are text again: the codes of one chunk mean nothing in the next."""
    return table.astype({c: "str" for c in table.columns if isinstance(table[c].dtype, pd.CategoricalDtype)})
