"""Word lists: reading the lexicon files and finding their terms in a table of tokens.

A lexicon is a CSV file in analysis/lexicons/ that can be edited in a spreadsheet; certificates.toml says where each
comes from and how it is matched. A user's folder may replace a file (NAME.csv) or add rows to it (NAME.more.csv).
Terms are plain words, never patterns; `*` at the end of a word stands for any ending.
"""

from __future__ import annotations

import csv
import functools
import io
import re
from datetime import date as Day
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.files import read_bytes
from analysis.refusals import Skip
from analysis.segment import find_tokens, norm_of
from analysis.views import bare, straighten

FOLDER = Path(__file__).parent / "lexicons"
MATCHES = ("exact", "lemma", "cased")
_REQUIRED = {
    "wording": ["term", "group"],
    "connotation": ["term", "group"],
    "frames": ["frame", "item", "term"],
    "naming": ["actor", "label", "kind"],
    "demonyms": ["term", "actor"],
    "irregular_forms": ["lemma", "forms"],
    "period_names": ["name", "forms", "kind", "valid_from", "valid_to", "use_instead", "status", "source"],
    "period_contexts": ["pattern", "place", "strength", "only_for", "reason"],
    "name_variants": ["name", "accepted", "kind"],
    "offices": ["name", "forms", "state", "office", "titles", "valid_from", "valid_to", "source"],
}
_MAY_BE_EMPTY = frozenset({"note", "only_for", "valid_from", "valid_to", "use_instead", "accepted", "source"})
_DATE = r"-?\d{3,4}(-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?"
_ALLOWED = {
    "match": "|".join(MATCHES),
    "status": "error|style",
    "valid_from": _DATE,
    "valid_to": _DATE,
    "place": "prefix|before|suffix|after|near|inside|present",
    "strength": "strong|weak|present",
}
_MAX_BYTES, _LONGEST_CELL = 20_000_000, 2_000
_GROUPING = ("group", "frame", "item")  # the longest term wins within these, else within the whole lexicon
_NOT_CARRIED = ("match", "note")
_VOWELS = "aeiou"


class LexiconError(ValueError):
    """A lexicon file that cannot be used; the message names the file and the line."""


def load_lexicon(name: str, *, folder: str | Path | None = None) -> pd.DataFrame:
    """Load one lexicon.

    Parameters
    ----------
    name : str
        The file name without its ending, such as ``wording``.
    folder : str or Path, optional
        A user's folder: its NAME.csv is read instead of the shipped file, its NAME.more.csv after it.

    Returns
    -------
    DataFrame
        One row per entry, all columns text, in the order of the file.

    Raises
    ------
    LexiconError
        For a missing, unreadable or broken file; file and line are named.
    """
    shipped = FOLDER / f"{name}.csv"
    if folder is None:
        return _read_cached(name, shipped).copy()
    own, more = Path(folder) / f"{name}.csv", Path(folder) / f"{name}.more.csv"
    table = _read(name, own) if own.exists() else _read_cached(name, shipped)
    if more.exists():
        table = pd.concat([table, _read(name, more)], ignore_index=True).fillna("")
    return table.copy()


def with_targets(naming: pd.DataFrame, targets: tuple[tuple[str, str, str], ...]) -> pd.DataFrame:
    """Return the naming list with a user's targets: (actor, kind, label) each; a label that stood there before gives way."""
    if not targets:
        return naming
    own = pd.DataFrame(
        [{"actor": actor, "label": label, "kind": kind, "match": "exact", "note": ""} for actor, kind, label in targets]
    )
    left = naming[~naming["label"].str.lower().isin(own["label"].str.lower())]
    return pd.concat([left, own], ignore_index=True).fillna("")


@functools.cache
def _read_cached(name: str, path: Path) -> pd.DataFrame:
    return _read(name, path)


