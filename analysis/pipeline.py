"""The line: from a corpus to its tables. Data flows one way, every stage takes tables and returns tables."""

from __future__ import annotations

import gc
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
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from analysis import __version__
from analysis.align import align_statements, find_shared_sources
from analysis.align_scorer import load_scorer
from analysis.attribute import find_attributions
from analysis.cache import Cache, Tables, make_key, make_stamp
from analysis.cluster import KILLED, split_work
from analysis.compare import compare_outlets, estimate_measures
from analysis.coverage import measure_coverage
from analysis.cross_errors import compare_errors
from analysis.echoes import find_credits, find_echoes
from analysis.errors import find_errors
from analysis.events import find_events
from analysis.fidelity import compare_quotations
from analysis.frame_coder import code_sentences
from analysis.frames import measure_frames
from analysis.intake import apply_settings, check_reference, screen_articles, settle_items
from analysis.keyness import compare_keyness
from analysis.load import load_corpus
from analysis.loaded import measure_loaded
from analysis.naming import measure_naming
from analysis.options import Options, check_lexicons, find_options, hash_inputs
from analysis.quote_fidelity import measure_fidelity
from analysis.recaps import find_recaps, list_recaps
from analysis.screen import find_copies
from analysis.segment import split_sentences, split_tokens
from analysis.sides import find_sides
from analysis.table_files import check_table
from analysis.tables import TABLES
from analysis.target_valence import find_persons, find_target_valence, measure_target_valence
from analysis.transcripts import find_transcript_edits
from analysis.units import TERM_COLUMNS, locate_terms, stack_rows
from analysis.valence import measure_valence
from analysis.voices import split_voices
from analysis.wording import measure_reporting, measure_wording
from analysis.wordlists import load_lexicon, with_targets

_MADE = ["title", "title_start", "title_end", "date", "date_basis", "skip"]  # of an article, by reading it
_NOTHING = pd.DataFrame({"article_id": [], "start": [], "end": []})
_one_thread = threadpool_limits.wrap(limits=1)  # the matrices are small: more threads only wait for each other
_CHUNK, _LEAST = 200, 40  # articles read at a time: bounds memory; smaller chunks where several processes share few


@dataclass(frozen=True)
class Run:
    """What one run found: the tables of the codebook, what became of every item, the texts by article_id."""

    tables: dict[str, pd.DataFrame]
    items: pd.DataFrame
    texts: dict[str, str]
    hashes: dict[str, str]
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


@_one_thread
def analyse(corpus: str | Path, *, options: Options | None = None, cache: Cache | None = None) -> Run:
    """Run the whole line on a corpus.

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
    options = options or find_options(corpus)
    hashes = hash_inputs(options)
    check_lexicons(options.lexicons)
    loaded, skipped = load_corpus(Path(corpus), columns=dict(options.columns))
    loaded = apply_settings(loaded, options.settings)
    check_reference(options.settings.reference, loaded)
    read = _read_articles(loaded, options, cache)
    articles, items = settle_items(read.pop("articles"), skipped, removed=read.get("removed", _NOTHING))
    read = {
        name: table[table["article_id"].isin(articles["article_id"])].reset_index(drop=True)
        for name, table in read.items()
    }
    tables = _across(articles, read, options)
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    notes = () if options.models else ("Attribution used rules alone: no model was given.",)
    return Run(
        {name: check_table(name, tables[name]) for name in TABLES}, items, texts, hashes, notes, options.validity
    )


# ---------------------------------------------------------------- article by article


def _read_articles(loaded: pd.DataFrame, options: Options, cache: Cache | None) -> Tables:
    """Read all articles that the cache does not know, and put them together with those it knows."""
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
    gc.set_threshold(100_000, 50, 100)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@_one_thread
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
                measure_target_valence(targets[targets["target"].isin(set(actors["actor"]))]),
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


def _uncoded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose coded columns are text again: the codes of one chunk mean nothing in the next."""
    return table.astype({c: "str" for c in table.columns if isinstance(table[c].dtype, pd.CategoricalDtype)})


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
    recaps = find_recaps(articles, sentences=sentences, tokens=tokens, events=events, models=options.models)
    statements, renderings = align_statements(
        articles,
        sentences=sentences,
        tokens=tokens,
        attributions=attributions,
        events=events,
        recaps=recaps,
        models=options.models,
    )
    statements = _grade(statements, renderings, settings.sure_from or load_scorer(options.models)["precise"])
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
    back = list_recaps(recaps)
    articles = articles.assign(looks_back_to=[back.get(a, "") for a in articles["article_id"]])
    transcript_edits = find_transcript_edits(attributions, articles=articles, transcripts=dict(options.transcripts))
    fidelity = measure_fidelity(edits, transcript_edits=transcript_edits, articles=articles)
    findings = find_errors(
        articles, sentences=sentences, tokens=tokens, attributions=attributions, folder=options.lexicons
    )
    findings = compare_errors(
        findings,
        articles=articles,
        sentences=sentences,
        tokens=tokens,
        attributions=attributions,
        statements=statements,
        renderings=renderings,
        quote_edits=edits,
        transcript_edits=transcript_edits,
    )
    steps.update()
    measures = estimate_measures(
        read["counts"],
        articles=articles,
        resamples=settings.resamples,
        models=options.models is not None,
        own=dict(options.validity),
    )
    comparisons = compare_outlets(
        read["counts"],
        articles=articles,
        resamples=settings.resamples,
        reference=settings.reference,
        groups=dict(settings.groups),
    )
    steps.update()
    keyness = compare_keyness(tokens, articles=articles, min_count=settings.min_count, reference=settings.reference)
    steps.close()
    with_outlet = {
        name: read[name].assign(outlet=read[name]["article_id"].map(outlets))
        for name in ("frames", "frame_codes", "naming", "valence")
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
        "transcript_edits": transcript_edits,
        "quote_fidelity": fidelity,
        "coverage": measure_coverage(articles, statements=statements, renderings=renderings),
        "findings": findings,
        "measures": measures,
        "comparisons": comparisons,
        "keyness": keyness,
    }


def _grade(statements: pd.DataFrame, renderings: pd.DataFrame, least: float) -> pd.DataFrame:
    """Say of each statement whether its best match reaches the score of a sure one (four in five right) or is possible."""
    best = renderings[renderings["sentence_id"] >= 0].groupby("statement_id")["score"].max()
    sure = statements["statement_id"].map(best) >= least
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
