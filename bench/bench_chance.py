"""False alarms: corpora drawn without any difference between outlets, and how much is shown as beyond chance.

Run by `make bench-chance`. Half of the corpora have one article to an outlet (sentences are resampled), half have
six (articles are); rates vary from article to article and words come in bursts, as they do in news.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.compare import compare_outlets
from analysis.keyness import compare_keyness

CORPORA = 500
MEASURES = ("hedge_per_1k", "booster_per_1k", "passive_per_1k", "sentence_words", "loaded_per_1k")
RATES = (0.02, 0.005, 0.03, 18.0, 0.01)


def draw(seed: int, *, n_articles: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return counts, tokens and articles of three outlets that do not differ."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(3, 103)
    share /= share.sum()
    rows, words, articles = [], [], []
    for outlet in "ABC":
        for k in range(n_articles):
            article = f"{outlet}{k}"
            articles.append((article, outlet))
            own = rng.dirichlet(share * 60)
            mood = rng.gamma(20, 1 / 20) if n_articles > 1 else 1.0
            for s in range(20):
                n = int(rng.integers(8, 30))
                words += [(article, s, f"w{w}", True, "narrator") for w in rng.choice(100, size=n, p=own)]
                for measure, rate in zip(MEASURES, RATES, strict=True):
                    num = n if measure == "sentence_words" else rng.binomial(n, min(1, rate * mood))
                    rows.append((article, s, "narrator", measure, num, 1 if measure == "sentence_words" else n))
    keys = ["article_id", "sentence_id"]
    return (
        pd.DataFrame(rows, columns=[*keys, "voice", "measure", "num", "den"]),
        pd.DataFrame(words, columns=[*keys, "norm", "is_word", "voice"]),
        pd.DataFrame(articles, columns=["article_id", "outlet"]),
    )


def main() -> None:
    """Draw, compare, count."""
    for n_articles in (1, 6):
        tested = alarms = corpora = terms = key_alarms = covered = with_interval = 0
        for seed in range(CORPORA // 2):
            counts, tokens, articles = draw(seed, n_articles=n_articles)
            found = compare_outlets(counts, articles=articles, resamples=100)
            tested += len(found)
            hits = int((found["verdict"] == "beyond chance").sum())
            alarms += hits
            corpora += hits > 0
            shown = found.dropna(subset=["lo", "hi"])
            with_interval += len(shown)
            covered += int(((shown["lo"] <= 0) & (shown["hi"] >= 0)).sum())
            if n_articles > 1:  # with one article the bursts of its own subject are a difference
                key = compare_keyness(tokens, articles=articles)
                terms += len(key)
                key_alarms += int((key["q"] <= 0.05).sum())
        print(
            f"{CORPORA // 2} corpora, {n_articles} articles to an outlet: {alarms} of {tested} differences beyond chance "
            f"({alarms / tested:.1%}), in {corpora} corpora ({corpora / (CORPORA // 2):.1%}); {covered / max(with_interval, 1):.1%} of {with_interval} "
            "95 % intervals hold the true difference of 0"
            + (f"; keyness {key_alarms} of {terms} words ({key_alarms / terms:.2%})" if terms else "")
        )


if __name__ == "__main__":
    main()
