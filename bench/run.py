"""Every comparison of cost in one run: ours and the other in turn, CPU of one core, values compared before they are timed.

Usage: python -m bench.run [NAME …] [--sizes 500 2000 8000] [--peers PYTHON] [--no-write]

Made articles are recombined from the shared coded corpora (bench/corpora.py); none of them is kept or printed. A part
whose other side is not installed is left out with a word. PYTHON is an interpreter with ConvoKit and
scattertext, or with TextDescriptives and nela_features (they want other versions of numpy: two runs). Each ratio is the
median of the rounds with its range. Writes docs/performance.md; rows that were not asked for stay.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from analysis import read  # noqa: E402
from analysis.options import Options, collect_seldom  # noqa: E402
from bench import bench_peers  # noqa: E402
from bench.corpora import GOLD, make_articles, write_corpus  # noqa: E402
from bench.timing import ROUNDS, Row, cpu, in_turn, load_made, ratios, row, run_command  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"
HEAD = (
    "# Performance\n\n"
    "Written by `make bench`: CPU of one core, both sides in turn in one run, medians of {rounds} rounds with their range. Values are\n"
    "compared before anything is timed. Other work on the machine widens the ranges.\n\n"
    "| what | found | range | goal | reached | on |\n|---|---|---|---|---|---|\n"
)
WHY = """
## Where a goal is not met
Shares are of our own time, from a profile of 30 November 2026.

- **ConvoKit.** It counts each side as one text and tests one contrast. Ours counts by sentence and article, since it tests over
  these and gives the dispersion, and compares both outlets. Counting 595,704 tokens by sentence takes .38 of our time, putting the
  counts of articles together .20: these two alone take more than an eighth of what ConvoKit takes. With fewer of both the q and
  the dispersion would go, which are what makes a word worth printing.
- **NELA.** Its list counts run over words that are given to them; its own words, parts of speech and stop words need a download
  and are not in the figure. Ours counts by sentence and voice and says where each term stands: terms .28, passives and
  nominalisations .25, diversity .12, places .10 of the time, the rest sums. No step is large enough to give the factor of five.
- **Memory of 32,000 articles.** It grows by some 5 kB an article: names, dates and fingerprints (1.8 kB), places on the shelf, words of
  the corpus. The peak is at the end, where the sentences of all articles are counted and the words of one part compared: 90 MB
  more than before it. Less was taken for that since (a fifth of it, measured alone); the whole has not been run again.
- **TextDescriptives without `quality`** counts tokens, sentences and syllables. Attribution reads every sentence with two chains
  of labels; the two have no step in common, and the goal holds only beside its `quality`.
"""

# ---------------------------------------------------------------- the parts


def bench_measures() -> list[Row]:
    """Time every step of reading beside one pass of CountVectorizer over the same texts."""
    from sklearn.feature_extraction.text import CountVectorizer

    loaded = load_made(400)
    size = sum(len(t.encode()) for t in loaded["text"]) / 1000
    later = ("count_", "list_")  # what the stages across articles begin with
    kinds = ("find_", "measure_", "split_", "code_", "screen_", "locate_", *later)
    steps = [n for n, f in vars(read).items() if n.startswith(kinds) and callable(f)]
    spent: dict[str, float] = {}
    kept = {n: getattr(read, n) for n in steps}

    def timed(name: str) -> Callable:
        def call(*given, **named):
            began = time.process_time()
            try:
                return kept[name](*given, **named)
            finally:
                spent[name] = spent.get(name, 0.0) + time.process_time() - began

        return call

    def read_all() -> None:
        for i in range(0, len(loaded), 200):
            read.read_chunk((loaded.iloc[i : i + 200].reset_index(drop=True), Options()))

    def count() -> None:
        CountVectorizer(ngram_range=(1, 2)).fit_transform(loaded["text"])

    read_all(), count()
    all_but, measured, attributed, whole = [], [], [], []
    by_step: dict[str, list[float]] = {}
    for n in steps:
        setattr(read, n, timed(n))
    try:
        for _ in range(ROUNDS):
            spent.clear()
            total, one = cpu(read_all), cpu(count)
            rest = total - spent["find_attributions"] - spent["measure_valence"]
            ground = sum(spent[n] for n in ("split_sentences", "split_tokens", "split_voices", "screen_articles"))
            all_but.append(rest / one)
            measured.append((rest - ground - sum(s for n, s in spent.items() if n.startswith(later))) / one)
            attributed.append(1000 * spent["find_attributions"] / size)
            whole.append(1000 * total / size)
            for n, seconds in spent.items():
                by_step.setdefault(n, []).append(1000 * seconds / size)
    finally:
        for n, function in kept.items():
            setattr(read, n, function)
    for n, values in sorted(by_step.items(), key=lambda p: -statistics.median(p[1])):
        print(f"  {n:24s} {statistics.median(values):.3f} ms/kB")
    on = f"{len(loaded)} made articles, {size:.0f} kB"
    return [
        row("measures, tokens and voices given, without VADER, over one CountVectorizer(1, 2) pass", measured,
            "≤ 3", lambda v: v <= 3, on),
        row("the same with cleaning, segmenting, voices and what the stages across articles begin with", all_but,
            "", lambda v: True, on),
        row("attribution", attributed, "≤ 2", lambda v: v <= 2, on, unit="ms/kB"),
        row("reading as a whole", whole, "", lambda v: True, on, unit="ms/kB"),
    ]  # fmt: skip


def bench_vader() -> list[Row]:
    """Score sentences by ours and by vaderSentiment itself."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    from analysis.valence import find_valence
    from analysis.views import straighten

    texts = [" ".join(s.split()) for t in load_made(200)["text"] for s in t.split("\n\n")]
    texts = [straighten(t) for t in texts]  # as ours does first, so that "don’t" is seen
    theirs = SentimentIntensityAnalyzer()
    wrong = sum(find_valence(t) != theirs.polarity_scores(t)["compound"] for t in texts)
    one, two = in_turn(lambda: [find_valence(t) for t in texts], lambda: [theirs.polarity_scores(t) for t in texts])
    on = f"{len(texts)} sentences, {wrong} of other value"
    return [row("VADER over vaderSentiment", ratios(one, two), "≤ 1.05", lambda v: v <= 1.05 and not wrong, on)]


