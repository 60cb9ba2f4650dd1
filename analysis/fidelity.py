"""Quote fidelity: two quotations of one utterance compared word by word, each change named and graded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any

import pandas as pd

from analysis import edit_kinds as ek
from analysis.edit_typing import Edit, same_blocks, type_edge, type_replacement
from analysis.marks import find_quoted
from analysis.quote_words import MAX_CHARACTERS, MAX_WORDS, Word, cut_window, join_compounds, words_of
from analysis.views import straighten

_SAME_SHARE = 0.5  # of the shorter quotation's weight that must be found, in order, in the other
_FRAGMENT, _FRAGMENT_SHARE = 4, 0.6  # the same for a quotation of so few words
_MOST_CLASH = 0.6  # other words in the same places, over the weight that matches
_STRAY = 2  # a run of so few function words, far from its neighbours, is no evidence of a match
_FUNCTION_WEIGHT = 0.3
_MARKS = "\"'“”‘’„«»` \n"
QUOTED = ("verbatim", "altered", "trimmed")  # renderings in quotation marks
_MAX_PARTS = 20  # quotations of one article compared within one statement
QUOTE_EDIT_COLUMNS = ["statement_id", "article_a", "article_b", "kind", "before", "after", "severity"]


def find_edits(a: str, b: str) -> dict[str, Any]:
    """Name what changed between two quotations.

    Parameters
    ----------
    a, b : str
        The words of two quotations, without their outer marks; ``a`` is the reference (a transcript, or the
        fuller of the two). Only the first 400 words of each are compared, of a longer ``a`` the 400 or so that
        share most words with ``b``.

    Returns
    -------
    dict
        kinds (sorted list, see `edit_kinds.KINDS`), meaning_changed (bool), edits (list of dict with kind,
        before, after, severity cosmetic | minor | major) and compared, "whole" or "in part".

    Notes
    -----
    Words are aligned with the longest matching blocks of Ratcliff & Metzener (1988), as difflib has them.
    """
    words_a, ends_cut_a = words_of(a)
    words_b, ends_cut_b = words_of(b)
    partly = len(a) > MAX_CHARACTERS or len(b) > MAX_CHARACTERS or max(len(words_a), len(words_b)) > MAX_WORDS
    words_b = words_b[:MAX_WORDS]
    words_a = cut_window(words_a, words_b)
    words_a, words_b = join_compounds(words_a, words_b), join_compounds(words_b, words_a)
    edits = _compare(words_a, words_b, ends_cut_a, ends_cut_b) if words_a and words_b else None
    if edits is None:
        same = not words_a and not words_b
        edits = [] if same else [Edit("different", a[:300], b[:300], "none")]
    if not edits:
        edits = _surface(a, b)
    kinds = sorted({e.kind for e in edits}) or ["verbatim"]
    return {
        "kinds": kinds,
        "meaning_changed": any(e.severity == "major" for e in edits),
        "edits": [e._asdict() for e in edits],
        "compared": "in part" if partly else "whole",
    }


def _weight(words: Iterable[Word]) -> float:
    return sum(_FUNCTION_WEIGHT if w.plain in ek.FUNCTION else 1.0 for w in words)


def _blocks(a: list[Word], b: list[Word]) -> list[tuple[int, int, int]]:
    """Return the matching blocks (i, j, size), without strays that only function words hold up."""
    matcher = SequenceMatcher(None, [w.plain for w in a], [w.plain for w in b], autojunk=False)
    blocks = [(m.a, m.b, m.size) for m in matcher.get_matching_blocks() if m.size]
    kept = []
    for n, (i, j, size) in enumerate(blocks):
        plain = all(w.plain in ek.FUNCTION for w in a[i : i + size])
        if plain and size <= _STRAY and len(blocks) > 1:
            before = blocks[n - 1] if n else None
            after = blocks[n + 1] if n + 1 < len(blocks) else None
            gaps = [max(i - before[0] - before[2], j - before[1] - before[2])] if before else []
            gaps += [max(after[0] - i - size, after[1] - j - size)] if after else []
            beyond = min(i, j) if n == 0 else min(len(a) - i - size, len(b) - j - size) if after is None else 0
            if min(gaps) > 3 * size or (size == 1 and beyond > 1):
                continue
        kept.append((i, j, size))
    return kept


def _compare(a: list[Word], b: list[Word], ends_cut_a: bool, ends_cut_b: bool) -> list[Edit] | None:
    """Return the edits from a to b, or None where they are not one utterance."""
    blocks = _blocks(a, b)
    if not _is_same_utterance(a, b, blocks):
        return None
    edits: list[Edit] = []
    first, last = blocks[0], blocks[-1]
    edits += type_edge(a[: first[0]], b[: first[1]], a[first[0] :], head=True, marked=b[0].after_cut)
    at_a, at_b, size = first
    for i, j, n in blocks[1:]:
        before, after = a[at_a + size : i], b[at_b + size : j]
        marked_b = any(w.after_cut for w in b[at_b + size : j + 1])
        marked_a = any(w.after_cut for w in a[at_a + size : i + 1])
        edits += type_replacement(before, after, marked_b=marked_b, marked_a=marked_a)
        at_a, at_b, size = i, j, n
    end_a, end_b = last[0] + last[2], last[1] + last[2]
    edits += type_edge(a[end_a:], b[end_b:], a[:end_a], head=False, marked=ends_cut_b)
    return _merge_cosmetic([*edits, *_on_the_page(a, b, blocks)])


def _on_the_page(a: list[Word], b: list[Word], blocks: list[tuple[int, int, int]]) -> Iterator[Edit]:
    """Yield what differs in words that are the same: brackets, capitals, contractions, marks.

    Beside a change, marks and the other half of a contraction belong to that change.
    """
    for i, j, n in blocks:
        for k in range(n):
            wa, wb = a[i + k], b[j + k]
            beside = k in (0, n - 1) and (i + k, j + k) not in ((0, 0), (len(a) - 1, len(b) - 1))
            contracted = wa.raw.lower() != wa.plain or wb.raw.lower() != wb.plain
            if wb.bracketed != wa.bracketed:
                yield Edit(
                    "bracketed",
                    f"[{wa.raw}]" if wa.bracketed else wa.raw,
                    f"[{wb.raw}]" if wb.bracketed else wb.raw,
                    "cosmetic",
                )
            elif beside and (contracted or (k == 0 and wa.raw == wb.raw)):
                continue
            elif not _looks_same(wa, wb):
                yield Edit("cosmetic", wa.mark + wa.raw, wb.mark + wb.raw, "cosmetic")


def _looks_same(wa: Word, wb: Word) -> bool:
    """Tell whether a word looks the same in both; a capital and a mark at an edge that was cut are due to the cut."""
    if wa.first or wb.first:
        return wa.raw.lower() == wb.raw.lower() if wa.first != wb.first else wa.raw == wb.raw
    return wa.raw == wb.raw and wa.mark == wb.mark and wa.opens == wb.opens


def _merge_cosmetic(edits: list[Edit]) -> list[Edit]:
    seen: set[tuple[str, str, str]] = set()
    merged = []
    for e in edits:
        key = (e.kind, e.before, e.after)
        if e.kind != "cosmetic" or key not in seen:
            merged.append(e)
        seen.add(key)
    return merged


def _is_same_utterance(a: list[Word], b: list[Word], blocks: list[tuple[int, int, int]]) -> bool:
    """Tell one utterance from a look-alike.

    A quotation cut short lacks words; only another utterance has other words in the same places. So the share
    of the shorter that is found in the other counts, and against it what both have between the matching blocks.
    """
    if not blocks:
        return False
    matched = _weight(w for i, _, n in blocks for w in a[i : i + n])
    at_a = at_b = 0
    clash = swapped = 0.0
    for i, j, n in [*blocks, (len(a), len(b), 0)]:
        in_place = min(_weight(a[at_a:i]), _weight(b[at_b:j]))
        if _is_name(a[at_a:i]) and _is_name(b[at_b:j]):  # one name for another may be the change itself
            swapped += in_place
        else:
            clash += in_place
        at_a, at_b = i + n, j + n
    share = matched / max(min(_weight(a), _weight(b)) - swapped, 1e-9)
    if min(len(a), len(b)) <= _FRAGMENT:
        return share >= _FRAGMENT_SHARE
    return share >= _SAME_SHARE and clash <= _MOST_CLASH * matched


def _is_name(words: list[Word]) -> bool:
    return 0 < len(words) <= 3 and all(w.raw[:1].isupper() and not w.opens for w in words)


def _surface(a: str, b: str) -> list[Edit]:
    """Return the one cosmetic edit of two quotations with the same words, none where they are the same."""
    view_a, view_b = (" ".join(straighten(x).split()).strip(" \"'") for x in (a[:MAX_CHARACTERS], b[:MAX_CHARACTERS]))
    return [] if view_a == view_b else [Edit("cosmetic", a[:300], b[:300], "cosmetic")]


def annotate_fidelity(records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the answer to each record of `annotate fidelity`.

    Parameters
    ----------
    records : iterable of dict
        id, a, b (the words of two quotations, a the reference).

    Yields
    ------
    dict
        id, kinds, meaning_changed, edits; and a note where only a part was compared.
    """
    for record in records:
        found = find_edits(str(record["a"]), str(record["b"]))
        compared = found.pop("compared")
        note = {} if compared == "whole" else {"note": f"only the first {MAX_WORDS} words were compared"}
        yield {"id": record["id"], **found, **note}


