"""What a notebook calls: open a run, show a figure, a table, a sentence. Logic stays in the other modules."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from IPython.display import HTML, Markdown

from analysis.escape import for_html
from analysis.style import Chart, render, small_png
from analysis.table_files import load_run

_MOST_ROWS = 30
_SHORT = re.compile(r"(?<=\w)_[0-9a-f]{16}\Z")  # what load_corpus adds to the name of a file
_PLAIN = {ord(mark): f"&#{ord(mark)};" for mark in "\\`*_[]<>|#$&"}  # Markdown and mathematics


def open_run(place: str | Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a finished run, or analyse a corpus on the spot.

    Parameters
    ----------
    place : str or Path
        The output folder of a run, or a corpus (a folder of articles, or one table of them).

    Returns
    -------
    dict of str to DataFrame
        Table name → table, as docs/codebook.md defines them.

    Raises
    ------
    Refusal
        There is neither at ``place``.
    """
    if (Path(place) / "tables" / "articles.csv").is_file():
        return load_run(place)
    from analysis.pipeline import analyse  # only a corpus needs the whole line

    return analyse(place).tables


def show_chart(chart: Chart) -> HTML:
    """Return a figure as an image with its description, for the end of a cell."""
    data = base64.b64encode(small_png(render(chart, kind="png"))).decode()
    return HTML(f'<img style="max-width:100%" alt="{for_html(chart.alt)}" src="data:image/png;base64,{data}">')


def show_table(table: pd.DataFrame, *, most: int = _MOST_ROWS) -> HTML:
    """Return a table as HTML: words as they stand, numbers to the right in three digits, at most ``most`` rows.

    Articles stand under their short names, those of their files; the tables on disk have the whole.
    """
    if table.empty:
        return HTML("<p>Nothing.</p>")
    sides = ["right" if pd.api.types.is_numeric_dtype(kind) else "left" for kind in table.dtypes]
    head = _row("th", [c.replace("_id", "").replace("_", " ") for c in map(str, table.columns)], sides)
    rows = "".join(_row("td", row, sides) for row in table.head(most).itertuples(index=False))
    more = f"<p>{len(table) - most} more rows.</p>" if len(table) > most else ""
    return HTML(f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>{more}")


def _row(tag: str, values: Iterable[object], sides: list[str]) -> str:
    look = "text-align:{};vertical-align:top;font-variant-numeric:tabular-nums"
    cells = (f"<{tag} style='{look.format(s)}'>{_cell(v)}</{tag}>" for v, s in zip(values, sides, strict=True))
    return f"<tr>{''.join(cells)}</tr>"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.3g}"
    return for_html(_SHORT.sub("", value) if isinstance(value, str) else value)


def say(*sentences: str) -> Markdown:
    """Return sentences as one paragraph; what comes from articles is shown as plain text."""
    shown = Markdown()
    shown.data = " ".join(sentences).translate(
        _PLAIN
    )  # given to Markdown(), an address would be fetched and a file name read
    return shown
