# All that a fresh machine needs is make and Python >= 3.11 with pip; everything else goes into .venv.
# Another interpreter: make study PYTHON=python3.12

PYTHON ?= python3
# Test processes; each keeps to one thread (more of both than cores only makes them wait for each other).
# Files in their order: by the number of their tests, those of few long tests would all be last.
WORKERS ?= 2
PYTEST = OMP_NUM_THREADS=1 .venv/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help study test coverage lint format clean

# The list of targets: every line below of the form "target: ... ## what it does".
help:
	@sed -nE 's/^([a-z]+):.*## /\1\t/p' Makefile | expand -t 12

# Going on with what runs/default holds, if it was interrupted.
study: .venv/study ## run the default study into runs/default and show its report
	.venv/bin/graftwork run --out runs/default

# A part of the tests: make test ARGS=tests/metrics
test: .venv/dev ## run the tests
	$(PYTEST)

coverage: .venv/dev ## run the tests; fail if they reach less than 90 % of the lines
	$(PYTEST) --cov --cov-report=term --cov-fail-under=90

lint: .venv/dev ## check style, formatting and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: .venv/dev ## put imports and formatting right
	.venv/bin/ruff check --select I --fix .
	.venv/bin/ruff format .

clean: ## remove the environment and what the tools left behind; runs stay
	rm -rf .venv .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache dist

# What a study needs, and what development needs on top. The files are stamps: a second call has nothing to do.
.venv/study: pyproject.toml constraints.txt | .venv/bin/python
	.venv/bin/python -m pip install --quiet -c constraints.txt -e '.[node]'
	@touch $@

.venv/dev: pyproject.toml constraints.txt | .venv/bin/python
	.venv/bin/python -m pip install --quiet -c constraints.txt -e '.[node,dev]'
	@# What our CodeBLEU is held against: it works with our tree-sitter, but asks for an older one.
	.venv/bin/python -m pip install --quiet -c constraints.txt --no-deps codebleu
	@touch .venv/study $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "graftwork needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo "Name another one, for example: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@# Some systems leave out what puts pip into an environment; then the pip that is there does.
	$(PYTHON) -m venv .venv || { $(PYTHON) -m venv --clear --without-pip .venv && \
	  $(PYTHON) -m pip --quiet --python .venv/bin/python install pip; }
