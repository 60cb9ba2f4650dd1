"""What other packages make of the same input, one run at a time; started by bench/timing.py in the interpreter that has them.

Usage: python peers.py NAME, then one line of JSON on the standard input: the answer is one line of JSON, what the first run
found. Each further line asks for one more run: the answer is its CPU seconds. Imports and the building of a corpus are left
out of them.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable

Work = Callable[[], object]


def _convokit(one: list[str], two: list[str], **settings) -> Callable[[], dict[str, float]]:
    from convokit import Corpus, FightingWords, Speaker, Utterance

    speakers = [Speaker(id="one"), Speaker(id="two")]
    utterances = [
        Utterance(id=f"{k}-{i}", text=t, speaker=speakers[k], conversation_id=f"{k}-{i}")
        for k, side in enumerate((one, two))
        for i, t in enumerate(side)
    ]
    corpus = Corpus(utterances=utterances)

    def work() -> dict[str, float]:
        words = FightingWords(**settings)
        words.fit(corpus, class1_func=lambda u: u.speaker.id == "one", class2_func=lambda u: u.speaker.id == "two")
        return {str(k): float(v) for k, v in words.ngram_zscores.items()}

    return work


def convokit_words(given: list[list[str]]) -> Work:
    """Fighting words with a prior of 0.1 for each word; words are parted by blanks, no cleaning."""
    from sklearn.feature_extraction.text import CountVectorizer

    cv = CountVectorizer(token_pattern=r"\S+", lowercase=False)
    return _convokit(*given, cv=cv, text_func=lambda u: u.text)


def convokit_texts(given: list[list[str]]) -> Work:
    """Fighting words of raw texts: its own cleaning, as it comes, and single words instead of its one to three."""
    from sklearn.feature_extraction.text import CountVectorizer

    return _convokit(*given, cv=CountVectorizer())


def scattertext_words(given: list[list[str]]) -> Work:
    """Log-odds with an informative prior, from texts to scores."""
    import pandas as pd
    import scattertext

    one, two = given
    frame = pd.DataFrame({"side": ["one"] * len(one) + ["two"] * len(two), "text": one + two})

    def work() -> dict[str, float]:
        corpus = (
            scattertext.CorpusFromPandas(
                frame, category_col="side", text_col="text", nlp=scattertext.whitespace_nlp_with_sentences
            )
            .build()
            .get_unigram_corpus()
        )
        priors = scattertext.PriorFactory(corpus, category="one").use_all_categories().get_priors()
        counts = corpus.get_term_freq_df()
        score = scattertext.LogOddsRatioInformativeDirichletPrior(priors, 500).get_scores(*(counts[c] for c in counts))
        return dict(zip(map(str, counts.index), map(float, score), strict=True))

    return work


def textdescriptives(given: list) -> Work:
    """Named components of TextDescriptives on a blank pipeline, without a model; given are their names and the texts."""
    import spacy
    import textdescriptives  # noqa: F401 - names the components

    names, texts = given
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    tuples = {
        "top_ngram_range": (2, 4),
        "duplicate_n_gram_fraction_range": (5, 10),
    }  # as lists it refuses its own defaults
    for name in names:
        nlp.add_pipe(f"textdescriptives/{name}", config=tuples if name == "quality" else {})

    def work() -> int:
        return sum(1 for _ in nlp.pipe(texts))

    return work


def nela(given: list[list]) -> Work:
    """The features of NELA that ours has too, of [text, words, sentences] each: its own splitting asks for a download.

    Its lists that ours has no like of (opinion words, strong and weak subjectives) are emptied or left out of its time.
    """
    from nela_features import nela_features

    for name in ("positive", "negative"):
        nela_features.ACL13_DICT[name] = set()
    extractor = nela_features.NELAFeatureExtractor()
    functions = extractor.Functions

    def work() -> list:
        return [
            (extractor.extract_complexity(t, w, s, w)[0], functions.bias_words(w), functions.vadersent(t))
            for t, w, s in given
        ]

    return work


def nela_lists(given: list[list]) -> Work:
    """The same without VADER."""
    from nela_features import nela_features

    nela([])
    extractor = nela_features.NELAFeatureExtractor()
    return lambda: [
        (extractor.extract_complexity(t, w, s, w)[0], extractor.Functions.bias_words(w)) for t, w, s in given
    ]


TASKS = {t.__name__: t for t in (convokit_words, convokit_texts, scattertext_words, textdescriptives, nela, nela_lists)}

if __name__ == "__main__":
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        run = TASKS[sys.argv[1]](json.loads(sys.stdin.readline()))
        print(json.dumps(run()), file=answers, flush=True)
        for _ in sys.stdin:
            began = time.process_time()
            run()
            print(time.process_time() - began, file=answers, flush=True)
