"""report.html: one page, no request, no script; the findings first, then the figures, the articles, limits and methods."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup
from PIL import Image

from analysis import __version__
from analysis.catalogue import MEASURES, describe, load_validity
from analysis.claims import find_claims
from analysis.escape import for_html, for_link
from analysis.files import slug
from analysis.marks import find_quoted
from analysis.markup import mark_diff, mark_spans
from analysis.panels import cells_of
from analysis.style import Chart, render

Tables = dict[str, pd.DataFrame]
_TEMPLATE = Path(__file__).parent / "report.html.j2"
DOUBTFUL = 0.6  # confidence of an attribution below which the page marks it (docs/validity/attribution.md)
_MOST_STATEMENTS = 400  # on the page; the tables hold all


def make_report(tables: Tables, *, record: dict, texts: dict[str, str], charts: dict[str, Chart]) -> str:
    """Return the page.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The tables of a run.
    record : dict
        run.json: version, python, hashes, counts, items, notes.
    texts : dict of str to str
        article_id → raw text.
    charts : dict of str to Chart
        Figures by name, in the order of the page.

    Returns
    -------
    str
        HTML, UTF-8.
    """
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda v: Markup(for_html(v)) if isinstance(v, str) and not isinstance(v, Markup) else v,
    )
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    articles = tables["articles"]
    dates = sorted(d for d in articles["date"] if d)
    return template.render(
        n=len(articles),
        outlets=list(dict.fromkeys(articles["outlet"])),
        n_events=articles["event_id"].nunique(),
        span=(dates[0], dates[-1]) if dates else None,
        record=record,
        skipped=[i for i in record["items"] if i["status"] == "skipped"],
        flagged=[i for i in record["items"] if i["flags"]],
        claims=_claims(tables, texts),
        events=_matrix(tables),
        statements=_statements(tables, texts),
        figures=_figures(charts),
        articles=_articles(tables, texts),
        measures=_measures(tables),
        catalogue=MEASURES,
        validity=load_validity(models=record["hashes"]["models"] != "none"),
        version=__version__,
        tables=list(tables),
        anchor=anchor,
        link=for_link,
        suppressed=_suppressed(tables),
    )


def anchor(*parts: object) -> str:
    """Return a fragment name for any ids."""
    return "-".join(slug(str(p)) for p in parts)


def _claims(tables: Tables, texts: dict[str, str]) -> list[dict]:
    sentences = tables["sentences"].set_index(["article_id", "sentence_id"])
    out = []
    for claim in find_claims(tables):
        shown = []
        for p in claim.passages:
            if (p.article_id, p.sentence_id) not in sentences.index:
                continue
            row = sentences.loc[(p.article_id, p.sentence_id)]
            shown.append(
                {
                    "outlet": p.outlet,
                    "href": anchor(p.article_id, p.sentence_id),
                    "html": mark_spans(
                        texts[p.article_id], start=row["start"], end=row["end"], layers=_part(p.start, p.end, row)
                    ),
                }
            )
        out.append(
            {
                "id": anchor(claim.key),
                "kind": claim.kind,
                "text": claim.text,
                "note": claim.note,
                "passages": shown,
                "diff": mark_diff(*claim.diff) if any(claim.diff) else None,
            }
        )
    return out


def _part(start: int, end: int, sentence: pd.Series) -> list[tuple[int, int, str]]:
    """Return the layer that marks the words in question; none where they are the whole sentence."""
    whole = start < 0 or (start <= sentence["start"] and end >= sentence["end"])
    return [] if whole else [(start, end, "hit")]


def _matrix(tables: Tables) -> list[dict]:
    cells = cells_of(tables)
    look = {(c.statement_id, c.outlet): c.rendering for c in cells.itertuples(index=False)}
    articles = tables["articles"]
    events = []
    for event_id, rows in articles.groupby("event_id", sort=False):
        statements = tables["statements"][tables["statements"]["event_id"] == event_id][:_MOST_STATEMENTS]
        outlets = list(dict.fromkeys(rows["outlet"]))
        dates = sorted(d for d in rows["date"] if d)
        events.append(
            {
                "id": event_id,
                "outlets": outlets,
                "when": " to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "no date",
                "titles": list(zip(rows["outlet"], rows["title"], rows["article_id"], strict=True)),
                "rows": [
                    {
                        "id": s.statement_id,
                        "gist": s.gist,
                        "speaker": _label(s),
                        "kind": s.kind,
                        "match": s.match,
                        "cells": [look.get((s.statement_id, o), "not_applicable") for o in outlets],
                    }
                    for s in statements.itertuples(index=False)
                ],
            }
        )
    return sorted(events, key=lambda e: (len(e["id"]), e["id"]))


def _label(statement) -> str:
    """Return the speaker to print before a gist, nothing where the gist names the speaker itself."""
    surnames = [name.split()[-1] for name in statement.speaker.split("; ") if name.split()]
    return "" if surnames and all(n in statement.gist for n in surnames) else statement.speaker


def _statements(tables: Tables, texts: dict[str, str]) -> list[dict]:
    sentences = tables["sentences"].set_index(["article_id", "sentence_id"])
    by_statement = dict(list(tables["renderings"].groupby("statement_id", sort=False)))
    out = []
    for s in tables["statements"][:_MOST_STATEMENTS].itertuples(index=False):
        rows = by_statement.get(s.statement_id, tables["renderings"].iloc[:0])
        shown = []
        for r in rows[rows["rendering"] != "not_applicable"].itertuples(index=False):
            html = Markup("")
            if (r.article_id, r.sentence_id) in sentences.index:
                row = sentences.loc[(r.article_id, r.sentence_id)]
                html = mark_spans(
                    texts[r.article_id], start=row["start"], end=row["end"], layers=_part(r.start, r.end, row)
                )
            shown.append(
                {
                    "outlet": r.outlet,
                    "rendering": r.rendering,
                    "html": html,
                    "href": anchor(r.article_id, r.sentence_id),
                    "score": f"{r.score:.2f}" if pd.notna(r.score) and r.sentence_id >= 0 else "",
                    "credit": r.credit,
                }
            )
        out.append({"id": s.statement_id, "gist": s.gist, "speaker": _label(s), "match": s.match, "rows": shown})
    return out


def _figures(charts: dict[str, Chart]) -> list[dict]:
    return [
        {
            "name": name,
            "alt": chart.alt,
            "src": Markup("data:image/png;base64," + base64.b64encode(small_png(render(chart, kind="png"))).decode()),
        }
        for name, chart in charts.items()
    ]


def small_png(png: bytes) -> bytes:
    """Return a png with a palette of 96 colours, about a third of the size."""
    image = (
        Image.open(io.BytesIO(png))
        .convert("RGB")
        .quantize(colors=96, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    )
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def _articles(tables: Tables, texts: dict[str, str]) -> list[dict]:
    """The articles themselves: voices, flagged words and what was taken out."""
    groups = {
        name: dict(list(tables[name].groupby("article_id", sort=False)))
        for name in ("sentences", "attributions", "findings", "removed")
    }
    out = []
    for a in tables["articles"].itertuples(index=False):
        sentences = groups["sentences"].get(a.article_id, tables["sentences"].iloc[:0])
        layers = _layers(
            texts[a.article_id],
            sentences,
            groups["attributions"].get(a.article_id),
            groups["findings"].get(a.article_id),
        )
        paragraphs = []
        for number, rows in sentences.groupby("paragraph", sort=True):
            paragraphs.append(
                {
                    "headline": number == 0,
                    "sentences": [
                        {
                            "id": anchor(a.article_id, s.sentence_id),
                            "html": mark_spans(
                                texts[a.article_id], start=s.start, end=s.end, layers=_near(layers, s.start, s.end)
                            ),
                        }
                        for s in rows.itertuples(index=False)
                    ],
                }
            )
        removed = groups["removed"].get(a.article_id, tables["removed"].iloc[:0])
        out.append(
            {
                "id": anchor(a.article_id),
                "outlet": a.outlet,
                "title": a.title,
                "date": a.date,
                "basis": a.date_basis,
                "event": a.event_id,
                "url": a.url,
                "n": a.n_tokens,
                "paragraphs": paragraphs,
                "shared": a.shared_source_with,
                "removed": list(zip(removed["text"], removed["reason"], strict=True)),
            }
        )
    return out


def _layers(
    text: str, sentences: pd.DataFrame, said: pd.DataFrame | None, findings: pd.DataFrame | None
) -> list[tuple[int, int, str]]:
    layers: list[tuple[int, int, str]] = []
    if said is not None:
        spans = list(zip(said["start"], said["end"], strict=True))
        layers += [(s, e, "said") for s, e in spans]
        doubtful = said["confidence"] < DOUBTFUL
        layers += list(said.loc[doubtful, ["start", "end"]].assign(name="doubtful").itertuples(index=False, name=None))
        body = (
            sentences[sentences["paragraph"] > 0].groupby("paragraph").agg(start=("start", "min"), end=("end", "max"))
        )
        quoted = [(q.start, q.end) for q in find_quoted(text, paragraphs=list(body.itertuples(index=False, name=None)))]
        layers += [(s, e, "marked") for s, e in _both(quoted, sorted(spans))]
    if findings is not None:
        layers += [(f.start, f.end, f.status) for f in findings.itertuples(index=False)]
    return sorted(layers)


def _both(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> list[tuple[int, int]]:
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


def _near(layers: list[tuple[int, int, str]], start: int, end: int) -> list[tuple[int, int, str]]:
    return [layer for layer in layers if layer[0] < end and layer[1] > start]


def _measures(tables: Tables) -> list[dict]:
    """Outlet × measure for the narrator, with intervals; the full table is a file."""
    m = tables["measures"]
    m = m[(m["voice"] == "narrator") & m["measure"].isin(MEASURES)]
    articles = list(dict.fromkeys(m["article_id"]))[:60]
    look = {(r.article_id, r.measure): r for r in m.itertuples(index=False)}
    order = [k for k in MEASURES if k in set(m["measure"])]
    names = tables["articles"].set_index("article_id")["outlet"]
    head = [{"name": names[a], "id": anchor(a)} for a in articles]
    return [
        {
            "label": describe(k).label,
            "validity": next(r.validity for (_, m), r in look.items() if m == k),
            "unit": describe(k).unit,
            "head": head,
            "cells": [_cell(look.get((a, k))) for a in articles],
        }
        for k in order
    ]


def _cell(row) -> dict:
    if row is None:
        return {"value": "", "range": ""}
    if row.n < 5 or pd.isna(row.lo):
        return {"value": f"{row.value:.3g}", "range": "too little text"}
    return {"value": f"{row.value:.3g}", "range": f"{row.lo:.3g} to {row.hi:.3g}"}


def _suppressed(tables: Tables) -> list[dict]:
    found = tables["findings"][tables["findings"]["status"] == "suppressed"]
    names = tables["articles"].set_index("article_id")["outlet"]
    s = tables["sentences"]
    out = []
    for f in found[:200].itertuples(index=False):
        rows = s[(s["article_id"] == f.article_id) & (s["start"] <= f.start) & (s["end"] > f.start)]
        out.append(
            {
                "outlet": names[f.article_id],
                "text": f.text,
                "why": f.explanation,
                "kind": f.kind.replace("_", " "),
                "href": anchor(f.article_id, int(rows["sentence_id"].iloc[0])) if len(rows) else "",
            }
        )
    return out
