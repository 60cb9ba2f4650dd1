"""Mark what belongs to the page and not to the article. Nothing is rewritten: spans are taken out, each with its reason."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

import pandas as pd

from analysis.dates import MONTHS
from analysis.views import bare, straighten

REMOVED_COLUMNS = ["article_id", "start", "end", "text", "reason"]
_LONGEST_FURNITURE = 30  # words; a longer line is prose and is never taken out whole
_PROSE = 14  # words with a full stop at the end: the article itself

_NETWORKS = r"(?:facebook|twitter|x|whatsapp|telegram|linkedin|pinterest|reddit|tumblr|e-?mail|print|messenger|line|vk|copy link|more)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}\.?"
_WEEKDAY = r"(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?\.?"
_DAY = (
    rf"(?:{_WEEKDAY},? )?(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}}"
    rf"|\d{{4}}-\d{{2}}-\d{{2}})"
)
_CLOCK = r"(?:,? (?:at )?\d{1,2}[:.]\d{2}(?: ?[ap]\.?m\.?)?(?: [a-z]{2,4})?)?"

# Whole lines (straightened, lower case, blanks folded). Each pattern is anchored and has no nested repeats.
_LINE_PATTERNS = [
    (
        "script",
        r"<?!--.*|.*-->|.*\b(?:gtag|googletag|dataLayer)\b.*[({].*|<script\b.*|\(?function ?\(.*|window\..*=.*",
    ),
    ("markup", r"</?[a-z][^<>]{0,200}>"),
    (
        "share_bar",
        rf"(?:(?:share|tweet|pin|follow)(?: (?:this|on|via|us|it|article|story|now|with friends))*[: ]*)?(?:[-•·*|/,] ?)*"
        rf"{_NETWORKS}(?:[ |/,•·*-]{{1,3}}{_NETWORKS}){{0,12}}|share(?: this(?: article| story| post)?)?:?|tweet|\d+ shares?",
    ),
    (
        "read_more",
        r"(?:read|learn|see|show) more(?: (?:here|below))?[:.…>» ]*|(?:continue|keep) reading.{0,80}"
        r"|(?:also read|read also|see also|read next|more on this|recommended)(?:: .{1,200}|[:.]?)",
    ),
    (
        "comment_form",
        r"leave a (?:reply|comment)(?: cancel reply)?|cancel reply|post (?:a )?comment|(?:\d+ )?comments?(?: ?\(\d+\))?:?"
        r"|fill in your details below.{0,80}|(?:[a-z.]{1,20}) (?:logo|picture|photo)|you are commenting using your .{1,120}"
        r"|connecting to %s|your e-?mail address will not be published.{0,80}|required fields are marked.{0,10}"
        r"|(?:name|e-?mail|website|comment) ?\*?|save my name.{0,120}|notify me of .{1,80}"
        r"|log (?:in|out)(?: ?/ ?change ?\)?)?|log in to (?:reply|comment).{0,20}",
    ),
    (
        "related_posts",
        r"(?:related|popular|recent|latest|trending|more) (?:posts?|articles?|stories|news|topics|content)(?: .{0,30})?:?"
        r"|you (?:may|might) also (?:like|be interested in).{0,20}",
    ),
    ("category", r"(?:article )?(?:categories|category|tags?|filed under|topics)(?: in)?:.{0,200}"),
    (
        "advertisement",
        r"(?:-+ ?)?(?:advertisement|advertising|sponsored(?: content)?|ad)(?: ?-.{0,60}|:)?"
        r"|story continues below.{0,30}|scroll (?:down )?to continue.{0,60}",
    ),
    (
        "newsletter",
        r"(?:sign up|subscribe|register)(?: now| today| here)? (?:for|to) .{0,160}"
        r"|(?:get|receive) (?:our|the|your) .{0,60} newsletter.{0,100}|follow us on .{1,100}"
        r"|download (?:the|our) app.{0,60}",
    ),
    (
        "copyright",
        r"(?:©|\(c\)|copyright) ?.{0,160}|.{0,120}\ball rights reserved\b.{0,60}"
        r"|this (?:material|article) may not be (?:published|reproduced).{0,160}",
    ),
    (
        "picture_credit",
        r"(?:image|photo|picture|photograph|video)(?: (?:source|credit|courtesy|by|via))*(?: ?[:/|] ?| by ).{0,120}"
        r"|credit: .{0,100}|\((?:ap|afp|reuters|getty)? ?(?:photo|image).{0,120}\)"
        r"|(?:getty images|shutterstock|reuters|afp|ap photo|file photo)(?: ?/.{0,60})?",
    ),
    (
        "date_line",
        rf"(?:(?:published|posted|updated|last updated|last modified|first published|date)(?: on| at)?[: ]*)?{_DAY}{_CLOCK}(?: ?[|,/-] ?(?:updated|modified|last updated)?:? ?{_DAY}{_CLOCK})?",
    ),
    (
        "byline",
        rf"(?:written|posted|published|reported) by\b.{{0,100}}"
        rf"|by:? [a-z][a-z.'-]{{1,30}}(?: [a-z][a-z.'-]{{0,30}}){{1,4}}(?:,? (?:and|&) [a-z][a-z.'-]{{1,30}}(?: [a-z][a-z.'-]{{0,30}}){{1,3}})?(?: ?[|,-] ?(?:{_DAY}|[a-z .]{{2,60}}))?",
    ),
]
# All in one, which names the first that fits: most lines fit none, and are looked at once.
_FURNITURE = re.compile("|".join(f"(?P<{reason}>{pattern})" for reason, pattern in _LINE_PATTERNS))
_CAPTION_END = re.compile(
    r"\b(?:photo|image|picture) ?/ ?(?:illustration|file|handout|ap|afp|reuters|getty).{0,40}$|\((?:photo|image|picture|file)\b.{0,80}\)$"
    r"|[|/] ?(?:ap|afp|reuters|getty images|epa|tass)$",
    re.I,
)
_TAIL = {"comment_form", "related_posts"}
_DATELINE = re.compile(
    r"(?:[A-Z][A-Z.'-]{1,30}(?: [A-Z][A-Z.'-]{1,30}){0,3})(?:, ?[A-Z][A-Za-z.'-]{1,30}(?: [A-Z0-9][A-Za-z0-9.'-]{0,30}){0,4}){0,2}"
    r"(?: ?\([A-Za-z .,/&-]{2,40}\))? ?(?:-|--) "
)
_DAY_PARTS = re.compile(_DAY)


class Line(NamedTuple):
    """One line that is not blank: its span in the text, its straightened form in lower case, its words."""

    start: int
    end: int
    plain: str
    n_words: int


def strip_furniture(articles: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find headline, date and page furniture of every article.

    Parameters
    ----------
    articles : DataFrame
        One row per article, as `load_corpus` returns: article_id, title, date, date_basis, text.

    Returns
    -------
    articles : DataFrame
        The same rows with title and date filled in where the text states them, and title_start, title_end
        (half-open, into text; -1 where the text does not hold the headline).
    removed : DataFrame
        One row per stretch taken out: article_id, start, end, text, reason.
    """
    found, removed = [], []
    for a in articles.itertuples(index=False):
        spans, title, day = find_furniture(a.text, title=a.title)
        start, end = title
        stated = (
            {"date": day, "date_basis": "stated"}
            if day and not a.date
            else {"date": a.date, "date_basis": a.date_basis or "unknown"}
        )
        found.append(
            {
                "title": a.title or " ".join(a.text[start:end].split()) if start >= 0 else a.title,
                "title_start": start,
                "title_end": end,
                **stated,
            }
        )
        removed += [(a.article_id, s, e, a.text[s:e], reason) for s, e, reason in spans]
    new = pd.DataFrame(found, columns=["title", "title_start", "title_end", "date", "date_basis"], index=articles.index)
    return (
        articles.drop(columns=["title", "date", "date_basis"]).join(new),
        pd.DataFrame(removed, columns=REMOVED_COLUMNS),
    )


