"""Labels by rule: who is quoted, which words report it, what was said. Used where no model is at hand."""

from __future__ import annotations

import numpy as np

from analysis.attribute_words import B_CONTENT, B_CUE, B_SOURCE, OUT, Cue, Words, load_reporting_verbs
from analysis.names import word_set

# Verbs that take a bare clause as their object ("she said it would rain").
_BARE = word_set("""
    say state add claim argue insist maintain assert contend note warn announce declare believe think suggest
    stress emphasize emphasise reply respond explain acknowledge admit concede confirm deny reiterate repeat
    allege predict promise pledge vow write tweet report reveal hint hope fear expect know conclude
""")
_TO = word_set("for on of against to about")
_TAKES_TO = word_set("""
    promise pledge vow refuse decline threaten offer agree call warn urge demand ask request advise order
""")
_AUXILIARY = word_set("""
    has have had is was were are be been being also did do does will would could can may might should never not
    just later then now again once repeatedly reportedly each both all emphatically clearly recently earlier
    previously publicly quickly flatly falsely simply often always still further only even went on
""")
_BE = word_set("is are was were be been being")
_PLAIN_S = word_set("""
    says tells writes adds thinks believes argues insists explains describes denies warns asks knows suggests
    announces declares replies responds contends maintains asserts reiterates acknowledges admits concedes
    confirms refuses vows predicts recalls was
""")
_CONNECTIVES = word_set("""
    however also meanwhile still but instead yet and so then in addition moreover furthermore indeed
""")
_PERSONAL = word_set("""
    he she they i we you it who that nobody everyone someone both each others many some most
""")
_DETERMINER = word_set("""
    the a an this that these those his her its their our my one two three several some many other both all
""")
_STOPS = frozenset(',;:.?!()[]"-“”„«»—–') | {
    "but",
    "while",
    "because",
    "although",
    "though",
    "whether",
    "when",
    "after",
    "before",
}
_LINKS = word_set("of and the for de van von al & at in")
_TITLE_CUES = word_set("""
    titled entitled dubbed nicknamed named called so-called song book film movie show novel album magazine game
    series
""")
_LONGEST = 250  # words looked at together: an endless sentence is cut
_MIN_SAID = 4  # words: a shorter stretch needs a cue in its sentence


def label_by_rules(words: Words) -> np.ndarray:
    """Label every word of a batch as source, cue or content.

    Returns
    -------
    ndarray of int8
        One label per word: OUT, or begin or inside of SOURCE, CUE, CONTENT (`attribute_words`).
    """
    labels = np.zeros(len(words.norm), np.int8)
    if not len(labels):
        return labels
    starts = np.flatnonzero(np.diff(words.sentence, prepend=-1))
    headline = words.is_headline[words.paragraph]
    for lo, end in zip(starts.tolist(), [*starts[1:].tolist(), len(labels)], strict=True):
        for at in range(lo, end, _LONGEST):
            hi = min(at + _LONGEST, end)
            if not headline[lo] or (words.quote[at:hi] >= 0).any():
                label_sentence(words, labels, at, hi)
    fill_quotes(words, labels)
    return labels


def fill_quotes(words: Words, labels: np.ndarray) -> None:
    """Make every stretch in quotation marks one content where most of its words are content, in place."""
    inside = np.flatnonzero(words.quote >= 0)
    if not len(inside):
        return
    number = words.quote[inside]
    first = inside[np.flatnonzero(np.diff(number, prepend=-1))]
    size = np.bincount(number, minlength=len(words.quotes))
    said = np.bincount(number, weights=labels[inside] >= B_CONTENT, minlength=len(words.quotes))
    for s in first.tolist():
        n = int(size[words.quote[s]])
        if said[words.quote[s]] * 2 >= n:
            goes_on = labels[s] == B_CONTENT + 1
            labels[s : s + n] = B_CONTENT + 1
            labels[s] = B_CONTENT + (goes_on and s > 0 and labels[s - 1] >= B_CONTENT)


