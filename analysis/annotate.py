"""One analysis over records of JSON lines, for scoring and for other people's programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd

from analysis.attribute import annotate_attributions
from analysis.errors import annotate_errors
from analysis.fidelity import annotate_fidelity
from analysis.frames import measure_frames
from analysis.loaded import annotate_wording
from analysis.segment import split_sentences, split_tokens
from analysis.valence import find_valence
from analysis.wordlists import load_lexicon

Annotator = Callable[[Iterable[dict]], Iterable[dict]]


def annotators(models: Path | None) -> dict[str, Annotator]:
    """Return the analyses by the word that names them on the command line."""
    return {
        "attributions": lambda records: annotate_attributions(records, models=models),
        "wording": lambda records: annotate_wording(records, models=models),
        "valence": annotate_valence,
        "frames": annotate_frames,
        "errors": annotate_errors,
        "fidelity": annotate_fidelity,
    }


def tokenize(text: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tokens of a text, all in the narrator's voice, and the text as an articles table."""
    article = pd.DataFrame([{"article_id": "", "text": text, "title_start": -1, "title_end": -1}])
    sentences = split_sentences(article, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
    return split_tokens(article, sentences=sentences).assign(voice="narrator"), article


def annotate_valence(records: Iterable[dict]) -> Iterator[dict]:
    """Give each target the valence of its sentence (VADER, which does not know the target).

    Parameters
    ----------
    records : iterable of dict
        id, text, start, end (the target's place).

    Yields
    ------
    dict
        id, label (-1, 0, 1; VADER's usual cut at .05), score (-1 to 1).
    """
    for record in records:
        score = find_valence(record["text"])
        yield {"id": record["id"], "label": int(score >= 0.05) - int(score <= -0.05), "score": score}


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
