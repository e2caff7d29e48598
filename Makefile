# The two commands are `make demo` and `make test`; each sets itself up.
PYTHON ?= python3.11
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help setup demo test check tools unit e2e bench chaos abuse fmt clean
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Make .venv with everything the product and its tests need
$(VENV)/.ready: pyproject.toml constraints.txt scripts/setup
	@PYTHON=$(PYTHON) scripts/setup

demo: setup ## The main job: both scenarios, step by step, with real packets
	@$(BIN)/innergate demo

check: setup ## Lint, types and import contracts
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

unit: setup ## Tests without namespaces or Envoy
	$(BIN)/python -m pytest tests/unit tests/golden tests/wire_oracle tests/feature

e2e: setup ## Tests with real Envoy, namespaces and clients
	@scripts/setup-e2e
	$(BIN)/python -m pytest tests/e2e

test: setup ## Everything, in JOBS=2 processes
	@$(MAKE) --no-print-directory -j2 --output-sync=target check tools
	$(BIN)/python -m pytest -n $(JOBS)

tools:
	@scripts/setup-e2e

bench: setup ## Figures as ratios against peers in the same run (ONLY=runtime ROUNDS=7 SECONDS=2 APIS=10,100 CHANGES=1000)
	@scripts/setup-bench
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS)) \
	  $(if $(APIS),--apis $(APIS)) $(if $(CHANGES),--changes $(CHANGES))

chaos: setup ## Random faults under traffic and changes (SEED=7 SECONDS=120 ONLY=target), or growth over CHANGES=10000
	@$(BIN)/python -m innergate.testing.$(if $(CHANGES),chaos_growth --changes $(CHANGES),chaos $(if $(SEED),--seed $(SEED)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(ONLY),--only "$(ONLY)"))

abuse: setup ## Every abuse case, then random draws for each target (SECONDS=20 of each)
	@scripts/setup-e2e
	@scripts/setup-fuzz
	@$(BIN)/python -m tests.abuse $(if $(SECONDS),--seconds $(SECONDS))

fmt: setup ## Format
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

clean: ## Remove what set-up made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
