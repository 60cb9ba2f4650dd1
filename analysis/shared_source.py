"""Articles that rework one text: an agency story, or each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.align_features import longest_run
from analysis.align_units import Unit, take_apart

# Of the 108 pairs of articles in alignment_dev the two rules together flag the ones that a reader finds to share
# running text; there is no coding of shared sources to measure them on.
LEAST_STATEMENTS = 4
STATEMENT_SHARE = 0.5  # of one article's sentences that the other gives too, in the same order
ORDER = 0.7  # rank correlation of the places where two articles give them
CLOSE_SENTENCES = 3  # sentences in the narrator's voice that share a long run of words
RUN = 8  # words that two writers rarely set down alike in a row
_LEAST_RUN, _RUN_SHARE = 7, 0.5  # a shorter run counts where it is half of the shorter sentence
_QUOTED = 0.5  # a sentence quoted to more than this proves no common text: the words are the speaker's
MEETING_COLUMNS = ["article_id", "other", "i", "j", "run", "close"]


def find_meetings(sentences: pd.DataFrame, *, renderings: pd.DataFrame) -> pd.DataFrame:
    """Find where two articles meet: sentences of theirs that stand in one statement.

    Parameters
    ----------
    sentences : DataFrame
        One row per sentence: article_id, sentence_id, paragraph, text.
    renderings : DataFrame
        One row per rendering: statement_id, article_id, sentence_id (-1 where a statement is not reported).

    Returns
    -------
    DataFrame
        One row per two articles and their sentences: article_id, other (after it in order), i, j, run (the longest run
        of words that the sentences share; 0 for quotations), close (whether it is most of the shorter sentence).
    """
    told = renderings[renderings["sentence_id"] >= 0]
    wanted = set(zip(told["article_id"], told["sentence_id"], strict=True))
    units = {
        (str(s.article_id), int(s.sentence_id)): take_apart(str(s.text))[0]
        for s in sentences[sentences["paragraph"] > 0].itertuples(index=False)
        if (s.article_id, s.sentence_id) in wanted
    }
    found: dict[tuple[str, str, int, int], None] = {}
    for _, group in told.groupby("statement_id", sort=False):
        members = sorted({(str(a), int(i)) for a, i in zip(group["article_id"], group["sentence_id"], strict=True)})
        found |= {(x, y, i, j): None for x, i in members for y, j in members if x < y}
    rows = [(x, y, i, j, *_common_run(units[x, i], units[y, j])) for x, y, i, j in sorted(found)]
    table = pd.DataFrame(rows, columns=MEETING_COLUMNS)
    return table.astype({"i": "int64", "j": "int64", "run": "int64", "close": "bool"})


def find_shared_sources(meetings: pd.DataFrame, *, lengths: Mapping[str, int]) -> dict[str, list[str]]:
    """Find articles that rework one text.

    Two articles are taken to do so if they give half of one's sentences as the same statements in the same
    order and share one long run of words, or if they share three such runs, all in the narrator's own voice.

    Parameters
    ----------
    meetings : DataFrame
        As `find_meetings` returns: all rows of each two articles.
    lengths : mapping of str to int
        article_id → sentences of its body.

    Returns
    -------
    dict
        article_id → the articles that rework one text with it, sorted; those without are absent.
    """
    shared: dict[str, list[str]] = {}
    for (x, y), met in meetings.drop_duplicates(["article_id", "other", "i", "j"]).groupby(["article_id", "other"]):
        points = sorted(zip(met["i"].tolist(), met["j"].tolist(), strict=True))
        share = max(len({p[0] for p in points}) / lengths.get(x, 1), len({p[1] for p in points}) / lengths.get(y, 1))
        in_order = len(points) >= LEAST_STATEMENTS and share >= STATEMENT_SHARE and _order(points) >= ORDER
        if (in_order and met["run"].max() > RUN) or met["close"].sum() >= CLOSE_SENTENCES:
            shared.setdefault(x, []).append(y)
            shared.setdefault(y, []).append(x)
    return {a: sorted(others) for a, others in shared.items()}


def _common_run(a: Unit, b: Unit) -> tuple[int, bool]:
    """Return the longest run of words two sentences share, 0 for quotations, and whether it is most of the shorter."""
    if max(a.quoted_share, b.quoted_share) > _QUOTED:
        return 0, False
    run = longest_run(a.words, b.words)
    return run, run > RUN or run >= max(_LEAST_RUN, _RUN_SHARE * min(len(a.words), len(b.words)))


def _order(points: Sequence[tuple[int, int]]) -> float:
    """Return Spearman's rank correlation of two columns of places (0 where one does not vary)."""
    a, b = (pd.Series(column).rank().to_numpy() for column in zip(*points, strict=True))
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
