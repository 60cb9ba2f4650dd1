"""Figures of shares and measures: voices, speakers, wording, keyness, naming, occasions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.catalogue import describe
from analysis.empty_words import EMPTY_WORDS
from analysis.escape import for_label
from analysis.style import VOICE_COLOURS, WIDTH, Chart, finish_figure, new_figure, plot_area, text_width, wrap

Tables = dict[str, pd.DataFrame]
MOST_OUTLETS = 12  # drawn in one figure; the tables hold all
_SHOWN_MEASURES = (
    "hedge_per_1k",
    "booster_per_1k",
    "loaded_words_per_1k",
    "modal_per_1k",
    "passive_per_1k",
    "sentence_words",
    "flesch_reading_ease",
    "valence_vader",
)
_INSTEAD = {"loaded_words_per_1k": "loaded_per_1k"}  # where no model is in use


def outlets_of(tables: Tables) -> list[str]:
    """Return the outlets to draw, in the order of their first article, at most twelve (those with most words)."""
    articles = tables["articles"]
    size = articles.groupby("outlet")["n_tokens"].sum().sort_values(ascending=False, kind="stable")
    kept = set(size.index[:MOST_OUTLETS])
    return [o for o in dict.fromkeys(articles["outlet"]) if o in kept]


def source_note(tables: Tables, *, extra: str = "") -> str:
    """Return the footer of a figure: what it rests on."""
    articles = tables["articles"]
    shared = int((articles["shared_source_with"] != "").sum())
    note = f"{len(articles)} articles, {articles['outlet'].nunique()} outlets, {articles['event_id'].nunique()} events."
    note += f" {shared} articles rework a shared text and are not independent." if shared else ""
    left = articles["outlet"].nunique() - MOST_OUTLETS
    note += f" The {left} outlets with fewest words are in the table only." if left > 0 else ""
    return f"{note} {extra}".strip()


def plot_voices(tables: Tables) -> Chart:
    """Draw which share of each outlet's words is its own, quoted or reported."""
    m = tables["measures"]
    shares = m[m["measure"] == "voice_share"].merge(tables["articles"][["article_id", "n_tokens"]], on="article_id")
    shares["words"] = shares["value"] * shares["n_tokens"]
    wide = shares.pivot_table(index="outlet", columns="voice", values="words", aggfunc="sum", fill_value=0)
    wide = wide.reindex(outlets_of(tables)).reindex(columns=["narrator", "reported", "quoted"], fill_value=0)
    share = wide.div(wide.sum(axis=1).replace(0, 1), axis=0)
    figure = new_figure(0.46 * len(share))
    ax = plot_area(figure, left=0.2)
    left = np.zeros(len(share))
    for voice in share.columns:
        ax.barh(range(len(share)), share[voice], left=left, color=VOICE_COLOURS[voice], height=0.68)
        for y, (value, at) in enumerate(zip(share[voice], left, strict=True)):
            if value >= 0.07:
                label = f"{voice} {value:.0%}" if value > 0.16 else f"{value:.0%}"
                ax.text(
                    at + value / 2,
                    y,
                    label,
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="black" if voice == "reported" else "white",
                )
        left += share[voice].to_numpy()
    _outlet_axis(ax, list(share.index))
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    ax.grid(False)
    top, low = share["narrator"].idxmax(), share["narrator"].idxmin()
    finish_figure(
        figure,
        title=f"The narrator speaks {share['narrator'].max():.0%} of the words in {for_label(top, limit=24)}, "
        f"{share['narrator'].min():.0%} in {for_label(low, limit=24)}"
        if len(share) > 1
        else "Who speaks",
        subtitle="Share of the body's words by voice: the outlet's own, indirect speech, words in quotation marks",
        footer=source_note(tables, extra=f"Validity: {next(iter(shares['validity']), '')}."),
    )
    data = share.reset_index().melt(id_vars="outlet", var_name="voice", value_name="share")
    alt = "Stacked bars, one per outlet. " + " ".join(
        f"{o}: narrator {r['narrator']:.0%}, reported {r['reported']:.0%}, quoted {r['quoted']:.0%}."
        for o, r in share.iterrows()
    )
    return Chart(figure, data, alt)


def _outlet_axis(ax, outlets: list[str]) -> None:
    ax.set_yticks(range(len(outlets)), [wrap(o, width=1.45, size=8.5) for o in outlets], fontsize=8.5)
    ax.set_ylim(len(outlets) - 0.5, -0.5)


