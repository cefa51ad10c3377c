# Everything runs in a virtual environment of its own; `make help` lists the targets.
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
FILE ?=
# Tests run side by side. `make JOBS=0 test` runs them one after the other.
JOBS ?= auto
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
# The first interpreter that is new enough; choose another one with `make PYTHON=... VENV=... test`.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python $(NEW_ENOUGH) 2>/dev/null && { echo $$python; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help demo test test-quick lint types bench bench-solvers notebooks docs front proofs proved clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# $(VENV)/stamp-EXTRA stands for the environment with the optional dependencies EXTRA (stamp-run: without any).
$(VENV)/stamp-%: pyproject.toml
	@$(or $(PYTHON),false) $(NEW_ENOUGH) 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.$(if $(filter run,$*),,[$*])'
	@touch $@

.PRECIOUS: $(VENV)/stamp-%

demo: $(VENV)/stamp-run ## decide a handful of supports and check every certificate; FILE=my.json decides your own
	@$(BIN)/python -m cases.demo $(FILE)

test: $(VENV)/stamp-test ## run all tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(PYTEST_ARGS)

test-quick: $(VENV)/stamp-test ## run the tests that are not marked slow
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m 'not slow' $(PYTEST_ARGS)

lint: $(VENV)/stamp-dev ## check the style
	$(BIN)/ruff check .

types: $(VENV)/stamp-dev ## check the types
	$(BIN)/mypy

notebooks: $(VENV)/stamp-test ## write notebooks/*.ipynb, with their output, from notebooks/*.py
	cd notebooks && for script in *.py; do ../$(BIN)/python -m jupytext --quiet --to ipynb $$script; done
	$(BIN)/python -m pytest -n 0 --nbmake --overwrite notebooks

docs: $(VENV)/stamp-docs ## write the generated pages of docs/ and build the site in build/docs, without a network
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --builder html docs build/docs
	@echo "open build/docs/index.html"

front: ## build the page of the explorer from explorer/src (needs node)
	cd explorer && npm install --silent --no-package-lock && npm run --silent build && npm test

bench: $(VENV)/stamp-test ## time the library
	$(BIN)/python benchmarks/textbook.py --seconds 10 $(BENCH_ARGS)

bench-solvers: $(VENV)/stamp-test ## time the solvers beside their peers (pip install lazylinop pyfaust torch)
	$(BIN)/python benchmarks/solvers_limits.py
	for suite in dyadic monarch rank4 apply; do \
		$(BIN)/python benchmarks/solvers_peers.py $$suite --sizes 1024 4096 || exit 1; done
	for suite in rectangular fsmf; do $(BIN)/python benchmarks/solvers_peers.py $$suite || exit 1; done
	$(BIN)/python benchmarks/solvers_search.py

COQ_PACKAGES := coq libcoq-mathcomp-algebra libcoq-mathcomp-zify
proofs: ## check the theorems of proofs/ with Coq, from scratch
	@command -v coq_makefile >/dev/null || { echo "Coq is needed: apt-get install $(COQ_PACKAGES)" >&2; exit 1; }
	@$(MAKE) --no-print-directory -C proofs clean all

proved: ## build the checker that Coq proved (closedness check --proved)
	@command -v coq_makefile >/dev/null && command -v ocamlopt >/dev/null || \
		{ echo "Coq and OCaml are needed: apt-get install $(COQ_PACKAGES) ocaml" >&2; exit 1; }
	@$(MAKE) --no-print-directory -C proofs proved

clean: ## remove the environment and everything generated
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
