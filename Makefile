# Parallax. `make` alone prints this menu; every target sets up what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help report tables figures test test-scale lint docs lock bench bench-alignment bench-chance bench-errors bench-recaps validate clean test-hostile fuzz reliability licences audit

VENV := .venv
PY := $(VENV)/bin/python
CORPUS ?= seeds
OUT ?= figures

help:  ## print this menu
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

# A stamp is written last and named after what was asked for, so an interrupted set-up is simply done again.
$(VENV)/ready: requirements.txt setup.sh
	@bash setup.sh $(VENV) requirements.txt
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	@bash setup.sh $(VENV) requirements-dev.txt
	@touch $@

$(VENV)/ready-scale: $(VENV)/ready-dev requirements-scale.txt
	@bash setup.sh $(VENV) requirements-scale.txt
	@touch $@

report: $(VENV)/ready  ## analyse seeds/ into figures/ (CORPUS=folder OUT=folder for your own)
	@$(PY) -m analysis report $(CORPUS) --out $(OUT)

tables: $(VENV)/ready  ## the tables and run.json only
	@$(PY) -m analysis tables $(CORPUS) --out $(OUT)

figures: report  ## the figures come with the report

test: $(VENV)/ready-dev  ## run every test
	@$(PY) -m pytest -n 2 --dist worksteal

test-scale: $(VENV)/ready-dev  ## the tests of clusters and Parquet, with Dask, pyarrow and DuckDB installed (three minutes)
	@$(MAKE) -s $(VENV)/ready-scale || echo "requirements-scale.txt could not be installed; what needs it is skipped"
	@$(PY) -m pytest -rs tests/test_scale.py

test-hostile: $(VENV)/ready-dev  ## the full pack of hostile inputs, as reports with limits, in Chromium (half an hour)
	@HOSTILE=full $(PY) -m pytest -n 2 tests/test_hostile.py tests/test_hostile_own.py

fuzz: $(VENV)/ready  ## mutate inputs for MINUTES (15) and see that every promise holds
	@$(PY) bench/fuzz.py --minutes $(or $(MINUTES),15)

reliability: $(VENV)/ready-dev  ## break runs on purpose and write the figures into docs/reliability.md (needs root for the full disk)
	@$(PY) bench/reliability.py

licences: $(VENV)/ready-dev  ## write docs/licences.md from the installed packages
	@$(PY) bench/make_licences.py

audit: $(VENV)/ready  ## ask the public list of known faults about the pinned versions (uses the network)
	@$(PY) -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip install -q pip-audit && $(VENV)/audit/bin/pip-audit --strict --no-deps --disable-pip -r requirements-dev.txt

lint: $(VENV)/ready-dev  ## ruff and mypy
	@$(VENV)/bin/ruff check . && $(VENV)/bin/mypy

docs: $(VENV)/ready  ## write docs/codebook.md from the code, and the answers in docs/cookbook.md
	@$(PY) -c "from analysis.catalogue import MEASURES; from analysis.coverage import MEASURES as COVERAGE; from analysis.tables import make_codebook; open('docs/codebook.md', 'w', encoding='utf-8').write(make_codebook(MEASURES, coverage=COVERAGE))"
	@$(PY) docs/make_cookbook.py

lock: $(VENV)/ready  ## resolve pyproject.toml into the pinned requirements (needs uv; HASHES=1 writes requirements-hashes.txt too)
	@uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -q pyproject.toml -o requirements.txt
	@uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -q --extra dev pyproject.toml -o requirements-dev.txt
	@uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate -q --extra scale pyproject.toml -o requirements-scale.txt
	@$(if $(HASHES),uv pip compile --universal --python-version 3.11 --no-emit-index-url --no-header --no-annotate --generate-hashes -q pyproject.toml -o requirements-hashes.txt)

bench: $(VENV)/ready  ## every comparison of cost side by side into docs/performance.md (needs the shared corpora; PEERS=python)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m bench.run $(PARTS) --peers $(or $(PEERS),$(PY))

validate: $(VENV)/ready  ## rewrite docs/validity from the shared human coding
	@$(PY) -m analysis validate ../shared/gold

bench-errors: $(VENV)/ready  ## substitution benchmark of the error finder (needs the shared corpora)
	@$(PY) bench/bench_errors.py

bench-alignment: $(VENV)/ready  ## growth of the alignment's cost, candidates beside sparse-dot-topn (SIZES="2000 32000")
	@$(PY) -m bench.bench_alignment $(SIZES)

bench-chance: $(VENV)/ready  ## false alarms of the comparisons in 500 made corpora without a difference
	@$(PY) -m bench.bench_chance

bench-recaps: $(VENV)/ready  ## passages planted in articles on another occasion (needs the shared corpora)
	@$(PY) -m bench.bench_recaps

clean:  ## remove the environment and caches; seeds and results stay
	@rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
