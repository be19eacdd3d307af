# The developer's manual, executable. Every target does its own set-up: nothing is assumed but python3 (3.11 or later), make and pip's network.
# `make` alone lists the targets.

SHELL := /bin/bash
PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
ROOMS := core store listener detectors alerting playbooks console
SHARED ?= ../shared
CONFIG ?= config.yaml
WORKERS ?= 2
unexport PYTHONDONTWRITEBYTECODE  # else every worker and every daemon of a test compiles everything anew

.DEFAULT_GOAL := help
.PHONY: help setup run drill test test-fast test-slow test-servers servers lint types format lock train bench-text bench-language bench-risks bench-feedback bench-stories bench-store bench-feeds bench-listener bench-detect bench-backtest bench-crash bench-paging lock-peers clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# uv lives in a room of its own, so that a sync cannot remove it
.tools/bin/uv:
	$(PYTHON) -c 'import sys; sys.exit("Tocsin needs Python 3.11 or later" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: .tools/bin/uv requirements.lock pyproject.toml
	.tools/bin/uv venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	VIRTUAL_ENV=.venv .tools/bin/uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock
	VIRTUAL_ENV=.venv .tools/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q $(ROOMS)  # `tocsin ack` answers at once only where nothing has to be compiled
	touch $@

setup: .venv/.synced ## the virtual environment, as pinned in requirements.lock

run: setup ## the daemon on config.yaml and SQLite; prints the console's address
	$(BIN)/tocsin --config $(CONFIG) run

drill: setup ## a scripted crisis, from the first post to the review, in under a minute
	$(BIN)/tocsin drill recall

test: setup ## every test that needs no program from elsewhere, with real PostgreSQL and NATS from wheels
	$(BIN)/python -m pytest -m "not servers" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-fast: setup ## the tests that take no seconds
	$(BIN)/python -m pytest -m "not slow"

servers: ## real servers for the tests: Debian's by apt-get (as root), a Bluesky PDS by npm and Synapse by pip into .servers
	tests/servers/install.sh
	tests/servers/install_pds.sh .servers/pds
	PYTHON=$(PYTHON) tests/servers/install_synapse.sh .servers/synapse

test-slow: setup servers ## the slow ones, and those against real servers (DokuWiki, MediaWiki, Dovecot, Postfix, Alertmanager, a Bluesky PDS, Synapse)
	$(BIN)/python -m pytest -m "slow or servers" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-servers: setup ## those against real servers alone; what is not installed is skipped aloud
	$(BIN)/python -m pytest -m servers -n $(WORKERS) --dist loadfile --no-loadscope-reorder -rs

lint: setup ## style, formatting, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup ## mypy --strict
	$(BIN)/mypy

format: setup ## formats, and mends what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .tools/bin/uv ## pins again, for every supported Python, with hashes and without any index address
	.tools/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock

lock-peers: .tools/bin/uv ## pins the peers of bench-detect, which stand in a lock of their own
	.tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header bench/peers.in -o bench/peers.lock

train: setup ## the shipped sentiment models again, from the labelled texts beside the checkout
	$(BIN)/python -m detectors.enrichment.training.train --data $(SHARED)/data/sentiment
	$(BIN)/python -m detectors.enrichment.training.offence --data $(SHARED)/data/sentiment

bench-text: setup ## texts per second beside spaCy's own tokenizer and matcher; how right the sentiment is, where labelled texts lie beside
	$(BIN)/python -m bench.text $(if $(wildcard $(SHARED)/data/sentiment),--data $(SHARED)/data/sentiment)
	$(if $(and $(wildcard $(SHARED)/data/sentiment),$(wildcard bench/sentiment.py)),$(BIN)/python -m bench.sentiment --data $(SHARED)/data/sentiment)

bench-language: setup ## which language is told, against py3langid alone
	$(BIN)/python -m bench.language --data $(SHARED)/data/sentiment

bench-feedback: setup ## what a team's labels are worth in a domain that the models never saw; trains four models first, a quarter of an hour
	$(BIN)/python -m bench.feedback --data $(SHARED)/data/sentiment

bench-risks: setup ## what each row of the risk lexicon finds where nothing happens, with marks and without; five minutes
	$(BIN)/python -m bench.risks --data $(SHARED)/data/sentiment

bench-stories: setup ## near copies told apart on labelled pairs, against Jaccard, SimHash and difflib; cost of a mention
	$(BIN)/python -m bench.stories

bench-store: setup ## mentions stored in a processor's second
	$(BIN)/python -m bench.pages

bench-feeds: setup ## feeds read in a processor's second, beside feedparser and libexpat; entries lost
	$(BIN)/python -m bench.feeds --feeds $(SHARED)/data/feeds

bench-listener: setup ## feeds per CPU-second against lemon24/reader, and ten thousand feeds in one process
	$(BIN)/python -m bench.listener --feeds $(SHARED)/data/feeds

bench-backtest: setup ## a year of a million mentions played back; mentions a second and what a year costs
	$(BIN)/python -m bench.backtest

bench-crash: setup ## the monitor killed over 500 times, at random and at every crash point: what is lost, repeated, miscounted; three wrong orders of writing must be caught; a quarter of an hour
	$(BIN)/python -m bench.crash

bench-paging: setup ## from the post to the channel that has accepted the page, at ten incidents a second; acknowledgements that race; a storm; a cold start
	$(BIN)/python -m bench.paging

.peers/.synced: .tools/bin/uv bench/peers.lock
	.tools/bin/uv venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .peers
	VIRTUAL_ENV=.peers .tools/bin/uv pip sync --quiet --require-hashes bench/peers.lock
	touch $@

bench-detect: setup .peers/.synced ## what is noticed and what it costs in false alarms: real series, real crises spliced in, quiet topics; beside four published rules and PyPI's detectors; a quarter of an hour
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 .peers/bin/python -m bench.detect --nab $(SHARED)/data/nab --crisislex $(SHARED)/data/crisislex
	$(if $(wildcard bench/stepping.py),$(BIN)/python -m bench.stepping)
	$(if $(wildcard bench/fleet.py),$(BIN)/python -m bench.fleet)

clean: ## everything that was made here, but not var/ (your data)
	rm -rf .venv .peers .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info
