# Every target sets up what it needs by itself; the second time that takes a moment.

PROFILE ?= first-look
OUT ?= loadbench-report
BIN := .venv/bin
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help run test matrix lint format freeze installers package trial smoke bench lock clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "PROFILE=name-or-file chooses what make run compares (first-look), OUT=folder where the report goes"
	@echo "(loadbench-report), PYTHON=interpreter what the virtual environment is made from (python3, 3.11 or newer)."

run: ## Compare three servers: in a window, or in the terminal where there is no display
	@packaging/setup.sh run
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
		packaging/system-packages.sh window && exec $(BIN)/loadbench-gui "$(PROFILE)"; \
	else \
		exec $(BIN)/loadbench compare "$(PROFILE)" --out "$(OUT)"; \
	fi

# Long files come first, since short ones stand last in the alphabet. A process of tests that hangs is ended and not
# replaced: pytest-xdist 3.8 would wait for ever for the one in its place.
test: lint ## Run every check and every test
	@packaging/system-packages.sh test
	$(BIN)/python -m pytest -m "not alone" --numprocesses auto --dist loadfile --no-loadscope-reorder --max-worker-restart 0
	$(BIN)/python -m pytest -m alone

matrix: ## Run the tests that draw or count through their cases with all of them (`make test` tries a fifth)
	@packaging/setup.sh dev
	LOADBENCH_TESTS=whole $(BIN)/python -m pytest -m "hypothesis or matrix" --numprocesses auto --dist worksteal --max-worker-restart 0

lint: ## Run the checks alone: style, types, who may import whom
	@packaging/setup.sh dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

format: ## Rewrite the code in the house style
	@packaging/setup.sh dev
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

freeze: ## Make the app that needs no Python, and hold it against its budgets
	@packaging/setup.sh package
	@packaging/system-packages.sh freeze
	PYTHONPATH=packaging $(BIN)/python -m installers release
	PYTHONPATH=packaging $(BIN)/python -m installers freeze
	PYTHONPATH=packaging $(BIN)/python -m installers check

installers: freeze ## Build what people install on Linux: a Debian package and a portable archive
	@packaging/system-packages.sh window
	@packaging/system-packages.sh installers
	PYTHONPATH=packaging $(BIN)/python -m installers deb
	PYTHONPATH=packaging $(BIN)/python -m installers archive
	PYTHONPATH=packaging $(BIN)/python -m installers check

package: installers ## That, and the trial of it (as root)
	@$(MAKE) --no-print-directory trial

trial: ## Install the package on a clean Debian without Python, use it there, remove it (as root)
	@packaging/system-packages.sh installers
	PYTHONPATH=packaging $(BIN)/python -m installers cleanroot

smoke: freeze ## Use the frozen app the way people do: servers, faults, odd places (four minutes)
	@packaging/system-packages.sh test
	$(BIN)/python -m pytest packaging/smoke

bench: ## Hold loadbench against nine others, the truth and arithmetic (forty minutes, SECTION=http for a part)
	@packaging/setup.sh dev
	@packaging/system-packages.sh window
	@packaging/system-packages.sh bench
	@packaging/bench-tools.sh
	$(BIN)/python -m benchmarks $(SECTION)

lock: ## Take the newest allowed version of every package into constraints.txt
	@packaging/lock.sh

clean: ## Remove what was made: environment, caches, builds; reports and history stay
	rm -rf .venv .make build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
