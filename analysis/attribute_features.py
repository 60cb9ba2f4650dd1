"""What the attribution model sees of each word: small whole numbers, computed for a whole batch at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.attribute_words import Words, load_reporting_verbs
from analysis.names import load_titles, word_list, word_set

# Words of closed classes stand for themselves; the rest of English is seen by ending, shape and lexicon.
_CLOSED = list(
    dict.fromkeys(
        word_list("""
    the a an this that these those his her its their our my your he she it they we i you him them us me himself
    herself itself themselves who whom whose which what when where why how whether if because although though
    while since until unless before after as so than then of in on at by to for from with without about against
    over under between among through during toward towards into onto upon within across like and or but nor yet
    not n't never no is are was were be been being am has have had having do does did will would can could may
    might must shall should there here also still even just only more most less very too both each all any some
    many much few other another such one two three according told said says say saying up out off down back again
    now ago earlier later last next first per via amid despite mr mrs ms dr sen rep gov gen president sr jr
""")
    )
)
_COARSE = {
    1: "the a an this these those his her its their our my your another each any some many no",
    2: "he she they i we",
    3: "it you who that's it's he's she's they're we're i'm",
    4: "him them us me himself herself themselves",
    5: "that whether",
    6: ("if because although though while since until unless before after when as where why how what which so than"),
    7: "is are was were be been being am",
    8: "has have had having",
    9: "will would can could may might must shall should do does did to",
    10: (
        "of in on at by for from with without about against over under between among through during into upon "
        "within across like"
    ),
    11: "and or but nor",
    12: "not n't never",
    13: ",",
    14: ". ! ? …",
    15: "- -- — –",
    16: ": ;",
    17: "( [ { ) ] }",
}
_COARSE_OF = {w: k for k, ws in _COARSE.items() for w in ws.split()}
N_COARSE = 40
_MOST_KNOWN = 30_000  # words whose numbers are kept
_CORE = word_set("""
    say tell add write note ask tweet call reply respond explain continue argue claim report announce suggest
    state
""")
_BUCKET = np.array([0, 1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, *[7] * 14, *[8] * 20])
_N_BUCKET = 9
TYPE_ATOMS = ("w", "p", "c", "s3", "s2", "sh", "m", "k")
CLUSTERS = (64, 400)  # sizes of the coarse and the fine grouping of words by their neighbours


class Vocabulary:
    """Numbers of words, classes and endings; 0 is the unknown one."""

    def __init__(self, words: Sequence[str], endings: Sequence[str], clusters: list[list[int]]):
        self.words = list(words)
        self.endings = list(endings)
        self.clusters = clusters
        self._word = {w: i + 1 for i, w in enumerate(self.words)}
        self._ending = {w: i + 1 for i, w in enumerate(self.endings)}
        self._class = {w: i + 1 for i, w in enumerate(_CLOSED)}
        self._known: dict[str, int] = {}
        self._table = np.zeros((0, len(TYPE_ATOMS)), np.int32)
        self.sizes = {
            "w": len(self.words) + 1,
            "p": len(_CLOSED) + 80,
            "c": N_COARSE,
            "s3": len(self.endings) + 1,
            "s2": len(self.endings) + 1,
            "sh": 24,
            "m": CLUSTERS[0],
            "k": CLUSTERS[1],
        }

    def types(self, words: Words) -> dict[str, np.ndarray]:
        """Return the numbers that depend on the form of a word alone."""
        known = self._known
        if len(known) > _MOST_KNOWN:  # a process that reads on and on must not fill its memory
            known.clear()
            self._table = self._table[:0]
        ids, new = [], []
        for raw, norm in zip(words.raw, words.norm, strict=True):
            number = known.get(raw)
            if number is None:
                number = known[raw] = len(known)
                new.append(self._read(raw, norm))
            ids.append(number)
        if new:
            self._table = np.concatenate([self._table, np.array(new, np.int32)])
        picked = self._table[np.array(ids, np.int64)]
        atoms = {name: np.ascontiguousarray(picked[:, i]) for i, name in enumerate(TYPE_ATOMS)}
        return atoms | {"form": np.array(ids, np.int32)}  # not a feature: which words are the same

    def _read(self, raw: str, norm: str) -> tuple[int, ...]:
        word = norm[:40]
        shape = _shape(raw)
        coarse = _coarse(word, shape)
        fine = self._class.get(word, 0)
        if not fine:
            fine = len(_CLOSED) + 1 + (coarse if coarse else 40 + shape)
        s3 = s2 = 0
        if word[0].isalpha() and len(word) > 3:
            s3, s2 = self._ending.get(word[-3:], 0), self._ending.get(word[-2:], 0)
        number = self._word.get(word, 0)
        groups = [g[number - 1] if number else 0 for g in self.clusters]
        return number, fine, coarse, s3, s2, shape, *groups


def _shape(raw: str) -> int:
    first = raw[0]
    if first.isalpha():
        kind = 1 if raw.islower() else 2 if len(raw) == 1 else 3 if raw.isupper() else 4 if first.isupper() else 5
        if raw.endswith(("'s", "’s", "s'", "s’")):
            kind += 5
        return kind + (0 if "-" not in raw else 10 if kind < 3 else 0)
    return 21 if first.isdigit() else 22 if first in "\"“”„«»'‘’`" else 23


def _coarse(word: str, shape: int) -> int:
    known = _COARSE_OF.get(word)
    if known:
        return known
    cue = load_reporting_verbs().get(word)
    if cue and shape in (1, 4):
        form = 0 if word == cue.lemma else 1 if word.endswith("ing") else 2 if word.endswith("s") else 3
        return 18 + form + (0 if cue.lemma in _CORE else 4 if cue.kind != "thought" else 8)  # 18..29
    if word in load_titles()["title"] or word in load_titles()["role"]:
        return 30
    if shape == 21:
        return 31
    if shape >= 22:
        return 32 if shape == 22 else 33
    if shape in (3, 4, 5, 8, 9, 10):
        return 34
    for number, ending in enumerate(("ly", "ing", "ed", "s"), start=35):
        if word.endswith(ending):
            return number
    return 39


def bucket(values: np.ndarray) -> np.ndarray:
    """Return the distance class of whole numbers: 0, 1, 2, 3, 4-5, 6-8, 9-15, 16-29, 30 and more."""
    return _BUCKET[np.clip(values, 0, len(_BUCKET) - 1)].astype(np.int32)


def shift(values: np.ndarray, paragraph: np.ndarray, offset: int) -> np.ndarray:
    """Return each word's value at a neighbour in its paragraph, 0 beyond its edge."""
    if offset == 0:
        return values
    out = np.zeros_like(values)
    if abs(offset) < len(values):
        here, there = (
            (slice(None, -offset), slice(offset, None)) if offset > 0 else (slice(-offset, None), slice(None, offset))
        )
        out[here] = np.where(paragraph[here] == paragraph[there], values[there], 0)
    return out


