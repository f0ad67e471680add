# Everything goes into .venv; nothing else on the machine is changed but for system packages that are
# missing on Debian and Ubuntu. PYTHON=... chooses the interpreter, ARGS=... goes to pytest.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format clean
SHELL := /bin/sh
BIN := .venv/bin
# Tests of one file stay in one process: fixtures of a module are made once.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile
CHECKS = $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: setup ## Segment and align a sample, or your own stack: make demo DATA=path
	@sh scripts/demo.sh

test: setup ## Run all checks and tests, under a virtual display
	@sh scripts/libraries.sh xvfb
	@sh scripts/networks.sh
	@failed=; \
	{ $(CHECKS); } || failed="the checks of style, types and layers;"; \
	PATCHPROBE_REQUIRE_DISPLAY=1 sh scripts/under-xvfb.sh $(BIN)/python -m pytest $(PARALLEL) $(ARGS) || failed="$$failed the tests"; \
	test -z "$$failed" || { echo "==> Failed: $$failed" >&2; exit 1; }

lint: setup ## Check style, types and the layers
	@$(CHECKS)

format: setup ## Put the sources into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: ## Install into .venv (the others do it when needed)
	@sh scripts/setup.sh

clean: ## Remove .venv and all caches, keep demo_output
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find src tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
