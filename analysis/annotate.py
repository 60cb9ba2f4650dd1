"""One analysis over records of JSON lines, for scoring and for other people's programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from analysis.attribute import annotate_attributions
from analysis.errors import annotate_errors
from analysis.fidelity import annotate_fidelity
from analysis.frame_coder import annotate_frames
from analysis.loaded import annotate_wording
from analysis.target_valence import annotate_valence

Annotator = Callable[[Iterable[dict]], Iterable[dict]]


def annotators(models: Path | None) -> dict[str, Annotator]:
    """Return the analyses by the word that names them on the command line."""
    return {
        "attributions": lambda records: annotate_attributions(records, models=models),
        "wording": lambda records: annotate_wording(records, models=models),
        "valence": lambda records: annotate_valence(records, models=models),
        "frames": lambda records: annotate_frames(records, models=models),
        "errors": annotate_errors,
        "fidelity": annotate_fidelity,
    }
