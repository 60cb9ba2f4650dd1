"""report.html of 300 articles from 30 outlets in Chromium, beside a bare page of the same size.

Run by hand: `python bench/bench_page.py`; needs Chromium, playwright and the shared coded corpora. The corpus is
made by a seeded rule: every made article of an occasion takes sentences of that coded occasion, in their order.
Nothing of it is kept. Both pages are opened in turn, `RUNS` times, in the same browser; the figures are medians.
Opening counts until the page has loaded and a frame was drawn; filtering until the frame after the input was drawn.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
GOLD = ROOT.parent / "shared" / "gold" / "alignment_dev.jsonl.gz"
EVENTS, PER_EVENT, OUTLETS, SENTENCES, RUNS = 20, 15, 30, 22, 5
DRAWN = "new Promise(done => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))"


def make_corpus(path: Path) -> None:
    """Write the made corpus as JSON lines."""
    rng = random.Random(5)
    with gzip.open(GOLD, "rt", encoding="utf-8") as lines:
        events = [json.loads(next(lines)) for _ in range(EVENTS)]
    out = []
    for e, event in enumerate(events):
        sources = [a["sentences"] for a in event["articles"].values()]
        for i in range(PER_EVENT):
            first, second = rng.sample(sources, 2)
            body = [s for s in first if rng.random() < 0.7] + [s for s in second if rng.random() < 0.4]
            body = body[:SENTENCES]
            text = "\n\n".join(" ".join(body[k : k + 3]) for k in range(0, len(body), 3))
            out.append(
                {
                    "id": f"e{e}n{i}",
                    "outlet": f"Outlet {(e * PER_EVENT + i) % OUTLETS + 1}",
                    "title": body[0][:90],
                    "date": f"2021-{e % 12 + 1:02d}-{e // 12 * 10 + 5:02d}",
                    "text": text,
                }
            )
    path.write_text("\n".join(json.dumps(x) for x in out), encoding="utf-8")


def make_pages(folder: Path) -> dict[str, Path]:
    """Write the report and a bare page of the same number of bytes."""
    from analysis.pipeline import analyse
    from analysis.report import make_report
    from analysis.settings import Settings
    from analysis.show import draw_figures

    make_corpus(folder / "made.jsonl")
    spent = time.process_time()
    run = analyse(folder / "made.jsonl")
    print(
        f"analysed {len(run.tables['articles'])} articles, {len(run.tables['statements'])} statements: {time.process_time() - spent:.1f} s CPU"
    )
    spent = time.process_time()
    charts = draw_figures(run.tables, settings=Settings())
    print(f"figures: {time.process_time() - spent:.1f} s CPU")
    spent = time.process_time()
    page = make_report(run.tables, record=run.record(), texts=run.texts, charts=charts).encode("utf-8")
    print(f"report.html: {time.process_time() - spent:.1f} s CPU, {len(page) / 1e6:.2f} MB")
    line = b"<p>" + b"plain words of a bare page " * 12 + b"</p>\n"
    bare = b"<!doctype html><html lang=en><meta charset=utf-8><title>bare</title><body>\n"
    bare += line * ((len(page) - len(bare)) // len(line))
    pages = {"report": folder / "report.html", "bare page": folder / "bare.html"}
    pages["report"].write_bytes(page)
    pages["bare page"].write_bytes(bare)
    return pages


def measure_pages(pages: dict[str, Path]) -> dict[str, list[float]]:
    """Open both pages in turn and work the filters; return milliseconds by what was done."""
    from playwright.sync_api import sync_playwright

    spent: dict[str, list[float]] = {}
    with sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        for _ in range(RUNS):
            for name, path in pages.items():
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                page.goto(path.as_uri(), wait_until="load")
                spent.setdefault(f"open: {name}", []).append(page.evaluate(DRAWN))
                if name == "report":
                    for what, act in ACTS.items():
                        script = f"(async () => {{ const t = performance.now(); {act}; return await {DRAWN} - t; }})()"
                        spent.setdefault(what, []).append(page.evaluate(script))
                    print(
                        "rows, statements, articles, nodes:",
                        page.evaluate(
                            "['tr.row', '.statement', '.article', '*'].map(c => document.querySelectorAll(c).length)"
                        ),
                    )
                page.close()
        browser.close()
    return spent


def set_control(group: str, name: str, value: str) -> str:
    """Return the script that sets a control and tells the page."""
    control = f"document.querySelector('.controls[data-group={group}] [name={name}]')"
    return f"{{ const c = {control}; c.value = {value}; c.dispatchEvent(new Event('input', {{bubbles: true}})) }}"


ACTS = {
    "filter: occasion": set_control("s", "event", "c.options[3].value"),
    "filter: outlet": set_control("s", "outlet", "c.options[5].value"),
    "filter: rendering": set_control("s", "rendering", "'paraphrase'"),
    "filter: cleared": "document.querySelector('.controls[data-group=s] button').click()",
    "filter: first search": set_control("s", "q", "'presid'"),
    "filter: search": set_control("s", "q", "'president s'"),
    "filter: search cleared": set_control("s", "q", "''"),
    "filter: articles, first search": set_control("a", "q", "'law'"),
    "filter: articles, outlet": set_control("a", "outlet", "c.options[7].value"),
    "filter: articles cleared": "document.querySelector('.controls[data-group=a] button').click()",
    "layer on": "document.querySelector('#layer-naming').click()",
    "cell opened": "document.querySelector('a.c').click()",
}


def main() -> None:
    """Measure, and print medians."""
    if not GOLD.is_file():
        print("the coded corpora are not here; nothing was measured")
        return
    with tempfile.TemporaryDirectory() as folder:
        spent = measure_pages(make_pages(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder)))
    for what, times in spent.items():
        print(f"{what:32} {statistics.median(times):8.0f} ms   ({min(times):.0f} to {max(times):.0f})")


if __name__ == "__main__":
    main()
