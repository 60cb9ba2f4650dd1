"""report.html: one page that asks nothing of anyone; the findings first, then statements, figures, articles, limits, methods."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup

from analysis import __version__
from analysis.catalogue import MEASURES, load_validity
from analysis.citation import cite_run, hash_corpus, hash_text
from analysis.claims import find_claims
from analysis.escape import for_html, for_link
from analysis.evidence import Evidence, Number, article_anchor
from analysis.files import slug
from analysis.layers import layer_of
from analysis.markup import mark_merged, mark_spans
from analysis.page_articles import choose_articles, find_articles
from analysis.page_statements import choose_statements, find_matrix, find_side_by_side, part, speakers_of
from analysis.page_views import find_views
from analysis.style import Chart, render, small_png

Tables = dict[str, pd.DataFrame]
_HERE = Path(__file__).parent
_MOST_CLAIMS = 25  # of one kind, and
_MOST_PASSED = 100  # places let pass, on the page; the tables hold all
# section of the page → its figures; a figure named nowhere here stands in the last
_FIGURES = {
    "matrix": ("statement_matrix", "quote_diffs", "coverage"),
    "voices": ("voices", "speakers", "reporting_verbs"),
    "wording": ("measures",),
    "naming": ("naming", "frames"),
    "words": ("keyness",),
    "articles": ("timeline",),
    "findings": ("findings",),
}
# kind of claim → the table that holds all of them; the kinds of findings.csv are its default
_CLAIM_FILES = {
    "quotation": "quote_edits",
    "left out": "renderings",
    "credit": "renderings",
    "echo": "echoes",
    "shared source": "articles",
    "wording": "comparisons",
}


def make_report(
    tables: Tables,
    *,
    record: dict,
    texts: dict[str, str],
    charts: dict[str, Chart],
    pngs: dict[str, bytes] | None = None,
) -> str:
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
    pngs : dict of str to bytes, optional
        The figures already drawn, so that none is drawn twice.

    Returns
    -------
    str
        HTML, UTF-8. Works without scripts; its one script is ours, static, and named by its hash in the
        page's content security policy.
    """
    articles = tables["articles"]
    statements = choose_statements(tables)
    found = find_claims(tables, most=None)
    kinds = Counter(c.kind for c in found)
    claims = [c for c, nth in zip(found, _nth(c.kind for c in found), strict=True) if nth < _MOST_CLAIMS]
    told = tables["renderings"]
    told = told[told["statement_id"].isin(statements["statement_id"]) & (told["sentence_id"] >= 0)]
    wanted = [p.article_id for c in claims for p in c.passages] + list(told["article_id"])
    shown = choose_articles(tables, texts=texts, wanted=wanted)
    evidence = Evidence(tables, texts=texts, shown=shown)
    outlets = {o: i for i, o in enumerate(dict.fromkeys(articles["outlet"]))}
    speakers = {
        s: i for i, s in enumerate(dict.fromkeys(n for cell in statements["speaker"] for n in speakers_of(cell)))
    }
    layers, pages = find_articles(tables, texts=texts, shown=shown, evidence=evidence)
    dates = sorted(d for d in articles["date"] if d)
    script = (_HERE / "report.js").read_text(encoding="utf-8")
    return (
        _environment()
        .from_string((_HERE / "report.html.j2").read_text(encoding="utf-8"))
        .render(
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            css=Markup((_HERE / "report.css").read_text(encoding="utf-8")),
            citation=cite_run(record, corpus=hash_corpus(map(hash_text, texts.values()))),
            n=len(articles),
            outlets=outlets,
            speakers=speakers,
            n_events=articles["event_id"].nunique(),
            span=(dates[0], dates[-1]) if dates else None,
            record=record,
            skipped=[i for i in record["items"] if i["status"] == "skipped"],
            flagged=[i for i in record["items"] if i["flags"]],
            claims=_claims(claims, tables, texts, evidence, outlets),
            kinds=[(k, n, max(0, n - _MOST_CLAIMS), _CLAIM_FILES.get(k, "findings")) for k, n in kinds.items()],
            passed=_passed(tables, evidence),
            events=find_matrix(tables, statements=statements, outlets=outlets),
            statements=find_side_by_side(tables, statements=statements, texts=texts, evidence=evidence),
            n_statements=len(tables["statements"]),
            renderings=sorted(set(told["rendering"]) | set(tables["renderings"]["rendering"]) - {"not_applicable"}),
            figures=_figures(charts, pngs or {}),
            views=find_views(tables, evidence=evidence),
            layers=layers,
            articles=pages,
            catalogue=MEASURES,
            validity=load_validity(models=record["hashes"]["models"] != "none", own=record.get("validity")),
            version=__version__,
            tables=list(tables),
            anchor=slug,
            article_anchor=lambda a: article_anchor(a) if a in evidence.place else "articles",
            link=for_link,
            is_number=lambda v: isinstance(v, Number),
        )
    )


