#!/bin/sh
# Makes sure that everything a build needs is there: ffmpeg, a C toolchain, cargo. Installs what is missing with
# apt or brew; asks before it uses sudo, never asks when it is root already. TALKINGHEAD_YES=1 answers yes.
set -eu

missing=""
for program in ffmpeg ffprobe; do
    command -v "$program" >/dev/null 2>&1 || missing="ffmpeg"
done
compiler_missing=""
command -v cc >/dev/null 2>&1 || compiler_missing="yes"

# $@: a command that needs to be root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
        return
    fi
    if ! command -v sudo >/dev/null 2>&1; then
        echo "error: installing needs root, and there is no sudo" >&2
        echo "hint: as root, run: $*" >&2
        exit 1
    fi
    if [ "${TALKINGHEAD_YES:-}" != 1 ]; then
        if [ ! -t 0 ]; then
            echo "error: installing needs root, and there is no terminal to ask on" >&2
            echo "hint: run it yourself: sudo $*   (or set TALKINGHEAD_YES=1)" >&2
            exit 1
        fi
        printf 'Run "sudo %s"? [y/N] ' "$*"
        read -r answer
        case "$answer" in
        y | Y | yes | Yes) ;;
        *)
            echo "error: not installed: $missing${compiler_missing:+ C compiler}" >&2
            exit 1
            ;;
        esac
    fi
    sudo "$@"
}

if [ -n "$missing$compiler_missing" ]; then
    if command -v apt-get >/dev/null 2>&1; then
        packages="$missing${compiler_missing:+ build-essential}"
        echo "Installing:$packages" | sed 's/:/: /'
        # shellcheck disable=SC2086 # one word a package
        as_root sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null"
    elif command -v brew >/dev/null 2>&1; then
        if [ -n "$missing" ]; then
            echo "Installing: ffmpeg"
            brew install ffmpeg
        fi
        if [ -n "$compiler_missing" ]; then
            echo "error: there is no C compiler" >&2
            echo "hint: xcode-select --install" >&2
            exit 1
        fi
    else
        echo "error: not installed: $missing${compiler_missing:+ C compiler (cc)}" >&2
        echo "hint: install ffmpeg and a C compiler with your system's package manager, then try again" >&2
        exit 1
    fi
fi

if ! command -v cargo >/dev/null 2>&1; then
    if [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        echo "error: cargo is installed but not on the PATH" >&2
        echo "hint: . \"${CARGO_HOME:-$HOME/.cargo}/env\"" >&2
    else
        echo "error: Rust is not installed" >&2
        echo "hint: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh   (then open a new terminal)" >&2
    fi
    exit 1
fi
