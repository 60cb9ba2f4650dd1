"""Figures of statements: the statement matrix, quotations side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.charts import Tables, matrix_axes, outlets_of, source_note
from analysis.diff import diff_words
from analysis.escape import for_label
from analysis.fidelity import find_quotations, match_quotations
from analysis.style import (
    RENDERING_COLOURS,
    WIDTH,
    Chart,
    finish_figure,
    new_figure,
    plot_area,
    text_width,
    wrap,
)

_STRONGEST = ["verbatim", "altered", "trimmed", "paraphrase", "narrated", "undecided", "omitted", "not_applicable"]
_DARK = {"verbatim", "altered"}
_DIFF_COLOURS = {"same": "#222222", "dropped": "#B24700", "added": "#0072B2"}
_SEVERITIES = ["major", "minor", "cosmetic", "none"]
_PAIR_COLUMNS = [
    "statement_id",
    "speaker",
    "article_a",
    "article_b",
    "outlet_a",
    "outlet_b",
    "text_a",
    "text_b",
    "kinds",
    "severity",
]


def cells_of(tables: Tables) -> pd.DataFrame:
    """Return the matrix: one row per statement × outlet with the strongest rendering that the outlet gives.

    Returns
    -------
    DataFrame
        statement_id, event_id, gist, outlet, rendering.
    """
    found = tables["renderings"].assign(rank=tables["renderings"]["rendering"].map(_STRONGEST.index))
    best = found.sort_values("rank", kind="stable").drop_duplicates(["statement_id", "outlet"])
    keep = tables["statements"][["statement_id", "event_id", "gist", "speaker", "n_outlets"]]
    order = {s: i for i, s in enumerate(keep["statement_id"])}
    cells = best.merge(keep, on="statement_id")
    return cells.sort_values("statement_id", key=lambda c: c.map(order), kind="stable")[
        ["statement_id", "event_id", "gist", "speaker", "n_outlets", "outlet", "rendering"]
    ].reset_index(drop=True)


def plot_matrix(tables: Tables, *, most: int = 40) -> Chart:
    """Draw how each outlet renders each statement."""
    cells = cells_of(tables)
    outlets = outlets_of(tables)
    sure = tables["statements"][tables["statements"]["match"] == "sure"]
    kept = sure.sort_values("n_outlets", ascending=False, kind="stable")[:most]["statement_id"]
    statements = sure[sure["statement_id"].isin(kept)]
    cells = cells[cells["statement_id"].isin(statements["statement_id"]) & cells["outlet"].isin(outlets)]
    alone = [o for o in outlets if (cells.loc[cells["outlet"] == o, "rendering"] == "not_applicable").all()]
    outlets = [o for o in outlets if o not in alone] or outlets
    cells = cells[cells["outlet"].isin(outlets)]
    figure = new_figure(0.36 * max(len(statements), 1) + 0.4)
    ax = plot_area(figure, left=0.43, right=0.985, above=0.4)
    labels, at = [], {}
    for y, s in enumerate(statements.itertuples(index=False)):
        names = s.speaker.split(";")[0].split()
        who = f"{names[-1]}: " if names and names[-1] not in s.gist else ""
        labels.append(wrap(f"{who}{s.gist}", width=3.25, size=7.5, lines=2))
        at[s.statement_id] = y
    for c in cells.itertuples(index=False):
        x, y = outlets.index(c.outlet), at[c.statement_id]
        if c.rendering == "not_applicable":
            continue
        hatch = "////" if c.rendering == "omitted" else None
        ax.barh(
            y,
            0.94,
            left=x - 0.47,
            height=0.86,
            color=RENDERING_COLOURS[c.rendering],
            edgecolor="#BBBBBB" if hatch else "white",
            hatch=hatch,
            lw=0.5,
        )
        ax.text(
            x,
            y,
            c.rendering,
            ha="center",
            va="center",
            fontsize=min(7.5, 34 / max(len(outlets), 4)),
            color="white" if c.rendering in _DARK else "black",
            bbox={"facecolor": "white", "lw": 0, "pad": 1} if hatch else None,
        )
    matrix_axes(ax, labels, outlets)
    ax.tick_params(axis="y", labelsize=7.5)
    ax.grid(False)
    for edge in np.flatnonzero(statements["event_id"].to_numpy()[1:] != statements["event_id"].to_numpy()[:-1]):
        ax.axhline(edge + 0.5, color="#888888", lw=0.8)
    told = tables["renderings"]
    cut = told[told["rendering"].isin(["altered", "trimmed"]) & told["statement_id"].isin(sure["statement_id"])]
    changed = cut["statement_id"].nunique()
    finish_figure(
        figure,
        title=f"{len(sure)} statements are reported by two or more outlets; {changed} of their quotations {'is' if changed == 1 else 'are'} cut or altered",
        subtitle="How each outlet gives each statement; blank: it does not report that occasion; lines part the occasions",
        footer=source_note(
            tables,
            extra=(f"{len(statements)} of {len(sure)} drawn. " if len(statements) < len(sure) else "")
            + f"{len(tables['statements']) - len(sure)} less sure matches are in the table."
            + (
                f" {len(alone)} outlet{'s share' if len(alone) > 1 else ' shares'} no occasion with another."
                if alone
                else ""
            ),
        ),
    )
    alt = (
        "Matrix of statements by outlet. "
        + " ".join(
            f"{c.gist[:60]}… in {c.outlet}: {c.rendering}."
            for c in cells.itertuples(index=False)
            if c.rendering != "not_applicable"
        )[:1500]
    )
    return Chart(figure, cells, alt)


def quote_pairs(tables: Tables) -> pd.DataFrame:
    """Return the pairs of quotations that were compared word by word.

    Returns
    -------
    DataFrame
        One row per statement × pair of articles: statement_id, speaker, article_a, article_b, outlet_a, outlet_b,
        text_a, text_b (the words in marks), kinds ('; '-joined), severity (the worst).
    """
    edits, renderings = tables["quote_edits"], tables["renderings"]
    if edits.empty:
        return pd.DataFrame(columns=_PAIR_COLUMNS)
    told = renderings[renderings["rendering"].isin(["verbatim", "altered", "trimmed", "paraphrase"])]
    parts = told.groupby(["statement_id", "article_id"], sort=False)["text"].agg(
        lambda t: list(dict.fromkeys(q for text in t for q in find_quotations(text)))
    )
    outlets = tables["articles"].set_index("article_id")["outlet"]
    speakers = tables["statements"].set_index("statement_id")["speaker"]
    rows = []
    for (sid, a, b), group in edits.groupby(["statement_id", "article_a", "article_b"], sort=False):
        matched = match_quotations(parts.get((sid, a), []), parts.get((sid, b), []))
        text_a, text_b = (" … ".join(dict.fromkeys(m[k] for m in matched)) for k in (0, 1))
        kinds = "; ".join(dict.fromkeys(group["kind"]))
        rows.append((sid, speakers[sid], a, b, outlets[a], outlets[b], text_a, text_b, kinds, worst(group["severity"])))
    return pd.DataFrame(rows, columns=_PAIR_COLUMNS)


def worst(severities: pd.Series) -> str:
    """Return the gravest of some severities."""
    return min(severities, key=_SEVERITIES.index)


def plot_quote_diffs(tables: Tables, *, most: int = 8) -> Chart:
    """Draw quotations of one statement side by side, with the words that one of them drops, adds or changes."""
    every = quote_pairs(tables)
    gravest = every["severity"].map(_SEVERITIES.index)
    pairs = every.loc[gravest.sort_values(kind="stable").index][:most]
    laid = [
        (p, _lay_words(diff_words(p.text_a, p.text_b)[0]), _lay_words(diff_words(p.text_a, p.text_b)[1]))
        for p in pairs.itertuples(index=False)
    ]
    n_lines = sum(len(a) + len(b) + 2 for _, a, b in laid)
    figure = new_figure(0.19 * max(n_lines, 3))
    ax = plot_area(figure, left=0.015, right=0.985)
    ax.axis("off")
    ax.set_xlim(0, WIDTH * 0.97)
    ax.set_ylim(max(n_lines, 3), 0)
    y = 0.5
    for p, lines_a, lines_b in laid:
        ax.text(
            0,
            y,
            for_label(f"{p.speaker or 'unnamed speaker'}: {p.kinds.replace('_', ' ')}", limit=90),
            fontsize=8.5,
            fontweight="bold",
            va="center",
        )
        y += 1
        for outlet, lines in ((p.outlet_a, lines_a), (p.outlet_b, lines_b)):
            ax.text(0, y, wrap(outlet, width=1.2, size=8, lines=1), fontsize=8, color="#666666", va="center")
            for line in lines:
                for x, word, state in line:
                    ax.text(
                        1.35 + x,
                        y,
                        word,
                        fontsize=8.5,
                        va="center",
                        color=_DIFF_COLOURS[state],
                        fontweight="normal" if state == "same" else "bold",
                    )
                y += 1
        y += 1
    if not laid:
        ax.text(0.1, 1, "No two outlets quote the same words of one statement.", fontsize=9)
    major = int((every["severity"] == "major").sum())
    finish_figure(
        figure,
        title=f"{len(every)} pair{'s' if len(every) != 1 else ''} of quotations give one utterance; {major} may change its meaning",
        subtitle="The fuller quotation first; bold orange: words only it has; bold blue: words only the other has",
        footer=source_note(tables, extra=f"{len(pairs)} of {len(every)} pairs drawn." if len(pairs) else ""),
    )
    alt = " ".join(
        f"{p.speaker}: {p.outlet_a} quotes {p.text_a} {p.outlet_b} quotes {p.text_b} Difference: {p.kinds}."
        for p in pairs.itertuples(index=False)
    )
    return Chart(figure, pairs, alt[:1800] or "No pairs of quotations.")


def _lay_words(
    words: list[tuple[str, str]], *, width: float = 6.2, most: int = 5
) -> list[list[tuple[float, str, str]]]:
    """Place words on lines: (inches from the left, word, state)."""
    lines: list[list[tuple[float, str, str]]] = [[]]
    x = 0.0
    for word, state in words:
        word = for_label(word, limit=40)
        step = text_width(word + " ", size=8.5, bold=state != "same")
        if x + step > width and lines[-1]:
            if len(lines) == most:
                lines[-1].append((x, "…", "same"))
                return lines
            lines.append([])
            x = 0.0
        lines[-1].append((x, word, state))
        x += step
    return lines
