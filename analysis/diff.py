"""A word diff of two quotations, for showing; `analysis.fidelity` says what kind of change each one is."""

from __future__ import annotations

import difflib
import re

from analysis.views import straighten

_WORD = re.compile(r"[^\s“”\"«»]{1,200}")
_MOST = 400  # words of a quotation compared; the rest is cut


def diff_words(a: str, b: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Compare two texts word by word.

    Parameters
    ----------
    a, b : str
        Two quotations of one statement, the reference first.

    Returns
    -------
    (list of (str, str), list of (str, str))
        The words of a, each ``same`` or ``dropped``, and those of b, each ``same`` or ``added``. Words are
        compared in lower case, without marks and final punctuation.
    """
    words_a, words_b = _WORD.findall(a)[:_MOST], _WORD.findall(b)[:_MOST]
    match = difflib.SequenceMatcher(None, [_plain(w) for w in words_a], [_plain(w) for w in words_b], autojunk=False)
    out_a, out_b = [], []
    for op, a0, a1, b0, b1 in match.get_opcodes():
        out_a += [(w, "same" if op == "equal" else "dropped") for w in words_a[a0:a1]]
        out_b += [(w, "same" if op == "equal" else "added") for w in words_b[b0:b1]]
    return out_a, out_b


def _plain(word: str) -> str:
    return straighten(word).strip(".,;:!?…-'()").lower()