def _read(name: str, path: Path) -> pd.DataFrame:
    try:
        text = read_bytes(path, limit=_MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise LexiconError(f"{path.name}, line {line}: not UTF-8") from None
    except Skip as skip:
        raise LexiconError(f"{path.name}: cannot be read ({skip.reason})") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    seen: dict[tuple[str, ...], int] = {}
    try:
        for row in reader:
            where = f"{path.name}, line {reader.line_num}"
            row = [cell.strip() for cell in row]
            if not header:
                header = _check_header(row, name=name, where=where)
                continue
            _check_row(row, header=header, name=name, where=where)
            key = tuple(
                c if column == "pattern" else c.lower()  # capitals count in a pattern
                for c, column in zip(row, header, strict=True)
                if column not in _NOT_CARRIED
            )
            if key in seen:
                raise LexiconError(f"{where}: the entry stands already in line {seen[key]}")
            seen[key] = reader.line_num
            rows.append(row)
    except csv.Error as error:
        raise LexiconError(f"{path.name}, line {reader.line_num}: {error}") from None
    if not rows:
        raise LexiconError(f"{path.name}: no entries")
    return pd.DataFrame(rows, columns=header, dtype=str)


def _check_header(row: list[str], *, name: str, where: str) -> list[str]:
    missing = [c for c in _REQUIRED.get(name, []) if c not in row]
    if missing:
        raise LexiconError(f"{where}: the header lacks {', '.join(missing)}")
    if len(set(row)) < len(row) or not all(row):
        raise LexiconError(f"{where}: the header has an empty or a repeated name")
    return row


def _check_row(row: list[str], *, header: list[str], name: str, where: str) -> None:
    if not any(row):
        raise LexiconError(f"{where}: blank line")
    if row[0].startswith("#"):
        raise LexiconError(f"{where}: comments do not belong in a lexicon")
    if len(row) != len(header):
        raise LexiconError(f"{where}: {len(row)} cells where the header has {len(header)}")
    for column, cell in zip(header, row, strict=True):
        if len(cell) > _LONGEST_CELL or "\x00" in cell:
            raise LexiconError(f"{where}: {column} is longer than {_LONGEST_CELL} characters or holds a zero byte")
        if not cell and column in _REQUIRED.get(name, []) and column not in _MAY_BE_EMPTY:
            raise LexiconError(f"{where}: {column} is empty")
        if cell and column in _ALLOWED and not re.fullmatch(_ALLOWED[column], cell):
            raise LexiconError(f"{where}: {column} cannot be {cell[:40]!r}")
        if column in ("term", "label") and not any(c.isalnum() for c in cell):
            raise LexiconError(f"{where}: {column} {cell[:40]!r} holds no word")
    if name == "period_names":
        _check_period(dict(zip(header, row, strict=True)), where)
    if name == "offices":
        _check_office(dict(zip(header, row, strict=True)), where)


def _check_period(row: dict[str, str], where: str) -> None:
    forms, instead = row["forms"].split(";"), row["use_instead"].split(";")
    if len(instead) not in (1, len(forms)):
        raise LexiconError(f"{where}: use_instead needs one name, or one for each of the {len(forms)} forms")
    if row["status"] == "error" and not row["valid_to"]:
        raise LexiconError(f"{where}: valid_to is empty")
    if row["valid_from"] and row["valid_to"] and row["valid_from"] >= row["valid_to"]:
        raise LexiconError(f"{where}: valid_from is not before valid_to")


def _check_office(row: dict[str, str], where: str) -> None:
    for column in ("valid_from", "valid_to"):
        if row[column] and not re.fullmatch(r"\d{4}-\d\d-\d\d", row[column]):
            raise LexiconError(f"{where}: {column} needs a day, such as 2021-01-26")
        try:
            Day.fromisoformat(row[column] or "2000-01-01")
        except ValueError:
            raise LexiconError(f"{where}: there is no day {row[column]}") from None
    if row["valid_from"] and row["valid_to"] and row["valid_from"] >= row["valid_to"]:
        raise LexiconError(f"{where}: valid_from is not before valid_to")
    for column in ("forms", "titles"):
        if not all(any(c.isalpha() for c in part) for part in row[column].split(";")):
            raise LexiconError(f"{where}: {column} has a part without a word")


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
    table = _read_cached("irregular_forms", FOLDER / "irregular_forms.csv")
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
    article = pd.factorize(tokens["article_id"])[0]
    sentence = tokens["sentence_id"].to_numpy()
    new = (np.diff(article) != 0) | (np.diff(sentence) != 0)
    return np.concatenate([[0], np.cumsum(new)])


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
    starred: dict[str, list[int]] = {p: [] for p in prefixes}
    lengths = sorted({len(p) for p in prefixes})
    for i, norm in enumerate(norms):
        for length in lengths:
            if length > len(norm):
                break
            if norm[:length] in starred:
                starred[norm[:length]].append(i)
    pieces = []
    for words, rows in terms.items():
        wanted = [
            starred[w[:-1]] if w[:-1] in starred and w.endswith("*") else [number[w]] if w in number else []
            for w in words
        ]
        if not all(wanted):
            continue
        rarest = min(range(len(words)), key=lambda k: sum(count[i] for i in wanted[k]))
        at = np.concatenate([by_code[first[i] : first[i + 1]] for i in wanted[rarest]]) - rarest
        at = at[(at >= 0) & (at + len(words) <= len(codes))]
        for k in range(len(words)):
            if k != rarest and len(at):
                at = at[np.isin(codes[at + k], wanted[k])]
        if len(words) > 1 and len(at):
            at = at[sentence[at] == sentence[at + len(words) - 1]]
        pieces += [np.column_stack([at, np.full((len(at), 1), len(words)), np.full((len(at), 1), row)]) for row in rows]
    return np.concatenate(pieces).astype(np.int64) if pieces else np.zeros((0, 3), dtype=np.int64)


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
