"""What stands around a named target: words by side, distance and clause, with their polarity toward doer and done-to."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.names import word_set
from analysis.term_matching import find_forms
from analysis.wordlists import load_lexicon

REACH = 26  # words looked at on each side: bounds the work in a sentence of any length
SLOTS = 2 * REACH + 1  # the words before, the target, the words after
_LONGEST = 40  # letters of a word that are looked at
_BREAKS = frozenset(', ; : - ( ) . ? ! " [ ]'.split()) | word_set(
    "but while although though because if when after before as and or since whether where until unless than despite "
    "that who which whom whose what how so"
)
_NEGATIONS = word_set(
    "not no never nor neither without isn't wasn't aren't weren't hasn't haven't hadn't don't doesn't didn't won't "
    "wouldn't can't cannot couldn't shouldn't nobody nothing none hardly"
)
_BE = word_set("is are was were be been being gets got")
_THIRD = word_set("he him his she her")
_OTHER = word_set("i me you they them we us it")
ABOUT = ("possessive", "he_she", "other_pronoun", "first", "last", "length")

# distance in words -> bucket, finely for the network, coarsely for single words
_FINE = np.array([0, 0, 1, 2, 3, 4, 5, 6, 6, 7, 7, 7, 8, 8, 8, 8, *[9] * 5, *[10] * 6])
_COARSE = np.array([0, 0, 1, 2, 3, 3, 4, 4, 4, *[5] * 5, *[6] * 13])
_AWAY = np.abs(np.arange(SLOTS) - REACH)
AFTER = (np.arange(SLOTS) > REACH).astype(np.int64)
FINE = _FINE[_AWAY] + 11 * AFTER
FINE[REACH] = 22  # the target itself
NEAR = _COARSE[_AWAY] + 7 * AFTER
N_PLACES = (23, 10, 6)  # values of the three columns of `Windows.place`


class Windows(NamedTuple):
    """The surroundings of n targets; column ``REACH`` of a grid is the target, those before it stand left of it."""

    words: list[str]  # the different words, lower case; number 0 is none
    code: np.ndarray  # (n, SLOTS) number of the word; 0 outside the sentence and at the target
    inside: np.ndarray  # (n, SLOTS) within the sentence
    clause: np.ndarray  # (n, SLOTS) breaks of a clause between word and target, 0-4
    place: np.ndarray  # (n, SLOTS, 3) side and distance; side and clause; in other marks, and names between
    flag: np.ndarray  # (n, SLOTS) 1 behind a negation, 2 behind a form of be
    about: np.ndarray  # (n, 6) the target itself, see ABOUT


class Senses(NamedTuple):
    """What the lists say of n words."""

    valence: np.ndarray  # (n,) VADER's, -4 to 4
    agent: np.ndarray  # (n,) sum of the signs toward the one who does or is it
    patient: np.ndarray  # (n,) toward the one it is done to
    quality: np.ndarray  # (n,) toward what it describes, of nouns and adjectives alone
    group: np.ndarray  # (n, 3) groups of the role list it belongs to, -1 for none
    negates: np.ndarray  # (n,)
    breaks: np.ndarray  # (n,) ends a clause


@functools.cache
def load_groups() -> tuple[str, ...]:
    """Return the names of the groups of the role list, in alphabetical order."""
    return tuple(sorted(load_lexicon("target_roles")["group"].unique()))


@functools.cache
def load_roles() -> dict[str, tuple[tuple[int, int, int, bool], ...]]:
    """Return the forms of the role list: word → (group, sign toward doer, sign toward done-to, whether a verb)."""
    roles: dict[str, list[tuple[int, int, int, bool]]] = {}
    for row in load_lexicon("target_roles").itertuples(index=False):
        forms = find_forms(row.term) if row.match == "lemma" else [row.term]
        if row.kind == "noun":
            forms = find_forms(row.term)[:2]  # the word and its plural
        for form in dict.fromkeys(forms):
            roles.setdefault(form, []).append(
                (load_groups().index(row.group), int(row.agent), int(row.patient), row.kind == "verb")
            )
    return {word: tuple(found[:3]) for word, found in roles.items()}


@functools.cache
def load_valences() -> dict[str, float]:
    """Return VADER's words with their valence, -4 to 4 (Hutto & Gilbert 2014)."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return {str(word): float(v) for word, v in SentimentIntensityAnalyzer().lexicon.items()}


