"""What a human coder is asked: five tasks, their labels, and the instructions that go with a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

NOTHING = "nothing"  # says that a text was read and holds nothing; a blank says that it was not coded
PART = " | "  # parts several entries of one cell


class Unit(NamedTuple):
    """One thing to code: what the coder sees, and where it stands (article, start, end in the raw file)."""

    unit: str
    text: str
    places: tuple[tuple[str, int, int], ...]
    stratum: str = ""


class Task(NamedTuple):
    """One coding task. ``spans``: stretches are marked and labelled; else the whole unit gets one code or several."""

    what: str
    question: str
    spans: bool
    labels: tuple[tuple[str, str], ...]  # label, what it means
    several: bool = False  # a unit may have more than one code

    @property
    def names(self) -> tuple[str, ...]:
        """The labels, `nothing` last where it is one."""
        own = tuple(name for name, _ in self.labels if name != NOTHING)
        return (*own, NOTHING) if self.spans or self.several else own


TASKS = {
    "attributions": Task(
        "attributions",
        "Who says what? Mark every stretch that the sentence gives to a source.",
        True,
        (
            ("source", "the words that name who says it, with titles: “Mayor Ann Hale”, “officials”, “she”"),
            ("cue", "the reporting words: “said”, “according to”, “has warned”"),
            ("direct", "content that stands in quotation marks as a whole, marks included"),
            ("indirect", "content told without marks: what follows “said that …”"),
            ("mixed", "content that is partly in marks; mark the whole of it"),
        ),
    ),
    "statements": Task(
        "statements",
        "Do the two sentences report the same statement or the same event, at least in one clause?",
        False,
        (
            ("yes", "one thing said or done once is told in both, in whatever words"),
            ("no", "only the topic, the people or the occasion are the same"),
        ),
    ),
    "wording": Task(
        "wording",
        "Which words are a loaded choice? Mark each word or phrase for which a neutral one would have done.",
        True,
        (("loaded", "a word or phrase that judges, blames, praises or dramatises in its place"),),
    ),
    "frames": Task("frames", "Which of the frames does the text use? Give all that apply.", False, (), several=True),
    "findings": Task(
        "findings",
        "Is the place between ⟦ and ⟧ a mistake: a wrong word, name, date, number, office or period, or a slip?",
        False,
        (
            ("yes", "an editor who knew the facts would change it"),
            ("no", "it is right as it stands, or right in what it speaks of"),
        ),
    ),
}

_GENERAL = """\
# Instructions: {what}
{question}

| label | when |
|---|---|
{labels}

- Code every unit by itself, in the order given, without the other coders and without looking at any result.
- Leave blank what you did not read or cannot decide: a blank is missing, not a “no”.
{rule}
- Discuss only when all are done. `code import` lists the units to discuss.

## The files
{files}
`sample_key.json` says which unit is which. It is for whoever reads the coding back, not for coders.
"""
_SPAN_RULE = (
    f"- Where there is nothing to mark, say so: the label `{NOTHING}` on any word (in the table: any sign in the column "
    f"`{NOTHING}`).\n- Mark whole words. Of a statement within a statement mark the outer one only."
)
_FILES = {
    "csv": "`coder/sample.csv`: open in a spreadsheet, fill in, save as CSV. {how} Do not change `unit` and `text`. "
    "One file for each coder; the name of the file is the coder's, or fill the column `coder`.",
    "doccano": "`coder/sample.jsonl`: a doccano project of the type {kind}; import as JSONL and make the labels above; export as "
    "JSONL, one file for each coder. Count offsets in characters (not graphemes).",
    "labelstudio": "`coder/sample.json`: import into Label Studio; paste `coder/labelling_config.xml` into the labelling "
    "interface; export as JSON (not JSON-MIN).{skip}",
    "inception": "`coder/sample.tsv`: import into INCEpTION as “WebAnno TSV v3.3”; each unit begins with a line of its name. "
    "Make a span layer with one text feature called `label` (any granularity, stacking allowed) and a tagset of the labels above"
    "{mark}; export each coder's document as WebAnno TSV v3.3.",
}


def make_instructions(task: Task, *, formats: Sequence[str]) -> str:
    """Return the text that goes with a sample: question, labels, rules, and how the files are used."""
    means = {
        **dict(task.labels),
        **({NOTHING: "read, and there is nothing of the kind"} if task.spans or task.several else {}),
    }
    if task.spans:
        how = f"Copy the words into the column of their label, several parted by `{PART.strip()}`."
        kind, rule = "Sequence Labeling", _SPAN_RULE
    else:
        how = "Write the label into `code`" + (f", several parted by `{PART.strip()}`." if task.several else ".")
        kind, rule = "Text Classification", "- One label for each unit."
        if task.several:
            rule = f"- Where none applies, the label is `{NOTHING}`."
    files = [
        _FILES[f].format(
            how=how,
            kind=kind,
            mark="" if task.spans else "; put the label on the unit's name",
            skip=" An annotation that is submitted empty says that there is nothing." if task.spans else "",
        )
        for f in formats
    ]
    return _GENERAL.format(
        what=task.what,
        question=task.question,
        labels="\n".join(f"| {_cell(n)} | {_cell(means[n])} |" for n in task.names),
        rule=rule,
        files="\n".join(f"- {f}" for f in files),
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "/").replace("<", "‹").replace(">", "›")
