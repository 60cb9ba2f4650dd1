"""Words compared with words: what kind of change turns one stretch of a quotation into another.

The lists are closed classes of English or short scales, written for this module; a word outside them
counts as a plain word. Nothing here looks at more than a handful of words at a time.
"""

from __future__ import annotations

import re
from itertools import pairwise

KINDS = (
    "verbatim",
    "cosmetic",
    "tense",
    "negation",
    "modality",
    "intensity",
    "number",
    "name",
    "dropped_condition",
    "cut_marked",
    "cut_unmarked",
    "trimmed",
    "added",
    "reworded",
    "bracketed",
    "different",
)

# Contractions and short forms, each with the words it stands for. 's after a noun is a possessive and stays.
_SHORT = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "ain't": "is not",
    "let's": "let us",
    "y'all": "you all",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "'em": "them",
    "'cause": "because",
    "cause": "because",
    "ok": "okay",
    "til": "until",
    "till": "until",
    "sen": "senator",
    "rep": "representative",
    "gov": "governor",
    "mr": "mister",
    "mrs": "mistress",
    "pres": "president",
    "gen": "general",
    "sec": "secretary",
    "dept": "department",
    "st": "saint",
    "%": "percent",
    "&": "and",
    "vs": "versus",
    "fed": "federal",
    "dems": "democrats",
}
_COUNTRIES = {
    "US": "united states",
    "USA": "united states",
    "UK": "united kingdom",
    "UN": "united nations",
    "EU": "european union",
}
_S_IS = frozenset("it he she that there what who here where how when this everybody everyone nobody somebody".split())
_ENDINGS = {"'re": "are", "'m": "am", "'ve": "have", "'ll": "will", "'d": "would"}
_SPELT = {
    "defence": "defense",
    "offence": "offense",
    "licence": "license",
    "programme": "program",
    "centre": "center",
    "theatre": "theater",
    "metre": "meter",
    "grey": "gray",
    "cheque": "check",
    "tyre": "tire",
    "adviser": "advisor",
    "towards": "toward",
    "afterwards": "afterward",
    "amongst": "among",
    "whilst": "while",
    "alright": "okay",
    "judgement": "judgment",
    "ageing": "aging",
    "sceptical": "skeptical",
    "mould": "mold",
    "aeroplane": "airplane",
    "kyiv": "kiev",
    "per": "per",
    "yeah": "yes",
    "doughnut": "donut",
    "cancelled": "canceled",
    "catalogue": "catalog",
    "travelling": "traveling",
    "travelled": "traveled",
    "fulfil": "fulfill",
    "enrol": "enroll",
    "skilful": "skillful",
}
_OUR = re.compile(r"^(behavi|col|fav|hon|lab|neighb|rum|harb|hum|endeav|sav|flav|vap|arm|od|splend|vig|clam|ranc)our")
_ISE = re.compile(r"^([a-z]{3,14})is(e|es|ed|ing|ation|ations|er|ers)$")
_KEEPS_ISE = frozenset(
    """advertise exercise promise compromise surprise enterprise otherwise likewise expertise premise
    supervise revise devise advise televise improvise disguise despise raise praise arise franchise merchandise noise
    poise cruise bruise concise precise wise rise paradise demise excise""".split()
)
_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
_TENS = {w: 10 * n for n, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}
NUMBER_WORDS = (
    {w: float(n) for n, w in enumerate(_UNITS)}
    | {w: float(n) for w, n in _TENS.items()}
    | {
        "dozen": 12.0,
        "half": 0.5,
        "double": 2.0,
        "twice": 2.0,
        "triple": 3.0,
        "once": 1.0,
        "third": 3.0,
        "second": 2.0,
        "first": 1.0,
        "fourth": 4.0,
        "fifth": 5.0,
        "quarter": 0.25,
    }
)
_SPELT_OUT = {w: f"{n:g}" for w, n in NUMBER_WORDS.items() if w in _TENS or w in _UNITS[2:]}
SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "hundreds": 1e2,
    "thousands": 1e3,
    "millions": 1e6,
    "billions": 1e9,
    "trillions": 1e12,
    "m": 1e6,
    "bn": 1e9,
    "k": 1e3,
    "mn": 1e6,
    "dozens": 12.0,
}
_FIGURE = re.compile(r"^\d[\d,]*(?:\.\d+)?")

