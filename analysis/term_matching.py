"""Finding the terms of a lexicon in a table of tokens: their inflected forms, phrases, the longest of those that overlap."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left

import numpy as np
import pandas as pd

from analysis.segment import find_tokens, norm_of
from analysis.views import bare, straighten
from analysis.wordlists import load_lexicon

_GROUPING = ("group", "frame", "item")  # the longest term wins within these, else within the whole lexicon
_NOT_CARRIED = ("match", "note")
_VOWELS = "aeiou"


def find_forms(lemma: str, *, irregular: dict[str, list[str]] | None = None) -> list[str]:
    """Find the inflected forms of a word: -s, -ed, -ing by the regular rules, or as irregular_forms.csv has them.

    Parameters
    ----------
    lemma : str
        A word or a phrase, lower case; of a phrase the first word is inflected.
    irregular : dict, optional
        Lemma to its other forms; the shipped file by default.

    Returns
    -------
    list of str
        The lemma first, then its forms.
    """
    irregular = _irregular() if irregular is None else irregular
    first, blank, rest = lemma.partition(" ")
    forms = [first, *irregular.get(first, _regular_forms(first))]
    return [form + blank + rest for form in dict.fromkeys(forms)]


@functools.cache
def _irregular() -> dict[str, list[str]]:
    table = load_lexicon("irregular_forms")
    return {lemma: forms.split() for lemma, forms in zip(table["lemma"], table["forms"], strict=True)}


def _regular_forms(word: str) -> list[str]:
    if word.endswith("e") and not word.endswith(("ee", "oe", "ye")):
        return [word + "s", word + "d", word[:-1] + "ing"]
    if word.endswith("y") and len(word) > 1 and word[-2] not in _VOWELS:
        return [word[:-1] + "ies", word[:-1] + "ied", word + "ing"]
    plural = word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")
    # One short syllable doubles its last letter (slam, slammed); longer ones that do stand in irregular_forms.csv.
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", word):
        return [plural, word + word[-1] + "ed", word + word[-1] + "ing"]
    return [plural, word + ("d" if word.endswith("e") else "ed"), word + "ing"]


def find_terms(
    tokens: pd.DataFrame, *, lexicon: pd.DataFrame, column: str | None = None, articles: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Find the terms of a lexicon in a table of tokens, all articles at once.

    Parameters
    ----------
    tokens : DataFrame
        One row per token, in text order, as `analysis.segment.split_tokens` returns.
    lexicon : DataFrame
        As `load_lexicon` returns. Its `match` column (if any) says how a term is met: exact (default), lemma
        (with the inflected forms of its first word) or cased (only when written with these capitals).
    column : str, optional
        The column that holds the terms; by default the first of term, label, verb, name that there is.
    articles : DataFrame, optional
        article_id and text; needed where the lexicon has cased terms.

    Returns
    -------
    DataFrame
        One row per match: article_id, sentence_id, start, end (characters of the raw text), term, and the other
        columns of the lexicon except match and note. Matches stay within a sentence; of overlapping ones in one
        group the first and longest is kept. Entries of kind ``exception`` hide what they cover and are left out.

    Raises
    ------
    ValueError
        When cased terms are looked for without `articles`.
    """
    column = column or next(c for c in ("term", "label", "verb", "name") if c in lexicon.columns)
    codes, norms = pd.factorize(tokens["norm"])
    terms = _expand(lexicon, column)
    hits = _match(codes, list(norms), terms, sentence=sentence_numbers(tokens))
    starts, ends = tokens["start"].to_numpy(), tokens["end"].to_numpy()
    if len(hits) and "match" in lexicon.columns:
        hits = _keep_cased(hits, lexicon, column, tokens, articles)
    hits = _keep_longest(hits, lexicon)
    carried = [c for c in lexicon.columns if c not in (*_NOT_CARRIED, column)]
    found = lexicon[[column, *carried]].iloc[hits[:, 2]].reset_index(drop=True)
    found = found.rename(columns={column: "term"})
    place = tokens[["article_id", "sentence_id"]].iloc[hits[:, 0]].reset_index(drop=True)
    place["start"], place["end"] = starts[hits[:, 0]], ends[hits[:, 0] + hits[:, 1] - 1]
    found = pd.concat([place, found], axis=1)
    if "kind" in carried:
        found = found[found["kind"] != "exception"].reset_index(drop=True)
    return found


