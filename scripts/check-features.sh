#!/bin/sh
# Compiles the feature sets that tests and clippy leave out, the fuzz targets, and the code for ARM where that can be done. What
# needs another machine or a download is left to the public forge's workflow (.github/workflows/ci.yml).
set -eu
cargo="${CARGO:-cargo}"
arm=aarch64-unknown-linux-gnu

echo "features: the everyday path, without networks"
$cargo clippy -p talkinghead-cli --no-default-features -- -D warnings
if $cargo tree -p talkinghead-cli --no-default-features -e normal | grep -n " burn "; then
    echo "error: the everyday path brings Burn, which doubles the demo's build" >&2
    exit 1
fi
echo "features: s3"
$cargo clippy -p talkinghead-dataset --features s3 --all-targets -- -D warnings
echo "fuzz targets"
$cargo check --manifest-path fuzz/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}"
if rustc --print target-libdir --target "$arm" 2>/dev/null | xargs -I{} test -d {}; then
    # The crates with code of their own for a processor; they compile no C.
    echo "$arm"
    $cargo check --target "$arm" -p talkinghead-simd -p talkinghead-kernels
else
    echo "$arm: its standard library is not installed (rustup target add $arm); not checked here"
fi
