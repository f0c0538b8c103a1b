# Everything sets itself up: `make demo` and `make test` need Python >= 3.11, make and a network.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-dev
RUNTIME := $(VENV)/.ready-runtime

BENCH := $(VENV)/.ready-bench

.PHONY: mutants demo test test-browser types-page set-up test-install lint types contracts unit test-long coverage validate bench fuzz test-brokers test-record chaos soak test-bluez lock clean help

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "kinewatch needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

WORKERS ?= 2

# Compiled by all processors at once instead of by pip one file after the other: half the time of the set-up.
INSTALL := PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
COMPILE := $(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null || true

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing what kinewatch needs (once, about half a minute)"
	@$(INSTALL) --require-hashes -r requirements/runtime.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

$(READY): requirements/dev.txt $(RUNTIME)
	@echo "installing what the tests need (once, about half a minute)"
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(COMPILE)
	@touch $@

demo: $(RUNTIME) ## one whole session on simulated devices, with a therapist's feed
	$(BIN)/kinewatch demo $(ARGS)

# Types are checked while the tests are being collected.
test: lint ## lint, types, tests (the import contracts are among them)
	@$(MAKE) --no-print-directory -j 2 types unit

set-up: $(READY) ## everything that the tests need, and no test

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports --no-cache

unit: $(READY)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not browser" --cov --cov-report=term:skip-covered $(ARGS)

test-long: $(READY) ## the tests that make test leaves out because they are long
	$(BIN)/python -m pytest -n $(WORKERS) -m "slow and not browser" $(ARGS)

coverage: $(READY) ## branches covered in all four packages, by all tests
	$(BIN)/python -m pytest -n $(WORKERS) --cov --cov-report=term:skip-covered $(ARGS)

validate: $(READY) ## accuracy on recordings (DATA=folder), to build/validation.json
	@mkdir -p build
	$(BIN)/python -m tests.validation.validate $(if $(DATA),--data $(DATA)) --out build/validation.json

$(BENCH): requirements/bench.txt $(READY)
	$(BIN)/python -m venv $(VENV)/bench
	$(VENV)/bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	$(VENV)/bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

bench: $(BENCH) ## speed, side by side with peers in the same run
	@mkdir -p build
	@for one in tests/bench/bench_*.py; do echo "== $$one"; \
		$(VENV)/bench/bin/python -m tests.bench.$$(basename $$one .py) || exit 1; done

test-install: ## both commands in fresh clones, on every supported Python of this machine
	tests/fresh-install.sh 3.11 3.12 3.13

fuzz: $(READY) ## 10 million damaged frames over all codecs
	$(BIN)/python -m tests.bench.fuzz_codecs --frames $(or $(FRAMES),10000000)

# Playwright drives Debian's Chromium; it brings no browser of its own.
BROWSER := $(VENV)/.ready-browser
$(BROWSER): requirements/browser.txt $(READY)
	@$(INSTALL) --require-hashes -r requirements/browser.txt
	@touch $@

test-browser: $(BROWSER) types-page ## the page in a real browser (Debian's chromium; skipped where there is none)
	$(BIN)/python -m pytest tests/browser -m "browser and not slow" $(ARGS)

TYPESCRIPT := 7.0.2
types-page: ## the types of the page's code, where npm is installed
	@if command -v npm >/dev/null; then npm exec --yes --package=typescript@$(TYPESCRIPT) -- tsc -p monitor/page/static/jsconfig.json; \
		else echo "npm is not installed: the types of the page's code are not checked"; fi

mutants: $(READY) ## mutation test of the core: a seeded sample of 60 places, with the kill rate
	$(BIN)/python -m tests.mutants.run $(ARGS)

test-brokers: $(READY) ## the delivery contract on NATS, on Mosquitto where installed, on a cluster of three
	$(BIN)/python -m pytest tests/integration -m broker $(ARGS)

RECORD := $(VENV)/.ready-record

$(RECORD): requirements/record.txt tests/record/node/package-lock.json $(READY)
	$(INSTALL) --require-hashes -r requirements/record.txt
	@if command -v npm >/dev/null; then cd tests/record/node && npm ci --silent --no-audit --no-fund --ignore-scripts; \
		else echo "npm is not installed: the tests with npm's programs are skipped"; fi
	@touch $@

test-record: $(RECORD) ## the record read by programs of others: FHIR, HL7 v2, PDF, EDF+, Parquet, UCUM
	$(BIN)/python -m pytest tests/record tests/monitor/record $(ARGS)

chaos: $(READY) ## service, broker and receiver killed, stopped and starved; to build/chaos.json
	@mkdir -p build
	$(BIN)/python -m tests.chaos.chaos --out build/chaos.json $(ARGS)

soak: $(READY) ## eight hours of a station in virtual time: memory and descriptors
	$(BIN)/python -m tests.chaos.soak 8

test-bluez: $(READY) ## a real bluetoothd in a virtual machine; says what to install
	$(BIN)/python -m tests.bluez.guest.run

lock: ## write the lock files anew
	$(PYTHON) -m venv build/lock && build/lock/bin/pip install --quiet uv
	build/lock/bin/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --no-emit-index-url --generate-hashes \
		--custom-compile-command "make lock" --extra web pyproject.toml requirements/build.in -o requirements/runtime.txt
	build/lock/bin/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --no-emit-index-url --generate-hashes \
		--custom-compile-command "make lock" --extra dev --extra web -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt
	build/lock/bin/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --no-emit-index-url --generate-hashes \
		--custom-compile-command "make lock" -c requirements/dev.txt pyproject.toml requirements/build.in \
		requirements/bench.in -o requirements/bench.txt
	build/lock/bin/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --no-emit-index-url --generate-hashes \
		--custom-compile-command "make lock" -c requirements/dev.txt requirements/browser.in -o requirements/browser.txt
	build/lock/bin/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --no-emit-index-url --generate-hashes \
		--custom-compile-command "make lock" -c requirements/dev.txt requirements/record.in -o requirements/record.txt
	build/lock/bin/pip install --quiet packaging && build/lock/bin/python -m tests.support.locks

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .coverage .coverage.*
