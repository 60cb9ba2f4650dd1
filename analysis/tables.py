"""The tables of a run: their columns and what each means, writing them, reading them back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.escape import for_cell, from_cell
from analysis.files import write_atomic
from analysis.refusals import Refusal

_ARTICLE = "the article: its file name without ending, or its id"
_OUTLET = "who publishes; `unnamed (…)` where the corpus does not say"
_START = "first character, counted from 0 in the decoded raw file"
_END = "one past the last character"
_STATEMENT = "the statement"
_VOICE = "narrator, quoted (inside marks), reported (indirect speech) or headline"

# table → (one row per, {column: (type, meaning)}); docs/codebook.md is written from this, and a test compares.
TABLES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "articles": (
        "article",
        {
            "article_id": ("text", _ARTICLE),
            "outlet": ("text", _OUTLET),
            "title": ("text", "headline"),
            "date": ("text", "day of publication or of what is reported, ISO 8601; empty where unknown"),
            "date_basis": (
                "text",
                "stated (by the text or the manifest), inferred (by whoever wrote the manifest), unknown",
            ),
            "event_id": ("text", "the occasion the article reports"),
            "n_tokens": ("integer", "words and numbers, headline included"),
            "n_sentences": ("integer", "sentences, headline included"),
            "shared_source_with": ("text", "articles that rework the same text, by id, parted by '; '"),
            "url": ("text", "address, as the corpus gives it"),
            "file": ("text", "file in the corpus"),
            "line": ("integer", "line of that file where it holds many articles, else 0"),
        },
    ),
    "removed": (
        "stretch of page furniture",
        {
            "article_id": ("text", _ARTICLE),
            "start": ("integer", _START),
            "end": ("integer", _END),
            "text": ("text", "the words taken out"),
            "reason": (
                "text",
                "what they are: script, markup, share_bar, read_more, comment_form, related_posts, category, advertisement, "
                "newsletter, copyright, picture_credit, caption, date_line, byline, dateline, repeated_headline",
            ),
        },
    ),
    "sentences": (
        "sentence",
        {
            "article_id": ("text", _ARTICLE),
            "sentence_id": ("integer", "0, 1, … within the article"),
            "paragraph": ("integer", "0 is the headline, the body begins at 1"),
            "start": ("integer", _START),
            "end": ("integer", _END),
            "text": ("text", "the sentence as it stands in the raw file"),
        },
    ),
    "attributions": (
        "contiguous stretch of attributed content",
        {
            "article_id": ("text", _ARTICLE),
            "attribution_id": (
                "integer",
                "0, 1, … within the article; stretches of one attribution (“…,” he said. “…”) share it",
            ),
            "quotation_type": ("text", "direct (all in marks), mixed (partly), indirect (no marks)"),
            "source": ("text", "the words that name the source; empty where the text names none"),
            "source_start": ("integer", "where they begin; -1 where there are none"),
            "source_end": ("integer", "one past their end; -1"),
            "speaker": ("text", "the source resolved to a name within the article; several parted by '; '"),
            "cue": ("text", "the reporting words"),
            "cue_stance": ("text", "neutral, doubting, endorsing; empty without a cue"),
            "start": ("integer", _START),
            "end": ("integer", _END),
            "text": ("text", "the content, with its marks"),
            "confidence": ("number", "0 to 1, how sure the suite is that this is attributed content"),
            "nested_in": ("integer", "attribution_id of the attribution around it; -1"),
            "side": (
                "text",
                "the state or body the speaker belongs to, from how the articles introduce the speaker; empty where none says",
            ),
        },
    ),
    "terms": (
        "word or phrase counted",
        {
            "article_id": ("text", _ARTICLE),
            "sentence_id": ("integer", "its sentence"),
            "voice": ("text", _VOICE),
            "start": ("integer", _START),
            "end": ("integer", _END),
            "text": ("text", "as it stands"),
            "measure": ("text", "the measure it counts for, or `frame:…` or `naming:…`"),
            "term": ("text", "the entry of the list that it met"),
        },
    ),
    "measures": (
        "article × voice × measure",
        {
            "article_id": ("text", _ARTICLE),
            "outlet": ("text", _OUTLET),
            "voice": ("text", _VOICE),
            "measure": ("text", "see “Measures” below"),
            "value": ("number", "the measure"),
            "lo": ("number", "95 % interval from resampling sentences; empty where there is too little text"),
            "hi": ("number", "its upper end"),
            "n": ("integer", "sentences the voice stands in"),
            "unit": ("text", "unit of value"),
            "validity": (
                "text",
                "how far the measure agrees with human coding; `unvalidated` without a card in docs/validity",
            ),
        },
    ),
    "frames": (
        "article × voice × frame item",
        {
            "article_id": ("text", _ARTICLE),
            "outlet": ("text", _OUTLET),
            "voice": ("text", _VOICE),
            "frame": ("text", "the frame"),
            "item": ("text", "the yes/no question"),
            "answer": ("text", "yes where a term of the item stands in that voice, else no"),
            "n_terms": ("integer", "how many terms"),
        },
    ),
    "naming": (
        "article × voice × actor × label",
        {
            "article_id": ("text", _ARTICLE),
            "outlet": ("text", _OUTLET),
            "voice": ("text", _VOICE),
            "actor": ("text", "who is named"),
            "label": ("text", "by which label"),
            "kind": ("text", "kind of label: official, capital, metonym, descriptive, …"),
            "n": ("integer", "mentions"),
            "share": ("number", "0–1 of the actor's mentions in that article and voice"),
        },
    ),
    "valence": (
        "mention of a target",
        {
            "article_id": ("text", _ARTICLE),
            "outlet": ("text", _OUTLET),
            "sentence_id": ("integer", "its sentence"),
            "voice": ("text", _VOICE),
            "target": (
                "text",
                "who is named: an actor of the naming list, or a person the article names three times or more",
            ),
            "start": ("integer", _START),
            "end": ("integer", _END),
            "text": ("text", "the name as it stands"),
            "label": ("integer", "of the sentence toward the target: -1 unfavourable, 0 neutral, 1 favourable"),
            "score": ("number", "-1 to 1, chance of favourable less chance of unfavourable"),
        },
    ),
    "statements": (
        "statement that two or more outlets could report",
        {
            "statement_id": ("text", _STATEMENT),
            "event_id": ("text", "the occasion"),
            "kind": ("text", "speech or fact"),
            "speaker": ("text", "who said it; empty for a fact"),
            "gist": ("text", "its clearest rendering, in that outlet's words"),
            "n_outlets": ("integer", "outlets that report it"),
            "match": ("text", "sure (at that score four matches in five were right) or possible"),
        },
    ),
    "renderings": (
        "statement × article (× sentence)",
        {
            "statement_id": ("text", _STATEMENT),
            "article_id": ("text", _ARTICLE),
            "outlet": ("text", _OUTLET),
            "sentence_id": ("integer", "its sentence; -1 where there is none"),
            "rendering": (
                "text",
                "verbatim, altered, trimmed, paraphrase, narrated, omitted, not_applicable or undecided",
            ),
            "start": ("integer", _START + "; -1"),
            "end": ("integer", _END + "; -1"),
            "text": ("text", "the words that render it"),
            "score": ("number", "0–1, how sure the match is; empty where there is none"),
            "credit": ("text", "whom the article credits with it; empty where it tells it in its own voice"),
        },
    ),
    "quote_edits": (
        "edit between two quotations of one statement",
        {
            "statement_id": ("text", _STATEMENT),
            "article_a": ("text", "article with the fuller quotation, the reference"),
            "article_b": ("text", "the other article"),
            "kind": (
                "text",
                "verbatim, cosmetic, tense, negation, modality, intensity, number, name, dropped_condition, cut_marked, "
                "cut_unmarked, trimmed, added, reworded, bracketed or different",
            ),
            "before": ("text", "words of a"),
            "after": ("text", "words of b"),
            "severity": ("text", "cosmetic, minor or major (may change the meaning)"),
        },
    ),
    "transcript_edits": (
        "edit between a quotation and a reference transcript (none without --transcript)",
        {
            "article_id": ("text", _ARTICLE),
            "start": ("integer", "first character of the quotation"),
            "end": ("integer", _END),
            "speaker": ("text", "whom the article credits"),
            "transcript": ("text", "file name of the transcript"),
            "reference": ("text", "the sentences of it that hold the quotation"),
            "kind": ("text", "as in quote_edits"),
            "before": ("text", "words of the transcript"),
            "after": ("text", "words of the quotation"),
            "severity": ("text", "none, cosmetic, minor or major"),
        },
    ),
    "echoes": (
        "phrase that one speaker is quoted with on two occasions: a link, not a statement",
        {
            "speaker": ("text", "who says it"),
            "phrase": ("text", "the longest run of words in common, lower case"),
            "article_a": ("text", _ARTICLE),
            "start_a": ("integer", "start of the attribution in it"),
            "article_b": ("text", "the article on the other occasion"),
            "start_b": ("integer", "start of the attribution in it"),
        },
    ),
    "findings": (
        "suspected error, or a place considered and let pass",
        {
            "article_id": ("text", _ARTICLE),
            "start": ("integer", _START),
            "end": ("integer", _END),
            "kind": ("text", "period_name, name, date, slip"),
            "text": ("text", "as it stands"),
            "suggestion": ("text", "what an editor might write"),
            "severity": ("text", "high, medium or low"),
            "status": ("text", "flagged, or suppressed with the reason in the explanation"),
            "explanation": ("text", "one sentence"),
        },
    ),
    "comparisons": (
        "outlet × voice × measure",
        {
            "outlet": ("text", _OUTLET),
            "voice": ("text", _VOICE),
            "measure": ("text", "see “Measures” below"),
            "value": ("number", "of this outlet"),
            "rest": ("number", "of all others together"),
            "difference": ("number", "value - rest"),
            "lo": ("number", "95 % interval from resampling; empty where there is too little text"),
            "hi": ("number", "its upper end"),
            "q": ("number", "false discovery rate (Benjamini–Hochberg over the table)"),
            "n": ("integer", "units resampled here"),
            "n_rest": ("integer", "units resampled in the others"),
            "resampled": ("text", "sentences, or articles where the outlet has five or more"),
            "verdict": ("text", "beyond chance (q ≤ .05 and an interval without zero), within chance, too little text"),
        },
    ),
    "keyness": (
        "outlet × word",
        {
            "outlet": ("text", _OUTLET),
            "term": ("text", "the word, lower case"),
            "log_odds": (
                "number",
                "weighted log-odds against the other outlets, natural logarithm; positive: more often here",
            ),
            "z": ("number", "log_odds over its standard error"),
            "q": ("number", "false discovery rate within the outlet"),
            "n_target": ("integer", "times in this outlet"),
            "n_reference": ("integer", "times in the others"),
        },
    ),
}
_NUMBERS = {"integer": "int64", "number": "float64"}


def columns_of(name: str) -> list[str]:
    """Return the columns of a table, in order."""
    return list(TABLES[name][1])


def check_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with exactly its columns, in order and of their types.

    Raises
    ------
    ValueError
        A column is missing or of another type.
    """
    spec = TABLES[name][1]
    missing = [c for c in spec if c not in table.columns]
    if missing:
        raise ValueError(f"table {name} lacks {missing}")
    table = table[list(spec)].reset_index(drop=True)
    for column, (kind, _) in spec.items():
        if kind in _NUMBERS:
            table[column] = pd.to_numeric(table[column]).astype(_NUMBERS[kind])
        else:
            table[column] = table[column].astype(object).where(table[column].notna(), "").map(str)
    return table


