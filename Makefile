# make study   set up if needed, then run the whole study
# make test    set up if needed, then run the tests, but for the slow ones
# make test-slow, make quick   the slow ones; unit tests that are not slow
# make test-exhaustive   of the slow ones, combinations that CI has no time for
# make coverage   unit tests that are not slow, and which branches of the package they run
# make docs    set up if needed, then build the documentation into docs/_build
# make clean   remove what runs made (results, reports, Snakemake's notes)
# make lock    pin all dependencies anew
# make benchmark, make torch   training in every way there is, beside each other; with PyTorch too
# make jax     what benchmarks/sizes.py compares the engine with
# make mutation   mistakes put into inference/, to see which ones the tests notice

PYTHON ?= python3
CORES ?= all
UV ?= uv
BIN := .venv/bin
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-header

PYTEST := $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

.PHONY: study test test-slow test-exhaustive quick coverage docs environment clean lock benchmark torch jax mutation
.DEFAULT_GOAL := study

study: environment
	$(BIN)/snakemake --cores $(CORES)

test: environment
	$(PYTEST) -m "not slow"

test-slow: environment
	$(PYTEST) -m "slow and not exhaustive"

test-exhaustive: environment
	$(PYTEST) -m exhaustive

quick: environment
	$(PYTEST) -m "not slow" tests/unit

coverage: environment
	$(PYTEST) -m "not slow" tests/unit --cov --cov-report=
	$(BIN)/coverage report
	$(BIN)/coverage report --include "*/inference/*" --fail-under 95

docs: environment
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --conf-dir docs . docs/_build

benchmark: environment
	$(BIN)/python benchmarks/speed.py --markdown benchmarks/results.md

torch jax: environment
	@$(PYTHON) -E envs/make_environment.py $@

mutation: environment
	@$(PYTHON) -E envs/make_environment.py mutation
	$(BIN)/python tests/mutation/run.py $(OPTIONS)

environment:
	@$(PYTHON) -E envs/make_environment.py

clean:
	rm -rf results/* reports/* .snakemake

lock:
	$(COMPILE) --upgrade pyproject.toml --extra train --extra competitions --group workflow --group dev --output-file requirements.lock
	printf "setuptools\nwheel\n" | $(COMPILE) --upgrade - --output-file envs/build.lock
	echo uv | $(COMPILE) --upgrade - --output-file envs/uv.lock
	$(COMPILE) --upgrade --group torch --output-file envs/torch.lock
	$(COMPILE) --upgrade --group jax --output-file envs/jax.lock
	$(COMPILE) --upgrade --group mutation --output-file envs/mutation.lock
	$(BIN)/python envs/export.py
