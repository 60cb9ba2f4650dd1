"""From what was loaded to what is analysed: outlets and events as the settings name them, and what became of every item."""

from __future__ import annotations

import pandas as pd
from rapidfuzz import process

from analysis.clean import strip_furniture
from analysis.load import ITEM_COLUMNS
from analysis.refusals import Refusal
from analysis.screen import check_articles, print_bodies
from analysis.settings import Settings


def apply_settings(loaded: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return articles with the outlets and events that the settings name; unknown outlets get a name of their own."""
    named = dict(settings.outlets)
    events = {article: event for event, articles in settings.events for article in articles}
    given = [
        events.get(a.article_id) or events.get(a.file) or a.event
        for a in loaded[["article_id", "file", "event"]].itertuples(index=False)
    ]
    loaded = loaded.assign(
        outlet=pd.Series([named.get(o, o) for o in loaded["outlet"]], index=loaded.index, dtype="str"),
        event=pd.Series(given, index=loaded.index, dtype="str"),
    )
    return loaded.assign(outlet=label_outlets(loaded))


def label_outlets(articles: pd.DataFrame) -> pd.Series:
    """Return the outlet of each article; an unknown one is shown as ``unnamed (…)`` with the article's short name."""
    short = articles["article_id"].str.split("_").str[0].str[:40]
    clash = short.duplicated(keep=False) | (short == "")
    shown = short.where(~clash, articles["article_id"].str[:40])
    return articles["outlet"].where(articles["outlet"] != "", "unnamed (" + shown + ")")


def screen_articles(loaded: pd.DataFrame, *, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set page furniture aside and say which articles cannot be analysed.

    Returns
    -------
    articles : DataFrame
        As `strip_furniture` returns them, with ``skip``: the reason, '' for those that can, and ``body``: a fingerprint
        of its words.
    removed : DataFrame
        As `strip_furniture` returns it.
    """
    articles, removed = strip_furniture(loaded)
    skip = check_articles(articles, removed=removed, min_words=settings.min_words)
    if settings.all_languages:
        skip = skip.where(skip != "language", "")
    return articles.assign(skip=skip, body=print_bodies(articles, removed=removed)), removed


def settle_items(articles: pd.DataFrame, skipped: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Say what became of every item, and keep the articles that are analysed; a second copy is told here.

    Parameters
    ----------
    articles : DataFrame
        One row per article, with ``skip`` and ``body``.
    skipped : DataFrame
        What could not be read, as `load_corpus` returns it.

    Returns
    -------
    articles : DataFrame
        Those that are analysed.
    items : DataFrame
        One row per item: file, line, article_id, status, reason, flags.

    Raises
    ------
    Refusal
        nothing-to-analyse: no article is left.
    """
    whole = articles[articles["skip"] == ""]
    repeats = whole[["outlet", "body"]].duplicated()
    articles = articles.assign(
        skip=articles["skip"].mask(articles["article_id"].isin(whole[repeats]["article_id"]), "duplicate")
    )
    done = pd.DataFrame(
        {
            "file": articles["file"],
            "line": articles["line"],
            "article_id": articles["article_id"],
            "status": articles["skip"].map(lambda r: "skipped" if r else "analysed"),
            "reason": articles["skip"],
            "flags": articles["flags"],
        },
        columns=ITEM_COLUMNS,
    )
    items = pd.concat([done, skipped], ignore_index=True).astype({"line": "int64"})
    items = items.sort_values(["file", "line"], kind="stable").reset_index(drop=True)
    good = articles[articles["skip"] == ""].drop(columns="skip").reset_index(drop=True)
    if good.empty:
        counted = items["reason"].value_counts().sort_index()
        raise Refusal(
            f"no usable article is left ({', '.join(f'{n} {r}' for r, n in counted.items())})",
            reason="nothing-to-analyse",
        )
    return good, items


def check_reference(reference: str, articles: pd.DataFrame) -> None:
    """Refuse a reference outlet that the corpus does not hold."""
    outlets = sorted(articles["outlet"].unique())
    if outlets and reference and reference not in outlets:  # without any article there is another thing to say
        nearest = process.extractOne(reference[:60], outlets)
        raise Refusal(
            f"there is no outlet {reference!r} to compare with; did you mean {nearest[0]}?", reason="config-invalid"
        )
