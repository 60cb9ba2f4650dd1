"""Quotation marks: pairing, apostrophes, open ends."""

from itertools import pairwise

import pytest

from analysis.marks import find_quoted


def stretches(text, depth=0):
    return [text[q.start : q.end] for q in find_quoted(text, paragraphs=paragraphs(text)) if q.depth == depth]


def paragraphs(text):
    at, spans = 0, []
    for line in text.split("\n"):
        if line:
            spans.append((at, at + len(line)))
        at += len(line) + 1
    return spans


@pytest.mark.parametrize(
    "text",
    [
        "The ministers' plan and the workers’ rights don’t matter.",
        "Back in the '90s and the ’60s it was rock 'n' roll, 'til dawn.",
        "He is 6'2\" tall and she 5'4\".",
        "",
        "No marks at all.",
        "A lone closing mark” here.",
    ],
)
def test_finds_nothing_where_nobody_is_quoted(text):
    assert stretches(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He said “no” and “never”.", ["“no”", "“never”"]),
        ('"No," he said. "Never."', ['"No,"', '"Never."']),
        ("''Not now,'' she said.", ["''Not now,''"]),
        ("``Not now,'' she said.", ["``Not now,''"]),
        ("Er sagte „nein“ dazu.", ["„nein“"]),
        ("Il dit «non» hier.", ["«non»"]),
        ("‘We won’t go,’ he said.", ["‘We won’t go,’"]),
        ("Trump: 'I will win'", ["'I will win'"]),
        ("the workers' rights 'are fine,' she said", ["'are fine,'"]),
        ("”Wrong way” round", ["”Wrong way”"]),
        ("He called it “the ministers’ plan” again.", ["“the ministers’ plan”"]),
    ],
)
def test_pairs_every_style(text, expected):
    assert stretches(text) == expected


def test_an_open_quotation_runs_to_the_end_of_its_paragraph_and_the_next_one_continues_it():
    text = "She said: “First part.\n“Second part.”\nThe end."
    found = find_quoted(text, paragraphs=paragraphs(text))
    assert [text[q.start : q.end] for q in found] == ["“First part.", "“Second part.”"]
    assert [(q.closed, q.continues) for q in found] == [(False, False), (True, True)]


def test_single_marks_within_double_ones_lie_one_level_down():
    text = "“He told me ‘go home’ twice,” she said."
    assert stretches(text) == ["“He told me ‘go home’ twice,”"]
    assert stretches(text, depth=1) == ["‘go home’"]


def test_stretches_are_in_order_and_apart():
    text = "“a” 'b c' “d ‘e f’ g” ''h''"
    outer = [q for q in find_quoted(text, paragraphs=[(0, len(text))]) if q.depth == 0]
    assert all(a.end <= b.start for a, b in pairwise(outer))
    assert len(outer) == 4
