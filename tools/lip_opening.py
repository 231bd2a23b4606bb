"""Learns assets/models/lip_opening.json: how far a mouth opens to a sound, from clip folders.

    talkinghead preprocess --dataset grid --input GRID --output clips/grid --keep-sound
    talkinghead preprocess --dataset videos --input ADDRESSES --output clips/addresses --keep-sound
    python tools/lip_opening.py clips/grid:1 clips/addresses:3 --only train.txt

Each argument is an output of `talkinghead preprocess` and how often its clips count. `--only` names a file with the
names of the clips to learn from, one a line. Needs numpy. The model and its use: crates/talkinghead-dataset/src/lip_opening.rs.
"""

import argparse
import json
import pathlib
import wave

import numpy as np

BANDS, WINDOW, CONTEXT, PER_FRAME = 24, 1024, 6, 640
RIDGE = 3000.0


def filters():
    mel = lambda hertz: 2595 * np.log10(1 + hertz / 700)
    edges = 700 * (10 ** (np.linspace(mel(80), mel(7600), BANDS + 2) / 2595) - 1)
    bins = np.arange(WINDOW // 2 + 1) * 16000 / WINDOW
    rows = []
    for left, middle, right in zip(edges, edges[1:], edges[2:]):
        rows.append(np.clip(np.minimum((bins - left) / (middle - left), (right - bins) / (right - middle)), 0, None))
    return np.array(rows)


def spectra(samples, frames):
    """[frames, BANDS], each band with mean 0 and deviation 1."""
    padded = np.concatenate([np.zeros(WINDOW // 2), samples, np.zeros(WINDOW)])
    window = np.hanning(WINDOW + 1)[:WINDOW]
    starts = [frame * PER_FRAME + PER_FRAME // 2 for frame in range(frames)]
    power = [np.abs(np.fft.rfft(padded[start : start + WINDOW] * window)) ** 2 for start in starts]
    bands = np.log(np.array(power) @ filters().T + 1e-4)
    return (bands - bands.mean(0)) / np.maximum(bands.std(0), 0.3)


def in_context(rows):
    padded = np.pad(rows, ((CONTEXT, CONTEXT), (0, 0)), mode="edge")
    return np.concatenate([padded[i : i + len(rows)] for i in range(2 * CONTEXT + 1)], axis=1)


def smoothed(signal, taps):
    half = taps // 2
    weights = np.array([0.25, 0.5, 0.25]) if taps == 3 else np.hanning(taps)
    padded = np.concatenate([signal[half:0:-1], signal, signal[-2 : -half - 2 : -1]])
    return np.convolve(padded, weights / weights.sum(), "valid")[: len(signal)]


def movement(signal):
    """Slow drifts removed, unit variance."""
    moved = smoothed(signal, 3) - smoothed(signal, 51)
    return np.clip((moved - moved.mean()) / max(moved.std(), 1e-9), -3, 3)


def clips(folder, only):
    for description in sorted(pathlib.Path(folder).glob("clips/**/clip.json")):
        clip = json.loads(description.read_text())
        if only is not None and clip["clip"] not in only:
            continue
        front = np.load(description.parent / clip["files"]["front"])
        with wave.open(str(description.parent / clip["files"]["audio"])) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768.0
        opening = front[:, 66, 1] - front[:, 62, 1]
        yield in_context(spectra(samples, len(opening))), movement(opening)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER:TIMES")
    parser.add_argument("--only", type=pathlib.Path)
    parser.add_argument("--output", default="assets/models/lip_opening.json")
    arguments = parser.parse_args()
    only = set(arguments.only.read_text().split("\n")) if arguments.only else None
    inputs, wanted = [], []
    for argument in arguments.folders:
        folder, _, times = argument.rpartition(":")
        for rows, opening in clips(folder, only):
            inputs += [rows] * int(times)
            wanted += [opening] * int(times)
    x, y = np.concatenate(inputs), np.concatenate(wanted)
    weights = np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ y)
    model = {"bands": BANDS, "context": CONTEXT, "weights": [round(float(weight), 5) for weight in weights]}
    pathlib.Path(arguments.output).write_text(json.dumps(model, separators=(",", ":")) + "\n")
    print(f"{len(inputs)} clips, {len(y)} frames: {arguments.output}")


if __name__ == "__main__":
    main()
