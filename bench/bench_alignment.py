"""Alignment: candidates beside sparse-dot-topn, and how the cost of a corpus grows with its articles.

Run by `make bench-alignment [SIZES="2000 8000 32000"]`; needs the shared coded corpora. Values are compared before they
are timed; times are CPU of this process, interleaved, medians with their range.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.align import align_statements
from analysis.align_candidates import find_candidates
from analysis.align_space import _matrix, of_length_one
from analysis.align_units import units_of
from analysis.attribute import find_attributions
from analysis.echoes import find_credits, find_echoes
from analysis.events import count_stems, find_events
from analysis.fidelity import compare_quotations
from analysis.recaps import count_passages, find_recaps
from analysis.segment import split_sentences, split_tokens
from analysis.shared_source import find_meetings, find_shared_sources
from analysis.shelf import Shelf
from bench.corpora import make_articles

SENTENCES, LEAST, RUNS = 40_000, 0.3, 5


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compare_candidates() -> None:
    """Find the same pairs both ways, then time both in turn."""
    try:
        from sparse_dot_topn import sp_matmul_topn
    except ImportError:
        print("candidates: sparse-dot-topn is not installed; skipped")
        return
    texts: list[str] = []
    for article in make_articles(6000, per_day=6000):
        texts += article["text"].split("\n\n")
        if len(texts) >= SENTENCES:
            break
    rows = of_length_one(_matrix(u.stems for u in units_of(texts[:SENTENCES])))

    def peer():
        return sp_matmul_topn(rows, rows.T.tocsr(), top_n=rows.shape[0], threshold=LEAST - 1e-12, sort=False)

    i, j, _ = find_candidates(rows, least=LEAST)
    other = peer().tocoo()
    keep = (other.row < other.col) & (other.data >= LEAST)
    ours = set(zip(i.tolist(), j.tolist(), strict=True))
    theirs = set(zip(other.row[keep].tolist(), other.col[keep].tolist(), strict=True))
    times = [(cpu(lambda: find_candidates(rows, least=LEAST)), cpu(peer)) for _ in range(RUNS)]
    mine, its = (sorted(t[k] for t in times) for k in (0, 1))
    print(
        f"candidates, {rows.shape[0]} sentences, cosine from {LEAST}: {len(ours)} pairs, {len(theirs - ours)} missed; "
        f"ours {statistics.median(mine):.2f} s [{mine[0]:.2f}, {mine[-1]:.2f}], "
        f"sparse-dot-topn {statistics.median(its):.2f} s [{its[0]:.2f}, {its[-1]:.2f}]"
    )


def tables_of(n: int) -> dict[str, pd.DataFrame]:
    """Return what alignment starts from, for ``n`` made articles (attributions by rules: they are not what is timed)."""
    articles = pd.DataFrame(make_articles(n)).assign(title_start=-1, title_end=-1)
    parts: dict[str, list[pd.DataFrame]] = {"sentences": [], "tokens": [], "attributions": []}
    nothing = pd.DataFrame(columns=["article_id", "start", "end"])
    for at in range(0, n, 500):
        chunk = articles.iloc[at : at + 500].reset_index(drop=True)
        sentences = split_sentences(chunk, removed=nothing)
        sentences["paragraph"] += 1
        tokens = split_tokens(chunk, sentences=sentences)
        parts["attributions"].append(find_attributions(chunk, sentences=sentences, tokens=tokens, models=None))
        parts["sentences"].append(sentences)
        parts["tokens"].append(tokens[["article_id", "sentence_id", "norm", "is_word"]].assign(voice="narrator"))
    return {"articles": articles} | {k: pd.concat(v, ignore_index=True) for k, v in parts.items()}


def time_alignment(articles, sentences, tokens, attributions) -> tuple[int, int, dict[str, float]]:
    """Align one corpus; return how many events and statements there are and the CPU seconds of each step."""
    steps: dict[str, float] = {}

    def timed(work: Callable, *given, **named):
        start = time.process_time()
        result = work(*given, **named)
        steps[work.__name__] = time.process_time() - start
        return result

    parts = {"sentences": sentences, "tokens": tokens}
    shelf = Shelf()
    shelf.add({"sentences": sentences, "stems": timed(count_stems, tokens), "passages": timed(count_passages, **parts)})
    events = timed(find_events, articles, stems=shelf.taker("stems"))
    takers = {name: shelf.taker(name) for name in ("sentences", "stems", "passages")}
    recaps = timed(find_recaps, articles, **takers, events=events)
    statements, renderings = timed(
        align_statements, articles, **parts, attributions=attributions, events=events, recaps=recaps
    )
    timed(find_echoes, attributions, events=events)
    timed(find_credits, renderings, attributions=attributions)
    timed(compare_quotations, statements, renderings=renderings, attributions=attributions, articles=articles)
    meetings = timed(find_meetings, sentences, renderings=renderings)
    timed(find_shared_sources, meetings, lengths=sentences.groupby("article_id").size().to_dict())
    return events["event_id"].nunique(), len(statements), steps


def measure_growth(sizes: list[int]) -> None:
    """Time all of the alignment on corpora of several sizes at a steady number of articles per day."""
    found = []
    for n in sizes:
        n_events, n_statements, steps = time_alignment(**tables_of(n))
        found.append((n, sum(steps.values())))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{n} articles, {n_events} events, {n_statements} statements: {found[-1][1]:.1f} s CPU, "
            f"peak {peak:.1f} GiB; " + ", ".join(f"{k} {v:.1f}" for k, v in steps.items()),
            flush=True,
        )
    if len(found) > 1:
        (n0, t0), (n1, t1) = found[0], found[-1]
        print(f"growth exponent from {n0} to {n1} articles: {np.log(t1 / t0) / np.log(n1 / n0):.2f}")


if __name__ == "__main__":
    compare_candidates()
    measure_growth([int(w) for w in sys.argv[1:]] or [2000, 8000, 32000])
