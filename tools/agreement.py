#!/usr/bin/env python3
"""How far `talkinghead evaluate` and another tracker (Python MediaPipe) agree on the same videos.

    talkinghead evaluate --suite suites/projection.toml --save run.json
    python tools/agreement.py --measure measure.py --run run.json [--most 20] [--cache FOLDER]

Prints one line a video and, at the end, one JSON object: per quantity the mean and largest difference and the correlation over videos.
Needs Python with mediapipe, onnxruntime, opencv and numpy.
"""
import argparse
import hashlib
import importlib.util
import json
import pathlib

import numpy as np


def load(path):
    spec = importlib.util.spec_from_file_location("measure", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--most", type=int, default=20)
    parser.add_argument("--cache", default="out/agreement")
    a = parser.parse_args()
    m = load(a.measure)
    cache = pathlib.Path(a.cache)
    cache.mkdir(parents=True, exist_ok=True)

    def measured(path):
        name = hashlib.sha256(f"{path}{pathlib.Path(path).stat().st_mtime}".encode()).hexdigest()[:16]
        if not (file := cache / f"{name}.npz").exists():
            landmarks, frames = m.track(path, keep=True)
            seen = [k for k in range(0, len(frames), 5) if not np.isnan(landmarks[k, 0, 0])]
            np.savez(file, landmarks=landmarks, faces=m.embed([m.face_chips(frames[k], landmarks[k]) for k in seen]))
        with np.load(file) as data:
            return data["landmarks"], data["faces"]

    run = json.loads(pathlib.Path(a.run).read_text())
    clips = [(job["name"], clip) for job in run.get("jobs", [{"name": "", **run}]) for clip in job["clips"] if clip.get("real")]
    # Spread over the jobs, so that good and bad videos are among them.
    clips = clips[:: max(1, len(clips) // a.most)][: a.most]
    rows = {}
    for job, clip in clips:
        (made, faces), (real, real_faces) = measured(clip["generated"]), measured(clip["real"])
        opening, true_opening = m.fill(m.opening(made)), m.fill(m.opening(real))
        pose, true_pose = (np.stack([m.fill(x) for x in m.pose(lm).T], 1) for lm in (made, real))
        count = min(len(pose), len(true_pose))
        other = {
            "lip_opening_correlation": m.corr(opening, true_opening) if opening.std() > 1e-6 else 0.0,
            "lip_width_correlation": m.corr(m.fill(m.width(made)), m.fill(m.width(real))),
            "lip_amplitude_ratio": float(opening.std() / true_opening.std()),
            "lip_lag_ms": 40.0 * m.lag(opening, true_opening),
            "identity_distance": float(np.linalg.norm(faces - real_faces.mean(0), axis=1).mean()),
        }
        for k, angle in enumerate(("yaw", "pitch", "roll")):
            other[f"pose_{angle}_sd_deg"] = float(pose[:, k].std())
            other[f"pose_{angle}_error_deg"] = float(np.abs(pose[:count, k] - true_pose[:count, k]).mean())
        told = []
        for name, value in other.items():
            if name in clip["metrics"]:
                rows.setdefault(name, []).append((clip["metrics"][name]["mean"], value))
                told.append(f"{name} {clip['metrics'][name]['mean']:.3f}/{value:.3f}")
        print(job, pathlib.Path(clip["generated"]).name, *told, flush=True)
    summary = {}
    for name, pairs in rows.items():
        ours, theirs = np.array(pairs).T
        r = float(np.corrcoef(ours, theirs)[0, 1]) if ours.std() > 1e-9 and theirs.std() > 1e-9 else None
        difference = np.abs(ours - theirs)
        summary[name] = {"videos": len(pairs), "ours": round(float(ours.mean()), 3), "theirs": round(float(theirs.mean()), 3),
                         "mean_difference": round(float(difference.mean()), 3), "largest_difference": round(float(difference.max()), 3),
                         "correlation": None if r is None else round(r, 3)}
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
