"""A coder fitted to a scholar's own codebook: texts in, codes with scores out; frame items where no coder is given."""

from __future__ import annotations

import functools
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.files import find_model
from analysis.frame_features import (
    COMPANY_WEIGHT,
    VIEWS,
    Vocabulary,
    find_company,
    find_words,
    scale_rows,
    vectors_hash,
)
from analysis.frames import measure_frames
from analysis.refusals import Refusal
from analysis.segment import split_sentences, split_tokens
from analysis.wordlists import load_lexicon

MODEL = "frames.npz"
CODE_COLUMNS = ["article_id", "sentence_id", "voice", "start", "end", "frame", "score"]
_BATCH = 2_000  # texts coded at a time


@dataclass(frozen=True)
class Coder:
    """A fitted coder: one linear score per code over the features of a text."""

    codes: list[str]
    views: dict[str, Vocabulary]
    weights: dict[str, np.ndarray]  # view -> features × codes
    company: np.ndarray  # 150 × codes
    centre: np.ndarray  # 150, the mean word vector of the coded texts
    bias: np.ndarray  # codes
    threshold: float  # from this score a second code is given
    facts: dict[str, Any] = field(default_factory=dict)

    def score(self, texts: Sequence[str]) -> np.ndarray:
        """Return texts × codes, 0 to 1: how near each text is to those that were given the code."""
        words = [find_words(t) for t in texts]
        total = np.tile(self.bias, (len(texts), 1))
        for name, (weight, see) in VIEWS.items():
            total += np.sqrt(weight) * (self.views[name].weigh([see(w) for w in words]) @ self.weights[name])
        near = scale_rows(find_company(words) - self.centre)
        return np.clip(total + np.sqrt(COMPANY_WEIGHT) * near @ self.company, 0.0, 1.0)

    def code(self, texts: Sequence[str]) -> list[tuple[str, list[str], dict[str, float]]]:
        """Return for each text its main code, all its codes (main one first) and the score of every code."""
        return [self.pick(row) for row in self.score(texts)]

    def pick(self, row: np.ndarray) -> tuple[str, list[str], dict[str, float]]:
        """Return main code, all codes and scores from one row of scores."""
        order = sorted(range(len(self.codes)), key=lambda i: (-row[i], i))
        given = [order[0], *[i for i in order[1:] if row[i] >= self.threshold]]
        scores = {c: round(float(s), 4) for c, s in zip(self.codes, row, strict=True)}
        return self.codes[order[0]], [self.codes[i] for i in given], scores


def pack_coder(coder: Coder) -> dict[str, np.ndarray]:
    """Return the arrays of a coder, none of them an object."""
    head = {"codes": coder.codes, "threshold": coder.threshold, "facts": coder.facts}
    arrays = {
        "head": _letters_of(json.dumps(head, ensure_ascii=False)),
        "company": coder.company.astype(np.float32),
        "centre": coder.centre.astype(np.float32),
        "bias": coder.bias.astype(np.float32),
    }
    for name in VIEWS:
        arrays[f"features_{name}"] = _letters_of("\n".join(coder.views[name].features))
        arrays[f"rarity_{name}"] = coder.views[name].rarity.astype(np.float32)
        arrays[f"weights_{name}"] = coder.weights[name].astype(np.float32)
    return arrays


