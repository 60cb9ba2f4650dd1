import pandas as pd
import pytest
from conftest import ROOT

from analysis.catalogue import MEASURES
from analysis.coverage import MEASURES as COVERAGE
from analysis.refusals import Refusal
from analysis.settings import Settings, load_settings
from analysis.table_files import check_table, load_run, read_table, to_csv
from analysis.tables import TABLES, columns_of, make_codebook


def test_the_codebook_is_what_the_code_says():
    assert (ROOT / "docs" / "codebook.md").read_text(encoding="utf-8") == make_codebook(MEASURES, coverage=COVERAGE), (
        "run `make docs`"
    )


def test_the_columns_of_the_design_are_there():
    wanted = {
        "removed": "article_id start end text reason",
        "sentences": "article_id sentence_id paragraph start end text",
        "attributions": "article_id attribution_id quotation_type source source_start source_end speaker cue cue_stance start end text",
        "measures": "article_id outlet voice measure value lo hi n unit validity",
        "statements": "statement_id event_id kind speaker gist n_outlets",
        "renderings": "statement_id article_id outlet sentence_id rendering start end text score",
        "quote_edits": "statement_id article_a article_b kind before after severity",
        "findings": "article_id start end kind text suggestion severity status explanation evidence",
        "keyness": "outlet term log_odds z q n_target n_reference",
        "articles": "article_id outlet title date event_id n_tokens n_sentences shared_source_with",
    }
    for name, columns in wanted.items():
        assert [c for c in columns_of(name) if c in columns.split()] == columns.split(), name


def test_every_table_comes_back_as_it_was(seeds, tmp_path):
    for name, table in seeds.tables.items():
        (tmp_path / f"{name}.csv").write_bytes(to_csv(table))
        back = read_table(tmp_path / f"{name}.csv", name=name)
        words = [c for c, (kind, _) in TABLES[name][1].items() if kind == "text"]
        pd.testing.assert_frame_equal(back[words], table[words], check_dtype=False)


def test_a_table_without_its_columns_is_a_bug():
    with pytest.raises(ValueError, match="lacks"):
        check_table("keyness", pd.DataFrame({"outlet": ["A"]}))


def test_no_run_no_tables(tmp_path):
    with pytest.raises(Refusal, match="no finished run"):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("min_word = 3", "min_words"),
        ("resample = 3", "resamples"),
        ("min_words = '3'", "must be int"),
        ("min_words = true", "must be int"),
        ("min_words = 0", "from 1"),
        ("resamples = 999999", "to 20000"),
        ("min_words = ", "not TOML"),
        ("[min_words]\na = 1", "must be int"),
        ("all_languages = 1", "must be bool"),
    ],
)
def test_wrong_settings_are_refused_with_the_right_one(tmp_path, text, word):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(Refusal, match=rf"{word}.*\[config-invalid\]$"):
        load_settings(tmp_path / "c.toml")


def test_settings(tmp_path):
    (tmp_path / "c.toml").write_text("min_words = 5\nall_languages = true")
    assert load_settings(tmp_path / "c.toml") == Settings(min_words=5, all_languages=True)
    assert load_settings(None) == Settings()
    with pytest.raises(Refusal, match="config-invalid"):
        load_settings(tmp_path / "gone.toml")
