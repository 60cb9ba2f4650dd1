"""What a reader should see first: findings in plain sentences, each with the passages behind it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.catalogue import describe
from analysis.claim_parts import Claim, Indexed, Passage
from analysis.fidelity import QUOTED

Tables = dict[str, pd.DataFrame]
_SEVERITY = {"high": 0, "major": 0, "medium": 1, "minor": 2, "low": 2, "none": 3}
_MOST = 25  # of one kind; the tables hold the rest
_MOST_PASSAGES = 12  # of one claim
_SMALL = {"a", "an", "the", "that", "and"}  # an edit of these alone is not worth a sentence
_NONE = np.zeros((0, 2), dtype="int64")
_SPOKEN = (*QUOTED, "paraphrase")


def find_claims(tables: Tables, *, most: int | None = _MOST) -> list[Claim]:
    """Return what the report says first, in this order: errors, quotations against a
    transcript and against each other, credit, omissions, echoes,
    shared sources, wording. Statements count only where their match is sure.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The tables of a run.
    most : int, optional
        Of one kind; None for all.

    Returns
    -------
    list of Claim
    """
    tables = Indexed(tables)
    parts = (_errors, _transcript, _retyped, _quotations, _credit, _omissions, _echoes, _shared, _wording)
    return [c for part in parts for c in part(tables)[:most]]


def _sentence_at(tables: Tables, article_id: str, start: int) -> tuple[int, str]:
    s = tables["sentences"]
    rows = s[(s["article_id"] == article_id) & (s["start"] <= start) & (s["end"] > start)]
    return (int(rows["sentence_id"].iloc[0]), str(rows["text"].iloc[0])) if len(rows) else (-1, "")


def _errors(tables: Indexed) -> list[Claim]:
    outlets = tables["articles"].set_index("article_id")["outlet"]
    flagged = tables["findings"][tables["findings"]["status"] == "flagged"]
    flagged = flagged.sort_values("severity", key=lambda c: c.map(_SEVERITY).fillna(3), kind="stable")
    quoted = tables.pairs
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
                f"{_sentence(f.explanation)} Severity {f.severity}.",
                tuple(passages),  # the evidence of the table: the rule stands in the explanation, the wording here
                diff=_words_of(quoted, f) if f.kind == "misquotation" else ("", ""),
            )
        )
    return claims


def _sentence(text: str) -> str:
    """Return an explanation as a sentence: a capital, a full stop."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def _words_of(pairs: pd.DataFrame, finding) -> tuple[str, str]:
    """Return the words of the other outlet and of the article that a misquotation was found in."""
    for p in pairs.itertuples(index=False):
        if p.article_b == finding.article_id and finding.text in p.text_b:
            return p.text_a, p.text_b
        if p.article_a == finding.article_id and finding.text in p.text_a:
            return p.text_b, p.text_a
    return "", ""


def _elsewhere(tables: Indexed, article_id: str, sentence_id: int) -> list[Passage]:
    """How other outlets give the statement that a sentence gives most surely."""
    r = tables["renderings"]
    here = r[(r["article_id"] == article_id) & (r["sentence_id"] == sentence_id)].nlargest(1, "score")
    mine = set(here["statement_id"])
    other = r[r["statement_id"].isin(mine) & (r["article_id"] != article_id) & (r["sentence_id"] >= 0)]
    return _passages(tables, other.sort_values("score", ascending=False, kind="stable").drop_duplicates("article_id"))


