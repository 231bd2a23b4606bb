#!/bin/sh
# Preprocessing out of and into a real S3-compatible server, moto (PyPI, Apache-2.0), which is installed in a folder of its own and
# started and stopped by the test, on this machine alone. It is kept in target/moto for the next time. Where it cannot be installed
# and no other is named (MOTO_SERVER=PROGRAM), this is said and nothing is tested.
set -eu
cd "$(dirname "$0")/.."
cargo="${CARGO:-cargo}"
moto='moto[server]>=5,<6'
place="${CARGO_TARGET_DIR:-$PWD/target}/moto"

if [ -z "${MOTO_SERVER:-}" ]; then
    if [ ! -x "$place/bin/moto_server" ]; then
        rm -rf "$place"
        if ! { python3 -m venv "$place" && "$place/bin/pip" install --quiet --disable-pip-version-check "$moto"; }; then
            rm -rf "$place"
            echo "skipped: $moto cannot be installed here (python3 with venv, and a package index, are needed)"
            exit 0
        fi
    fi
    MOTO_SERVER="$place/bin/moto_server"
fi
export MOTO_SERVER
$cargo test -p talkinghead-dataset --features s3 --test s3 -- --nocapture
# Training's reading of such a store, through the same code, from a folder. The whole workspace's features, so that Burn is not compiled anew.
$cargo test --workspace --features talkinghead-training/object-store --test items shards
