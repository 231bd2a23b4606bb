#!/bin/sh
# The whole published path, small: a corpus of one clip in GRID's layout is preprocessed, a small generator learns from it, is killed with
# `kill -9` in the middle and goes on, becomes a weights file, and makes videos from the clip's own file set and from a recording.
#
#   sh scripts/published-path.sh [OUTPUT]
#
# TALKINGHEAD: the program (default: talkinghead of the PATH, or target/release/talkinghead). CLIP: a video of somebody speaking in the place of
# the made one. STEPS: steps of training, 60. RECIPE: recipes/small.toml.
set -eu
cd "$(dirname "$0")/.."
output="${1:-out/published-path}"
steps="${STEPS:-60}"
recipe="${RECIPE:-recipes/small.toml}"
program="${TALKINGHEAD:-$(command -v talkinghead || echo target/release/talkinghead)}"
rm -rf "$output"
mkdir -p "$output/corpus/s1"

if [ -n "${CLIP:-}" ]; then
    cp "$CLIP" "$output/corpus/s1/bbaf2n.${CLIP##*.}"
else
    # A portrait that drifts while a recording plays.
    ffmpeg -y -v error -loop 1 -framerate 25 -i assets/demo/hopper.jpg -ss 1 -t 3 -i assets/demo/jfk.wav \
        -vf "scale=400:400,crop=360:288:20+16*sin(3*t):30+12*cos(2*t),format=yuv420p" -frames:v 75 \
        -c:v mpeg1video -q:v 2 "$output/corpus/s1/bbaf2n.mpg"
fi

"$program" preprocess --dataset grid --input "$output/corpus" --output "$output/clips"
clip="$(find "$output/clips/clips" -name '*_aligned.mp4' -exec dirname {} \; | head -n 1)"

# Every published flag. $1: exec, which puts the program in the place of a background job's shell, so that killing the job kills the
# program and waiting for it waits until the program has let go of its run folder; or command.
train() {
    run="$1"
    shift
    "$run" "$program" train generator --data "$clip" --run "$output/run" --recipe "$recipe" --steps "$steps" --device cpu \
        --use-new --adaptive-spade --warp-ref --warp-ani --spade-combine --add-raw-loss --crop-ref --no-warp=false --no-atten=false \
        --shots 2 --target-frames 1 --batch 2 --workers 1 --epochs 100 --single-frame-epochs 1001 --serial=false \
        --save-every 10 --save-every-epochs 5 --picture-every 20 "$@"
}
train exec &
pid=$!
while ! ls "$output"/run/checkpoints/*.json >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || { echo "training ended before it could be killed" >&2; exit 1; }
    sleep 0.2
done
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
echo "killed with kill -9 after a checkpoint: $(ls "$output"/run/checkpoints)"
train command --resume

"$program" export "$output/run" --floats f16 --output "$output/weights.safetensors"
"$program" generate --demo "$clip" --weights "$output/weights.safetensors" --ref-img-id "0,10" --output "$output/demo.mp4"
"$program" generate --demo "$clip" --weights "$output/weights.safetensors" --comparison --how-many 8 --output "$output/comparison.mp4"
"$program" generate --renderer neural --weights "$output/weights.safetensors" --reference assets/demo/hopper.jpg \
    --audio assets/demo/jfk.wav --max-seconds 60 --output "$output/speech.mp4"
for video in demo comparison speech; do
    frames="$(ffprobe -v error -select_streams v -count_frames -show_entries stream=nb_read_frames -of csv=p=0 "$output/$video.mp4")"
    echo "$output/$video.mp4: $frames frames"
    [ "$frames" -gt 0 ]
done
