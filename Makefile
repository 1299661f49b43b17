# What a newcomer and a contributor type. `make` alone lists it.
#
#   PYTHON=/path/to/python3.11   which Python makes the virtual environment
#   VENV=.venv                   where it goes
#   ARGS="..."                   passed on, e.g. make test ARGS="tests/indexer -k queue"

VENV ?= .venv
ARGS ?=

FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
# Each candidate is run, not only looked up: a version manager's stand-in may be there for a Python
# that is not.
PYTHON ?= $(shell for each in python3.11 python3 python3.12 python; do \
	if $$each -c '$(FITS)' >/dev/null 2>&1; then echo $$each; break; fi; done)
RUN := $(VENV)/bin/python -m

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test bench check lint docs audit clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed-demo ## Serve a small shop on http://127.0.0.1:8000, with a tour to paste
	@$(VENV)/bin/kindred demo $(ARGS)

test: $(VENV)/.installed-test ## Run every test, on the real parts, and measure coverage
	$(RUN) pytest $(if $(ARGS),$(ARGS),--cov --numprocesses logical --maxprocesses 4 --dist loadfile)

check: $(VENV)/.installed-check ## Check style, types and who may import whom
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(RUN) mypy
	$(VENV)/bin/lint-imports

lint: $(VENV)/.installed-check ## Put right what can be put right automatically
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(VENV)/.installed-bench ## Measure speed and write docs/benchmarks/speed.md; ARGS="--full" for a million items
	$(RUN) bench.speed --page docs/benchmarks/speed.md $(ARGS)

docs: $(VENV)/.installed-docs ## Build the documents into site/
	$(RUN) mkdocs build --strict

audit: $(VENV)/.installed-audit ## Ask the advisory databases about every package (needs the internet)
	$(RUN) pip_audit --skip-editable

clean: ## Remove everything made here: the environment, caches and the demo's data
	rm -rf $(VENV) build dist site *.egg-info demo-data .coverage htmlcov
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find app bench embedders indexer tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed-demo: EXTRAS := offline
$(VENV)/.installed-test: EXTRAS := offline,test
$(VENV)/.installed-bench: EXTRAS := offline,test,bench
$(VENV)/.installed-docs: EXTRAS := docs
$(VENV)/.installed-audit: EXTRAS := offline,audit
# Types are checked over the tests too, so their libraries must be there.
$(VENV)/.installed-check: EXTRAS := offline,test,lint

$(VENV)/.installed-%: pyproject.toml | $(VENV)/bin/pip
	@echo "Installing into $(VENV); the first time this takes some minutes, mostly for PyTorch."
	$(RUN) pip install --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch $@

$(VENV)/bin/pip:
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c '$(FITS)' 2>/dev/null; then \
		echo "Kindred needs Python 3.11 or 3.12, and $(if $(PYTHON),$(PYTHON) is not,none was found)." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
		exit 1; \
	fi
	$(PYTHON) -m venv $(VENV)
