"""Which column of a user's table is which: guessed from its name, or as the user says with --column."""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz import process

from analysis.refusals import Refusal

NAMES = {  # the names by which people call a column; ours first
    "article_id": ("article_id", "id"),
    "outlet": (
        *("outlet", "outlet_name", "publisher", "publication", "newspaper", "medium", "media", "news_source"),
        *("source_name", "source", "site", "sitename", "site_name", "domain"),
    ),
    "title": ("title", "headline", "heading"),
    "date": (
        *("date", "published", "date_published", "publish_date", "publication_date", "pubdate", "pub_date"),
        *("published_at", "publishedat", "datetime"),
    ),
    "url": ("url", "link", "permalink"),
    "event": ("event", "event_id", "occasion"),
    "text": (
        *("text", "body", "content", "article", "full_text", "fulltext", "article_text", "body_text", "maintext"),
        *("article_body", "articlebody", "story"),
    ),
}
MANIFEST_NAMES = {**{k: v for k, v in NAMES.items() if k != "text"}, "file": ("file", "filename", "path")}
_AS_THEY_ARE = ("date_basis",)


def plain_name(header: str) -> str:
    """Return the name of a column as it is compared: lower case, blanks and hyphens as underscores."""
    return header.strip().lower().replace(" ", "_").replace("-", "_")


def check_columns(given: list[str]) -> dict[str, str]:
    """Read what a user says of columns, each as ``ours=theirs``.

    Raises
    ------
    Refusal
        config-invalid: no ``=``, a column that is none of ours, one given twice.
    """
    known = {**NAMES, **MANIFEST_NAMES}
    found: dict[str, str] = {}
    for word in given:
        ours, equals, theirs = word.partition("=")
        ours = plain_name(ours)
        if not equals or not theirs.strip():
            raise Refusal(f"a column is given as outlet=source, not {word!r}", reason="config-invalid")
        if ours not in known:
            nearest = process.extractOne(ours[:60], list(known))[0]
            raise Refusal(f"there is no column {ours!r}; did you mean {nearest}?", reason="config-invalid")
        if ours in found:
            raise Refusal(f"the column {ours} is given twice", reason="config-invalid")
        found[ours] = plain_name(theirs)
    return found


def with_given(names: Mapping[str, tuple[str, ...]], given: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the names to look for, where the user's word replaces the guess."""
    taken = set(given.values())
    return {
        ours: (given[ours],) if ours in given else tuple(n for n in guesses if n not in taken)
        for ours, guesses in names.items()
    }


def name_columns(
    header: list[str],
    *,
    names: Mapping[str, tuple[str, ...]],
    given: Mapping[str, str],
    needed: tuple[str, ...],
    table: str,
) -> dict[int, str]:
    """Map the place of each column to our name for it.

    Parameters
    ----------
    header : list of str
        The columns as the table has them.
    names : mapping
        Our name → the names to look for, the best first.
    given : mapping
        Our name → the column the user says; it must be there.
    needed : tuple of str
        Ours that must be found.
    table : str
        Its file name, for the message.

    Raises
    ------
    Refusal
        table-invalid: two columns have one name, or a needed one is missing.
    """
    plain = [plain_name(h) for h in header]
    named = [n for n in plain if n]  # a spreadsheet leaves columns without a name at the end
    if len(set(named)) < len(named):
        raise Refusal(f"{table}: two columns have one name", reason="table-invalid")
    places: dict[int, str] = {}
    for ours, guesses in with_given(names, given).items():
        found = next((plain.index(n) for n in guesses if n in plain), None)
        if found is not None and found not in places:
            places[found] = ours
        elif ours in needed or ours in given:
            wanted = f" called {given[ours]}" if ours in given else ""
            raise Refusal(
                f"{table}: there is no column{wanted} for {ours} (its columns are {', '.join(header[:12])}; "
                f"--column {ours}=NAME says which)",
                reason="table-invalid",
            )
    places |= {plain.index(extra): extra for extra in _AS_THEY_ARE if extra in plain}
    return places