def _passages(tables: Indexed, renderings: pd.DataFrame) -> list[Passage]:
    return [
        Passage(r.article_id, r.outlet, r.sentence_id, tables.spans[r.article_id, r.sentence_id][2], r.start, r.end)
        for r in renderings[renderings["sentence_id"] >= 0][:_MOST_PASSAGES].itertuples(index=False)
        if (r.article_id, r.sentence_id) in tables.spans
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


def _retyped(tables: Tables) -> list[Claim]:
    """Articles nearly all of whose quotations differ: a guess about how they were made, with the counts behind it."""
    claims = []
    edits, sure = tables["quote_edits"], tables["transcript_edits"]
    for f in tables["quote_fidelity"].itertuples(index=False):
        if not f.hypothesis:
            continue
        if f.against == "transcript":
            rows = sure[(sure["article_id"] == f.article_id) & (sure["severity"] != "none")]
        else:
            rows = edits[(edits["article_a"] == f.article_id) | (edits["article_b"] == f.article_id)]
        shown = "; ".join(dict.fromkeys(_say_edit(e) for e in rows[rows["kind"] != "cosmetic"][:6].itertuples()))
        against = "the transcript" if f.against == "transcript" else "all other outlets that quote the same words"
        claims.append(
            Claim(
                f"retyped-{f.article_id}-{f.against}",
                "quotation",
                f"{f.outlet}: {f.n_changed} of {f.n_compared} quotations differ in their words from {against}; {f.hypothesis}.",
                f"A hypothesis: share {f.changed_share:.0%}, 95 % interval {f.lo:.0%} to {f.hi:.0%}. For example {shown}.",
                (),
            )
        )
    return claims


def _quote_in(sentence: str, tables: Tables, passage: Passage) -> str:
    """Return the quoted words themselves, as far as they stand in the sentence."""
    s = tables["sentences"]
    row = s[(s["article_id"] == passage.article_id) & (s["sentence_id"] == passage.sentence_id)]
    offset = int(row["start"].iloc[0]) if len(row) else passage.start
    return sentence[max(0, passage.start - offset) : passage.end - offset]


def _quotations(tables: Indexed) -> list[Claim]:
    pairs = tables.pairs
    pairs = pairs[~pairs["kinds"].isin(["verbatim", "cosmetic", "verbatim; cosmetic"])]
    pairs = pairs.sort_values("severity", key=lambda c: c.map(_SEVERITY).fillna(3), kind="stable")
    edits = dict(list(tables["quote_edits"].groupby(["statement_id", "article_a", "article_b"], sort=False)))
    found = tables["findings"].query("status == 'flagged' and kind == 'misquotation'")
    known = {_words_of(pairs, f) for f in found.itertuples(index=False)}  # shown among the findings already
    pairs = pairs[[not {(a, b), (b, a)} & known for a, b in zip(pairs["text_a"], pairs["text_b"], strict=True)]]
    claims = []
    for p in pairs.itertuples(index=False):
        mine = edits[p.statement_id, p.article_a, p.article_b]
        telling = mine[
            [not {*e.before.lower().split(), *e.after.lower().split()} <= _SMALL for e in mine.itertuples(index=False)]
        ]
        what = "; ".join(
            dict.fromkeys(_say_edit(e) for e in (telling if len(telling) else mine).itertuples(index=False))
        )
        rows = tables.told[p.statement_id]
        rows = rows[rows["article_id"].isin([p.article_a, p.article_b])]
        claims.append(
            Claim(
                f"quotation-{p.statement_id}-{p.article_a}-{p.article_b}",
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


def _credit(tables: Indexed) -> list[Claim]:
    claims = []
    for s in _sure(tables).itertuples(index=False):
        if s.kind != "speech" or not s.speaker or s.statement_id not in tables.told:
            continue
        r = tables.told[s.statement_id]
        spoken = r[r["rendering"].isin(_SPOKEN)]
        narrated = r[(r["rendering"] == "narrated") & ~r["outlet"].isin(spoken["outlet"])]
        narrated = narrated[~_is_attributed(tables, narrated)]
        if len(spoken) and len(narrated):
            who, said = _names(narrated["outlet"]), _names(spoken["outlet"])
            claims.append(
                Claim(
                    f"credit-{s.statement_id}",
                    "credit",
                    f"What {said} credit{_s(spoken)} to {s.speaker.replace('; ', ' and ')}, {who} say{_s(narrated)} without a source.",
                    "From the alignment of statements; read both passages before relying on it.",
                    tuple(_passages(tables, pd.concat([spoken, narrated]))),
                )
            )
    return claims


def _names(outlets: pd.Series, *, most: int = 4) -> str:
    """Write outlets as words, each once; many as the first few and a count."""
    names = list(dict.fromkeys(outlets))
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _s(rows: pd.DataFrame) -> str:
    """Return the ending of the verb that goes with the outlets of some rows."""
    return "s" if len(set(rows["outlet"])) == 1 else ""


def _sure(tables: Tables) -> pd.DataFrame:
    return tables["statements"][tables["statements"]["match"] == "sure"]


def _is_attributed(tables: Indexed, renderings: pd.DataFrame) -> pd.Series:
    """Tell which renderings stand in a sentence that holds any attributed words."""
    found = []
    for key in zip(renderings["article_id"], renderings["sentence_id"], strict=True):
        start, end, _ = tables.spans.get(key, (0, 0, ""))
        spans = tables.said.get(key[0], _NONE)
        found.append(bool(((spans[:, 0] < end) & (spans[:, 1] > start)).any()))
    return pd.Series(found, index=renderings.index, dtype=bool)


def _omissions(tables: Indexed) -> list[Claim]:
    r = tables["renderings"]
    left = r[r["rendering"] == "omitted"].merge(_sure(tables), on="statement_id")
    claims = []
    for (sid, gist), rows in left.groupby(["statement_id", "gist"], sort=False):
        claims.append(
            Claim(
                f"omitted-{sid}",
                "left out",
                f"{_names(rows['outlet'])} cover{_s(rows)} the occasion and leave{_s(rows)} out: {gist}",
                "No sentence of that article was found to match; a very free paraphrase can be missed.",
                tuple(_passages(tables, tables.told[sid])),
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


def _shared(tables: Indexed) -> list[Claim]:
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
                    "From the order and closeness of their aligned statements; the closest follow.",
                    _closest(tables, group),
                )
            )
    return claims


def _closest(tables: Indexed, group: list[str], *, most: int = 3) -> tuple[Passage, ...]:
    """Return the surest statements that every article of a group gives, each as the articles give it."""
    r = tables["renderings"]
    r = r[r["article_id"].isin(group) & (r["sentence_id"] >= 0)]
    r = r.sort_values("score", ascending=False, kind="stable").drop_duplicates(["statement_id", "article_id"])
    full = r.groupby("statement_id", sort=False)["article_id"].nunique()
    chosen = list(full.index[full == len(group)][:most])
    return tuple(p for s in chosen for p in _passages(tables, r[r["statement_id"] == s]))


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
                about=(c.outlet, c.voice, c.measure),
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
