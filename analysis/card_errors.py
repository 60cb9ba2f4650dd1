"""Validity of the error finder: errors planted in coded corpora, real mentions as they are, findings read by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from analysis.cards import Card, foot, load_records
from analysis.disagreements import find_disagreements
from analysis.errors import annotate_errors
from analysis.files import MODELS
from analysis.findings import Passage
from analysis.quantities import find_quantities
from analysis.wordlists import load_lexicon

CORPORA = ("babe", "basil", "newsmtsc", "polnear_dev", "polnear_train", "moralevents")
_HAND_READ = MODELS / "findings_read.json"
_MOST_LINES = 25  # of one pair of names, so that Russia does not drown the others
_RECENT = 60  # years: a name gone for longer speaks of history unless the sentence is of the present
_UNSURE = 2005  # of names that ended later an undated text says nothing
# A line is not of the present day when it names such a time itself; St. Petersburg is also in Florida.
NOT_TODAY = re.compile(
    r"\b(?:1[0-9]{3}|19\d0s)\b|Soviet|USSR|Cold War|World War|Stalin|Lenin\b|Gorbachev|Reagan|Nazi"
    r"|Florida|Fla\.|Tampa"
)
_SWAPS = {  # title of the list → one that its bearer never had
    "Secretary of State": "Foreign Minister",
    "Defense Secretary": "Defense Minister",
    "Foreign Minister": "Foreign Secretary",
    "Prime Minister": "Chancellor",
    "Chancellor": "Prime Minister",
}
_FIGURE = re.compile(r"\d[\d,]*\d|\d")


def load_texts(folder: Path, name: str) -> list[dict[str, str]]:
    """Load one corpus as records of id, text and date, each text once."""
    seen: dict[str, dict[str, str]] = {}
    for row in load_records(folder / f"{name}.jsonl.gz"):
        key = str(row.get("id") or row["doc_id"])
        date = str(row.get("date") or row.get("year") or "")
        seen.setdefault(row["text"], {"id": key, "text": row["text"], "date": date})
    return list(seen.values())


def find_pairs() -> Iterator[tuple[str, str, int]]:
    """Yield (name of today, forerunner, year it ended) for all pairs of the list that a slip could swap.

    Left out: matters of style; bodies and offices, but the KGB; names that stand for none of today; Vietnam, of which
    news speaks mostly as of the war.
    """
    for row in load_lexicon("period_names").to_dict("records"):
        forms, instead = ([p.strip() for p in row[c].split(";")] for c in ("forms", "use_instead"))
        if row["status"] != "error" or (row["kind"] in ("institution", "office") and row["name"] != "KGB"):
            continue
        for form, names in zip(forms, instead if len(instead) == len(forms) else instead * len(forms), strict=True):
            for name in names.split(" or "):
                name = name.removeprefix("the ")
                if name[:1].isupper() and name != form and not name.startswith("Vietnam"):
                    yield name, form, int(row["valid_to"][:4])


def plant_names(records: list[dict[str, str]]) -> Iterator[tuple[str, dict[str, str], int]]:
    """Yield (pair, record, start) of lines of the present day in which the forerunner stands for a name of today."""
    lines = [
        (r["date"], line) for r in records for line in r["text"].split("\n") if line and not NOT_TODAY.search(line)
    ]
    for name, form, ended in find_pairs():
        pattern = re.compile(rf"(?<![\w-])(?:the )?{re.escape(name)}(?![\w-])")
        n = 0
        for date, line in lines:
            year = int(date[:4] or 2020)
            if name not in line or year - ended >= _RECENT or (ended >= (year if date else _UNSURE)):
                continue
            m = pattern.search(line)
            if m and n < _MOST_LINES:
                n += 1
                yield f"{name} → {form}", {"text": line[: m.start()] + form + line[m.end() :], "date": date}, m.start()


def plant_titles(records: list[dict[str, str]]) -> Iterator[tuple[str, dict[str, str], int]]:
    """Yield (pair, record, start) of lines in which a listed person has a title of another office."""
    held = load_lexicon("offices")
    people = {
        (f, r["state"]): set(r["titles"].split(";")) for r in held.to_dict("records") for f in r["forms"].split(";")
    }
    names = sorted({f for f, _ in people if " " in f}, key=lambda f: (-len(f), f))
    all_titles = {f: set().union(*(t for (g, _), t in people.items() if g == f)) for f in names}
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, _SWAPS))}) ({'|'.join(map(re.escape, names))})\b")
    for r in records:
        for line in r["text"].split("\n"):
            m = pattern.search(line)
            if m and _SWAPS[m[1]] not in all_titles[m[2]] and m[1] in all_titles[m[2]]:
                new = line[: m.start(1)] + _SWAPS[m[1]] + line[m.end(1) :]
                yield f"{m[1]} → {_SWAPS[m[1]]}", {"text": new, "date": r["date"]}, m.start(1)


def measure_planted(planted: list[tuple[str, dict[str, str], int]], *, kind: str) -> dict[str, tuple[int, int]]:
    """Count by pair what was planted, and what of it is flagged."""
    flagged: dict[int, set[int]] = {}
    for f in annotate_errors({"id": n, **record} for n, (_, record, _) in enumerate(planted)):
        if f["kind"] == kind and f["status"] == "flagged":
            flagged.setdefault(f["id"], set()).add(f["start"])
    counts: dict[str, tuple[int, int]] = {}
    for n, (pair, _, start) in enumerate(planted):
        total, hits = counts.get(pair, (0, 0))
        counts[pair] = (total + 1, hits + (start in flagged.get(n, ())))
    return counts


def measure_real(records: list[dict[str, str]]) -> dict[str, tuple[int, int]]:
    """Count by kind what is considered in texts as they are, and what of it is flagged; style apart."""
    counts: dict[str, tuple[int, int]] = {}
    for f in annotate_errors(records):
        kinds = [f["kind"]]
        if f["kind"] == "period_name" and "matter of style" not in f["explanation"]:
            kinds.append("period_name, no style")
        for kind in kinds:
            n, flagged = counts.get(kind, (0, 0))
            counts[kind] = (n + 1, flagged + (f["status"] == "flagged"))
    return counts


def measure_numbers(records: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Plant numbers in coded statements: how many, how many found, how many are flagged as the texts are.

    In each pair of sentences of one coded statement that have a figure in common, it is doubled in all of the
    second article.
    """
    planted = found = real = 0
    for record in records:
        articles = {o: [str(s) for s in a["sentences"]] for o, a in record["articles"].items()}
        groups = [
            [
                Passage(m["outlet"], m["outlet"], m["sentence"], 0, 0, articles[m["outlet"]][m["sentence"]])
                for m in c["members"]
            ]
            for c in record["clusters"]
        ]
        real += sum(f.kind == "number" for f in find_disagreements(groups, articles))
        for a, b in (pair for g in groups for pair in combinations(g, 2) if pair[0].outlet != pair[1].outlet):
            for x, y in ((x, y) for x in find_quantities(a.text) for y in find_quantities(b.text)):
                m = _FIGURE.search(b.text, y.start, y.end)
                if not x.unit or x.unit != y.unit or not x.agrees(y) or m is None or len(m[0]) > 12:
                    continue
                value = int(m[0].replace(",", ""))
                if value < 3:
                    continue
                new = f"{2 * value + 1:,}" if "," in m[0] else str(2 * value + 1)
                exact = re.compile(rf"(?<![\d,.]){re.escape(m[0])}(?![\d,]*\d)")
                other = b._replace(text=exact.sub(new, b.text))
                whole = {a.outlet: articles[a.outlet], b.outlet: [exact.sub(new, t) for t in articles[b.outlet]]}
                planted += 1
                found += any(
                    f.kind == "number" and f.article_id == b.outlet for f in find_disagreements([[a, other]], whole)
                )
    return planted, found, real


