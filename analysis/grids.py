"""Figures in rows and columns of words: reporting verbs, frame items, findings."""

from __future__ import annotations

import pandas as pd

from analysis.charts import Tables, matrix_axes, outlets_of, source_note
from analysis.escape import for_label
from analysis.style import STANCE_COLOURS, VOICE_COLOURS, WIDTH, Chart, finish_figure, new_figure, plot_area, wrap


def plot_reporting_verbs(tables: Tables, *, most: int = 9) -> Chart:
    """Draw with which verbs each outlet reports each speaker."""
    said = tables["attributions"].drop_duplicates(["article_id", "attribution_id"])
    said = said[(said["cue"] != "") & (said["speaker"] != "")].merge(
        tables["articles"][["article_id", "outlet"]], on="article_id"
    )
    said["cue"] = said["cue"].str.lower()
    outlets = outlets_of(tables)[:6]
    count = said.groupby("speaker").size()
    speakers = sorted(count.index, key=lambda s: (-count[s], s))[:most]
    data = (
        said[said["speaker"].isin(speakers) & said["outlet"].isin(outlets)]
        .groupby(["speaker", "outlet", "cue", "cue_stance"])
        .size()
        .rename("n")
        .reset_index()
    )
    cells = {k: g.sort_values(["n", "cue"], ascending=[False, True]) for k, g in data.groupby(["speaker", "outlet"])}
    depth = {s: max([1, *(min(4, len(cells[k])) for k in cells if k[0] == s)]) for s in speakers}
    figure = new_figure(0.17 * sum(depth.values()) + 0.14 * len(speakers) + 0.45)
    ax = plot_area(figure, left=0.2, right=0.985, above=0.35)
    y, ticks = 0.0, []
    for s in speakers:
        ticks.append(y + (depth[s] - 1) / 2)
        for x, outlet in enumerate(outlets):
            rows = cells.get((s, outlet))
            for i, row in enumerate([] if rows is None else rows[:4].itertuples(index=False)):
                more = f" +{len(cells[s, outlet]) - 4} more" if i == 3 and len(cells[s, outlet]) > 4 else ""
                label = f"{row.cue} {row.n}" if row.n > 1 else row.cue
                ax.text(
                    x - 0.46,
                    y + i,
                    wrap(label, width=6.1 / len(outlets) - (0.6 if more else 0.05), size=7.5, lines=1) + more,
                    va="center",
                    fontsize=7.5,
                    color=STANCE_COLOURS[row.cue_stance],
                )
        y += depth[s] + 0.8
        ax.axhline(y - 0.9, color="#E4E4E4", lw=0.8)
    matrix_axes(ax, [""], outlets)
    for head in ax.get_xticklabels():
        head.set_ha("left")
    ax.set_xticks([x - 0.46 for x in range(len(outlets))], [h.get_text() for h in ax.get_xticklabels()])
    ax.set_ylim(max(y, 1) - 0.9, -0.9)
    ax.set_yticks(ticks, [wrap(s, width=1.45, size=8.5) for s in speakers], fontsize=8)
    ax.grid(False)
    stances = said["cue_stance"].value_counts()
    doubting, all_cues = int(stances.get("doubting", 0)), max(1, int(stances.sum()))
    finish_figure(
        figure,
        title=f"{doubting} of {all_cues} reporting verbs cast doubt on the speaker",
        subtitle="Reporting words by speaker and outlet. Grey: neutral, orange: doubting, green: endorsing; number: times",
        footer=source_note(tables, extra="The speakers reported most often."),
    )
    alt = "Table of reporting verbs. " + " ".join(
        f"{r.outlet} on {r.speaker}: {r.cue} ({r.n})." for r in data[:40].itertuples(index=False)
    )
    return Chart(figure, data, alt)