def label_sentence(words: Words, labels: np.ndarray, lo: int, hi: int) -> None:
    """Label one sentence, in place."""
    quote = words.quote[lo:hi].tolist()
    cues = _find_cues(words, quote, lo, hi)
    sources: list[tuple[int, int]] = []
    for first, last, cue in cues:
        if (labels[first:last] >= B_CONTENT).any():
            continue  # reported speech within what another says
        source = _find_source(words, quote, lo, hi, first, last, sources)
        content = _find_content(words, labels, lo, hi, first, last, source, cue)
        has_quote = any(q >= 0 for q in quote)
        if source and (content or has_quote):
            sources.append(source)
            _paint(labels, *source, B_SOURCE)
        if content or has_quote:
            _paint(labels, first, last, B_CUE)
        for s, e in content:
            _paint(labels, s, e, B_CONTENT)
    for number in dict.fromkeys(q for q in quote if q >= 0):
        inside = [lo + i for i, q in enumerate(quote) if q == number]
        s, e = inside[0], inside[-1] + 1
        if not (labels[s:e] >= B_CONTENT).any() and _is_said(words, lo, s, e, bool(cues)):
            _paint(labels, s, e, B_CONTENT)


def _paint(labels: np.ndarray, s: int, e: int, begin: int) -> None:
    labels[s:e] = begin + 1
    labels[s] = begin


def _is_said(words: Words, lo: int, s: int, e: int, has_cue: bool) -> bool:
    """Tell a quotation from scare quotes, titles of works and terms in marks."""
    n = sum(words.norm[i][0].isalnum() for i in range(s, e))
    before = words.norm[max(lo, s - 3) : s]
    if n == 0 or any(w in _TITLE_CUES for w in before):
        return False
    text = words.raw[s + 1] if s + 1 < e else ""
    whole = text[:1].isupper() and (words.raw[e - 2] in ".,!?…" if e - s > 2 else False)
    if has_cue:
        return True
    capitals = sum(words.raw[i][0].isupper() for i in range(s, e))
    return n >= _MIN_SAID and (whole or capitals < n / 2)


def _find_cues(words: Words, quote: list[int], lo: int, hi: int) -> list[tuple[int, int, Cue]]:
    forms = load_reporting_verbs()
    cues: list[tuple[int, int, Cue]] = []
    norm = words.norm
    i = lo
    while i < hi:
        word = norm[i]
        if quote[i - lo] < 0:
            if word == "according" and i + 1 < hi and norm[i + 1] == "to":
                cues.append((i, i + 2, Cue("according", "neutral", "speech")))
                i += 2
                continue
            two = f"{word} {norm[i + 1]}" if i + 1 < hi else ""
            cue = forms.get(two) or forms.get(word)
            if cue and _is_verb(words, lo, hi, i, cue):
                last = i + (2 if two in forms else 1)
                first = i
                while (
                    first > lo
                    and norm[first - 1] in _AUXILIARY
                    and norm[first - 1] not in ("both", "all", "each", "earlier")
                ):
                    first -= 1
                if "quoted" in norm[first : i + 1] and "saying" in norm[i : i + 3]:
                    last = i + 1 + norm[i : i + 3].index("saying")
                cues.append((first, last, cue))
                i = last
                continue
        i += 1
    return cues


