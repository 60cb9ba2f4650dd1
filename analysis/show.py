"""The end of the line: figures, report and notebooks of a run."""

from __future__ import annotations

import sys
from pathlib import Path

from tqdm import tqdm

from analysis import charts, grids, panels, timeline
from analysis.files import write_atomic
from analysis.notebooks import run_notebooks
from analysis.pipeline import Run
from analysis.report import make_report
from analysis.settings import Settings
from analysis.style import Chart, save_chart

# file name → how it is drawn, in the order of the page
FIGURES = {
    "statement_matrix": panels.plot_matrix,
    "quote_diffs": panels.plot_quote_diffs,
    "coverage": grids.plot_coverage,
    "voices": charts.plot_voices,
    "speakers": charts.plot_speakers,
    "reporting_verbs": grids.plot_reporting_verbs,
    "measures": charts.plot_measures,
    "naming": charts.plot_naming,
    "frames": grids.plot_frames,
    "keyness": charts.plot_keyness,
    "findings": grids.plot_findings,
    "timeline": timeline.plot_timeline,
}


def draw_figures(tables: dict, *, settings: Settings) -> dict[str, Chart]:
    """Return every figure by its file name."""
    out = {}
    for name, plot in tqdm(FIGURES.items(), desc="drawing figures", disable=not sys.stderr.isatty()):
        out[name] = plot(tables, most=settings.max_statements) if name == "statement_matrix" else plot(tables)
    return out


def write_report(
    run: Run, *, folder: Path, settings: Settings, notebooks: Path | None = None, with_pdf: bool = False
) -> None:
    """Write figures, report.html and executed notebooks of a run whose tables stand in ``folder``.

    Parameters
    ----------
    run : Run
        What `analyse` returned.
    folder : Path
        The staging folder; its tables are already written.
    settings : Settings
    notebooks : Path, optional
        The project's own notebooks, refreshed in place instead of copied into ``folder``/notebooks.
    with_pdf : bool
        Write every figure as .pdf too.
    """
    drawn = draw_figures(run.tables, settings=settings)
    pngs = {name: save_chart(chart, name=name, folder=folder, with_pdf=with_pdf) for name, chart in drawn.items()}
    page = make_report(run.tables, record=run.record(), texts=run.texts, charts=drawn, pngs=pngs)
    write_atomic(folder / "report.html", page.encode("utf-8", "replace"))
    run_notebooks(folder, own=notebooks)