NEGATIONS = frozenset("not no never none nobody nothing neither nor nowhere without hardly scarcely barely".split())
# Verbs and adjectives that turn round what depends on them.
REVERSERS = frozenset(
    """deny denies denied denying refuse refuses refused refusing reject rejects rejected rejecting
    fail fails failed doubt doubts doubted unlikely impossible false untrue""".split()
)
CUTS = frozenset({"trimmed", "cut_marked", "cut_unmarked", "dropped_condition"})  # only shorter
CONDITIONS = frozenset("if unless provided providing until assuming lest".split())
_CONDITION_PAIRS = {
    ("as", "long"),
    ("only", "when"),
    ("even", "if"),
    ("in", "case"),
    ("only", "if"),
    ("so", "long"),
    ("on", "condition"),
    ("subject", "to"),
    ("only", "after"),
    ("contingent", "on"),
}
MODALS = {
    **dict.fromkeys("can could".split(), "can"),
    **dict.fromkeys("will would".split(), "will"),
    **dict.fromkeys("may might".split(), "may"),
    "shall": "shall",
    "should": "should",
    "ought": "should",
    "must": "must",
    "cannot": "can",
}
HEDGES = frozenset(
    """perhaps maybe possibly probably likely apparently allegedly reportedly seemingly presumably
    potentially arguably hopefully certainly definitely surely undoubtedly clearly obviously supposedly""".split()
)
BELIEFS = frozenset(
    "think believe believes guess suppose hope suspect imagine assume feel expect seem seems appears".split()
)
INTENSIFIERS = frozenset(
    """very really so quite too extremely deeply highly totally completely absolutely utterly entirely
    fully truly strongly incredibly hugely greatly terribly awfully particularly especially profoundly seriously
    severely badly exactly actually literally simply just only even still much far more most less least slightly
    somewhat fairly rather pretty almost nearly mostly largely partly kind sort bit little big great huge massive
    enormous tremendous tremendously overwhelming overwhelmingly major minor small serious severe strong stronger
    strongest forceful forcefully force extreme total complete absolute entire wholly vehemently emphatically firmly
    sharply widely certain real grave gravely decidedly downright outright unbelievably remarkably
    significant significantly substantial substantially considerable considerably dramatic dramatically""".split()
)
QUANTIFIERS = {
    **dict.fromkeys("all every everyone everybody everything each always entire whole both".split(), "all"),
    **dict.fromkeys("most mostly usually generally majority".split(), "most"),
    **dict.fromkeys("many often several numerous lots lot frequently".split(), "many"),
    **dict.fromkeys("some sometimes few occasionally someone somebody something".split(), "some"),
    **dict.fromkeys("rarely seldom".split(), "rare"),
}
_UP = frozenset(
    """very extremely deeply highly totally completely absolutely utterly entirely fully incredibly
    profoundly strongly huge massive enormous tremendous severe grave serious major strong""".split()
)
_DOWN = frozenset(
    "slightly somewhat little bit minor small mild partly barely rather mildly lightly least less".split()
)
TITLES = frozenset(
    """senator representative governor president mister mistress ms miss secretary congressman
    congresswoman dr doctor general judge justice mayor prime minister chancellor king queen prince attorney former
    leader speaker vice director chairman chief officer sir madam lord lady professor""".split()
)
_PRONOUNS = frozenset(
    """i me my mine we us our ours you your yours he him his she her hers it its they them their
    theirs this that these those myself himself herself themselves itself who whom""".split()
)
FILLERS = frozenset("uh um er ah eh oh well okay yes".split())
FUNCTION = (
    frozenset(
        """a an the and or but of to in on at by for with from as that this these those it its he she they
    we i you his her their our my your me him them us is are was were be been being am do does did has have had will
    would can could may might shall should must not no so if then than there here who whom which what when where how
    why also just up out about into over very""".split()
    )
    | _PRONOUNS
)
_BE = dict.fromkeys("is are am was were be been being".split(), "be")
_HAVE = dict.fromkeys("has have had having".split(), "have")
_DO = dict.fromkeys("do does did done doing".split(), "do")
AUXILIARIES = _BE | _HAVE | _DO
_PAST = frozenset("was were had did been done".split())
_IRREGULAR = {}
for _row in """go goes went gone|say says said|make makes made|take takes took taken|come comes came|see sees saw seen
    know knows knew known|get gets got gotten|give gives gave given|find finds found|think thinks thought|tell tells told
    become becomes became|show shows showed shown|leave leaves left|feel feels felt|bring brings brought|begin begins
    began begun|keep keeps kept|hold holds held|write writes wrote written|stand stands stood|hear hears heard|mean
    means meant|meet meets met|run runs ran|pay pays paid|sit sits sat|speak speaks spoke spoken|lie lies lay lain|lead
    leads led|grow grows grew grown|lose loses lost|fall falls fell fallen|send sends sent|build builds built
    understand understands understood|draw draws drew drawn|break breaks broke broken|spend spends spent|rise rises rose
    risen|drive drives drove driven|buy buys bought|wear wears wore worn|choose chooses chose chosen|fight fights fought
    win wins won|teach teaches taught|catch catches caught|sell sells sold|seek seeks sought|steal steals stole stolen
    strike strikes struck|swear swears swore sworn|throw throws threw thrown|forget forgets forgot forgotten|bear bears
    bore borne|eat eats ate eaten|fly flies flew flown|forgive forgives forgave forgiven|hide hides hid hidden|shake
    shakes shook shaken|shoot shoots shot|sink sinks sank sunk|deal deals dealt|sleep sleeps slept|weep wept|stick stuck
    withdraw withdraws withdrew withdrawn|undertake undertook undertaken|arise arose arisen|freeze froze frozen""".replace(
    "\n", "|"
).split("|"):
    for _form in _row.split():
        _IRREGULAR[_form] = _row.split()[0]


