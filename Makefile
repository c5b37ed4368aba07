# make run   the laboratory on http://127.0.0.1:8501      make test  the fast tests      make check  all of them
VENV ?= .venv
PYTHON ?= python3
PORT ?= 8501
BIN = $(VENV)/bin

.PHONY: run test check lint clean

run: $(VENV)/.installed
	$(BIN)/python -m dashboard --port $(PORT)

test: $(VENV)/.installed-tests lint
	$(BIN)/pytest -m "not slow" -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.installed-tests lint
	$(BIN)/pytest

lint: $(VENV)/.installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-tests: tests/requirements.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis dashboard/static
