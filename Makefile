# `make help` lists the targets.
VENV ?= .venv
PYTHON ?= python3
PORT ?= 8501
BIN = $(VENV)/bin

.PHONY: help run test check lint audit clean

help:
	@echo "make run     install into $(VENV), start the worker and the dashboard on http://127.0.0.1:$(PORT)"
	@echo "make test    lint, then the fast tests: pytest -m 'not slow', in two processes"
	@echo "make check   lint, then all tests, slow ones included: pytest, in one process"
	@echo "make lint    ruff check, ruff format --check, pyright"
	@echo "make audit   compare the installed packages with known vulnerabilities (needs the network)"
	@echo "make clean   remove $(VENV) and the tools' caches; runs and data stay"
	@echo "Variables: PORT=8501  VENV=.venv  PYTHON=python3"

run: $(VENV)/.installed
	$(BIN)/python -m dashboard --port $(PORT)

test: $(VENV)/.installed-tests
	@echo "make test: ruff, pyright, and the fast tests. The slow tests run with make check."
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.installed-tests
	@echo "make check: ruff, pyright, and all tests, slow ones included."
	@$(MAKE) --no-print-directory lint
	$(BIN)/pytest

lint: $(VENV)/.installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

audit: $(VENV)/.installed
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(VENV)-audit/bin/pip-audit --path "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-tests: tests/requirements.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-audit .pytest_cache .ruff_cache .hypothesis
