"""Misquotations: a quotation that another outlet, or a transcript, gives with another meaning.

A graded edit is flagged only where the change lies inside the marks and nothing beside them makes up for it: a
condition that the outlet gives in its own words, a "not" that stands before the fragment, is no loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from analysis.align_units import normal
from analysis.edit_kinds import FUNCTION, MODALS, NEGATIONS, REVERSERS
from analysis.fidelity import find_edits, find_quotations, match_quotations
from analysis.findings import Finding, Passage, cite, join_evidence
from analysis.quantities import find_quantities
from analysis.segment import find_norms

GRADED = frozenset({"dropped_condition", "negation", "modality", "number", "name"})
_LEAST_WORDS = 4  # of a quotation; a shorter fragment is part of the outlet's own sentence
_MOST_SWAPPED = 5  # words that take each other's place; longer ones are another sentence
_LEAST_CLAUSE = 3  # words of a condition
_GIVEN = 0.5  # of the content words of what is lost that stand beside the quotation
_CONDITION = re.compile(
    r"(?:(?:but )?only |even )?(?:if|unless|until|provided that|so long as|as long as|on condition that)\b|should (?=[a-z]+ [a-z]+)"
)
_IN_OWN_WORDS = frozenset("if unless until should without failing failure absent provided once when not".split())
_CONDITION_WORDS = _IN_OWN_WORDS - {"once", "not", "when"}
_NO_NEGATION = frozenset("more less but other short than".split())  # "nothing more than" says "only"
_FUTURE = frozenset({"will"})  # would for will is reported speech


class Quoted(NamedTuple):
    """One side of a comparison: the words in marks, where they stand, and the sentences around them."""

    passage: Passage
    words: str
    start: int
    end: int
    outside: str  # the sentence without the words
    near: tuple[str, ...]  # the sentence and its neighbours without the words


def find_misquotations(
    groups: Sequence[Sequence[tuple[Passage, str, int, tuple[str, ...]]]], *, graded: frozenset[tuple[Any, Any, int]]
) -> list[Finding]:
    """Find quotations of one statement that differ in meaning between outlets.

    Parameters
    ----------
    groups : sequence of sequence of (Passage, str, int, tuple of str)
        The quoted renderings of each surely matched statement: the sentence, the rendered words, where they begin,
        the sentences around.
    graded : frozenset of (article_a, article_b, group)
        Pairs that have an edit of severity ``major`` in the group of that number; the others are not looked at.

    Returns
    -------
    list of Finding
        Flagged, or suppressed with the reason. Nobody knows who is right: severity is low, or medium where words in
        whole sentences clash.
    """
    found: dict[tuple[Any, int, int], Finding] = {}
    for number, group in enumerate(groups):
        by_article: dict[Any, list[Quoted]] = {}
        for passage, text, start, around in group:
            by_article.setdefault(passage.article_id, []).extend(_quotations(passage, text, start, around))
        for a, b in sorted((a, b) for a, b, n in graded if n == number and a in by_article and b in by_article):
            fuller, other = by_article[a], by_article[b]
            for one, two in match_quotations([q.words for q in fuller], [q.words for q in other]):
                mine = next(q for q in other if q.words == two)
                reference = next(q for q in fuller if q.words == one)
                for finding in _judge(reference, mine):
                    key = (mine.passage.article_id, mine.start, mine.end)
                    if key not in found or (finding.status, found[key].status) == ("flagged", "suppressed"):
                        found[key] = finding
    return list(found.values())


def _quotations(passage: Passage, text: str, start: int, around: tuple[str, ...]) -> Iterator[Quoted]:
    at = 0
    for words in find_quotations(text):
        at = max(text.find(words, at), 0)
        outside, *near = (t.replace(words, " ") for t in (passage.text, *around))
        yield Quoted(passage, words, start + at, start + at + len(words), outside, tuple(near))


def _judge(reference: Quoted, mine: Quoted) -> Iterator[Finding]:
    for edit in find_edits(reference.words, mine.words)["edits"]:
        if edit["severity"] != "major" or edit["kind"] not in GRADED:
            continue
        excuse = find_excuse(
            edit, reference.words, mine.words, outside=mine.outside, near=mine.near, beside=reference.outside
        )
        whole = mine.words[:1].isupper() and edit["kind"] != "dropped_condition"
        lost, put = edit["before"].strip(), edit["after"].strip()
        if edit["kind"] == "dropped_condition":
            why = f"another outlet quotes these words with the condition “{lost}”, which is left out here"
        else:
            why = (
                f"another outlet quotes the same words with “{lost or '…'}” where this one has “{put or '…'}”; nobody here "
                "knows which is right"
            )
        yield Finding(
            mine.passage.article_id,
            mine.start,
            mine.end,
            "misquotation",
            mine.words,
            "",
            "medium" if whole else "low",
            "suppressed" if excuse else "flagged",
            excuse or why,
            join_evidence(
                f"rule: {edit['kind'].replace('_', ' ')}, a change that may turn the meaning", cite(reference.passage)
            ),
        )


def _change(kind: str) -> str:
    return {"dropped_condition": "the condition", "negation": "another negation", "modality": "another modal verb"}.get(
        kind, f"another {kind}"
    )


def find_transcript_misquotations(
    rows: Sequence[Any], *, around: dict[tuple[Any, int], tuple[str, ...]], texts: dict
) -> list[Finding]:
    """Find quotations that a reference transcript gives with another meaning.

    Parameters
    ----------
    rows : sequence
        Rows of the table ``transcript_edits``.
    around : dict
        (article_id, start of the quotation) to the sentence it stands in, then that and its neighbours.
    texts : dict
        article_id to raw text.

    Returns
    -------
    list of Finding
        Flagged with severity high (a condition lost, a modal verb: medium), or suppressed with the reason.
    """
    found: dict[tuple[Any, int], Finding] = {}
    for r in rows:
        if r.severity != "major" or r.kind not in GRADED:
            continue
        words = texts[r.article_id][r.start : r.end]
        edit = {"kind": r.kind, "before": r.before, "after": r.after, "severity": r.severity}
        plain = words.strip('“”"„«» ')
        outside, *near = (t.replace(words, " ") for t in around.get((r.article_id, r.start), ("",)))
        excuse = find_excuse(edit, str(r.reference), plain, outside=outside, near=near, beside="")
        finding = Finding(
            r.article_id,
            int(r.start),
            int(r.end),
            "misquotation",
            words,
            r.before if r.before and r.after else "",
            "medium" if r.kind in ("modality", "dropped_condition") else "high",
            "suppressed" if excuse else "flagged",
            excuse
            or f"the transcript has {_change(r.kind)} “{r.before or '…'}” where the quotation has “{r.after or '…'}”",
            join_evidence(
                f"rule: {r.kind.replace('_', ' ')}, a change that may turn the meaning",
                f"transcript {r.transcript}: “{r.reference}”",
            ),
        )
        key = (r.article_id, int(r.start))
        if key not in found or (finding.status, found[key].status) == ("flagged", "suppressed"):
            found[key] = finding
    return list(found.values())


def find_excuse(
    edit: dict[str, str], reference: str, words: str, *, outside: str, near: Sequence[str], beside: str
) -> str:
    """Return why a graded edit is no misquotation, or ''.

    Parameters
    ----------
    edit : dict
        kind, before (words of the reference), after (words of the quotation).
    reference, words : str
        The fuller quotation or the transcript, and the quotation.
    outside : str
        What the sentence has around the quotation.
    near : sequence of str
        The same, and the sentences beside it.
    beside : str
        What stands around the reference.
    """
    before, after = find_norms(edit["before"]), find_norms(edit["after"])
    if len(find_norms(words)) < _LEAST_WORDS:
        return "a fragment of so few words is part of the outlet's own sentence"
    if edit["kind"] == "dropped_condition":
        return _excuse_condition(before, after, reference, words, outside, near)
    if len(before) > _MOST_SWAPPED or len(after) > _MOST_SWAPPED:
        return "the outlet begins or ends the quotation elsewhere; what is quoted is the same"
    if edit["kind"] == "negation":
        return _excuse_negation(before, after, words, outside, reference, beside)
    if not before or not after:
        return "the word stands at the edge of the quotation, where the outlet's own words take over"
    if edit["kind"] == "modality":
        one, two = ({MODALS[w] for w in side if w in MODALS} for side in (before, after))
        return "" if one and two and one != two and not (one | two) <= _FUTURE else "the modal verb is the same"
    if edit["kind"] == "number":
        one_number, two_numbers = find_quantities(edit["before"]), find_quantities(edit["after"])
        return "the numbers agree" if any(x.agrees(y) for x in one_number for y in two_numbers) else ""
    return ""


def _excuse_condition(
    before: list[str], after: list[str], reference: str, words: str, outside: str, near: Sequence[str]
) -> str:
    lost = " ".join(before)
    if not _CONDITION.match(lost) or len(before) < _LEAST_CLAUSE:
        return "what is lost is a clause of its own, or no condition"
    if any(_stands_in(before, own) and _IN_OWN_WORDS & set(own) for own in map(find_norms, near)):
        return "the outlet gives the condition beside the quotation"
    own = set(find_norms(outside))
    if " ".join(find_norms(reference)).startswith(lost):
        if not words.lstrip("“”\"'")[:1].isupper() or _IN_OWN_WORDS & own:
            return "the outlet gives the beginning of the sentence in its own words"
    elif _CONDITION_WORDS & own:
        return "the outlet has a condition in its own words beside the quotation"
    return ""


def _excuse_negation(before: list[str], after: list[str], words: str, outside: str, reference: str, beside: str) -> str:
    lost, put = _negations(before), _negations(after)
    if bool(lost) == bool(put):
        return "the negation is said in another way"
    own, whole = find_norms(words), find_norms(reference)
    if _negations(find_norms(outside)) or _negations(find_norms(beside)):
        return "a negation stands outside the marks"
    fewer, more = (own, whole) if lost else (whole, own)
    if _negations(fewer) >= _negations(more):
        return "the negation stands elsewhere in the quotation"
    return ""


def _negations(words: list[str]) -> int:
    """Count the negations, "nothing more than" and its like left out."""
    return sum(
        (w in NEGATIONS or w.endswith("n't") or w in REVERSERS)
        and not (i + 1 < len(words) and words[i + 1] in _NO_NEGATION)
        for i, w in enumerate(words)
    )


def _stands_in(lost: list[str], own: list[str]) -> bool:
    wanted = {normal(w) for w in lost if w not in FUNCTION}
    return len(wanted & {normal(w) for w in own}) >= max(2, _GIVEN * len(wanted))
