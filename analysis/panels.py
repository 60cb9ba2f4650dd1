"""Figures of words: the statement matrix, quotations side by side, reporting verbs, frame items, findings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.charts import Tables, matrix_axes, outlets_of, source_note
from analysis.diff import diff_words
from analysis.escape import for_label
from analysis.fidelity import find_quotations
from analysis.style import (
    RENDERING_COLOURS,
    STANCE_COLOURS,
    VOICE_COLOURS,
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
        ["statement_id", "event_id", "gist", "speaker", "n_outlets", "outlet", "rendering"]].reset_index(drop=True)


def plot_matrix(tables: Tables, *, most: int = 40) -> Chart:
    """Draw how each outlet renders each statement."""
    cells = cells_of(tables)
    outlets = outlets_of(tables)
    statements = tables["statements"].sort_values("n_outlets", ascending=False, kind="stable")[:most]
    statements = tables["statements"][tables["statements"]["statement_id"].isin(statements["statement_id"])]
    cells = cells[cells["statement_id"].isin(statements["statement_id"]) & cells["outlet"].isin(outlets)]
    figure = new_figure(.36 * max(len(statements), 1) + .5)
    ax = plot_area(figure, left=.43, right=.985)
    labels, at = [], {}
    for y, s in enumerate(statements.itertuples(index=False)):
        who = f"{s.speaker.split(';')[0].split()[-1]}: " if s.speaker else ""
        labels.append(wrap(f"{who}{s.gist}", width=3.25, size=7.5, lines=2))
        at[s.statement_id] = y
    for c in cells.itertuples(index=False):
        x, y = outlets.index(c.outlet), at[c.statement_id]
        if c.rendering == "not_applicable":
            continue
        hatch = "////" if c.rendering == "omitted" else None
        ax.barh(y, .94, left=x - .47, height=.86, color=RENDERING_COLOURS[c.rendering], edgecolor="#BBBBBB" if hatch else "white", hatch=hatch, lw=.5)
        ax.text(x, y, c.rendering, ha="center", va="center", fontsize=min(7.5, 34 / max(len(outlets), 4)),
                color="white" if c.rendering in _DARK else "black", bbox={"facecolor": "white", "lw": 0, "pad": 1} if hatch else None)
    matrix_axes(ax, labels, outlets)
    ax.tick_params(axis="y", labelsize=7.5)
    ax.grid(False)
    for y in np.flatnonzero(statements["event_id"].to_numpy()[1:] != statements["event_id"].to_numpy()[:-1]):
        ax.axhline(y + .5, color="#888888", lw=.8)
    shared = int((tables["statements"]["n_outlets"] >= 2).sum())
    changed = cells[cells["rendering"].isin(["altered", "trimmed"])]["statement_id"].nunique()
    finish_figure(figure, title=f"{shared} statements are reported by two or more outlets; {changed} of their quotations {'is' if changed == 1 else 'are'} cut or altered",
                  subtitle="How each outlet gives each statement; blank: it does not report that occasion; lines part the occasions",
                  footer=source_note(tables, extra=f"{len(statements)} of {len(tables['statements'])} statements drawn." if len(statements) < len(tables["statements"]) else ""))
    alt = "Matrix of statements by outlet. " + " ".join(f"{c.gist[:60]}… in {c.outlet}: {c.rendering}." for c in cells.itertuples(index=False)
                                                        if c.rendering != "not_applicable")[:1500]
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
        return pd.DataFrame(columns=["statement_id", "speaker", "article_a", "article_b", "outlet_a", "outlet_b", "text_a", "text_b", "kinds", "severity"])
    texts = (renderings[renderings["start"] >= 0].groupby(["statement_id", "article_id"], sort=False)["text"]
             .agg(lambda t: " … ".join(q for part in t for q in find_quotations(part)) or " ".join(t)))
    outlets = tables["articles"].set_index("article_id")["outlet"]
    speakers = tables["statements"].set_index("statement_id")["speaker"]
    rows = []
    for (sid, a, b), group in edits.groupby(["statement_id", "article_a", "article_b"], sort=False):
        rows.append((sid, speakers[sid], a, b, outlets[a], outlets[b], texts.get((sid, a), ""), texts.get((sid, b), ""),
                     "; ".join(dict.fromkeys(group["kind"])), worst(group["severity"])))
    return pd.DataFrame(rows, columns=["statement_id", "speaker", "article_a", "article_b", "outlet_a", "outlet_b", "text_a", "text_b", "kinds", "severity"])


def worst(severities: pd.Series) -> str:
    """Return the gravest of some severities."""
    order = ["major", "high", "medium", "minor", "low", "none"]
    return min(severities, key=lambda s: order.index(s) if s in order else len(order), default="")


def plot_quote_diffs(tables: Tables, *, most: int = 8) -> Chart:
    """Draw quotations of one statement side by side, with the words that one of them drops, adds or changes."""
    pairs = quote_pairs(tables)[:most]
    laid = [(p, _lay_words(diff_words(p.text_a, p.text_b)[0]), _lay_words(diff_words(p.text_a, p.text_b)[1])) for p in pairs.itertuples(index=False)]
    n_lines = sum(len(a) + len(b) + 2 for _, a, b in laid)
    figure = new_figure(.19 * max(n_lines, 3) + .1)
    ax = plot_area(figure, left=.015, right=.985)
    ax.axis("off")
    ax.set_xlim(0, WIDTH * .97)
    ax.set_ylim(max(n_lines, 3), 0)
    y = .5
    for p, lines_a, lines_b in laid:
        ax.text(0, y, for_label(f"{p.speaker or 'unnamed speaker'}: {p.kinds.replace('_', ' ')}", limit=90), fontsize=8.5, fontweight="bold", va="center")
        y += 1
        for outlet, lines in ((p.outlet_a, lines_a), (p.outlet_b, lines_b)):
            ax.text(0, y, wrap(outlet, width=1.2, size=8, lines=1), fontsize=8, color="#666666", va="center")
            for line in lines:
                for x, word, state in line:
                    ax.text(1.35 + x, y, word, fontsize=8.5, va="center", color=_DIFF_COLOURS[state], fontweight="normal" if state == "same" else "bold")
                y += 1
        y += 1
    if not laid:
        ax.text(.1, 1, "No two outlets quote the same words of one statement.", fontsize=9)
    major = int(pairs["severity"].isin(["major", "high"]).sum())
    finish_figure(figure, title=f"{len(pairs)} pair{'s' if len(pairs) != 1 else ''} of quotations give one utterance; {major} may change its meaning",
                  subtitle="The fuller quotation first; bold orange: words only it has; bold blue: words only the other has",
                  footer=source_note(tables, extra=f"{len(pairs)} of {len(quote_pairs(tables))} pairs drawn." if len(pairs) else ""))
    alt = " ".join(f"{p.speaker}: {p.outlet_a} quotes {p.text_a} {p.outlet_b} quotes {p.text_b} Difference: {p.kinds}." for p in pairs.itertuples(index=False))
    return Chart(figure, pairs, alt[:1800] or "No pairs of quotations.")


def _lay_words(words: list[tuple[str, str]], *, width: float = 6.2, most: int = 5) -> list[list[tuple[float, str, str]]]:
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


def plot_reporting_verbs(tables: Tables, *, most: int = 9) -> Chart:
    """Draw with which verbs each outlet reports each speaker."""
    said = tables["attributions"].drop_duplicates(["article_id", "attribution_id"])
    said = said[(said["cue"] != "") & (said["speaker"] != "")].merge(tables["articles"][["article_id", "outlet"]], on="article_id")
    said["cue"] = said["cue"].str.lower()
    outlets = outlets_of(tables)[:6]
    count = said.groupby("speaker").size()
    speakers = sorted(count.index, key=lambda s: (-count[s], s))[:most]
    data = said[said["speaker"].isin(speakers) & said["outlet"].isin(outlets)].groupby(["speaker", "outlet", "cue", "cue_stance"]).size().rename("n").reset_index()
    cells = {k: g.sort_values(["n", "cue"], ascending=[False, True]) for k, g in data.groupby(["speaker", "outlet"])}
    depth = {s: max([1, *(min(4, len(cells[k])) for k in cells if k[0] == s)]) for s in speakers}
    figure = new_figure(.17 * sum(depth.values()) + .14 * len(speakers) + .45)
    ax = plot_area(figure, left=.2, right=.985)
    y, ticks = 0.0, []
    for s in speakers:
        ticks.append(y + (depth[s] - 1) / 2)
        for x, outlet in enumerate(outlets):
            rows = cells.get((s, outlet))
            for i, row in enumerate([] if rows is None else rows[:4].itertuples(index=False)):
                more = f" +{len(rows) - 4} more" if i == 3 and len(rows) > 4 else ""
                label = f"{row.cue} {row.n}" if row.n > 1 else row.cue
                ax.text(x - .46, y + i, for_label(label, limit=int(64 / len(outlets))) + more, va="center", fontsize=7.5, color=STANCE_COLOURS[row.cue_stance])
        y += depth[s] + .8
        ax.axhline(y - .9, color="#E4E4E4", lw=.8)
    matrix_axes(ax, [""], outlets)
    ax.set_ylim(max(y, 1) - .9, -.7)
    ax.set_yticks(ticks, [wrap(s, width=1.45, size=8.5) for s in speakers], fontsize=8)
    ax.grid(False)
    stances = said["cue_stance"].value_counts()
    doubting, all_cues = int(stances.get("doubting", 0)), max(1, int(stances.sum()))
    finish_figure(figure, title=f"{doubting} of {all_cues} reporting verbs cast doubt on the speaker",
                  subtitle="Reporting words by speaker and outlet. Grey: neutral, orange: doubting, green: endorsing; number: times",
                  footer=source_note(tables, extra="The speakers reported most often."))
    alt = "Table of reporting verbs. " + " ".join(f"{r.outlet} on {r.speaker}: {r.cue} ({r.n})." for r in data[:40].itertuples(index=False))
    return Chart(figure, data, alt)


def plot_frames(tables: Tables) -> Chart:
    """Draw which frame items each outlet answers, in its own words or only in others'."""
    frames = tables["frames"]
    outlets = outlets_of(tables)
    own = frames[frames["voice"].isin(["narrator", "headline"])].groupby(["frame", "item", "outlet"])["n_terms"].sum()
    every = frames.groupby(["frame", "item", "outlet"])["n_terms"].sum()
    questions = list(dict.fromkeys(zip(frames["frame"], frames["item"], strict=True)))
    data = pd.DataFrame({"own": own, "all": every}).fillna(0).reset_index()
    data = data[data["outlet"].isin(outlets)]
    look = data.set_index(["frame", "item", "outlet"])
    heads = list(dict.fromkeys(f for f, _ in questions))
    figure = new_figure(.21 * (len(questions) + len(heads)) + .1)
    ax = plot_area(figure, left=.56, right=.985)
    y, ticks, names = 0, [], []
    for head in heads:
        ticks.append(y)
        names.append(for_label(head.replace("_", " ").upper(), limit=40))
        ax.axhline(y - .5, color="#999999", lw=.7)
        for item in (i for f, i in questions if f == head):
            y += 1
            ticks.append(y)
            names.append(wrap(item, width=4.3, size=7, lines=1))
            for x, outlet in enumerate(outlets):
                own_n, all_n = look.loc[(head, item, outlet)] if (head, item, outlet) in look.index else (0, 0)
                if all_n:
                    ax.scatter(x, y, s=88, facecolor=VOICE_COLOURS["narrator"] if own_n else "white", edgecolor=VOICE_COLOURS["narrator"], lw=1)
                    ax.text(x, y, f"{int(all_n)}", ha="center", va="center", fontsize=6.5, color="white" if own_n else "black")
        y += 1
    matrix_axes(ax, names, outlets)
    ax.set_ylim(y - .5, -.7)
    ax.set_yticks(ticks, names, fontsize=7)
    ax.grid(False)
    full = data[data["own"] > 0].groupby(["frame", "item"])["outlet"].nunique()
    n = int((full == len(outlets)).sum())
    finish_figure(figure, title=f"{n} of {len(questions)} frame items are answered by every outlet in its own words",
                  subtitle="Filled: the narrator or headline uses a term of the item; hollow: only people quoted or reported; number: terms",
                  footer=source_note(tables, extra="Word lists; items are not added up. Unvalidated."))
    alt = "Grid of frame items by outlet. " + " ".join(f"{f}: {i} {int(k)} outlets." for (f, i), k in full.items())[:1500]
    return Chart(figure, data, alt)


