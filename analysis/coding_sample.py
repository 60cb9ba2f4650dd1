"""What human coders are given of a finished run, drawn at random and blind to what the suite thinks."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence

from analysis.coding_tasks import Unit
from analysis.coding_units import Place, Tables, Voices, find_tellers, load_texts
from analysis.refusals import Refusal

_CANDIDATES = 30  # pairs looked at for each that is drawn from below the threshold


def draw_sample(tables: Tables, *, what: str, n: int = 100, seed: int = 0, stratify: str = "") -> list[Unit]:
    """Draw units to code, in random order, none of them telling what the suite thinks.

    Parameters
    ----------
    tables : dict of str to DataFrame
        A finished run, as `load_run` gives it.
    what : str
        A key of TASKS. Pairs of sentences are half from above the threshold of a match, half from below (half of
        those the likest of many, half at random).
    n : int
        How many; all where there are fewer.
    seed : int
        Of the random numbers: the same seed gives the same sample.
    stratify : str
        outlet, voice or kind: each stratum in proportion to its size, at least one unit. Empty: at random.

    Returns
    -------
    list of Unit
        Named u001, u002, … in the order drawn.

    Raises
    ------
    Refusal
        nothing-to-analyse: the run has none.
    """
    rng = random.Random(f"{what} {seed}")
    voices = Voices(tables["attributions"])
    if what == "statements":
        same, other = _pairs_of(tables, rng, n)
        half = n - n // 2
        drawn = _draw(_strata(same, tables, voices, what, stratify), min(half, len(same)), rng)
        drawn += _draw(_strata(other, tables, voices, what, stratify), n // 2, rng)
        drawn = [(places if rng.random() < 0.5 else places[::-1], s) for places, s in drawn]
    else:
        pool = _POOLS[what](tables)
        drawn = _draw(_strata(pool, tables, voices, what, stratify), n, rng)
    if not drawn:
        raise Refusal(f"the run holds nothing to code for {what}", reason="nothing-to-analyse")
    rng.shuffle(drawn)
    texts = load_texts(tables, what=what, places=[places for places, _ in drawn])
    wide = max(3, len(str(len(drawn))))
    return [
        Unit(f"u{i:0{wide}d}", text, places, stratum)
        for i, ((places, stratum), text) in enumerate(zip(drawn, texts, strict=True), start=1)
    ]


# ---------------------------------------------------------------- pools


def _sentences(tables: Tables) -> list[tuple[Place, ...]]:
    s = tables["sentences"]
    letters = s["text"].str.contains(r"\w", regex=True)
    return [((r.article_id, int(r.start), int(r.end)),) for r in s[letters].itertuples(index=False)]


def _frame_units(tables: Tables) -> list[tuple[Place, ...]]:
    if len(tables["frame_codes"]):
        return _sentences(tables)
    ends = tables["sentences"].groupby("article_id", sort=False).agg(start=("start", "min"), end=("end", "max"))
    many = tables["sentences"].groupby("article_id", sort=False).size()
    return [((r.Index, int(r.start), int(r.end)),) for r in ends[many > 1].itertuples()]


def _finding_places(tables: Tables) -> list[tuple[Place, ...]]:
    f = tables["findings"]
    places = dict.fromkeys(zip(f["article_id"], f["start"].astype(int), f["end"].astype(int), strict=True))
    known = set(tables["sentences"]["article_id"])
    return [(p,) for p in places if p[0] in known]


_POOLS = {
    "attributions": _sentences,
    "wording": _sentences,
    "frames": _frame_units,
    "findings": _finding_places,
}


def _pairs_of(tables: Tables, rng: random.Random, n: int) -> tuple[list[tuple[Place, ...]], list[tuple[Place, ...]]]:
    """Return pairs of sentences of two outlets that tell one statement, and pairs of one occasion that do not."""
    articles, s = tables["articles"], tables["sentences"]
    outlet = dict(zip(articles["article_id"], articles["outlet"], strict=True))
    place = {(r.article_id, r.sentence_id): (r.article_id, int(r.start), int(r.end)) for r in s.itertuples(index=False)}
    told = find_tellers(tables)
    members = defaultdict(list)
    for key in place:
        for statement in sorted(told.get(key, ())):
            members[statement].append(key)
    same: dict[tuple[tuple[str, int], ...], None] = {}
    for statement in sorted(members):
        keys = rng.sample(members[statement], min(12, len(members[statement])))
        pairs = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :] if outlet[a[0]] != outlet[b[0]]]
        for a, b in pairs[:20]:
            same[tuple(sorted((a, b)))] = None
    events = defaultdict(list)
    event = dict(zip(articles["article_id"], articles["event_id"], strict=True))
    words = {k: frozenset(re.findall(r"\w{4,}", t.lower())) for k, t in zip(place, s["text"], strict=True)}
    for key in place:
        if words[key]:
            events[event[key[0]]].append(key)
    lists = [keys for _, keys in sorted(events.items()) if len({outlet[k[0]] for k in keys}) > 1]
    found: dict[tuple, float] = {}
    for _ in range(_CANDIDATES * n if lists else 0):
        keys = rng.choices(lists, weights=[len(k) for k in lists])[0]
        a, b = sorted((rng.choice(keys), rng.choice(keys)))
        if outlet[a[0]] != outlet[b[0]] and not told.get(a, set()) & told.get(b, set()):
            found[a, b] = len(words[a] & words[b]) / len(words[a] | words[b])
    near = sorted(found, key=lambda p: (-found[p], p))[: n // 4]
    far = [p for p in found if p not in set(near)]
    other = near + rng.sample(far, min(len(far), n // 2 - len(near)))
    return [(place[a], place[b]) for a, b in same], [(place[a], place[b]) for a, b in other]


# ---------------------------------------------------------------- strata


def _strata(
    pool: Sequence[tuple[Place, ...]], tables: Tables, voices: Voices, what: str, stratify: str
) -> list[tuple[tuple[Place, ...], str]]:
    """Return the units of a pool with their strata."""
    if not stratify:
        return [(p, "") for p in pool]
    if stratify == "outlet":
        outlet = dict(zip(tables["articles"]["article_id"], tables["articles"]["outlet"], strict=True))
        return [(p, " / ".join(sorted({outlet.get(a, "") for a, _, _ in p}))) for p in pool]
    if stratify == "kind" and what == "findings":
        f = tables["findings"]
        kinds = dict(zip(zip(f["article_id"], f["start"], f["end"], strict=True), f["kind"], strict=True))
        return [(p, kinds[p[0]]) for p in pool]
    if stratify == "kind":
        return [(p, voices.kind(p[0])) for p in pool]
    s = tables["sentences"]
    head = set(zip(s["article_id"], s["start"], s["end"], strict=True)) if len(s) else set()
    head &= {(r.article_id, r.start, r.end) for r in s[s["paragraph"] == 0].itertuples(index=False)}
    spoken = {"none": "narrator", "direct": "quoted", "mixed": "quoted", "indirect": "reported"}
    return [(p, "headline" if p[0] in head else spoken.get(voices.kind(p[0]), "narrator")) for p in pool]


def _draw(
    pool: Sequence[tuple[tuple[Place, ...], str]], n: int, rng: random.Random
) -> list[tuple[tuple[Place, ...], str]]:
    """Draw from each stratum in proportion (largest remainders), at least one where there is room."""
    strata = defaultdict(list)
    for row in pool:
        strata[row[1]].append(row)
    n = min(n, len(pool))
    names = sorted(strata, key=lambda s: (-len(strata[s]), s))
    exact = {s: n * len(strata[s]) / len(pool) for s in names}
    take = {s: max(int(exact[s]), 1) if i < n else 0 for i, s in enumerate(names)}
    while sum(take.values()) > n:
        take[max(names, key=lambda s: (take[s] - exact[s], take[s]))] -= 1
    while sum(take.values()) < n:
        room = [s for s in names if take[s] < len(strata[s])]
        take[max(room, key=lambda s: exact[s] - take[s])] += 1
    return [row for s in names for row in rng.sample(strata[s], take[s])]