def _is_verb(words: Words, lo: int, hi: int, i: int, cue: Cue) -> bool:
    word = words.norm[i]
    if cue.kind == "thought" and cue.lemma not in _BARE:
        return False
    before = words.norm[i - 1] if i > lo else ""
    if before in _DETERMINER - {"that", "both", "all", "one"} or before in ("of", "in", "by", "with", "no", "any", "'"):
        return before == "in" and word == "saying"
    after = words.norm[i + 1] if i + 1 < hi else ""
    if (words.raw[i][:1].isupper() and i > lo) or words.raw[i - 1].endswith(("'s", "’s", "s’")) or after == "by":
        return False
    if word.endswith("ing") and i > lo:
        return cue.lemma in _BARE | _TAKES_TO | {"tell"} and (before == "," or words.raw[i - 1][0].isupper())
    if word == "written" or word.endswith("ed"):
        auxiliary = words.norm[max(lo, i - 2) : i]
        if (any(w in _BE for w in auxiliary) and "saying" not in words.norm[i : i + 3]) or (
            word == "written" and not any(w in ("has", "have", "had") for w in auxiliary)
        ):
            return False
    if word.endswith("s") and word not in _PLAIN_S:
        name = (
            words.raw[i - 1][0].isupper()
            and i > lo
            and word != "states"
            and not before.endswith(("an", "ish", "ese", "ic"))
        )
        return (before in _PERSONAL or name or (after == "that" and word != "states")) and after not in _STOPS
    if (
        word == cue.lemma
        and before not in ("to", "i", "we", "they", "you", "did", "will", "would", "could", "who", "and")
        and not before.endswith("s")
    ):
        return word in ("say", "believe", "think") or (word in ("read",) and i + 1 < hi)
    return not (before == "to" and cue.lemma not in ("say", "remind", "add", "list"))


def _find_source(
    words: Words, quote: list[int], lo: int, hi: int, first: int, last: int, earlier: list[tuple[int, int]]
) -> tuple[int, int] | None:
    norm, raw = words.norm, words.raw
    if norm[first] == "according":
        return _noun_phrase_right(words, last, hi)
    after_quote = first > lo and (quote[first - 1 - lo] >= 0 or norm[first - 1] == ",")
    if (
        after_quote
        and last < hi
        and (raw[last][0].isupper() or norm[last] in _DETERMINER - {"that"})
        and quote[last - lo] < 0
        and not norm[last - 1].endswith("ing")
    ):
        return _noun_phrase_right(words, last, hi)
    end = first
    if end > lo and norm[end - 1] not in _STOPS | {"to"} and quote[end - 1 - lo] < 0:
        found = _noun_phrase_left(words, lo, end, quote)
        if found:
            return found
    if earlier and (norm[last - 1].endswith("ing") or norm[first - 1] in ("and", "to", "but", ",")):
        return earlier[-1]
    return _subject(words, quote, lo, first)


def _noun_phrase_right(words: Words, at: int, hi: int) -> tuple[int, int] | None:
    end = at
    while end < hi and words.norm[end] not in _STOPS and end - at < 12:
        if end > at and words.norm[end] in ("in", "on", "at", "to", "during", "who", "that", "as", "from"):
            break
        end += 1
    return (at, end) if end > at else None


def _noun_phrase_left(words: Words, lo: int, end: int, quote: list[int]) -> tuple[int, int] | None:
    """Walk left over a name with its titles, a pronoun, or a common noun up to its determiner."""
    norm, raw = words.norm, words.raw
    if norm[end - 1] in _PERSONAL:
        return (end - 1, end) if norm[end - 1] not in ("that", "it") else None
    start = end
    if raw[end - 1][0].isupper():
        while (
            start > lo
            and quote[start - 1 - lo] < 0
            and (
                raw[start - 1][0].isupper()
                or (norm[start - 1] in _LINKS and start - 1 > lo and raw[start - 2][0].isupper())
                or norm[start - 1]
                in ("minister", "president", "spokesman", "spokeswoman", "secretary", "foreign", "prime", "the")
            )
        ):
            start -= 1
        while start < end - 1 and norm[start] in (
            "also",
            "but",
            "and",
            "meanwhile",
            "furthermore",
            "moreover",
            "then",
            "however",
            "in",
            "at",
        ):
            start += 1
        return start, end
    for start in range(end - 1, max(lo - 1, end - 12), -1):
        if norm[start] in _STOPS or quote[start - lo] >= 0:
            return None
        if norm[start] in _DETERMINER:
            if start > lo + 1 and norm[start - 1] in ("by", "of", "for", "from"):
                continue
            if start > lo and norm[start - 1] in _DETERMINER and norm[start - 1] != "that":
                continue
            return start, end
    return (lo, end) if end - lo <= 4 and raw[lo][0].isupper() else None


