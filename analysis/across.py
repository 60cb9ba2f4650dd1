"""The line as far as it needs more than one article: each stage takes what it needs from the shelf and hands on."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from tqdm import tqdm

from analysis.articles import EXTRACTED
from analysis.blocks import compare_block, event_order, fill_blocks, plan_blocks, renumber
from analysis.crew import Crew, one_thread
from analysis.cross_errors import cite_outlets, may_be_cited
from analysis.dealt import Dealt
from analysis.errors import load_gazetteer
from analysis.events import find_events
from analysis.options import Options
from analysis.quote_fidelity import measure_fidelity
from analysis.read import CHUNK, with_texts
from analysis.recaps import Look, find_recaps, list_recaps, score_look
from analysis.renderings import list_outlets
from analysis.resampling import estimate_measures
from analysis.screen import find_copies
from analysis.shared_source import find_shared_sources
from analysis.shelf import Shelf, Tables, batched
from analysis.sides import choose_sides, name_sides
from analysis.spellings import compare_names

_OF_ARTICLES = ("removed", "sentences", "attributions", "terms", "frames", "frame_codes", "naming", "valence")
_LOOKS = 40  # passages handed out together
_WITH_OUTLET = ("frames", "frame_codes", "naming", "valence")


class Sink(Protocol):
    """Where the rows of the tables go, part by part: `Collected` or `TableFiles`."""

    def add(self, name: str, table: pd.DataFrame) -> None:
        """Take more rows of a table."""

    def add_counts(self, counts: pd.DataFrame) -> None:
        """Take more rows of the sums that all measures are made of."""

    def add_text(self, article_id: str, text: str, *, extracted: bool) -> None:
        """Take the text of an article."""


class Across:
    """What needs more than one article: each stage takes what it needs from the shelf and hands on."""

    def __init__(self, articles: pd.DataFrame, shelf: Shelf, crew: Crew, sink: Sink, folder: Path | None):
        self.articles, self.shelf, self.crew, self.sink, self.folder = articles, shelf, crew, sink, folder
        self.options, self.settings = crew.options, crew.options.settings
        self.ids = articles["article_id"].tolist()
        self.outlet = dict(zip(articles["article_id"], articles["outlet"], strict=True))

    def run(self) -> None:
        """Run every stage and hand all tables to the sink."""
        self.sides = choose_sides(self.scan("introductions"))
        events = find_events(self.articles, stems=self.shelf.taker("stems"))
        takers = {name: self.shelf.taker(name) for name in ("sentences", "stems", "passages")}
        recaps = find_recaps(self.articles, **takers, events=events, models=self.options.models, score=self.score_looks)
        self.event_of = dict(zip(events["article_id"], events["event_id"], strict=True))
        self.back = list_recaps(recaps)
        with Shelf(self.folder, key="event_id") as told, Shelf(self.folder, key="part") as parts:
            dealt = Dealt(parts, articles=self.articles, settings=self.settings)
            self.compare_events(events, recaps, told=told, dealt=dealt)
            articles = self.describe_articles(events)
            self.sink.add("articles", articles)
            self.finish_articles(told=told, dealt=dealt)
            bar = _bar("comparing outlets", 3 + self.articles["outlet"].nunique())
            for name, table in dealt.compare(articles, events=events, words=self.scan("words"), crew=self.crew):
                self.sink.add(name, table)
                bar.update()
            bar.close()

    def score_looks(self, looks: Iterable[Look]) -> Iterator[tuple[str, str, dict[int, float]]]:
        """Hold passages that may look back against the other occasion."""
        return (found for some in self.crew.do(score_some, batched(looks, _LOOKS)) for found in some)

    def scan(self, name: str) -> Iterator[pd.DataFrame]:
        """Yield one table of all articles, some at a time, in the order of the corpus."""
        return (self.shelf.take_one(name, some) for some in batched(self.ids, CHUNK))

    def compare_events(self, events: pd.DataFrame, recaps: pd.DataFrame, *, told: Shelf, dealt: Dealt) -> None:
        """Compare the articles of each event; what is found of single articles goes to the shelf."""
        gazetteer = load_gazetteer(self.options.lexicons)
        sizes = events["event_id"].value_counts(sort=False).to_dict()
        plan = plan_blocks(sizes)
        blocks = fill_blocks(
            self.articles,
            plan=plan,
            shelf=self.shelf,
            events=events,
            recaps=recaps,
            sides=self.sides,
            spelt=compare_names(lambda: self.scan("names"), gazetteer=gazetteer),
            elsewhere=list_outlets(self.articles),
        )
        n = 0
        bar = _bar("comparing articles", len(events))
        for some, found in zip(plan, self.crew.do(compare_block, blocks), strict=True):
            found = renumber(found, after=n)
            statements, renderings, edits = (found.pop(name) for name in ("statements", "renderings", "quote_edits"))
            n += len(statements)
            event_of = dict(zip(statements["statement_id"], statements["event_id"], strict=True))
            for name, table in (("statements", statements), ("renderings", renderings), ("quote_edits", edits)):
                self.sink.add(name, table)
                table = table[table["sentence_id"] >= 0] if name == "renderings" else table
                told.add({name: table.assign(event_id=table["statement_id"].map(event_of).astype("str"))})
            dealt.add_coverage(found.pop("coverage"))
            self.shelf.add(found)
            bar.update(sum(sizes[e] for e in some))
        bar.close()

    def describe_articles(self, events: pd.DataFrame) -> pd.DataFrame:
        """Return the table of articles: their events, copies and shared sources."""
        shared: dict[str, set[str]] = {a: set(others) for a, others in find_copies(self.articles).items()}
        for table in self.scan("meetings"):
            for a, others in find_shared_sources(table, lengths=self.body_lengths(table)).items():
                shared.setdefault(a, set()).update(others)
        articles = self.articles.merge(events, on="article_id")
        return articles.assign(
            shared_source_with=["; ".join(sorted(shared.get(a, ()))) for a in articles["article_id"]],
            looks_back_to=[self.back.get(a, "") for a in articles["article_id"]],
        )

    def body_lengths(self, meetings: pd.DataFrame) -> dict[str, int]:
        """Return how many sentences the bodies of the articles that meet have."""
        sentences = self.shelf.take_one("sentences", dict.fromkeys([*meetings["article_id"], *meetings["other"]]))
        return sentences[sentences["paragraph"] > 0].groupby("article_id").size().to_dict()

    def finish_articles(self, *, told: Shelf, dealt: Dealt) -> None:
        """Hand on what belongs to single articles, in the order of the corpus, and deal out what all are compared by."""
        extracted = {
            a.article_id: bool(a.line) or bool(EXTRACTED & set(a.flags)) for a in self.articles.itertuples(index=False)
        }
        bar = _bar("measuring articles", len(self.ids))
        for some, measures in self.crew.do(measure_articles, self.taken()):
            tables = self.shelf.take(
                some, (*_OF_ARTICLES, "counts", "findings", "transcript_edits", "outcomes", "words")
            )
            here = pd.DataFrame({"article_id": some, "outlet": [self.outlet[a] for a in some]})
            said = tables["attributions"]
            tables["attributions"] = said.assign(side=name_sides(said["speaker"], sides=self.sides))
            for name in _WITH_OUTLET:
                tables[name] = tables[name].assign(outlet=tables[name]["article_id"].map(self.outlet))
            for name in (*_OF_ARTICLES, "transcript_edits"):
                self.sink.add(name, tables[name])
            self.sink.add("measures", measures)
            self.sink.add("quote_fidelity", measure_fidelity(tables["outcomes"], articles=here))
            self.sink.add("findings", self.cite(tables["findings"], told, some))
            self.sink.add_counts(tables["counts"])
            for a, text in zip(some, with_texts(some, self.shelf.taker("texts")), strict=True):
                self.sink.add_text(a, text, extracted=extracted[a])
            dealt.add_articles(tables)
            bar.update(len(some))
        bar.close()

    def taken(self) -> Iterator[tuple[list[str], Tables]]:
        """Yield some articles at a time with what `measure_articles` needs of them."""
        for some in batched(self.ids, CHUNK):
            here = pd.DataFrame({"article_id": some, "outlet": [self.outlet[a] for a in some]})
            yield some, {"articles": here, "counts": self.shelf.take_one("counts", some)}

    def cite(self, findings: pd.DataFrame, told: Shelf, some: list[str]) -> pd.DataFrame:
        """Add what other outlets write to the findings that it may confirm, and put all in their order."""
        rank = {a: i for i, a in enumerate(some)}
        cited = findings[may_be_cited(findings)]
        if len(cited):
            events = {e for a in cited["article_id"] for e in (self.event_of[a], *_parted(self.back.get(a, "")))}
            tables = told.take(sorted(events, key=event_order))
            members = dict.fromkeys([*cited["article_id"], *tables["renderings"]["article_id"]])
            findings = pd.concat([
                findings.drop(cited.index),
                cite_outlets(
                    cited,
                    articles=pd.DataFrame({"article_id": list(members), "outlet": [self.outlet[a] for a in members]}),
                    sentences=self.shelf.take_one("sentences", members),
                    **tables,
                ).set_index(cited.index),
            ]).sort_index()  # fmt: skip
        places = findings.assign(rank=findings["article_id"].map(rank))
        return places.sort_values(["rank", "start", "end", "kind"], kind="stable").drop(columns="rank")


@one_thread
def score_some(work: tuple[list[Look], Options]) -> list[tuple[str, str, dict[int, float]]]:
    """Hold some passages against the other occasion; see `score_look`."""
    looks, options = work
    return [score_look(look, models=options.models) for look in looks]


@one_thread
def measure_articles(work: tuple[tuple[list[str], Tables], Options]) -> tuple[list[str], pd.DataFrame]:
    """Turn the counts of some articles into measures; see `estimate_measures`."""
    (some, given), options = work
    measures = estimate_measures(
        given["counts"],
        articles=given["articles"],
        resamples=options.settings.resamples,
        models=options.models is not None,
        own=dict(options.validity),
    )
    return some, measures


def _parted(ids: str) -> Iterable[str]:
    return filter(None, ids.split("; "))


def _bar(what: str, total: int) -> Any:
    return tqdm(total=total, desc=what, disable=not sys.stderr.isatty())
