import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.escape import for_cell, for_html, for_label, for_link, from_cell
from analysis.table_files import to_csv


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=x", "\r=x", " =1+1", "'quoted'"])
def test_no_spreadsheet_runs_a_cell(text):
    assert str(for_cell(text)).startswith("'")


@pytest.mark.parametrize("value", ["Soviet", "“we”", -3.5, 7, "NA", "007", "1e5", ""])
def test_ordinary_cells_stay(value):
    assert for_cell(value) == value


@given(st.text(alphabet=st.characters(blacklist_characters="\x00\r", blacklist_categories=["Cs"])))
def test_cells_come_back(text):
    assert from_cell(for_cell(text)) == text


def test_a_table_of_formulas_is_harmless():
    data = to_csv(pd.DataFrame({"a": ['=HYPERLINK("http://x")', "-2+3", "@x"], "n": [-1.5, 2, 3]}))
    rows = list(csv.reader(io.StringIO(data.decode())))[1:]
    assert all(row[0].startswith("'") for row in rows)
    assert rows[0][1] == "-1.5"


def test_html_is_text():
    assert for_html("<script>alert(1)</script> \"&'") == "&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;&#x27;"
    assert "\u202e" not in for_html("a\u202eb") and "\x1b" not in for_html("\x1b[31m")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        " //x",
        "file:///etc",
        "http://",
        "https://user:pw@x.org/",
        "vbscript:x",
        "https://x.org/a b",
        "JaVaScRiPt:1",
        "http://[",
        "\x01javascript:1",
    ],
)
def test_unsafe_addresses_become_no_link(url):
    assert for_link(url) == ""


def test_web_addresses_stay():
    assert for_link("https://example.org/a?b=1&c=2") == "https://example.org/a?b=1&c=2"


def test_an_image_takes_what_a_label_holds():
    assert for_label("a\ufffeb\uffffc") == "a\ufffdb\ufffdc"  # in XML they stand nowhere


def test_labels_are_one_short_line():
    assert for_label("a\nb\t$5 and $6") == "a b $5 and $6"
    assert for_label("x" * 100, limit=10) == "x" * 9 + "…"
