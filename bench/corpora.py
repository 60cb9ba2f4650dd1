"""Distinct made-up articles for benchmarks: sentences of the shared coded corpora recombined by a seeded rule.

Nothing is stored. An occasion takes its sentences from two real ones and gets names of its own, so that it can be told
from the others; its outlets report overlapping halves of them.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

GOLD = Path(__file__).resolve().parent.parent.parent / "shared" / "gold"
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
_ONSETS, _VOWELS = "b d f g k l m n p r s t v z br dr gr kl pl st tr".split(), "a e i o u ai ei ou".split()


def load_events() -> list[list[list[str]]]:
    """Return the sentences of the articles of each event of basil.jsonl.gz (events × articles × sentences)."""
    events: dict[str, dict[str, list[str]]] = {}
    with gzip.open(GOLD / "basil.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            r = json.loads(line)
            if r["sent"] >= 0:
                events.setdefault(r["event"], {}).setdefault(r["article_id"], []).append(r["text"])
    return [list(e.values()) for e in events.values()]


def make_articles(n: int, *, per_day: int = 60, outlets: int = 30, seed: int = 0) -> Iterator[dict[str, str]]:
    """Yield ``n`` articles as rows of a corpus (article_id, outlet, title, date, text), three to an occasion."""
    events = load_events()
    rng = random.Random(seed)
    for k in range(0, n, 3):
        one, two = rng.sample(events, 2)
        day = (date(2015, 1, 1) + timedelta(days=k // per_day)).isoformat()
        names: dict[str, str] = {}
        for i, outlet in enumerate(rng.sample(range(outlets), min(3, n - k))):
            body = [
                s for part in (one, two) for s in part[i % len(part)][: rng.randint(6, 14)] if rng.random() < 0.8
            ] or one[0][:3]
            text = [_rename(s, names, rng) for s in body]
            yield {
                "article_id": f"a{k + i:06d}",
                "outlet": f"Outlet {outlet:02d}",
                "title": " ".join(text[0].split()[:9]),
                "date": day,
                "text": "\n\n".join(text),
            }


def write_corpus(n: int, folder: Path) -> Path:
    """Write made articles as one file of a folder."""
    path = folder / f"made{n}.jsonl"
    path.write_text("".join(json.dumps(a) + "\n" for a in make_articles(n)), encoding="utf-8")
    return path


def _rename(sentence: str, names: dict[str, str], rng: random.Random) -> str:
    def own(m: re.Match[str]) -> str:
        if m[0] not in names:
            made = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(3))
            names[m[0]] = made.capitalize()
        return names[m[0]]

    return _NAME.sub(own, sentence)
