# The way in is `make help`. Everything runs from .venv, which follows pyproject.toml and
# constraints.txt.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test test-fast lint bench chaos topology asyncapi slo clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Make .venv with the pinned dependencies (again only when the pins change)

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -m venv .venv
	@echo "Installing into .venv ..."
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# What is not set is left to the program's own defaults. BOOTSTRAP_SERVERS reaches it, as every
# variable of the command line does, through the environment.
demo: install ## Run the whole sportsbook here [SPEED= SEED= PUNTERS= ENGINE= BOOTSTRAP_SERVERS=]
	@$(BIN)/overround demo $(if $(SPEED),--speed $(SPEED)) $(if $(SEED),--seed $(SEED)) \
		$(if $(PUNTERS),--punters $(PUNTERS)) $(if $(ENGINE),--engine $(ENGINE))

test: install ## Run every test; a missing Kafka is a skip here, and a failure where CI=true
	@$(BIN)/pytest

test-fast: install ## Run most tests within a minute: those without Kafka that are quick, on all cores
	@$(BIN)/pytest -n auto --dist loadfile -m "not kafka and not chaos and not slow"

lint: install ## Check style, types, the direction of imports, and tidiness
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/test_tidy.py

bench: install ## Measure what the project claims; results/ says under which conditions
	@$(BIN)/overround bench

chaos: install ## Kill and stop real workers under load, then verify [SEED=1 MINUTES=5]
	@$(BIN)/python -m tests.chaos.run --seed $(or $(SEED),1) --minutes $(or $(MINUTES),5)

# Through a file beside it: a command that fails leaves the golden text as it was.
topology: install ## Write docs/topology.txt from the topology that runs
	@$(BIN)/overround topology > docs/.topology.new && mv docs/.topology.new docs/topology.txt

asyncapi: install ## Write docs/asyncapi.yaml from the catalogue of topics
	@$(BIN)/python -m overround.contracts.asyncapi > docs/.asyncapi.new && mv docs/.asyncapi.new docs/asyncapi.yaml

slo: install ## Write docker/prometheus/slo.rules.yml from the objectives in slo.toml
	@$(BIN)/python -m cli.slo > docs/.slo.new && mv docs/.slo.new docker/prometheus/slo.rules.yml

clean: ## Remove .venv, builds and caches (var/ holds records and stays)
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache docs/.*.new
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
