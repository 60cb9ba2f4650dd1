"""Paragraphs, sentences and tokens, with offsets into the raw text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import nupunkt
import pandas as pd

from analysis.views import INVISIBLE, bare, straighten

_LINE = re.compile(r"[^\n]+")
_ENDS_SENTENCE = re.compile(r"[.!?:;…][\"'”’)\]]*\s*$|[\"”’)\]]\s*$")
_WRAPPED_SHARE = 0.6  # of lines that end in mid-sentence: above it, the text is hard-wrapped

# Acronyms with dots, numbers with their separators, words with inner apostrophes and hyphens, single marks.
TOKEN = re.compile(
    rf"(?:[^\W\d_]\.){{2,}}"
    rf"|\d+(?:[.,:]\d+)*(?:[^\W_]|[{INVISIBLE}]|[-'](?=[^\W_]))*"
    rf"|[^\W_](?:[^\W_]|[{INVISIBLE}]|[\u0300-\u036f]|[-'&](?=[^\W_]))*"
    r"|[^\s]"
)
_KEEPS_S = frozenset("it's he's she's that's there's what's who's let's here's where's how's when's".split())
# Where the splitter looks closer, and more: a mark at the very end or inside of "3.5" ends no sentence before another.
_MAY_END = re.compile(r"[.?!…](?=\W)")
_MANY_MARKS = re.compile(r"[^\w\s]{41,}")
_IS_BLANK = np.array([chr(c).isspace() for c in range(0x3002)])  # U+3000 is the last blank
SENTENCE_COLUMNS = ["article_id", "sentence_id", "paragraph", "start", "end", "text"]
TOKEN_COLUMNS = ["article_id", "sentence_id", "start", "end", "norm", "is_word", "is_capital"]


def norm_of(word: str) -> str:
    """Return the form a list is matched on: lower case, straight, without invisible characters or a final 's."""
    word = bare(word).lower()
    if len(word) > 2 and word[-2:] == "'s" and word not in _KEEPS_S:
        word = word[:-2]
    return word


def find_tokens(view: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, norm) for the tokens of a stretch of a straightened view, in order."""
    for m in TOKEN.finditer(view, start, end):
        yield m.start(), m.end(), norm_of(m.group())


def split_paragraphs(text: str, removed: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Split what cleaning left of a text into paragraphs.

    Parameters
    ----------
    text : str
        The raw text.
    removed : list of (int, int)
        Half-open spans taken out by cleaning, sorted, apart.

    Returns
    -------
    list of (int, int)
        Half-open spans without blanks at their edges. A line that ends in mid-sentence is joined to the
        next when that begins in lower case, or throughout where most lines end so (hard-wrapped text).
    """
    lines = []
    cuts = [*removed, (len(text), len(text))]
    at = 0
    for cut_start, cut_end in cuts:
        for m in _LINE.finditer(text, at, max(at, cut_start)):
            s, e = _trim(text, m.start(), m.end())
            if s < e:
                lines.append((s, e))
        at = max(at, cut_end)
    if not lines:
        return []
    open_ends = [not _ENDS_SENTENCE.search(text[max(s, e - 12) : e]) for s, e in lines]
    wrapped = len(lines) > 5 and sum(open_ends) / len(lines) > _WRAPPED_SHARE
    removed_starts = {s for s, _ in removed}
    paragraphs = [lines[0]]
    for (s, e), was_open in zip(lines[1:], open_ends, strict=False):
        gap = text[paragraphs[-1][1] : s]
        joins = (
            was_open
            and gap.count("\n") == 1
            and (wrapped or text[s].islower())
            and not any(paragraphs[-1][1] <= r < s for r in removed_starts)
        )
        if joins:
            paragraphs[-1] = (paragraphs[-1][0], e)
        else:
            paragraphs.append((s, e))
    return paragraphs


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and (text[start].isspace() or text[start] in "\ufeff\u200b"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in "\ufeff\u200b"):
        end -= 1
    return start, end


def find_words(text: str) -> list[tuple[str, str]]:
    """Return the words of a text in order, each in its normal form and as written; marks are left out."""
    view = straighten(text)
    return [(norm, text[s:e]) for s, e, norm in find_tokens(view, 0, len(view)) if any(c.isalnum() for c in norm)]


def find_norms(text: str) -> list[str]:
    """Return the words of a text in their normal form, in order; marks are left out."""
    return [norm for norm, _ in find_words(text)]