def _subject(words: Words, quote: list[int], lo: int, before: int) -> tuple[int, int] | None:
    """The first name or pronoun of the clause before a participle; of the main clause where it opens with one."""
    at = lo
    if words.norm[lo].endswith("ing") and "," in words.norm[lo:before]:
        at = before - 1 - words.norm[lo:before][::-1].index(",")
    for i in range(at, before):
        if quote[i - lo] >= 0:
            continue
        if words.norm[i] in _PERSONAL - {"it", "that", "who", "you"}:
            return i, i + 1
        if (
            words.raw[i][0].isupper()
            and words.norm[i] not in _DETERMINER
            and (i > lo or words.raw[i + 1][:1].isupper() or words.quote[i + 1] < 0)
        ):
            end = i + 1
            while end < before and words.raw[end][0].isupper() and not words.raw[end - 1].endswith(("'s", "’s")):
                end += 1
            if not words.raw[end - 1].endswith(("'s", "’s")):
                return i, end
    return None


def _find_content(
    words: Words, labels: np.ndarray, lo: int, hi: int, first: int, last: int, source: tuple[int, int] | None, cue: Cue
) -> list[tuple[int, int]]:
    """What a cue reports outside quotation marks, as runs of words not yet labelled."""
    norm, quote = words.norm, words.quote
    stop = hi
    while stop > lo and norm[stop - 1] in ".!?" and quote[stop - 1] < 0:
        stop -= 1
    begin = min([first, *([source[0]] if source and source[0] < first else [])])
    after = max([last, *([source[1]] if source and source[1] > last else [])])
    if cue.lemma == "according":
        if begin > lo + 1:
            return _free(labels, lo, begin - 1 if norm[begin - 1] == "," else begin)
        return _free(labels, after + (after < stop and norm[after] == ","), stop)
    at = after
    stop = _until_next_cue(words, at, stop)
    if source and source[0] >= last:  # "…, said X": nothing follows
        at = stop
    if at < stop and norm[at] == "that" and cue.lemma not in ("discuss", "support", "read"):
        return _free(labels, at, stop)
    person = at < stop and norm[at] not in _STOPS
    if (
        person
        and cue.lemma in _BARE
        and norm[last - 1] != "adding"
        and quote[at] < 0
        and norm[at] not in ("in", "on", "at", "with")
    ):
        return _free(labels, at, stop)
    if (person and norm[at] in _TO and cue.lemma in ("warn", "call", "accuse")) or (
        person and norm[at] == "to" and cue.lemma in _TAKES_TO
    ):
        return _free(labels, at, stop)
    if person and cue.lemma in ("tell", "remind", "warn", "assure", "inform"):
        for i in range(at, min(at + 9, stop)):
            if norm[i] == "that":
                return _free(labels, i, stop)
    ends = at >= stop or quote[at] >= 0 or norm[at] in ("in", "on", "at", ",", "during", "to")
    if begin > lo + 1 and norm[begin - 1] == "," and ends:  # "…, he said" or "…, he said, …"
        found = _free(labels, lo, begin - 1)
        if at + 1 < stop and norm[at] == "," and quote[begin - 2] < 0:
            found += _free(labels, at + 1, stop)
        return [(s, e) for s, e in found if (quote[s:e] < 0).any() and not all(w in _CONNECTIVES for w in norm[s:e])]
    return []


def _until_next_cue(words: Words, at: int, stop: int) -> int:
    """Where a participle takes up the report again: "…, saying that", "…, with X saying that"."""
    forms = load_reporting_verbs()
    for i in range(at, stop - 1):
        if words.norm[i] == "," and words.quote[i] < 0:
            following = words.norm[i + 1]
            if following.endswith("ing") and following in forms and forms[following].lemma in _BARE:
                return i
            if following == "with" and "saying" in words.norm[i + 2 : min(i + 9, stop)]:
                return i
    return stop


def _free(labels: np.ndarray, start: int, stop: int) -> list[tuple[int, int]]:
    """The first run of words without a label."""
    taken = np.flatnonzero(labels[start:stop] != OUT)
    if len(taken):
        stop = start + int(taken[0])
    return [(start, stop)] if stop > start else []
