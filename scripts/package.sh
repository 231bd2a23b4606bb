#!/bin/sh
# Packs a built program for a release: the archive that people download and cargo-binstall looks for, and the list of what is
# inside the program (CycloneDX) where cargo-cyclonedx is installed.
#   sh scripts/package.sh TARGET BUILT OUT    TARGET: a triple; BUILT: cargo's folder with the program; OUT: made if it is not there
#   sh scripts/package.sh --version           says the version
set -eu
cd "$(dirname "$0")/.."

version="$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)"
if [ "${1:-}" = --version ]; then
    echo "$version"
    exit
fi
if [ $# -ne 3 ]; then
    echo "error: three arguments are needed: TARGET BUILT OUT" >&2
    echo "hint: sh scripts/package.sh x86_64-unknown-linux-gnu target/dist out/release" >&2
    exit 2
fi
target="$1" built="$2" out="$3"
name="talkinghead-$version-$target"
case "$target" in
*-windows-*) program=talkinghead.exe ;;
*) program=talkinghead ;;
esac

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/$name/completions"
cp "$built/$program" README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE NOTICE "$work/$name/"
# The program is asked for its own version and pages: one that does not start is not packed.
"$built/$program" --version | grep -qF "$version"
for shell in bash zsh fish; do
    "$built/$program" completions "$shell" >"$work/$name/completions/talkinghead.$shell"
done
"$built/$program" man >"$work/$name/talkinghead.1"

case "$target" in
*-windows-*)
    # 7-Zip is on the forge's Windows machines; zip is not.
    archive="$PWD/$out/$name.zip"
    rm -f "$archive"
    (cd "$work" && 7z a -bd -bso0 "$archive" "$name")
    ;;
*) tar -czf "$out/$name.tar.gz" -C "$work" "$name" ;;
esac

if command -v cargo-cyclonedx >/dev/null 2>&1; then
    cargo cyclonedx --quiet --format json --target "$target" --manifest-path crates/talkinghead-cli/Cargo.toml \
        --override-filename "$name.cdx"
    mv "crates/talkinghead-cli/$name.cdx.json" "$out/"
    # It writes one for every crate of the workspace.
    rm -f crates/*/"$name.cdx.json"
else
    echo "cargo-cyclonedx is not installed: no SBOM was made" >&2
fi
ls -l "$out"
