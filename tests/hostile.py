"""Run the line on hostile corpora and check all that a case demands; used by test_hostile.py and test_hostile_own.py.

A case is a folder ``cases/<id>`` with ``input/`` (a corpus) and sometimes ``extra/`` (a configuration, word lists, models
or a notebook), and an entry with its expected outcome and its ``must`` list. Each kind of must has a checker here.
"""

from __future__ import annotations

import contextlib
import csv
import ctypes
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

from analysis.escape import from_cell
from analysis.files import slug
from analysis.segment import find_tokens, norm_of
from analysis.show import FIGURES

ROOT = Path(__file__).resolve().parent.parent
CONTROLS = ("control_a", "control_b")
LINKS = ("href", "src", "action", "formaction", "data", "xlink:href", "srcdoc", "poster", "background")
NOTEBOOK = """
import sys
from pathlib import Path
from analysis.files import output_folder, write_atomic
from analysis.notebooks import run_notebooks
from analysis.refusals import Refusal
try:
    with output_folder(Path(sys.argv[2])) as folder:
        run_notebooks(folder, templates=Path(sys.argv[1]))
        write_atomic(folder / "run.json", b'{"files": [], "items": [], "counts": {}}')
except Refusal as refusal:
    print(f"parallax: {refusal}", file=sys.stderr)
    sys.exit(2)
"""


@dataclass
class Result:
    """What a run did."""

    code: int
    said: str  # standard error
    out: Path
    seconds: float  # of CPU
    rss_mib: float = 0.0
    changed: list[str] = field(default_factory=list)  # outside the output folder
    labels: list[str] = field(default_factory=list)  # texts of the figures, where they were looked at
    mathematics: int = 0  # of them, how many would be read as mathematics

    @property
    def record(self) -> dict:
        """run.json, empty where there is none."""
        path = self.out / "run.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def table(self, name: str) -> list[dict[str, str]]:
        """Rows of one table, cells as the articles have them."""
        path = self.out / "tables" / f"{name}.csv"
        if not path.is_file():
            return []
        csv.field_size_limit(2**31 - 1)
        with path.open(encoding="utf-8", newline="") as lines:
            return [{k: from_cell(v) for k, v in row.items()} for row in csv.DictReader(lines)]


# ---------------------------------------------------------------- running


def arguments(folder: Path, out: Path, *, command: str) -> list[str]:
    """Return the words of the command line for a case."""
    words = [command, str(folder / "input"), "--out", str(out)]
    extra = folder / "extra"
    for path in sorted(extra.iterdir()) if extra.is_dir() else []:
        if path.name.startswith("config"):
            words += ["--config", str(path)]
        elif path.suffix == ".csv" and "--lexicons" not in words:
            words += ["--lexicons", str(extra)]
        elif path.suffix != ".csv" and "--models" not in words:
            words += ["--models", str(extra)]
    return words


def run_inside(folder: Path, out: Path, *, command: str = "tables", settings: Path | None = None) -> Result:
    """Run a case in this process: fast, without limits; figures are laid out and looked at, not drawn."""
    from analysis import report, show
    from analysis.cli import main

    words = arguments(folder, out, command=command)
    if settings is not None and "--config" not in words:
        words += ["--config", str(settings)]
    result = Result(0, "", out, 0.0)
    before, began, said = snapshot(folder.parent, out), time.process_time(), io.StringIO()
    kept = show.save_chart, show.run_notebooks, report.render

    def look(chart, *, name, folder, with_pdf=False):
        from matplotlib.text import Text

        for text in chart.figure.findobj(Text):
            result.labels.append(text.get_text())
            result.mathematics += bool(text.get_parse_math() and text.get_text().count("$") > 1)

    show.save_chart, show.run_notebooks, report.render = look, lambda *_, **__: None, lambda *_, **__: _DOT
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            result.code = main(words)
    except SystemExit as stop:
        result.code = stop.code if isinstance(stop.code, int) else 1
    except Exception:
        result.code = 1
        said.write(traceback.format_exc())
    finally:
        show.save_chart, show.run_notebooks, report.render = kept
    result.seconds, result.said = time.process_time() - began, said.getvalue()
    result.changed = changes(before, snapshot(folder.parent, out))
    return result