def plot_frames(tables: Tables) -> Chart:
    """Draw which frame items each outlet answers, in its own words or only in others'."""
    frames = tables["frames"]
    outlets = outlets_of(tables)
    own = frames[frames["voice"].isin(["narrator", "headline"])].groupby(["frame", "item", "outlet"])["n_terms"].sum()
    every = frames.groupby(["frame", "item", "outlet"])["n_terms"].sum()
    asked = dict.fromkeys(zip(frames["frame"], frames["item"], strict=True))
    answered = set(frames[frames["n_terms"] > 0][["frame", "item"]].itertuples(index=False, name=None))
    questions = [q for q in asked if q in answered]
    silent = len(asked) - len(questions)
    data = pd.DataFrame({"own": own, "all": every}).fillna(0).reset_index()
    data = data[data["outlet"].isin(outlets)]
    look = data.set_index(["frame", "item", "outlet"])
    heads = list(dict.fromkeys(f for f, _ in questions))
    figure = new_figure(0.21 * (len(questions) + len(heads)) + 0.4)
    ax = plot_area(figure, left=0.56, right=0.985, above=0.4)
    y, ticks, names = 0, [], []
    for head in heads:
        ticks.append(y)
        names.append(for_label(head.replace("_", " ").upper(), limit=40))
        ax.axhline(y - 0.5, color="#999999", lw=0.7)
        for item in (i for f, i in questions if f == head):
            y += 1
            ticks.append(y)
            names.append(wrap(item, width=4.3, size=7, lines=1))
            for x, outlet in enumerate(outlets):
                own_n, all_n = look.loc[(head, item, outlet)] if (head, item, outlet) in look.index else (0, 0)
                if all_n:
                    ax.scatter(
                        x,
                        y,
                        s=88,
                        facecolor=VOICE_COLOURS["narrator"] if own_n else "white",
                        edgecolor=VOICE_COLOURS["narrator"],
                        lw=1,
                    )
                    ax.text(
                        x,
                        y,
                        f"{int(all_n)}",
                        ha="center",
                        va="center",
                        fontsize=6.5,
                        color="white" if own_n else "black",
                    )
        y += 1
    matrix_axes(ax, names, outlets)
    ax.set_ylim(y - 0.5, -0.7)
    ax.set_yticks(ticks, names, fontsize=7)
    ax.grid(False)
    full = data[data["own"] > 0].groupby(["frame", "item"])["outlet"].nunique()
    n = int((full == len(outlets)).sum())
    finish_figure(
        figure,
        title=f"{n} of {len(questions) + silent} frame items are answered by every outlet in its own words",
        subtitle="Filled: the narrator or headline uses a term of the item; hollow: only people quoted or reported; number: terms",
        footer=source_note(
            tables,
            extra=f"Word lists; items are not added up. Unvalidated. Left out: {silent} items that no text answers.",
        ),
    )
    alt = (
        "Grid of frame items by outlet. " + " ".join(f"{f}: {i} {int(k)} outlets." for (f, i), k in full.items())[:1500]
    )
    return Chart(figure, data, alt)


def plot_findings(tables: Tables, *, most: int = 24) -> Chart:
    """Draw every place considered as an error, flagged or let pass."""
    findings = tables["findings"].merge(tables["articles"][["article_id", "outlet"]], on="article_id")
    findings = findings.sort_values(
        ["status", "severity"],
        key=lambda c: c.map({"flagged": 0, "suppressed": 1, "high": 0, "medium": 1, "low": 2}),
        kind="stable",
    )
    shown = findings[:most].reset_index(drop=True)
    figure = new_figure(0.36 * max(len(shown), 1) + 0.1)
    ax = plot_area(figure, left=0.015, right=0.985)
    ax.axis("off")
    ax.set_xlim(0, WIDTH * 0.97)
    ax.set_ylim(max(len(shown), 1) - 0.4, -0.6)
    for y, f in enumerate(shown.itertuples(index=False)):
        flagged = f.status == "flagged"
        ax.scatter(
            0.1,
            y,
            s=52,
            facecolor="#B24700" if flagged else "white",
            edgecolor="#B24700" if flagged else "#999999",
            lw=1.1,
        )
        ax.text(
            0.28,
            y - 0.17,
            for_label(f"{f.text}" + (f"  →  {f.suggestion}" if f.suggestion and flagged else ""), limit=70),
            fontsize=8.5,
            va="center",
            fontweight="bold" if flagged else "normal",
        )
        ax.text(
            7.7,
            y - 0.17,
            for_label(f"{f.kind.replace('_', ' ')} · {f.outlet}", limit=48),
            fontsize=7.5,
            va="center",
            ha="right",
            color="#666666",
        )
        ax.text(
            0.28, y + 0.2, wrap(f.explanation, width=7.4, size=7.5, lines=1), fontsize=7.5, va="center", color="#555555"
        )
    if shown.empty:
        ax.text(0.1, 0, "No place was considered.", fontsize=9)
    n = int((findings["status"] == "flagged").sum())
    finish_figure(
        figure,
        title=f"{n} suspected error{'s' if n != 1 else ''}; {len(findings) - n} other places were considered and let pass",
        subtitle="Filled: flagged, with what an editor might write; hollow: suppressed, with the reason",
        footer=source_note(
            tables, extra=f"{len(shown)} of {len(findings)} drawn." if len(shown) < len(findings) else ""
        ),
    )
    alt = (
        " ".join(f"{f.status}: {f.text} in {f.outlet}, {f.kind}." for f in shown.itertuples(index=False))[:1800]
        or "No findings."
    )
    return Chart(
        figure,
        shown[
            ["status", "severity", "kind", "outlet", "article_id", "start", "end", "text", "suggestion", "explanation"]
        ],
        alt,
    )


