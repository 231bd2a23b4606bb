# What people run. The demo builds what it uses, in the release profile; tests and lints build everything in the dev profile,
# which is optimised too and checks assertions and overflows.

CARGO ?= cargo
NEXTEST := $(shell command -v cargo-nextest 2>/dev/null)

.PHONY: help demo test lint bench bench-kernels set-up

help:
	@echo "make demo    a portrait speaks a recording: sets up, builds, writes out/demo.mp4"
	@echo "make test    all tests"
	@echo "make lint    formatting, clippy, licences of dependencies"
	@echo "make bench   benchmarks; see docs/performance.md"
	@echo "make bench-kernels   convolutions, the small U-Net and the full generator, PyTorch beside them when it is installed"

set-up:
	@sh scripts/set-up.sh

# Another portrait or recording: make demo PORTRAIT=me.jpg AUDIO=speech.wav OUTPUT=me.mp4
demo: set-up
	$(CARGO) build --release --bin talkinghead --no-default-features
	@sh scripts/demo.sh

test: set-up
	$(CARGO) test --workspace --doc
ifdef NEXTEST
	$(CARGO) nextest run --workspace
else
	$(CARGO) test --workspace --lib --bins --tests
endif

lint: set-up
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null 2>&1; then $(CARGO) deny check; \
	else echo "cargo-deny is not installed: licences and advisories were not checked"; fi

bench-kernels: set-up
	$(CARGO) build --release -p talkinghead-kernels --example convolution_speed
	$(CARGO) build --release -p talkinghead-synthesis --example measure_unet --example measure_generator --example random_checkpoint
	@sh scripts/bench-kernels.sh

bench: set-up
	$(CARGO) bench --workspace --benches
