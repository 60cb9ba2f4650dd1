"""What every validity card is made of: coded records in, a figure with its interval, the foot that names its sources."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

from analysis import __version__
from analysis.files import sha256

Card = tuple[str, str, dict[str, Any]]  # file name, text, and what is printed beside each measure it covers


def load_records(path: Path) -> list[dict[str, Any]]:
    """Load the records of a coded corpus (JSON lines, gzip)."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def says(figure: tuple[float, float, float]) -> str:
    """Write a figure with its 95 % interval, as in ``.880 [.867, .890]``."""
    value, lo, hi = (f"{x:.3f}".lstrip("0") for x in figure)
    return f"{value} [{lo}, {hi}]"


def foot(path: Path) -> str:
    """Return the last lines of a card: when, with what version and on which coding it was measured."""
    digest = sha256(path.read_bytes())[:16]
    return (
        f"\nWritten by `python -m analysis validate`, {date.today().isoformat()}, parallax {__version__}; coding {path.name} ({digest}).\n"
        "Development figures: values were chosen on this coding, so expect a little less on other articles.\n"
    )
