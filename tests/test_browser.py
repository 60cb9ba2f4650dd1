"""The report in a real browser: nothing runs, nothing is asked of anyone, and it can be read at every width."""

import json
import shutil

import pytest
from conftest import PARAGRAPH, ROOT

from analysis.pipeline import analyse
from analysis.report import make_report
from analysis.settings import Settings
from analysis.show import draw_figures

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")
LIVE = [
    "<script>window.__hit=1</script>",
    '"><img src=x onerror="window.__hit=1">',
    "<svg onload=window.__hit=1>",
    "</style><script>window.__hit=1</script>",
    "javascript:window.__hit=1",
    "<a href='javascript:window.__hit=1'>x</a>",
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with playwright.sync_playwright() as p:
        found = p.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield found
        found.close()


def visit(browser, path, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    seen = {"requests": [], "console": []}
    page.on("request", lambda r: seen["requests"].append(r.url))
    page.on("console", lambda m: seen["console"].append(m.text))
    page.on("pageerror", lambda e: seen["console"].append(str(e)))
    page.goto(path.as_uri(), wait_until="load")
    return page, seen


@pytest.mark.parametrize("width", [360, 1440])
def test_the_committed_report_can_be_read(browser, width):
    path = ROOT / "figures" / "report.html"
    page, seen = visit(browser, path, width)
    assert [u for u in seen["requests"] if not u.startswith(("data:", path.as_uri()))] == []
    assert seen["console"] == []
    assert (
        page.evaluate("document.documentElement.scrollWidth") <= width
    )  # nothing makes the page itself scroll sideways
    small = page.evaluate(
        "[...document.querySelectorAll('p, li, td, blockquote, summary')].filter(e => e.offsetHeight && parseFloat(getComputedStyle(e).fontSize) < 11.5).length"
    )
    assert small == 0
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 300 && i.alt.length > 20)")
    page.close()


def test_links_lead_to_their_sentences(browser):
    page, _ = visit(browser, ROOT / "figures" / "report.html", 1440)
    page.click("#matrix ~ .wide a.r-trimmed")
    target = page.evaluate("document.querySelector(':target').innerText")
    assert "serious diplomatic path forward" in target
    page.close()


def test_everything_can_be_reached_by_keyboard(browser):
    page, _ = visit(browser, ROOT / "figures" / "report.html", 1440)
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0).length"
        )
        == 0
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#findings"
    page.close()


def test_hostile_words_do_not_run(browser, corpus, tmp_path):
    lines = [
        json.dumps(
            {
                "id": w,
                "outlet": w,
                "title": w,
                "url": w,
                "date": "2022-01-07",
                "text": f"{PARAGRAPH}“We say {w} again,” {w} Hale said. {PARAGRAPH}",
            }
        )
        for w in LIVE
    ]
    run = analyse(corpus({"c.jsonl": "\n".join(lines)}) / "c.jsonl")
    assert len(run.tables["articles"]) == len(LIVE)
    page_file = tmp_path / "report.html"
    page_file.write_text(
        make_report(
            run.tables, record=run.record(), texts=run.texts, charts=draw_figures(run.tables, settings=Settings())
        ),
        encoding="utf-8",
    )
    page, seen = visit(browser, page_file, 1000)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.wait_for_timeout(200)
    assert page.evaluate("window.__hit === undefined")
    assert page.evaluate("document.scripts.length") == 0
    assert [u for u in seen["requests"] if not u.startswith(("data:", "file:"))] == []
    page.close()
