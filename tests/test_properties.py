"""What holds for every text: spans stand in the raw file, voices part the words, alignment knows no order, prose stays."""

from __future__ import annotations

import json

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from test_clean import PROSE

from analysis.align import annotate_align
from analysis.clean import find_furniture
from analysis.files import decode
from analysis.options import Options
from analysis.pipeline import analyse
from analysis.read import read_chunk
from analysis.settings import Settings
from analysis.voices import VOICES

SAID = [
    "“We will not leave the talks before the summer,” Maria Hale said on Friday.",
    "The minister said that the treaty was dead and that nobody had signed it.",
    "Piotr Orr denied that 5,000 soldiers had crossed the river in 2021.",
    "“We will never leave the talks,” Maria Hale told reporters, “and nobody asks us.”",
    "According to the ministry, the shameful plan of the Soviet Union failed in 2021.",
    "The river rose by two metres on Friday and the old bridge was closed.",
]
ODD = [
    "\u200b",
    "\u202e",
    "\u0301",
    "\U0001f469\u200d\U0001f680",
    "İ",
    "ß",
    "“",
    "”",
    "‘",
    "’",
    '"',
    "…",
    "\u2028",
    "ﬁ",
    "\u00a0",
    "$9",
]
FURNITURE = [
    "Share this:",
    "Read More",
    "Photo: Agency",
    "By Jane Doe",
    "ADVERTISEMENT",
    "Leave a Reply",
    "MOSCOW (Reuters) - ",
]
sentence = st.tuples(st.sampled_from(SAID), st.sampled_from(["", *ODD]), st.integers(0, 60)).map(
    lambda t: t[0][: t[2]] + t[1] + t[0][t[2] :]
)
article = st.lists(sentence | st.sampled_from(FURNITURE), min_size=3, max_size=9).map("\n".join)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")


@settings(max_examples=6)
@given(
    st.lists(article, min_size=2, max_size=3, unique=True), st.sampled_from(ENCODINGS), st.sampled_from(["\n", "\r\n"])
)
def test_every_span_of_every_table_stands_in_the_raw_file(tmp_path_factory, texts, encoding, ends):
    folder = tmp_path_factory.mktemp("c")
    for n, text in enumerate(texts):
        (folder / f"a{n}.txt").write_bytes(text.replace("\n", ends).encode(encoding))
    run = analyse(folder, options=Options(settings=Settings(min_words=1, resamples=50, all_languages=True)))
    raw = {
        i.article_id: decode((folder / i.file).read_bytes())[0]
        for i in run.items.itertuples()
        if i.status == "analysed"
    }
    checked = 0
    for name, table in run.tables.items():
        for row in table.to_dict("records") if {"article_id", "start", "end"} <= set(table) else ():
            if row["start"] == "" or pd.isna(row["start"]) or row["start"] < 0:
                continue
            start, end = int(row["start"]), int(row["end"])
            assert 0 <= start <= end <= len(raw[row["article_id"]]), (name, row)
            if row.get("text"):
                assert raw[row["article_id"]][start:end] == row["text"], (name, row)
            checked += 1
    assert checked >= len(raw)


def loaded(text: str) -> pd.DataFrame:
    row = dict.fromkeys(("outlet", "title", "date", "date_basis", "url", "event"), "")
    return pd.DataFrame([{**row, "article_id": "a", "text": text, "file": "a.txt", "line": 0, "flags": ()}])


@settings(max_examples=25)
@given(article)
def test_voices_part_the_words_and_follow_the_attributions(text):
    found = read_chunk((loaded(text), Options(settings=Settings(min_words=1, all_languages=True))))
    if "tokens" not in found:
        return
    tokens = found["tokens"]
    assert tokens["voice"].isin(VOICES).all() and not tokens.duplicated(["start"]).any()
    assert (tokens["end"].to_numpy()[:-1] <= tokens["start"].to_numpy()[1:]).all()
    kept = {i for s, e in zip(found["sentences"]["start"], found["sentences"]["end"], strict=True) for i in range(s, e)}
    inside = {i for s, e in zip(tokens["start"], tokens["end"], strict=True) for i in range(s, e)}
    removed = {i for s, e in zip(found["removed"]["start"], found["removed"]["end"], strict=True) for i in range(s, e)}
    assert inside <= kept and not kept & removed
    assert not [i for i, c in enumerate(text) if c.isalnum() and i not in inside and i not in removed]
    said = [(a.start, a.end) for a in found["attributions"].itertuples()]
    for token in tokens[tokens["voice"] == "reported"].itertuples():
        assert any(s <= token.start and token.end <= e for s, e in said), (token, said)


def answer(articles: dict[str, list[str]], names: dict[str, str]) -> tuple[list, list]:
    record = {
        "event": "e",
        "articles": {names[o]: {"title": "", "date": "", "sentences": s} for o, s in articles.items()},
    }
    (found,) = annotate_align([record])
    back = {v: k for k, v in names.items()}
    pairs = sorted((*sorted([(back[a], i), (back[b], j)]), score) for a, i, b, j, score in found["pairs"])
    groups = sorted(
        (sorted((back[m["outlet"]], m["sentence"]) for m in s["members"]), s["score"]) for s in found["statements"]
    )
    return pairs, groups


@settings(max_examples=25)
@given(st.lists(sentence, min_size=1, max_size=5, unique=True), st.lists(sentence, min_size=1, max_size=5, unique=True))
def test_two_articles_align_alike_from_both_sides(one, two):
    articles = {"x": one, "y": two}
    assert answer(articles, {"x": "a", "y": "b"}) == answer(articles, {"x": "b", "y": "a"})


@settings(max_examples=5)
@given(st.permutations(range(4)))
def test_statements_do_not_depend_on_the_order_of_the_articles(tmp_path_factory, order):
    texts = ["\n".join(SAID[i:] + SAID[:i]) for i in range(4)]
    rows = [
        {"id": f"a{i}", "outlet": f"O{i}", "date": f"2022-01-0{i + 1}", "text": texts[i] + f" It is number {i}."}
        for i in range(4)
    ]
    results = []
    for ranks in (range(4), order):
        path = tmp_path_factory.mktemp("c") / "c.jsonl"
        path.write_text("\n".join(json.dumps(rows[i]) for i in ranks))
        run = analyse(path, options=Options(settings=Settings(resamples=50)))
        results.append(
            {
                n: t
                for n, t in run.tables.items()
                if n in ("statements", "renderings", "quote_edits", "findings", "keyness")
            }
        )
    for name, table in results[0].items():
        by = [c for c in table if c not in ("statement_id",)]
        one, two = (r[name][by].astype(str).sort_values(by).reset_index(drop=True) for r in results)
        pd.testing.assert_frame_equal(one, two)


@settings(max_examples=150)
@given(st.lists(st.sampled_from([*PROSE, *SAID, *FURNITURE[:-1], "", "A short line"]), max_size=16))
def test_no_letter_of_prose_is_ever_removed(lines):
    text = "\n".join(lines)
    removed = {i for s, e, _ in find_furniture(text)[0] for i in range(s, e)}
    at = 0
    for line in lines:
        if line in PROSE or (line in SAID and "Leave a Reply" not in lines):  # a short line may be a reader's comment
            assert not removed & set(range(at, at + len(line))), (line, lines)
        at += len(line) + 1
