"""Time the measures against one CountVectorizer((1, 2)) pass over the same texts, on one core.

Usage: python bench/bench_measures.py [CORPUS.jsonl.gz] [--articles N]

CORPUS holds records with doc_id and text (default: polnear_dev beside the project). CPU time, best of three. The
goal is three to four passes for everything but attribution and VADER. No text is printed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analysis.cards import load_records
from analysis.frames import measure_frames
from analysis.naming import measure_naming
from analysis.segment import split_sentences, split_tokens
from analysis.wording import measure_wording


def measure_time(work: Callable[[], object], *, rounds: int = 3) -> float:
    """Return the least CPU seconds of some rounds, after one that warms up."""
    work()
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).resolve().parents[2] / "shared" / "gold" / "polnear_dev.jsonl.gz"
    parser.add_argument("corpus", nargs="?", type=Path, default=beside)
    parser.add_argument("--articles", type=int, default=10**6)
    args = parser.parse_args()
    if not args.corpus.is_file():
        sys.exit(f"no corpus at {args.corpus}")
    records = load_records(args.corpus)[: args.articles]
    articles = pd.DataFrame(
        {
            "article_id": [r["doc_id"] for r in records],
            "text": [r["text"] for r in records],
            "title_start": -1,
            "title_end": -1,
        }
    )
    nothing = pd.DataFrame(columns=["article_id", "start", "end"])

    def segment() -> tuple[pd.DataFrame, pd.DataFrame]:
        sentences = split_sentences(articles, removed=nothing)
        return sentences, split_tokens(articles, sentences=sentences).assign(voice="narrator")

    sentences, tokens = segment()
    count = measure_time(lambda: CountVectorizer(ngram_range=(1, 2)).fit_transform(articles["text"]))
    parts = {
        "segmentation": measure_time(segment),
        "wording": measure_time(lambda: measure_wording(tokens, articles=articles, sentences=sentences)),
        "frames": measure_time(lambda: measure_frames(tokens, articles=articles)),
        "naming": measure_time(lambda: measure_naming(tokens, articles=articles, sentences=sentences)),
    }
    print(f"{len(articles)} articles, {len(tokens)} tokens; one CountVectorizer pass {count:.3f} s")
    for name, seconds in parts.items():
        print(f"{name:14s}{seconds:7.3f} s  {seconds / count:5.2f}")
    whole = sum(parts.values())
    print(f"measures, tokens given   {(whole - parts['segmentation']) / count:5.2f}")
    print(f"measures and segmenting  {whole / count:5.2f}")


if __name__ == "__main__":
    main()