def _nth(keys: Iterable[str]) -> list[int]:
    """Return for each key how often it stood before."""
    seen: Counter[str] = Counter()
    return [seen.update((k,)) or seen[k] - 1 for k in keys]


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda v: Markup(for_html(v)) if isinstance(v, str) and not isinstance(v, Markup) else v,
    )


def _claims(
    claims: list, tables: Tables, texts: dict[str, str], evidence: Evidence, outlets: dict[str, int]
) -> list[dict]:
    s = tables["sentences"]
    spans = dict(
        zip(zip(s["article_id"], s["sentence_id"], strict=True), zip(s["start"], s["end"], strict=True), strict=True)
    )
    counted = set(tables["terms"]["measure"])
    out = []
    for claim in claims:
        shown = []
        for p in claim.passages:
            if (p.article_id, p.sentence_id) in spans:
                start, end = spans[p.article_id, p.sentence_id]
                html = mark_spans(texts[p.article_id], start=start, end=end, layers=part(p.start, p.end, start, end))
                shown.append({"outlet": p.outlet, "href": evidence.anchor(p.article_id, p.sentence_id), "html": html})
        number = None
        if claim.about:
            outlet, voice, measure = claim.about
            mine = tables["articles"].loc[tables["articles"]["outlet"] == outlet, "article_id"]
            places = [x for a in mine for x in evidence.of_measure(a, voice, measure, counted=measure in counted)]
            number = evidence.number("the sentences behind it", places, layer=layer_of(measure) or "said")
        named = dict.fromkeys([*(p.outlet for p in claim.passages), *claim.about[:1]])
        out.append(
            {
                "id": slug(claim.key),
                "kind": claim.kind,
                "text": claim.text,
                "note": claim.note,
                "passages": shown,
                "number": number,
                "outlets": " ".join(str(outlets[o]) for o in named if o in outlets),
                "diff": mark_merged(*claim.diff) if any(claim.diff) else None,
            }
        )
    return out


def _figures(charts: dict[str, Chart], pngs: dict[str, bytes]) -> dict[str, list[dict]]:
    """Return the figures of each section of the page."""
    home = {name: section for section, names in _FIGURES.items() for name in names}
    out: dict[str, list[dict]] = {section: [] for section in _FIGURES}
    for name, chart in charts.items():
        data = base64.b64encode(small_png(pngs.get(name) or render(chart, kind="png"))).decode()
        figure = {"name": name, "alt": chart.alt, "src": Markup("data:image/png;base64," + data)}
        out[home.get(name, "articles")].append(figure)
    return out


def _passed(tables: Tables, evidence: Evidence) -> dict:
    """Return the places considered as errors and let pass, with the reason of each."""
    found = tables["findings"][tables["findings"]["status"] == "suppressed"]
    sentences = dict(list(tables["sentences"].groupby("article_id", sort=False)))
    rows = []
    for f in found[:_MOST_PASSED].itertuples(index=False):
        s = sentences[f.article_id]
        here = s.loc[(s["start"] <= f.start) & (s["end"] > f.start), "sentence_id"]
        words = evidence.number(f.text, [(f.article_id, int(i)) for i in here[:1]], layer="passed")
        rows.append((words, evidence.outlets[f.article_id], f.kind.replace("_", " "), f.explanation))
    return {"rows": rows, "n": len(found), "more": len(found) - len(rows)}