def find_senses(words: Sequence[str]) -> Senses:
    """Look words up in the lists.

    Parameters
    ----------
    words : sequence of str
        Lower case; the empty word is on no list.

    Returns
    -------
    Senses
    """
    roles, valences = load_roles(), load_valences()
    group = np.full((len(words), 3), -1, np.int64)
    signs = np.zeros((3, len(words)), np.float32)
    for i, word in enumerate(words):
        for k, (number, agent, patient, is_verb) in enumerate(roles.get(word, ())):
            group[i, k] = number
            signs[:, i] += (agent, patient, 0 if is_verb else agent)
    return Senses(
        valence=np.array([valences.get(w, 0.0) for w in words], np.float32),
        agent=signs[0],
        patient=signs[1],
        quality=signs[2],
        group=group,
        negates=np.array([w in _NEGATIONS for w in words]),
        breaks=np.array([w in _BREAKS for w in words]),
    )


def find_windows(
    norms: np.ndarray,
    *,
    sentence: np.ndarray,
    capital: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    possessive: np.ndarray,
) -> Windows:
    """Cut the surroundings of every target out of a row of tokens.

    Parameters
    ----------
    norms : array of str
        The tokens in order, lower case.
    sentence : int array
        The number of each token's sentence, ascending.
    capital : bool array
        Whether a token begins with a capital.
    first, last : int array of shape (n,)
        First and last token of each target.
    possessive : bool array of shape (n,)
        Whether the target ends in 's.

    Returns
    -------
    Windows
    """
    codes, forms = pd.factorize(norms)
    codes, words = codes + 1, ["", *(str(w)[:_LONGEST] for w in forms)]
    number = {w: i for i, w in enumerate(words)}
    senses = find_senses(words)
    be = np.array([w in _BE for w in words])[codes]
    negates = senses.negates[codes]
    breaks = np.cumsum(senses.breaks[codes])
    marks = np.cumsum(codes == number.get('"', -1))
    opening = np.diff(sentence, prepend=-1) != 0
    names = np.cumsum(capital & ~opening & (codes != number.get("i", -1)))
    low = np.searchsorted(sentence, sentence[first])
    high = np.searchsorted(sentence, sentence[first], side="right")

    step = np.arange(-REACH, REACH + 1)
    edge = np.where(step[None, :] < 0, first[:, None], last[:, None])
    at = edge + step
    inside = (at >= low[:, None]) & (at < high[:, None])
    at = np.where(inside, at, edge)
    clause = np.minimum(np.abs(breaks[at] - breaks[edge]), 4)
    between = np.where(step < 0, names[edge - (edge > 0)] - names[at - (at > 0)] * (at > 0), names[at] - names[edge])
    quoted = (marks[at] - marks[edge]) % 2 != 0
    place = np.stack(
        [
            np.broadcast_to(FINE, at.shape),
            clause + 5 * AFTER,
            quoted * 3 + np.clip(between, 0, 2),
        ],
        axis=2,
    )
    before = np.maximum(at - 1, low[:, None])
    earlier = np.maximum(at - 2, low[:, None])
    inside_words = inside.copy()
    inside_words[:, REACH] = False
    single = first == last
    is_third = np.array([w in _THIRD for w in words])[codes[first]] & single
    is_other = np.array([w in _OTHER for w in words])[codes[first]] & single
    about = [possessive, is_third, is_other, first == low, last >= high - 2, np.minimum(high - low, 60) / 60]
    return Windows(
        words,
        np.where(inside_words, codes[at], 0),
        inside,
        clause,
        np.where(inside[:, :, None], place, 0).astype(np.int16),
        ((negates[before] | negates[earlier]) + 2 * be[before]).astype(np.int8),
        np.stack(about, axis=1).astype(np.float32),
    )


# ---------------------------------------------------------------- evidence of single words and pairs of words

_KIND, _WORD = 1 << 40, 1 << 20


