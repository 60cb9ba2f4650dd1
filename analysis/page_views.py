"""The tables of report.html: one long, sortable table to a subject, every number with the sentences behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from analysis.catalogue import UNVALIDATED, describe
from analysis.empty_words import EMPTY_WORDS
from analysis.evidence import Evidence, Number
from analysis.layers import layer_of

Tables = dict[str, pd.DataFrame]
_MOST_ROWS = 150  # of one table on the page
_MOST_MEASURED = 40  # articles in the table of one measure
_MOST_WORDS = 12  # of one outlet
_VOICES = ("narrator", "reported", "quoted")


class View(NamedTuple):
    """A table of the page: column heads (``n`` marks a number), rows of text and `Number`, and what was left out."""

    key: str
    title: str
    note: str
    columns: tuple[tuple[str, str], ...]
    rows: list[tuple]
    file: str
    more: int = 0
    folded: bool = True


def find_views(tables: Tables, *, evidence: Evidence) -> dict[str, list[View]]:
    """Return the tables of each section of the page: voices, wording, naming, words."""
    return {
        "voices": [_voices(tables, evidence), _speakers(tables, evidence), _verbs(tables, evidence)],
        "wording": _measures(tables, evidence),
        "naming": [_naming(tables, evidence), _frames(tables, evidence)],
        "words": [_keyness(tables, evidence)],
    }


def _validity(tables: Tables, measure: str) -> str:
    m = tables["measures"]
    return next(iter(m.loc[m["measure"] == measure, "validity"]), UNVALIDATED)


def _voices(tables: Tables, evidence: Evidence) -> View:
    m = tables["measures"]
    m = m[m["measure"] == "voice_share"].merge(tables["articles"][["article_id", "n_tokens"]], on="article_id")
    m = m.assign(words=m["value"] * m["n_tokens"])
    words = m.pivot_table(index="outlet", columns="voice", values="words", aggfunc="sum", fill_value=0, sort=False)
    words = words.reindex(columns=list(_VOICES), fill_value=0)
    articles = {o: list(g) for o, g in tables["articles"].groupby("outlet", sort=False)["article_id"]}
    rows = []
    for outlet, row in words.iterrows():
        total = max(1.0, float(row.sum()))
        shares = [
            evidence.number(f"{row[v] / total:.0%}", evidence.of_voice(v, articles[outlet]), layer="said", sort=row[v])
            for v in _VOICES
        ]
        rows.append((outlet, *shares, f"{total:.0f}"))
    columns = (("Outlet", ""), *((v.capitalize(), "n") for v in _VOICES), ("Words", "n"))
    note = f"Share of the words of the body. Validity: {_validity(tables, 'voice_share')}."
    return _view("voice-shares", "Whose words", note, columns, rows, "measures")


def _said(tables: Tables) -> pd.DataFrame:
    """Return the attributions with their outlet and the sentence that their content begins in."""
    said = tables["attributions"].merge(tables["articles"][["article_id", "outlet"]], on="article_id", how="left")
    at = said[["article_id", "start"]].assign(row=range(len(said))).sort_values("start", kind="stable")
    s = tables["sentences"][["article_id", "sentence_id", "start"]].sort_values("start", kind="stable")
    found = pd.merge_asof(at, s, on="start", by="article_id").sort_values("row", kind="stable")
    return said.assign(sentence_id=found["sentence_id"].fillna(-1).astype("int64").to_numpy())


def _places(rows: pd.DataFrame) -> Iterable[tuple[str, int]]:
    return zip(rows["article_id"], rows["sentence_id"], strict=True)


def _speakers(tables: Tables, evidence: Evidence) -> View:
    said = _said(tables)
    said = said[(said["nested_in"] < 0) & (said["speaker"] != "")]
    said = said.assign(words=said["text"].str.split().str.len())
    rows = []
    for (speaker, outlet), mine in said.groupby(["speaker", "outlet"], sort=False):
        n = int(mine["words"].sum())
        rows.append(
            (speaker, mine["side"].iloc[0], outlet, evidence.number(f"{n}", _places(mine), layer="said", sort=n))
        )
    rows.sort(key=lambda r: -r[3].sort)
    columns = (("Speaker", ""), ("Side", ""), ("Outlet", ""), ("Words given", "n"))
    note = "Words quoted or reported. Side: the state or body, from how the articles introduce the speaker."
    return _view("speakers", "Who is given how many words", note, columns, rows, "attributions")


def _verbs(tables: Tables, evidence: Evidence) -> View:
    said = _said(tables)
    said = said[said["cue"] != ""].drop_duplicates(["article_id", "attribution_id"])
    said = said.assign(cue=said["cue"].str.lower())
    rows = []
    for (cue, stance, outlet), mine in said.groupby(["cue", "cue_stance", "outlet"], sort=False):
        who = ", ".join(dict.fromkeys(s for s in mine["speaker"] if s)) or "not named"
        rows.append(
            (cue, stance, outlet, who, evidence.number(f"{len(mine)}", _places(mine), layer="said", sort=len(mine)))
        )
    rows.sort(key=lambda r: -r[4].sort)
    columns = (("Verb", ""), ("Stance", ""), ("Outlet", ""), ("Of whom", ""), ("Times", "n"))
    note = f"Reporting words with their stance. Validity: {_validity(tables, 'reporting_neutral_share')}."
    return _view("verbs", "Which verbs report whom", note, columns, rows, "attributions")


def _measures(tables: Tables, evidence: Evidence) -> list[View]:
    m = tables["measures"]
    wanted = list(dict.fromkeys(m["article_id"]))
    titles = tables["articles"].set_index("article_id")["title"]
    counted = set(tables["terms"]["measure"])
    columns = (("Outlet", ""), ("Article", ""), *((v.capitalize(), "n") for v in _VOICES))
    m = m[m["article_id"].isin(wanted[:_MOST_MEASURED]) & (m["measure"] != "voice_share")]
    views = []
    for measure, part in m.groupby("measure", sort=False):
        entry = describe(str(measure))
        look = {(r.article_id, r.voice): r for r in part.itertuples(index=False)}
        rows = []
        for a in dict.fromkeys(part["article_id"]):
            cells = [_measured(look.get((a, v)), evidence, counted=measure in counted) for v in _VOICES]
            rows.append((part.loc[part["article_id"] == a, "outlet"].iloc[0], titles[a] or a, *cells))
        note = f"{entry.unit}; 95 % interval over sentences. Validity: {part['validity'].iloc[0]}."
        more = len(wanted) - min(len(wanted), _MOST_MEASURED)
        views.append(View(f"m-{measure}", entry.label, note, columns, rows, "measures", more))
    return views


def _measured(row, evidence: Evidence, *, counted: bool) -> str | tuple[Number, str]:
    if row is None or pd.isna(row.value):
        return ""
    few = row.n < 5 or pd.isna(row.lo)
    places = evidence.of_measure(row.article_id, row.voice, row.measure, counted=counted)
    number = evidence.number(_plain(row.value), places, layer=layer_of(row.measure) or "said", sort=row.value)
    return number, "too little text" if few else f"{_plain(row.lo)} to {_plain(row.hi)}"


def _plain(value: float) -> str:
    """Write a number in three digits, without powers of ten."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _naming(tables: Tables, evidence: Evidence) -> View:
    names = tables["naming"]
    terms = tables["terms"][tables["terms"]["measure"].str.startswith("naming:")]
    outlet_of = tables["articles"].set_index("article_id")["outlet"]
    terms = terms.assign(outlet=terms["article_id"].map(outlet_of))
    places = {k: list(_places(g)) for k, g in terms.groupby(["measure", "term", "outlet"], sort=False)}
    rows = []
    for (actor, name, kind, outlet), mine in names.groupby(["actor", "label", "kind", "outlet"], sort=False):
        n = int(mine["n"].sum())
        own = int(mine.loc[mine["voice"].isin(["narrator", "headline"]), "n"].sum())
        number = evidence.number(f"{n}", places.get((f"naming:{actor}", name, outlet), []), layer="naming", sort=n)
        rows.append((actor, name, kind, outlet, number, f"{own}"))
    most = names.groupby("actor")["n"].sum()
    rows.sort(key=lambda r: (-most[r[0]], r[0], -r[4].sort))
    columns = (("Actor", ""), ("Label", ""), ("Kind", ""), ("Outlet", ""), ("Times", "n"), ("… in its own words", "n"))
    note = f"Labels of the main actors, in all voices; the last column leaves out what others say. Validity: {UNVALIDATED}."
    return _view("labels", "Who is called what", note, columns, rows, "naming")


