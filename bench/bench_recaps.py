"""Looks back: passages planted in articles about another occasion, and how many are found.

Run by `make bench-recaps`; needs the shared coded corpora. For each event of alignment_dev one outlet's article is taken
out of the corpus and three to five of its sentences, led in by words that look back, are put into an article about an
event seven places further on. Dates are left out, so that every event can be looked back to.
"""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pandas as pd

from analysis.events import count_stems
from analysis.recaps import count_passages, find_recaps
from analysis.segment import split_sentences, split_tokens
from analysis.shelf import Shelf

ROOT = Path(__file__).resolve().parent.parent
GOLD = ROOT.parent / "shared" / "gold" / "alignment_dev.jsonl.gz"
LEAD = "Last week things were different. "
STEP = 7  # events between host and donor


def plant(records: list[dict], seed: int) -> tuple[pd.DataFrame, dict[tuple[str, str], int]]:
    """Return articles with planted passages, and how many coded statements each passage shares with other outlets."""
    rng = random.Random(seed)
    names = [f"e{k + 1}" for k in range(len(records))]
    bodies = [{o: [str(s) for s in a["sentences"]] for o, a in sorted(r["articles"].items())} for r in records]
    donors = [sorted(b)[2] for b in bodies]
    wanted: dict[tuple[str, str], int] = {}
    rows = []
    for k, event in enumerate(names):
        for i, (outlet, body) in enumerate(bodies[k].items()):
            if outlet == donors[k]:
                continue
            if i == 0:
                d = (k + STEP) % len(records)
                given, n = bodies[d][donors[d]], rng.choice([3, 4, 5])
                at = rng.randrange(max(1, len(given) - n))
                told = _told_elsewhere(records[d], donors[d])
                wanted[f"{event}_{outlet}", names[d]] = sum(s in told for s in range(at, at + n))
                half = len(body) // 2
                body, outlet = [*body[:half], LEAD + " ".join(given[at : at + n]), *body[half:]], "host"
                rows.append((f"{event}_{sorted(bodies[k])[0]}", event, outlet, body))
            else:
                rows.append((f"{event}_{outlet}", event, outlet, body))
    table = pd.DataFrame(rows, columns=["article_id", "event_id", "outlet", "body"])
    return table.assign(text=table["body"].map("\n\n".join), title="", date="", title_start=-1, title_end=-1), wanted


def _told_elsewhere(record: dict, outlet: str) -> set[int]:
    clusters = [c["members"] for c in record["clusters"] if len({m["outlet"] for m in c["members"]}) > 1]
    return {m["sentence"] for members in clusters for m in members if m["outlet"] == outlet}


def main() -> None:
    """Plant, look, count; three seeds."""
    with gzip.open(GOLD, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    right = shared = false = planted = 0
    for seed in (1, 2, 3):
        articles, wanted = plant(records, seed)
        sentences = split_sentences(articles, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
        sentences["paragraph"] += 1
        tokens = split_tokens(articles, sentences=sentences)
        events = articles[["article_id", "event_id"]]
        with Shelf() as shelf:
            passages = count_passages(sentences, tokens=tokens)
            shelf.add({"sentences": sentences, "stems": count_stems(tokens), "passages": passages})
            found = find_recaps(
                articles, **{n: shelf.taker(n) for n in ("sentences", "stems", "passages")}, events=events
            )
        seen = set(zip(found["article_id"], found["event_id"], strict=True))
        planted += len(wanted)
        right += len(seen & set(wanted))
        shared += sum(n >= 2 for n in wanted.values())
        false += len(seen - set(wanted))
    print(
        f"{planted} planted passages, {shared} with two coded statements that other outlets give: {right} found; {false} others taken for one"
    )


if __name__ == "__main__":
    main()