def find_evidence(windows: Windows, *, known: dict[str, int], senses: Senses) -> tuple[np.ndarray, ...]:
    """List what speaks for or against each target, as numbers.

    Parameters
    ----------
    windows : Windows
    known : dict
        Word → number, below 2**20.
    senses : Senses
        Of ``windows.words``.

    Returns
    -------
    rows, keys, values : arrays of equal length
        The target, the piece of evidence (kind, word or group, place or second word, packed), its strength.
    """
    here = windows.inside.copy()
    here[:, REACH] = False
    row, slot = np.nonzero(here)
    code = windows.code[row, slot]
    number = np.array([known.get(w, -1) for w in windows.words])
    near, after, flag = NEAR[slot], AFTER[slot], windows.flag[row, slot].astype(np.int64)
    clause = np.minimum(windows.clause[row, slot], 3) + 4 * after
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def add(kind: int, chosen: np.ndarray, a: np.ndarray, b: np.ndarray | int, value: np.ndarray | float = 1.0) -> None:
        keys = kind * _KIND + a[chosen] * _WORD + (b[chosen] if isinstance(b, np.ndarray) else b)
        parts.append((row[chosen], keys, value[chosen] if isinstance(value, np.ndarray) else np.full(len(keys), value)))

    word = number[code]
    is_known = word >= 0
    add(0, is_known, word, 0)
    add(1, is_known, word, after)
    add(2, is_known, word, near)
    add(3, is_known & (windows.clause[row, slot] <= 1), word, clause)
    following = np.where(slot + 1 < SLOTS, windows.code[row, np.minimum(slot + 1, SLOTS - 1)], 0)
    second = np.where(following > 0, number[following], -1)
    pair = is_known & (second >= 0)
    add(4, pair, word, second)
    add(5, pair & (_AWAY[slot] <= 8) & (after == 0), word, second)
    add(6, pair & (_AWAY[slot] <= 8) & (after == 1), word, second)
    _add_lists(add, code, senses, near=near, after=after, clause=clause, flag=flag)
    for i in range(len(ABOUT)):
        parts.append((np.arange(len(here)), np.full(len(here), 15 * _KIND + i), windows.about[:, i]))
    rows, keys, values = (np.concatenate([p[k] for p in parts]) for k in range(3))
    return rows, keys, values.astype(np.float32)


def _add_lists(add, code: np.ndarray, senses: Senses, *, near, after, clause, flag) -> None:
    """Add the evidence of the lists: VADER's valence, the groups and signs of the role list."""
    valence = senses.valence[code] * np.where(flag & 1, -0.7, 1)
    sign, strength = (valence > 0).astype(np.int64), np.abs(valence) / 4
    some = valence != 0
    for kind, place in ((7, np.zeros_like(near)), (8, after), (9, near), (10, clause)):
        add(kind, some, sign, place, strength)
    for k in range(senses.group.shape[1]):
        group = senses.group[code, k]
        some = group >= 0
        if not some.any():
            continue
        how = group * 4 + flag
        add(11, some, how, after, 0.6)
        add(12, some, how, near, 0.6)
        add(13, some, how, clause, 0.6)
    for first, signs in ((0, senses.agent), (8, senses.patient)):
        toward = signs[code]
        add(14, toward != 0, first + (toward > 0) * 4 + flag, near, 0.6)


def as_matrix(evidence: tuple[np.ndarray, ...], *, keys: np.ndarray, n: int) -> sparse.csr_matrix:
    """Return evidence as a table of n targets × the given (sorted) keys; other evidence is left out.

    A word or pair counts once however often it stands there; the lists add up.
    """
    rows, found, values = evidence
    at = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    hit = keys[at] == found
    table = sparse.csr_matrix((values[hit], (rows[hit], at[hit])), shape=(n, len(keys)))
    table.sum_duplicates()
    once = (keys < 7 * _KIND)[table.indices]
    table.data[once] = np.minimum(table.data[once], 1)
    return table


def gather_vectors(windows: Windows, *, vectors: np.ndarray) -> np.ndarray:
    """Return for each target the sums of the word vectors around it, fading with distance.

    Parameters
    ----------
    windows : Windows
    vectors : (words, k) float array
        Of ``windows.words``.

    Returns
    -------
    (n, 4 k) float array
        Before and after the target: all words, and those of its clause.
    """
    n, parts = len(windows.code), []
    for side in (AFTER == 0, AFTER == 1):
        row, slot = np.nonzero(windows.inside & side & (_AWAY > 0))
        code = windows.code[row, slot]
        for strength in (1 / (1 + _AWAY[slot]), (windows.clause[row, slot] <= 1) / _AWAY[slot]):
            parts.append(sparse.csr_matrix((strength, (row, code)), shape=(n, len(vectors))) @ vectors)
    return np.concatenate(parts, axis=1).astype(np.float32)
