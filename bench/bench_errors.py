"""Period names held against real texts: how many planted errors are found, how many real mentions are flagged.

Usage: python bench/bench_errors.py [FOLDER] [--out FILE.csv]

FOLDER holds the human-coded corpora (babe, basil, newsmtsc, polnear_dev, and polnear_train as further reading); by
default it is looked for beside the project. Planted: in present-day sentences a name of today is replaced by its
forerunner, first for chosen pairs, then for all pairs of the list that a slip could swap; titles by others that their
bearer never had; figures of coded statements by their double. Real: every mention of a name of the lexicon in the same
corpora as they are. No text is printed.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analysis.card_errors import (
    NOT_TODAY,
    load_texts,
    measure_numbers,
    measure_planted,
    measure_real,
    plant_names,
    plant_titles,
)
from analysis.cards import load_records
from analysis.errors import annotate_errors

CORPORA = ("babe", "basil", "newsmtsc", "polnear_dev")
FURTHER = ("polnear_train", "moralevents")
# Name of today -> forerunner. Russia is the gate; the others are printed beside it.
PLANTS = {
    "Russia": [
        (r"\bRussian Federation\b", "Soviet Union"),
        (r"\b(?:the )?Russia\b(?!n)", "the Soviet Union"),
        (r"\bRussians\b", "Soviets"),
        (r"\bRussian\b", "Soviet"),
    ],
    "Germany": [(r"\bGermany\b", "West Germany"), (r"\bGerman\b", "West German")],
    "China": [(r"\bBeijing\b", "Peking")],
    "India": [(r"\bMumbai\b", "Bombay"), (r"\bKolkata\b", "Calcutta"), (r"\bChennai\b", "Madras")],
    "Czechia": [(r"\bCzech Republic\b", "Czechoslovakia"), (r"\bCzech\b(?! Republic)", "Czechoslovak")],
    "Serbia": [(r"\bSerbia\b(?!n)", "Yugoslavia"), (r"\bSerbian\b", "Yugoslav")],
    "Petersburg": [(r"\bSt\.? Petersburg\b", "Leningrad")],
    "FSB": [(r"\bFSB\b", "KGB")],
    "Zimbabwe": [(r"\bZimbabwe\b(?!an)", "Rhodesia")],
    "Congo": [(r"\b(?:Democratic Republic of (?:the )?)Congo\b", "Zaire")],
}


def find_plants(records: list[dict], patterns: list[tuple[str, str]]) -> Iterator[tuple[dict, list[tuple[int, int]]]]:
    """Yield every present-day text that holds a name of today, with the forerunner planted, and where it stands now."""
    for record in records:
        for line in record["text"].split("\n"):
            if NOT_TODAY.search(line) or not any(re.search(p, line) for p, _ in patterns):
                continue
            union = re.compile("|".join(f"({p})" for p, _ in patterns))
            text, spans, at = "", [], 0
            for m in union.finditer(line):
                new = patterns[(m.lastindex or 1) - 1][1]
                text += line[at : m.start()]
                if text.endswith(("the ", "The ")) and new.startswith("the "):
                    new = new[4:]
                spans.append((len(text) + 4 * new.startswith("the "), len(text) + len(new)))
                text += new
                at = m.end()
            yield {"id": f"{record['id']}-{len(text)}", "text": text + line[at:], "date": record["date"]}, spans


def measure_recall(records: list[dict], patterns: list[tuple[str, str]]) -> tuple[int, int]:
    """Count the planted names, and those flagged."""
    planted = list(find_plants(records, patterns))
    flagged: dict[str, set[int]] = {}
    for number, (record, _) in enumerate(planted):
        record["id"] = str(number)
    for found in annotate_errors(r for r, _ in planted):
        if found["kind"] == "period_name" and found["status"] == "flagged":
            flagged.setdefault(found["id"], set()).add(found["start"])
    hits = sum(start in flagged.get(str(n), ()) for n, (_, spans) in enumerate(planted) for start, _ in spans)
    return sum(len(spans) for _, spans in planted), hits


def main() -> None:
    """Print the table; write it when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "gold")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if not args.folder.is_dir():
        sys.exit(f"no folder of human-coded corpora at {args.folder}")
    corpora = {
        name: load_texts(args.folder, name)
        for name in (*CORPORA, *FURTHER)
        if (args.folder / f"{name}.jsonl.gz").exists()
    }
    rows: list[tuple[str, str, int, int]] = []
    for plant, patterns in PLANTS.items():
        for name, records in corpora.items():
            rows.append((f"planted {plant}", name, *measure_recall(records, patterns)))
    for name, records in corpora.items():
        rows += [(f"real {kind}", name, n, flagged) for kind, (n, flagged) in sorted(measure_real(records).items())]
    everything = [r for records in corpora.values() for r in records]
    for kind, plant in (("period_name", plant_names), ("office", plant_titles)):
        for pair, (n, flagged) in sorted(measure_planted(list(plant(everything)), kind=kind).items()):
            rows.append((f"planted {kind}, all pairs", pair, n, flagged))
    statements = args.folder / "alignment_dev.jsonl.gz"
    if statements.exists():
        n, flagged, _ = measure_numbers(load_records(statements))
        rows.append(("planted number", "alignment_dev", n, flagged))
    for what in ("planted period_name, all pairs", "planted office, all pairs"):
        n, flagged = (sum(r[k] for r in rows if r[0] == what) for k in (2, 3))
        rows.append((what, "together", n, flagged))
    for what in dict.fromkeys(r[0] for r in rows):
        for group, names in (("gate", CORPORA), ("further", FURTHER)):
            n, flagged = (sum(r[k] for r in rows if r[0] == what and r[1] in names) for k in (2, 3))
            rows.append((what, f"all of the {group} corpora", n, flagged))
    print(f"{'what':34s}{'corpus':42s}{'n':>7s}{'flagged':>9s}{'share':>8s}")
    for what, name, n, flagged in rows:
        if n:
            print(f"{what:34s}{name:42s}{n:7d}{flagged:9d}{flagged / n:8.3f}")
    if args.out:
        with open(args.out, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([("what", "corpus", "n", "flagged"), *rows])


if __name__ == "__main__":
    main()
