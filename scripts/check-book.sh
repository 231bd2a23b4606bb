#!/bin/sh
# Builds the book, and checks that the repository has every path it names and that its patch still fits.
set -eu
status=0
for path in $(grep -rhoE '\b(crates|assets|docs|deploy|tools|scripts|fuzz|book)/[A-Za-z0-9_./-]*[A-Za-z0-9_]' book/src --include='*.md' | sort -u); do
    # The file that the reader of "Change one stage" makes.
    [ "$path" = crates/talkinghead-motion/src/phrase_blinks.rs ] && continue
    [ -e "$path" ] || { echo "the book names $path, which is not there" >&2; status=1; }
done
git apply --check book/src/examples/phrase_blinks.patch || {
    echo "book/src/examples/phrase_blinks.patch no longer fits talkinghead-motion: make it anew with git diff -U1" >&2
    status=1
}
mdbook build book
exit "$status"
