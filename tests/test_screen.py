import pandas as pd
import pytest
from conftest import PARAGRAPH

from analysis.clean import strip_furniture
from analysis.intake import settle_items
from analysis.load import ITEM_COLUMNS
from analysis.screen import check_articles, find_copies, is_english, print_bodies

GERMAN = (
    "Der Minister sprach am Freitag nach einem langen Treffen in der Hauptstadt mit den Journalisten, und die Regierung will einen Vertrag. "
    * 4
)
FORM = "Leave a Reply\n\nYour email address will not be published. Required fields are marked *\n\nFacebook\n\nTwitter"


def tables(texts, outlets=None):
    frame = pd.DataFrame(
        [
            {
                "article_id": str(i),
                "outlet": (outlets or ["A"] * len(texts))[i],
                "title": "",
                "date": "",
                "date_basis": "",
                "text": t,
            }
            for i, t in enumerate(texts)
        ]
    )
    return strip_furniture(frame)


def check(*texts, **kw):
    articles, removed = tables(texts)
    return check_articles(articles, removed=removed, **kw).tolist()


def test_good_articles_pass():
    assert check(PARAGRAPH * 2) == [""]
    assert check("Ein Zitat: “Wir gehen nicht.” " + PARAGRAPH * 3) == [""]
    assert check("وقال الوزير إن المحادثات لم تنته بعد\n\n" + PARAGRAPH * 3) == [""]


def test_reasons():
    assert check(FORM, "Only six words of text here.", GERMAN, "مرحبا بالعالم " * 40) == [
        "boilerplate-only",
        "too-short",
        "language",
        "language",
    ]


def test_a_copy_counts_once_within_an_outlet_and_stays_across():
    text = PARAGRAPH * 2
    articles, removed = tables([text, text + "\n", text], ["A", "A", "B"])
    articles = articles.assign(skip="", body=print_bodies(articles, removed=removed), file="", line=0)
    articles["flags"] = [()] * 3
    _, items = settle_items(articles, pd.DataFrame(columns=ITEM_COLUMNS))
    assert items["reason"].tolist() == ["", "duplicate", ""]
    assert find_copies(articles.iloc[[0, 2]]) == {"0": ["2"], "2": ["0"]}


@pytest.mark.parametrize("text", ["“No,” Blinken said. " * 30, "US, NATO, Russia: talks, tanks, troops.", "aaaa " * 50])
def test_odd_english_is_not_refused(text):
    assert is_english(text)
