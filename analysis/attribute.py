"""Attributions: who is quoted, with which words, in which way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.attribute_link import Attribution, cue_stance, link_attributions
from analysis.attribute_model import load_model
from analysis.attribute_nested import add_nested
from analysis.attribute_rules import fill_quotes, label_by_rules
from analysis.attribute_words import OUT, Words, gather_records, gather_words
from analysis.files import find_model

COLUMNS = [
    "article_id",
    "attribution_id",
    "quotation_type",
    "source",
    "source_start",
    "source_end",
    "speaker",
    "cue",
    "cue_stance",
    "start",
    "end",
    "text",
    "confidence",
    "nested_in",
]
_KINDS = {
    **dict.fromkeys(COLUMNS, "str"),
    **dict.fromkeys(("attribution_id", "source_start", "source_end", "start", "end", "nested_in"), "int64"),
    "confidence": "float64",
}
RULE_CONFIDENCE = 0.79  # of what the rules find, coders mark so much too (development articles, IoU .5)
_BATCH = 500_000  # characters analysed at once: enough to keep numpy busy, little enough for memory


def find_attributions(
    articles: pd.DataFrame, *, sentences: pd.DataFrame, tokens: pd.DataFrame, models: Path | bool | None = True
) -> pd.DataFrame:
    """Find what is attributed to someone, by whom it is said, and how it is reported.

    Parameters
    ----------
    articles : DataFrame
        One row per article: article_id, text.
    sentences, tokens : DataFrame
        As `segment.split_sentences` and `segment.split_tokens` return. Paragraph 0 is the headline; it is
        looked at only where it holds quotation marks.
    models : Path, True or None
        Folder of models; what it lacks is taken from the shipped ones; True for the shipped ones; None for rules alone.

    Returns
    -------
    DataFrame
        One row per contiguous stretch of content: article_id, attribution_id (0, 1, … within the article;
        shared by the stretches of one attribution), quotation_type (direct, mixed, indirect), source,
        source_start, source_end ('' and -1 where none is named), speaker (names in full, joined by '; '),
        cue, cue_stance (neutral, doubting, endorsing or ''), start, end (characters of the raw text, with
        the marks), text, confidence (0 to 1), nested_in (the attribution_id around it, or -1).
    """
    words = gather_words(articles, sentences=sentences, tokens=tokens)
    found = _attribute(words, models)
    add_nested(words, found)
    rows: list[tuple] = []
    for a, items in enumerate(found):
        for number, item in enumerate(items):
            rows.extend(_rows(words, a, number, item))
    return pd.DataFrame(rows, columns=COLUMNS).astype(_KINDS)  # also where there is none


def _attribute(words: Words, models: Path | bool | None) -> list[list[Attribution]]:
    path = find_model(models, "attributions.npz")
    model = load_model(path.parent) if path else None
    if model is None:
        labels = label_by_rules(words)
        return link_attributions(words, labels, np.full(len(labels), RULE_CONFIDENCE))
    labels, sure = model.label(words)
    quoted = np.zeros(len(words.lo), bool)
    quoted[words.paragraph[words.quote >= 0]] = True
    labels[(words.is_headline & ~quoted)[words.paragraph]] = OUT
    fill_quotes(words, labels)
    found = link_attributions(words, labels, sure)
    for item in (item for items in found for item in items):
        item.confidence = _agreement(item.confidence)
    return found


def _agreement(probability: float) -> float:
    """Turn the mean probability of a stretch's words into how often coders mark such a stretch (IoU .5).

    Fitted by eye to six bins of the development articles: .38 at .65, .52 at .85, .66 at .94, .90 at .996.
    """
    odds = math.log(max(probability, 1e-6) / max(1 - probability, 1e-6))
    return 1 / (1 + math.exp(0.85 - 0.55 * odds))


def _rows(words: Words, a: int, number: int, item: Attribution) -> list[tuple]:
    text = words.texts[a]
    source = (-1, -1) if item.source is None else (int(words.start[item.source[0]]), int(words.end[item.source[1] - 1]))
    cue, stance = cue_stance(words, item.cue)
    kind = item.kind
    rows = []
    for s, e in item.content:
        start, end = int(words.start[s]), int(words.end[e - 1])
        rows.append(
            (
                words.article_ids[a],
                number,
                kind,
                text[source[0] : source[1]] if item.source else "",
                *source,
                "; ".join(item.speakers),
                cue,
                stance,
                start,
                end,
                text[start:end],
                round(item.confidence, 3),
                item.nested_in,
            )
        )
    return rows


def annotate_attributions(records: Iterable[dict], *, models: Path | bool | None = True) -> Iterator[dict]:
    """Annotate texts with attributions.

    Parameters
    ----------
    records : iterable of dict
        ``{doc_id, text}``. Texts are taken as they are, nothing is cleaned away.
    models : Path, True or None
        As in `find_attributions`.

    Yields
    ------
    dict
        One per attribution: doc_id, start, end, spans (its stretches), speaker_start, speaker_end (None
        where nobody is named), speaker, cue, kind (direct, indirect, mixed).
    """
    batch: list[dict] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record["text"])
        if size > _BATCH:
            yield from _annotate(batch, models)
            batch, size = [], 0
    yield from _annotate(batch, models)


def _annotate(records: list[dict], models: Path | bool | None) -> Iterator[dict]:
    if not records:
        return
    words = gather_records(records)
    for record, found in zip(records, _attribute(words, models), strict=True):
        for item in found:
            spans = [[int(words.start[s]), int(words.end[e - 1])] for s, e in item.content]
            who = (
                [int(words.start[item.source[0]]), int(words.end[item.source[1] - 1])] if item.source else [None, None]
            )
            yield {
                "doc_id": record["doc_id"],
                "start": spans[0][0],
                "end": spans[-1][1],
                "spans": spans,
                "speaker_start": who[0],
                "speaker_end": who[1],
                "speaker": "; ".join(item.speakers),
                "cue": cue_stance(words, item.cue)[0],
                "kind": item.kind,
            }


def train_attributions(gold_path: Path, out_dir: Path) -> Path:
    """Fit the attribution model to hand-coded articles and write it.

    Parameters
    ----------
    gold_path : Path
        JSON lines, may be gzipped: ``{text, attributions: [{source, cue, content}]}``, each a list of
        half-open [start, end] spans.
    out_dir : Path
        Folder for ``attributions.npz`` and the facts of its fitting, ``attributions.json``.

    Returns
    -------
    Path
        The model's file.
    """
    from analysis.attribute_train import fit_attributions  # brings scikit-learn, which reading does not need

    return fit_attributions(Path(gold_path), Path(out_dir))
