"""Cues in the grammar: passives, those that name no agent, and nouns made of verbs and adjectives."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from analysis.term_matching import sentence_numbers
from analysis.wordlists import load_lexicon

CUE_COLUMNS = ["article_id", "sentence_id", "start", "end", "measure", "term"]
MEASURES = ("passive_per_1k", "agentless_per_1k", "nominalisation_per_1k")
_BE = frozenset(
    "am is are was were be been being isn't aren't wasn't weren't 's 're get gets got getting gotten "
    "it's he's she's that's they're we're you're i'm there's".split()
)
_BETWEEN = frozenset(
    "not never also still now then been being already soon later just only often always yet again once so all both "
    "ever even first".split()
)
# Past forms after be that mostly tell a state, and words in -ed that are no participles.
_NOT_PARTICIPLES = frozenset(
    "need seed feed breed speed indeed hundred sacred naked wicked rugged ragged crooked biased red bed united tired "
    "concerned interested worried scared pleased excited supposed used due thrilled delighted honored honoured excited "
    "convinced satisfied disappointed surprised shocked frustrated confused disgusted outraged alarmed amazed ashamed "
    "committed dedicated determined qualified married divorced located situated experienced limited related "
    "unrelated inclined crowded aged gifted talented beloved advanced complicated sophisticated prepared opposed "
    "involved mistaken finished retired gone agreed rushed headed skilled learned undecided unchanged unaffected "
    "undocumented interconnected left-handed divided bored devoted troubled relieved embarrassed jet-lagged".split()
)
_AGENT_REACH = 14  # tokens after the participle in which "by" names its agent
_CLAUSE_ENDS = frozenset(
    ". , ; : ! ? - ( ) and but or that which who whom when while because after before if as than".split()
)
_NOT_AGENTS = frozenset(
    "now then today tomorrow monday tuesday wednesday thursday friday saturday sunday january february march april may "
    "june july august september october november december next last late early midnight noon phone mail email hand "
    "far half nearly almost about more less up law then mistake accident default means way virtue".split()
)
_NOMINAL = (
    "tion", "tions", "sion", "sions", "ment", "ments", "ness", "nesses", "ity", "ities", "ance", "ances", "ence", "ences",
    "isal", "isals", "usal", "usals", "oval", "ovals", "ival", "ivals",
)  # fmt: skip


def find_cues(tokens: pd.DataFrame) -> pd.DataFrame:
    """Find passives, agentless passives and nominalisations.

    Parameters
    ----------
    tokens : DataFrame
        One row per token, in text order.

    Returns
    -------
    DataFrame
        CUE_COLUMNS. An agentless passive has a row under each of the two measures.
    """
    passives = find_passives(tokens)
    agentless = passives[~passives["agent"]].assign(measure="agentless_per_1k")
    parts = [passives, agentless, find_nominalisations(tokens)]
    return pd.concat(parts, ignore_index=True)[CUE_COLUMNS]


def find_passives(tokens: pd.DataFrame) -> pd.DataFrame:
    """Find passives: a form of be or get, at most three adverbs, a past participle.

    Returns
    -------
    DataFrame
        article_id, sentence_id, start, end (auxiliary to participle), measure, term (the participle), agent (whether "by"
        and somebody follows in the clause; not "by Friday", "by 5 percent", "by doing").
    """
    participles = frozenset(load_lexicon("participles")["term"])
    norm = tokens["norm"].to_numpy()
    codes, words = pd.factorize(tokens["norm"])
    kinds = np.array([_kind(w, participles) for w in words], dtype=np.int64)
    kind = kinds[codes] if len(words) else np.zeros(0, dtype=np.int64)
    sentence = sentence_numbers(tokens)
    start, end = tokens["start"].to_numpy(), tokens["end"].to_numpy()
    at: list[int] = []
    to: list[int] = []
    agent: list[bool] = []
    last = len(norm)
    for i in np.flatnonzero(kind & 1).tolist():
        j = i + 1
        while j < last and j <= i + 3 and sentence[j] == sentence[i] and kind[j] & 4 and not kind[j] & 2:
            j += 1
        if j < last and sentence[j] == sentence[i] and kind[j] & 2:
            if to and to[-1] == j:
                at.pop(), to.pop(), agent.pop()  # "is being told": the inner auxiliary
            at.append(i)
            to.append(j)
            agent.append(_has_agent(norm, sentence, j))
    return pd.DataFrame(
        {
            "article_id": tokens["article_id"].to_numpy()[at],
            "sentence_id": tokens["sentence_id"].to_numpy()[at],
            "start": start[at].astype("int64"),
            "end": end[to].astype("int64"),
            "measure": "passive_per_1k",
            "term": norm[to],
            "agent": np.array(agent, dtype=bool),
        }
    )


def _kind(word: str, participles: frozenset[str]) -> int:
    adverb = word in _BETWEEN or (word.endswith("ly") and len(word) > 4)
    return (word in _BE) + 2 * _is_participle(word, participles) + 4 * adverb


def _is_participle(word: str, irregular: frozenset[str]) -> bool:
    if word in _NOT_PARTICIPLES:
        return False
    return word in irregular or (len(word) > 4 and word.endswith("ed") and word.replace("-", "").isalpha())


def _has_agent(norm: np.ndarray, sentence: np.ndarray, participle: int) -> bool:
    for k in range(participle + 1, min(len(norm) - 1, participle + 1 + _AGENT_REACH)):
        if sentence[k] != sentence[participle] or norm[k] in _CLAUSE_ENDS:
            return False
        if norm[k] == "by" and sentence[k + 1] == sentence[k]:
            word = norm[k + 1]
            return not (word in _NOT_AGENTS or word[:1].isdigit() or (word.endswith("ing") and len(word) > 5))
    return False


@functools.cache
def _exceptions() -> frozenset[str]:
    return frozenset(load_lexicon("no_nominalisations")["term"])


def is_nominalisation(word: str) -> bool:
    """Tell by its ending whether a word in lower case is a noun made of a verb or an adjective (after Biber 1988)."""
    if len(word) < 7 or not word.endswith(_NOMINAL) or not word.replace("-", "").isalpha():
        return False
    single = word[:-3] + "y" if word.endswith("ities") else word[:-2] if word.endswith("nesses") else word.rstrip("s")
    single = word if word.endswith("ness") else single
    return not {word, single, word.rsplit("-", 1)[-1], single.rsplit("-", 1)[-1]} & _exceptions()


def find_nominalisations(tokens: pd.DataFrame) -> pd.DataFrame:
    """Find nominalisations: nouns in -tion, -sion, -ment, -ness, -ity, -ance, -ence, -al that are not on the list of exceptions.

    Returns
    -------
    DataFrame
        CUE_COLUMNS. Words with a capital count only at the start of a sentence: elsewhere they belong to a name.
    """
    codes, words = pd.factorize(tokens["norm"])
    made = np.array([is_nominalisation(w) for w in words], dtype=bool)
    at = np.flatnonzero(made[codes]) if len(words) else np.zeros(0, dtype=np.int64)
    sentence = sentence_numbers(tokens)
    opens = np.concatenate([[True], sentence[1:] != sentence[:-1]]) if len(sentence) else np.zeros(0, dtype=bool)
    at = at[opens[at] | ~tokens["is_capital"].to_numpy()[at]]
    rows = tokens.iloc[at]
    found = rows[["article_id", "sentence_id", "start", "end"]].reset_index(drop=True)
    return found.assign(measure="nominalisation_per_1k", term=rows["norm"].to_numpy())[CUE_COLUMNS]
