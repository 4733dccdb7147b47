# A front for habit; the scripts and presets do the work and need no make.
.PHONY: demo build test test-slow bench format lint install

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

bench:
	./scripts/setup build bench
	./scripts/build -DSPVAE_TESTS=OFF -DSPVAE_BENCH=ON
	cmake --build --preset release --target bench

format:
	./scripts/setup lint
	git ls-files '*.h' '*.cpp' | xargs clang-format-19 -i

lint:
	./scripts/lint

install: build
	cmake --install build/release --prefix $(PREFIX)
