PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test check binary archive test-binary electron reproduce clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

demo: $(VENV)/installed
	$(BIN)/asr-sidecar transcribe --model selftest --format vtt sidecar/assets/sample.flac

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check
	$(BIN)/python -m pytest

# dist/asr-sidecar/, built in a virtual environment of its own and tried at once.
binary: $(VENV)/installed
	$(BIN)/python packaging/binary

# The same as one file: dist/asr-sidecar.tar.xz.
archive: $(VENV)/installed
	$(BIN)/python packaging/binary --archive

# All tests of the program's outside, or those in TESTS, against dist/asr-sidecar/.
TESTS ?= tests/e2e tests/commands tests/test_readme.py
test-binary: $(VENV)/installed
	ASR_SIDECAR_EXECUTABLE=$(CURDIR)/dist/asr-sidecar/asr-sidecar \
		$(BIN)/python -m pytest $(TESTS)

# Two builds of the last commit, in two places: the same bytes?
reproduce: $(VENV)/installed
	$(BIN)/python packaging/binary/reproduce.py

# The client's tests, against the source and, where it was built, the binary.
electron: $(VENV)/installed
	cd packaging/electron && npm ci --no-audit --no-fund && ASR_SIDECAR_PYTHON=$(CURDIR)/$(BIN)/python npm test
	cd packaging/electron && if [ -e $(CURDIR)/dist/asr-sidecar/asr-sidecar ]; then \
		ASR_SIDECAR_EXECUTABLE=$(CURDIR)/dist/asr-sidecar/asr-sidecar npm test; fi

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache

# Half an hour of everything at once, or MINUTES of it.
MINUTES ?= 30
.PHONY: soak
soak: $(VENV)/installed
	$(BIN)/python -m tests.soak $(MINUTES)

# 200,000 messages and 20,000 audio files that nobody would send on purpose.
.PHONY: fuzz
fuzz: $(VENV)/installed
	$(BIN)/python -m tests.fuzz

.PHONY: benchmark
benchmark: $(VENV)/installed
	$(BIN)/python -m tests.benchmark
