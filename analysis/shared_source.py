"""Articles that rework one text: an agency story, or each other."""

from __future__ import annotations

from collections.abc import Sequence

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


def find_shared_sources(
    articles: pd.DataFrame, *, sentences: pd.DataFrame, statements: pd.DataFrame, renderings: pd.DataFrame
) -> pd.DataFrame:
    """Find articles that rework one text.

    Two articles are taken to do so if they give half of one's sentences as the same statements in the same
    order and share one long run of words, or if they share three such runs, all in the narrator's own voice.

    Parameters
    ----------
    articles : DataFrame
        One row per article: article_id.
    sentences : DataFrame
        One row per sentence: article_id, sentence_id, paragraph, text.
    statements : DataFrame
        As `align_statements` returns (the grain only).
    renderings : DataFrame
        One row per rendering: statement_id, article_id, sentence_id (-1 where a statement is not reported).

    Returns
    -------
    DataFrame
        One row per article: article_id, shared_source_with (ids joined by "; ", "" where there is none).
    """
    told = renderings[renderings["sentence_id"] >= 0]
    body = sentences[sentences["paragraph"] > 0]
    lengths = body.groupby("article_id").size().to_dict()
    wanted = set(zip(told["article_id"], told["sentence_id"], strict=True))
    units = {
        (a, i): take_apart(str(t))[0]
        for a, i, t in zip(body["article_id"], body["sentence_id"], body["text"], strict=True)
        if (a, i) in wanted
    }
    shared: dict[str, list[str]] = {}
    for (x, y), points in sorted(_meeting_points(told).items()):
        share = max(len({p[0] for p in points}) / lengths.get(x, 1), len({p[1] for p in points}) / lengths.get(y, 1))
        runs = [_common_run(units[x, i], units[y, j]) for i, j in sorted(points)]
        in_order = len(points) >= LEAST_STATEMENTS and share >= STATEMENT_SHARE and _order(sorted(points)) >= ORDER
        if (in_order and max(r for r, _ in runs) > RUN) or sum(close for _, close in runs) >= CLOSE_SENTENCES:
            shared.setdefault(x, []).append(y)
            shared.setdefault(y, []).append(x)
    ids = [str(i) for i in articles["article_id"]]
    return pd.DataFrame({"article_id": ids, "shared_source_with": ["; ".join(sorted(shared.get(i, []))) for i in ids]})


def _meeting_points(told: pd.DataFrame) -> dict[tuple[str, str], set[tuple[int, int]]]:
    """Return for each two articles the pairs of sentences that stand in one statement."""
    points: dict[tuple[str, str], set[tuple[int, int]]] = {}
    for _, group in told.groupby("statement_id", sort=False):
        members = sorted({(str(a), int(i)) for a, i in zip(group["article_id"], group["sentence_id"], strict=True)})
        for x, i in members:
            for y, j in members:
                if x < y:
                    points.setdefault((x, y), set()).add((i, j))
    return points


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
