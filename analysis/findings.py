"""What a suspected error is made of, and how the wording of another outlet is cited as evidence."""

from __future__ import annotations

from typing import Any, NamedTuple

FINDING_COLUMNS = [
    "article_id",
    "start",
    "end",
    "kind",
    "text",
    "suggestion",
    "severity",
    "status",
    "explanation",
    "evidence",
]
KINDS = ("period_name", "name", "slip", "date", "number", "office", "misquotation", "credit")
SEVERITIES = ("high", "medium", "low")
BETWEEN = " · "  # parts of the evidence
_MOST_WORDS = 60  # of a sentence that is cited


class Finding(NamedTuple):
    """One suspected error, or a place considered and let pass; offsets count in the raw text of the article."""

    article_id: Any
    start: int
    end: int
    kind: str
    text: str
    suggestion: str
    severity: str  # high, medium, low
    status: str  # flagged, suppressed
    explanation: str  # one sentence
    evidence: str = ""  # the rule, the dates, the other outlets' wording; parts between BETWEEN


class Passage(NamedTuple):
    """One sentence of an article that gives a statement."""

    article_id: Any
    outlet: str
    sentence_id: int
    start: int
    end: int
    text: str


def cite(passage: Passage) -> str:
    """Cite a sentence of another outlet: its name, the article, the number of the sentence, the words."""
    words = passage.text.split()
    shown = " ".join(words[:_MOST_WORDS]) + (" …" if len(words) > _MOST_WORDS else "")
    return f"{passage.outlet or passage.article_id} ({passage.article_id}, sentence {passage.sentence_id}): “{shown}”"


def join_evidence(*parts: str) -> str:
    """Join parts of the evidence, each once, in order."""
    return BETWEEN.join(dict.fromkeys(p for p in parts if p))
