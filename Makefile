# The few commands of the project; `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS ?= 1
SHEETS := $(notdir $(patsubst %/,%,$(sort $(dir $(wildcard solutions/*/*.ipynb)))))
SHEET ?= $(firstword $(SHEETS))  # which sheet: make demo SHEET=sheet02

.PHONY: help bubblewrap browser demo formgrader test test-python lint exercises lab solutions calibrate site screenshots

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14
	@echo 'SHEET=name chooses the sheet of demo, lab, solutions, calibrate: $(SHEETS); default: $(SHEET)'

$(VENV)/.complete: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "genlhc needs Python 3.11 or newer")'
	@echo "Installing the pinned packages into $(VENV) (a few minutes, once) ..."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

bubblewrap: ## the sandbox for students' code, installed if that is possible
	@command -v bwrap >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	       && apt-get install -y -qq bubblewrap >/dev/null; } \
	  || { echo "!! bubblewrap is missing: nothing can be graded here. Debian, Ubuntu: apt install bubblewrap" >&2; exit 1; }

browser: ## Chromium and poppler's tools, which the tests look at pages with
	@{ command -v chromium && command -v pdftotext; } >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	       && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium poppler-utils >/dev/null; } \
	  || { echo "!! the tests need Chromium and pdftotext. Debian, Ubuntu: apt install chromium poppler-utils" >&2; exit 1; }

demo: $(VENV)/.complete bubblewrap ## release, grade and report on a demo class with real data (2 to 6 min)
	$(BIN)/genlhc demo $(SHEET)

formgrader: $(VENV)/.complete bubblewrap ## marks written answers in the browser: the demo class, after `make demo`
	$(BIN)/genlhc formgrader --demo

test: $(VENV)/.complete bubblewrap browser lint ## every check of the project (10 to 15 min on two cores)
	$(BIN)/python -m pytest -n 2 --no-loadscope-reorder --junitxml build/test-times.xml

test-python: ## the same with another Python: make test-python PYTHON=python3.13
	$(MAKE) test VENV=.venv-$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

lint: $(VENV)/.complete ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

exercises: $(VENV)/.complete ## exercises/, the students' bundles and README's table, from solutions/
	set -e; for sheet in $(SHEETS); do $(BIN)/genlhc release $$sheet; done
	$(BIN)/python docs/sheets.py

lab: $(VENV)/.complete ## JupyterLab with the sheet as students get it, in build/lab/
	$(BIN)/genlhc lab $(SHEET)

solutions: $(VENV)/.complete ## runs the solution notebooks: pages, slides and PDF in build/solutions/
	$(BIN)/genlhc solutions $(SHEET)

calibrate: $(VENV)/.complete ## thresholds of the graded checks, trained anew (about 50 min)
	$(BIN)/genlhc calibrate $(SHEET)

site: $(VENV)/.complete ## the docs, notebooks and library as pages in build/site/, for any browser
	$(BIN)/python docs/make_site.py $(ARGUMENTS)

screenshots: $(VENV)/.complete ## pictures of the docs, from the demo class (make demo first)
	$(BIN)/python docs/make_screenshots.py
