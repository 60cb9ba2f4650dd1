"""What a notebook calls: open a run, show a figure, a table, a sentence. Logic stays in the other modules."""

from __future__ import annotations

import base64
from pathlib import Path

import pandas as pd
from IPython.display import HTML, Markdown

from analysis.escape import for_html
from analysis.report import small_png
from analysis.style import Chart, render
from analysis.tables import load_run

_MOST_ROWS = 30
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
    """Return a table as HTML: words as they stand, numbers in three digits, at most ``most`` rows and a line that says so."""
    head = "".join(f"<th style='text-align:left'>{for_html(c)}</th>" for c in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td style='text-align:left'>{_cell(v)}</td>" for v in row) + "</tr>"
        for row in table.head(most).itertuples(index=False)
    )
    more = f"<p>{len(table) - most} more rows.</p>" if len(table) > most else ""
    return HTML(
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}" if len(table) else "<p>Nothing.</p>"
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.3g}"
    return for_html(value)


def say(*sentences: str) -> Markdown:
    """Return sentences as one paragraph; what comes from articles is shown as plain text."""
    shown = Markdown()
    shown.data = " ".join(sentences).translate(
        _PLAIN
    )  # given to Markdown(), an address would be fetched and a file name read
    return shown
