import itertools

import pytest
from conftest import PARAGRAPH
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.clean import find_furniture

PROSE = [
    "The delegation left the building at noon, and no statement was made to the reporters outside.",
    "Share prices fell by four percent after the news, the largest loss since the spring of that year.",
    "Comments made by the minister were read as a warning to the parties that had not yet signed it.",
    "Read more carefully, the document says nothing about the border and nothing about the two islands.",
    "By Friday the talks had ended, and the two sides published a text that neither had signed before.",
]


def reasons(text, **kw):
    return [(text[s:e], r) for s, e, r in find_furniture(text, **kw)[0]]


@pytest.mark.parametrize("line", PROSE)
def test_prose_that_looks_like_furniture_stays(line):
    text = f"Headline here\n\n{PARAGRAPH}{line}\n\n{PARAGRAPH}"
    assert reasons(text) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Read More", "read_more"),
        ("Continue reading…", "read_more"),
        ("• Whatsapp", "share_bar"),
        ("Share on Facebook", "share_bar"),
        ("Facebook Twitter LinkedIn", "share_bar"),
        ("ADVERTISEMENT", "advertisement"),
        ("<!-- ad slot -->", "script"),
        ("IMAGE SOURCE: AXIOS", "picture_credit"),
        ("Sign up for our daily newsletter", "newsletter"),
        ("© 2022 Example Media. All rights reserved.", "copyright"),
        ("Tags: NATO, Russia", "category"),
    ],
)
def test_page_furniture_in_mid_article(line, reason):
    text = f"Headline here\n\n{PARAGRAPH}{line}\n\n{PARAGRAPH}"
    assert reasons(text) == [(line, reason)]


def test_what_follows_a_comment_form_is_part_of_it():
    text = f"Headline\n\n{PARAGRAPH}Related posts\n\nAnother story\n\nLeave a Reply\n\nYour name here\n"
    assert [t for t, _ in reasons(text)] == ["Related posts", "Another story", "Leave a Reply", "Your name here"]


def test_prose_after_a_comment_heading_stays():
    text = f"Headline\n\n{PARAGRAPH}Comments\n\n{PARAGRAPH}"
    assert reasons(text) == [("Comments", "comment_form")]


def test_headline_date_caption_and_its_credit():
    text = f"Talks fail in Geneva\n\nBy Jane Doe and John Roe\nJanuary 27, 2022\nTalks fail  in Geneva\nThe minister at the podium\nPhoto: Agency\n\n{PARAGRAPH}"
    spans, title, day = find_furniture(text)
    assert text[title[0] : title[1]] == "Talks fail in Geneva" and day == "2022-01-27"
    assert [r for _, _, r in spans] == ["byline", "date_line", "repeated_headline", "caption", "picture_credit"]


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Saturday, January 29th, 2022", "2022-01-29"),
        ("Published on 3 March 2021", "2021-03-03"),
        ("2020-02-30", ""),
        ("Updated: Dec. 5, 2019, 10:15 am", "2019-12-05"),
    ],
)
def test_dates(line, day):
    assert find_furniture(f"Headline\n\n{line}\n\n{PARAGRAPH}")[2] == day


@pytest.mark.parametrize(
    ("start", "taken"),
    [
        ("WASHINGTON, WORLD LINES – The ", "WASHINGTON, WORLD LINES –"),
        ("MOSCOW (Reuters) - The ", "MOSCOW (Reuters) -"),
        ("NATO leaders – The ", ""),
        ("The US – and others – The ", ""),
    ],
)
def test_datelines(start, taken):
    text = f"Headline\n\n{start}{PARAGRAPH}"
    assert [t for t, r in reasons(text) if r == "dateline"] == ([taken] if taken else [])


def test_a_first_line_that_is_a_sentence_is_no_headline():
    assert find_furniture(PARAGRAPH + PARAGRAPH)[1] == (-1, -1)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([*PROSE, "Read More", "Leave a Reply", "Facebook", "", "Tags: a", "A short line"]), max_size=14
    )
)
def test_nothing_but_known_furniture_is_removed(lines):
    text = "\n".join(lines)
    spans = find_furniture(text)[0]
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert not any(text[s:e] in PROSE for s, e, _ in spans)


_LINES = [*PROSE, "Read More", "Leave a Reply", "Facebook", "Tags:", "Image source: Axios", "Talks fail", "Aid/arms"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_LINES), max_size=10), st.sampled_from(["", "Talks fail", "Aid/arms", "Facebook"]))
def test_the_headline_is_never_taken_for_furniture(lines, title):
    spans, (start, end), _ = find_furniture("\n".join(lines), title=title)
    assert start < 0 or all(e <= start or s >= end for s, e, _ in spans)
