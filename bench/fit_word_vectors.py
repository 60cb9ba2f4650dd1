"""Fit the word vectors that the frame coder uses (analysis/models/word_vectors.npz) on the human-coded news corpora.

Usage: python bench/fit_word_vectors.py [FOLDER] [--out FILE.npz]

FOLDER holds the corpora (default: beside the project). Only texts are read, no code, outlet or topic. Kept are single
words met six times or more, each with 150 numbers of one byte: no order of words, no text.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analysis.files import write_atomic
from analysis.frame_features import VECTORS, find_words, fold_word

CORPORA = ("polnear_train", "polnear_dev", "basil", "babe", "moralevents", "newsmtsc")
LEAST, WINDOW, SIZE = 6, 5, 150


def find_lines(folder: Path) -> list[list[str]]:
    """Return the folded words of every different line."""
    lines: dict[str, None] = {}
    for name in CORPORA:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as rows:
            for row in rows:
                lines |= dict.fromkeys(json.loads(row)["text"].split("\n"))
    with gzip.open(folder / "gvfc.jsonl.gz", "rt", encoding="utf-8") as rows:
        lines |= dict.fromkeys(json.loads(row).get("lead") or "" for row in rows)
    return [[fold_word(w) for w in find_words(line)] for line in lines]


def fit_vectors(lines: list[list[str]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return words, vectors (words × SIZE, rows of length one) and rarity of each word."""
    counts = Counter(w for line in lines for w in line)
    words = sorted(w for w, n in counts.items() if n >= LEAST)
    place = {w: i for i, w in enumerate(words)}
    rows, columns, weights = [], [], []
    for line in lines:
        known = np.array([place[w] for w in line if w in place])
        for gap in range(1, min(WINDOW + 1, len(known))):
            rows += [known[:-gap], known[gap:]]
            columns += [known[gap:], known[:-gap]]
            weights.append(np.full(2 * (len(known) - gap), 1 / gap))
    shape = (len(words), len(words))
    met = sparse.csr_matrix((np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
    met.sum_duplicates()
    total = np.asarray(met.sum(axis=1)).ravel()
    smooth = total**0.75 / (total**0.75).sum()  # Levy, Goldberg & Dagan 2015
    pairs = met.tocoo()
    information = np.log(pairs.data / (total[pairs.row] * smooth[pairs.col]))
    above = information > 0
    ppmi = sparse.csr_matrix((information[above], (pairs.row[above], pairs.col[above])), shape=shape)
    left, strength, _ = randomized_svd(ppmi, n_components=SIZE, random_state=0)
    vectors = left * np.sqrt(strength)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    n = sum(counts.values())
    rarity = np.clip(np.log([n / counts[w] for w in words]) - 3, 0.3, None)
    return words, vectors, rarity


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "gold")
    parser.add_argument("--out", type=Path, default=VECTORS)
    args = parser.parse_args()
    words, vectors, rarity = fit_vectors(find_lines(args.folder))
    scale = np.abs(vectors).max(axis=1) / 127
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        words=np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8),
        vectors=np.round(vectors / scale[:, None]).astype(np.int8),
        scale=scale.astype(np.float32),
        rarity=rarity.astype(np.float32),
    )
    write_atomic(args.out, packed.getvalue())
    print(f"{len(words)} words in {args.out.name}, {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
