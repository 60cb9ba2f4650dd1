"""The look of every figure, in two functions: how it begins, how it ends and is saved."""

from __future__ import annotations

import functools
import io
import warnings
from pathlib import Path
from typing import NamedTuple

import matplotlib
import matplotlib.style
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from PIL import Image

from analysis.escape import for_label
from analysis.files import write_atomic
from analysis.table_files import to_csv

matplotlib.style.use(Path(__file__).parent / "parallax.mplstyle")  # once: mathtext must be off for every label
WIDTH = 8.0  # inches
_TOP, _BOTTOM = 0.68, 0.5  # inches kept for title and footer
VOICE_COLOURS = {"narrator": "#4D4D4D", "quoted": "#0072B2", "reported": "#7FC4EE", "headline": "#BBBBBB"}
RENDERING_COLOURS = {
    "verbatim": "#0072B2",
    "altered": "#D55E00",
    "trimmed": "#E69F00",
    "paraphrase": "#9BD1F1",
    "narrated": "#CFCFCF",
    "omitted": "#FFFFFF",
    "undecided": "#F4EDA0",
    "not_applicable": "#FFFFFF",
}
STANCE_COLOURS = {"neutral": "#4D4D4D", "doubting": "#D55E00", "endorsing": "#009E73", "": "#999999"}


class Chart(NamedTuple):
    """A finished figure, the numbers drawn in it, and its description in words."""

    figure: Figure
    data: pd.DataFrame
    alt: str


def new_figure(height: float) -> Figure:
    """Return an empty figure of the house width; ``height`` (inches) is that of the plot without title and footer."""
    return Figure(figsize=(WIDTH, height + _TOP + _BOTTOM))


def plot_area(
    figure: Figure,
    *,
    left: float,
    right: float = 0.98,
    above: float = 0,
    below: float = 0,
    rows: int = 1,
    columns: int = 1,
    **kw,
):
    """Return axes inside the space that title and footer leave; ``left`` and ``right`` as shares of the width,
    ``above`` and ``below`` inches for column heads and axis labels."""
    height = figure.get_figheight()
    grid = figure.add_gridspec(
        rows, columns, left=left, right=right, top=1 - (_TOP + above) / height, bottom=(_BOTTOM + below) / height, **kw
    )
    axes = [figure.add_subplot(grid[i, j]) for i in range(rows) for j in range(columns)]
    return axes if len(axes) > 1 else axes[0]


def finish_figure(figure: Figure, *, title: str, subtitle: str, footer: str) -> None:
    """Write the ending: what was found, what is measured and in which unit, where it comes from."""
    height = figure.get_figheight()
    title = for_label(title, limit=120)
    size = 12 * min(1, 0.97 * WIDTH / text_width(title, size=12, bold=True))
    figure.text(0.015, 1 - 0.2 / height, title, fontsize=size, fontweight="bold", va="center")
    figure.text(0.015, 1 - 0.45 / height, for_label(subtitle, limit=140), fontsize=9, color="#555555", va="center")
    note = wrap(footer, width=0.955 * WIDTH, size=7.5, lines=2)
    figure.text(0.015, 0.2 / height, note, fontsize=7.5, color="#777777", va="center", linespacing=1.25)


def render(chart: Chart, *, kind: str) -> bytes:
    """Return a chart as png, svg or pdf bytes; two calls give the same bytes."""
    buffer = io.BytesIO()
    alt = for_label(chart.alt, limit=2000)
    meta = {
        "svg": {"Date": None, "Creator": "parallax", "Description": alt},
        "pdf": {"CreationDate": None, "Creator": "parallax", "Producer": None, "Subject": alt},
        "png": {"Software": None},
    }[kind]
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing from"
        )  # the label shows a box; the table has the word
        chart.figure.savefig(buffer, format=kind, metadata=meta)
    return buffer.getvalue()


def save_chart(chart: Chart, *, name: str, folder: Path, with_pdf: bool = False) -> bytes:
    """Write a chart as .svg and .png (and .pdf) with its numbers as .csv beside it, and return the png."""
    for kind in ("svg", "pdf") if with_pdf else ("svg",):
        write_atomic(folder / f"{name}.{kind}", render(chart, kind=kind))
    png = render(chart, kind="png")
    write_atomic(folder / f"{name}.png", png)
    write_atomic(folder / f"{name}.csv", to_csv(chart.data))
    return png


def small_png(png: bytes) -> bytes:
    """Return a png with a palette of 96 colours, about a quarter of the size."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    buffer = io.BytesIO()
    image.quantize(colors=96, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(buffer, format="PNG")
    return buffer.getvalue()


@functools.cache
def _advance(char: str, bold: bool) -> float:
    """Return the width of a character in ems."""
    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")))
    if not font.get_char_index(ord(char)):
        return 1.0  # drawn as a box, by a fallback font
    font.set_size(100, 72)
    return font.load_char(ord(char), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 100


def text_width(text: str, *, size: float = 9, bold: bool = False) -> float:
    """Return the width of a text in inches."""
    return sum(_advance(c, bold) for c in text) * size / 72


def wrap(text: object, *, width: float, size: float = 9, lines: int = 2) -> str:
    """Break a label into at most ``lines`` lines of ``width`` inches; what does not fit ends in an ellipsis."""
    out = [""]
    for word in for_label(text, limit=400).split(" "):
        longer = f"{out[-1]} {word}".strip()
        if text_width(longer, size=size) <= width or not out[-1]:
            out[-1] = longer
        elif len(out) < lines:
            out.append(word)
        else:
            out[-1] = _cut(longer, width=width, size=size)
            break
    return "\n".join(_cut(line, width=width, size=size) for line in out)


def _cut(line: str, *, width: float, size: float) -> str:
    if text_width(line, size=size) <= width:
        return line
    while line and text_width(line + "…", size=size) > width:
        line = line[:-1]
    whole = line.rpartition(" ")[0]  # end with a whole word, unless that would cost half of the line
    return (whole if len(whole) > len(line) / 2 else line).rstrip(" ,;:") + "…"
