"""How a run is cited."""

import json

import pytest
from conftest import ROOT

from analysis.citation import cite_run, hash_corpus, hash_text, make_bibtex

RECORD = {"version": "1", "python": "3.11", "hashes": {"models": "m", "config": "c"}, "counts": {"analysed": 2}}


def test_other_texts_have_another_fingerprint():
    assert len({hash_corpus(map(hash_text, texts)) for texts in ("", "x", "y", "xx", "xy")}) == 5


def test_the_order_of_articles_does_not_matter():
    assert hash_corpus(map(hash_text, "xy")) == hash_corpus(map(hash_text, "yx"))


def test_half_a_surrogate_pair_can_be_cited():
    assert len(hash_corpus([hash_text("\ud800")])) == 16


@pytest.mark.parametrize("make", [cite_run, make_bibtex])
def test_a_citation_names_what_went_in_and_no_day(make):
    corpus = hash_corpus([hash_text("x")])
    said = make(RECORD, corpus=corpus)
    assert all(word in said for word in ("version", "models m", "config c", f"corpus {corpus}"))
    assert make(RECORD, corpus=corpus) == said


def test_the_committed_run_cites_itself():
    record = json.loads((ROOT / "figures" / "run.json").read_text(encoding="utf-8"))
    entry = (ROOT / "figures" / "citation.bib").read_text(encoding="utf-8")
    assert "citation.bib" in record["files"] and record["hashes"]["models"] in entry
    assert entry.count("{") == entry.count("}")
