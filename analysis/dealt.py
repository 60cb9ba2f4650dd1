"""Outlets of a corpus of any size compared: measures, words and quotations dealt to parts, one part in memory at a time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pandas as pd

from analysis.compare import (
    compare_part,
    deal_measures,
    forget_deals,
    has_articles_enough,
    settle_comparisons,
    sum_counts,
)
from analysis.contrasts import each_contrast
from analysis.coverage import measure_coverage
from analysis.crew import Crew, one_thread
from analysis.echoes import find_echoes
from analysis.keyness import rate_terms, settle_terms
from analysis.options import Options
from analysis.settings import Settings
from analysis.shelf import Shelf, Tables
from analysis.term_counts import count_units

_PER_PART = 2_000  # articles whose measures and quotations are compared at a time
_WORD_PARTS = 4  # their words are many: so many parts for each of those
_PLACES = ["article_a", "start_a", "article_b", "start_b"]


class Dealt:
    """What outlets are compared by, dealt to parts on a shelf.

    Parameters
    ----------
    shelf : Shelf
        With the key ``part``.
    articles : DataFrame
        article_id, outlet: all articles, whose number says how many parts there are.
    settings : Settings
        Reference, groups, thresholds.
    """

    def __init__(self, shelf: Shelf, *, articles: pd.DataFrame, settings: Settings):
        self._shelf, self._settings = shelf, settings
        self.n_parts = 1 + len(articles) // _PER_PART
        contrasts = each_contrast(
            articles[["article_id", "outlet"]], reference=settings.reference, groups=dict(settings.groups)
        )
        # where all sides have articles enough, sentences are not asked for
        self._by_sentence = not all(map(has_articles_enough, contrasts))

    def add_coverage(self, counted: pd.DataFrame) -> None:
        """Take what `count_coverage` gives for some events."""
        self._shelf.add({"coverage": counted.assign(part="outlet:" + counted["outlet"])})

    def add_articles(self, tables: Tables) -> None:
        """Take counts, words and attributions of some articles."""
        counts = tables["counts"][tables["counts"]["voice"] != "headline"]
        said = tables["attributions"]
        said = said[(said["quotation_type"] != "indirect") & (said["speaker"] != "")]
        unit = ["article_id", "sentence_id"]
        closer = counts if self._by_sentence else counts[:0]
        numbered = {
            "sums": sum_counts(counts, n_parts=self.n_parts),
            "counts": closer.assign(part=deal_measures(closer, n_parts=self.n_parts)),
            "words": tables["words"].assign(part=_deal(tables["words"]["term"], _WORD_PARTS * self.n_parts)),
            "quoted": said.assign(part=_deal(said["speaker"], self.n_parts)),
            "units": counts[unit].drop_duplicates(unit if self._by_sentence else unit[:1]).assign(part=0),
        }
        self._shelf.add({name: t.assign(part=f"{name}:" + t["part"].astype(str)) for name, t in numbered.items()})

    def _part(self, name: str, number: int) -> pd.DataFrame:
        return self._shelf.take_one(name, [f"{name}:{number}"])

    def compare(
        self, articles: pd.DataFrame, *, events: pd.DataFrame, words: Iterable[pd.DataFrame], crew: Crew
    ) -> Iterator[tuple[str, pd.DataFrame]]:
        """Compare the outlets.

        Parameters
        ----------
        articles : DataFrame
            article_id, outlet, event_id, n_tokens, shared_source_with.
        events : DataFrame
            As `find_events` returns.
        words : iterable of DataFrame
            What `count_terms` gives, article by article.
        crew : Crew
            Who compares measures.

        Yields
        ------
        (str, DataFrame)
            Name and rows of a table: coverage, echoes, comparisons, keyness; that outlet by outlet.
        """
        given = {"articles": articles, "reference": self._settings.reference}
        counted: Callable = lambda outlets: self._shelf.take_one("coverage", [f"outlet:{o}" for o in outlets])  # noqa: E731
        yield "coverage", measure_coverage(articles, counted=counted)
        echoes = [find_echoes(self._part("quoted", n), events=events) for n in range(self.n_parts)]
        yield "echoes", pd.concat(echoes, ignore_index=True).sort_values(_PLACES, kind="stable")
        yield "comparisons", settle_comparisons(list(crew.do(compare_measures, self._measures(articles))))
        forget_deals()
        rated = rate_terms(
            (self._part("words", n) for n in range(_WORD_PARTS * self.n_parts)),
            pd.concat([count_units(t) for t in words], ignore_index=True),
            min_count=self._settings.min_count,
            **given,
        )
        compared: dict[str, None] = {}
        for outlet, rows in rated:
            compared[outlet] = None
            self._shelf.add({"rated": rows.assign(part=f"rated:{outlet}")})
        for outlet in compared:
            yield "keyness", settle_terms(self._shelf.take_one("rated", [f"rated:{outlet}"]))

    def _measures(self, articles: pd.DataFrame) -> Iterator[Tables]:
        known = [c for c in ("article_id", "outlet", "shared_source_with") if c in articles]
        given = {"articles": articles[known], "units": self._part("units", 0)}
        for n in range(self.n_parts):
            yield given | {"sums": self._part("sums", n), "by_sentence": self._part("counts", n)}


@one_thread
def compare_measures(work: tuple[Tables, Options]) -> pd.DataFrame:
    """Compare the outlets in some measures; see `compare_part`."""
    given, options = work
    settings = options.settings
    return compare_part(
        **given, resamples=settings.resamples, reference=settings.reference, groups=dict(settings.groups)
    )


def _deal(words: pd.Series, n_parts: int) -> np.ndarray:
    """Return a part for each row, the same for the same word."""
    code, known = pd.factorize(words)
    part = np.array([zlib.crc32(str(w).encode("utf-8", "replace")) % n_parts for w in known], dtype=np.int64)
    return part[code] if len(code) else code
