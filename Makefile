# A front for habit; the scripts and presets do the work and need no make.
.PHONY: demo build test test-slow test-python wheel bench bench-sweep bench-peers bench-density bench-check format lint install

PREFIX ?= /usr/local

demo:
	./scripts/demo

build:
	./scripts/setup build
	./scripts/build -DSPVAE_TESTS=OFF

test:
	./scripts/test

test-slow:
	./scripts/test --slow

test-python:
	./scripts/test-python

wheel:
	./scripts/wheel

# BENCH="--quick --only spvae" passes options on to bench/compare.py.
bench: bench-build
	bench/compare.py --json bench/results.json --markdown docs/performance.md $(BENCH)

bench-sweep: bench-build
	bench/compare.py --sweep --json bench/results.json --markdown docs/performance.md $(BENCH)

# PyTorch and JAX in an environment of their own, several GB: bench compares with them if it is there.
bench-peers:
	./scripts/setup peers
	python3 -m venv build/peers
	build/peers/bin/pip install --requirement bench/peers/requirements.txt

# Densities beside those of other libraries: 10, 30 and 60 minutes each. DENSITY="--minutes 10" for less.
bench-density:
	./scripts/setup build peers
	./scripts/build -DSPVAE_TESTS=OFF
	python3 -m venv build/density
	build/density/bin/pip install --quiet --requirement bench/peers/density-requirements.txt
	build/density/bin/python bench/density.py $(DENSITY)

# The peers recompute our bound and gradients.
bench-check: bench-build
	cd bench && SPVAE_DATA=../data JAX_PLATFORMS=cpu ../build/peers/bin/python -m peers.check \
	  ../build/release/bench/bench_dump_step $(BENCH)

.PHONY: bench-build
bench-build:
	./scripts/setup build bench
	./scripts/build -DSPVAE_TESTS=OFF -DSPVAE_BENCH=ON

format:
	./scripts/lint --format

lint:
	./scripts/lint

install: build
	cmake --install build/release --prefix $(PREFIX)