def bench_readability() -> list[Row]:
    """Work out both formulas for each article by ours and by textstat."""
    import textstat

    from analysis.segment import split_sentences, split_tokens
    from analysis.wording import count_syllables

    articles = load_made(200).assign(title_start=-1, title_end=-1)
    nothing = pd.DataFrame(columns=["article_id", "start", "end"])
    sentences = split_sentences(articles, removed=nothing)
    tokens = split_tokens(articles, sentences=sentences)
    words = tokens[tokens["is_word"]]
    n_sentences = sentences.groupby("article_id", sort=False).size().to_numpy()

    def formulas(syllables: np.ndarray) -> np.ndarray:
        unit = pd.factorize(words["article_id"])[0]
        n = np.bincount(unit)
        a, b = n / n_sentences, np.bincount(unit, weights=syllables) / n
        return np.column_stack([206.835 - 1.015 * a - 84.6 * b, -15.59 + 0.39 * a + 11.8 * b])

    def ours() -> np.ndarray:
        code, found = pd.factorize(words["norm"])
        return formulas(np.array([count_syllables(w) for w in found])[code])

    def theirs() -> list:
        return [(textstat.flesch_reading_ease(t), textstat.flesch_kincaid_grade(t)) for t in articles["text"]]

    plain = formulas(np.array([max(1, textstat.textstat.syllable_count(w[:60])) for w in words["norm"]]))
    wrong = int((~np.isclose(ours(), plain, rtol=0, atol=1e-12)).any(axis=1).sum())

    one, two = in_turn(ours, theirs)
    on = f"{len(articles)} articles, words given, {wrong} of other value than the formulas over textstat’s syllables"
    return [row("textstat's readability over ours", ratios(two, one), "≥ 8", lambda v: v >= 8 and not wrong, on)]


def bench_candidates() -> list[Row]:
    """Find pairs of like sentences by ours and by sparse-dot-topn."""
    from bench.bench_alignment import LEAST, SENTENCES

    try:
        from sparse_dot_topn import sp_matmul_topn
    except ImportError:
        print("  sparse-dot-topn is not installed; left out")
        return []
    from analysis.align_candidates import find_candidates
    from analysis.align_space import _matrix, of_length_one
    from analysis.align_units import units_of

    texts = [s for a in make_articles(6000, per_day=6000) for s in a["text"].split("\n\n")][:SENTENCES]
    rows = of_length_one(_matrix(u.stems for u in units_of(texts)))

    def peer():
        return sp_matmul_topn(rows, rows.T.tocsr(), top_n=rows.shape[0], threshold=LEAST - 1e-12, sort=False)

    i, j, _ = find_candidates(rows, least=LEAST)
    other = peer().tocoo()
    keep = (other.row < other.col) & (other.data >= LEAST)
    n = rows.shape[0]
    missed = len(np.setdiff1d(other.row[keep].astype("int64") * n + other.col[keep], i.astype("int64") * n + j))
    one, two = in_turn(lambda: find_candidates(rows, least=LEAST), peer)
    on = f"{n} sentences, {missed} of {int(keep.sum())} pairs missed"
    return [row("candidates over sparse-dot-topn", ratios(one, two), "≤ 1.05", lambda v: v <= 1.05 and not missed, on)]


