#!/bin/sh
# Makes the demo video from assets/demo and says where it is and how long it took.
#   PORTRAIT=picture or video   AUDIO=recording   OUTPUT=video
set -eu

portrait="${PORTRAIT:-assets/demo/hopper.jpg}"
audio="${AUDIO:-assets/demo/lj.wav}"
output="${OUTPUT:-out/demo.mp4}"
talkinghead="${CARGO_TARGET_DIR:-target}/release/talkinghead"

mkdir -p "$(dirname "$output")"
report="$("$talkinghead" generate --reference "$portrait" --audio "$audio" --output "$output" --json)"

# A number of the report, which is one JSON object.
number() {
    printf '%s' "$report" | tr -d '\n' | sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\([0-9.]*\).*/\1/p"
}

echo
echo "The video:         $output ($(number seconds) s, $(number frames) frames)"
printf 'It took:           %.1f s\n' "$(number elapsed_seconds)"
printf 'Real-time factor:  %.2f\n' "$(number real_time_factor)"
