"""The tables of a run: their columns and what each means."""

from __future__ import annotations

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
            "event_id": ("text", "the occasion the article reports, as the corpus names it, else e1, e2, … by date"),
            "looks_back_to": ("text", "other occasions that passages of it tell again, parted by '; '"),
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
    "frame_codes": (
        "sentence × code of the user's own coder (`train frames`); empty without one",
        {
            "article_id": ("text", _ARTICLE),
            "outlet": ("text", _OUTLET),
            "sentence_id": ("integer", "its sentence; 0 is the headline where there is one"),
            "voice": ("text", _VOICE + "; of most of its words"),
            "start": ("integer", _START),
            "end": ("integer", _END),
            "frame": ("text", "the code of the user's codebook"),
            "score": ("number", "0–1; given from the coder's threshold on, which its card states"),
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
            "kind": ("text", "kind of label: official, capital, metonym, descriptive, …; described: found in the text"),
            "whence": ("text", "list, or apposition: the text itself puts the label to the name"),
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
    "quote_fidelity": (
        "article × what its quotations are held against",
        {
            "article_id": ("text", _ARTICLE),
            "outlet": ("text", _OUTLET),
            "against": ("text", "transcript, or outlets: the other articles that quote the same statements"),
            "n_compared": ("integer", "quotations (transcript) or statements (outlets) compared"),
            "n_verbatim": ("integer", "of these, with the same words; marks and contractions apart"),
            "n_cut": ("integer", "of these, only shorter"),
            "n_changed": (
                "integer",
                "of these, with other words: tense, negation, modality, intensity, number, name, reworded or added",
            ),
            "changed_share": ("number", "0–1, n_changed over n_compared"),
            "lo": ("number", "95 % interval (Wilson)"),
            "hi": ("number", "its upper end"),
            "hypothesis": (
                "text",
                "that the quotations look re-typed or re-translated, where lo is at least .4; else empty",
            ),
        },
    ),
    "coverage": (
        "outlet × measure",
        {
            "outlet": ("text", _OUTLET),
            "measure": ("text", "see “Coverage” below"),
            "value": ("number", "the measure"),
            "lo": ("number", "95 % interval from resampling; empty below five units"),
            "hi": ("number", "its upper end"),
            "n": ("integer", "occasions or statements counted"),
            "over": ("text", "what was resampled: occasions, or statements where there are less than five occasions"),
            "unit": ("text", "unit of value"),
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
            "kind": ("text", "period_name, name, slip, date, number, office, misquotation or credit"),
            "text": ("text", "as it stands"),
            "suggestion": ("text", "what an editor might write"),
            "severity": ("text", "high, medium or low"),
            "status": ("text", "flagged, or suppressed with the reason in the explanation"),
            "explanation": ("text", "one sentence"),
            "evidence": (
                "text",
                "the rule, the dates, the other outlets' wording with article and sentence; parts between ' · '",
            ),
        },
    ),
    "comparisons": (
        "outlet × voice × measure",
        {
            "outlet": ("text", _OUTLET + "; `group: …` for a group of the settings"),
            "reference": ("text", "what it is compared with: an outlet, or the other outlets"),
            "voice": ("text", _VOICE),
            "measure": ("text", "see “Measures” below"),
            "value": ("number", "of this outlet"),
            "value_lo": ("number", "95 % interval of the value from resampling; empty below five units"),
            "value_hi": ("number", "its upper end"),
            "rest": ("number", "of the reference, pooled"),
            "difference": ("number", "value - rest"),
            "lo": ("number", "95 % interval of the difference; empty where there is too little text"),
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
            "reference": ("text", "what it is compared with: an outlet, or the other outlets"),
            "term": ("text", "the word, lower case"),
            "log_odds": (
                "number",
                "weighted log-odds against the reference, natural logarithm; positive: more often here",
            ),
            "z": ("number", "log_odds over its standard error"),
            "q": (
                "number",
                "false discovery rate within the outlet, of a test over articles (sentences where one side has less than five articles)",
            ),
            "n_target": ("integer", "times in this outlet"),
            "n_reference": ("integer", "times in the reference"),
            "n_articles": ("integer", "articles of this outlet that use it"),
            "dispersion": (
                "number",
                "over the articles of this outlet, 0 even to 1 all in one place (Gries 2008, DP normalised); empty with one article",
            ),
        },
    ),
}


def columns_of(name: str) -> list[str]:
    """Return the columns of a table, in order."""
    return list(TABLES[name][1])


def make_codebook(measures: dict, *, coverage: dict) -> str:
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
    parts.append(
        "\n## Coverage\nOf one outlet in the corpus (D'Alessio & Allen 2000); only statements whose match is sure count.\n\n"
        "| measure | unit | how |\n|---|---|---|\n"
        + "".join(f"| {k} | {unit} | {how} |\n" for k, (unit, how) in coverage.items())
    )
    return "".join(parts)