def find_atoms(words: Words, vocabulary: Vocabulary) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Compute every basic number of every word.

    Returns
    -------
    (dict of str to ndarray of int32, dict of str to int)
        One array per atom, one entry per word; and one more than the greatest value each may take.
    """
    atoms = vocabulary.types(words)
    sizes = dict(vocabulary.sizes)
    for name, (values, size) in {
        **_quote_atoms(words, atoms),
        **_place_atoms(words, atoms),
        **_cue_atoms(words, atoms),
    }.items():
        atoms[name], sizes[name] = values.astype(np.int32), size or sizes["w"]
    return atoms, sizes


def _quote_atoms(words: Words, atoms: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, int]]:
    """State inside quotation marks, and the kind of stretch."""
    n, quote = len(words.raw), words.quote
    inside = quote >= 0
    previous = np.concatenate([[-1], quote[:-1]]) if n else quote
    following = np.concatenate([quote[1:], [-1]]) if n else quote
    first, last = inside & (quote != previous), inside & (quote != following)
    state = np.where(first, 1, np.where(last, 3, np.where(inside, 2, 0)))
    kind, before, after = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    if inside.any():
        starts, ends = np.flatnonzero(first), np.flatnonzero(last)
        number = np.cumsum(first)[inside] - 1
        size = np.searchsorted([2, 4, 7, 13, 25], np.maximum(ends - starts - 1, 0), side="right")
        lead = np.minimum(starts + 1, n - 1)
        stop = np.maximum(ends - 1, 0)
        big = np.isin(atoms["sh"][lead], (2, 3, 4, 7, 8, 9))
        mark = np.where(atoms["c"][stop] == 13, 1, np.where(atoms["c"][stop] == 14, 2, 0))
        kind[inside] = (1 + size + 6 * big + 12 * mark)[number]
        before[inside] = shift(atoms["p"], words.paragraph, -1)[starts][number]
        after[inside] = shift(atoms["p"], words.paragraph, 1)[ends][number]
    return {"q": (state, 4), "qk": (kind, 37), "qb": (before, len(_CLOSED) + 80), "qa": (after, len(_CLOSED) + 80)}


def _runs(groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each entry of sorted group numbers where its group begins and ends."""
    edges = np.flatnonzero(np.diff(groups, prepend=-1))
    lengths = np.diff(np.append(edges, len(groups)))
    return np.repeat(edges, lengths), np.repeat(edges + lengths, lengths)


