#!/bin/sh
# Runs an evaluation suite and writes its table into docs/results.md, between the suite's marks, with the commit it was measured on.
#   SUITE=suites/projection.toml   MATERIAL=folder of the clips   WEIGHTS=of the neural renderer   WORK=folder for videos, report.html and run.json
set -eu

suite="${SUITE:-suites/projection.toml}"
name="$(basename "$suite" .toml)"
work="${WORK:-out/evaluate/$name}"
talkinghead="${CARGO_TARGET_DIR:-target}/release/talkinghead"
results=docs/results.md

commit="$(git rev-parse --short HEAD)"
git diff --quiet HEAD -- crates assets suites || commit="$commit and changes that are not committed"
grep -q "<!-- suite $name -->" "$results" || { echo "error: $results has no line <!-- suite $name -->" >&2; exit 1; }

mkdir -p "$work"
start="$(date +%s)"
# A clip that fails is told and left out; the table says how many there were.
"$talkinghead" evaluate --suite "$suite" ${MATERIAL:+--material "$MATERIAL"} ${WEIGHTS:+--weights "$WEIGHTS"} --work "$work" \
    --report "$work/report.html" --save "$work/run.json" >"$work/table.md" || [ -s "$work/table.md" ]
minutes="$(( ($(date +%s) - start + 30) / 60 ))"

{
    sed "/<!-- suite $name -->/q" "$results"
    echo "Measured on commit $commit by \`make evaluate SUITE=$suite\` ($minutes minutes)."
    echo
    cat "$work/table.md"
    sed -n "/<!-- end of suite $name -->/,\$p" "$results"
} >"$work/results.md"
cp "$work/results.md" "$results"
echo "The table: $results. The report: $work/report.html"