def _letters_of(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-8"), dtype=np.uint8)


def load_coder(models: Path | bool | None) -> Coder | None:
    """Load the coder of a folder of models.

    Parameters
    ----------
    models : Path, True or None
        A folder that `train frames` made. No coder is shipped, since a codebook is its author's: True, None and a
        folder without one give None, and the items of the word list are used.

    Raises
    ------
    Refusal
        untrusted-model: the file is not one of ours, or was fitted with other word vectors than are installed.
    """
    path = find_model(models, MODEL)
    if path is None:
        return None
    try:
        coder = _load(path, path.stat().st_mtime_ns)
    except (KeyError, ValueError, TypeError, EOFError, OSError, zipfile.BadZipFile):
        raise Refusal(f"{path.name} cannot be read as a frame coder", reason="untrusted-model") from None
    if coder.facts.get("vectors") != vectors_hash():
        raise Refusal(f"{path.name} was fitted with other word vectors; train frames anew", reason="untrusted-model")
    return coder


@functools.lru_cache(maxsize=4)
def _load(path: Path, _changed: int) -> Coder:
    with np.load(path, allow_pickle=False) as data:
        head = json.loads(data["head"].tobytes().decode("utf-8"))
        views = {
            name: Vocabulary(data[f"features_{name}"].tobytes().decode("utf-8").split("\n"), data[f"rarity_{name}"])
            for name in VIEWS
        }
        weights = {name: data[f"weights_{name}"] for name in VIEWS}
        company, centre, bias = (data[k].astype(float) for k in ("company", "centre", "bias"))
    n = len(head["codes"])
    if any(weights[v].shape != (len(views[v].features), n) for v in VIEWS) or bias.shape != (n,):
        raise ValueError("the parts do not fit together")
    return Coder(head["codes"], views, weights, company, centre, bias, head["threshold"], head["facts"])


def annotate_frames(records: Iterable[dict], *, models: Path | bool | None = None) -> Iterator[dict]:
    """Give each text its frames: the codes of a fitted coder, else the share of items each frame's list answers.

    Parameters
    ----------
    records : iterable of dict
        id, text.
    models : Path, True or None
        As in `load_coder`.

    Yields
    ------
    dict
        id, frame (the code or frame with the highest score, '' where no item is answered), frames (all that are
        given), scores (code or frame → 0-1).
    """
    coder = load_coder(models)
    batch: list[dict] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield from _annotate(batch, coder)
            batch = []
    yield from _annotate(batch, coder)


def _annotate(batch: list[dict], coder: Coder | None) -> Iterator[dict]:
    if not batch:
        return
    texts = [str(r["text"]) for r in batch]
    found = coder.code(texts) if coder else _answer_items(texts)
    for record, (frame, frames, scores) in zip(batch, found, strict=True):
        yield {"id": record["id"], "frame": frame, "frames": frames, "scores": scores}


def _answer_items(texts: list[str]) -> list[tuple[str, list[str], dict[str, float]]]:
    """Share of items of each frame that a text answers with yes."""
    lexicon = load_lexicon("frames")
    frames = sorted(lexicon["frame"].unique())
    articles = pd.DataFrame(
        {"article_id": [f"{i}" for i in range(len(texts))], "text": texts, "title_start": -1, "title_end": -1}
    )
    nothing = pd.DataFrame(columns=["article_id", "start", "end"])
    tokens = split_tokens(articles, sentences=split_sentences(articles, removed=nothing)).assign(voice="narrator")
    shares: dict[str, dict[str, float]] = {}
    if len(tokens):
        items, _ = measure_frames(tokens, articles=articles, lexicon=lexicon)
        yes = items[items["voice"] == "narrator"].groupby(["article_id", "frame"])["answer"].mean().unstack("frame")
        shares = {a: dict(zip(yes.columns, row, strict=True)) for a, row in zip(yes.index, yes.to_numpy(), strict=True)}
    out = []
    for i in range(len(texts)):
        scores = dict.fromkeys(frames, 0.0) | {f: float(s) for f, s in shares.get(f"{i}", {}).items()}
        found = [f for f in frames if scores[f] > 0]
        out.append((max(found, key=lambda f: scores[f], default=""), found, scores))
    return out


def code_sentences(sentences: pd.DataFrame, *, tokens: pd.DataFrame, models: Path | bool | None) -> pd.DataFrame:
    """Code the headline and every sentence of articles with the user's own coder.

    Parameters
    ----------
    sentences, tokens : DataFrame
        The tables of those names; tokens with their voice.
    models : Path, True or None
        As in `load_coder`.

    Returns
    -------
    DataFrame
        One row per sentence × code that reaches the coder's threshold (a main code below it is no code: most sentences of an
        article are not about what the codebook asks): CODE_COLUMNS. Empty without a coder. The voice is that of
        most words of the sentence.
    """
    coder = load_coder(models)
    if coder is None or sentences.empty:
        return pd.DataFrame(columns=CODE_COLUMNS)
    words = tokens[tokens["is_word"]]
    counted = words.groupby(["article_id", "sentence_id", "voice"], sort=False).size().rename("n").reset_index()
    most = counted.sort_values("n", ascending=False, kind="stable").drop_duplicates(["article_id", "sentence_id"])
    placed = sentences.merge(most[["article_id", "sentence_id", "voice"]], on=["article_id", "sentence_id"])
    scores = coder.score(placed["text"].tolist())
    row, column = np.nonzero(scores >= coder.threshold)
    found = placed.iloc[row][["article_id", "sentence_id", "voice", "start", "end"]].reset_index(drop=True)
    found["frame"] = [coder.codes[i] for i in column]
    found["score"] = scores[row, column]
    return found[CODE_COLUMNS]
