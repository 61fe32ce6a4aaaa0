# Insight Engine. `make build` and `make test` are all a fresh machine needs;
# both set up .venv first. ARGS is handed to dbt:
#   make build ARGS="--vars '{lookback_days: 90}'"
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DBT := $(BIN)/dbt
ARGS ?=

INSIGHT_DATA ?= demo/data
INSIGHT_WAREHOUSE ?= warehouse.duckdb
INSIGHT_SERVING ?= serving.duckdb
INSIGHT_PORT ?= 8501
export INSIGHT_DATA INSIGHT_WAREHOUSE INSIGHT_SERVING

.PHONY: help setup demo build notify dashboard report test test-reference \
	test-python test-spark setup-spark lint docs bench lock clean

help:
	@echo "make setup   create .venv with the pinned packages (implied by the others)"
	@echo "make build   demo data if needed, dbt build, summary, publish"
	@echo "make dashboard  the web pages, on http://localhost:$(INSIGHT_PORT)"
	@echo "make report  board report: report/board_report.html and .xlsx"
	@echo "make notify  send new and resolved alerts (ARGS=--dry-run shows them)"
	@echo "make test    lint, dbt tests on the reference company, pytest"
	@echo "make test-spark  the same models on a Spark cluster on this machine"
	@echo "make lint    ruff, sqlfluff and the YAML check"
	@echo "make docs    dbt docs with lineage, on http://localhost:8080"
	@echo "make bench   the benchmarks behind every figure in the docs"
	@echo "make clean   remove what builds leave behind (not .venv)"

# The stamp changes with the lock: a new pin reinstalls.
setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Setting up $(VENV) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

# Made only where the demo data are what is asked for.
demo: setup
ifeq ($(INSIGHT_DATA),demo/data)
	@$(BIN)/python demo/generate.py
endif

build: demo
	@status=0; \
	$(DBT) build $(ARGS) || status=$$?; \
	$(BIN)/python -m ops.summary || true; \
	if [ $$status -ne 0 ]; then $(BIN)/python -m ops.publish --refused; \
	else $(BIN)/python -m ops.publish || status=$$?; fi; \
	exit $$status

# New alerts to where INSIGHT_NOTIFY_URLS says; ARGS=--dry-run only shows them.
notify: setup
	@$(BIN)/python -m ops.notify $(ARGS)

# Reads the serving file only; notices every new publication by itself.
dashboard: setup
	$(BIN)/streamlit run dashboard/app.py --server.port $(INSIGHT_PORT)

report: setup
	@$(BIN)/python -m ops.report

test: lint test-reference test-python

# The marts of the reference company must equal its spreadsheet.
test-reference: setup
	@mkdir -p target/reference
	INSIGHT_DATA=reference/data INSIGHT_WAREHOUSE=target/reference/warehouse.duckdb \
		$(DBT) build --target-path target/reference --log-path target/reference \
		--vars '{check_reference: true}'

test-python: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile

# An environment of its own: Spark is 400 MB. Java comes from Debian if missing.
setup-spark: .venv-spark/.installed

.venv-spark/.installed: spark/requirements.lock spark/pyproject.toml
	@command -v java > /dev/null || { \
		as_root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$as_root apt-get update -qq; \
		$$as_root apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless; }
	@echo "Setting up .venv-spark (some minutes, once)"
	@$(PYTHON) -m venv .venv-spark
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r spark/requirements.lock
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable spark
	@touch $@

# Master, two workers and a Connect server on 127.0.0.1; all stop in the end.
# ARGS="--only reference" leaves the demo out, "--only demo" the reference company.
test-spark: setup setup-spark
	.venv-spark/bin/python -m pytest --rootdir spark -p no:cacheprovider -q spark/tests
	.venv-spark/bin/python spark/check.py $(ARGS)

# A target folder of its own, or the next build would parse anew.
lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m ops.check_yaml
	@mkdir -p target/lint
	INSIGHT_WAREHOUSE=target/lint/lint.duckdb DBT_TARGET_PATH=target/lint \
		$(BIN)/sqlfluff lint --disable-progress-bar --processes 0 models tests analyses

docs: demo
	$(DBT) docs generate $(ARGS)
	$(DBT) docs serve

bench: setup
	$(BIN)/python benchmarks/attribution/run.py $(ARGS)

# Compiles requirements.lock from pyproject.toml; needs uv on the PATH.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		--group dev pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		--constraint requirements.lock spark/requirements.in \
		--output-file spark/requirements.lock

clean:
	rm -rf target logs report demo/data *.duckdb *.duckdb.wal *.duckdb.lock *.duckdb.new*
