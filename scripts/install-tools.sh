#!/bin/sh
# Installs the tools that `make lint` runs, where they are missing. Built without optimisation: they run for a second each, and
# compile in half the time.
set -eu

# Tools share what they compile.
built="$(mktemp -d)"
trap 'rm -rf "$built"' EXIT

# $1: program; $2: crate and version.
install() {
    if command -v "$1" >/dev/null 2>&1 || [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/$1" ]; then
        return
    fi
    echo "Installing: $2"
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$built" cargo install --quiet --debug --locked "$2"
}

install cargo-machete cargo-machete@0.9.2
install cargo-hakari cargo-hakari@0.9.39
install mdbook mdbook@0.5.4