def _dot() -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (1, 1)).save(buffer, format="PNG")
    return buffer.getvalue()


_DOT = _dot()


def run_outside(folder: Path, out: Path, *, command: str = "tables", limit: float = 900) -> Result:
    """Run a case in a process of its own, without the right to read what its user may not, measured from outside."""
    notebooks = sorted((folder / "extra").glob("*.ipynb")) if (folder / "extra").is_dir() else []
    words = (
        ["-c", NOTEBOOK, str(folder / "extra"), str(out)]
        if notebooks
        else ["-m", "analysis", *arguments(folder, out, command=command)]
    )
    before = snapshot(folder.parent, out)
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=_without_rights,
    )
    import threading

    watch = threading.Timer(limit, process.kill)
    watch.start()
    said = process.stderr.read().decode("utf-8", "replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = code = os.waitstatus_to_exitcode(status)
    watch.cancel()
    return Result(
        code,
        said,
        out,
        usage.ru_utime + usage.ru_stime,  # not the clock: the machine may be shared
        usage.ru_maxrss / 1024,
        changes(before, snapshot(folder.parent, out)),
    )


def _without_rights() -> None:
    """Root keeps its name and loses its right to read every file, so that a file of mode 000 is unreadable."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def snapshot(folder: Path, out: Path) -> dict[str, tuple]:
    """Describe every file around a case, the output folder left out."""
    found = {}
    for place in (folder, out.parent, Path(tempfile.gettempdir(), "escape_abs.txt"), Path("/etc/cron.d")):
        for path in [place, *sorted(place.rglob("*"))] if place.is_dir() else [place]:
            if path == out or out in path.parents or not os.path.lexists(path) or path == out.parent:
                continue
            info = os.lstat(path)
            found[os.fsencode(path).decode("utf-8", "replace")] = (
                info.st_mode,
                0 if path.is_dir() else info.st_size,
                0 if path.is_dir() else info.st_mtime_ns,
            )
    return found


def changes(before: dict, after: dict) -> list[str]:
    """Name what differs between two snapshots."""
    return sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))


# ---------------------------------------------------------------- checking


def check_case(case: dict, result: Result, *, folder: Path, control: dict | None) -> list[str]:
    """Return what is wrong with a run of a case, in words; nothing where all is as expected."""
    wrong = _check_outcome(case, result)
    for kind, wanted in case["must"].items():
        if kind != "terms" and wanted:
            wrong += [f"{kind}: {w}" for w in CHECKS[kind](case, result, folder=folder, control=control)]
    if result.code == 2 and result.out.exists():
        wrong.append("a refusal wrote something")
    if result.code == 2 and (result.said.count("\n") != 1 or not result.said.rstrip().endswith("]")):
        wrong.append(f"a refusal is one line that ends with its reason: {result.said[-300:]!r}")
    if result.code == 0 and result.record["counts"]:
        wrong += check_account(result)
    wrong += [f"private text in {p.name}" for p in _files(result.out) if b"root:x:0" in p.read_bytes()]
    return wrong


def outcome_of(result: Result) -> tuple[str, set[str]]:
    """Return analysed, skipped or refused, and the reasons; anything else is an error."""
    if result.code == 0:
        reasons = {i["reason"] for i in result.record["items"] if i["status"] == "skipped"}
        return ("skipped" if reasons else "analysed"), reasons
    if result.code == 2:
        return "refused", {result.said.strip().rsplit("[", 1)[-1].rstrip("]")}
    return f"exit {result.code}", set()


def _check_outcome(case: dict, result: Result) -> list[str]:
    what, reasons = outcome_of(result)
    accepted = {
        case["expected"] if case["expected"] == "analysed" else f"{case['expected']}:{case['reason']}",
        *case["also_ok"],
    }
    found = {f"{what}:{r}" for r in reasons} or {what}
    return [] if found <= accepted else [f"{sorted(found)} where {sorted(accepted)} is expected; {result.said[-600:]}"]


def check_account(result: Result) -> list[str]:
    """Items in = analysed + skipped, each with its one reason."""
    from analysis.refusals import REASONS

    items, counts = result.record["items"], result.record["counts"]
    done = [i for i in items if i["status"] == "analysed"]
    left = [i for i in items if i["status"] == "skipped"]
    wrong = []
    if not counts["in"] == len(items) == len(done) + len(left) == counts["analysed"] + counts["skipped"]:
        wrong.append(f"the counts do not add up: {counts}, {len(items)} items")
    if any(i["reason"] not in REASONS or not i["file"] for i in left) or any(i["reason"] for i in done):
        wrong.append("an item without its reason or file")
    if result.out.joinpath("tables").is_dir() and len(done) != len(result.table("articles")):
        wrong.append("articles.csv holds other articles than run.json")
    page = result.out / "report.html"
    if page.is_file():
        text = page.read_text(encoding="utf-8")
        if f"{counts['in']}" not in text or any(i["reason"] not in text for i in left):
            wrong.append("the page does not say what was skipped")
    return wrong


def control_numbers(result: Result) -> dict:
    """Return all numbers of the two control articles."""
    measures = {
        (r["article_id"], r["voice"], r["measure"]): (r["value"], r["n"])
        for r in result.table("measures")
        if r["article_id"] in CONTROLS
    }
    sizes = {
        r["article_id"]: (r["n_tokens"], r["n_sentences"])
        for r in result.table("articles")
        if r["article_id"] in CONTROLS
    }
    said = [tuple(r.values())[:-1] for r in result.table("attributions") if r["article_id"] in CONTROLS]
    return {**measures, **sizes, "said": said}


def _controls_ok(case, result, *, control, **_):
    if result.code != 0:
        return []
    found = control_numbers(result)
    if control is None or found == control:
        return []
    return [f"other numbers: {[(k, control.get(k), found.get(k)) for k in control if control[k] != found.get(k)][:3]}"]


def _contained(case, result, **_):
    return [f"changed outside: {c}" for c in result.changed]


def _no_traceback(case, result, **_):
    return ["there is one"] if "Traceback (most recent call last)" in result.said else []


def _seconds(case, result, **_):
    most = case["must"]["seconds"]
    return [f"{result.seconds:.0f} s, {most} allowed"] if result.seconds > most else []


def _rss_mib(case, result, **_):
    most = case["must"]["rss_mib"]
    return [f"{result.rss_mib:.0f} MiB, {most} allowed"] if result.rss_mib > most else []


def _csv_safe(case, result, **_):
    wrong = []
    for path in [p for p in _files(result.out) if p.suffix in (".csv", ".tsv")]:
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.reader(lines):
                wrong += [f"{path.name}: {c[:40]!r}" for c in row if c[:1] in set("=+-@\t\r") and not _is_number(c)]
    return wrong


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _terms_equal(case, result, *, folder, **_):
    name = Path(case["bad"][0])
    items = [i for i in result.record.get("items", []) if i["file"] == name.name]
    if any(f in ("confusable-characters", "invisible-characters") for i in items for f in i["flags"]):
        return []
    text = " ".join(r["text"] for r in result.table("sentences") if r["article_id"] == name.stem)
    norms = [norm_of(text[s:e]) for s, e, _ in find_tokens(text, 0, len(text))]
    terms = case["must"]["terms"]
    return [f"{t}: {norms.count(t.lower())}, {n} expected" for t, n in terms.items() if norms.count(t.lower()) != n]


def _rows(case, result, **_):
    if result.code != 0:
        return []
    items = [i for i in result.record["items"] if i["file"] == Path(case["bad"][0]).name]
    wrong = [] if len(items) == case["must"]["rows"] else [f"{len(items)}, {case['must']['rows']} expected"]
    return wrong + [f"a row without its line: {i}" for i in items if not i["line"]]


def _distinct_outputs(case, result, **_):
    outlets = {r["outlet"] for r in result.table("articles")}
    names = {slug(o) for o in outlets}
    wanted = case["must"]["distinct_outputs"]
    return [] if len(names) == len(outlets) == wanted else [f"{len(outlets)} outlets, {len(names)} names, not {wanted}"]


def _figures_ok(case, result, **_):
    """In a full run the files are looked at; in a quick one the texts that were laid out."""
    if result.code != 0 or not (result.out / "report.html").is_file():
        return []
    wrong = [f"{result.mathematics} labels are mathematics"] if result.mathematics else []
    if result.labels:
        shown = " ".join(" ".join(result.labels).split())
        outlets = {" ".join(r["outlet"].split()) for r in result.table("articles")}
        heads = {o[:3] for o in outlets if o.isprintable() and o.isascii()}
        return wrong + [f"no label begins with {h!r}" for h in sorted(heads) if h not in shown]
    for name in FIGURES:
        png, svg = result.out / f"{name}.png", result.out / f"{name}.svg"
        if not png.is_file() or png.read_bytes()[-8:-4] != b"IEND":
            wrong.append(f"{name}.png is missing or cut")
        try:
            ET.parse(svg)
        except (OSError, ET.ParseError) as error:
            wrong.append(f"{name}.svg: {error}")
    return wrong


class _Live(HTMLParser):
    """Collects what could run or ask for something in a page."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.tag = ""

    def handle_data(self, data):
        if self.tag == "script" and "__hit" in data:  # the page's own script is no finding
            self.found.append("<script>")

    def handle_endtag(self, tag):
        self.tag = ""

    def handle_starttag(self, tag, attrs):
        self.tag = tag
        if tag in ("iframe", "object", "embed", "base", "form", "frame", "portal", "applet"):
            self.found.append(f"<{tag}>")
        for key, value in attrs:
            plain = "".join((value or "").split()).lower()
            if key.startswith("on") or key == "srcdoc" or (key == "http-equiv" and plain == "refresh"):
                self.found.append(f"{tag} {key}")
            if tag == "script" and key == "src":
                self.found.append("script src")
            if key in LINKS and (key, tag) != ("src", "img"):
                scheme = urlsplit(plain).scheme if not plain.startswith("#") else ""
                if scheme not in ("", "http", "https", "mailto"):
                    self.found.append(f"{tag} {key}={value[:60]}")
            if tag == "img" and key == "src" and not plain.startswith("data:image/png;base64,"):
                self.found.append(f"image {plain[:60]}")


def find_live(page: str) -> list[str]:
    """Find elements, attributes and addresses of a page that run or lead to something other than the web."""
    parser = _Live()
    parser.feed(page)
    parser.close()
    return parser.found


def _no_exec(case, result, **_):
    """What can be seen without a browser; the browser itself is asked in the full run."""
    wrong = []
    for path in _files(result.out):
        if path.suffix == ".html":
            wrong += [f"{path.name}: {f}" for f in find_live(path.read_text(encoding="utf-8"))]
        elif path.suffix == ".svg":
            data = path.read_text(encoding="utf-8")
            wrong += [f"{path.name}: a script" for _ in range(data.lower().count("<script"))]
        elif path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            outputs = [o for c in cells for o in c.get("outputs", [])]
            wrong += [
                f"{path.name}: {f}"
                for o in outputs
                for kind, data in o.get("data", {}).items()
                for f in (find_live("".join(data)) if kind == "text/html" else [])
                + ([kind] if "javascript" in kind or "svg" in kind else [])
            ]
    return wrong


def _sentinel_absent(case, result, **_):
    return ["code was run"] if Path(case["must"]["sentinel_absent"]).exists() else []


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else []


CHECKS: dict[str, Callable[..., list[str]]] = {
    "controls_ok": _controls_ok,
    "no_exec": _no_exec,
    "contained": _contained,
    "csv_safe": _csv_safe,
    "figures_ok": _figures_ok,
    "terms_equal": _terms_equal,
    "seconds": _seconds,
    "rss_mib": _rss_mib,
    "rows": _rows,
    "distinct_outputs": _distinct_outputs,
    "no_traceback": _no_traceback,
    "sentinel_absent": _sentinel_absent,
}
