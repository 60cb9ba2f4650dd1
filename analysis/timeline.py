"""The figure of the occasions: which articles report them, and when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.charts import Tables, outlets_of, source_note
from analysis.style import Chart, finish_figure, new_figure, plot_area, wrap


def plot_timeline(tables: Tables) -> Chart:
    """Draw which articles report which occasion, and when."""
    articles = tables["articles"].sort_values(
        ["event_id", "date", "article_id"], key=lambda c: c.str.zfill(8) if c.name == "event_id" else c, kind="stable"
    )
    shown = articles[articles["outlet"].isin(outlets_of(tables))][:40]
    days = pd.to_datetime(shown["date"], errors="coerce")
    figure = new_figure(0.32 * len(shown) + 0.15)
    ax = plot_area(figure, left=0.23, right=0.97)
    known = days.notna()
    events = list(dict.fromkeys(shown["event_id"]))
    for i, event in enumerate(events):
        rows = np.flatnonzero((shown["event_id"] == event).to_numpy())
        if i % 2 == 0:
            ax.axhspan(rows.min() - 0.5, rows.max() + 0.5, color="#F4F4F4", lw=0)
    at = days.where(known, days.min()).map(pd.Timestamp.toordinal) if known.any() else pd.Series(0, index=shown.index)
    for y, (row, x, dated) in enumerate(zip(shown.itertuples(index=False), at, known, strict=True)):
        stated = row.date_basis == "stated"
        ax.scatter(
            x,
            y,
            s=46,
            facecolor="#0072B2" if stated else "white",
            edgecolor="#0072B2",
            lw=1.3,
            zorder=3,
            alpha=1 if dated else 0.3,
        )
        label = f"{row.event_id}  {row.date}" if dated else f"{row.event_id}  no date"
        right = x > (at.min() + at.max()) / 2 and at.min() < at.max()
        ax.annotate(
            label,
            (x, y),
            xytext=(-8 if right else 8, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            va="center",
            fontsize=8,
        )
    ax.set_yticks(range(len(shown)), [wrap(o, width=1.7, size=8.5, lines=1) for o in shown["outlet"]], fontsize=8.5)
    ax.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    ax.margins(x=0.06)
    ax.set_xticks([])
    ax.grid(False)
    n = tables["articles"]["event_id"].nunique()
    finish_figure(
        figure,
        title=f"{len(tables['articles'])} articles report {n} occasion{'s' if n != 1 else ''}",
        subtitle="Each row an article, from early to late; bands group the reports of one occasion; hollow: the date is inferred or unknown",
        footer=source_note(
            tables, extra=f"The first {len(shown)} articles are drawn." if len(shown) < len(articles) else ""
        ),
    )
    alt = "Timeline of articles by occasion. " + " ".join(
        f"{r.outlet}: {r.event_id}, {r.date or 'no date'}." for r in shown.itertuples(index=False)
    )
    return Chart(figure, shown[["event_id", "outlet", "article_id", "date", "date_basis"]], alt)
