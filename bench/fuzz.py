"""Mutate good inputs for a while and see that every promise of the line holds on what comes out.

    .venv/bin/python bench/fuzz.py [--minutes 15] [--seed 1]

Each turn takes a few pieces (seeds, made-up sentences, hostile fragments), cuts, doubles, flips and joins them, and runs
reading, cleaning, segmentation, attribution and measures on the bytes. A turn fails on an exception that is not a refusal,
on a span that does not hold its text, on letters that are in no sentence and not removed, on a token with two voices or
none, on an escaped cell or page that is not harmless. Failing inputs are printed as Python literals, shortened; the same
seed gives the same turns. Exit code 1 where a turn failed.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from analysis.clean import strip_furniture  # noqa: E402
from analysis.errors import annotate_errors  # noqa: E402
from analysis.escape import for_cell, for_html, for_label, for_link, from_cell  # noqa: E402
from analysis.files import decode  # noqa: E402
from analysis.load import load_corpus  # noqa: E402
from analysis.options import Options  # noqa: E402
from analysis.read import read_chunk  # noqa: E402
from analysis.refusals import REASONS, Refusal, Skip  # noqa: E402
from analysis.segment import split_sentences, split_tokens  # noqa: E402
from analysis.settings import Settings  # noqa: E402

VOICES = {"narrator", "quoted", "reported", "headline"}
WORDS = (
    "The minister Maria Hale said on Friday that “we will not leave the talks,” and left. “No,” he added. She denied it.\n"
    "According to the ministry, taxes rose 5.5% to $3bn in 2021. ‘A “nested” one’ was heard. By Piotr Orr | 5 May 2021\n"
    "Share this:\nFacebook | Twitter\nLeave a Reply\nRead More\nMOSCOW (AP) — The U.S. and Mr. Orr's aides met, sources say.\n"
)
PIECES = [
    *("“", "”", '"', "‘", "’", "'", "«", "»", "(", ")", "[", "…", "...", ".", ",", ";", ":", "—", "-", "\n", "\n\n", "\t", " "),
    *("\u200b", "\u00ad", "\u202e", "\u2066", "\ufeff", "\u0301", "\u0335", "\x00", "\x1b[31m", "\x85", "\u2028", "\x0b", "\r"),
    *("\U0001f469\u200d\U0001f680", "ﬁ", "İ", "ß", "ſ", "Ⅷ", "①", "½", "٣", "中文。", "Россия", "\U0001d428", "\U000e0061"),
    *("1" * 40, "9" * 5000, "1,000.5", "-0", "1e5", "NaN", "=1+1", "@x", "+1", "<script>", "&amp;", "]]>", "{{7*7}}", "$x$"),
    *("said", "says", "according to", "denied", "told", "Soviet", "U.S.", "Mr.", "Sen.", "J.", "n't", "’s", "not", "million", "%"),
    *("By A B", "Photo: AP", "(Reuters) -", "Read more:", "January 7, 2022", "2022-13-45", "7/7/07", "yesterday", "Monday"),
]  # fmt: skip


def load_seeds() -> list[str]:
    """Return the texts that are mutated."""
    return [p.read_text(encoding="utf-8", errors="replace") for p in sorted((ROOT / "seeds").glob("*.txt"))] + [WORDS]


def mutate(turn: random.Random, texts: list[str]) -> str:
    """Return one hostile text of up to a few thousand characters."""
    text = turn.choice(texts)
    at = turn.randrange(len(text))
    text = text[at : at + turn.choice((30, 200, 1000, 3000))]
    for _ in range(turn.randint(1, 12)):
        i, j = sorted((turn.randint(0, len(text)), turn.randint(0, len(text))))
        how = turn.randrange(6)
        if how == 0:
            text = text[:i] + turn.choice(PIECES) * turn.choice((1, 1, 2, 30)) + text[i:]
        elif how == 1:
            text = text[:i] + text[j:]
        elif how == 2:
            text = text[:j] + text[i : i + 80] * turn.randint(1, 3) + text[j:]
        elif how == 3:
            text = text[:i] + text[i:j].swapcase() + text[j:]
        elif how == 4:
            text = "".join(c if turn.random() > 0.02 else turn.choice(PIECES) for c in text)
        else:
            text = text[:i] + " ".join(turn.choice(PIECES) for _ in range(5)) + text[i:]
    return text[:12_000]


def article_of(text: str) -> pd.DataFrame:
    """Return a text as a loaded article."""
    empty = dict.fromkeys(("outlet", "title", "date", "date_basis", "url"), "")
    return pd.DataFrame([{**empty, "article_id": "a", "text": text, "file": "a.txt", "line": 0, "flags": ()}])


def check_reading(data: bytes) -> None:
    """Reading, cleaning, sentences, tokens, voices of one article."""
    try:
        text, _ = decode(data)
    except Skip:
        return
    loaded = article_of(text)
    articles, removed = strip_furniture(loaded)
    check_partition(text, articles, removed)
    found = read_chunk((loaded, Options(settings=Settings(min_words=1, all_languages=True))))
    if "tokens" not in found:
        return
    for name in ("sentences", "attributions", "terms", "removed"):
        for row in found[name].to_dict("records"):
            if row["start"] >= 0 and "text" in row and row["text"] != text[row["start"] : row["end"]]:
                raise AssertionError(f"{name}: {row} does not stand where it says")
            if not -1 <= row["start"] <= row["end"] <= len(text):
                raise AssertionError(f"{name}: {row} is outside the text")
    tokens = found["tokens"]
    if not set(tokens["voice"]) <= VOICES or tokens.duplicated(["start"]).any():
        raise AssertionError("a token with no voice, or with two")
    if len(tokens) and not (tokens["end"].to_numpy()[:-1] <= tokens["start"].to_numpy()[1:]).all():
        raise AssertionError("tokens overlap")
    for row in annotate_errors([{"id": "a", "text": text}]):
        if text[row["start"] : row["end"]] != row["text"]:
            raise AssertionError(f"finding {row} does not stand where it says")
    check_escapes(text)


def check_partition(text: str, articles: pd.DataFrame, removed: pd.DataFrame) -> None:
    """Every letter is in one sentence or in one removed stretch."""
    sentences = split_sentences(articles, removed=removed)
    seen = Counter()
    for start, end in [*zip(sentences["start"], sentences["end"]), *zip(removed["start"], removed["end"])]:  # noqa: B905
        seen.update(range(start, end))
    if seen and max(seen.values()) > 1:
        raise AssertionError("a character is in two sentences, or kept and removed")
    lost = [i for i, c in enumerate(text) if c.isalnum() and i not in seen]
    if lost:
        raise AssertionError(
            f"{len(lost)} letters are nowhere, the first at {lost[0]}: {text[lost[0] : lost[0] + 40]!r}"
        )
    split_tokens(articles, sentences=sentences)


def check_escapes(text: str) -> None:
    """Cells, pages, labels and links."""
    for piece in (text, text[-60:], *text.split("\n")[:5]):
        cell = str(for_cell(piece))
        if cell[:1] in set("=+-@\t\r"):
            raise AssertionError(f"a cell runs: {cell[:40]!r}")
        if from_cell(cell) != piece.encode("utf-8", "replace").decode().replace("\x00", "\ufffd").replace("\r", "\n"):
            raise AssertionError(f"a cell does not come back: {piece[:60]!r}")
        page = for_html(piece)
        if any(c in page for c in "<>\"'") or "\u202e" in page:
            raise AssertionError(f"a page runs: {page[:60]!r}")
        if "\n" in for_label(piece) or len(for_label(piece)) > 60:
            raise AssertionError("a label is more than a line")
        if for_link(piece) and not for_link(piece).startswith(("http://", "https://")):
            raise AssertionError(f"a link leads elsewhere: {piece[:60]!r}")


def check_table(turn: random.Random, text: str, folder: Path) -> None:
    """A damaged table: every line ends in one way, and reasons are of the closed list."""
    rows = [["id", "outlet", "title", "text"]]
    rows += [
        [str(i), turn.choice(PIECES), turn.choice(PIECES), text[i * 50 :][:400]] for i in range(turn.randint(0, 4))
    ]
    if turn.random() < 0.5:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator=turn.choice(("\n", "\r\n"))).writerows(rows)
        made, name = buffer.getvalue(), "c.csv"
    else:
        made = "\n".join(
            json.dumps(dict(zip(rows[0], r, strict=True)), ensure_ascii=turn.random() < 0.5) for r in rows[1:]
        )
        name = "c.jsonl"
    for _ in range(turn.randint(0, 4)):
        i = turn.randint(0, len(made))
        made = (
            made[:i]
            + turn.choice(('"', ",", "\n", "", "{", "\\", "\x00", "\\ud800", ";"))
            + made[i + turn.randint(0, 2) :]
        )
    (folder / name).write_bytes(made.encode("utf-8", "surrogatepass"))
    try:
        articles, skipped = load_corpus(folder / name)
    except Refusal as refusal:
        if "\n" in str(refusal):
            raise AssertionError("a refusal is more than a line") from None
        return
    finally:
        (folder / name).unlink()
    if not set(skipped["reason"]) <= REASONS:
        raise AssertionError("an unknown reason")
    lines = [*articles["line"], *skipped["line"]]
    if len(set(lines)) < len(lines):
        raise AssertionError(f"a line counts twice: {sorted(lines)}")


def run(minutes: float, seed: int) -> int:
    """Turn until the time is over; return how many turns failed."""
    texts, ends, n, failed = load_seeds(), time.monotonic() + 60 * minutes, 0, Counter()
    with tempfile.TemporaryDirectory() as place:
        while time.monotonic() < ends:
            n += 1
            turn = random.Random(seed * 1_000_003 + n)
            text = mutate(turn, texts)
            data = text.encode(turn.choice(("utf-8", "utf-8", "utf-8", "utf-16", "cp1252")), "replace")
            if turn.random() < 0.2:
                i = turn.randrange(len(data) + 1)
                data = data[:i] + turn.randbytes(turn.randint(1, 6)) + data[i + turn.randint(0, 4) :]
            try:
                check_reading(data)
                check_table(turn, text, Path(place))
            except Exception as error:
                last = traceback.extract_tb(error.__traceback__)[-1]
                kind = f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"
                failed[kind] += 1
                if failed[kind] == 1:
                    print(f"turn {n}: {kind}: {str(error)[:300]}\n  {data[:400]!r}", flush=True)
    print(f"seed {seed}: {n} turns in {minutes:g} minutes, {sum(failed.values())} failed {dict(failed)}")
    return sum(failed.values())


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--minutes", type=float, default=15)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    sys.exit(bool(run(given.minutes, given.seed)))