def compare_quotations(
    statements: pd.DataFrame, *, renderings: pd.DataFrame, attributions: pd.DataFrame, articles: pd.DataFrame
) -> pd.DataFrame:
    """Compare the quotations of each statement word by word across articles.

    Parameters
    ----------
    statements : DataFrame
        One row per statement: statement_id.
    renderings : DataFrame
        One row per rendering: statement_id, article_id, rendering, text.
    attributions : DataFrame
        One row per attribution: article_id, quotation_type.
    articles : DataFrame
        One row per article: article_id; only these are compared.

    Returns
    -------
    DataFrame
        One row per edit: statement_id, article_a (the fullest quotation), article_b, kind, before, after,
        severity (none for verbatim, cosmetic, minor, major). Quotations of one statement that are not one
        utterance are left out.
    """
    quoted = set(attributions.loc[attributions["quotation_type"] != "indirect", "article_id"]) & set(
        articles["article_id"]
    )
    texts: dict[Any, dict[Any, list[str]]] = {}
    for r in renderings[renderings["rendering"].isin(QUOTED)].itertuples(index=False):
        if r.article_id in quoted:
            parts = texts.setdefault(r.statement_id, {}).setdefault(r.article_id, [])
            parts += [p for p in find_quotations(str(r.text)) if p not in parts]
    rows: list[tuple] = []
    for statement_id in statements["statement_id"]:
        of = texts.get(statement_id, {})
        if len(of) < 2:
            continue
        reference = max(sorted(of), key=lambda i: max(map(len, of[i])))
        for other in sorted(set(of) - {reference}):
            for a, b in match_quotations(of[reference], of[other]):
                found = find_edits(a, b)
                same = [{"kind": "verbatim", "before": a, "after": b, "severity": "none"}]
                rows += [
                    (statement_id, reference, other, e["kind"], e["before"], e["after"], e["severity"])
                    for e in found["edits"] or same
                ]
    return pd.DataFrame(rows, columns=QUOTE_EDIT_COLUMNS)


