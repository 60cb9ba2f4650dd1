"""Every public function that takes text, as a function of one string: what the growth of time is measured on.

`LIGHT` look at characters or words, `WHOLE` run a whole analysis. `LEFT_OUT` says why the others take no article.
Each is also a function of this module, so that a probe can be pointed at ``bench.text_functions:find_furniture``.
"""

from __future__ import annotations

import contextlib
import html
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from analysis import (
    agreement,
    align,
    align_units,
    annotate,
    attribute_words,
    citation,
    clean,
    cues,
    dates,
    diff,
    disagreements,
    edit_kinds,
    edit_typing,
    escape,
    exports,
    fidelity,
    files,
    formats,
    frame_features,
    loaded_coding,
    loaded_features,
    marks,
    markup,
    names,
    notebooks,
    past_words,
    period_lists,
    period_names,
    present,
    quantities,
    quote_words,
    read,
    refusals,
    rows,
    screen,
    segment,
    streams,
    style,
    target_train,
    term_matching,
    valence,
    views,
    xml_formats,
)
from analysis.align_features import longest_run
from analysis.files import MODELS
from analysis.options import Options
from analysis.settings import Settings

TEXT_PARAMETERS = (
    "text",
    "word",
    "view",
    "paragraph",
    "sentence",
    "sentences",
    "a",
    "name",
    "value",
    "url",
    "lemma",
    "parts",
    "page",
    "data",
)
LEFT_OUT = {  # public functions whose first parameter looks like text
    "attribute_train.read_templates": "a specification written by us",
    "catalogue.describe": "the name of a measure",
    "table_files.check_table": "the name of a table",
    "catalogue.family_of": "the name of a measure",
    "cache.make_stamp": "settings and lists, not a text",
    "coding_tsv.read_tsv": "a coder's file, held by tests/test_coding.py",
    "findings.join_evidence": "a few parts of one finding",
    "tabular.ending_of": "the name of a file",
    "tables.columns_of": "the name of a table",
    "wordlists.load_lexicon": "the name of a list",
    "edit_kinds.is_tense_shift": "a few words of one edit",
}


def _record(text: str) -> dict[str, Any]:
    half = len(text) // 2
    return {
        **{"id": "a", "doc_id": "a", "text": text, "start": 0, "end": min(9, len(text)), "date": "2022-01-07"},
        **{"a": text[:half], "b": text[half:]},
    }


def _annotate(what: str) -> Callable[[str], Any]:
    return lambda text: list(annotate.annotators(MODELS)[what]([_record(text)]))


def _align(text: str) -> Any:
    sentences = [text[i : i + 300] for i in range(0, len(text), 300)] or [""]
    half = len(sentences) // 2
    articles = {
        o: {"title": "t", "date": "2022-01-07", "sentences": part}
        for o, part in (("A", sentences[:half]), ("B", sentences[half:]))
    }
    return list(align.annotate_align([{"event": "e", "articles": articles}], models=MODELS))


def _read(text: str) -> Any:
    import pandas as pd

    empty = dict.fromkeys(("outlet", "title", "date", "date_basis", "url"), "")
    article = pd.DataFrame([{**empty, "article_id": "a", "text": text, "file": "a.txt", "line": 0, "flags": ()}])
    return read.read_chunk((article, Options(settings=Settings(min_words=1, all_languages=True))))


def _decode(text: str) -> None:
    with contextlib.suppress(refusals.Skip):
        files.decode(text.encode())


def _feed(text: str) -> bytes:
    """A feed of one item whose description is a text with its markup."""
    return f"<rss><item><description>{html.escape(text)}</description></item></rss>".encode("utf-8", "replace")


