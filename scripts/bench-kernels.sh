#!/bin/sh
# Times the kernels and the networks on them, and PyTorch on the same work when PYTHON (default python3) has it.
set -eu
cd "$(dirname "$0")/.."
built="${CARGO_TARGET_DIR:-target}/release/examples"
python="${PYTHON:-python3}"
repetitions="${REPETITIONS:-10}"
weights="$(mktemp -d)/random.safetensors"
trap 'rm -rf "$(dirname "$weights")"' EXIT

torch() {
    if "$python" -c 'import torch' 2>/dev/null; then
        "$python" tools/bench_pytorch.py "$@"
    else
        echo "PyTorch is not installed for $python: not measured beside"
    fi
}

echo "convolutions"
"$built/convolution_speed" "$repetitions"
torch convolutions
echo "small U-Net"
"$built/measure_unet" "$repetitions"
torch unet
echo "full generator, 8 shots, 256x256"
"$built/random_checkpoint" "$weights"
for precision in f32 bf16; do
    echo "precision $precision"
    "$built/measure_generator" "$weights" 256 "$repetitions" "$precision"
done
torch generator