def _frames(tables: Tables, evidence: Evidence) -> View:
    frames = tables["frames"]
    terms = tables["terms"][tables["terms"]["measure"].str.startswith("frame:")]
    outlet_of = tables["articles"].set_index("article_id")["outlet"]
    terms = terms.assign(outlet=terms["article_id"].map(outlet_of), own=terms["voice"].isin(["narrator", "headline"]))
    rows = []
    for (measure, outlet), mine in terms.groupby(["measure", "outlet"], sort=False):
        frame = measure.removeprefix("frame:")
        here = frames[(frames["frame"] == frame) & (frames["outlet"] == outlet) & (frames["n_terms"] > 0)]
        words = ", ".join(dict.fromkeys(mine["text"].str.lower()))
        number = evidence.number(f"{len(mine)}", _places(mine), layer="frames", sort=len(mine))
        own = evidence.number(
            f"{mine['own'].sum()}", _places(mine[mine["own"]]), layer="frames", sort=int(mine["own"].sum())
        )
        rows.append((frame.replace("_", " "), outlet, f"{here['item'].nunique()}", number, own, _short(words)))
    rows.sort(key=lambda r: (r[0], r[1]))
    columns = (
        ("Frame", ""),
        ("Outlet", ""),
        ("Questions met", "n"),
        ("Terms", "n"),
        ("… in its own words", "n"),
        ("Words", ""),
    )
    note = f"Terms of each frame's yes/no questions; a term is not yet a frame. Validity: {UNVALIDATED}."
    return _view("frame-terms", "Terms of frames", note, columns, rows, "frames")


