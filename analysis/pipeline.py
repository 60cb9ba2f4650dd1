"""The line: from a corpus to its tables. Data flows one way, every stage takes tables and returns tables."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from analysis import __version__
from analysis.align import align_statements, find_shared_sources
from analysis.align_scorer import load_scorer
from analysis.cache import Cache
from analysis.compare import compare_outlets, estimate_measures
from analysis.coverage import measure_coverage
from analysis.cross_errors import compare_errors
from analysis.echoes import find_credits, find_echoes
from analysis.errors import find_errors
from analysis.events import find_events
from analysis.fidelity import compare_quotations
from analysis.intake import apply_settings, check_reference, settle_items
from analysis.keyness import compare_keyness
from analysis.load import load_corpus
from analysis.options import Options, check_lexicons, find_options, hash_inputs
from analysis.quote_fidelity import measure_fidelity
from analysis.read import one_thread, read_articles
from analysis.recaps import find_recaps, list_recaps
from analysis.screen import find_copies
from analysis.sides import find_sides
from analysis.table_files import check_table
from analysis.tables import TABLES
from analysis.transcripts import find_transcript_edits
from analysis.wordlists import load_lexicon

_NOTHING = pd.DataFrame({"article_id": [], "start": [], "end": []})


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


@one_thread
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
    read = read_articles(loaded, options, cache)
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