def expand(word: str, following: str = "") -> list[str]:
    """Return the plain words a token stands for: contractions, short forms and British spelling undone."""
    bare = word.replace(".", "") if not word[:1].isdigit() else word
    if bare in _COUNTRIES:  # by its capitals: "us" is a pronoun
        return _COUNTRIES[bare].split()
    word = bare.lower()
    if word in _SHORT:
        return _SHORT[word].split()
    if word in _SPELT_OUT:
        return [_SPELT_OUT[word]]
    if word.endswith("n't") and len(word) > 4:
        return [word[:-3], "not"]
    for ending, full in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return [word[: -len(ending)], full]
    if word.endswith("'s"):
        if word[:-2] in _S_IS:
            return [word[:-2], "has" if following in {"been", "got", "had", "become", "gone", "done"} else "is"]
        return [word[:-2]]
    return [spelling(word.strip("'"))]


def spelling(word: str) -> str:
    """Return one spelling for words that British and American outlets spell apart."""
    word = _SPELT.get(word, word)
    word = _OUR.sub(r"\1or", word)
    m = _ISE.match(word)
    if m and m.group(1) + "ise" not in _KEEPS_ISE and len(word) > 6:
        word = f"{m.group(1)}iz{m.group(2)}"
    return word


def lemma(word: str) -> str:
    """Return a crude base form: irregular verbs by list, else the regular endings cut."""
    if word in AUXILIARIES:
        return AUXILIARIES[word]
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending in ("ings", "ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            stem = word[: -len(ending)]
            if ending in {"ied", "ies"}:
                return stem + "y"
            if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz":
                stem = stem[:-1]
            return stem[:-1] if stem.endswith("e") else stem
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def number_of(word: str) -> float | None:
    """Return the value of a figure or number word, None for any other word."""
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word]
    m = _FIGURE.match(word)
    if not m:
        return None
    try:
        value = float(m.group().replace(",", "").rstrip("."))
    except ValueError:
        return None
    return value * SCALES.get(word[m.end() :].strip("-"), 1.0)


def numbers_in(words: list[str]) -> list[float]:
    """Return the numbers in a run of words, "two hundred thousand" and "25" both as one value each."""
    found: list[float] = []
    open_number = False
    for word in words:
        value = number_of(word)
        if word in SCALES and open_number and found:
            found[-1] *= SCALES[word]
        elif word in SCALES and len(word) > 2:
            found.append(SCALES[word])
            open_number = True
        elif value is not None:
            if open_number and found and found[-1] in _TENS.values() and 0 < value < 10:
                found[-1] += value
            else:
                found.append(value)
            open_number = True
        else:
            open_number = False
    return found


def has_condition(words: list[str]) -> bool:
    """Tell whether a run of words opens a condition ("if", "unless", "should Russia choose it")."""
    if any(w in CONDITIONS for w in words) or any(p in _CONDITION_PAIRS for p in pairwise(words)):
        return True
    return bool(words) and words[0] in {"should", "had", "were"} and len(words) > 2 and words[1] not in {"be", "not"}


def negation_count(words: list[str]) -> int:
    """Count the words that negate."""
    return sum(w in NEGATIONS for w in words)


def is_tense_shift(a: list[str], b: list[str]) -> bool:
    """Tell whether two short runs are one verb in two tenses ("rejects" / "has rejected", "is" / "was")."""
    if not a or not b or len(a) > 4 or len(b) > 4:
        return False
    plain_a = [w for w in a if w not in AUXILIARIES and w != "will"]
    plain_b = [w for w in b if w not in AUXILIARIES and w != "will"]
    if not plain_a and not plain_b:
        return (
            "will" in {*a, *b}
            or _is_past(a) != _is_past(b)
            or {AUXILIARIES.get(w) for w in a} != {AUXILIARIES.get(w) for w in b}
        )
    if [lemma(w) for w in plain_a] != [lemma(w) for w in plain_b] or len(plain_a) != 1:
        return False
    if len(a) != len(b):
        return True
    return a != b and (_is_past(a) != _is_past(b) or any(w.endswith("ing") for w in (*a, *b)))


def _is_past(words: list[str]) -> bool:
    return any(
        w in _PAST or w.endswith("ed") or (w in _IRREGULAR and not w.endswith("s") and w != _IRREGULAR[w])
        for w in words
    )


def scale_of(words: list[str]) -> int:
    """Return 1 for a run that heightens, -1 for one that softens, 0 for neither."""
    return int(any(w in _UP for w in words)) - int(any(w in _DOWN for w in words))