def plot_findings(tables: Tables, *, most: int = 24) -> Chart:
    """Draw every place considered as an error, flagged or let pass."""
    findings = tables["findings"].merge(tables["articles"][["article_id", "outlet"]], on="article_id")
    findings = findings.sort_values(["status", "severity"], key=lambda c: c.map({"flagged": 0, "suppressed": 1, "high": 0, "medium": 1, "low": 2}), kind="stable")
    shown = findings[:most].reset_index(drop=True)
    figure = new_figure(.36 * max(len(shown), 1) + .1)
    ax = plot_area(figure, left=.015, right=.985)
    ax.axis("off")
    ax.set_xlim(0, WIDTH * .97)
    ax.set_ylim(max(len(shown), 1) - .4, -.6)
    for y, f in enumerate(shown.itertuples(index=False)):
        flagged = f.status == "flagged"
        ax.scatter(.1, y, s=52, facecolor="#B24700" if flagged else "white", edgecolor="#B24700" if flagged else "#999999", lw=1.1)
        ax.text(.28, y - .17, for_label(f"{f.text}" + (f"  →  {f.suggestion}" if f.suggestion and flagged else ""), limit=70), fontsize=8.5, va="center",
                fontweight="bold" if flagged else "normal")
        ax.text(7.7, y - .17, for_label(f"{f.kind.replace('_', ' ')} · {f.outlet}", limit=48), fontsize=7.5, va="center", ha="right", color="#666666")
        ax.text(.28, y + .2, wrap(f.explanation, width=7.4, size=7.5, lines=1), fontsize=7.5, va="center", color="#555555")
    if shown.empty:
        ax.text(.1, 0, "No place was considered.", fontsize=9)
    n = int((findings["status"] == "flagged").sum())
    finish_figure(figure, title=f"{n} suspected error{'s' if n != 1 else ''}; {len(findings) - n} other places were considered and let pass",
                  subtitle="Filled: flagged, with what an editor might write; hollow: suppressed, with the reason",
                  footer=source_note(tables, extra=f"{len(shown)} of {len(findings)} drawn." if len(shown) < len(findings) else ""))
    alt = " ".join(f"{f.status}: {f.text} in {f.outlet}, {f.kind}." for f in shown.itertuples(index=False))[:1800] or "No findings."
    return Chart(figure, shown[["status", "severity", "kind", "outlet", "article_id", "start", "end", "text", "suggestion", "explanation"]], alt)
