# One command each. Everything lives in .venv and var; `make clean` removes the first, `make forget` the second too.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
# More than two cores: one of them mostly waits for the house it has opened.
WORKERS ?= 3

.PHONY: run env test test-fast lint bench exact soak growth crash search fuzz replay model clean forget

run: .venv/ready ## open the shop on http://127.0.0.1:$(PORT)
	@PORT=$(PORT) $(BIN)/entrepot run

env: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Entrepot needs Python 3.11 or newer: make run PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies"
	@$(BIN)/pip install --quiet --progress-bar on --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2>/dev/null \
	  || $(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@$(BIN)/python -m compileall -q -j 0 entrepot
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.lock
	@echo "Installing the locked tools of development"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

test: .venv/ready-dev ## all tests; the browser's are skipped with the reason where there is no chromium
	@sh scripts/browser.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-fast: .venv/ready-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not browser and not data"

lint: .venv/ready-dev ## style, import map, types, migrations
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q .
	@$(BIN)/lint-imports
	@$(BIN)/python -m scripts.with_test_settings $(BIN)/mypy
	@$(BIN)/python -m scripts.with_test_settings $(BIN)/python -m entrepot makemigrations --check --dry-run

bench: .venv/ready-dev ## requests, quotes, orders and whole checkouts per second beside pgbench, in one run
	$(BIN)/python -m bench

exact: .venv/ready-dev ## 10,000 people want 1,000 units at once: the books must be exact
	$(BIN)/python -m bench.exact

soak: .venv/ready-dev ## ten minutes at half of the most, then three times the most
	$(BIN)/python -m bench.soak --seconds $${SECONDS_LONG:-600}

growth: .venv/ready-dev ## orders a second with ORDERS orders and SKUS SKUs in the database, and with 10,000 orders
	$(BIN)/python -m bench.growth --orders $${ORDERS:-10000000} --skus $${SKUS:-1000000}

crash: .venv/ready-dev ## the long crash sweep: kill -9 at random moments of the story
	ROUNDS=$${ROUNDS:-100} ORDERS=$${ORDERS:-10000} $(BIN)/python -m pytest -s --timeout=0 tests/test_crash.py

search: .venv/ready-dev ## the long search: ten times the suite's examples of every property, all real data, everybody at every page
	ENTREPOT_EXAMPLES=$${ENTREPOT_EXAMPLES:-1000} $(BIN)/python -m pytest -n $(WORKERS) --timeout=0 -m "not house and not browser"

fuzz: .venv/ready-dev ## hostile input to the reader of customs' messages for ten minutes; what breaks it lies in var/fuzz
	FUZZ_SECONDS=$${SECONDS_LONG:-600} FUZZ_SEED=$${SEED:-$$(date +%s)} $(BIN)/python -m pytest -s --timeout=0 entrepot/customs/tests/test_hostile.py

replay: .venv/ready-dev ## 10,000 receipts in any order and any number of times end in one state
	REPLAY_RECEIPTS=$${RECEIPTS:-10000} $(BIN)/python -m pytest -s --timeout=0 entrepot/customs/tests/test_replay.py

model: .venv/ready-dev ## a long run against the model in plain Python, by chance
	MODEL_STEPS=$${STEPS:-100000} MODEL_SEED=$${SEED:-$$(date +%s)} $(BIN)/python -m pytest -s --timeout=0 entrepot/checkout/tests/test_model.py

clean:
	rm -rf .venv *.egg-info

forget:
	@! test -x $(BIN)/entrepot || $(BIN)/entrepot database remove
	rm -rf var
	rm -rf .venv *.egg-info
