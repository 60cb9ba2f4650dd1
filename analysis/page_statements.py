"""What report.html shows of statements: the matrix, and all renderings of one statement side by side."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from analysis.escape import for_html
from analysis.evidence import Evidence
from analysis.files import slug
from analysis.markup import mark_merged, mark_spans
from analysis.panels import cells_of, quote_pairs
from analysis.renderings import TOLD

Tables = dict[str, pd.DataFrame]
MOST_STATEMENTS = 300  # on the page, those that most outlets report; the tables hold all
_MOST_BESIDE = 8  # articles side by side, those that match best
_MOST_DIFFS = 6  # renderings of one statement held against its reference
_LIKE = 0.25  # share of words in common below which a word diff would only be noise
_COLUMNS = 6  # outlets that still fit side by side; more are written as a list in each row
_FULLEST = [*TOLD, "undecided"]


def choose_statements(tables: Tables, *, most: int = MOST_STATEMENTS) -> pd.DataFrame:
    """Return the statements for the page, in the order of the table: the surely matched first, then those of most outlets."""
    s = tables["statements"]
    best = s.assign(possible=s["match"] != "sure").sort_values(
        ["possible", "n_outlets"], ascending=[True, False], kind="stable"
    )
    return s.loc[sorted(best.index[:most])]


def find_matrix(tables: Tables, *, statements: pd.DataFrame, outlets: dict[str, int]) -> list[dict]:
    """Return one entry per occasion with its articles and the row of cells of every statement.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The tables of a run.
    statements : DataFrame
        Those to show.
    outlets : dict of str to int
        Outlet → its number on the page, by which the filters know it.
    """
    cells = cells_of(tables)
    look = {(c.statement_id, c.outlet): c.rendering for c in cells.itertuples(index=False)}
    by_event = dict(list(statements.groupby("event_id", sort=False)))
    events = []
    for event_id, articles in tables["articles"].groupby("event_id", sort=False):
        here = list(dict.fromkeys(articles["outlet"]))
        dates = sorted(d for d in articles["date"] if d)
        rows = [
            _row(s, [(o, look.get((s.statement_id, o), "not_applicable")) for o in here], outlets)
            for s in by_event.get(event_id, statements.iloc[:0]).itertuples(index=False)
        ]
        events.append(
            {
                "id": event_id,
                "anchor": slug(event_id),
                "outlets": here,
                "many": len(here) > _COLUMNS,
                "when": " to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "no date",
                "titles": list(zip(articles["outlet"], articles["title"], articles["article_id"], strict=True)),
                "sure": [r for r in rows if r["match"] == "sure"],
                "possible": [r for r in rows if r["match"] != "sure"],
            }
        )
    return sorted(events, key=lambda e: (len(e["id"]), e["id"]))


def _row(s, cells: list[tuple[str, str]], outlets: dict[str, int]) -> dict:
    reported = [(o, r) for o, r in cells if r != "not_applicable"]
    return {
        "id": s.statement_id,
        "anchor": slug(s.statement_id),
        "gist": s.gist,
        "speaker": label(s),
        "speakers": speakers_of(s.speaker),
        "match": s.match,
        "cells": cells,
        "codes": " ".join(f"{outlets[o]}:{r}" for o, r in reported),
    }


def label(statement) -> str:
    """Return the speaker to print before a gist, nothing where the gist names the speaker itself."""
    surnames = [name.split()[-1] for name in statement.speaker.split("; ") if name.split()]
    return "" if surnames and all(n in statement.gist for n in surnames) else statement.speaker


def speakers_of(speaker: str) -> list[str]:
    """Return the names in a speaker cell."""
    return [name for name in speaker.split("; ") if name]


def find_side_by_side(
    tables: Tables, *, statements: pd.DataFrame, texts: dict[str, str], evidence: Evidence
) -> list[dict]:
    """Return, for every statement shown, what each article says, and the word diffs against the fullest rendering."""
    sentences = tables["sentences"].set_index(["article_id", "sentence_id"])[["start", "end"]]
    spans = dict(zip(sentences.index, sentences.itertuples(index=False, name=None), strict=True))
    told = tables["renderings"]
    told = told[told["statement_id"].isin(statements["statement_id"]) & (told["rendering"] != "not_applicable")]
    by_statement = dict(list(told.groupby("statement_id", sort=False)))
    edits = tables["quote_edits"]
    edits = edits[edits["statement_id"].isin(statements["statement_id"])]
    pairs = quote_pairs({**tables, "quote_edits": edits})
    quotes = {(p.statement_id, frozenset((p.article_a, p.article_b))): p for p in pairs.itertuples(index=False)}
    out = []
    for s in statements.itertuples(index=False):
        rows = by_statement.get(s.statement_id, told.iloc[:0])
        found = rows[rows["sentence_id"] >= 0]
        beside = set(found.sort_values("score", ascending=False, kind="stable")["article_id"].unique()[:_MOST_BESIDE])
        out.append(
            {
                "id": s.statement_id,
                "anchor": slug(s.statement_id),
                "gist": s.gist,
                "speaker": label(s),
                "match": s.match,
                "columns": _columns(rows[rows["article_id"].isin(beside)], spans, texts, evidence),
                "more": found["article_id"].nunique() - len(beside),
                "left_out": list(dict.fromkeys(rows.loc[rows["sentence_id"] < 0, "outlet"])),
                "diffs": _diffs(s.statement_id, found[found["article_id"].isin(beside)], quotes),
            }
        )
    return out


def _columns(rows: pd.DataFrame, spans: dict, texts: dict[str, str], evidence: Evidence) -> list[dict]:
    columns = []
    for article_id, mine in rows[rows["sentence_id"] >= 0].groupby("article_id", sort=False):
        shown = []
        for r in mine.itertuples(index=False):
            if (article_id, r.sentence_id) in spans:
                start, end = spans[article_id, r.sentence_id]
                shown.append(
                    {
                        "rendering": r.rendering,
                        "credit": r.credit,
                        "score": f"{r.score:.2f}" if pd.notna(r.score) else "",
                        "href": evidence.anchor(article_id, r.sentence_id),
                        "html": mark_spans(
                            texts[article_id], start=start, end=end, layers=part(r.start, r.end, start, end)
                        ),
                    }
                )
        columns.append({"outlet": mine["outlet"].iloc[0], "sentences": shown})
    return columns


def part(start: int, end: int, first: int, last: int) -> list[tuple[int, int, str]]:
    """Return the layer that marks the words in question; none where they are the whole sentence."""
    return [] if start < 0 or (start <= first and end >= last) else [(start, end, "hit")]


def _diffs(statement_id: str, rows: pd.DataFrame, quotes: dict) -> list[dict]:
    """Hold each other article's closest rendering against the fullest one, quotations as they were compared word by word."""
    if rows.empty:
        return []
    order = rows.assign(rank=rows["rendering"].map(_FULLEST.index), length=-rows["text"].str.len())
    best = order.sort_values(["rank", "score", "length"], ascending=[True, False, True], kind="stable")
    best = best.drop_duplicates("article_id")
    reference, *others = best.itertuples(index=False)
    return [
        _diff(quotes.get((statement_id, frozenset((reference.article_id, o.article_id)))), reference, o)
        for o in others[:_MOST_DIFFS]
    ]


def _diff(pair, reference, other) -> dict:
    if pair is not None:
        found = {"a": pair.outlet_a, "b": pair.outlet_b, "kinds": pair.kinds.replace("_", " ")}
        a, b = pair.text_a, pair.text_b
    else:
        found = {"a": reference.outlet, "b": other.outlet, "kinds": ""}
        a, b = reference.text, other.text
    words_a, words_b = ({w.strip(".,;:!?“”\"'").lower() for w in t.split()} for t in (a, b))
    alike = len(words_a & words_b) >= _LIKE * max(1, min(len(words_a), len(words_b)))
    return {
        **found,
        "html": mark_merged(a, b) if alike else Markup(for_html("Told in other words: hardly a word in common.")),
    }
