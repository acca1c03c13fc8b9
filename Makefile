# make run   everything on this machine, with a telephone to try it
# make test  every test
# Both install what they need: Debian packages through apt (with sudo when not root), then a venv.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

RUN_PACKAGES := python3-venv python3-dev gcc libldap2-dev libsasl2-dev espeak-ng libespeak-ng1 graphviz tzdata
TEST_PACKAGES := $(RUN_PACKAGES) chromium libatomic1 postgresql nodejs npm slapd ldap-utils samba samba-ad-dc \
  samba-ad-provision samba-dsdb-modules winbind iproute2 openssl nginx-light

export PATH := $(CURDIR)/$(BIN):$(PATH)
# Each of the many processes here would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-both lint call bench history soak lock clean help run-packages test-packages

help:
	@sed -n '1,3s/^# //p' Makefile
	@echo "make run SPEECH=1   the same, listening with the desk's own engine"
	@echo "make call SCRIPT=tests/calls/x.toml   a call from the terminal (make run first)"
	@echo "make bench   measurements, printed and kept in docs/benchmarks.md"
	@echo "make history CALLS=100000   invented calls for the log and the reports (stop make run first)"
	@echo "make drill   backup and restore under load, figures printed"
	@echo "make test-both   every test, the ones over a desk on SQLite and on PostgreSQL"
	@echo "make lint    ruff, mypy, import-linter, flows"
	@echo "make lock    pin requirements*.in again"

# $(1): package names. Says what is missing before it installs anything.
define apt_install
	@missing=""; for p in $(1); do \
	  case $$p in \
	    nodejs|npm) command -v $${p/nodejs/node} >/dev/null && continue;; \
	    python3-venv) $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null && continue;; \
	  esac; \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "Debian packages to install:$$missing"; \
	  $(SUDO) apt-get update -q && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -q -y --no-install-recommends $$missing; \
	fi
endef

run-packages:
	$(call apt_install,$(RUN_PACKAGES))

test-packages:
	$(call apt_install,$(TEST_PACKAGES))

$(VENV)/.installed: requirements.txt | run-packages
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

tests/node/node_modules/.installed: tests/node/package-lock.json | test-packages
	cd tests/node && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

run: run-packages $(VENV)/.installed
	@$(BIN)/python tools/run_local.py $(if $(SPEECH),--speech)

call: $(VENV)/.installed
	@$(BIN)/python -m ivr.carrier.terminal $(if $(SCRIPT),--script $(SCRIPT))

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/flask flows check

test: test-packages $(VENV)/.installed-dev tests/node/node_modules/.installed lint
	$(BIN)/flask prompts build
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

test-both: test-packages $(VENV)/.installed-dev tests/node/node_modules/.installed
	$(BIN)/flask prompts build
	$(BIN)/python -m pytest -n 2 --dist worksteal --store both $(ARGS)

bench: $(VENV)/.installed-dev
	$(BIN)/flask prompts build
	$(BIN)/python -m tools.bench

history: run-packages $(VENV)/.installed
	@$(BIN)/python tools/load_history.py --calls $(or $(CALLS),100000) $(ARGS)

soak: test-packages $(VENV)/.installed-dev
	$(BIN)/python -m tools.soak $(ARGS)

drill: test-packages $(VENV)/.installed-dev
	$(BIN)/python -m tools.drill $(ARGS)

lock: $(VENV)/.installed-dev
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --generate-hashes --no-header --no-annotate --python-version 3.11 requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf var .pytest_cache .mypy_cache .ruff_cache .hypothesis