def find_quotations(text: str) -> list[str]:
    """Return the stretches of an attribution that stand in quotation marks, without the marks.

    A text without marks is one stretch: the attribution was taken from inside them.
    """
    found = [
        text[q.start : q.end].strip(_MARKS)
        for q in find_quoted(text, paragraphs=[(0, len(text))])
        if q.depth == 0 and q.style == "double"
    ]
    return [f for f in found if f] or [text.strip(_MARKS)]


def match_quotations(reference: list[str], other: list[str]) -> list[tuple[str, str]]:
    """Return the quotations of two articles that give one utterance, as pairs, the reference's words first.

    Parameters
    ----------
    reference, other : list of str
        The words of the quotations of each article, without their marks.

    Returns
    -------
    list of (str, str)
        One pair for each of ``other`` that has its like in ``reference``.
    """
    pairs = []
    words = [[w.plain for w in words_of(r)[0]] for r in reference[:_MAX_PARTS]]
    for b in other[:_MAX_PARTS]:
        plain = [w.plain for w in words_of(b)[0]]
        shares = [same_blocks(r, plain) for r in words]
        best = max(range(len(shares)), key=lambda k: shares[k])
        if shares[best] and "different" not in find_edits(reference[best], b)["kinds"]:
            pairs.append((reference[best], b))
    return pairs
