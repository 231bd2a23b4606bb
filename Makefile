# What people run. The demo builds what it uses, in the release profile; tests and lints build everything in the dev profile,
# which is optimised too and checks assertions and overflows.

CARGO ?= cargo
NEXTEST := $(shell command -v cargo-nextest 2>/dev/null)
# Every crate with code; workspace-hack has none.
CRATES := $(filter-out crates/workspace-hack,$(wildcard crates/*))

.PHONY: help demo install test published-path test-s3 snapshots lint format clippy unused doc features devices book evaluate bench bench-kernels set-up tools

help:
	@echo "make demo        a portrait speaks a recording: sets up, builds, writes out/demo.mp4"
	@echo "make install     builds everything and puts talkinghead on the PATH (cargo's bin folder)"
	@echo "make test        all tests"
	@echo "make test-s3     preprocessing out of and into a real S3-compatible server (moto, installed beside the build)"
	@echo "make published-path  preprocess, train, kill, resume, export and generate, small"
	@echo "make lint        formatting, clippy, unused dependencies, documentation, feature sets, the book, licences"
	@echo "make devices     compiles what the features vulkan and cuda bring; neither needs a GPU"
	@echo "make book        the book, to book/book/index.html"
	@echo "make snapshots   writes down anew what the program says, after a wanted change"
	@echo "make evaluate    makes and scores the videos of a suite: SUITE=suites/NAME.toml, MATERIAL=folder of its clips"
	@echo "make bench       benchmarks; see docs/performance.md"
	@echo "make bench-kernels   convolutions, the small U-Net and the full generator, PyTorch beside them when it is installed"

set-up:
	@sh scripts/set-up.sh

# cargo-machete, cargo-hakari and mdbook, where they are missing.
tools: set-up
	@sh scripts/install-tools.sh

# Another portrait or recording: make demo PORTRAIT=me.jpg AUDIO=speech.wav OUTPUT=me.mp4
demo: set-up
	$(CARGO) build --release -p talkinghead-cli --no-default-features
	@sh scripts/demo.sh

install: set-up
	$(CARGO) install --path crates/talkinghead-cli --locked

test: set-up
	$(CARGO) test --workspace --doc
ifdef NEXTEST
	$(CARGO) nextest run --workspace
else
	$(CARGO) test --workspace --lib --bins --tests
endif

# What a researcher does from corpus to video, small: see scripts/published-path.sh.
published-path: set-up
	$(CARGO) build --bin talkinghead
	TALKINGHEAD="$${CARGO_TARGET_DIR:-target}/debug/talkinghead" STEPS=30 sh scripts/published-path.sh out/published-path

test-s3: set-up
	@sh scripts/test-s3.sh

# `git diff` shows what changed; see crates/talkinghead-cli/tests/snapshots.
snapshots: set-up
	INSTA_UPDATE=always $(CARGO) test -p talkinghead-cli --test snapshots

lint: format clippy unused doc features book
	@sh scripts/check-licences.sh

format: set-up
	$(CARGO) fmt --all --check

clippy: set-up
	$(CARGO) clippy --workspace --all-targets -- -D warnings

unused: tools
	$(CARGO) machete $(CRATES) fuzz
	$(CARGO) hakari generate --diff

doc: set-up
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

features: set-up
	@sh scripts/check-features.sh

devices: set-up
	$(CARGO) clippy -p talkinghead-cli --features vulkan -- -D warnings
	$(CARGO) clippy -p talkinghead-cli --features cuda -- -D warnings

book: tools
	@sh scripts/check-book.sh

bench-kernels: set-up
	$(CARGO) build --release -p talkinghead-kernels --example convolution_speed
	$(CARGO) build --release -p talkinghead-synthesis --example measure_unet --example measure_generator --example random_checkpoint
	@sh scripts/bench-kernels.sh

# Needs clips that are not part of this repository; the table goes to docs/results.md.
evaluate: set-up
	$(CARGO) build --release -p talkinghead-cli --no-default-features
	@sh scripts/evaluate.sh

bench: set-up
	$(CARGO) bench --workspace --benches