def _short(words: str, *, limit: int = 160) -> str:
    return words if len(words) <= limit else words[:limit].rsplit(", ", 1)[0] + ", …"


def _keyness(tables: Tables, evidence: Evidence) -> View:
    key = tables["keyness"]
    content = key[(key["z"] > 0) & (key["n_target"] > 1) & ~key["term"].isin(EMPTY_WORDS)]
    shown = content.groupby("outlet", sort=False).head(_MOST_WORDS)
    by_outlet: dict[tuple[str, str], list] = {}
    for word, found in evidence.of_words(shown["term"]).items():
        for a, s in found:
            by_outlet.setdefault((word, evidence.outlets[a]), []).append((a, s))
    rows = []
    for r in shown.itertuples(index=False):
        here = by_outlet.get((r.term, r.outlet), [])
        there = [p for (w, o), found in by_outlet.items() if w == r.term and o != r.outlet for p in found]
        rows.append(
            (
                r.term,
                r.outlet,
                evidence.number(f"{r.n_target}", here, sort=r.n_target),
                evidence.number(f"{r.n_reference}", there, sort=r.n_reference),
                f"{r.log_odds:.2f}",
                f"{r.z:.2f}",
                f"{r.q:.2g}" + ("" if r.q <= 0.05 else " (within chance)"),
            )
        )
    columns = (
        ("Word", ""),
        ("Outlet", ""),
        ("Here", "n"),
        ("Elsewhere", "n"),
        ("Log-odds", "n"),
        ("z", "n"),
        ("q", "n"),
    )
    note = "Weighted log-odds against the other outlets (Monroe, Colaresi & Quinn 2008); function words left out."
    return _view(
        "key-words", "Words that set an outlet apart", note, columns, rows, "keyness", more=len(key) - len(shown)
    )


def _view(key: str, title: str, note: str, columns: tuple, rows: list[tuple], file: str, *, more: int = 0) -> View:
    return View(key, title, note, columns, rows[:_MOST_ROWS], file, more + max(0, len(rows) - _MOST_ROWS))
