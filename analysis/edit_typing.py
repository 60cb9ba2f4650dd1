"""From aligned stretches of two quotations to named, graded edits."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any, NamedTuple

from rapidfuzz.distance import JaroWinkler

from analysis import edit_kinds as ek
from analysis.quote_words import MAX_WORDS

_NAME_ALIKE = 0.78  # Jaro-Winkler of two spellings of one name ("Gadhafi", "Qaddafi": .81)
_SAYS = ek.AUXILIARIES.keys() | ek.MODALS.keys() | {"not", "i", "we", "you", "he", "she", "they", "it"}
_MAX_EDGE = 3  # words at an edge that may stand in place of as many, rather than be added


class Edit(NamedTuple):
    """One change: its kind, the words before and after it, and cosmetic | minor | major."""

    kind: str
    before: str
    after: str
    severity: str


def _plain(words: list[Any]) -> list[str]:
    return [w.plain for w in words]


def _raw(words: list[Any]) -> str:
    return " ".join(w.raw for w in words if w.raw)


def _is_name(word: Any) -> bool:
    return word.raw[:1].isupper() and not word.opens and word.plain not in ek.FUNCTION and len(word.raw) > 1


def type_replacement(
    before: list[Any], after: list[Any], *, marked_b: bool = False, marked_a: bool = False
) -> list[Edit]:
    """Name what stands between two matching blocks: words of a (`before`) against words of b (`after`)."""
    if not before and not after:
        if marked_b != marked_a:
            return [Edit("cosmetic", "…" if marked_a else "", "…" if marked_b else "", "cosmetic")]
        return []
    bracketed = [w for w in after if w.bracketed]
    if bracketed or any(w.bracketed for w in before):
        return _type_brackets(before, after)
    if not after:
        return _type_cut(before, marked_b)
    if not before:
        return _type_addition(after, marked_a)
    if marked_b and len(before) > len(after) + 3:
        return [*_type_cut(before, True), Edit("reworded", "", _raw(after), "minor")]
    return _type_change(before, after)


def _type_brackets(before: list[Any], after: list[Any]) -> list[Edit]:
    """Words the editor put in brackets, in either quotation, with what they stand for."""
    rest_a, rest_b = [w for w in before if not w.bracketed], [w for w in after if not w.bracketed]
    edits = [Edit("bracketed", _raw(before), _raw(after), "minor")]
    if rest_b and (len(rest_b) > 2 or not rest_a):
        edits += type_replacement(rest_a, rest_b) if rest_a else _type_addition(rest_b, False)
    if ek.negation_count(_plain(before)) != ek.negation_count(_plain(after)):
        edits.append(Edit("negation", _raw(before), _raw(after), "major"))
    return edits


def _type_cut(words: list[Any], marked: bool) -> list[Edit]:
    plain, raw = _plain(words), _raw(words)
    if all(w in ek.FILLERS for w in plain):
        return [Edit("cosmetic", raw, "", "cosmetic")]
    if all(w in ek.AUXILIARIES for w in plain):
        return [Edit("tense", raw, "", "minor")]
    edits = _lost(plain, raw, "", words[0].opens)
    if marked:
        return [Edit("cut_marked", raw, "…", "minor"), *edits]
    if edits and len(words) <= 3:
        return edits
    if len(plain) <= 4 and all(_is_name(w) or w.plain in ek.TITLES for w in words):
        return [Edit("name", raw, "", "minor")]
    return [Edit("cut_unmarked", raw, "", "minor"), *edits]


def _type_addition(words: list[Any], marked_a: bool) -> list[Edit]:
    plain, raw = _plain(words), _raw(words)
    if all(w in ek.FILLERS for w in plain):
        return [Edit("cosmetic", "", raw, "cosmetic")]
    if all(w in ek.AUXILIARIES for w in plain):
        return [Edit("tense", "", raw, "minor")]
    edits = _lost(plain, "", raw, words[0].opens)
    if edits and len(words) <= 3:
        return edits
    if len(plain) <= 4 and all(_is_name(w) or w.plain in ek.TITLES for w in words):
        return [Edit("name", "", raw, "minor")]
    return [Edit("added", "…" if marked_a else "", raw, "minor"), *edits]


def _lost(plain: list[str], before: str, after: str, whole: bool = False) -> list[Edit]:
    """Name what words that stand in one quotation only do to the sentence they are missing from.

    Words that are a sentence by themselves (``whole``) do nothing to another.
    """
    edits: list[Edit] = []
    if len(plain) > 3 and whole:
        return edits
    if ek.has_condition(plain):
        edits.append(Edit("dropped_condition" if before else "added", before, after, "major"))
    elif ek.negation_count(plain) or (len(plain) <= 4 and any(w in ek.REVERSERS for w in plain)):
        edits.append(Edit("negation", before, after, "major"))
    if len(plain) <= 4:
        if any(w in ek.MODALS or w in ek.HEDGES or w in ek.BELIEFS for w in plain) and not edits:
            weighs = any(w in ek.MODALS or w in ek.HEDGES for w in plain)
            edits.append(Edit("modality", before, after, "major" if weighs else "minor"))
        elif ek.numbers_in(plain) and "one" not in plain and not edits:
            edits.append(Edit("number", before, after, "major"))
        elif not edits and "and" not in plain and _all_degree(plain):
            edits.append(Edit("intensity", before, after, "minor"))
    return edits


def _all_degree(plain: list[str]) -> bool:
    content = [w for w in plain if w not in ek.FUNCTION or w in ek.INTENSIFIERS]
    if plain == ["way"]:  # "way too far"
        return True
    return bool(content) and all(w in ek.INTENSIFIERS or w in ek.QUANTIFIERS for w in content)


def _type_change(before: list[Any], after: list[Any]) -> list[Edit]:
    a, b, raw_a, raw_b = _plain(before), _plain(after), _raw(before), _raw(after)
    if "".join(a) == "".join(b):
        return [Edit("cosmetic", raw_a, raw_b, "cosmetic")]
    edits = []
    if ek.negation_count(a) % 2 != ek.negation_count(b) % 2:
        edits.append(Edit("negation", raw_a, raw_b, "major"))
    numbers_a, numbers_b = ek.numbers_in(a), ek.numbers_in(b)
    if numbers_a != numbers_b and (numbers_a or set(a) <= {"a", "an"}) and (numbers_b or set(b) <= {"a", "an"}):
        edits.append(Edit("number", raw_a, raw_b, "major"))
    elif numbers_a and numbers_a == numbers_b and len(a) <= 4 and len(b) <= 4:
        return [*edits, Edit("cosmetic", raw_a, raw_b, "cosmetic")]
    modal = _modal_change(a, b)
    if modal and not edits:
        edits.append(Edit("modality", raw_a, raw_b, modal))
    if edits:
        return edits
    if ek.is_tense_shift(a, b):
        return [Edit("tense", raw_a, raw_b, "minor")]
    name = _name_change(before, after)
    if name:
        return [Edit("name", raw_a, raw_b, name)]
    if len(a) <= 3 and len(b) <= 3 and _intensity(a, b):
        return [Edit("intensity", raw_a, raw_b, "major" if ek.scale_of(a) * ek.scale_of(b) < 0 else "minor")]
    if len(a) == len(b) and len(a) > 1:
        pieces = [e for wa, wb in zip(before, after, strict=True) for e in _type_change([wa], [wb])]
        if {e.kind for e in pieces} != {"reworded"}:
            return pieces
    if len(a) >= len(b) + 6:
        return [Edit("cut_unmarked", raw_a, raw_b, "minor"), *_lost(a, raw_a, raw_b)]
    condition = ek.has_condition(a) and not ek.has_condition(b)
    return [Edit("dropped_condition" if condition else "reworded", raw_a, raw_b, "major" if condition else "minor")]


def _modal_change(a: list[str], b: list[str]) -> str:
    """Return "" without a change of modal verb, else how much it weighs: can / could little, may / will much."""
    modal_a, modal_b = [w for w in a if w in ek.MODALS], [w for w in b if w in ek.MODALS]
    if modal_a == modal_b:
        return ""
    if modal_a and modal_b:
        return "minor" if [ek.MODALS[w] for w in modal_a] == [ek.MODALS[w] for w in modal_b] else "major"
    if ek.is_tense_shift(a, b):
        return ""
    return "major" if len(a) <= 4 and len(b) <= 4 and set(modal_a + modal_b) - {"will", "would"} else ""


def _name_change(before: list[Any], after: list[Any]) -> str:
    """Return "" where no name is in play, else "minor" for one name spelt or given otherwise, "major" for another."""
    names_a, names_b = [w for w in before if _is_name(w)], [w for w in after if _is_name(w)]
    others = [
        w for w in (*before, *after) if not _is_name(w) and w.plain not in ek.TITLES and w.plain not in ek.FUNCTION
    ]
    if not (names_a or names_b) or len(others) > 1:
        return ""
    if names_a and names_b:
        alike = max(JaroWinkler.similarity(x.plain, y.plain) for x in names_a for y in names_b)
        return "minor" if alike >= _NAME_ALIKE else "major"
    rest = after if names_a else before
    return "minor" if any(w.plain in ek.FUNCTION or w.plain in ek.TITLES for w in rest) else ""


def _intensity(a: list[str], b: list[str]) -> bool:
    content_a = {w for w in a if w not in ek.FUNCTION}
    content_b = {w for w in b if w not in ek.FUNCTION}
    known = set(ek.INTENSIFIERS) | set(ek.QUANTIFIERS)
    return (bool(content_a | content_b) and content_a | content_b <= known) or bool(
        content_a & known and content_b & known and len(content_a ^ content_b) <= 2
    )


def type_edge(before: list[Any], after: list[Any], rest: list[Any], *, head: bool, marked: bool) -> list[Edit]:
    """Name what stands before the first (`head`) or after the last matching block.

    The words of `before` next to the kept part (`rest`) in the same sentence are looked at: a condition or
    a negation lost there changes what the kept words say.
    """
    if not before and not after:
        return []
    edits: list[Edit] = []
    k = len(after)
    if before and 0 < k <= _MAX_EDGE:
        split = max(0, len(before) - k) if head else min(k, len(before))
        near, before = (before[split:], before[:split]) if head else (before[:split], before[split:])
        edits += type_replacement(near, after)
    elif after:
        edits += _type_brackets([], after) if all(w.bracketed for w in after) else _type_addition(after, False)
    if not before:
        return edits
    if all(w.plain in ek.FILLERS for w in before):
        return [*edits, Edit("cosmetic", _raw(before), "", "cosmetic")]
    kind = "cut_marked" if marked else "trimmed"
    return [*edits, Edit(kind, _raw(before), "…" if marked else "", "minor"), *_lost_at_edge(before, rest, head)]


def _lost_at_edge(before: list[Any], rest: list[Any], head: bool) -> list[Edit]:
    """Name a condition or a negation that an edge cut takes from the sentence whose rest is kept."""
    if head:
        opened = max((n for n, w in enumerate(before) if w.opens), default=0)
        clause = [] if rest and rest[0].opens else before[opened:]
        breaks = [n for n, w in enumerate(clause) if n and w.mark]
        if rest and rest[0].mark and len(breaks) > 1:  # only the clause next to the kept words bears on them
            clause = clause[breaks[-1] :]
        if not clause or not (_is_clause(rest) or clause[-1].plain == "that"):
            return []
        plain, raw = _plain(clause), _raw(clause)
        if _is_conditional(clause, rest):
            return [Edit("dropped_condition", raw, "", "major")]
        near = plain[breaks[-1] if breaks and len(plain) == len(before[opened:]) else 0 :][-6:]
        turns = ek.negation_count(near) % 2 or any(w in ek.REVERSERS for w in near[-5:])
        return [Edit("negation", raw, "", "major")] if turns and not rest[0].mark and near[:1] != ["but"] else []
    closed = next((n for n, w in enumerate(before) if w.opens), len(before))
    plain, raw = _plain(before[:closed]), _raw(before[:closed])
    if ek.has_condition(plain[:4]):
        return [Edit("dropped_condition", raw, "", "major")]
    return []


def _is_conditional(clause: list[Any], rest: list[Any]) -> bool:
    """Tell whether a lost clause holds a condition, and the kept words are what follows from it (or stand in it)."""
    marks = 0
    for n in range(len(clause) - 1, -1, -1):
        if n + 1 < len(clause):
            marks += bool(clause[n + 1].mark)
        else:
            marks += bool(rest[0].mark)
        if marks > 1:
            return False
        if ek.has_condition([w.plain for w in clause[n : n + 2]]):
            return True
    return False


def _is_clause(words: list[Any]) -> bool:
    """Tell whether kept words say something by themselves, not only name something ("based on the Bible")."""
    opening = [w.plain for w in words[:6]]
    return any(w in _SAYS for w in opening) or len(words) > 8


def same_blocks(a: list[str], b: list[str]) -> float:
    """Return the share of the shorter run of words that is found in the longer one in order (0..1).

    No more than the first `MAX_WORDS` of each are looked at: time grows with the square where words repeat.
    """
    a, b = a[:MAX_WORDS], b[:MAX_WORDS]
    if not a or not b:
        return 0.0
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return sum(m.size for m in matcher.get_matching_blocks()) / min(len(a), len(b))