def split_sentences(articles: pd.DataFrame, *, removed: pd.DataFrame) -> pd.DataFrame:
    """Split cleaned articles into sentences.

    Parameters
    ----------
    articles : DataFrame
        One row per article: article_id, text, title_start, title_end (-1 where the text holds no headline).
    removed : DataFrame
        One row per span taken out: article_id, start, end.

    Returns
    -------
    DataFrame
        One row per sentence: article_id, sentence_id (0, 1, … within the article), paragraph (0 is the
        headline, the body begins at 1), start, end (characters of the raw text), text.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    for article_id, start, end in zip(removed["article_id"], removed["start"], removed["end"], strict=True):
        spans.setdefault(article_id, []).append((start, end))
    rows = []
    for a in articles.itertuples(index=False):
        cuts = sorted(spans.get(a.article_id, []))
        number = 0
        if a.title_start >= 0:
            rows.append((a.article_id, 0, 0, a.title_start, a.title_end, a.text[a.title_start : a.title_end]))
            cuts = sorted([*cuts, (a.title_start, a.title_end)])
            number = 1
        for paragraph, (p_start, p_end) in enumerate(split_paragraphs(a.text, cuts), start=1):
            for s, e in find_sentences(a.text[p_start:p_end]):
                s, e = _trim(a.text, p_start + s, p_start + e)
                if s < e:
                    rows.append((a.article_id, number, paragraph, s, e, a.text[s:e]))
                    number += 1
    return pd.DataFrame(rows, columns=SENTENCE_COLUMNS)


def straighten_breaks(text: str) -> str:
    """Return a same-length view for the sentence splitter: a line break is a blank, the inside of a long run of marks a dash.

    The splitter looks from each ``!`` or ``?`` through all marks after it, which is quadratic in the length of such a run.
    """
    view = text.replace("\n", " ").replace("\r", " ")
    return _MANY_MARKS.sub(lambda m: m[0][:20] + "-" * (len(m[0]) - 40) + m[0][-20:], view)


def find_sentences(paragraph: str) -> list[tuple[int, int]]:
    """Return the half-open spans of the sentences of a paragraph."""
    if not _MAY_END.search(paragraph):
        return [(0, len(paragraph))]
    spans = [(int(s), int(e)) for s, e in nupunkt.sent_spans(straighten_breaks(paragraph))]
    return spans or [(0, len(paragraph))]


def split_tokens(articles: pd.DataFrame, *, sentences: pd.DataFrame) -> pd.DataFrame:
    """Split sentences into tokens.

    Parameters
    ----------
    articles : DataFrame
        One row per article: article_id, text.
    sentences : DataFrame
        As `split_sentences` returns.

    Returns
    -------
    DataFrame
        One row per token: article_id, sentence_id, start, end (characters of the raw text), norm (lower
        case, straight quotes, no final 's), is_word (has a letter or a digit), is_capital (begins with a
        capital). article_id and norm are coded (categorical), so that whatever groups by them need not hash text.
    """
    views = {a: straighten(text) for a, text in zip(articles["article_id"], articles["text"], strict=True)}
    number = _Numbers()
    codes: list[int] = []
    counts: list[int] = []
    places = [sentences[c].tolist() for c in ("article_id", "start", "end")]
    for article_id, start, end in zip(*places, strict=True):
        met = TOKEN.findall(views[article_id], start, end)
        codes += map(number.__getitem__, met)
        counts.append(len(met))
    written = np.array(codes, dtype=np.int64)
    size = np.array([len(w) for w in number], dtype=np.int64)
    capital = np.array([w[0].isupper() for w in number], dtype=bool)
    norm_code, norms = pd.factorize(np.array([norm_of(w) for w in number], dtype=object))
    has_letters = np.array([norm.isalnum() or any(c.isalnum() for c in norm) for norm in norms], dtype=bool)
    code = norm_code[written]
    start_at = _find_starts(views, places, size[written], np.array(counts, dtype=np.int64))
    article, ids = pd.factorize(sentences["article_id"])
    return pd.DataFrame(
        {
            "article_id": pd.Categorical.from_codes(np.repeat(article, counts), categories=ids),
            "sentence_id": np.repeat(sentences["sentence_id"].to_numpy(dtype=np.int64), counts),
            "start": start_at,
            "end": start_at + size[written],
            "norm": pd.Categorical.from_codes(code, categories=norms),
            "is_word": has_letters[code],
            "is_capital": capital[written],
        }
    )


def _find_starts(views: dict[str, str], places: list[list], size: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return where each token begins in its article: nothing but blanks lies between tokens, so their sizes say it.

    To ask each match for its place costs more than to find it.
    """
    everything = np.frombuffer("".join(views.values()).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    solid = np.flatnonzero(~_IS_BLANK[np.minimum(everything, len(_IS_BLANK) - 1)])
    lengths = np.array([len(v) for v in views.values()], dtype=np.int64)
    begins = dict(zip(views, (np.cumsum(lengths) - lengths).tolist(), strict=True))
    ids, starts, _ = places
    begin = np.array([begins[a] for a in ids], dtype=np.int64)
    before = np.cumsum(size) - size  # characters of the tokens before each
    first = np.cumsum(counts) - counts  # token of each sentence
    into = np.searchsorted(solid, begin + np.array(starts, dtype=np.int64)) - np.append(before, 0)[first]
    return solid[np.repeat(into, counts) + before] - np.repeat(begin, counts)


class _Numbers(dict[str, int]):
    """A number for each word as it is written; few of them are different."""

    def __missing__(self, word: str) -> int:
        self[word] = n = len(self)
        return n
