"""How to cite a run: the version, and the fingerprints of what went in."""

from __future__ import annotations

from collections.abc import Iterable

from analysis.files import sha256

_TITLE = "Parallax: how news outlets report the same statements"
_AUTHOR = "The Parallax maintainers"


def hash_corpus(prints: Iterable[str]) -> str:
    """Return the fingerprint of the articles analysed from those of their texts: the same in whatever order and form they came."""
    return sha256("\n".join(sorted(prints)).encode())[:16]


def hash_text(text: str) -> str:
    """Return the fingerprint of one text."""
    return sha256(text.encode("utf-8", "replace"))


def cite_run(record: dict, *, corpus: str) -> str:
    """Say in one sentence which run this is, for a method section.

    Parameters
    ----------
    record : dict
        run.json: version, python, hashes, counts.
    corpus : str
        The fingerprint of the articles, as `hash_corpus` returns it.
    """
    n = record["counts"]["analysed"]
    return (
        f"{_AUTHOR}. {_TITLE}, version {record['version']} (Python {record['python']}), "
        f"run on {n} article{'s' if n != 1 else ''}; fingerprints: {_fingerprints(record, corpus)}."
    )


def make_bibtex(record: dict, *, corpus: str) -> str:
    """Return the same as an entry for a bibliography; it has no date, so that a run repeated gives the same file."""
    return (
        f"@software{{parallax-{corpus},\n"
        f"  author  = {{{{{_AUTHOR}}}}},\n"
        f"  title   = {{{_TITLE}}},\n"
        f"  version = {{{record['version']}}},\n"
        f"  note    = {{Run on {record['counts']['analysed']} articles; {_fingerprints(record, corpus)}}}\n"
        "}\n"
    )


def _fingerprints(record: dict, corpus: str) -> str:
    return ", ".join(f"{name} {value}" for name, value in {"corpus": corpus, **record["hashes"]}.items())
