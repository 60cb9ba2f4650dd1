"""The report in a real browser: it can be read and worked at every width, and nothing is asked of anyone."""

import json
import shutil
from urllib.parse import quote

import pytest
from conftest import PARAGRAPH

from analysis.evidence import article_anchor
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
ORDER = ["verbatim", "altered", "trimmed", "paraphrase", "narrated", "undecided", "omitted"]
SHOWN_ROWS = "[...document.querySelectorAll('tr.row')].filter(r => r.checkVisibility()).map(r => r.dataset.mate)"


@pytest.fixture(scope="module")
def browser():
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


@pytest.fixture(scope="module")
def report(seeds, tmp_path_factory):
    """The seeds' page as it is made now."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    charts = draw_figures(seeds.tables, settings=Settings())
    path.write_text(
        make_report(seeds.tables, record=seeds.record(), texts=seeds.texts, charts=charts), encoding="utf-8"
    )
    return path


@pytest.fixture
def visit(browser):
    """Open a page; at the end of the test it must have asked nothing and complained of nothing."""
    opened = []

    def go(path, *, width=1440, at="", refuses=False, **settings):
        page = browser.new_page(viewport={"width": width, "height": 900}, **settings)
        seen = []
        page.on("request", lambda r: seen.append(r.url))
        page.on("console", lambda m: (refuses and "Content Security Policy" in m.text) or seen.append(m.text))
        page.on("pageerror", lambda e: seen.append(str(e)))
        page.goto(path.as_uri() + at, wait_until="load")
        opened.append((page, seen, path.as_uri()))
        return page

    yield go
    for page, seen, home in opened:
        assert [x for x in seen if not x.startswith(("data:", home))] == []
        page.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_the_report_can_be_read(visit, report, width):
    page = visit(report, width=width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # only a figure may be swiped, and only where it would be too small to read
    moved = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1"
        " && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)).map(e => e.className)"
    )
    assert set(moved) <= ({"wide"} if width < 600 else set())
    small = page.evaluate(
        "[...document.querySelectorAll('p, li, td, th, label, blockquote, summary, .who, .range')]"
        ".filter(e => e.offsetHeight && parseFloat(getComputedStyle(e).fontSize) < 11.5).length"
    )
    assert small == 0
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 300 && i.alt.length > 20)")


@pytest.mark.parametrize("width", [360, 1440])
def test_no_serious_barrier(visit, report, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = visit(report, width=width, reduced_motion="reduce")
    for setting in (
        "0",
        "document.querySelectorAll('details').forEach(d => d.open = true);"
        "document.querySelectorAll('.switches input:not(:checked)').forEach(s => s.click())",
        "document.querySelector('a.c').click()",
    ):
        page.evaluate(setting)
        found = axe.run(page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")] == []


def expected_rows(tables, *, event="", speaker="", outlet="", rendering="", match=""):
    s, r = tables["statements"], tables["renderings"]
    kept = []
    for x in s.itertuples(index=False):
        cells = r[(r["statement_id"] == x.statement_id) & (r["rendering"] != "not_applicable")]
        best = cells.groupby("outlet")["rendering"].agg(lambda c: min(c, key=ORDER.index))
        pairs = {(o, k) for o, k in best.items() if k != "omitted" or rendering == "omitted"}
        if (
            event in ("", x.event_id)
            and (not speaker or speaker in x.speaker.split("; "))
            and match in ("", x.match)
            and any(outlet in ("", o) and rendering in ("", k) for o, k in pairs)
        ):
            kept.append(x.statement_id)
    return sorted(kept)


@pytest.mark.parametrize(
    "want",
    [
        {"event": "e1"},
        {"speaker": "Antony Blinken"},
        {"outlet": "World Lines"},
        {"outlet": "unnamed (002)", "rendering": "paraphrase"},
        {"rendering": "trimmed"},
        {"match": "possible"},
        {"event": "e3", "match": "sure", "speaker": "Kremlin"},
    ],
    ids=lambda w: "-".join(w),
)
def test_filters_show_the_right_statements(visit, report, seeds, want):
    page = visit(report)
    box = page.locator(".controls[data-group=s]")
    for name, value in want.items():
        box.locator(f"select[name={name}]").select_option(value)
    wanted = expected_rows(seeds.tables, **want)
    assert sorted(page.evaluate(SHOWN_ROWS)) == wanted and wanted
    beside = page.evaluate("[...document.querySelectorAll('.statement')].filter(s => !s.hidden).map(s => s.id)")
    assert sorted(beside) == wanted
    assert box.locator("output").inner_text() == f"{len(wanted)} of {len(seeds.tables['statements'])} shown"
    # the address now holds the view: another reader sees the same
    page.wait_for_url(lambda u: "#matrix?" in u and u.count("=") >= len(want))  # it follows the last choice, not each
    again = visit(report, at=page.evaluate("location.hash"))
    assert sorted(again.evaluate(SHOWN_ROWS)) == wanted
    assert box.locator(".share").get_attribute("href") == page.evaluate("location.hash")


def test_search_is_plain_words_and_can_be_cleared(visit, report, seeds):
    page = visit(report)
    box = page.locator(".controls[data-group=s]")
    every = page.evaluate("document.querySelectorAll('tr.row').length")
    box.locator("input").fill("diplomatic PATH")
    assert page.evaluate(SHOWN_ROWS) == ["s15"]
    box.locator("input").fill("(.*<b>")
    assert page.evaluate(SHOWN_ROWS) == []
    assert box.locator("output").inner_text() == f"0 of {every} shown"
    box.locator("button").click()
    assert page.evaluate("[...document.querySelectorAll('tr.row')].every(r => !r.hidden)")
    assert box.locator("output").inner_text() == ""


def test_findings_and_articles_can_be_filtered(visit, report, seeds):
    page = visit(report)
    page.select_option(".controls[data-group=f] select[name=kind]", "slip")
    kinds = page.locator(".claims > li:visible .kind").all_inner_texts()
    assert kinds and {k.lower() for k in kinds} == {"slip"}
    page.select_option(".controls[data-group=a] select[name=outlet]", "World Lines")
    assert page.locator(".article:visible").count() == 1
    page.fill(".controls[data-group=a] input", "zeppelin")
    assert page.locator(".article:visible").count() == 0


def test_a_cell_opens_all_renderings_by_mouse_and_keyboard(visit, report, seeds):
    page = visit(report)
    told = seeds.tables["renderings"].query("statement_id == 's15' and sentence_id >= 0")
    cell = page.locator("a.r-trimmed").first
    for act in (cell.click, lambda: (cell.focus(), page.keyboard.press("Enter"))):
        act()
        panel = page.locator("#panel[open]")
        text = " ".join(panel.inner_text().split())
        assert all(o in text for o in told["outlet"]) and all(" ".join(t.split()) in text for t in told["text"])
        assert "should Russia choose it." in panel.locator("del").all_inner_texts()
        assert panel.locator(".col.chosen h4").inner_text() == "unnamed (002)"
        assert page.evaluate("document.querySelector('#panel').contains(document.activeElement)")
        page.keyboard.press("Escape")
        assert page.locator("#panel[open]").count() == 0
        assert page.evaluate("document.activeElement.className") == "c r-trimmed"
    cell.click()
    page.click("#panel-close")
    assert page.locator("#panel[open]").count() == 0
    cell.click()
    page.locator("#panel a", has_text="in the article").first.click()
    assert page.locator("#panel[open]").count() == 0
    assert page.locator(".target").inner_text() and page.evaluate("document.querySelector('.target').checkVisibility()")


def test_a_number_opens_the_sentences_behind_it(visit, report, seeds):
    page = visit(report)
    terms = seeds.tables["terms"].query("measure == 'loaded_per_1k' and voice == 'quoted'")
    sentences = seeds.tables["sentences"].set_index(["article_id", "sentence_id"])["text"]
    article = terms["article_id"].value_counts().index[0]
    wanted = [
        " ".join(sentences[article, i].split())
        for i in sorted(set(terms.query("article_id == @article")["sentence_id"]))
    ]
    view = page.locator("#view-m-loaded_per_1k")
    view.locator("summary").first.click()
    title = seeds.tables["articles"].set_index("article_id").loc[article, "title"]
    link = view.locator("tr", has_text=title).locator("td[data-l=Quoted] a")
    link.focus()
    page.keyboard.press("Enter")
    shown = page.locator("#panel blockquote > span:last-child").all_inner_texts()
    assert [" ".join(s.split()) for s in shown] == wanted
    marked = page.locator("#panel .l-loaded").first
    assert "underline" in marked.evaluate("e => getComputedStyle(e).textDecorationLine")
    page.keyboard.press("Escape")


def test_a_keyness_word_opens_its_sentences(visit, report, seeds):
    page = visit(report)
    view = page.locator("#view-key-words")
    view.locator("summary").first.click()
    row = view.locator("tbody tr", has_text="ceasefire").first
    row.locator("td[data-l=Here] a").click()
    shown = page.locator("#panel blockquote").all_inner_texts()
    assert shown and all("ceasefire" in s.lower() and s.startswith("unnamed (002)") for s in shown)


def test_columns_sort(visit, report):
    page = visit(report)
    view = page.locator("#view-speakers")
    view.locator("summary").first.click()
    button = view.locator("thead button", has_text="Words given")
    read = "t => [...t.querySelectorAll('td:last-child')].map(c => Number(c.textContent))"
    button.click()
    down = view.locator("table").evaluate(read)
    assert down == sorted(down, reverse=True)
    assert view.locator("th[aria-sort=descending]").count() == 1
    button.press("Enter")
    assert view.locator("table").evaluate(read) == sorted(down)
    view.locator("thead button", has_text="Outlet").press("Space")
    outlets = view.locator("td[data-l=Outlet]").all_text_contents()
    assert outlets == sorted(outlets, key=str.lower) and view.locator("th[aria-sort]").count() == 1


def test_layers_switch_on_and_off_and_travel_in_the_address(visit, report):
    page = visit(report)
    look = "k => getComputedStyle(document.querySelector(`#text .article[open] .l-${k}`)).textDecorationLine"
    assert page.evaluate(look, "naming") == page.evaluate(look, "stance") == "none"
    page.locator("#layer-stance").focus()
    page.keyboard.press("Space")
    assert page.evaluate(look, "stance") == "underline"
    page.locator("label", has_text="Attributed words").click()
    page.wait_for_url(lambda u: "layers=" in u and "said" not in u)
    again = visit(report, at=page.evaluate("location.hash"))
    assert again.locator("#layer-stance").is_checked() and not again.locator("#layer-said").is_checked()


def test_deep_links_open_what_is_folded(visit, report, seeds):
    ids = seeds.tables["articles"]["article_id"]
    last = f"{article_anchor(ids.iloc[-1])}.5"
    text = seeds.tables["sentences"].query("article_id == @ids.iloc[-1] and sentence_id == 5")["text"].iloc[0]
    possible = seeds.tables["statements"].query("match == 'possible'")["statement_id"].iloc[0]
    page = visit(report, at=f"#{last}")
    assert page.locator(".target").inner_text().split() == text.split()
    for target in (possible, "view-key-words", "e3", page.locator(".claims > li").last.get_attribute("id")):
        page = visit(report, at=f"#{target}")
        assert page.evaluate("document.querySelector('.target').id") == target
        assert page.evaluate("document.querySelector('.target').checkVisibility()")
        top = page.evaluate("document.querySelector('.target').getBoundingClientRect().top")
        assert -5 < top < 900
    # a link to what a filter hides wins over the filter
    page.select_option(".controls[data-group=s] select[name=event]", "e1")
    page.evaluate("location.hash = '#s15'")
    page.locator("#s15.target").wait_for()
    assert page.evaluate("document.querySelector('.target').checkVisibility()")


@pytest.mark.parametrize(
    "at", ["#", "#?", "#%E0%A4%A", "#matrix?s.outlet=no+such&s.q=%3Cb%3E&layers=x", "#constructor"]
)
def test_odd_addresses_do_no_harm(visit, report, at):
    page = visit(report, at=at)
    assert page.locator("html.js").count() == 1
    assert page.evaluate("document.body.textContent.includes('Findings')")


def test_everything_can_be_reached_by_keyboard(visit, report):
    page = visit(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'findings'")  # the browser moves there when it has the time
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    wanted = page.evaluate(
        "[...document.querySelectorAll('a, button, select, input, summary, [tabindex=\"0\"]')].filter(e => e.checkVisibility()).length"
    )
    seen, unseen = set(), []
    state = (
        "(() => { const e = document.activeElement; e._n ??= (window._k = (window._k || 0) + 1); "
        "return [e._n, e.tagName, getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth)]; })()"
    )
    for _ in range(150):
        page.keyboard.press("Tab")
        n, tag, style, width = page.evaluate(state)
        seen.add(n)
        if tag != "BODY" and (style == "none" or width < 1):
            unseen.append(tag)
    assert len(seen) >= min(wanted, 149) and unseen == []
    assert page.evaluate("[...document.querySelectorAll('main *')].filter(e => e.tabIndex > 0).length") == 0
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0).length"
        )
        == 0
    )


def test_the_page_works_without_scripts(visit, report):
    page = visit(report, java_script_enabled=False)
    assert page.locator(".controls:visible").count() == 0 and page.locator("thead button").count() == 0
    page.locator("summary", has_text="possibly the same").first.click()
    assert page.locator("details.possible[open]").count() == 1
    page.locator("a.r-trimmed").first.click()
    assert page.url.endswith("#s15")
    marked = page.locator("#text .l-said").first
    paint = "e => getComputedStyle(e).backgroundColor"
    before = marked.evaluate(paint)
    page.locator("#layer-said").uncheck()
    assert before != marked.evaluate(paint)


def test_print_unfolds_the_evidence(visit, report):
    page = visit(report)
    page.emulate_media(media="print")
    assert page.locator(".controls:visible, nav:visible, .switches:visible").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('.claims blockquote, .possible tr.row, .statement .col')].every(e => e.getBoundingClientRect().height > 5)"
    )


def test_hostile_words_do_not_run(visit, corpus, tmp_path):
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
    page_file.write_text(make_report(run.tables, record=run.record(), texts=run.texts, charts={}), encoding="utf-8")
    page = visit(page_file, width=1000, refuses=True, at=f"#matrix?s.outlet={quote(LIVE[1])}&s.q={quote(LIVE[0])}")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(
        "document.querySelectorAll('a[data-refs], a.c, thead button').forEach(a => { a.click(); panel.close(); })"
    )
    page.wait_for_timeout(100)
    assert page.evaluate("window.__hit === undefined")
    assert page.evaluate("document.scripts.length") == 1
    assert (
        page.evaluate("document.querySelectorAll('#panel-body img, #panel-body script, #panel-body svg').length") == 0
    )
    # the policy, not only our care: an inline script that is not ours is refused
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.__hit = 1'}))"
    )
    refused = page.evaluate("window.__hit === undefined")
    page.evaluate("window.__hit = undefined")
    assert refused
