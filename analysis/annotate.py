"""One analysis over records of JSON lines, for scoring and for other people's programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd

from analysis.attribute import annotate_attributions
from analysis.errors import annotate_errors
from analysis.fidelity import annotate_fidelity
from analysis.frames import measure_frames
from analysis.segment import split_sentences, split_tokens
from analysis.target_valence import annotate_valence
from analysis.units import unit_table
from analysis.wordlists import find_terms, load_lexicon

_LOADED = ("loaded", "one_sided", "intensifier")
Annotator = Callable[[Iterable[dict]], Iterable[dict]]


def annotators(models: Path | None) -> dict[str, Annotator]:
    """Return the analyses by the word that names them on the command line."""
    return {
        "attributions": lambda records: annotate_attributions(records, models=models),
        "wording": annotate_wording,
        "valence": lambda records: annotate_valence(records, models=models),
        "frames": annotate_frames,
        "errors": annotate_errors,
        "fidelity": annotate_fidelity,
    }


def tokenize(text: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tokens of a text, all in the narrator's voice, and the text as an articles table."""
    article = pd.DataFrame([{"article_id": "", "text": text, "title_start": -1, "title_end": -1}])
    sentences = split_sentences(article, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
    return split_tokens(article, sentences=sentences).assign(voice="narrator"), article


def annotate_wording(records: Iterable[dict]) -> Iterator[dict]:
    """Give each text the share of its words on the lists of loaded, one-sided and intensifying words.

    Parameters
    ----------
    records : iterable of dict
        id, text.

    Yields
    ------
    dict
        id, score (0-1: 1 - .5 ** (words found)), spans (character offsets of the words).
    """
    lexicon = load_lexicon("wording")
    lexicon = lexicon[lexicon["group"].isin(_LOADED)].reset_index(drop=True)
    for record in records:
        tokens, article = tokenize(record["text"])
        hits = find_terms(tokens, lexicon=lexicon, articles=article) if len(unit_table(tokens)) else tokens.iloc[:0]
        spans = sorted({(int(s), int(e)) for s, e in zip(hits["start"], hits["end"], strict=True)})
        yield {"id": record["id"], "score": 1 - 0.5 ** len(spans), "spans": [list(s) for s in spans]}


def annotate_frames(records: Iterable[dict]) -> Iterator[dict]:
    """Give each text the share of items that each frame's list answers with yes.

    Parameters
    ----------
    records : iterable of dict
        id, text.

    Yields
    ------
    dict
        id, frame (the one with the largest share, '' where none is answered), frames (all with a yes),
        scores (frame → 0-1).
    """
    lexicon = load_lexicon("frames")
    for record in records:
        tokens, article = tokenize(record["text"])
        scores = dict.fromkeys(sorted(lexicon["frame"].unique()), 0.0)
        if len(tokens):
            items, _ = measure_frames(tokens, articles=article, lexicon=lexicon)
            scores |= items[items["voice"] == "narrator"].groupby("frame")["answer"].mean().to_dict()
        found = [f for f, s in scores.items() if s > 0]
        yield {
            "id": record["id"],
            "frame": max(found, key=lambda f: scores[f], default=""),
            "frames": found,
            "scores": scores,
        }
