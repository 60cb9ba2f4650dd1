"""How far coders agree with one another and the suite with each: alphas, confusions, cases to discuss, a validity card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from analysis.alpha import (
    Agreement,
    Continuum,
    Span,
    flatten_spans,
    resample_alpha,
    resample_unitizing_alpha,
)
from analysis.cards import says
from analysis.catalogue import MEASURES
from analysis.coding_formats import Coded
from analysis.coding_tasks import NOTHING, PART, Task, Unit

SUITE = "suite"
CODERS = "coders"
_CONTENT = ("direct", "indirect", "mixed")
_LAYERS: dict[str, dict[str, dict[str, str]]] = {  # task → what is compared → label of the coder → label compared
    "attributions": {
        "content": dict.fromkeys(_CONTENT, "content"),
        "content and its type": {c: c for c in _CONTENT},
        "source": {"source": "source"},
        "cue": {"cue": "cue"},
    },
    "wording": {"loaded": {"loaded": "loaded"}},
}
_ASKED = {"statements": "same statement", "findings": "mistake"}
_MOST = 3  # coders whose figures are printed one by one beside a measure
_FITTED = ("loaded_words_per_1k", "loaded_sentence_share")
_LISTED = ("loaded_per_1k", "one_sided_per_1k", "intensifier_per_1k")
COLUMNS = ["variable", "level", "between", "alpha", "lo", "hi", "percent", "n_units", "n_pairs", "precision", "recall"]

Codings = dict[
    str, dict[str, tuple[Span, ...]]
]  # coder → unit → what was marked; a unit that is not there is not coded


class Variable(NamedTuple):
    """One thing to compare over the units: codes at some levels, or a layer of stretches."""

    name: str
    levels: tuple[str, ...]
    of: Any  # spans of a unit → code; or the layer's mapping of labels
    positive: object = None  # the code whose precision and recall are asked


def measure_coding(
    units: Sequence[Unit], *, task: Task, coded: Sequence[Coded], suite: Mapping[str, Sequence[Span]]
) -> dict[str, pd.DataFrame]:
    """Compare the codings of a sample.

    Parameters
    ----------
    units : sequence of Unit
        The sample.
    task : Task
    coded : sequence of Coded
        What the coders said, one entry per coder and unit; what is not there is missing, not a disagreement.
    suite : mapping of str to list of Span
        What the suite says of each unit.

    Returns
    -------
    dict of str to DataFrame
        agreement: one row per variable × level × pair of parties (all coders together; the suite with each): alpha with its
        95 % interval over resampled units, percent (share of agreeing pairs, of characters for stretches), n_units coded
        by two, n_pairs, and for the suite its precision and recall with the coder as the standard (letters of
        stretches, units of codes). confusion: one row per variable × pair × value × value: n. cases: one row
        per unit on which coders differ × coder, most disputed first.
    """
    codings: Codings = {}
    for c in coded:
        codings.setdefault(c.coder, {})[c.unit] = c.spans
    people = sorted(codings)
    parties: Codings = {**codings, SUITE: {u.unit: tuple(suite.get(u.unit, ())) for u in units}}
    rows, confusions = [], []
    for variable in _variables(task):
        groups = [(CODERS, people)] * (len(people) > 1) + [(f"{SUITE} and {p}", [SUITE, p]) for p in people]
        for between, members in groups:
            right = _hit_rates(variable, parties, members, units) if members[0] == SUITE else (None, None)
            for level in variable.levels:
                found = _agree(variable, level, parties, members, units)
                rows.append((variable.name, level, between, *found, *right))
        if "nominal" in variable.levels and callable(variable.of):
            confusions += _confusion(variable, parties, [*people, SUITE], units)
    return {
        "agreement": pd.DataFrame(rows, columns=COLUMNS),
        "confusion": pd.DataFrame(confusions, columns=["variable", "coder_a", "coder_b", "value_a", "value_b", "n"]),
        "cases": _cases(task, parties, people, units),
    }


def _variables(task: Task) -> Iterator[Variable]:
    if not task.spans:
        if task.several:
            for name in (n for n in task.names if n != NOTHING):
                yield Variable(name, ("nominal",), _Holds(name), "yes")
        else:
            yield Variable(_ASKED[task.what], ("nominal",), lambda spans: spans[0][2] if spans else None, "yes")
        return
    for name, layer in _LAYERS[task.what].items():
        yield Variable(name, ("unitizing",), layer)
    if task.what == "attributions":
        yield Variable("type of the sentence", ("nominal",), _type_of)
    else:
        yield Variable("loaded sentence", ("nominal",), _Holds("loaded"), "yes")
        yield Variable("loaded stretches", ("ordinal", "interval"), len)


class _Holds:
    """Whether a unit has a label."""

    def __init__(self, label: str):
        self.label = label

    def __call__(self, spans: Sequence[Span]) -> str:
        return "yes" if any(label == self.label for _, _, label in spans) else "no"


def _type_of(spans: Sequence[Span]) -> str:
    letters = {c: sum(e - s for s, e, label in spans if label == c) for c in _CONTENT}
    most = max(_CONTENT, key=lambda c: letters[c])
    return most if letters[most] else "none"


def _layer(spans: Sequence[Span], names: Mapping[str, str]) -> list[Span]:
    return [(s, e, names[label]) for s, e, label in spans if label in names]


def _codes(variable: Variable, parties: Codings, members: Sequence[str], units: Sequence[Unit]) -> pd.DataFrame:
    rows = [[variable.of(parties[m][u.unit]) if u.unit in parties[m] else None for u in units] for m in members]
    return pd.DataFrame(rows, index=list(members), dtype=object)


def _agree(
    variable: Variable, level: str, parties: Codings, members: Sequence[str], units: Sequence[Unit]
) -> Agreement:
    if level != "unitizing":
        return resample_alpha(_codes(variable, parties, members, units), level=level)
    continua = [
        Continuum(len(u.text), {m: _layer(parties[m][u.unit], variable.of) for m in members if u.unit in parties[m]})
        for u in units
    ]
    return resample_unitizing_alpha(continua)


def _hit_rates(
    variable: Variable, parties: Codings, members: Sequence[str], units: Sequence[Unit]
) -> tuple[float | None, float | None]:
    """Return precision and recall of the first party, the second taken as right."""
    both = ours = theirs = 0
    for u in units:
        if any(u.unit not in parties[m] for m in members):
            continue
        if callable(variable.of):
            if variable.positive is None:
                return None, None
            a, b = ({0} if variable.of(parties[m][u.unit]) == variable.positive else set() for m in members)
        else:
            a, b = (_letters(_layer(parties[m][u.unit], variable.of), u.text) for m in members)
        both, ours, theirs = both + len(a & b), ours + len(a), theirs + len(b)
    return both / ours if ours else None, both / theirs if theirs else None


def _letters(spans: Sequence[Span], text: str) -> set:
    return {
        (i, label) for s, e, label in flatten_spans(spans, length=len(text)) for i in range(s, e) if text[i].isalnum()
    }


def _confusion(variable: Variable, parties: Codings, names: Sequence[str], units: Sequence[Unit]) -> list[tuple]:
    rows = []
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            codes = _codes(variable, parties, [a, b], units).T.dropna()
            counted = codes.value_counts(sort=False)
            rows += [(variable.name, a, b, *map(str, v), int(n)) for v, n in sorted(counted.items(), key=str)]
    return rows


def _cases(task: Task, parties: Codings, people: Sequence[str], units: Sequence[Unit]) -> pd.DataFrame:
    """Return the units on which two coders differ, with what each says, the most disputed first."""
    disputed = []
    for u in units:
        said = [set(_signs(task, parties[p][u.unit], u.text)) for p in people if u.unit in parties[p]]
        everything: set[tuple] = set().union(*said)
        differ = {sign for sign in everything if not all(sign in one for one in said)}
        if len(said) > 1 and differ:
            disputed.append((len(differ) / len(everything), u))
    rows = [
        (
            u.unit,
            u.places[0][0],
            u.places[0][1],
            round(share, 3),
            c,
            _in_words(task, parties[c][u.unit], u.text),
            u.text,
        )
        for share, u in sorted(disputed, key=lambda d: (-d[0], d[1].unit))
        for c in (*people, SUITE)
        if u.unit in parties[c]
    ]
    return pd.DataFrame(rows, columns=["unit", "article_id", "start", "disputed", "coder", "coding", "text"])


def _signs(task: Task, spans: Sequence[Span], text: str) -> Iterator[tuple]:
    if not task.spans:
        yield from ((label,) for _, _, label in spans)
    for start, end, label in spans:
        yield from ((i, label) for i in range(start, end) if text[i].isalnum())


def _in_words(task: Task, spans: Sequence[Span], text: str) -> str:
    if not task.spans:
        return PART.join(label for _, _, label in spans)
    return PART.join(f"{label}: {text[s:e]}" for s, e, label in spans) or NOTHING


# ---------------------------------------------------------------- the card


def make_card(
    tables: Mapping[str, pd.DataFrame], *, task: Task, units: Sequence[Unit], fitted: bool, stratify: str
) -> dict[str, Any]:
    """Return the validity card of a coding: what is printed beside which measure, and the card's text.

    Parameters
    ----------
    tables : dict of str to DataFrame
        What `measure_coding` gave.
    task, units, stratify
        The task, the sample and how it was drawn.
    fitted : bool
        Whether the run used the fitted model of loaded words.

    Returns
    -------
    dict
        measures (name → what is printed), text (Markdown).
    """
    a = tables["agreement"]
    beside = {
        "attributions": [("voice_share", "content"), *((m, "cue") for m in MEASURES if m.startswith("reporting_"))],
        "wording": [(m, "loaded") for m in (_FITTED if fitted else _LISTED)],
        "statements": [("statements", "same statement")],
        "findings": [("findings", "mistake")],
    }.get(task.what, [])
    printed = {measure: _print_beside(a[a["variable"] == variable]) for measure, variable in beside}
    return {
        "measures": {m: words for m, words in printed.items() if words},
        "text": _write_card(a, task, units, stratify),
    }


def _print_beside(rows: pd.DataFrame) -> str:
    """Return the words beside a measure: coders with one another, then the suite with each; no coder is named."""
    rows = rows[rows["alpha"].notna()].drop_duplicates("between")
    people = [_figure(r) for r in rows[rows["between"] == CODERS].itertuples(index=False)]
    suite = [_figure(r) for r in rows[rows["between"] != CODERS].itertuples(index=False)]
    if len(suite) > _MOST:
        alphas = rows.loc[rows["between"] != CODERS, "alpha"]
        suite = [f"{alphas.min():.3f} to {alphas.max():.3f} ({len(suite)} coders)"]
    parts = [f"coders agree, alpha {people[0]}"] * bool(people) + [
        f"suite with coders, alpha {', '.join(suite)}"
    ] * bool(suite)
    return f"on your own coding: {'; '.join(parts)} ({int(rows['n_units'].max())} units)" if parts else ""


def _figure(r: Any) -> str:
    return says((r.alpha, r.lo, r.hi)) if r.lo == r.lo else f"{r.alpha:.3f}".lstrip("0")


def _plain(text: str, *, limit: int = 60) -> str:
    kept = "".join(c if c.isalnum() or c in " .@_-:()/" else " " for c in text)
    return " ".join(kept.split())[:limit]


_HEAD = "| what | level | between | alpha [95 %] | percent | units | precision | recall |\n|---|---|---|---|---|---|---|---|"
_DRAWN = {
    "statements": "Half of the pairs lie above the threshold of a match, half below (half of those the likest of many): "
    "precision is that of the matches, recall and alpha hold for this mixture.",
    "findings": "Only places that the suite considered were drawn: recall is over those.",
}


def _write_card(a: pd.DataFrame, task: Task, units: Sequence[Unit], stratify: str) -> str:
    lines = [f"## {task.what.capitalize()}", task.question, "", _HEAD]
    for r in a.itertuples(index=False):
        rates = [f"{x:.3f}".lstrip("0") if x is not None and x == x else "" for x in (r.percent, r.precision, r.recall)]
        alpha = _figure(r) if r.alpha == r.alpha else "cannot be said"
        cells = [_plain(r.variable), r.level, _plain(r.between), alpha, rates[0], str(r.n_units), *rates[1:]]
        lines.append("| " + " | ".join(cells) + " |")
    drawn = f"{len(units)} units drawn" + (f" by {stratify} in proportion" if stratify else " at random") + "."
    notes = [drawn, _DRAWN.get(task.what, ""), "A unit that a coder left blank is missing for that coder."]
    if task.spans:
        notes.append(
            "Stretches: unitizing alpha of Krippendorff et al. (2016); percent is of characters, precision and recall of "
            "letters."
        )
    notes.append("Intervals: percentile bootstrap over units. Precision and recall take the coder as right.")
    return "\n".join([*lines, "", " ".join(n for n in notes if n), ""])
