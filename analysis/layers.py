"""What can be switched on over an article's text: one declarative list, and the spans of each layer."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from analysis.marks import find_quoted

Tables = dict[str, pd.DataFrame]
DOUBTFUL = 0.6  # confidence of an attribution below which the page marks it (docs/validity/attribution.md)


class Layer(NamedTuple):
    """Rows of one table that are marked in the articles.

    A row belongs to the layer where ``column`` begins with one of ``starts``; an empty ``starts`` takes every row.
    ``note`` names the column shown when pointing at a marked word. A layer whose table a run does not have, or
    in which nothing is found, is left out of the page.
    """

    key: str  # its CSS class is l-<key>, its switch layer-<key>
    label: str
    look: str  # CSS declarations of our own
    table: str
    column: str
    starts: tuple[str, ...]
    note: str = ""
    on: bool = False


# The order of the switches. Voices lie under the words, all else is a line, so that layers can be read together.
LAYERS = (
    Layer("said", "Attributed words", "background:#e3f1fb", "attributions", "", (), on=True),
    Layer("marked", "… in quotation marks", "background:#b9dcf3", "marked", "", (), on=True),
    Layer("doubtful", "… of doubtful attribution", "border-bottom:2px dashed #4a7a99", "doubtful", "", (), on=True),
    Layer(
        "flagged",
        "Suspected errors",
        "background:#ffd9c2;border-bottom:2px solid #b24700",
        "findings",
        "status",
        ("flagged",),
        "explanation",
        on=True,
    ),
    Layer(
        "passed", "Let pass", "border-bottom:2px dotted #6b6b6b", "findings", "status", ("suppressed",), "explanation"
    ),
    Layer(
        "loaded",
        "Loaded words",
        "text-decoration:underline 3px #b3261e",
        "terms",
        "measure",
        ("loaded_", "one_sided_", "intensifier_"),
        "measure",
    ),
    Layer(
        "stance",
        "Hedges, boosters, modals",
        "text-decoration:underline wavy 1.5px #7a4fa3",
        "terms",
        "measure",
        ("hedge_", "booster_", "modal_"),
        "measure",
    ),
    Layer(
        "verbs",
        "Telling verbs, passives",
        "text-decoration:underline dashed 2px #00664b",
        "terms",
        "measure",
        ("assertive_", "factive_", "implicative_", "passive_"),
        "measure",
    ),
    Layer(
        "frames", "Frames", "text-decoration:underline double 1.5px #8a5a00", "terms", "measure", ("frame:",), "measure"
    ),
    Layer("naming", "Naming", "box-shadow:inset 0 -2px 0 #0072b2", "terms", "measure", ("naming:",), "measure"),
    Layer(
        "favourable",
        "Favourable to its target",
        "outline:1.5px solid #00664b",
        "valence",
        "label",
        ("1", "pos"),
        "target",
    ),
    Layer("unfavourable", "Unfavourable", "outline:1.5px dashed #b24700", "valence", "label", ("-1", "neg"), "target"),
)


class Span(NamedTuple):
    """A stretch of a raw text in one layer; ``note`` is shown when pointing at it."""

    start: int
    end: int
    name: str
    note: str = ""


def layer_of(measure: str) -> str:
    """Return the key of the layer that shows the terms of a measure; empty where none does."""
    return next((x.key for x in LAYERS if x.table == "terms" and measure.startswith(x.starts)), "")


def find_spans(tables: Tables, *, texts: dict[str, str]) -> tuple[list[Layer], dict[str, list[Span]]]:
    """Find every span of every layer.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The tables of a run.
    texts : dict of str to str
        article_id → raw text, for the articles wanted.

    Returns
    -------
    list of Layer
        Those in which anything was found, in the order of `LAYERS`.
    dict of str to list of Span
        article_id → its spans, sorted.
    """
    made = {**tables, "marked": _marked(tables, texts), "doubtful": _doubtful(tables["attributions"])}
    found: list[Layer] = []
    spans: dict[str, list[Span]] = {a: [] for a in texts}
    for layer in LAYERS:
        rows = _rows(made.get(layer.table), layer)
        rows = rows[rows["article_id"].isin(texts)]
        if len(rows):
            found.append(layer)
        notes = rows[layer.note].map(_note) if layer.note in rows else [""] * len(rows)
        for a, s, e, note in zip(rows["article_id"], rows["start"], rows["end"], notes, strict=True):
            spans[a].append(Span(int(s), int(e), f"l-{layer.key}", note))
    return found, {a: sorted(found) for a, found in spans.items()}


def _rows(table: pd.DataFrame | None, layer: Layer) -> pd.DataFrame:
    if table is None or (layer.column and layer.column not in table):
        return pd.DataFrame(columns=["article_id", "start", "end"])
    return table[table[layer.column].astype(str).str.startswith(layer.starts)] if layer.starts else table


def _note(value: object) -> str:
    text = str(value).removesuffix("_per_1k").removeprefix("frame:").removeprefix("naming:")
    return text.replace("_", " ")


def _doubtful(said: pd.DataFrame) -> pd.DataFrame:
    return said.loc[said["confidence"] < DOUBTFUL, ["article_id", "start", "end"]]


def _marked(tables: Tables, texts: dict[str, str]) -> pd.DataFrame:
    """Return the parts of attributed content that stand inside quotation marks."""
    said = {a: sorted(zip(g["start"], g["end"], strict=True)) for a, g in tables["attributions"].groupby("article_id")}
    body = tables["sentences"][tables["sentences"]["paragraph"] > 0]
    body = body.groupby(["article_id", "paragraph"]).agg(start=("start", "min"), end=("end", "max"))
    rows = []
    for a, paragraphs in body.groupby(level="article_id"):
        if a in texts and a in said:
            quoted = find_quoted(texts[a], paragraphs=list(paragraphs.itertuples(index=False, name=None)))
            rows += [(a, s, e) for s, e in both([(q.start, q.end) for q in quoted], said[a])]
    return pd.DataFrame(rows, columns=["article_id", "start", "end"])


def both(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches that lie in a span of ``a`` and in one of ``b``; both sorted by start."""
    out, i = [], 0
    for s, e in a:
        while i < len(b) and b[i][1] <= s:
            i += 1
        j = i
        while j < len(b) and b[j][0] < e:
            out.append((max(s, b[j][0]), min(e, b[j][1])))
            j += 1
    return [(s, e) for s, e in out if s < e]
