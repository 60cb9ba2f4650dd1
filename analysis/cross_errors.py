"""Errors that only show across outlets: misquotations, numbers, dates, offices, credits; and evidence for the others."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import pandas as pd

from analysis.by_article import rows_by_article
from analysis.crediting import Credit, find_moved_credits
from analysis.disagreements import find_disagreements
from analysis.fidelity import QUOTED
from analysis.findings import FINDING_COLUMNS, Finding, Passage, cite, join_evidence
from analysis.misquotations import find_misquotations, find_transcript_misquotations
from analysis.slips import Words
from analysis.title_disputes import find_title_disputes
from analysis.views import straighten

_NEIGHBOURS = 2  # sentences on each side that are read with a quotation
_CITED = ("period_name", "name", "office")  # kinds of one text for which the other outlets' wording says something
_MOST_CITED = 3  # other outlets cited beside a finding of one text


def compare_errors(
    findings: pd.DataFrame,
    *,
    articles: pd.DataFrame,
    sentences: pd.DataFrame,
    tokens: pd.DataFrame,
    attributions: pd.DataFrame,
    statements: pd.DataFrame,
    renderings: pd.DataFrame,
    quote_edits: pd.DataFrame,
    transcript_edits: pd.DataFrame,
) -> pd.DataFrame:
    """Find what only a comparison of outlets, or a transcript, shows.

    Parameters
    ----------
    findings : DataFrame
        As `find_errors` returns; an office flagged there is not disputed again.
    articles, sentences, tokens, attributions : DataFrame
        article_id, outlet, event_id, text; article_id, sentence_id, start, end, text; as `split_tokens` returns;
        article_id, start, end, source, speaker, side.
    statements, renderings : DataFrame
        As `align_statements` returns, with ``match`` and ``credit``. Only statements matched ``sure`` are used.
    quote_edits, transcript_edits : DataFrame
        As `compare_quotations` and `find_transcript_edits` return.

    Returns
    -------
    DataFrame
        Further rows with the columns of ``findings``, sorted by article and place.
    """
    corpus = _Corpus(articles, sentences, attributions, statements, renderings)
    rows = find_disagreements([[p for p, _ in g] for g in corpus.groups], corpus.whole)
    rows += find_moved_credits([[corpus.credit(p, r) for p, r in g] for g in corpus.groups])
    offices = findings[findings["kind"] == "office"]
    known = {*zip(offices["article_id"], offices["start"], strict=True)}
    known |= {(f.article_id, f.start) for f in rows if f.kind == "office"}
    disputes = find_title_disputes(Words(articles, tokens), articles=articles, passages=corpus.passages())
    rows += [f for f in disputes if (f.article_id, f.start) not in known]
    quoted, graded = corpus.quoted(_by_statement(quote_edits))
    rows += find_misquotations(quoted, graded=graded)
    rows += corpus.against_transcripts(transcript_edits)
    order = {a: i for i, a in enumerate(articles["article_id"])}
    rows.sort(key=lambda r: (order[r.article_id], r.start, r.end, r.kind))
    return pd.DataFrame(rows, columns=FINDING_COLUMNS).astype({"start": "int64", "end": "int64"})


def cite_outlets(
    findings: pd.DataFrame,
    *,
    articles: pd.DataFrame,
    sentences: pd.DataFrame,
    statements: pd.DataFrame,
    renderings: pd.DataFrame,
    quote_edits: pd.DataFrame,
) -> pd.DataFrame:
    """Add to the findings of single texts how other outlets give the sentence, where it is a name that they might confirm.

    Parameters
    ----------
    findings : DataFrame
        As `find_errors` returns.
    articles, sentences : DataFrame
        article_id, outlet; article_id, sentence_id, start, end, text: of all articles that the statements stand in.
    statements, renderings, quote_edits : DataFrame
        Of all events that the articles of the findings tell of; see `compare_errors`.

    Returns
    -------
    DataFrame
        The same rows, some with more evidence, and some period names of graver severity: another outlet quotes the
        speaker without them.
    """
    corpus = _Corpus(articles, sentences, None, statements, renderings)
    edits = _by_statement(quote_edits)
    told = zip(may_be_cited(findings), findings[FINDING_COLUMNS].itertuples(index=False), strict=True)
    rows = [corpus.support(Finding(*f), edits) if cited else Finding(*f) for cited, f in told]
    return pd.DataFrame(rows, columns=FINDING_COLUMNS).astype({"start": "int64", "end": "int64"})


def may_be_cited(findings: pd.DataFrame) -> pd.Series:
    """Tell of each finding whether `cite_outlets` looks at it."""
    return (findings["status"] == "flagged") & findings["kind"].isin(_CITED)


class _Corpus:
    """The tables of a run, indexed for the finders."""

    def __init__(
        self,
        articles: pd.DataFrame,
        sentences: pd.DataFrame,
        attributions: pd.DataFrame | None,
        statements: pd.DataFrame,
        renderings: pd.DataFrame,
    ) -> None:
        self.outlets: dict[Any, str] = dict(zip(articles["article_id"], articles["outlet"].astype(str), strict=True))
        self.texts: dict[Any, str] = dict(zip(articles["article_id"], articles.get("text", ()), strict=False))
        self.sentences = rows_by_article(sentences.sort_values("start", kind="stable"))
        self.whole = {a: [str(s.text) for s in rows] for a, rows in self.sentences.items()}
        self.said: dict[Any, list[Any]] = {}
        if attributions is not None:
            self.said = rows_by_article(attributions.sort_values("start", kind="stable"))
        self.place = {(a, int(s.sentence_id)): i for a, rows in self.sentences.items() for i, s in enumerate(rows)}
        sure = set(statements.loc[statements["match"] == "sure", "statement_id"])
        told = renderings[renderings["statement_id"].isin(sure) & (renderings["sentence_id"] >= 0)]
        self.ids: list[Any] = []
        self.groups: list[list[tuple[Passage, Any]]] = []
        self.of_sentence: dict[tuple[Any, int], list[int]] = {}
        for statement_id, group in told.groupby("statement_id", sort=False):
            members = []
            for r in group.itertuples(index=False):
                at = (r.article_id, int(r.sentence_id))
                if at in self.place:
                    self.of_sentence.setdefault(at, []).append(len(self.groups))
                    members.append((self.passage(at), r))
            self.ids.append(statement_id)
            self.groups.append(members)

    def passage(self, at: tuple[Any, int]) -> Passage:
        s = self.sentences[at[0]][self.place[at]]
        return Passage(at[0], self.outlets[at[0]], at[1], int(s.start), int(s.end), str(s.text))

    def passages(self) -> dict[tuple[Any, int], Passage]:
        return {at: self.passage(at) for at in self.place}

    def around(self, at: tuple[Any, int]) -> tuple[str, ...]:
        """Return a sentence with its neighbours."""
        i = self.place[at]
        return tuple(self.whole[at[0]][max(0, i - _NEIGHBOURS) : i + _NEIGHBOURS + 1])

    def sentence_at(self, article_id: Any, start: int) -> tuple[Any, int] | None:
        rows = self.sentences.get(article_id, [])
        i = bisect_right([int(s.start) for s in rows], start) - 1
        return (article_id, int(rows[i].sentence_id)) if i >= 0 and start < rows[i].end else None

    # ---------------------------------------------------------------- evidence for what one text shows

    def support(self, finding: Finding, edits: dict[Any, list[Any]]) -> Finding:
        """Cite how other outlets give the sentence of a flagged name; one that only this outlet quotes is its own."""
        at = self.sentence_at(finding.article_id, finding.start)
        numbers = self.of_sentence.get(at, []) if at else []
        told = [(-float(r.score), str(p.article_id), p) for n in numbers for p, r in self.groups[n]]
        others: dict[Any, Passage] = {}
        for _, _, p in sorted(told, key=lambda t: t[:2]):
            if p.article_id != finding.article_id:
                others.setdefault(p.article_id, p)
        cited = [cite(p) for p in list(others.values())[:_MOST_CITED]]
        finding = finding._replace(evidence=join_evidence(finding.evidence, *cited))
        if finding.kind == "period_name" and finding.severity == "low":
            for n in numbers:
                if any(_only_here(finding, e) for e in edits.get(self.ids[n], [])):
                    return finding._replace(
                        severity="high",
                        explanation=f"{finding.explanation}; another outlet quotes the speaker without “{finding.text}”",
                    )
        return finding

    # ---------------------------------------------------------------- what the finders are given

    def credit(self, passage: Passage, rendering: Any) -> Credit:
        """Return whom a rendering credits, and whether anything marks the sentence as somebody's words."""
        at = (passage.article_id, passage.sentence_id)
        rows = self.said.get(passage.article_id, [])
        over = [a for a in rows if a.start < passage.end and a.end > passage.start]
        inner = [a for a in over if a.start <= rendering.start and a.end >= rendering.end]
        carrier = min(inner, key=lambda a: (a.end - a.start, a.start), default=None)
        i = self.place[at]
        before = self.whole[passage.article_id][i - 1] if i else ""
        marked = over or '"' in straighten(passage.text) or before.rstrip().endswith(":")
        return Credit(
            passage,
            str(rendering.rendering),
            str(rendering.text),
            int(rendering.start),
            str(rendering.credit or ""),
            str(carrier.source) if carrier is not None else "",
            str(carrier.side) if carrier is not None else "",
            " ".join(self.around(at)),
            not marked,
        )

    def quoted(self, edits: dict[Any, list[Any]]) -> tuple[list, frozenset]:
        """Return the quoted renderings by statement, and the pairs of articles with a major edit."""
        groups = [
            [
                (p, str(r.text), int(r.start), self.around((p.article_id, p.sentence_id)))
                for p, r in group
                if r.rendering in QUOTED
            ]
            for group in self.groups
        ]
        graded = frozenset(
            (e.article_a, e.article_b, n)
            for n, statement_id in enumerate(self.ids)
            for e in edits.get(statement_id, [])
            if e.severity == "major"
        )
        return groups, graded

    def against_transcripts(self, transcript_edits: pd.DataFrame) -> list[Finding]:
        rows = list(transcript_edits.itertuples(index=False))
        around = {}
        for r in rows:
            at = self.sentence_at(r.article_id, int(r.start))
            if at is not None:
                around[(r.article_id, r.start)] = (self.passage(at).text, *self.around(at))
        return find_transcript_misquotations(rows, around=around, texts=self.texts)


def _by_statement(quote_edits: pd.DataFrame) -> dict[Any, list[Any]]:
    edits: dict[Any, list[Any]] = {}
    for e in quote_edits.itertuples(index=False):
        edits.setdefault(e.statement_id, []).append(e)
    return edits


def _only_here(finding: Finding, edit: Any) -> bool:
    """Tell whether an edit puts the name of a finding in this article's quotation and not in the other's."""
    if finding.article_id not in (edit.article_a, edit.article_b):
        return False
    mine, other = (edit.before, edit.after) if finding.article_id == edit.article_a else (edit.after, edit.before)
    return bool(other) and finding.text.lower() in str(mine).lower() and finding.text.lower() not in str(other).lower()
