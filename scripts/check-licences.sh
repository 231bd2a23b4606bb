#!/bin/sh
# Licences and sources of the dependencies, with cargo-deny where it is installed (it takes minutes to compile). Advisories need
# a database from the network; the public forge's workflow checks them, too.
set -eu
if command -v cargo-deny >/dev/null 2>&1; then
    "${CARGO:-cargo}" deny check bans licenses sources
else
    echo "cargo-deny is not installed: licences were not checked here (cargo install --locked cargo-deny)"
fi