def _share(n: int, hits: int) -> str:
    small = " (too few to tell)" if n < 20 else ""
    return f"{hits / n:.3f}".lstrip("0") + f" of {n}{small}" if n else "none"


def make_errors_card(path: Path) -> Card:
    """Measure the error finder on the corpora of a folder and write its card."""
    folder = path.parent
    names = [c for c in CORPORA if (folder / f"{c}.jsonl.gz").is_file()]
    records = [r for c in names for r in load_texts(folder, c)]
    pairs = measure_planted(list(plant_names(records)), kind="period_name")
    titles = measure_planted(list(plant_titles(records)), kind="office")
    real = measure_real(records)
    planted, found, alarms = measure_numbers(load_records(path))
    read = json.loads(_HAND_READ.read_text(encoding="utf-8"))
    total = tuple(sum(c[k] for c in pairs.values()) for k in (0, 1))
    worst = sorted((p for p in pairs if pairs[p][0] >= 10), key=lambda p: (pairs[p][1] / pairs[p][0], p))[:8]
    n_names, flagged = real.get("period_name, no style", (0, 0))
    rows = "".join(
        f"| {kind.replace('_', ' ')} | {r['read']} | {r['right']} | "
        f"{'too few to tell' if r['read'] < 20 else _share(r['read'], r['right']).split(' ')[0]} |\n"
        for kind, r in read["kinds"].items()
    )
    text = f"""# Validity: suspected errors

No corpus codes these errors. What can be measured is shown in three parts that must not be mixed: errors planted in real
sentences (recall), real mentions as they are (false alarms), and findings read by hand (precision).

**Planted: names of today replaced by their forerunner**, all {len(pairs)} pairs of the list that a slip could swap and the
corpora hold ({", ".join(names)}), at most {_MOST_LINES} lines each: **{_share(*total)}** flagged. The pairs that fare worst (10 lines or more):

| pair | planted | flagged |
|---|---|---|
{"".join(f"| {p} | {pairs[p][0]} | {pairs[p][1]} |" + chr(10) for p in worst)}
**Planted: a title its bearer never had**, {_share(sum(n for n, _ in titles.values()), sum(h for _, h in titles.values()))} flagged.
**Planted: a figure doubled in one of two sentences of one coded statement**, {_share(planted, found)} found. Recall is low by intent: a
number is compared only where noun, role and the rest of both articles leave no other reading.

**Real mentions.** {n_names} mentions of names that are no matter of style: {flagged} flagged. Titles that did not fit the date: {real.get("office", (0, 0))[0]},
of which {real.get("office", (0, 0))[1]} flagged. Numbers in coded statements: {alarms} flagged.

**Read by hand** ({read["date"]}, {read["by"]}): every finding flagged in {", ".join(f"{n} articles of {k}" for k, n in read["runs"].items())}; right where an
editor would want to know.

| kind | read | right | precision |
|---|---|---|---|
{rows}
**What is not known.** {read["note"]}
{foot(path)}"""
    short = f"planted names {_share(*total)} flagged; real mentions {flagged} of {n_names}"
    return "errors.md", text, {"errors": short}
