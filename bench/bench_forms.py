"""The same articles read as csv, jsonl, parquet and a folder of text: are the tables the same to the byte?

Usage: python bench/bench_forms.py [basil.jsonl.gz] [--first N] [--forms csv,folder]

The coded corpus (by default beside the project) is made into articles from its sentences in a folder that is taken away
again. Compared is every table; of articles.csv all columns but file and line, which say where an article was read.
Prints the CPU seconds of each form and of a second run that finds everything known. Exit code 1 where tables differ.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analysis.cache import Cache
from analysis.formats import with_title
from analysis.pipeline import Run, analyse
from analysis.table_files import to_csv
from analysis.tables import TABLES

FIELDS = ["id", "outlet", "title", "date", "event", "text"]


def read_articles(gold: Path, *, first: int | None = None) -> list[dict[str, str]]:
    """Return articles made of the coded sentences, by id: one paragraph a sentence, the year as a date."""
    parts: dict[str, dict] = {}
    with gzip.open(gold, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            article = parts.setdefault(
                row["article_id"],
                {
                    "id": row["article_id"],
                    "outlet": row["outlet"],
                    "title": "",
                    "date": f"{row['year']}-01-01",
                    "event": row["event"][:8],
                    "sentences": {},
                },
            )
            words = " ".join(row["text"].split())
            if row["sent"] < 0:
                article["title"] = words
            else:
                article["sentences"][row["sent"]] = words
    whole = [parts[i] for i in sorted(parts)][:first]
    return [{"text": "\n\n".join(said for _, said in sorted(a.pop("sentences").items())), **a} for a in whole]


def make_forms(articles: list[dict[str, str]], folder: Path) -> dict[str, Path]:
    """Write the articles in every form and return form → corpus; parquet only where pyarrow is."""
    table = folder / "articles.csv"
    with open(table, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(articles)
    lines = folder / "articles.jsonl"
    lines.write_text("".join(json.dumps(a, ensure_ascii=False) + "\n" for a in articles), encoding="utf-8")
    texts = folder / "texts"
    texts.mkdir()
    with open(texts / "manifest.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", *FIELDS[1:-1]])
        for a in articles:
            writer.writerow([f"{a['id']}.txt", *(a[f] for f in FIELDS[1:-1])])
            (texts / f"{a['id']}.txt").write_text(with_title(a["title"], a["text"]), encoding="utf-8")
    forms = {"csv": table, "jsonl": lines, "folder": texts}
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return forms
    pq.write_table(pa.Table.from_pylist(articles), folder / "articles.parquet")
    return {**forms, "parquet": folder / "articles.parquet"}


def tables_of(run: Run) -> dict[str, bytes]:
    """Return every table as bytes, without the place where an article was read."""
    where = {"file": "", "line": 0}
    return {n: to_csv(run.tables[n].assign(**where) if n == "articles" else run.tables[n]) for n in TABLES}


def main() -> int:
    """Measure, and say which tables differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = Path(__file__).resolve().parents[2] / "shared" / "gold" / "basil.jsonl.gz"
    parser.add_argument("gold", nargs="?", type=Path, default=beside)
    parser.add_argument("--first", type=int, help="only so many articles")
    parser.add_argument(
        "--forms", default="csv,jsonl,folder,parquet", help="which to read; csv is what they are held against"
    )
    args = parser.parse_args()
    articles = read_articles(args.gold, first=args.first)
    print(f"{len(articles)} articles, {len({a['event'] for a in articles})} events")
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        made = make_forms(articles, Path(place))
        seen: dict[str, dict[str, bytes]] = {}
        wanted = {"csv": made["csv"], **{f: made[f] for f in args.forms.split(",") if f in made}}
        for form, corpus in [*wanted.items(), ("csv again", made["csv"])]:
            start = time.process_time()
            kept = Path(place) / "kept"
            cache = Cache(old=kept, new=kept) if form.startswith("csv") else None
            run = analyse(corpus, cache=cache)
            seen[form] = tables_of(run)
            differ = [n for n in TABLES if seen[form][n] != seen["csv"][n]]
            wrong += len(differ)
            known = f", {cache.found} known, {cache.made} read" if cache else ""
            print(
                f"{form}: {len(run.items)} items, {time.process_time() - start:.1f} s{known};",
                f"differ: {', '.join(differ) or 'none'}",
                flush=True,
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
