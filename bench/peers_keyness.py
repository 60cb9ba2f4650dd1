"""What another package makes of two sides' words; run by bench/run.py in the interpreter that has the package.

Usage: python peers_keyness.py convokit|scattertext RUNS < sides.json > result.json

sides.json holds two lists of texts, words parted by spaces. The result holds the CPU seconds of each run, imports and
the building of a corpus left out, and the z of every word.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time


def compare_convokit(one: list[str], two: list[str], runs: int) -> dict:
    """Fighting words with a prior of 0.1 for each word."""
    from convokit import Corpus, FightingWords, Speaker, Utterance
    from sklearn.feature_extraction.text import CountVectorizer

    speakers = [Speaker(id="one"), Speaker(id="two")]
    utterances = [
        Utterance(id=f"{k}-{i}", text=t, speaker=speakers[k], conversation_id=f"{k}-{i}")
        for k, side in enumerate((one, two))
        for i, t in enumerate(side)
    ]
    corpus = Corpus(utterances=utterances)
    spent = []
    for _ in range(runs):
        began = time.process_time()
        words = FightingWords(cv=CountVectorizer(token_pattern=r"\S+", lowercase=False), text_func=lambda u: u.text)
        words.fit(corpus, class1_func=lambda u: u.speaker.id == "one", class2_func=lambda u: u.speaker.id == "two")
        spent.append(time.process_time() - began)
    return {"cpu": spent, "z": {str(k): float(v) for k, v in words.ngram_zscores.items()}}


def compare_scattertext(one: list[str], two: list[str], runs: int) -> dict:
    """Log-odds with an informative prior, from texts to scores."""
    import pandas as pd
    import scattertext

    frame = pd.DataFrame({"side": ["one"] * len(one) + ["two"] * len(two), "text": one + two})
    spent = []
    for _ in range(runs):
        began = time.process_time()
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
        spent.append(time.process_time() - began)
    return {"cpu": spent, "z": dict(zip(map(str, counts.index), map(float, score), strict=True))}


if __name__ == "__main__":
    sides = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        found = {"convokit": compare_convokit, "scattertext": compare_scattertext}[sys.argv[1]](
            *sides, int(sys.argv[2])
        )
    json.dump(found, sys.stdout)
