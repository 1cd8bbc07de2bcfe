# Two commands matter: `make run` and `make test`. Both need Python 3.11 or later and nothing else.

PYTHON ?= python3
VENV ?= .venv
HEADSTART_PORT ?= 8501
TESTS ?= tests
FUZZ ?=
# The folder with the datasets to measure with, the sections to measure (all where it is empty), and their environment.
BENCH_DATA ?= $(HEADSTART_BENCH_DATA)
BENCH ?=
BENCH_VENV ?= .venv-bench
# More words for `make chaos`, such as --seed 1.
CHAOS ?=
# Set it to https://download.pytorch.org/whl/cpu to get torch without the CUDA libraries (Linux; several GB less).
TORCH_INDEX_URL ?=

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help run test check chaos fuzz bench clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: $(VENV)/.installed  ## Start the dashboard on http://localhost:8501 (HEADSTART_PORT=... for another port)
	$(BIN)/python -m streamlit run app.py --server.port $(HEADSTART_PORT)

# One thread for each worker: workers that share the cores would only wait for each other's threads.
test: $(VENV)/.installed-dev  ## Run all tests; TESTS="tests/runs -x" for some of them
ifeq ($(TESTS),tests)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests --ignore=tests/e2e --ignore=tests/rows -n auto --maxprocesses=4 --dist=loadfile
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/rows -n auto --maxprocesses=2 --dist=loadgroup
	$(BIN)/python -m pytest tests/e2e
else
	$(BIN)/python -m pytest $(TESTS)
endif

check: $(VENV)/.installed-dev  ## Check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

chaos: $(VENV)/.installed-dev  ## Kill the program fifty times at random moments and count what was lost
	$(BIN)/python -m tests.chaos $(CHAOS)

fuzz: $(VENV)/.installed-dev  ## Hand 5,000 hostile files and words to the program; FUZZ="--seed 1" for others (Linux)
	$(BIN)/python -m tests.fuzz $(FUZZ)

bench: $(BENCH_VENV)/.installed-bench  ## Measure speed beside other programs; BENCH_DATA=FOLDER, BENCH="depth probe" for some of it
	HEADSTART_BENCH_DATA="$(BENCH_DATA)" $(BENCH_VENV)/bin/python -m benchmarks $(BENCH)

clean:  ## Remove the environments and caches; runs and datasets in workspace/ stay
	rm -rf $(VENV) $(BENCH_VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are newer than the requirements exactly when everything is installed.
$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Headstart needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo missing)." >&2; \
		echo "Name another one: make run PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "The environment could not be made; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@test -z "$(TORCH_INDEX_URL)" || $(PIP) install --no-deps --index-url "$(TORCH_INDEX_URL)" \
		$$(sed -n 's/^\(torch[a-z]*==[0-9.]*\).*/\1/p' requirements.txt)
	$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	$(PIP) install -r requirements-dev.txt
	@touch $@

# The other programs have an environment of their own: what they require must not decide what Headstart runs with.
$(BENCH_VENV)/.installed-bench: requirements.txt benchmarks/requirements.txt
	@$(MAKE) --no-print-directory VENV="$(BENCH_VENV)" "$(BENCH_VENV)/.installed"
	$(BENCH_VENV)/bin/python -m pip --disable-pip-version-check install -r benchmarks/requirements.txt
	@touch $@
