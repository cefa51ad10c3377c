# Everything runs in a virtual environment of its own; `make help` lists the targets.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXTRAS ?= test
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick lint types bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The stamp is renewed when the dependencies change.
$(VENV)/stamp-$(EXTRAS): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; found $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch $@

demo: $(VENV)/stamp-$(EXTRAS) ## decide a handful of supports and check every certificate
	@$(BIN)/python -m cases.demo

test: $(VENV)/stamp-$(EXTRAS) ## run all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-quick: $(VENV)/stamp-$(EXTRAS) ## run the tests that are not marked slow
	$(BIN)/python -m pytest -m 'not slow' $(PYTEST_ARGS)

lint: EXTRAS := dev
lint: ## check the style
	@$(MAKE) --no-print-directory $(VENV)/stamp-dev EXTRAS=dev
	$(BIN)/ruff check .

types: EXTRAS := dev
types: ## check the types
	@$(MAKE) --no-print-directory $(VENV)/stamp-dev EXTRAS=dev
	$(BIN)/mypy

bench: $(VENV)/stamp-$(EXTRAS) ## time the library
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-disable-gc $(PYTEST_ARGS)

clean: ## remove the environment and everything generated
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
