"""What a reader should see first: findings in plain sentences, each with the passages behind it."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from analysis.catalogue import describe
from analysis.panels import quote_pairs

Tables = dict[str, pd.DataFrame]
_SEVERITY = {"high": 0, "major": 0, "medium": 1, "minor": 2, "low": 2, "none": 3}
_MOST = 25  # of one kind; the tables hold the rest
_SMALL = {"a", "an", "the", "that", "and"}  # an edit of these alone is not worth a sentence
_SPOKEN = ("verbatim", "altered", "trimmed", "paraphrase")


class Passage(NamedTuple):
    """Words of one article that a claim rests on."""

    article_id: str
    outlet: str
    sentence_id: int
    text: str
    start: int  # of the words in question, in the raw text; -1 for the whole sentence
    end: int


class Claim(NamedTuple):
    """One finding in a sentence: its kind, what it says, how sure, and its passages."""

    key: str
    kind: str
    text: str
    note: str
    passages: tuple[Passage, ...]
    diff: tuple[str, str] = ("", "")


def find_claims(tables: Tables) -> list[Claim]:
    """Return what the report says first, in this order: errors, quotations against a
    transcript and against each other, credit, omissions, echoes,
    shared sources, wording. Statements count only where their match is sure.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The tables of a run.

    Returns
    -------
    list of Claim
        At most 25 of each kind.
    """
    parts = (_errors, _transcript, _quotations, _credit, _omissions, _echoes, _shared, _wording)
    return [c for part in parts for c in part(tables)[:_MOST]]


def _sentence_at(tables: Tables, article_id: str, start: int) -> tuple[int, str]:
    s = tables["sentences"]
    rows = s[(s["article_id"] == article_id) & (s["start"] <= start) & (s["end"] > start)]
    return (int(rows["sentence_id"].iloc[0]), str(rows["text"].iloc[0])) if len(rows) else (-1, "")


def _errors(tables: Tables) -> list[Claim]:
    outlets = tables["articles"].set_index("article_id")["outlet"]
    flagged = tables["findings"][tables["findings"]["status"] == "flagged"]
    flagged = flagged.sort_values("severity", key=lambda c: c.map(_SEVERITY).fillna(3), kind="stable")
    claims = []
    for f in flagged.itertuples(index=False):
        sentence_id, sentence = _sentence_at(tables, f.article_id, f.start)
        passages = [
            Passage(f.article_id, outlets[f.article_id], sentence_id, sentence, f.start, f.end),
            *_elsewhere(tables, f.article_id, sentence_id),
        ]
        wanted = f"; an editor might write “{f.suggestion}”" if f.suggestion else ""
        claims.append(
            Claim(
                f"finding-{f.article_id}-{f.start}-{f.kind}",
                f.kind.replace("_", " "),
                f"{outlets[f.article_id]} writes “{f.text}”{wanted}.",
                f"{f.explanation} (severity {f.severity}). Evidence: {f.evidence}",
                tuple(passages),
            )
        )
    return claims


def _elsewhere(tables: Tables, article_id: str, sentence_id: int) -> list[Passage]:
    """How other outlets give the statement that a sentence gives most surely."""
    r = tables["renderings"]
    here = r[(r["article_id"] == article_id) & (r["sentence_id"] == sentence_id)].nlargest(1, "score")
    mine = set(here["statement_id"])
    other = r[r["statement_id"].isin(mine) & (r["article_id"] != article_id) & (r["sentence_id"] >= 0)]
    return _passages(tables, other.sort_values("score", ascending=False, kind="stable").drop_duplicates("article_id"))


def _passages(tables: Tables, renderings: pd.DataFrame) -> list[Passage]:
    sentences = tables["sentences"].set_index(["article_id", "sentence_id"])["text"]
    return [
        Passage(r.article_id, r.outlet, r.sentence_id, sentences[r.article_id, r.sentence_id], r.start, r.end)
        for r in renderings.itertuples(index=False)
        if (r.article_id, r.sentence_id) in sentences.index
    ]


def _transcript(tables: Tables) -> list[Claim]:
    outlets = tables["articles"].set_index("article_id")["outlet"]
    edits = tables["transcript_edits"]
    changed = edits[edits["severity"].isin(["minor", "major"])]
    claims = []
    for (article_id, start), rows in changed.groupby(["article_id", "start"], sort=False):
        first = rows.iloc[0]
        sentence_id, sentence = _sentence_at(tables, article_id, start)
        passage = Passage(article_id, outlets[article_id], sentence_id, sentence, start, int(first["end"]))
        quote = _quote_in(sentence, tables, passage)
        what = "; ".join(dict.fromkeys(_say_edit(e) for e in rows.itertuples(index=False)))
        claims.append(
            Claim(
                f"transcript-{article_id}-{start}",
                "quotation",
                f"{outlets[article_id]} quotes {first['speaker'] or 'an unnamed speaker'} otherwise than {first['transcript']}: {what}.",
                f"Kinds of change: {', '.join(dict.fromkeys(rows['kind'])).replace('_', ' ')}.",
                (passage,),
                (str(first["reference"]), quote),
            )
        )
    worst_first = {
        c.key: changed[(changed["article_id"] == c.passages[0].article_id) & (changed["start"] == c.passages[0].start)][
            "severity"
        ]
        .eq("major")
        .any()
        for c in claims
    }
    return sorted(claims, key=lambda c: not worst_first[c.key])


def _quote_in(sentence: str, tables: Tables, passage: Passage) -> str:
    """Return the quoted words themselves, as far as they stand in the sentence."""
    s = tables["sentences"]
    row = s[(s["article_id"] == passage.article_id) & (s["sentence_id"] == passage.sentence_id)]
    offset = int(row["start"].iloc[0]) if len(row) else passage.start
    return sentence[max(0, passage.start - offset) : passage.end - offset]


def _quotations(tables: Tables) -> list[Claim]:
    pairs = quote_pairs(tables)
    pairs = pairs[~pairs["kinds"].isin(["verbatim", "cosmetic", "verbatim; cosmetic"])]
    pairs = pairs.sort_values("severity", key=lambda c: c.map(_SEVERITY).fillna(3), kind="stable")
    edits = tables["quote_edits"]
    claims = []
    for p in pairs.itertuples(index=False):
        mine = edits[
            (edits["statement_id"] == p.statement_id)
            & (edits["article_a"] == p.article_a)
            & (edits["article_b"] == p.article_b)
        ]
        telling = mine[
            [not {*e.before.lower().split(), *e.after.lower().split()} <= _SMALL for e in mine.itertuples(index=False)]
        ]
        what = "; ".join(
            dict.fromkeys(_say_edit(e) for e in (telling if len(telling) else mine).itertuples(index=False))
        )
        r = tables["renderings"]
        rows = r[
            (r["statement_id"] == p.statement_id)
            & r["article_id"].isin([p.article_a, p.article_b])
            & (r["sentence_id"] >= 0)
        ]
        claims.append(
            Claim(
                f"quotation-{p.statement_id}-{p.article_b}",
                "quotation",
                f"{p.outlet_b} gives words of {p.speaker.replace('; ', ' and ') or 'an unnamed speaker'} otherwise than {p.outlet_a}: {what}.",
                f"Kinds of change: {p.kinds.replace('_', ' ')}.",
                tuple(_passages(tables, rows)),
                (p.text_a, p.text_b),
            )
        )
    return claims


def _say_edit(edit) -> str:
    if edit.before and edit.after:
        return f"“{edit.after}” for “{edit.before}”"
    return f"“{edit.before}” is left out" if edit.before else f"“{edit.after}” is added"


def _credit(tables: Tables) -> list[Claim]:
    claims = []
    r = tables["renderings"]
    own = r[(r["rendering"] == "narrated") & ~_is_attributed(tables, r)]
    for s in _sure(tables).itertuples(index=False):
        spoken = r[(r["statement_id"] == s.statement_id) & r["rendering"].isin(_SPOKEN)]
        narrated = own[(own["statement_id"] == s.statement_id) & ~own["outlet"].isin(spoken["outlet"])]
        if s.kind == "speech" and s.speaker and len(spoken) and len(narrated):
            who, said = ", ".join(dict.fromkeys(narrated["outlet"])), ", ".join(dict.fromkeys(spoken["outlet"]))
            claims.append(
                Claim(
                    f"credit-{s.statement_id}",
                    "credit",
                    f"What {said} credits to {s.speaker.replace('; ', ' and ')}, {who} says without a source.",
                    "From the alignment of statements; read both passages before relying on it.",
                    tuple(_passages(tables, pd.concat([spoken, narrated]))),
                )
            )
    return claims


def _sure(tables: Tables) -> pd.DataFrame:
    return tables["statements"][tables["statements"]["match"] == "sure"]


def _is_attributed(tables: Tables, renderings: pd.DataFrame) -> pd.Series:
    """Tell which renderings stand in a sentence that holds any attributed words."""
    sentences = tables["sentences"].set_index(["article_id", "sentence_id"])[["start", "end"]]
    said = {a: g[["start", "end"]].to_numpy() for a, g in tables["attributions"].groupby("article_id", sort=False)}
    found = []
    for article_id, sentence_id in zip(renderings["article_id"], renderings["sentence_id"], strict=True):
        spans = said.get(article_id)
        if spans is None or (article_id, sentence_id) not in sentences.index:
            found.append(False)
            continue
        start, end = sentences.loc[(article_id, sentence_id)]
        found.append(bool(((spans[:, 0] < end) & (spans[:, 1] > start)).any()))
    return pd.Series(found, index=renderings.index, dtype=bool)


def _omissions(tables: Tables) -> list[Claim]:
    r = tables["renderings"]
    left = r[r["rendering"] == "omitted"].merge(_sure(tables), on="statement_id")
    claims = []
    for (sid, gist), rows in left.groupby(["statement_id", "gist"], sort=False):
        who = ", ".join(dict.fromkeys(rows["outlet"]))
        here = r[(r["statement_id"] == sid) & (r["sentence_id"] >= 0)]
        claims.append(
            Claim(
                f"omitted-{sid}",
                "left out",
                f"{who} covers the occasion and leaves out: {gist}",
                "No sentence of that article was found to match; a very free paraphrase can be missed.",
                tuple(_passages(tables, here)),
            )
        )
    return claims


def _echoes(tables: Tables) -> list[Claim]:
    outlets = tables["articles"].set_index("article_id")["outlet"]
    sentences = tables["sentences"].set_index(["article_id", "sentence_id"])["text"]
    claims = []
    for e in tables["echoes"].itertuples(index=False):
        passages = []
        for article_id, start in ((e.article_a, e.start_a), (e.article_b, e.start_b)):
            sentence_id, _ = _sentence_at(tables, article_id, start)
            text = sentences.get((article_id, sentence_id), "")
            passages.append(Passage(article_id, outlets[article_id], sentence_id, text, -1, -1))
        claims.append(
            Claim(
                f"echo-{e.article_a}-{e.start_a}-{e.article_b}-{e.start_b}",
                "echo",
                f"{e.speaker.replace('; ', ' and ')} is quoted with “{e.phrase}” on two occasions, in {outlets[e.article_a]} and {outlets[e.article_b]}.",
                "A phrase that returns; it is not counted as one statement.",
                tuple(passages),
            )
        )
    return claims


def _shared(tables: Tables) -> list[Claim]:
    articles = tables["articles"]
    outlets = articles.set_index("article_id")["outlet"]
    claims, seen = [], set()
    for a in articles[articles["shared_source_with"] != ""].itertuples(index=False):
        group = sorted({a.article_id, *a.shared_source_with.split("; ")})
        if tuple(group) not in seen:
            seen.add(tuple(group))
            names = " and ".join(outlets.get(g, g) for g in group)
            claims.append(
                Claim(
                    f"shared-{a.article_id}",
                    "shared source",
                    f"{names} rework one text; what they have in common is not independent.",
                    "From the order and closeness of their aligned statements.",
                    (),
                )
            )
    return claims


def _wording(tables: Tables) -> list[Claim]:
    found = tables["comparisons"]
    sure = found[found["verdict"] == "beyond chance"].sort_values(["q", "outlet", "measure"], kind="stable")
    validity = dict(zip(tables["measures"]["measure"], tables["measures"]["validity"], strict=True))
    claims = []
    for c in sure.itertuples(index=False):
        entry = describe(c.measure)
        claims.append(
            Claim(
                f"wording-{c.outlet}-{c.voice}-{c.measure}",
                "wording",
                f"{c.outlet}, {c.voice}: {entry.label.lower()} {c.value:.3g} against {c.rest:.3g} in the other outlets ({entry.unit}).",
                f"Difference {c.difference:+.3g}, 95 % interval {c.lo:.3g} to {c.hi:.3g}, q = {c.q:.2g}, {c.n} and {c.n_rest} {c.resampled}. "
                f"Validity of the measure: {validity[c.measure]}.",
                (),
            )
        )
    if not claims and len(found):
        tested = int((found["verdict"] != "too little text").sum())
        claims.append(
            Claim(
                "wording-none",
                "wording",
                f"None of {tested} differences of wording between the outlets is beyond chance.",
                "With so little text only large differences could show.",
                (),
            )
        )
    return claims
