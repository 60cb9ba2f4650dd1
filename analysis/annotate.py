"""One analysis over records of JSON lines, for scoring and for other people's programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd

from analysis.attribute import annotate_attributions
from analysis.errors import annotate_errors
from analysis.fidelity import annotate_fidelity
from analysis.frame_coder import annotate_frames
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
        "frames": lambda records: annotate_frames(records, models=models),
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
