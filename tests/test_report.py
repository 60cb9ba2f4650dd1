import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from conftest import PARAGRAPH, ROOT
from hypothesis import given
from hypothesis import strategies as st

from analysis.claims import find_claims
from analysis.markup import mark_diff, mark_spans
from analysis.pipeline import analyse
from analysis.report import make_report
from analysis.settings import Settings
from analysis.show import FIGURES, draw_figures

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "{{7*7}} {% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt;",
    "'; DROP TABLE",
    "=1+1",
    "<!--",
    "]]>",
    "\u202etxt",
    "$x$ %s {0}",
]


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.ids, self.images = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        assert not [a for a in attrs if a.startswith("on")], attrs
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if "href" in attrs:
            self.links.append(attrs["href"])
        if tag == "img":
            self.images.append(attrs)


def page_of(run):
    return make_report(
        run.tables, record=run.record(), texts=run.texts, charts=draw_figures(run.tables, settings=Settings())
    )


@pytest.fixture(scope="module")
def page(seeds):
    return page_of(seeds)


def test_the_page_asks_nothing_of_anyone(page):
    p = Page(page)
    assert not {"iframe", "object", "embed", "form", "link", "base"} & set(p.tags)
    assert all(i["src"].startswith("data:image/png;base64,") and len(i["alt"]) > 20 for i in p.images) and len(
        p.images
    ) == len(FIGURES)
    assert "default-src 'none'" in page
    assert len(page.encode()) < 2_000_000


def test_the_one_script_is_ours_and_named_by_its_hash(page):
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1 == page.count("<script")
    own = (ROOT / "analysis" / "report.js").read_text(encoding="utf-8")
    assert scripts[0] == own and len(own.encode()) < 15_000
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page and "unsafe-eval" not in page
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|fetch\(|XMLHttp", own
    )


def test_every_inner_link_leads_somewhere(page):
    p = Page(page)
    assert len(p.ids) == len(set(p.ids))
    assert [link for link in p.links if link.startswith("#") and link[1:] not in p.ids] == []
    assert all(re.match(r"#|tables/|run\.json|citation\.bib|[a-z_]+\.(?:svg|png|csv)$", link) for link in p.links)


def test_the_findings_come_first_with_their_sentences(page):
    top = page[page.index('id="findings"') : page.index('id="matrix"')]
    assert "an editor might write “Russian”" in top and 'future <span class="hit">Soviet</span>' in top
    assert "should Russia choose it" in top and "<del>" in top


def test_every_claim_has_its_passages(seeds):
    claims = find_claims(seeds.tables)
    assert {"period name", "misquotation", "slip"} <= {c.kind for c in claims}
    assert len({c.key for c in claims}) == len(claims)
    for c in claims:
        assert c.passages or c.about or c.key == "wording-none", c
        for p in c.passages:
            assert p.text in seeds.texts[p.article_id]


def test_hostile_words_stay_words(corpus):
    lines = [
        json.dumps(
            {
                "id": f"a{i}",
                "outlet": p,
                "title": p,
                "url": p,
                "date": "2022-01-07",
                "text": PARAGRAPH + f"“We say {p} again,” Maria Hale said.\n\n" + PARAGRAPH,
            }
        )
        for i, p in enumerate(PAYLOADS)
    ]
    run = analyse(corpus({"c.jsonl": "\n".join(lines)}) / "c.jsonl")
    assert len(run.tables["articles"]) == len(PAYLOADS)
    text = page_of(run)
    p = Page(text)
    assert p.tags.count("script") == 1 and "svg" not in p.tags and len(p.images) == len(FIGURES)
    assert not any(link.lower().startswith(("javascript", "data")) for link in p.links)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text and "49" not in re.sub(
        r"\d{3,}", "", text[text.index("{{7") :][:6]
    )
    assert "\u202e" not in text


@given(
    st.text(alphabet='ab<&"', max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["x", "y"])), max_size=5),
)
def test_marking_changes_no_letter(text, layers):
    html = mark_spans(text, start=0, end=len(text), layers=layers)

    class Words(HTMLParser):
        words = ""

        def handle_data(self, data):
            self.words += data

    w = Words(convert_charrefs=True)
    w.feed(str(html))
    w.close()
    assert w.words == text


def test_diff_markup_is_escaped():
    a, b = mark_diff("we <b>will</b> go", "we go")
    assert "<b>" not in a and "<del>&lt;b&gt;will&lt;/b&gt;</del>" in a and "ins" not in b


def test_skipped_items_stand_on_the_first_page(corpus):
    folder = corpus({"good.txt": PARAGRAPH * 2, "empty.txt": ""})
    text = page_of(analyse(folder))
    assert "Items in: 2. Analysed: 1. Skipped: 1" in text and "empty.txt" in text


def test_the_committed_page_is_of_the_committed_tables():
    page = (ROOT / "figures" / "report.html").read_text(encoding="utf-8")
    record = json.loads((ROOT / "figures" / "run.json").read_text(encoding="utf-8"))
    assert all(f"{record['hashes'][k]}" in page for k in ("models", "lexicons", "config"))