def _place_atoms(words: Words, atoms: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, int]]:
    """Place in sentence and paragraph, and how the sentence opens."""
    n = len(words.raw)
    here = np.arange(n)
    lo, hi = _runs(words.sentence)
    p_lo, p_hi = _runs(words.paragraph)
    lead = np.minimum(lo + (atoms["c"][lo] == 32 if n else 0), n - 1)
    order = np.minimum(words.sentence - words.sentence[p_lo], 3) if n else here
    last = (hi == p_hi).astype(np.int64)
    whole = (words.quote[lo] >= 0) & (words.quote[np.maximum(hi - 1, 0)] >= 0) if n else here
    return {
        "from": (bucket(here - lo), _N_BUCKET),
        "to": (bucket(hi - 1 - here), _N_BUCKET),
        "lead": (atoms["w"][lead], 0),
        "order": (order * 2 + last + 8 * whole, 16),
    }


def _nearest(marks: np.ndarray, lo: np.ndarray, hi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each word the nearest marked word at or before and after it in its sentence, -1 where none."""
    n = len(marks)
    here = np.arange(n)
    left = np.maximum.accumulate(np.where(marks, here, -1))
    left = np.where(left >= lo, left, -1)
    right = np.minimum.accumulate(np.where(marks, here, n)[::-1])[::-1]
    return left, np.where(right < hi, right, -1)


def _cue_atoms(words: Words, atoms: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, int]]:
    """The nearest reporting verbs left and right in the sentence: which, how far, what stands beside them."""
    n = len(words.raw)
    c = atoms["c"]
    lo, hi = _runs(words.sentence)
    marks = ((c >= 18) & (c <= 29)) & (words.quote < 0) & (c % 4 != 2)  # bare forms are mostly nouns
    marks |= atoms["p"] == _CLOSED.index("according") + 1
    left, right = _nearest(marks, lo, hi)
    commas = np.cumsum((c == 13) & (words.quote < 0))
    here = np.arange(n)
    out = {}
    for side, at in (("l", left), ("r", right)):
        near = np.where(at >= 0, at, 0)
        found = at >= 0
        out[side + "w"] = (np.where(found, atoms["w"][near], 0), 0)
        out[side + "c"] = (np.where(found, c[near], 0), N_COARSE)
        out[side + "d"] = (np.where(found, 1 + bucket(np.abs(here - near)), 0), _N_BUCKET + 1)
        out[side + "m"] = (np.where(found, 1 + np.minimum(np.abs(commas - commas[near]), 2), 0), 4)
        out[side + "n"] = (np.where(found, c[np.clip(near + 1, 0, max(n - 1, 0))], 0), N_COARSE)
        out[side + "b"] = (np.where(found, c[np.clip(near - 1, 0, max(n - 1, 0))], 0), N_COARSE)
    return out


def find_second_atoms(
    words: Words, atoms: dict[str, np.ndarray], marginals: np.ndarray
) -> dict[str, tuple[np.ndarray, int]]:
    """What a second look adds: the first opinion around each word, and the cues and sources it found.

    Parameters
    ----------
    words, atoms
        As for `find_atoms`.
    marginals : ndarray
        The first stage's probability of every label, shape (words, labels).

    Returns
    -------
    dict of str to (ndarray of int, int)
        Atoms and one more than the greatest value each may take; 0 stands for the vocabulary's size.
    """
    n = len(words.raw)
    source, cue, content = marginals[:, 1:3].sum(axis=1), marginals[:, 3:5].sum(axis=1), marginals[:, 5:].sum(axis=1)
    begin = marginals[:, 5] + marginals[:, 7]
    cuts = np.array([0.05, 0.2, 0.4, 0.6, 0.8, 0.95])
    out: dict[str, tuple[np.ndarray, int]] = {
        "yx": (np.searchsorted(cuts, content), 7),
        "yb": (np.searchsorted([0.05, 0.2, 0.5], begin), 4),
        "yc": (np.searchsorted([0.1, 0.3, 0.6], cue), 4),
        "ys": (np.searchsorted([0.1, 0.3, 0.6], source), 4),
    }
    awaiting = marginals[:, 7] + marginals[:, 8]
    top = np.where(
        content >= 0.5, np.where(awaiting * 2 > content, 4, 3), np.where(cue >= 0.35, 2, np.where(source >= 0.35, 1, 0))
    )
    out["y"] = (top, 5)
    lo, hi = _runs(words.sentence)
    here = np.arange(n)
    is_cue = top == 2
    ends = is_cue & ~np.concatenate([is_cue[1:] & (words.sentence[1:] == words.sentence[:-1]), [False]])[:n]
    left, right = _nearest(ends, lo, hi)
    c = atoms["c"]
    sources = np.cumsum(top == 1)
    commas = np.cumsum((c == 13) & (words.quote < 0))
    for side, at in (("l", left), ("r", right)):
        near, found = np.where(at >= 0, at, 0), at >= 0
        beyond = np.clip(near + 1, 0, max(n - 1, 0))
        out["e" + side + "w"] = (np.where(found, atoms["w"][near], 0), 0)
        out["e" + side + "m"] = (np.where(found, atoms["m"][near], 0), 64)
        out["e" + side + "c"] = (np.where(found, c[near], 0), N_COARSE)
        out["e" + side + "d"] = (np.where(found, 1 + bucket(np.abs(here - near)), 0), _N_BUCKET + 1)
        out["e" + side + "n"] = (np.where(found, c[beyond], 0), N_COARSE)
        out["e" + side + "t"] = (np.where(found, 1 + top[beyond], 0), 6)
        out["e" + side + "s"] = (np.where(found, 1 + (np.abs(sources - sources[near]) > 0), 0), 3)
        out["e" + side + "k"] = (np.where(found, 1 + np.minimum(np.abs(commas - commas[near]), 2), 0), 4)
    out |= _sentence_opinion(words, content, cue, lo, hi)
    out |= _article_opinion(words, atoms, content, source)
    return {k: (v.astype(np.int32), size) for k, (v, size) in out.items()}


def _sentence_opinion(
    words: Words, content: np.ndarray, cue: np.ndarray, lo: np.ndarray, hi: np.ndarray
) -> dict[str, tuple[np.ndarray, int]]:
    """How much of this sentence and its neighbours is content so far, and how clear its best cue is."""
    if not len(lo):
        return dict.fromkeys(("zx", "zc", "zb", "za"), (lo, 8))
    edges = np.flatnonzero(lo == np.arange(len(lo)))
    length = np.diff(np.append(edges, len(lo)))
    # Summed sentence by sentence: differences of sums over all texts would depend on the texts before.
    mean = np.repeat(np.add.reduceat(content.astype(np.float64), edges) / length, length)
    share = np.searchsorted([0.1, 0.3, 0.5, 0.7, 0.9], mean) + 1
    best = np.repeat(np.maximum.reduceat(cue, edges), length)
    clear = np.searchsorted([0.2, 0.5, 0.8], best)
    before = np.where(
        (lo > 0) & (words.paragraph[np.maximum(lo - 1, 0)] == words.paragraph), share[np.maximum(lo - 1, 0)], 0
    )
    last = np.minimum(hi, len(lo) - 1)
    after = np.where((hi < len(lo)) & (words.paragraph[last] == words.paragraph), share[last], 0)
    return {"zx": (share, 8), "zc": (clear, 8), "zb": (before, 8), "za": (after, 8)}


def _article_opinion(
    words: Words, atoms: dict[str, np.ndarray], content: np.ndarray, source: np.ndarray
) -> dict[str, tuple[np.ndarray, int]]:
    """How much of the article is content so far, and how often it takes this name for a source elsewhere."""
    a = words.article
    size = np.maximum(np.bincount(a, minlength=len(words.texts)), 1)
    share = np.bincount(a, weights=content, minlength=len(words.texts)) / size
    capital = np.isin(atoms["sh"], (2, 3, 4, 5, 7, 8, 9, 10))
    _, same = np.unique(a * (int(atoms["form"].max(initial=0)) + 1) + atoms["form"], return_inverse=True)
    others = np.bincount(same)[same] - 1
    rate = (np.bincount(same, weights=source)[same] - source) / np.maximum(others, 1)
    fame = np.where(~capital, 0, np.where(others == 0, 1, 2 + np.searchsorted([0.05, 0.2, 0.5], rate)))
    return {"ax": (np.searchsorted([0.2, 0.3, 0.4, 0.5, 0.6, 0.7], share)[a], 7), "an": (fame, 6)}
