# Everything a person or a machine does with this repository; `make` alone lists it.

FLAGS := --explicit-target-dependency-import-check error
SWIFT_FILES := Sources Tests Package.swift \
	$(wildcard Benchmarks/Sources Benchmarks/Package.swift)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: run run-postgres test check demo simulate format lint bench clean help setup-run setup-test setup-bench

run: setup-run ## install what is missing, build, serve on 127.0.0.1:8080
	swift build -c release --product heed $(FLAGS)
	.build/release/heed serve

run-postgres: setup-test ## the same on a throwaway PostgreSQL server, gone at the end
	swift build -c release --product heed $(FLAGS)
	scripts/run-postgres.sh .build/release/heed

test: setup-test lint ## everything: format, unit, conformance, end to end, contract, faults
	scripts/venv.sh
	swift build --build-tests $(FLAGS)
	scripts/outside.sh
	scripts/test.sh $(FLAGS)

check: setup-run ## the quick loop: what takes a moment, on SQLite; most of the tests
	scripts/check.sh $(FLAGS)

# A release build is the faster demo, but not worth minutes of waiting for whoever has none.
demo: setup-run ## the main job on sample data, narrated; no network, under a minute
	@if [ -x .build/release/heed ]; then mode=release; else mode=debug; fi; \
	set -ex; swift build -c $$mode --product heed $(FLAGS); .build/$$mode/heed demo

# One history: `make simulate SEED=57 STEPS=40`; without SEED, SEEDS of them from 1.
simulate: setup-test ## play histories by chance: SEED=… STEPS=… or SEEDS=…
	swift build --build-tests $(FLAGS)
	SWIFT_DETERMINISTIC_HASHING=1 HEED_SIMULATION_SEED=$(SEED) HEED_SIMULATION_STEPS=$(STEPS) \
	    HEED_SIMULATION_SEEDS=$(SEEDS) swift test --skip-build --disable-xctest \
	    --filter '^SimulationTests.*everyHistoryHolds' $(FLAGS)

format: ## rewrite the Swift files in the project's format
	swift format --in-place --parallel --recursive $(SWIFT_FILES)

lint: ## check the format; changes nothing
	swift format lint --strict --parallel --recursive $(SWIFT_FILES)

# Both from one build: what is measured is compiled once, and stands beside what measures.
bench: setup-bench ## measure the speed ratios
	swift build -c release --package-path Benchmarks --product heed $(FLAGS)
	swift build -c release --package-path Benchmarks --product heed-bench $(FLAGS)
	Benchmarks/.build/release/heed-bench

clean: ## remove what was built; data in heed-data stays
	rm -rf .build Benchmarks/.build .venv test-artifacts

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup-run:
	@scripts/setup.sh run

setup-bench:
	@scripts/setup.sh bench

setup-test:
	@scripts/setup.sh test