def _halves(function: Callable, split: Callable[[str], Any] = str) -> Callable[[str], Any]:
    return lambda text: function(split(text[: len(text) // 2]), split(text[len(text) // 2 :]))


def _skipped(function: Callable[[str], Any]) -> Callable[[str], Any]:
    def run(text: str) -> None:
        with contextlib.suppress(refusals.Skip):
            function(text)

    return run


LIGHT: dict[str, Callable[[str], Any]] = {
    "cues.is_nominalisation": cues.is_nominalisation,
    "disagreements.find_days": disagreements.find_days,
    "disagreements.find_role": lambda t: disagreements.find_role(t + " 3 ", len(t) + 1, len(t) + 2),
    "citation.hash_text": citation.hash_text,
    "exports.split_export": _skipped(exports.split_export),
    "dates.read_any_day": dates.read_any_day,
    "files.decode_exactly": _skipped(lambda t: files.decode_exactly(t.encode())),
    "files.sha256": lambda t: files.sha256(t.encode()),
    "formats.flatten": formats.flatten,
    "formats.make_parsable": formats.make_parsable,
    "notebooks.is_live": notebooks.is_live,
    "xml_formats.load_docx": _skipped(lambda t: xml_formats.load_docx(t.encode())),
    "xml_formats.load_feed": _skipped(lambda t: xml_formats.load_feed(_feed(t))),
    "xml_formats.scan_xml": _skipped(
        lambda t: xml_formats.scan_xml(t.encode(), start=lambda *_: None, end=lambda *_: None, text=lambda *_: None)
    ),
    "formats.load_markdown": _skipped(formats.load_markdown),
    "formats.load_rtf": _skipped(formats.load_rtf),
    "frame_features.find_words": frame_features.find_words,
    "loaded_coding.word_key": loaded_coding.word_key,
    "loaded_features.find_atoms": loaded_features.find_atoms,
    "loaded_features.find_groups": loaded_features.find_groups,
    "loaded_features.find_root": loaded_features.find_root,
    "markup.mark_merged": _halves(markup.mark_merged),
    "past_words.find_past_words": past_words.find_past_words,
    "past_words.may_look_back": past_words.may_look_back,
    "quantities.find_quantities": quantities.find_quantities,
    "target_train.plain": target_train.plain,
    "agreement.find_head": lambda t: agreement.find_head(t, [[0, len(t)]]),
    "align_units.take_apart": lambda t: align_units.take_apart(t, False),
    "segment.find_sentences": segment.find_sentences,
    "attribute_words.inflect": attribute_words.inflect,
    "clean.find_furniture": clean.find_furniture,
    "edit_kinds.expand": lambda t: edit_kinds.expand(t, t),
    "edit_kinds.lemma": lambda t: (
        edit_kinds.lemma.__wrapped__(t) if hasattr(edit_kinds.lemma, "__wrapped__") else edit_kinds.lemma(t)
    ),
    "edit_kinds.number_of": edit_kinds.number_of,
    "edit_kinds.spelling": edit_kinds.spelling,
    "escape.for_cell": escape.for_cell,
    "escape.for_html": escape.for_html,
    "escape.for_label": escape.for_label,
    "escape.for_link": escape.for_link,
    "escape.from_cell": escape.from_cell,
    "fidelity.find_quotations": fidelity.find_quotations,
    "files.decode": _decode,
    "files.slug": files.slug,
    "marks.find_quoted": lambda t: marks.find_quoted(t, paragraphs=[(0, len(t))]),
    "markup.mark_spans": lambda t: markup.mark_spans(t, start=0, end=len(t), layers=[(0, len(t), "said")]),
    "names.surname_of": names.surname_of,
    "names.word_list": names.word_list,
    "names.word_set": names.word_set,
    "period_lists.split_parts": lambda t: list(period_lists.split_parts(t, 0, len(t))),
    "period_names.find_years": period_names.find_years,
    "present.say": present.say,
    "quote_words.words_of": quote_words.words_of,
    "refusals.one_line": refusals.one_line,
    "rows.split_rows": lambda t: list(rows.split_rows("a,b\n" + t)),
    "screen.is_english": screen.is_english,
    "segment.find_tokens": lambda t: list(segment.find_tokens(views.straighten(t), 0, len(t))),
    "segment.find_norms": segment.find_norms,
    "segment.find_words": segment.find_words,
    "segment.norm_of": segment.norm_of,
    "segment.split_paragraphs": lambda t: segment.split_paragraphs(t, []),
    "streams.split_blocks": lambda t: list(streams.split_blocks(t.encode("utf-8", "replace"))),
    "segment.straighten_breaks": segment.straighten_breaks,
    "style.text_width": style.text_width,
    "style.wrap": lambda t: style.wrap(t, width=3),
    "valence.find_valence": valence.find_valence,
    "views.bare": views.bare,
    "views.find_disguises": views.find_disguises,
    "views.straighten": views.straighten,
    "term_matching.find_forms": term_matching.find_forms,
}
WHOLE: dict[str, Callable[[str], Any]] = {
    "formats.load_page": formats.load_page,
    "align.annotate_align": _align,
    "align_features.longest_run": _halves(longest_run, str.split),
    "diff.diff_words": _halves(diff.diff_words),
    "edit_typing.same_blocks": _halves(edit_typing.same_blocks, str.split),
    "fidelity.find_edits": _halves(fidelity.find_edits),
    "markup.mark_diff": _halves(markup.mark_diff),
    **{f"annotate {w}": _annotate(w) for w in ("attributions", "wording", "valence", "frames", "errors", "fidelity")},
    "read.read_chunk": _read,
}
FUNCTIONS = {**LIGHT, **WHOLE}
globals().update({n.split(".")[-1].replace(" ", "_"): f for n, f in FUNCTIONS.items()})

# ---------------------------------------------------------------- hostile strings


def repeat(unit: str, head: str = "", tail: str = "") -> Callable[[int], str]:
    """Return a function that makes a string of about n characters."""
    return lambda n: head + unit * max(1, (n - len(head) - len(tail)) // len(unit)) + tail


def nest(opening: str, closing: str) -> Callable[[int], str]:
    """Return a function that makes n characters of marks opened and then closed."""
    return lambda n: opening * (n // 2 // len(opening)) + closing * (n // 2 // len(closing))


def _units(units: Iterable[str]) -> dict[str, Callable[[int], str]]:
    return {repr(u): repeat(u) for u in units}


FAMILIES: dict[str, Callable[[int], str]] = {
    **_units(
        ("“", "”", '"', "'", "‘", "“”", "“a", '"a b ', "«", "(", ")", "[", "<", "<a ", "<!--", "&", "&amp;", "$", "\\")
    ),
    **_units(
        (".", ". ", "…", "... ", ",", ", ", ";", ":", "!", "?", "-", "—", "– ", "_", "*", "#", "/", "|", "%", "@", "=")
    ),
    **_units((" ", "\t", "\n", "\r\n", " \n", "\u00a0", "\u200b", "\u0301", "\u202e", "\u2028", "\x00", "\x1b[")),
    **_units(
        (
            "a",
            "A",
            "a.",
            "A.",
            "a-",
            "a'",
            "Aa ",
            "aA",
            "1",
            "1,",
            "1.",
            "1/",
            "1 ",
            "0x",
            "e ",
            "é",
            "я",
            "中",
            "\U0001f600",
        )
    ),
    **_units(
        (
            "said ",
            "he said ",
            "Mr. ",
            "J. ",
            "U.S. ",
            "and ",
            "Hale ",
            "Maria Hale ",
            "not ",
            "no ",
            "good but ",
            "Soviet ",
            "Soviet",
            "5 May 2021 ",
        )
    ),
    **_units(
        (
            "“No,” he said. ",
            "“No",
            "by A B\n",
            "Read more\n",
            "Share this:\n",
            "x\n\n",
            "said that “a” ",
            "according to ",
            "Hale, ",
        )
    ),
    "marks in marks": nest("“‘", "’”"),
    "brackets in brackets": nest("(", ")"),
    "an open mark": repeat("talks end ", "“"),
    "a closing mark": repeat("talks end ", "", "”"),
    "one word, then !": repeat("a", "", "!"),
    "an address": repeat("a.", "https://"),
    "a mailbox": repeat("a.", "x@"),
    "one base, many accents": repeat("\u0335", "R"),
    "prose": repeat("The minister Maria Hale said on Friday that “we will not leave the talks,” and the others left. "),
}
PACKAGE = Path(clean.__file__).parent
