import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest
from conftest import PARAGRAPH

from analysis.diff import diff_words
from analysis.pipeline import analyse
from analysis.settings import Settings
from analysis.show import FIGURES, draw_figures
from analysis.style import render, text_width, wrap


@pytest.fixture(scope="module")
def charts(seeds):
    return draw_figures(seeds.tables, settings=Settings())


def test_every_figure_says_what_it_shows(charts):
    assert list(charts) == list(FIGURES)
    for name, chart in charts.items():
        assert len(chart.alt) > 30, name
        assert isinstance(chart.data, pd.DataFrame) and len(chart.data), name
        texts = [t.get_text() for t in chart.figure.texts]
        assert len(texts) == 3 and all(texts), name  # title, subtitle, footer
        assert "articles" in texts[2]


def test_titles_stay_inside(charts):
    for name, chart in charts.items():
        title = chart.figure.texts[0]
        assert text_width(title.get_text(), size=title.get_fontsize(), bold=True) <= 7.9, name


def test_figures_repeat_byte_for_byte(charts, seeds):
    again = draw_figures(seeds.tables, settings=Settings())
    for name in charts:
        for kind in ("png", "svg"):
            assert render(charts[name], kind=kind) == render(again[name], kind=kind), (name, kind)


def test_svg_holds_no_link_and_no_script(charts):
    for name, chart in charts.items():
        svg = render(chart, kind="svg").decode()
        ET.fromstring(svg)
        assert "<script" not in svg
        assert not re.search(r'(?:href|src)="(?!#|data:)', svg), name


@pytest.mark.parametrize("outlets", [1, 2, 30])
def test_figures_of_other_corpora(corpus, outlets):
    rows = "".join(
        '{{"outlet": "{}", "date": "2022-01-07", "text": "{}"}}\n'.format(
            f"Outlet {i} $5 and $6", PARAGRAPH.replace("\n", " ").replace("Friday", f"Friday {i}") * 2
        )
        for i in range(outlets)
    )
    run = analyse(corpus({"c.jsonl": rows}) / "c.jsonl")
    for name, chart in draw_figures(run.tables, settings=Settings()).items():
        assert render(chart, kind="png")[:4] == b"\x89PNG", name
        assert render(chart, kind="svg"), name


def test_dollars_are_not_mathematics(charts):
    import matplotlib

    assert matplotlib.rcParams["text.parse_math"] is False


def test_wrapping_keeps_to_its_width():
    for line in wrap(
        "Washington has made no concessions to the main demands over Ukraine and NATO " * 3, width=2, size=8, lines=2
    ).split("\n"):
        assert text_width(line, size=8) <= 2
    assert wrap("short", width=2) == "short"
    assert wrap("x" * 500, width=1, lines=1).endswith("…")


def test_diff_shows_what_is_dropped_and_added():
    a, b = diff_words("a serious path forward, should Russia choose it.", "serious path Forward")
    assert [w for w, s in a if s == "dropped"] == ["a", "should", "Russia", "choose", "it."]
    assert all(s == "same" for _, s in b)
    assert diff_words("", "") == ([], [])
    assert [s for _, s in diff_words("we can’t", "We can't")[1]] == ["same", "same"]
