"""What the tests share: the seeds analysed once, and made corpora."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings

from analysis.events import count_stems, find_events
from analysis.pipeline import Options, Run, analyse
from analysis.segment import split_sentences, split_tokens
from analysis.shelf import Shelf
from analysis.table_files import TableFiles

# A loaded machine must not fail a test, and two runs must try the same examples.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
PARAGRAPH = (
    "The minister spoke to reporters on Friday after a long meeting in the capital. “We will not leave the talks,” Maria Hale said. "
    "She added that the government wanted a treaty before the summer. The opposition called the plan a mistake.\n\n"
)


@pytest.fixture(scope="session")
def seeds() -> Run:
    return analyse(ROOT / "seeds", options=Options())


@pytest.fixture
def corpus(tmp_path):
    """Return a function that writes a corpus folder from names and texts."""

    def make(files: dict[str, str | bytes], *, name: str = "corpus") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return folder

    return make


def table_of(text: str, *, title: bool = False) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return articles, sentences and tokens of one text; with ``title`` its first line is the headline."""
    end = text.index("\n") if title else -1
    articles = pd.DataFrame(
        [
            {
                "article_id": "a",
                "outlet": "One",
                "text": text,
                "date": "",
                "title": text[: max(end, 0)],
                "title_start": 0 if title else -1,
                "title_end": end,
            }
        ]
    )
    sentences = split_sentences(articles, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
    return articles, sentences, split_tokens(articles, sentences=sentences)


def tables_of_texts(texts: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return articles, sentences and tokens of several texts without headlines."""
    articles = pd.DataFrame(
        [{"article_id": a, "text": t, "title": "", "title_start": -1, "title_end": -1} for a, t in texts.items()]
    )
    sentences = split_sentences(articles, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
    sentences["paragraph"] += 1  # no headline
    return articles, sentences, split_tokens(articles, sentences=sentences)


def events_of(articles: pd.DataFrame, *, tokens: pd.DataFrame) -> pd.DataFrame:
    """Return the occasions of articles given with all their tokens."""
    with Shelf() as shelf:
        shelf.add({"stems": count_stems(tokens)})
        return find_events(articles, stems=shelf.taker("stems"))


def write_tables(tables: dict[str, pd.DataFrame], *, folder: Path) -> None:
    """Write the tables of a run as a run does."""
    with TableFiles(folder) as files:
        for name, table in tables.items():
            files.add(name, table)
