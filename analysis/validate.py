"""How well the suite agrees with human coding: every card that a folder of coded corpora allows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from analysis.card_alignment import make_alignment_card
from analysis.card_attribution import make_attribution_card
from analysis.card_cues import make_cues_card
from analysis.card_errors import make_errors_card
from analysis.card_frames import make_frames_card
from analysis.card_valence import make_valence_card
from analysis.card_wording import make_wording_card
from analysis.cards import Card
from analysis.refusals import Refusal

CARDS: list[tuple[str, Callable[[Path], Card]]] = [
    ("polnear_dev.jsonl.gz", make_attribution_card),
    ("alignment_dev.jsonl.gz", make_alignment_card),
    ("alignment_dev.jsonl.gz", make_errors_card),  # reads the other corpora of the folder too
    ("babe.jsonl.gz", make_wording_card),
    ("newsmtsc.jsonl.gz", make_valence_card),
    ("gvfc.jsonl.gz", make_frames_card),
    ("polnear_dev.jsonl.gz", make_cues_card),
]


def validate(gold: Path, *, progress: Callable[[str], None] = lambda _: None) -> list[Card]:
    """Measure every part that a coded corpus in a folder allows.

    Parameters
    ----------
    gold : Path
        A folder with one or several of the coded corpora that `CARDS` names.
    progress : callable
        Is told what is being measured.

    Returns
    -------
    list of (str, str, dict)
        File name of a card, its text, and what is printed beside each measure it covers.

    Raises
    ------
    Refusal
        nothing-to-analyse: the folder holds none of them.
    """
    cards = []
    for name, make in CARDS:
        if (gold / name).is_file():
            progress(name)
            cards.append(make(gold / name))
    if not cards:
        raise Refusal(
            f"{gold.name} holds none of {', '.join(dict.fromkeys(name for name, _ in CARDS))}",
            reason="nothing-to-analyse",
        )
    return cards