def find_furniture(text: str, *, title: str = "") -> tuple[list[tuple[int, int, str]], tuple[int, int], str]:
    """Find the page furniture of one text.

    Parameters
    ----------
    text : str
        The raw text.
    title : str
        The headline where it is known from elsewhere.

    Returns
    -------
    spans : list of (int, int, str)
        Half-open spans and the reason of each, sorted, apart.
    title : (int, int)
        Where the headline stands; (-1, -1) where it does not.
    date : str
        The date that a date line or byline states, ISO; '' where none does.
    """
    lines = _lines_of(text)
    reasons = [_reason_of(line) for line in lines]
    headline = _find_headline(lines, reasons, title)
    if headline >= 0:
        reasons[headline] = ""
        _mark_repeats(lines, reasons, headline)
    _mark_head(lines, reasons, headline)
    _mark_captions(lines, reasons)
    _mark_tail(lines, reasons)
    if headline >= 0:
        reasons[headline] = ""  # what follows it does not make it a caption or a part of the tail
    day = next(
        (
            d
            for line, r in zip(lines, reasons, strict=True)
            if r in ("date_line", "byline") and (d := _date_in(line.plain))
        ),
        "",
    )
    spans = [(line.start, line.end, r) for line, r in zip(lines, reasons, strict=True) if r]
    body = next((line for i, line in enumerate(lines) if not reasons[i] and i != headline), None)
    if body and (m := _DATELINE.match(straighten(text[body.start : body.start + 160]))):
        spans.append((body.start, body.start + m.end() - 1, "dateline"))
    place = (lines[headline].start, lines[headline].end) if headline >= 0 else (-1, -1)
    return sorted(spans), place, day


