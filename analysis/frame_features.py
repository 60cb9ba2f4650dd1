"""What the frame coder sees of a short text: folded words, pairs of words, letters within words, company words keep."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from analysis.files import MODELS, sha256
from analysis.views import bare, straighten

VECTORS = MODELS / "word_vectors.npz"
_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f]|['&-](?=[^\W_]))*")
_MOST_LETTERS = 40  # of one word: a longer one is no word, and its pieces would grow without bound
_MOST_WORDS = 2_000  # of one text: the coder is for headlines, sentences and leads
_ENDINGS = (("ies", "y"), ("'s", ""), ("ing", ""), ("ers", "er"), ("ed", ""), ("es", ""), ("s", ""))


def find_words(text: str) -> list[str]:
    """Find the words of a text in lower case with straight apostrophes."""
    view = bare(straighten(text)).lower()
    found = []
    for m in _WORD.finditer(view):
        found.append(m.group()[:_MOST_LETTERS])
        if len(found) == _MOST_WORDS:
            break
    return found


@functools.lru_cache(maxsize=20_000)
def fold_word(word: str) -> str:
    """Return a word without its commonest ending (protests, protested and protesting are one)."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: len(word) - len(ending)] + instead
    return word


def _singles(words: list[str]) -> list[str]:
    return [fold_word(w) for w in words]


def _pairs(words: list[str]) -> list[str]:
    folded = _singles(words)
    return [f"{a} {b}" for a, b in itertools.pairwise(folded)]


def _letters(words: list[str]) -> list[str]:
    found = []
    for word in words:
        edged = f"<{word}>"
        for n in (3, 4, 5):
            found += [edged[i : i + n] for i in range(len(edged) - n + 1)]
    return found


# The views of a text with their weight in the sum of likenesses, chosen in cross-validation on GVFC (docs/decisions.md).
VIEWS: dict[str, tuple[float, Callable[[list[str]], list[str]]]] = {
    "words": (0.3, _singles),
    "pairs": (0.3, _pairs),
    "letters": (0.5, _letters),
}
COMPANY_WEIGHT = 0.6


class Vocabulary:
    """The features of one view with their rarity: tf-idf with a dampened count, rows of length one.

    Parameters
    ----------
    features : list of str
        Sorted; none longer than two words.
    rarity : ndarray (features,)
        Inverse document frequency, 1 + ln((1 + n) / (1 + df)).
    """

    def __init__(self, features: list[str], rarity: np.ndarray):
        self.features, self.rarity = features, rarity
        self._place = {f: i for i, f in enumerate(features)}

    @classmethod
    def fit(cls, found: Sequence[list[str]]) -> Vocabulary:
        """Take the vocabulary from texts, given as lists of features."""
        n_texts: dict[str, int] = {}
        for features in found:
            for f in dict.fromkeys(features):
                n_texts[f] = n_texts.get(f, 0) + 1
        names = sorted(n_texts)
        df = np.array([n_texts[f] for f in names], dtype=float)
        return cls(names, 1 + np.log((1 + len(found)) / (1 + df)))

    def weigh(self, found: Sequence[list[str]]) -> sparse.csr_matrix:
        """Return texts × features; features that are not known count nothing."""
        rows, columns = [], []
        for row, features in enumerate(found):
            known = [self._place[f] for f in features if f in self._place]
            rows += [row] * len(known)
            columns += known
        shape = (len(found), len(self.features))
        counts = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
        counts.sum_duplicates()
        counts.data = (1 + np.log(counts.data)) * self.rarity[counts.indices]
        length = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
        return sparse.diags(1 / np.maximum(length, 1e-9)) @ counts


@functools.cache
def _load_vectors() -> tuple[dict[str, int], np.ndarray, np.ndarray]:
    with np.load(VECTORS, allow_pickle=False) as data:
        words = data["words"].tobytes().decode("utf-8").split("\n")
        vectors = data["vectors"].astype(np.float32) * data["scale"][:, None]
        rarity = data["rarity"].astype(np.float32)
    return {w: i for i, w in enumerate(words)}, vectors, rarity


@functools.cache
def vectors_hash() -> str:
    """Return the fingerprint of the shipped word vectors, which a fitted coder depends on."""
    return sha256(VECTORS.read_bytes())[:16]


def find_company(texts: Sequence[list[str]]) -> np.ndarray:
    """Return the mean word vector of each text, rare words counting more, of length one (texts × 150).

    The vectors say which words keep the same company in news (positive pointwise mutual information, singular vectors:
    Levy, Goldberg & Dagan 2015); a word that the coded texts do not hold is placed beside those that they do.
    """
    place, vectors, rarity = _load_vectors()
    out = np.zeros((len(texts), vectors.shape[1]), dtype=np.float64)
    for row, words in enumerate(texts):
        known = [place[w] for w in _singles(words) if w in place]
        if known:
            out[row] = rarity[known] @ vectors[known]
    return scale_rows(out)


def scale_rows(values: np.ndarray) -> np.ndarray:
    """Return rows of length one; rows of nothing stay nothing."""
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)