def to_csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV bytes: UTF-8, one header row, cells that no spreadsheet runs, numbers in six digits."""
    safe = table.copy()
    for column in safe.columns:
        if safe[column].dtype == object or pd.api.types.is_string_dtype(safe[column]):
            safe[column] = [for_cell(v) for v in safe[column]]
    buffer = io.StringIO()
    safe.to_csv(buffer, index=False, lineterminator="\n", float_format="%.6g")
    return buffer.getvalue().encode("utf-8", "replace")


def write_tables(tables: dict[str, pd.DataFrame], *, folder: Path) -> None:
    """Write every table of the codebook into ``folder``/tables."""
    for name in TABLES:
        write_atomic(folder / "tables" / f"{name}.csv", to_csv(tables[name]))


def read_table(path: Path, *, name: str) -> pd.DataFrame:
    """Read a table back: words stay words, the apostrophe of a guarded cell is taken off."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False, index_col=False, encoding="utf-8")
    for column, (kind, _) in TABLES[name][1].items():
        if kind in _NUMBERS:
            raw[column] = pd.to_numeric(raw[column].replace("", np.nan)).astype(_NUMBERS[kind])
        else:
            raw[column] = raw[column].map(from_cell)
    return check_table(name, raw)


def load_run(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Load the tables of a finished run.

    Parameters
    ----------
    folder : str or Path
        What was given as ``--out``.

    Returns
    -------
    dict of str to DataFrame
        Table name → table, as docs/codebook.md defines them.

    Raises
    ------
    Refusal
        The folder holds no finished run.
    """
    folder = Path(folder)
    if not (folder / "tables" / "articles.csv").is_file():
        raise Refusal(f"{folder.name or folder} holds no finished run", reason="nothing-to-analyse")
    return {name: read_table(folder / "tables" / f"{name}.csv", name=name) for name in TABLES}


def make_codebook(measures: dict) -> str:
    """Return docs/codebook.md."""
    parts = [
        "# Codebook\n\nEvery table of a run stands in `tables/` as CSV (UTF-8, one header row). Offsets count characters of the decoded "
        "raw file\n(line ends as one character, no byte order mark), half-open; for web pages and tables the coordinate is the extracted "
        "text in\n`texts/`. A cell that a spreadsheet might run begins with an apostrophe, which `load_run` takes off again. "
        "An empty cell means\nunknown or not applicable. This page is written by `make docs` from `analysis/tables.py` and "
        "`analysis/catalogue.py`.\n"
    ]
    for name, (grain, columns) in TABLES.items():
        parts.append(
            f"\n## {name}\nOne row per {grain}.\n\n| column | type | meaning |\n|---|---|---|\n"
            + "".join(f"| {c} | {kind} | {meaning} |\n" for c, (kind, meaning) in columns.items())
        )
    parts.append(
        "\n## Measures\nOf one voice in one article; an interval comes from resampling its sentences.\n\n"
        "| measure | name | unit | how | source |\n|---|---|---|---|---|\n"
        + "".join(f"| {k} | {m.label} | {m.unit} | {m.how} | {m.source} |\n" for k, m in measures.items())
    )
    return "".join(parts)