def _lines_of(text: str) -> list[Line]:
    lines, view = [], straighten(text)
    for m in re.finditer(r"[^\n]+", text):
        raw = m.group()
        start = m.start() + len(raw) - len(raw.lstrip())
        end = m.start() + len(raw.rstrip())
        if start < end:
            n_words = text.count(" ", start, end) + 1
            plain = ""
            if n_words <= _LONGEST_FURNITURE and end - start <= 400:
                plain = " ".join(bare(view[start:end]).lower().split())
            lines.append(Line(start, end, plain, n_words))
    return lines


def _reason_of(line: Line) -> str:
    if not line.plain:
        return ""
    plain = line.plain.strip("•·*|> ")
    met = _FURNITURE.fullmatch(plain)
    return (met.lastgroup or "") if met else ""


def _is_prose(line: Line) -> bool:
    return line.n_words > _LONGEST_FURNITURE or (line.n_words >= _PROSE and line.plain.rstrip("\"')")[-1:] in ".!?")


def _find_headline(lines: list[Line], reasons: list[str], title: str) -> int:
    """Return the index of the headline's line, -1 where there is none."""
    if title:
        wanted = " ".join(bare(straighten(title)).lower().split())
        return next((i for i, line in enumerate(lines[:40]) if line.plain == wanted), -1)
    first = next((i for i in range(len(lines)) if not reasons[i]), -1)
    if first < 0 or first + 1 >= len(lines) or not lines[first].plain:
        return -1
    return first if lines[first].plain.rstrip("\"')")[-1:] not in ".:;," else -1


def _mark_repeats(lines: list[Line], reasons: list[str], headline: int) -> None:
    for i, line in enumerate(lines):
        if i != headline and line.plain and line.plain == lines[headline].plain:
            reasons[i] = "repeated_headline"


def _mark_head(lines: list[Line], reasons: list[str], headline: int) -> None:
    """A byline or a picture credit is furniture only around the head or beside other furniture, not in running prose."""
    first_prose = next((i for i, line in enumerate(lines) if _is_prose(line) and i > headline), len(lines))
    for i, reason in enumerate(reasons):
        if reason == "byline" and first_prose < i < len(lines) - 3:
            reasons[i] = ""


def _mark_captions(lines: list[Line], reasons: list[str]) -> None:
    for i, line in enumerate(lines):
        if reasons[i] or not line.plain:
            continue
        before_credit = (
            i + 1 < len(lines)
            and reasons[i + 1] == "picture_credit"
            and line.plain[-1] not in '.!?"'
            and line.n_words <= 25
        )
        may_end = line.plain[-1] == ")" or "/" in line.plain or "|" in line.plain
        if (may_end and _CAPTION_END.search(line.plain)) or before_credit:
            reasons[i] = "caption"


def _mark_tail(lines: list[Line], reasons: list[str]) -> None:
    """From a comment form or a list of other posts to the end, where no prose follows, all is furniture."""
    last_prose = max((i for i, line in enumerate(lines) if _is_prose(line) and not reasons[i]), default=-1)
    reason = ""
    for i in range(last_prose + 1, len(lines)):
        if reasons[i]:
            reason = (
                reasons[i]
                if reasons[i] in _TAIL or (reasons[i] == "category" and lines[i].plain.endswith(":"))
                else reason
            )
        elif reason:
            reasons[i] = reason


def _date_in(plain: str) -> str:
    m = _DAY_PARTS.search(plain)
    if not m:
        return ""
    words = re.findall(r"[a-z]+|\d+", m.group())
    numbers = [int(w) for w in words if w.isdigit()]
    months = [m[:3] for m in MONTHS]
    month = next((months.index(w[:3]) + 1 for w in words if w[:3] in months), 0)
    year, rest = max(numbers), [n for n in numbers if n != max(numbers)]
    try:
        return date(year, month or rest[0], rest[-1] if rest else 1).isoformat()
    except (ValueError, IndexError):
        return ""
