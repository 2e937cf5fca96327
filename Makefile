# `make test` and `make demo` are complete on a fresh machine: each makes the virtual
# environment where it is absent, installs into it, and does its job. Later runs reuse it.
#   PYTHON=python3.12   the interpreter (3.10 or newer) to make the environment with
#   VENV=path           the environment; an existing one is completed and used (its GUI builds
#                       of OpenCV are replaced by the headless one, its torch is kept)
#   PIP_CONSTRAINT=file and pip's other settings are honoured
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.mmfer-installed
PYTEST = $(BIN)/python -m pytest

.PHONY: help install same-python demo test test-slow lint wheel clean

help:
	@echo 'make demo       train, test and draw figures on synthetic faces (demo/out)'
	@echo 'make test       the quick tests'
	@echo 'make test-slow  the tests that take longer'
	@echo 'make lint       ruff and mypy'
	@echo 'make wheel      dist/mmfer-*.whl'
	@echo 'make clean      removes what the above made, the environment excepted'

install: $(STAMP)

$(STAMP): setup.py install.py mmfer/version.py
	$(PYTHON) install.py --venv $(VENV)
	@touch $@

# an environment that is there is reused, so an interpreter that is asked for must be its own
ifneq ($(origin PYTHON),file)
$(STAMP): | same-python
endif
same-python:
	@$(PYTHON) install.py --venv $(VENV) --check

demo: $(STAMP)
	$(BIN)/python tools/demo.py --out demo/out

test: $(STAMP)
	$(PYTEST) -n auto --maxprocesses 8 $(ARGS)

test-slow: $(STAMP)
	$(PYTEST) -m slow $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy

wheel: $(STAMP)
	$(BIN)/python -m build --wheel

clean:
	rm -rf build dist demo/out mmfer.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
