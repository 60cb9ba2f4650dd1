"""The line as far as it needs one article at a time: known articles from the cache, the others read by the crew."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import pandas as pd
from tqdm import tqdm

from analysis.attribute import find_attributions
from analysis.cache import Cache, make_key, make_stamp
from analysis.cluster import KILLED
from analysis.crew import Crew, one_thread
from analysis.events import Taker, count_stems
from analysis.frame_coder import code_sentences
from analysis.frames import measure_frames
from analysis.intake import screen_articles
from analysis.loaded import measure_loaded
from analysis.naming import measure_naming
from analysis.options import Options, hash_inputs
from analysis.recaps import count_passages
from analysis.segment import split_sentences, split_tokens
from analysis.shelf import Tables, batched
from analysis.sides import count_introductions
from analysis.slips import Words
from analysis.spellings import list_names
from analysis.target_valence import find_persons, find_target_valence, measure_target_valence
from analysis.term_counts import count_terms
from analysis.units import TERM_COLUMNS, locate_terms, stack_rows
from analysis.valence import measure_valence
from analysis.voices import split_voices
from analysis.wording import measure_reporting, measure_wording
from analysis.wordlists import load_lexicon, with_targets

# of an article, by reading it
MADE = ["title", "title_start", "title_end", "date", "date_basis", "skip", "body", "n_tokens", "n_sentences"]
CHUNK, _LEAST = 200, 40  # articles read at a time: bounds memory; smaller chunks where several processes share few


def read_articles(articles: pd.DataFrame, *, texts: Taker, crew: Crew, cache: Cache | None) -> Iterator[Tables]:
    """Read all articles: those that the cache knows from there, the others anew.

    Parameters
    ----------
    articles : DataFrame
        Articles as `load_parts` gives them, without their texts.
    texts : function
        article_ids → article_id, text.
    crew : Crew
        Who reads.
    cache : Cache or None
        What reading gave before; the tables do not depend on it.

    Yields
    ------
    dict of str to DataFrame
        The tables of `read_chunk` for some of the articles, in no set order.
    """
    bar = tqdm(total=len(articles), desc="reading articles", unit=" articles", disable=not sys.stderr.isatty())
    keys = _make_keys(articles, texts, crew.options) if cache else {}
    unread = articles
    if cache:
        known: set[str] = set()
        for some in batched(keys, CHUNK):
            tables, found = cache.load_entries({a: keys[a] for a in some})
            known |= found
            if found:
                yield tables
            bar.update(len(found))
        unread = articles[~articles["article_id"].isin(known)]
    for part in crew.do(read_chunk, _chunks(unread, texts, crew.size)):
        if cache:
            read = part["articles"]
            cache.keep_entries(part, keys={a: keys[a] for a in read["article_id"][read["skip"] != KILLED]})
        bar.update(len(part["articles"]))
        yield part
    if cache:
        cache.strip_unused()
    bar.close()


def _make_keys(articles: pd.DataFrame, texts: Taker, options: Options) -> dict[str, str]:
    hashes = hash_inputs(options)
    stamp = make_stamp(hashes["models"], hashes["lexicons"], options.settings.for_reading())
    return {
        a.article_id: make_key(stamp, a.title, a.date, a.date_basis, a.text)
        for part in _parts(articles, texts, CHUNK)
        for a in part.itertuples(index=False)
    }


def _chunks(articles: pd.DataFrame, texts: Taker, n_processes: int) -> Iterator[pd.DataFrame]:
    shared = len(articles) // (4 * n_processes) if n_processes > 1 else CHUNK
    return _parts(articles, texts, max(_LEAST, min(CHUNK, shared)))


def _parts(articles: pd.DataFrame, texts: Taker, size: int) -> Iterator[pd.DataFrame]:
    """Yield articles with their texts, some at a time."""
    for begin in range(0, len(articles), size):
        part = articles.iloc[begin : begin + size].reset_index(drop=True)
        yield part.assign(text=with_texts(part["article_id"].tolist(), texts))


def with_texts(ids: Sequence[str], texts: Taker) -> list[str]:
    """Return the texts of some articles in their order."""
    found = texts(ids)
    text = dict(zip(found["article_id"], found["text"], strict=True))
    return [text[a] for a in ids]


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
        articles (title, title_start, title_end, date, date_basis, ``skip``, the reason or '', ``body``, a fingerprint of
        its words, n_tokens, n_sentences) and, where one is left, removed, sentences, tokens, attributions, counts, terms,
        frames, naming, frame_codes, valence, and what the stages across articles begin with: stems, passages, words,
        names, introductions.
    """
    loaded, options = work
    lists = {name: load_lexicon(name, folder=options.lexicons) for name in ("wording", "frames", "naming")}
    targets_named = with_targets(lists["naming"], options.settings.targets)
    articles, removed = screen_articles(loaded, settings=options.settings)
    good = articles[articles["skip"] == ""].reset_index(drop=True)
    articles = articles.assign(n_tokens=0, n_sentences=0)[["article_id", *MADE]]
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
    naming, name_hits = measure_naming(tokens, articles=good, sentences=sentences, lexicon=targets_named)
    actors = name_hits[name_hits["actor"] != "none"]
    mentions = pd.concat([actors, find_persons(good, sentences=sentences)], ignore_index=True)
    targets = find_target_valence(mentions, tokens=tokens, articles=good, models=options.models)
    hits = pd.concat(
        [
            frame_hits.assign(measure="frame:" + frame_hits["frame"]),
            name_hits.assign(measure="naming:" + name_hits["actor"]),
        ]
    )
    words, units = tokens[tokens["is_word"]]["article_id"], sentences["article_id"]
    read = {
        "articles": articles.assign(
            n_tokens=_count(words, articles["article_id"]), n_sentences=_count(units, articles["article_id"])
        ),
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
        "stems": count_stems(tokens),
        "passages": count_passages(sentences, tokens=tokens),
        "words": count_terms(tokens),
        "names": list_names(Words(good, tokens)),
        "introductions": count_introductions(attributions, articles=good, tokens=tokens, naming=lists["naming"]),
    }
    return {name: _uncoded(table) for name, table in read.items()}


def _count(owners: pd.Series, articles: pd.Series) -> pd.Series:
    return articles.map(owners.astype("str").value_counts()).fillna(0).astype("int64")


def _of_actors(targets: pd.DataFrame, actors: pd.DataFrame) -> pd.DataFrame:
    """Return the targets that their own article names as an actor; what another article of the chunk names says nothing."""
    named = pd.MultiIndex.from_frame(actors[["article_id", "actor"]])
    return targets[pd.MultiIndex.from_frame(targets[["article_id", "target"]]).isin(named)]


def _uncoded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose coded columns are text again: the codes of one chunk mean nothing in the next."""
    return table.astype({c: "str" for c in table.columns if isinstance(table[c].dtype, pd.CategoricalDtype)})
