# What people and CI run. Each target sets up what it needs in .venv by itself; a stamp file
# remembers that it did, so that the second run starts at once.

PYTHON ?= python3
# Parallel test processes.
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
READY_VENV := $(VENV)/.ready-venv
READY_DEMO := $(VENV)/.ready-demo
READY_DEV := $(VENV)/.ready-dev
READY_BENCH := $(VENV)/.ready-bench
PIP := $(BIN)/python -m pip install --quiet -c constraints.txt

# Where tests touch a database; they run on SQLite with all others, then again on PostgreSQL
# (tests/conftest.py leaves out those of them that ask for none).
DATABASE_TESTS := $(wildcard tests/collect tests/flow)
# A file stays with one process, and the order of tests/conftest.py is kept: long files first.
PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The test processes share the cores; a threaded BLAS in each would only make them wait.
export OPENBLAS_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-sqlite test-postgres check format bench docs pictures screenshots clean

help: ## say what can be made
	@echo "manyvoices: human feedback on language models, from many people"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "Python: PYTHON=$(PYTHON) (3.11 or later). Everything is installed in $(VENV)."

demo: $(READY_DEMO) ## serve the demo study on this machine, with rehearsed participants
	$(BIN)/manyvoices demo

test: test-sqlite test-postgres ## run every test, then those with a database again on PostgreSQL

test-sqlite: $(READY_DEV) ## run every test, with SQLite where a test needs a database
	browser="$$(scripts/ensure_browser.sh)" && \
		CHROMIUM="$$browser" $(BIN)/pytest $(PARALLEL)

test-postgres: $(READY_DEV) ## run the tests that need a database on a real PostgreSQL; pages are looked at once
ifneq ($(DATABASE_TESTS),)
	browser="$$(scripts/ensure_browser.sh)" && \
		CHROMIUM="$$browser" $(BIN)/python scripts/with_postgres.py \
		$(BIN)/pytest $(PARALLEL) -m "not browser" $(DATABASE_TESTS)
else
	@echo "no test needs a database yet"
endif

check: $(READY_DEV) ## lint, formatting, types, the arrows between rooms, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/readme_help.py --check
	$(BIN)/python scripts/format_tables.py --check

format: $(READY_DEV) ## put the code into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY_DEV) $(READY_BENCH) ## run the benchmarks, each of which prints a table
	@for file in benchmarks/[a-z]*.py; do \
		echo "== $$file"; \
		$(BIN)/python -m "benchmarks.$$(basename "$$file" .py)" || exit 1; \
	done

docs: $(READY_DEV) ## write the generated parts of the docs again and check every link
	$(BIN)/python scripts/readme_help.py
	$(BIN)/python scripts/format_tables.py
	$(BIN)/python scripts/study_schema.py
	$(BIN)/pytest -q tests/house/test_docs.py

pictures: $(READY_DEV) ## make the README's pictures from a rehearsal of the demo
	CHROMIUM="$$(scripts/ensure_browser.sh)" $(BIN)/python scripts/pictures.py

screenshots: $(READY_DEV) ## photograph every page of a participant into screenshots/preview
	CHROMIUM="$$(scripts/ensure_browser.sh)" $(BIN)/python -m tests.collect.pages_preview

clean: ## remove the environment, caches and everything else that can be made again
	rm -rf $(VENV) build dist src/*.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .grimp_cache .hypothesis
	find . -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY_VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "manyvoices needs Python 3.11 or later, and '$(PYTHON)' is not that." >&2; \
		echo "Name another one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(READY_DEMO): pyproject.toml constraints.txt | $(READY_VENV)
	@echo "Installing what the demo needs into $(VENV) (once, about a minute)"
	$(PIP) -e '.[server,analysis,curate]'
	@touch $@

$(READY_DEV): pyproject.toml constraints.txt | $(READY_VENV)
	@echo "Installing what development needs into $(VENV) (once, a minute or two)"
	$(PIP) -e '.[server,analysis,curate,fast,dev]'
	@touch $(READY_DEMO) $@

$(READY_BENCH): pyproject.toml constraints.txt | $(READY_DEV)
	@echo "Installing the peers that the benchmarks run against (once)"
	$(PIP) -e '.[bench]'
	@touch $@
