# The only door: everything a developer or CI does here is a target of this file.
# A bare machine needs GNU make and Python 3.11 or newer with its venv module; no root, no Docker, no keys.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
RUN   := $(BIN)/python

.PHONY: help venv demo test unit e2e check lint types generated fmt goldens docs evaluate wire bench clean

help:  ## Say what each target does
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do \
	  printf '  make %-10s %s\n' "$$name" "$$what"; done

# Sets $$python to a Python 3.11 or newer that can make virtual environments; `make PYTHON=... venv` is tried first.
define find_python
python=""; old=yes; \
for name in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; old=no; \
  "$$name" -c 'import ensurepip, venv' 2>/dev/null || continue; python="$$name"; break; \
done; \
if [ -z "$$python" ] && [ $$old = yes ]; then \
  echo "no Python 3.11 or newer found; install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; fi; \
if [ -z "$$python" ]; then \
  echo "this Python has no venv module; install it (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; fi
endef

# Pinned versions make two machines equal; once this stamp stands, nothing below needs a network.
$(READY): pyproject.toml requirements.lock
	@echo "setting up $(VENV) (once)"
	@$(find_python); "$$python" -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

venv: $(READY)  ## Build the Python environment in .venv

demo: $(READY)  ## Start a gateway and fake providers, send real requests, show what happened
	@$(RUN) -m e2e.demo

test: $(READY)  ## Run every test: unit, goldens, and end to end with the real Envoy
	@$(RUN) -m pytest

unit: $(READY)  ## Run only the tests that start no Envoy traffic
	@$(RUN) -m pytest control_plane ext_proc router_model schemas

e2e: $(READY)  ## Run only the end-to-end tests
	@$(RUN) -m pytest e2e

check: lint types generated demo test  ## All that CI runs: lint, types, generated files, demo, tests

lint: $(READY)  ## Check style and formatting
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/ruff format --no-cache --check .

types: $(READY)  ## Check types, strictly
	@$(BIN)/mypy --no-error-summary

generated: $(READY)  ## Fail when a generated page is not what its source says
	@$(RUN) -m control_plane.docs --check
	@$(RUN) -m ext_proc.translate.matrix --check
	@$(RUN) -m ext_proc.chat.fault_page --check

fmt: $(READY)  ## Put the code into the agreed format
	@$(BIN)/ruff check --no-cache --fix-only --quiet .
	@$(BIN)/ruff format --no-cache .

goldens: $(READY)  ## Write the expected outputs of the tests anew; read the diff before committing it
	@$(RUN) -m control_plane.xds.tests.goldens --write
	@UPDATE_GOLDENS=1 $(RUN) -m pytest -q control_plane/tests/test_explain.py control_plane/tests/test_rendered.py control_plane/tests/test_reference.py router_model/tests/test_prompts.py -k 'not envoy_accepts'

docs: $(READY)  ## Write the generated pages anew
	@$(RUN) -m control_plane.docs
	@$(RUN) -m ext_proc.translate.matrix
	@$(RUN) -m ext_proc.chat.fault_page

evaluate: $(READY)  ## Measure how well the embedded router chooses; writes docs/router-evaluation.md and .json
	@$(RUN) -m router_model.evaluate

wire: $(READY)  ## Make the classes of schemas/wire/ext_proc.proto anew
	@$(RUN) -m grpc_tools.protoc -I schemas/wire --python_out=schemas/wire --pyi_out=schemas/wire schemas/wire/ext_proc.proto

bench: $(READY)  ## Compare bare Envoy, this gateway and the LiteLLM proxy; writes docs/benchmarks.md and .json
	@$(RUN) -m e2e.bench

clean:  ## Remove what the other targets made
	rm -rf $(VENV) .venv-litellm .run build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