def bench_growth(sizes: list[int]) -> list[Row]:
    """Run the whole line on corpora of several sizes, each in a process of its own."""
    taken = []
    for n in sizes:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        code = f"from bench.run import run_line; run_line({n})"
        found = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        taken.append((n, seconds, float(found.stdout.split()[-2])))
        print(f"  {n} articles: {seconds:.1f} s CPU; {found.stdout.strip()}", flush=True)
    (a, s, p), (b, t, q) = taken[0], taken[-1]
    slope = math.log(t / s) / math.log(b / a)
    on = ", ".join(f"{n}: {seconds:.0f} s" for n, seconds, _ in taken)
    peaks = ", ".join(f"{n}: {peak:.2f} GiB" for n, _, peak in taken)
    return [
        row("growth exponent of the whole line", [slope], "≤ 1.10", lambda v: v <= 1.10, on, unit=""),
        row("growth of its peak memory", [q / p], "≤ 1.3", lambda v: v <= 1.3, peaks),
    ]


def run_line(n: int) -> None:
    """Run the whole line once on ``n`` made articles, as the command does, and print its peak of memory.

    Corpus and tables stay in the folder that KEEP names, where it names one.
    """
    from analysis.cli import main

    with tempfile.TemporaryDirectory() as place:
        folder = Path(os.environ.get("KEEP", place))
        corpus = write_corpus(n, folder)
        if main(["tables", str(corpus), "--out", f"{folder}/{n}", "--no-cache"]):
            sys.exit(1)
        print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def bench_processes() -> list[Row]:
    """Run the whole line in one process and in two, by the clock: of use on a machine with nothing else to do."""
    n = int(os.environ.get("ARTICLES", "8000"))
    with tempfile.TemporaryDirectory() as place:
        corpus = write_corpus(n, Path(place))
        (one, alone), (two, shared) = run_command(corpus), run_command(corpus, "--jobs", "2")
    wrong = sum(one[name] != two.get(name) for name in one)
    on = f"{n} made articles, {alone:.0f} and {shared:.0f} s by the clock, {wrong} table files of other bytes; load of the machine {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
    return [row("whole line, one process over two", [alone / shared], "≥ 1.7", lambda v: v >= 1.7 and not wrong, on)]


# ---------------------------------------------------------------- the table


def write_page(rows: list[Row]) -> None:
    """Write the rows of this run over those of the run before."""
    known = {}
    if PAGE.is_file():
        for line in PAGE.read_text(encoding="utf-8").splitlines():
            cells = [c.strip() for c in line.strip().strip("|").split("|")]
            if len(cells) == 6 and cells[0] not in ("what", "---"):
                known[cells[0]] = cells
    known |= {r[0]: list(r) for r in rows}
    lines = "".join(f"| {' | '.join(cells)} |\n" for cells in known.values())
    PAGE.write_text(HEAD.format(rounds=ROUNDS) + lines + WHY, encoding="utf-8")


def main() -> None:
    """Run the parts asked for."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("names", nargs="*", metavar="NAME")
    words.add_argument("--sizes", nargs="+", type=int, default=[500, 2000, 8000])
    words.add_argument("--peers", default=sys.executable)
    words.add_argument("--no-write", action="store_true")
    given = words.parse_args()
    if not GOLD.is_dir():
        sys.exit("the shared coded corpora are not here; nothing was measured")
    collect_seldom()  # as the command does
    parts: dict[str, Callable[[], list[Row]]] = {
        "measures": bench_measures,
        "vader": bench_vader,
        "readability": bench_readability,
        "keyness": lambda: bench_peers.bench_keyness(given.peers),
        "textdescriptives": lambda: bench_peers.bench_attributions(given.peers),
        "nela": lambda: bench_peers.bench_nela(given.peers),
        "candidates": bench_candidates,
        "growth": lambda: bench_growth(given.sizes),
        "processes": bench_processes,
    }
    rows = []
    for name in given.names or parts:
        print(name, flush=True)
        rows += (found := parts[name]())
        for line in found:
            print(" ", " | ".join(line), flush=True)
    if rows and not given.no_write:
        write_page(rows)


if __name__ == "__main__":
    main()