def plot_speakers(tables: Tables, *, most: int = 12) -> Chart:
    """Draw how many words each outlet gives each side and each speaker."""
    said = tables["attributions"].drop_duplicates(["article_id", "attribution_id", "start"])
    said = said[(said["nested_in"] < 0) & (said["speaker"] != "")].assign(n_words=said["text"].str.split().str.len())
    said = said.merge(tables["articles"][["article_id", "outlet"]], on="article_id")
    sides = _words_given(said.assign(who=said["side"].replace("", "no side named")), tables)
    people = _words_given(said.assign(who=said["speaker"]), tables)
    shown = pd.concat([sides[:6], people[:most]])
    n_sides = len(sides[:6])
    figure = new_figure(0.27 * max(len(shown) + 1, 1) + 0.4)
    ax = plot_area(figure, left=0.31, above=0.4)
    largest = max(1, int(shown.to_numpy().max())) if shown.size else 1
    rows = [*range(n_sides), *range(n_sides + 1, len(shown) + 1)]
    for y, (_, row) in zip(rows, shown.iterrows(), strict=True):
        for x, words in enumerate(row):
            if words:
                ax.scatter(x, y, s=130 + 260 * words / largest, color="#BBDDF1", lw=0, zorder=3)
                ax.text(x, y, f"{words:.0f}", ha="center", va="center", fontsize=8, zorder=4)
    matrix_axes(ax, [""] * len(rows), list(shown.columns))
    ax.set_yticks(rows, [wrap(s, width=2.3, size=8.5, lines=1) for s in shown.index], fontsize=8.5)
    for label in ax.get_yticklabels()[:n_sides]:
        label.set_fontweight("bold")
    ax.set_ylim(len(shown) + 0.5, -0.5)
    total = sides.sum(axis=1)
    finish_figure(
        figure,
        title=f"{for_label(total.index[0], limit=40)}: {total.iloc[0] / total.sum():.0%} of the words given to named speakers"
        if len(total)
        else "No speaker is named",
        subtitle="Words quoted or reported, by side (bold; from how the articles introduce a speaker), by speaker and by outlet",
        footer=source_note(tables, extra=f"The {len(people[:most])} speakers with most words of {len(people)}."),
    )
    data = pd.concat([sides.assign(kind="side"), people.assign(kind="speaker")]).rename_axis("who").reset_index()
    data = data.melt(id_vars=["kind", "who"], var_name="outlet", value_name="n_words")
    alt = "Table of words by side, speaker and outlet. " + " ".join(
        f"{s}: {int(n)} words." for s, n in pd.concat([total, people.sum(axis=1)[:most]]).items()
    )
    return Chart(figure, data, alt)


