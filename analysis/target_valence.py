"""Valence toward a target: whether a sentence is favourable, neutral or unfavourable to one it names.

Fitted to the coding of NewsMTSC (Hamborg & Donnay 2021), see `target_model`. Without models a rule: listed words in
the target's clause, by its part in the deed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.names import Names
from analysis.refusals import Refusal
from analysis.segment import find_tokens
from analysis.target_features import REACH, Windows, find_senses, find_windows
from analysis.target_model import load_model, score_windows
from analysis.target_net import LABELS
from analysis.term_matching import sentence_numbers
from analysis.units import COUNT_COLUMNS, cut_words
from analysis.views import straighten
from analysis.voices import row_ranges, sentence_spans

MENTION_COLUMNS = ["article_id", "sentence_id", "voice", "target", "start", "end", "text", "label", "score"]
_BLOCK = 2048  # records read at a time
_OFTEN = 3  # mentions that make a person of an article a target

# ---------------------------------------------------------------- without models

_FADE = 4.0  # words: at this distance a word counts half
_NEUTRAL = 0.2  # sums nearer to zero are called neutral; chosen on the development coding


def score_by_rule(windows: Windows) -> np.ndarray:
    """Add up the listed words of the target's clause by the part the target has in them.

    Behind the target a word speaks of the doer, in a passive of the one it is done to; before it, of the one it is
    done to, or of what it describes directly. VADER's valence of a word counts on both sides.
    """
    senses = find_senses(windows.words)
    away = np.abs(np.arange(windows.code.shape[1]) - REACH)
    behind = np.arange(windows.code.shape[1]) > REACH
    code, passive = windows.code, (windows.flag & 2) > 0
    doer, done_to = senses.agent[code], senses.patient[code]
    after = np.where(passive & (done_to != 0), done_to, doer)
    before = np.where(done_to != 0, done_to, np.where(away <= 2, senses.quality[code], 0))
    role = np.where(behind, after, before)
    value = np.clip(role, -1, 1) + senses.valence[code] / 4
    value = value * np.where(windows.flag & 1, -0.7, 1) * (windows.clause <= 1) / (1 + away / _FADE)
    total = value.sum(axis=1)
    strength = np.tanh(np.abs(total))
    polar = np.where(np.abs(total) < _NEUTRAL, 0.5 * strength, 0.5 + 0.5 * strength)
    out = np.zeros((len(total), len(LABELS)))
    out[np.arange(len(total)), np.where(total < 0, 0, 2)] = polar
    out[:, 1] = 1 - polar
    return out


# ---------------------------------------------------------------- records and tables


def find_chances(windows: Windows, *, models: Path | bool | None = True) -> np.ndarray:
    """Return the chances of unfavourable, neutral and favourable for each target, shape (n, 3); by rule without models."""
    model = load_model(models)
    return score_by_rule(windows) if model is None else score_windows(windows, model=model)


def window_records(records: Sequence[dict[str, Any]]) -> Windows:
    """Cut out the surroundings of the target of each record (text, start, end); its text is taken as one sentence.

    Raises
    ------
    Refusal
        malformed-row: the target of a record does not lie in its text.
    """
    norms: list[str] = []
    sentence, capital, first, last, possessive = [], [], [], [], []
    for n, r in enumerate(records):
        start, end, view = r["start"], r["end"], straighten(str(r["text"]))
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(view)):
            raise Refusal(f"the target of record {n + 1} does not lie in its text", reason="malformed-row")
        found = list(find_tokens(view, 0, len(view))) or [(0, len(view), "")]
        touched = [i for i, (s, e, _) in enumerate(found) if s < end and e > start]
        if not touched:  # a target of blanks: the word behind it
            touched = [next((i for i, t in enumerate(found) if t[0] >= end), len(found) - 1)]
        first.append(len(norms) + touched[0])
        last.append(len(norms) + touched[-1])
        possessive.append(_is_possessive(view, found[touched[-1]][0], found[touched[-1]][1]))
        norms += [norm for _, _, norm in found]
        sentence += [n] * len(found)
        capital += [view[s].isupper() for s, _, _ in found]
    return find_windows(
        np.array(norms, object),
        sentence=np.array(sentence, np.int64),
        capital=np.array(capital, bool),
        first=np.array(first, np.int64),
        last=np.array(last, np.int64),
        possessive=np.array(possessive, bool),
    )


def _is_possessive(text: str, start: int, end: int) -> bool:
    return straighten(text[max(start, end - 2) : end]) == "'s" or straighten(text[end : end + 1]) == "'"


def annotate_valence(records: Iterable[dict], *, models: Path | bool | None = True) -> Iterator[dict]:
    """Say of each target whether its sentence is favourable to it.

    Parameters
    ----------
    records : iterable of dict
        id, text, start, end (the target's place).
    models : Path, True or None
        Folder with the fitted model; True for the one shipped; None for the rule.

    Yields
    ------
    dict
        id, label (-1 unfavourable, 0 neutral, 1 favourable), score (-1 to 1: chance of favourable - unfavourable).
    """
    waiting = iter(records)
    while part := list(islice(waiting, _BLOCK)):
        chances = find_chances(window_records(part), models=models)
        for r, p in zip(part, chances.tolist(), strict=True):
            yield {"id": r["id"], "label": LABELS[p.index(max(p))], "score": round(p[2] - p[0], 4)}


def find_target_valence(
    mentions: pd.DataFrame, *, tokens: pd.DataFrame, articles: pd.DataFrame, models: Path | bool | None = True
) -> pd.DataFrame:
    """Say of each mention of a target whether its sentence is favourable to it.

    Parameters
    ----------
    mentions : DataFrame
        One row per mention: article_id, start, end (characters of the raw text), actor.
    tokens : DataFrame
        One row per token with its voice.
    articles : DataFrame
        article_id, text.
    models : Path, True or None
        Folder with the fitted model; True for the one shipped; None for the rule.

    Returns
    -------
    DataFrame
        One row per mention: article_id, sentence_id, voice, target (the actor), start, end, text (of the mention),
        label (-1, 0, 1), score (-1 to 1), in the order of the text.
    """
    if mentions.empty:
        return pd.DataFrame(columns=MENTION_COLUMNS)
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    found = _place(mentions[["article_id", "start", "end", "actor"]].drop_duplicates(), tokens)
    first, last = found["first"].to_numpy(), found["last"].to_numpy()
    sentence = sentence_numbers(tokens)
    used = np.flatnonzero(np.isin(sentence, sentence[first]))  # only sentences that name a target are looked at
    ids, starts, ends = (tokens[c].to_numpy() for c in ("article_id", "start", "end"))
    windows = find_windows(
        tokens["norm"].to_numpy(dtype=object)[used],
        sentence=sentence[used],
        capital=tokens["is_capital"].to_numpy()[used],
        first=np.searchsorted(used, first),
        last=np.searchsorted(used, last),
        possessive=np.array([_is_possessive(texts[ids[i]], starts[i], ends[i]) for i in last.tolist()], bool),
    )
    chances = find_chances(windows, models=models)
    found["sentence_id"], found["voice"] = (tokens[c].to_numpy()[first] for c in ("sentence_id", "voice"))
    found["text"] = cut_words(found, articles=articles)
    found["label"] = np.array(LABELS)[chances.argmax(axis=1)]
    found["score"] = np.round(chances[:, 2] - chances[:, 0], 4)
    found = found.rename(columns={"actor": "target"})
    return found.sort_values(["first", "last", "target"], kind="stable")[MENTION_COLUMNS].reset_index(drop=True)


def _place(mentions: pd.DataFrame, tokens: pd.DataFrame) -> pd.DataFrame:
    """Add the first and the last token of each mention; a mention outside the tokens is left out."""
    starts, ranges = tokens["start"].to_numpy(), row_ranges(tokens["article_id"])
    mentions = mentions.sort_values("article_id", kind="stable")
    begin, stop = mentions["start"].to_numpy(), mentions["end"].to_numpy()
    at = np.zeros((2, len(mentions)), np.int64)
    for article_id, (i, j) in row_ranges(mentions["article_id"]).items():
        lo, hi = ranges.get(article_id, (0, 0))
        at[0, i:j] = lo + np.searchsorted(starts[lo:hi], begin[i:j], side="right") - 1
        at[1, i:j] = lo + np.searchsorted(starts[lo:hi], stop[i:j], side="left") - 1
        at[1, i:j] = np.where(at[0, i:j] < lo, -1, at[1, i:j])
    return mentions.assign(first=at[0], last=at[1])[at[1] >= at[0]].reset_index(drop=True)


def find_persons(articles: pd.DataFrame, *, sentences: pd.DataFrame) -> pd.DataFrame:
    """Find the people whom an article names often enough to be targets.

    Parameters
    ----------
    articles, sentences : DataFrame
        The tables of those names.

    Returns
    -------
    DataFrame
        One row per mention of a person who is named three times or more: article_id, start, end, actor (the name
        in the fullest form the article gives).
    """
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    rows = []
    for article_id, spans in sentence_spans(sentences).items():
        names = Names(texts[article_id], spans)
        found = [(article_id, m.start, m.end, names.resolve_name(m)) for m in names.mentions if m.person]
        times = Counter(name for *_, name in found)
        rows += [r for r in found if times[r[3]] >= _OFTEN and " " in r[3]]
    return pd.DataFrame(rows, columns=["article_id", "start", "end", "actor"])


def measure_target_valence(mentions: pd.DataFrame) -> pd.DataFrame:
    """Count the valence toward each target.

    Parameters
    ----------
    mentions : DataFrame
        As `find_target_valence` returns.

    Returns
    -------
    DataFrame
        One row per article × sentence × voice × target: measure ``valence_toward_TARGET``, num (sum of the labels
        -1, 0, 1), den (mentions).
    """
    keyed = mentions.assign(measure="valence_toward_" + mentions["target"].astype(str))
    counted = keyed.groupby(["article_id", "sentence_id", "voice", "measure"], sort=False)["label"]
    return counted.agg(num="sum", den="size").reset_index()[COUNT_COLUMNS]
