"""A sample to human coders and back: blind, in four formats, broken files named with their line."""

import csv
import io
import json
import random
import re
import xml.dom.minidom

import pandas as pd
import pytest
from conftest import write_tables
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.catalogue import load_own_validity, load_validity
from analysis.cli import main
from analysis.coding_formats import FORMATS, check_coders, load_coded, make_files
from analysis.coding_report import SUITE, measure_coding
from analysis.coding_sample import draw_sample
from analysis.coding_tasks import NOTHING, TASKS, Unit
from analysis.coding_units import code_units, find_task, load_units, make_key
from analysis.options import find_options
from analysis.refusals import Refusal

NAMES = {"csv": "sample.csv", "doccano": "sample.jsonl", "labelstudio": "sample.json", "inception": "sample.tsv"}


@pytest.fixture(scope="module")
def tables(seeds):
    return seeds.tables


@pytest.fixture(scope="module")
def run(seeds, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_tables(seeds.tables, folder=folder)
    return folder


def said(capsys, *args, code=0):
    assert main([str(a) for a in args]) == code
    done = capsys.readouterr()
    return done.out if code == 0 else done.err


# ---------------------------------------------------------------- a coder who fills in each format


def wide(text, at):
    return len(text[:at].encode("utf-16-le")) // 2


def fill(data, form, task, units, coding):
    """Return the file as a coder gives it back; ``coding``: unit → spans, [] for nothing; who is missing left it blank."""
    texts = {u.unit: u.text for u in units}
    return {"csv": fill_csv, "doccano": fill_doccano, "labelstudio": fill_labelstudio, "inception": fill_inception}[
        form
    ](data.decode(), task, texts, coding).encode()


def fill_csv(data, task, texts, coding):
    rows = list(csv.DictReader(io.StringIO(data)))
    for row in rows:
        spans = coding.get(row["unit"])
        if spans is None:
            continue
        if not task.spans:
            row["code"] = " | ".join(label for *_, label in spans)
        for s, e, label in spans if task.spans else []:
            row[label] += (" | " if row[label] else "") + texts[row["unit"]][s:e]
        if task.spans and not spans:
            row[NOTHING] = "x"
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def fill_doccano(data, task, texts, coding):
    lines = []
    for i, line in enumerate(data.splitlines()):
        row = json.loads(line)
        spans = coding.get(row["unit"], None)
        if spans is not None:
            marked = [list(s) for s in spans] or [[0, 1, NOTHING]]
            row["label"] = marked if task.spans else [label for *_, label in spans]
        lines.append(json.dumps({"id": i, **row}, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def fill_labelstudio(data, task, texts, coding):
    tasks = json.loads(data)
    for t in tasks:
        spans, text = coding.get(t["data"]["unit"]), t["data"]["text"]
        results = [
            {
                "type": "labels",
                "value": {"start": wide(text, s), "end": wide(text, e), "text": text[s:e], "labels": [label]},
            }
            for s, e, label in spans or []
        ]
        if not task.spans and spans:
            results = [{"type": "choices", "value": {"choices": [label for *_, label in spans]}}]
        done = {"completed_by": 7, "was_cancelled": spans is None, "result": results}
        t.update(annotations=[done], id=1)
    return json.dumps(tasks, indent=1)


def fill_inception(data, task, texts, coding):
    """Mark tokens as INCEpTION exports them: one column, numbers for spans over several tokens."""
    out, marks, number = [], {}, 0
    rows = data.split("\n")
    unit, at = None, 0
    place = {}
    for n, row in enumerate(rows):
        cells = row.split("\t")
        if row.startswith("#Text=") and row[6:] in texts:
            unit, at = row[6:], 0
            place[n + 1] = (unit, -1, -1)
        elif len(cells) > 2 and n not in place:
            token = cells[2].replace("\\\\", "\\")
            at = texts[unit].index(token, at)
            place[n] = (unit, at, at + len(token))
            at += len(token)
    for name, spans in coding.items():
        for s, e, label in spans or [(-1, -1, NOTHING)]:
            number += 1
            s, e = (s, e) if task.spans else (-1, -1)
            for n, (u, a, b) in place.items():
                if u == name and ((a < e and s < b) or (a == s == -1)):
                    marks.setdefault(n, []).append(f"{label}[{number}]")
    for n, row in enumerate(rows):
        if row == "#FORMAT=WebAnno TSV 3.3":
            row += "\n#T_SP=webanno.custom.Coding|label"
        elif n in place:
            row += "|".join(marks.get(n, ["_"])) + "\t"
        out.append(row)
    return "\n".join(out)


# ---------------------------------------------------------------- drawing


@pytest.mark.parametrize("what", TASKS)
def test_a_sample_repeats_with_its_seed_and_only_with_it(tables, what):
    first = draw_sample(tables, what=what, n=12, seed=3)
    assert first == draw_sample(tables, what=what, n=12, seed=3)
    assert len(first) == min(12, len(first)) and all(u.text.strip() for u in first)
    other = draw_sample(tables, what=what, n=12, seed=4)
    assert [u.places for u in other] != [u.places for u in first]


@pytest.mark.parametrize("stratify", ["outlet", "voice", "kind"])
@pytest.mark.parametrize("what", TASKS)
def test_strata_are_drawn_in_proportion(tables, what, stratify):
    units = draw_sample(tables, what=what, n=14, stratify=stratify)
    assert len({u.places for u in units}) == len(units) and all(u.stratum for u in units)
    if what == "wording":
        assert len({u.stratum for u in units}) >= (5 if stratify == "outlet" else 3)


def test_pairs_of_both_kinds_occur_and_do_not_show_which(tables):
    units = draw_sample(tables, what="statements", n=20)
    own = code_units(tables, units, what="statements")
    assert sorted(own[u.unit][0][2] for u in units) == ["no"] * 10 + ["yes"] * 10
    assert {own[u.unit][0][2] for u in units[:8]} == {"yes", "no"}
    outlet = dict(zip(tables["articles"]["article_id"], tables["articles"]["outlet"], strict=True))
    assert all(outlet[u.places[0][0]] != outlet[u.places[1][0]] for u in units)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("what", TASKS)
def test_coders_see_nothing_of_the_answer(tables, what, form):
    units, task = draw_sample(tables, what=what, n=15), find_task(tables, what=what)
    files = make_files(units, task=task, form=form)
    given_out = files[NAMES[form]].decode()
    hidden = {*tables["articles"]["article_id"], *tables["articles"]["outlet"], "suppressed", "flagged", "sha256"}
    texts = " ".join(u.text for u in units)
    assert [h for h in hidden if h in given_out and h not in texts] == []
    if what == "findings":
        assert not [x for x in tables["findings"]["explanation"] if x in given_out]
    if form == "labelstudio":
        xml.dom.minidom.parseString(files["labelling_config.xml"])


def test_the_key_has_places_and_hashes_and_no_text(tables):
    units = draw_sample(tables, what="wording", n=10)
    key = make_key(units, what="wording", seed=0, stratify="")
    assert load_units(tables, json.loads(json.dumps(key))) == units
    assert not [u.text for u in units if u.text in json.dumps(key, ensure_ascii=False)]
    changed = {**tables, "sentences": tables["sentences"].assign(text=tables["sentences"]["text"] + "x")}
    for broken in ({}, {"what": "wording", "units": []}, {**key, "units": [{"unit": "u001"}]}, {**key, "what": "x"}):
        with pytest.raises(Refusal, match="key"):
            load_units(tables, broken)
    with pytest.raises(Refusal, match="u001 is not in this run"):
        load_units(changed, key)


# ---------------------------------------------------------------- there and back


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("what", TASKS)
def test_there_and_back(tables, tmp_path, what, form):
    units, task = draw_sample(tables, what=what, n=20), find_task(tables, what=what)
    coding = code_units(tables, units, what=what)
    coding = {u: spans for i, (u, spans) in enumerate(coding.items()) if i % 5}  # some are left blank
    if form == "csv" and task.spans:  # copied words stand for their first place
        texts = {u.unit: u.text for u in units}
        coding = {u: [s for s in v if texts[u].count(texts[u][s[0] : s[1]]) == 1] for u, v in coding.items()}
    path = tmp_path / NAMES[form].replace("sample", "ann")
    path.write_bytes(fill(make_files(units, task=task, form=form)[NAMES[form]], form, task, units, coding))
    back = {c.unit: c.spans for c in load_coded(path, units=units, task=task, coder="ann")}
    assert sorted(back) == sorted(coding)
    for unit, spans in coding.items():
        wanted = sorted(spans)
        if form == "inception":  # tokens: a stretch goes to the ends of its words
            assert [s[2] for s in back[unit]] == [s[2] for s in wanted]
            assert all(b[0] <= w[0] and b[1] >= w[1] for b, w in zip(back[unit], wanted, strict=True))
        else:
            assert back[unit] == tuple(wanted)


HOSTILE = [
    Unit("u001", "=cmd|' /C calc'!A0 \U0001f600 “Ann” said; 'no', \\[t\\]he _dog_ * | -> done.", (("a", 0, 9),)),
    Unit(
        "u002",
        "+1 <script>alert(1)</script> &amp; ]]> \U0001f600\U0001f600 said Bo.\nSecond\tline, \u202ehere.",
        (("a", 9, 10),),
    ),
    Unit("u003", "#Text=u001 said Cy", (("a", 10, 12),)),
]


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_text_comes_back_as_it_went(tmp_path, form):
    task = TASKS["attributions"]
    coding = {u.unit: [(u.text.index("said"), u.text.index("said") + 4, "cue")] for u in HOSTILE}
    files = make_files(HOSTILE, task=task, form=form)
    if form == "csv":
        assert all(
            not re.match(r"[=+\-@]", c) for row in csv.reader(io.StringIO(files["sample.csv"].decode())) for c in row
        )
    data = files[NAMES[form]]
    if form == "inception":
        assert data.decode().count("\n#Text=u00") == 3 and "\n#Text=#Text=u001 said Cy\n" in data.decode()
    path = tmp_path / NAMES[form]
    path.write_bytes(fill(data, form, task, HOSTILE, coding))
    back = {c.unit: list(c.spans) for c in load_coded(path, units=HOSTILE, task=task, coder="x")}
    assert back == coding


@settings(max_examples=60)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4), st.integers(0, 99))
def test_any_text_goes_through_the_tokens_of_webanno(texts, seed):
    from analysis.coding_tsv import make_tsv, read_tsv

    units = [Unit(f"u{i:03d}", t.encode("utf-8", "replace").decode(), (("a", i, i + 1),)) for i, t in enumerate(texts)]
    rows = make_tsv(units).split("\n")
    rng, marked = random.Random(seed), 0
    rows[1:1] = ["#T_SP=webanno.custom.Coding|label"]
    for n, row in enumerate(rows):
        if re.match(r"\d+-\d+\t", row):
            chosen = rng.random() < 0.3
            marked += chosen
            rows[n] = row + ("cue" if chosen else "_") + "\t"

    def refuse(line, why):
        raise AssertionError((line, why))

    found = read_tsv("\n".join(rows), units=units, labels=("cue",), refuse=refuse)
    assert sum(len(spans) for _, spans, _ in found) == marked
    assert all(0 <= s <= e <= len(u.text) for u, spans, _ in found for s, e, _ in spans)


# ---------------------------------------------------------------- broken files

PLAIN = [Unit("u001", "Ann said no.", (("a", 0, 12),)), Unit("u002", "Bo left.", (("a", 13, 21),))]
HEAD = "unit,text,source,cue,direct,indirect,mixed,nothing,coder,note\n"
TSV = "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Coding|label\n\n\n#Text=u001\n1-1\t0-4\tu001\t_\t\n\n#Text=Ann said no.\n"


@pytest.mark.parametrize(
    ("name", "text", "line", "why"),
    [
        ("a.csv", "", 1, "header|empty"),
        ("a.csv", "unit,text\nu001,x\n", 1, "lacks source"),
        ("a.csv", HEAD + 'u001,"Ann said\nno.",Ann,,,,,,,\nu009,x,,,,,,,,\n', 4, "no unit 'u009'"),
        ("a.csv", HEAD + "u001,x,Ann\n", 2, "3 cells"),
        ("a.csv", HEAD + "u001,x,Anna,,,,,,,\n", 2, "'Anna' does not stand"),
        ("a.csv", HEAD + "u001,x,Ann | Ann,,,,,,,\n", 2, "stands 1 times"),
        ("a.csv", HEAD + "u001,x,Ann,,,,,x,,\n", 2, "as `nothing` and as 'source'"),
        ("a.csv", HEAD + 'u001,x,"Ann,,,,,,,\n', 2, "not a table"),
        ("a.jsonl", '{"text": "Ann said no.", "label": []}\n[1]\n', 2, "JSON object"),
        ("a.jsonl", '{"text": "Ann said no.", "label": [[0, 3, "sauce"]]}\n', 1, "did you mean source"),
        ("a.jsonl", '\n{"text": "Ann said no", "unit": "u001", "label": []}\n', 2, "not the one"),
        ("a.jsonl", '{"text": "Ann said no.", "label": [[0, 99, "cue"]]}\n', 1, "not in the text"),
        ("a.jsonl", '{"text": "Ann said no.", "label": [[0, "3", "cue"]]}\n', 1, "not \\[start"),
        ("a.json", "{}", 1, "list of tasks"),
        ("a.json", '[\n{"data": {"unit": "u001"}},\n{"x":]', 3, "not JSON"),
        ("a.json", '[\n{"unit": "u001", "code": "cue"}]', 2, "JSON-MIN"),
        ("a.json", '[\n{"data": {"unit": "u001", "text": "Ann said no."}, "annotations": []}\n', 3, "not closed"),
        (
            "a.json",
            '[\n\n{"data": {"unit": "u001"}, "annotations": [{"result": [{"value": {"start": 3, "end": 1, "labels": ["cue"]}}]}]}]',
            3,
            "from 3 to 1",
        ),
        ("a.tsv", "x", 1, "not WebAnno"),
        ("a.tsv", TSV + "2-1\t5-8\tAnn\n", 9, "one cell for each"),
        ("a.tsv", TSV + "2-1\t5-8\tBob\t_\t\n", 9, "not the token"),
        ("a.tsv", TSV + "2-1\t5-8\tAnn\tsauce\t\n", 9, "no label"),
        ("a.tsv", TSV + "2-1\t5-99999\tAnn\tcue\t\n", 9, "not in the sample"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path, name, text, line, why):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(Refusal, match=why) as refusal:
        load_coded(tmp_path / name, units=PLAIN, task=TASKS["attributions"], coder="a")
    assert f"{name}, line {line}:" in str(refusal.value) and str(refusal.value).endswith("[malformed-row]")


def test_other_files_and_two_codings_of_one_unit_are_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(Refusal, match="unpack") as refusal:
        load_coded(tmp_path / "a.zip", units=PLAIN, task=TASKS["wording"], coder="a")
    assert refusal.value.reason == "unsupported-format"
    rows = (
        '{"text": "Ann said no.", "label": [[0, 3, "source"]]}\n{"text": "Ann said no.", "label": [[0, 8, "source"]]}\n'
    )
    (tmp_path / "a.jsonl").write_text(rows)
    coded = load_coded(tmp_path / "a.jsonl", units=PLAIN, task=TASKS["attributions"], coder="a")
    with pytest.raises(Refusal, match="line 2: a coded u001 twice"):
        check_coders(coded, name="a.jsonl")


def test_a_spreadsheet_of_another_country_and_straight_marks_are_read(tmp_path):
    units = [Unit("u001", "“No,” Ann’s aide said. Ann said so.", (("a", 0, 9),))]
    head = HEAD.replace(",", ";")
    (tmp_path / "a.csv").write_text(head + 'u001;x;ann\'s aide;said | said;"""No,""";;;;;\n', encoding="utf-8-sig")
    found = load_coded(tmp_path / "a.csv", units=units, task=TASKS["attributions"], coder="a")[0].spans
    assert [units[0].text[s:e] for s, e, _ in found] == ["“No,”", "Ann’s aide", "said", "said"]
    assert found[2][0] != found[3][0]


# ---------------------------------------------------------------- the report


def test_who_agrees_with_whom(tables):
    units, task = draw_sample(tables, what="attributions", n=30), TASKS["attributions"]
    own = code_units(tables, units, what="attributions")
    from analysis.coding_formats import Coded

    coded = [Coded("ann", u, tuple(s), 1) for u, s in own.items()]
    coded += [Coded("bo", u, tuple(x for x in s if x[2] != "cue"), 1) for u, s in list(own.items())[:20]]
    found = measure_coding(units, task=task, coded=coded, suite=own)
    a = found["agreement"].set_index(["variable", "between"])
    assert a.loc[("content", "suite and ann"), "alpha"] == 1.0 == a.loc[("content", "coders"), "alpha"]
    assert a.loc[("cue", "coders"), "alpha"] < 0.1 and a.loc[("cue", "suite and bo"), "recall"] != 1.0
    assert a.loc[("content", "suite and bo"), "n_units"] == 20 and a.loc[("content", "suite and ann"), "n_units"] == 30
    with_cue = {u for u, s in list(own.items())[:20] if any(x[2] == "cue" for x in s)}
    assert set(found["cases"]["unit"]) == with_cue and SUITE in set(found["cases"]["coder"])


def test_what_is_left_blank_changes_no_figure(tables):
    from analysis.coding_formats import Coded

    units, task = draw_sample(tables, what="findings", n=13), TASKS["findings"]
    own = code_units(tables, units, what="findings")
    coded = [Coded(c, u, s, 1) for c in "ab" for u, s in ((k, tuple(v)) for k, v in list(own.items())[:10])]
    one = measure_coding(units, task=task, coded=coded, suite=own)["agreement"]
    more = [*coded, Coded("a", units[12].unit, ((0, 0, "no"),), 1)]
    two = measure_coding(units, task=task, coded=more, suite=own)["agreement"]
    pd.testing.assert_frame_equal(one[one["between"] == "coders"], two[two["between"] == "coders"])


@pytest.mark.parametrize("form", FORMATS)
def test_from_a_run_to_its_card(capsys, tmp_path, run, tables, form):
    said(capsys, "code", "export", run, tmp_path / "s", "--what", "wording", "--n", "25", "--format", form)
    again = said(capsys, "code", "export", run, tmp_path / "s", "--what", "wording", code=2)
    assert "[unsafe-path]" in again
    units = draw_sample(tables, what="wording", n=25)
    task, own = TASKS["wording"], code_units(tables, units, what="wording")
    sample = (tmp_path / "s" / "coder" / NAMES[form]).read_bytes()
    files = []
    for name in ("ann", "bo"):
        path = tmp_path / "s" / NAMES[form].replace("sample", name)
        own = {u: v[:1] for u, v in own.items()} if name == "bo" else own
        path.write_bytes(fill(sample, form, task, units, own))
        files.append(path)
    before = {p: p.read_bytes() for p in (*files, *run.rglob("*.csv"))}
    out = said(capsys, "code", "import", run, *files, "--out", tmp_path / "v")
    assert "25 of 25 units coded by 2 (ann, bo)" in out
    assert before == {p: p.read_bytes() for p in before}
    assert sorted(p.name for p in (tmp_path / "v" / "wording").iterdir()) == [
        "agreement.csv",
        "cases.csv",
        "confusion.csv",
    ]
    card = load_own_validity(tmp_path / "v" / "validity.json")
    assert card and all(
        "coders agree, alpha" in s and "suite with coders" in s and "ann" not in s for s in card.values()
    )
    first = {p.name: p.read_bytes() for p in (tmp_path / "v").rglob("*.*") if p.is_file()}
    said(capsys, "code", "import", run, *files, "--out", tmp_path / "v")
    assert first == {p.name: p.read_bytes() for p in (tmp_path / "v").rglob("*.*") if p.is_file()}


def test_import_refuses_in_one_line(capsys, tmp_path, run):
    (tmp_path / "ann.csv").write_text("unit,text,code\nu001,x,yes\n")
    assert "sample_key.json" in said(
        capsys, "code", "import", run, tmp_path / "ann.csv", "--out", tmp_path / "v", code=2
    )
    said(capsys, "code", "export", run, tmp_path / "s", "--what", "findings", "--stratify", "kind")
    sample = tmp_path / "s" / "coder" / "sample.csv"
    assert "no unit is coded" in said(capsys, "code", "import", run, sample, "--out", tmp_path / "v", code=2)
    assert not (tmp_path / "v").exists()
    key = ["--key", tmp_path / "s" / "sample_key.json"]
    for more, word in (
        (["--out", tmp_path / "v", "--coder", "a", "--coder", "b"], "once for each"),
        (["--out", tmp_path / "v", "--coder", "suite"], "cannot be called"),
        (["--out", run], "another kind"),
        (["--out", run / "new"], "must not go into the run"),
        (["--out", tmp_path], "another kind"),
    ):
        assert word in said(capsys, "code", "import", run, tmp_path / "ann.csv", *key, *more, code=2)
    assert "no finished run" in said(
        capsys, "code", "export", tmp_path / "s", tmp_path / "n", "--what", "wording", code=2
    )


def test_the_card_takes_the_place_of_the_general_figure(tmp_path, corpus):
    own = {"voice_share": "on your own coding", "another": "x\ny"}
    (tmp_path / "v.json").write_text(json.dumps({"measures": own, "cards": {}}))
    known = load_validity(models=True, own=load_own_validity(tmp_path / "v.json"))
    assert known["voice_share"] == "on your own coding" and known["another"] == "x y"
    assert known["statements"] == load_validity(models=True)["statements"]
    folder = corpus({"a.txt": "x", "v.json": json.dumps({"measures": own}), "parallax.toml": 'validity = "v.json"'})
    assert dict(find_options(folder).validity)["voice_share"] == "on your own coding"
    for broken in ("[]", "{", '{"measures": 3}'):
        (tmp_path / "v.json").write_text(broken)
        with pytest.raises(Refusal, match="not a validity card"):
            load_own_validity(tmp_path / "v.json")