def _words_given(said: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Words by who and outlet, those with most words first."""
    wide = said.pivot_table(index="who", columns="outlet", values="n_words", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=outlets_of(tables), fill_value=0)
    total = wide.sum(axis=1)
    return wide.loc[sorted(wide.index, key=lambda s: (-total[s], s))]


def matrix_axes(ax, rows: list[str], columns: list[str]) -> None:
    """Label the axes of a matrix: rows at the left, columns on top, wrapped to the width they have."""
    width = ax.get_position().width * WIDTH / max(len(columns), 1)
    ax.set_xlim(-0.5, max(len(columns), 1) - 0.5)
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), rows, fontsize=8.5)
    ax.xaxis.tick_top()
    ax.set_xticks(range(len(columns)), [wrap(c, width=width * 0.95, size=8, lines=2) for c in columns], fontsize=8)
    ax.spines["bottom"].set_visible(False)
    ax.grid(True, axis="y")
    ax.grid(False, axis="x")


def _by_outlet(tables: Tables) -> pd.DataFrame:
    """Return the measures of each outlet, pooled over its articles; those of its first article where it is not compared."""
    columns = ["outlet", "voice", "measure", "value", "lo", "hi", "n"]
    pooled = (
        tables["comparisons"].drop(columns=["lo", "hi"]).rename(columns={"value_lo": "lo", "value_hi": "hi"})[columns]
    )
    first = tables["articles"].drop_duplicates("outlet")["article_id"]
    alone = tables["measures"][tables["measures"]["article_id"].isin(first)][columns]
    alone = alone[~alone["outlet"].isin(pooled["outlet"])]
    return pd.concat([pooled, alone], ignore_index=True) if len(pooled) else alone


def plot_measures(tables: Tables) -> Chart:
    """Draw wording measures of each outlet, the narrator beside the people quoted, with their intervals."""
    outlets = outlets_of(tables)
    m = _by_outlet(tables)
    shown = [m_ if (m["measure"] == m_).any() else _INSTEAD.get(m_, m_) for m_ in _SHOWN_MEASURES]
    m = m[m["measure"].isin(shown) & m["voice"].isin(["narrator", "quoted"]) & m["outlet"].isin(outlets)]
    figure = new_figure(2 * (0.22 * len(outlets) + 0.62) + 0.6)
    axes = plot_area(figure, left=0.16, above=0.25, below=0.4, rows=2, columns=4, wspace=0.12, hspace=0.5)
    for i, (ax, measure) in enumerate(zip(axes, shown, strict=True)):
        for voice, shift in (("narrator", -0.15), ("quoted", 0.15)):
            rows = m[(m["measure"] == measure) & (m["voice"] == voice)].set_index("outlet")
            for y, outlet in enumerate(outlets):
                if outlet in rows.index:
                    _draw_interval(ax, rows.loc[outlet], y + shift, VOICE_COLOURS[voice])
        entry = describe(measure)
        ax.set_title(wrap(entry.label.split(" (")[0], width=1.7, size=9.5, lines=1), fontsize=9)
        ax.set_xlabel(wrap(entry.unit.split(", ")[0], width=1.6, size=7.5, lines=1), fontsize=7.5)
        ax.tick_params(axis="x", labelsize=7.5)
        ax.set_yticks(
            range(len(outlets)),
            [wrap(o, width=1.15, size=8, lines=1) for o in outlets] if i % 4 == 0 else [],
            fontsize=8,
        )
        ax.set_ylim(len(outlets) - 0.4, -0.6)
    found = tables["comparisons"]
    n = int((found["verdict"] == "beyond chance").sum()) if len(found) else 0
    title = (
        f"{n} wording difference{'s' if n > 1 else ''} between outlets {'are' if n > 1 else 'is'} beyond chance"
        if n
        else "No wording difference between outlets is beyond chance"
    )
    finish_figure(
        figure,
        title=title,
        subtitle="Grey: the narrator; blue: people quoted. Line: 95 % interval; hollow: fewer than five sentences or articles",
        footer=source_note(
            tables, extra="Pooled over each outlet's articles. The report says how far each measure is validated."
        ),
    )
    alt = f"Eight panels of wording measures with intervals by outlet, narrator against quoted. {title}."
    return Chart(figure, m.reset_index(drop=True), alt)


def _draw_interval(ax, row: pd.Series, y: float, colour: str) -> None:
    if row["n"] >= 5 and np.isfinite(row["lo"]):
        ax.plot([row["lo"], row["hi"]], [y, y], color=colour, lw=1.6, alpha=0.75, solid_capstyle="butt")
        ax.scatter(row["value"], y, color=colour, s=18, zorder=3)
    elif row["n"] >= 2:
        ax.scatter(row["value"], y, facecolor="white", edgecolor=colour, s=18, lw=1, zorder=3)


def plot_keyness(tables: Tables, *, most: int = 7) -> Chart:
    """Draw the words that set each outlet apart from the others."""
    key = tables["keyness"]
    outlets = [o for o in outlets_of(tables) if o in set(key["outlet"])][:6]
    content = key[~key["term"].isin(EMPTY_WORDS) & (key["z"] > 0) & (key["n_target"] > 1) & key["outlet"].isin(outlets)]
    shown = content.groupby("outlet", sort=False).head(most)
    rows = max(1, -(-len(outlets) // 3))
    figure = new_figure(rows * (0.2 * most + 0.45) + 0.1)
    axes = np.atleast_1d(plot_area(figure, left=0.02, above=0.25, rows=rows, columns=3, wspace=0.08, hspace=0.32))
    for ax in axes:
        ax.axis("off")
    for ax, outlet in zip(axes, outlets, strict=False):
        part = shown[shown["outlet"] == outlet]
        ax.set_title(wrap(outlet, width=2.4, size=9.5, lines=1), fontsize=9)
        ax.set_xlim(-1.9, 3.6)
        ax.set_ylim(most - 0.5, -0.5)
        for y, row in enumerate(part.itertuples(index=False)):
            sure = row.q <= 0.05
            ax.barh(y, min(row.z, 3.5), color="#0072B2" if sure else "#B9D6E8", height=0.62)
            ax.text(-0.08, y, for_label(row.term, limit=16), ha="right", va="center", fontsize=8)
            ax.text(
                min(row.z, 3.5) + 0.06,
                y,
                f"{row.n_target} : {row.n_reference}",
                va="center",
                fontsize=7,
                color="#666666",
            )
    n = int((shown["q"] <= 0.05).sum())
    what = f"{n} content word{' sets' if n == 1 else 's set'}" if n else "No content word sets"
    title = f"{what} an outlet apart beyond chance"
    finish_figure(
        figure,
        title=title,
        subtitle="Bar: z of the weighted log-odds against the other outlets (dark where q ≤ .05); numbers: times here : in the others",
        footer=source_note(tables, extra="Function words left out. Monroe et al. 2008, prior of 500 words."),
    )
    alt = f"Bars of the most distinctive words by outlet. {title}. " + " ".join(
        f"{o}: {', '.join(shown[shown['outlet'] == o]['term'])}." for o in outlets
    )
    return Chart(figure, shown, alt)


def plot_naming(tables: Tables, *, most: int = 4) -> Chart:
    """Draw by which labels each outlet's narrator names the main actors."""
    names = tables["naming"]
    names = names[names["voice"].isin(["narrator", "reported"])]
    outlets = outlets_of(tables)
    totals = names.groupby("actor")["n"].sum()
    actors = sorted(totals.index, key=lambda a: (-totals[a], a))[:most]
    wide = names[names["actor"].isin(actors)].groupby(["actor", "outlet", "label"])["n"].sum().reset_index()
    figure = new_figure(max(1, len(actors)) * (0.25 * len(outlets) + 0.42) + 0.1)
    axes = np.atleast_1d(
        plot_area(figure, left=0.16, right=0.68, above=0.25, rows=max(1, len(actors)), columns=1, hspace=0.38)
    )
    for ax, actor in zip(axes, actors, strict=False):
        _draw_labels(ax, wide[wide["actor"] == actor], outlets)
        ax.set_title(for_label(actor, limit=50), fontsize=9)
    title = _naming_title(wide, actors)
    finish_figure(
        figure,
        title=title,
        subtitle="Share of each label among the mentions of an actor, quotations left out; number: mentions",
        footer=source_note(tables, extra="Beside the bar: the labels that do not fit into it."),
    )
    alt = f"Stacked bars of labels by actor and outlet. {title}."
    return Chart(figure, wide, alt)


def _draw_labels(ax, part: pd.DataFrame, outlets: list[str]) -> None:
    """One bar per outlet; labels that do not fit into their piece are written beside the bar."""
    order = list(part.groupby("label")["n"].sum().sort_values(ascending=False, kind="stable").index)
    shades = dict(zip(order, ["#0072B2", "#E69F00", "#009E73"], strict=False))
    for y, outlet in enumerate(outlets):
        mine = part[part["outlet"] == outlet].set_index("label")["n"].reindex(order).dropna()
        at, total, left_over = 0.0, float(mine.sum()) or 1.0, []
        for label, n in mine.items():
            width, words = float(n) / total, f"{label} {int(n)}"
            ax.barh(y, width, left=at, color=shades.get(label, "#BBBBBB"), height=0.78, edgecolor="white", lw=0.6)
            if width * ax.get_position().width * WIDTH > text_width(words, size=7.5) + 0.08:
                dark = shades.get(label) in ("#0072B2", "#009E73")
                ax.text(
                    at + width / 2,
                    y,
                    for_label(words, limit=40),
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color="white" if dark else "black",
                )
            else:
                left_over.append(words)
            at += width
        ax.text(
            1.015,
            y,
            wrap(", ".join(left_over), width=2.35, size=7, lines=2) if left_over else "",
            va="center",
            fontsize=7,
            color="#555555",
            linespacing=0.95,
        )
    ax.set_yticks(range(len(outlets)), [wrap(o, width=1.2, size=7.5, lines=1) for o in outlets], fontsize=7.5)
    ax.set_ylim(len(outlets) - 0.5, -0.5)
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    ax.grid(False)
    ax.spines["bottom"].set_visible(False)


def _naming_title(wide: pd.DataFrame, actors: list[str]) -> str:
    if not actors:
        return "No actor of the list is named"
    kinds = wide[wide["actor"] == actors[0]].groupby("outlet")["label"].nunique()
    if kinds.empty:
        return "What each outlet calls the main actors"
    return (
        f"{for_label(actors[0], limit=30)} goes by {kinds.min()} to {kinds.max()} different labels in one outlet"
        if kinds.min() < kinds.max()
        else f"Every outlet uses {kinds.max()} label{'s' if kinds.max() > 1 else ''} for {for_label(actors[0], limit=30)}"
    )