def sentence_numbers(tokens: pd.DataFrame) -> np.ndarray:
    """Number the sentences of all articles through, so that a phrase cannot cross from one to the next."""
    if not len(tokens):
        return np.zeros(0, dtype=np.int64)
    article, _ = coded(tokens["article_id"])
    sentence = tokens["sentence_id"].to_numpy()
    new = (article[1:] != article[:-1]) | (sentence[1:] != sentence[:-1])
    return np.concatenate([[0], np.cumsum(new)])


def coded(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of words as numbers and what they stand for; what is coded already need not be hashed."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(dtype="int64"), column.cat.categories.to_numpy(dtype=object)
    code, labels = pd.factorize(column)
    return code, np.asarray(labels, dtype=object)


def _expand(lexicon: pd.DataFrame, column: str) -> dict[tuple[str, ...], list[int]]:
    """Map every word sequence a lexicon is met by to the rows it belongs to."""
    how = tuple(lexicon["match"]) if "match" in lexicon.columns else ("",) * len(lexicon)
    return _expand_terms(tuple(lexicon[column]), how)


@functools.lru_cache(maxsize=32)  # a list is met by many chunks and records
def _expand_terms(labels: tuple[str, ...], how: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
    terms: dict[tuple[str, ...], list[int]] = {}
    for row, (term, match) in enumerate(zip(labels, how, strict=True)):
        plain = straighten(term.lower())
        for form in find_forms(plain) if match == "lemma" else [plain]:
            # The star is put back on the word that it follows; elsewhere it is a mark like any other.
            words = tuple(norm_of(w) + ("*" if star else "") for w, star in _words_of(form))
            if words:
                terms.setdefault(words, []).append(row)
    return terms


def _words_of(term: str) -> list[tuple[str, bool]]:
    words: list[tuple[str, bool]] = []
    last = -1
    for start, end, _ in find_tokens(term, 0, len(term)):
        if term[start:end] == "*" and start == last:
            words[-1] = (words[-1][0], True)
        else:
            words.append((term[start:end], False))
        last = end
    return words


def _match(
    codes: np.ndarray, norms: list[str], terms: dict[tuple[str, ...], list[int]], *, sentence: np.ndarray
) -> np.ndarray:
    """Return (first token, number of tokens, row of the lexicon) for every place a term stands."""
    number = {norm: i for i, norm in enumerate(norms)}
    count = np.bincount(codes, minlength=len(norms)) if len(codes) else np.zeros(0, dtype=np.int64)
    by_code = np.argsort(codes, kind="stable")  # places of a norm: one slice of this
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    prefixes = {w[:-1] for words in terms for w in words if len(w) > 1 and w.endswith("*")}
    starred = _find_beginnings(prefixes, norms)
    singles = [
        (i, row)
        for words, rows in terms.items()
        if len(words) == 1
        for i in _numbers_of(words[0], number, starred)
        for row in rows
    ]
    pieces = [_find_singles(np.array(singles, dtype=np.int64).reshape(-1, 2), by_code, first)]
    for words, rows in terms.items():
        wanted = [_numbers_of(w, number, starred) for w in words] if len(words) > 1 else []
        if not wanted or not all(wanted):
            continue
        rarest = min(range(len(words)), key=lambda k: sum(count[i] for i in wanted[k]))
        at = np.concatenate([by_code[first[i] : first[i + 1]] for i in wanted[rarest]]) - rarest
        at = at[(at >= 0) & (at + len(words) <= len(codes))]
        for k in range(len(words)):
            if k != rarest and len(at):
                there = codes[at + k]
                at = at[there == wanted[k][0] if len(wanted[k]) == 1 else np.isin(there, wanted[k])]
        if len(at):
            at = at[sentence[at] == sentence[at + len(words) - 1]]
        if len(at):
            pieces += [
                np.column_stack([at, np.full((len(at), 1), len(words)), np.full((len(at), 1), row)]) for row in rows
            ]
    return np.concatenate(pieces).astype(np.int64)


def _find_beginnings(prefixes: set[str], norms: list[str]) -> dict[str, list[int]]:
    """Return for each prefix the numbers of the norms that begin with it."""
    order = sorted(range(len(norms)), key=norms.__getitem__) if prefixes else []
    ordered = [norms[i] for i in order]
    found = {}
    for prefix in prefixes:
        low = bisect_left(ordered, prefix)
        high = next((k for k in range(low, len(ordered)) if not ordered[k].startswith(prefix)), len(ordered))
        found[prefix] = order[low:high]
    return found


def _numbers_of(word: str, number: dict[str, int], starred: dict[str, list[int]]) -> list[int]:
    """Return the norms that a word of a term stands for: itself, or all that begin so."""
    if word.endswith("*") and word[:-1] in starred:
        return starred[word[:-1]]
    return [number[word]] if word in number else []


def _find_singles(singles: np.ndarray, by_code: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return (token, 1, row) for every place of terms of one word, given as (norm, row)."""
    norm, row = singles.T
    n = first[norm + 1] - first[norm]
    within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
    at = by_code[np.repeat(first[norm], n) + within]
    return np.column_stack([at, np.ones(len(at), dtype=np.int64), np.repeat(row, n)])


def _keep_cased(
    hits: np.ndarray, lexicon: pd.DataFrame, column: str, tokens: pd.DataFrame, articles: pd.DataFrame | None
) -> np.ndarray:
    cased = (lexicon["match"] == "cased").to_numpy()[hits[:, 2]]
    if not cased.any():
        return hits
    if articles is None:
        raise ValueError("the lexicon has cased terms: the articles' text is needed")
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    keep = ~cased
    ids, starts, ends = (tokens[c].to_numpy() for c in ("article_id", "start", "end"))
    labels = lexicon[column].to_numpy()
    for i in np.flatnonzero(cased):
        at, n, row = hits[i]
        written = bare(straighten(texts[ids[at]][starts[at] : ends[at + n - 1]]))
        keep[i] = written.startswith(straighten(labels[row]).rstrip("*"))
    return hits[keep]


def _keep_longest(hits: np.ndarray, lexicon: pd.DataFrame) -> np.ndarray:
    """Of overlapping hits in one group keep the first and longest; sort by place."""
    if not len(hits):
        return hits
    grouping = [c for c in _GROUPING if c in lexicon.columns]
    group = lexicon.groupby(grouping, sort=False).ngroup().to_numpy() if grouping else np.zeros(len(lexicon), int)
    of = group[hits[:, 2]]
    order = np.lexsort([hits[:, 2], -hits[:, 1], hits[:, 0], of])
    hits, of = hits[order], of[order]
    base = of * (hits[:, 0].max() + hits[:, 1].max() + 1)  # keeps the groups apart on one line of numbers
    start, end = base + hits[:, 0], base + hits[:, 0] + hits[:, 1]
    reach = np.concatenate([[-1], np.maximum.accumulate(end)[:-1]])
    keep = np.ones(len(hits), dtype=bool)
    last = -1
    for i in np.flatnonzero((start < reach) | np.concatenate([start[1:] < end[:-1], [False]])):
        if start[i] >= last:
            last = end[i]
        else:
            keep[i] = False
    hits, of = hits[keep], of[keep]
    return hits[np.lexsort([hits[:, 2], of, hits[:, 0]])]
