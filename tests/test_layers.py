import pandas as pd

from analysis.layers import LAYERS, Layer, both, find_spans, layer_of
from analysis.page_articles import choose_articles


def test_only_layers_with_something_in_them_are_offered(seeds):
    layers, spans = find_spans(seeds.tables, texts=seeds.texts)
    keys = [x.key for x in layers]
    assert "said" in keys and "naming" in keys and "unfavourable" in keys
    assert keys == [x.key for x in LAYERS if x.key in keys]
    none = {**seeds.tables, **{t: seeds.tables[t].iloc[:0] for t in ("terms", "findings", "valence")}}
    assert {x.key for x in find_spans(none, texts=seeds.texts)[0]} <= {"said", "marked", "doubtful"}
    assert all(0 <= s.start < s.end <= len(seeds.texts[a]) for a, found in spans.items() for s in found)


def test_spans_are_the_rows_of_their_table(seeds):
    _, spans = find_spans(seeds.tables, texts=seeds.texts)
    for article_id, found in spans.items():
        terms = seeds.tables["terms"][seeds.tables["terms"]["article_id"] == article_id]
        for key, starts in [("loaded", ("loaded_", "one_sided_", "intensifier_")), ("frames", ("frame:",))]:
            wanted = terms[terms["measure"].str.startswith(starts)]
            assert sorted(zip(wanted["start"], wanted["end"], strict=True)) == [
                (s.start, s.end) for s in found if s.name == f"l-{key}"
            ]
    notes = {s.note for found in spans.values() for s in found if s.name == "l-naming"}
    assert "Russia" in notes


def test_a_table_that_comes_later_is_one_line(seeds):
    article = seeds.tables["articles"]["article_id"].iloc[0]
    valence = pd.DataFrame(
        [(article, 0, 4, 1, "NATO"), (article, 5, 9, -1, "Russia"), (article, 10, 14, 0, "Ukraine")],
        columns=["article_id", "start", "end", "label", "target"],
    )
    layers, spans = find_spans({**seeds.tables, "valence": valence}, texts=seeds.texts)
    assert {"favourable", "unfavourable"} <= {x.key for x in layers}
    mine = [s for s in spans[article] if s.name.endswith("favourable")]
    assert [(s.start, s.name, s.note) for s in mine] == [(0, "l-favourable", "NATO"), (5, "l-unfavourable", "Russia")]


def test_every_layer_is_well_made():
    assert len({x.key for x in LAYERS}) == len(LAYERS)
    for x in LAYERS:
        assert isinstance(x, Layer) and x.key.isalpha() and "<" not in x.look and "}" not in x.look
    assert layer_of("loaded_words_per_1k") == "loaded" and layer_of("frame:conflict") == "frames"
    assert layer_of("sentence_words") == ""


def test_common_stretches():
    assert both([(0, 5), (8, 12)], [(3, 9)]) == [(3, 5), (8, 9)]
    assert both([], [(0, 9)]) == both([(1, 2)], []) == both([(0, 3)], [(3, 6)]) == []


def test_the_articles_with_the_evidence_are_kept_first(seeds, monkeypatch):
    ids = list(seeds.tables["articles"]["article_id"])
    monkeypatch.setattr("analysis.page_articles.MOST_ARTICLES", 2)
    assert choose_articles(seeds.tables, texts=seeds.texts, wanted=[ids[4], ids[4], ids[2]]) == [ids[2], ids[4]]
    assert choose_articles(seeds.tables, texts=seeds.texts, wanted=[]) == ids[:2]
    monkeypatch.setattr("analysis.page_articles.MOST_LETTERS", 1)
    assert choose_articles(seeds.tables, texts=seeds.texts, wanted=[]) == ids[:1]