_COVERAGE = {
    "statements_given_share": "Gives what\ntwo others give",
    "space_ratio": "Words, × the\nothers’ mean",
    "quoted_share": "Quoted",
    "paraphrase_share": "Reported",
    "narrated_share": "Own voice",
    "credited_alike_share": "Credited to\nthe same name",
}


def plot_coverage(tables: Tables) -> Chart:
    """Draw what each outlet covers and how it gives it, with intervals."""
    outlets = outlets_of(tables)
    data = tables["coverage"]
    data = data[data["outlet"].isin(outlets) & data["measure"].isin(list(_COVERAGE))].reset_index(drop=True)
    shown = [m for m in _COVERAGE if (data["measure"] == m).any()] or list(_COVERAGE)[:1]
    figure = new_figure(0.26 * len(outlets) + 0.5)
    axes = plot_area(figure, columns=len(shown), left=0.17, right=0.985, above=0.42, below=0.2, wspace=0.16)
    for k, (ax, measure) in enumerate(zip(axes if isinstance(axes, list) else [axes], shown, strict=True)):
        rows = data[data["measure"] == measure].set_index("outlet")
        top = 1.0 if measure != "space_ratio" else max(2.0, float(rows[["value", "hi"]].max().max()) * 1.05)
        for y, outlet in enumerate(outlets):
            if outlet not in rows.index:
                ax.text(top / 2, y, "–", ha="center", va="center", fontsize=8, color="#777777")
                continue
            r = rows.loc[outlet]
            if r["lo"] == r["lo"]:
                ax.plot([r["lo"], min(r["hi"], top)], [y, y], color="#9DB4C8", lw=3, solid_capstyle="butt")
            ax.plot([r["value"]], [y], "o", color="#1F4E79", ms=5)
            left = r["value"] > 0.6 * top  # the number stands on the empty side
            at, side = (0, "left") if left else (top, "right")
            ax.text(at, y - 0.3, f"n {int(r['n'])}", ha=side, va="center", fontsize=6.5, color="#777777")
        ax.set_title(_COVERAGE[measure], fontsize=8, loc="left", linespacing=1.1)
        ax.set_xlim(-0.02 * top, top * 1.02)
        ax.set_ylim(len(outlets) - 0.4, -0.6)
        ticks = [0, 0.5, 1] if top == 1 else [0, 1, top // 1]
        ax.set_xticks(ticks, [f"{100 * t:.0f}" if top == 1 else f"×{t:g}" for t in ticks], fontsize=7)
        ax.set_yticks(range(len(outlets)), [wrap(o, width=1.15, size=8, lines=1) for o in outlets] if k == 0 else [])
        ax.tick_params(axis="y", labelsize=8, length=0)
    finish_figure(
        figure,
        title=_coverage_title(data),
        subtitle="Per cent of the statements whose match is sure; bar: 95 % interval, none where too few; n: counted",
        footer=source_note(
            tables, extra="A statement is given in quotation marks, in reported speech or in its own voice."
        ),
    )
    alt = "Coverage by outlet. " + " ".join(
        f"{r.outlet}, {r.measure.replace('_', ' ')}: {r.value:.2f} (n {r.n})."
        for r in data[:60].itertuples(index=False)
    )
    return Chart(figure, data, alt)


def _coverage_title(data: pd.DataFrame) -> str:
    for measure, says in (
        ("statements_given_share", "give {lo:.0%} to {hi:.0%} of the statements that two others give"),
        ("quoted_share", "put {lo:.0%} to {hi:.0%} of the statements they share in quotation marks"),
    ):
        values = data.loc[data["measure"] == measure, "value"]
        if len(values) > 1:
            return "The outlets " + says.format(lo=values.min(), hi=values.max())
    return "Too few statements are shared to compare coverage"
