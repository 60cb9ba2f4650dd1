"""Parts of bench/run.py that hold ours against packages of another interpreter (bench/peers.py)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.attribute import find_attributions
from analysis.keyness import compare_keyness, log_odds_dirichlet
from analysis.segment import split_sentences, split_tokens
from analysis.valence import measure_valence
from analysis.wording import measure_wording
from bench.timing import ROUNDS, Peer, Row, load_made, ratios, row

_NOTHING = pd.DataFrame(columns=["article_id", "start", "end"])


def _one_voice(tokens: pd.DataFrame) -> pd.Categorical:
    """Return a voice for every token, coded as `split_voices` gives it."""
    return pd.Categorical.from_codes(np.zeros(len(tokens), dtype=int), categories=["narrator"])


def bench_keyness(peers: str) -> list[Row]:
    """Compare two outlets' words over 1,300 articles, from texts and with words given; z is held against ConvoKit's."""
    articles = load_made(1300).assign(title_start=-1, title_end=-1)
    articles["outlet"] = np.where(articles["outlet"] < "Outlet 15", "one", "two")

    def split() -> pd.DataFrame:
        found = split_tokens(articles, sentences=split_sentences(articles, removed=_NOTHING))
        return found.assign(voice=_one_voice(found))

    tokens = split()
    words = tokens[tokens["is_word"] & tokens["norm"].str.contains("[a-z]", regex=True)]
    said = words.groupby("article_id", sort=False, observed=True)["norm"].agg(" ".join)
    outlet = said.index.map(articles.set_index("article_id")["outlet"])
    spaced = [said[outlet == o].tolist() for o in ("one", "two")]
    texts = [articles.loc[articles["outlet"] == o, "text"].tolist() for o in ("one", "two")]
    counts = [pd.Series(" ".join(s).split(" ")).value_counts() for s in spaced]
    both = pd.concat(counts, axis=1, keys=["one", "two"]).fillna(0).sort_index()
    _, z = log_odds_dirichlet(both["one"].to_numpy(), both["two"].to_numpy(), prior=np.full(len(both), 0.1))

    def from_tokens() -> pd.DataFrame:
        return compare_keyness(tokens, articles=articles)

    def from_texts() -> pd.DataFrame:
        return compare_keyness(split(), articles=articles)

    made = "1,300 made articles of two outlets"
    given = f"{made}; words given: ours as tokens, theirs parted by blanks; ours both contrasts, p over articles, dispersion"
    parts: list[tuple[str, str, object, Callable, str]] = [
        ("convokit over our keyness", "convokit_words", spaced, from_tokens, given),
        (
            "convokit over our keyness, from texts", "convokit_texts", texts, from_texts,
            f"{made}; from raw texts, each side splitting words its own way: ours with sentences, theirs with its cleaning as it comes",
        ),
        ("scattertext over our keyness", "scattertext_words", spaced, from_tokens, f"{given}; 3 rounds"),
    ]  # fmt: skip
    rows = []
    for what, name, material, ours, on in parts:
        peer = _start(peers, name, material)
        if peer is None:
            continue
        wrong = 0
        if name == "convokit_words":
            gap = max(abs(peer.values.get(w, math.inf) - v) for w, v in zip(both.index, z, strict=True))
            wrong = int(gap > 1e-3)
            on += f"; z with its prior differ by at most {gap:.0e} (it counts in float32)"
        mine, theirs = peer.against(ours, rounds=3 if name == "scattertext_words" else ROUNDS)  # minutes each
        rows.append(row(what, ratios(theirs, mine), "≥ 8", lambda v, w=wrong: v >= 8 and not w, on))
        print(f"  {what}: {rows[-1][1]}", flush=True)
    return rows


def bench_attributions(peers: str) -> list[Row]:
    """Find attributions beside TextDescriptives on a blank pipeline over the same raw texts; nothing that both find."""
    articles = load_made(200).assign(title_start=-1, title_end=-1)
    sentences = split_sentences(articles, removed=_NOTHING)
    tokens = split_tokens(articles, sentences=sentences)
    size = sum(len(t.encode()) for t in articles["text"]) / 1000

    def given() -> pd.DataFrame:
        return find_attributions(articles, sentences=sentences, tokens=tokens)

    def from_texts() -> pd.DataFrame:
        lines = split_sentences(articles, removed=_NOTHING)
        return find_attributions(articles, sentences=lines, tokens=split_tokens(articles, sentences=lines))

    few, all_ = ["descriptive_stats", "readability"], ["descriptive_stats", "readability", "quality"]
    rows = []
    for names, ours, what in (
        (all_, from_texts, "TextDescriptives with quality over our attribution, from texts"),
        (few, from_texts, "TextDescriptives over our attribution, from texts"),
        (few, given, "TextDescriptives over our attribution, ours with sentences and tokens given"),
    ):
        peer = _start(peers, "textdescriptives", [names, articles["text"].tolist()])
        if peer is None:
            continue
        mine, theirs = peer.against(ours)
        a, b = (1000 * statistics.median(side) / size for side in (mine, theirs))
        on = f"{len(articles)} made articles, {size:.0f} kB; theirs {', '.join(names)}: {b:.2f} ms/kB, ours {a:.2f}"
        rows.append(row(what, ratios(theirs, mine), "≥ 1", lambda v: v >= 1, on))
    return rows


def bench_nela(peers: str) -> list[Row]:
    """Count what NELA's features and ours both name, words and sentences given on both sides."""
    articles = load_made(200).assign(title_start=-1, title_end=-1)
    sentences = split_sentences(articles, removed=_NOTHING)
    tokens = split_tokens(articles, sentences=sentences)
    tokens["voice"] = _one_voice(tokens)
    words = tokens[tokens["is_word"]]
    written = words.assign(norm=words["norm"].astype("str")).groupby("article_id", observed=True)["norm"].agg(list)
    lines = sentences.groupby("article_id")["text"].agg(list)
    given = [[t, written[a], lines[a]] for a, t in zip(articles["article_id"], articles["text"], strict=True)]

    def lists() -> object:
        return measure_wording(tokens, articles=articles, sentences=sentences)

    def with_vader() -> object:
        return lists(), measure_valence(tokens, articles=articles)

    about = "length, readability, diversity, hedges, report verbs, assertives, factives, implicatives, biased words"
    rows = []
    for name, ours, of in (("nela_lists", lists, about), ("nela", with_vader, f"{about}, VADER")):
        peer = _start(peers, name, given)
        if peer is None:
            continue
        same = sum(v[0][2] == len(w) for v, (_, w, _) in zip(peer.values, given, strict=True))
        on = (
            f"{len(articles)} made articles, words and sentences given: {of}; {same} of {len(given)} counts of words are the same, lists and"
            " formulas differ; ours by sentence and voice, with passives and nominalisations"
        )
        mine, theirs = peer.against(ours)
        what = "NELA's features that both have over ours" + (", with VADER" if name == "nela" else "")
        rows.append(row(what, ratios(theirs, mine), "≥ 50", lambda v: v >= 50, on))
    return rows


def _start(peers: str, name: str, given: object) -> Peer | None:
    try:
        return Peer(peers, name, given)
    except LookupError as missing:
        print(f"  {missing}; left out")
        return None
