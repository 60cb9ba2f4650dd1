"""Attribution beside one CountVectorizer(1, 2) pass: CPU of whole processes over the same articles, interleaved.

Run by `make bench`; needs the shared coded corpora. Each side runs in a process of its own, imports and loading
included, `RUNS` times in turn; medians and ranges are printed and written to docs/performance.md.
"""

from __future__ import annotations

import gzip
import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOLD = ROOT.parent / "shared" / "gold"
ARTICLES, RUNS = 1000, 5


def load_texts() -> list[str]:
    """Return the first 1,000 texts of the coded corpora (articles, then events' articles joined from sentences)."""
    texts = []
    for name in ("polnear_train", "polnear_dev", "alignment_dev"):
        with gzip.open(GOLD / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                texts += (
                    [record["text"]]
                    if "text" in record
                    else [" ".join(a["sentences"]) for a in record["articles"].values()]
                )
    return texts[:ARTICLES]


def run_side(side: str) -> None:
    """Do one side's work once."""
    texts = load_texts()
    if side == "attribution":
        from analysis.attribute import annotate_attributions

        for _ in annotate_attributions({"doc_id": str(i), "text": t} for i, t in enumerate(texts)):
            pass
    elif side == "CountVectorizer(1, 2)":
        from sklearn.feature_extraction.text import CountVectorizer

        CountVectorizer(ngram_range=(1, 2)).fit_transform(texts)


def main() -> None:
    """Measure both sides and the bare start, and write the table."""
    if not GOLD.is_dir():
        print("the coded corpora are not here; nothing was measured")
        return
    texts = load_texts()
    kilobytes = sum(len(t.encode()) for t in texts) / 1000
    sides = ["reading only", "attribution", "CountVectorizer(1, 2)"]
    spent: dict[str, list[float]] = {s: [] for s in sides}
    for _ in range(RUNS):
        for side in sides:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, __file__, side], check=True, cwd=ROOT)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent[side].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    lines = [
        "# Performance\n",
        f"CPU seconds of whole processes over {len(texts)} articles ({kilobytes:.0f} kB), imports included; median of {RUNS} interleaved runs",
        "and their range. Written by `make bench`.\n",
        "| work | CPU s | range | ms per kB |",
        "|---|---|---|---|",
    ]
    for side in sides:
        middle = statistics.median(spent[side])
        lines.append(
            f"| {side} | {middle:.2f} | {min(spent[side]):.2f}–{max(spent[side]):.2f} | {1000 * middle / kilobytes:.2f} |"
        )
    text = "\n".join(lines) + "\n"
    (ROOT / "docs" / "performance.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run_side(sys.argv[1])
    else:
        main()
