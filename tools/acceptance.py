#!/usr/bin/env python3
"""Runs the release binary on held-out clips and measures what comes out with an independent tracker.

  acceptance.py --faces DIR --measure measure.py --binary target/release/talkinghead --work OUT lips-grid [N]
  acceptance.py ... lips-free | identity | head | shots

Needs Python with mediapipe, opencv and numpy; DIR is a folder with an index.csv (file, kind, split, sync, …).
Prints one JSON object; every generated video stays in OUT, so that a person can look at it.
"""
import argparse, csv, importlib.util, json, pathlib, subprocess, sys
import numpy as np

CLOSURE_WORDS = {"bin", "blue", "by", "place", "please", "b", "p"}  # lips closed at the word's start


def load(path):
    spec = importlib.util.spec_from_file_location("measure", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Bench:
    def __init__(self, a):
        self.faces, self.work, self.binary = pathlib.Path(a.faces), pathlib.Path(a.work), a.binary
        self.work.mkdir(parents=True, exist_ok=True)
        self.m = load(a.measure)
        self.extra = a.extra.split() if a.extra else []
        self.rows = list(csv.DictReader(open(self.faces / "index.csv")))

    def clips(self, kind, split):
        return [r for r in self.rows if r["kind"] == kind and r["split"] == split]

    def track(self, path, fresh=False):
        path = pathlib.Path(path)
        cache = self.work / "tracks" / (str(path).strip("/").replace("/", "_") + ".npy")
        cache.parent.mkdir(exist_ok=True)
        if fresh or not cache.exists() or cache.stat().st_mtime < path.stat().st_mtime:
            np.save(cache, self.m.track(path)[0])
        return np.load(cache)

    def first_frame(self, clip):
        out = self.work / "frames" / (clip.stem + "_" + clip.parent.name + ".png")
        out.parent.mkdir(exist_ok=True)
        if not out.exists():
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(clip), "-frames:v", "1", str(out)], check=True)
        return out

    def generate(self, out, reference, audio, *more):
        out = self.work / out
        newest = pathlib.Path(self.binary).stat().st_mtime
        if not out.exists() or out.stat().st_mtime < newest:
            out.parent.mkdir(parents=True, exist_ok=True)
            references = reference if isinstance(reference, list) else [reference]
            command = [self.binary, "generate", "--audio", str(audio), "--output", str(out), *self.extra, *map(str, more)]
            for r in references:
                command += ["--reference", str(r)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{' '.join(command)}\n{done.stderr}")
        return out

    def openings(self, path):
        t = self.track(path)
        return self.m.fill(self.m.opening(t)), self.m.fill(self.m.width(t))

    def compare(self, generated, real, mean=None):
        (g, gw), (r, rw) = self.openings(generated), self.openings(real)
        out = {"opening": self.m.corr(g, r), "width": self.m.corr(gw, rw), "lag": self.m.lag(g, r),
               "amplitude": float(g.std() / (r.std() + 1e-9))}
        if mean is not None:
            n = min(len(g), len(r), len(mean))
            c = mean[:n] - mean[:n].mean()
            residual = lambda x: x[:n] - c * ((x[:n] - x[:n].mean()) @ c) / (c @ c)
            out["residual"] = self.m.corr(residual(g), residual(r))
        return out


def closures(bench, clip, generated):
    align = clip.with_suffix(".align")
    if not align.exists():
        return []
    g = bench.openings(generated)[0]
    bar = g.min() + 0.2 * (g.max() - g.min())
    hits = []
    for line in align.read_text().split("\n"):
        part = line.split()
        if len(part) == 3 and part[2] in CLOSURE_WORDS:
            k = round(int(part[0]) / 1000)
            around = g[max(0, k - 1):k + 2]
            if len(around):
                hits.append(bool(around.min() <= bar))
    return hits


def mean(rows, key):
    values = [r[key] for r in rows if key in r]
    return round(float(np.mean(values)), 3) if values else None


def lips(bench, rows, name, wrong, mean_curve=None):
    out, hits = [], []
    for i, row in enumerate(rows):
        clip = bench.faces / row["file"]
        other = bench.faces / rows[(i + len(rows) // 2) % len(rows)]["file"]
        stem = row["file"].replace("/", "_").rsplit(".", 1)[0]
        g = bench.generate(f"{name}/{stem}.mp4", bench.first_frame(clip), clip)
        r = {"clip": row["file"], **bench.compare(g, clip, mean_curve)}
        if wrong:
            w = bench.generate(f"{name}/{stem}_wrong.mp4", bench.first_frame(clip), other)
            r["wrong"] = bench.compare(w, clip)["opening"]
        h = closures(bench, clip, g)
        if h:
            r["closures"] = f"{sum(h)}/{len(h)}"
        hits += h
        out.append(r)
        print(json.dumps(r), file=sys.stderr, flush=True)
    keys = ["opening", "width", "residual", "wrong", "amplitude"]
    total = {k: mean(out, k) for k in keys} | {"lags": sorted(r["lag"] for r in out), "clips": len(out)}
    if hits:
        total["closures"] = round(float(np.mean(hits)), 3)
        total["closure_events"] = len(hits)
    return total


def lips_grid(bench, n):
    train = [bench.faces / r["file"] for r in bench.clips("grid", "train")]
    cache = bench.work / "grid_mean.npy"
    if not cache.exists():
        curves = [bench.openings(c)[0] for c in train[::2]]
        length = min(map(len, curves))
        np.save(cache, np.mean([c[:length] for c in curves], 0))
    rows = bench.clips("grid", "test")[:n]
    return lips(bench, rows, "grid", True, np.load(cache))


def lips_free(bench, n):
    rows = [r for r in bench.clips("clip", "test") if r["sync"] != "weak"][:n]
    return lips(bench, rows, "free", True)


def portraits(bench, n):
    """Identity, sharpness and head statistics of demo portraits speaking demo recordings."""
    audio = bench.faces / "audio/lj001-0001_f.wav"
    out = []
    for row in [r for r in bench.rows if r["kind"] == "portrait" and r["file"].startswith("portraits/")][:n]:
        picture = bench.faces / row["file"]
        result = {"portrait": row["file"]}
        videos = {}
        for mode in ("audio", "still"):
            videos[mode] = bench.generate(f"portraits/{picture.stem}_{mode}.mp4", picture, audio, "--head-motion", mode, "--seed", 7)
            s = bench.m.stats(argparse.Namespace(video=str(videos[mode]), reference=str(picture)))
            result[mode] = {k: s.get(k) for k in ("pose_sd_deg", "pose_jump_max_deg", "identity_distance", "sharpness_ratio", "frozen_frames")}
        a, b = (bench.m.fill(bench.m.opening(bench.track(videos[k], True))) for k in ("audio", "still"))
        result["lips_audio_vs_still"] = bench.m.corr(a, b)
        out.append(result)
        print(json.dumps(result), file=sys.stderr, flush=True)
    return {"identity": round(float(np.mean([r["audio"]["identity_distance"] for r in out])), 3),
            "sharpness": [round(r["audio"]["sharpness_ratio"], 2) for r in out],
            "jump_max": max(r["audio"]["pose_jump_max_deg"] for r in out),
            "lips_audio_vs_still_min": min(r["lips_audio_vs_still"] for r in out), "portraits": len(out)}


def shots(bench, n):
    """SSIM of generated against real frames with the same motion track, for 1, 2, 4 and 8 shots."""
    import cv2
    def ssim(a, b):
        a, b = (cv2.cvtColor(x, cv2.COLOR_BGR2GRAY).astype(np.float64) for x in (a, b))
        blur = lambda x: cv2.GaussianBlur(x, (11, 11), 1.5)
        ma, mb = blur(a), blur(b)
        va, vb, cab = blur(a * a) - ma * ma, blur(b * b) - mb * mb, blur(a * b) - ma * mb
        return ((2 * ma * mb + 6.5025) * (2 * cab + 58.5225)) / ((ma * ma + mb * mb + 6.5025) * (va + vb + 58.5225))
    rows = [r for r in bench.clips("clip", "test") if "pcavs" not in r["file"]][:n]
    table = {}
    for row in rows:
        clip = bench.faces / row["file"]
        track = bench.work / "shots" / (clip.stem + ".json")
        track.parent.mkdir(exist_ok=True)
        subprocess.run([bench.binary, "motion", "--video", str(clip), "--output", str(track)], check=True, capture_output=True)
        real, lm = list(bench.m.frames(clip)), bench.track(clip)
        for k in (1, 2, 4, 8):
            g = bench.generate(f"shots/{clip.stem}_{k}.mp4", clip, clip, "--shots", k, "--motion", track)
            scores = []
            for f, r, p in zip(bench.m.frames(g), real, lm):
                if f.shape != r.shape or np.isnan(p[0, 0]):
                    continue
                x0, y0 = np.maximum(p[:, :2].min(0), 0).astype(int); x1, y1 = p[:, :2].max(0).astype(int)
                scores.append(ssim(f, r)[y0:y1, x0:x1].mean())
            table.setdefault(clip.stem, {})[k] = round(float(np.mean(scores)), 4)
        print(clip.stem, table[clip.stem], file=sys.stderr, flush=True)
    return table


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--faces", required=True); p.add_argument("--measure", required=True); p.add_argument("--binary", default="target/release/talkinghead")
    p.add_argument("--work", default="out/acceptance"); p.add_argument("--extra", default="", help="further flags for generate")
    p.add_argument("suite", choices=["lips-grid", "lips-free", "portraits", "shots"]); p.add_argument("n", type=int, nargs="?")
    a = p.parse_args()
    suites = {"lips-grid": (lips_grid, 20), "lips-free": (lips_free, 99), "portraits": (portraits, 99), "shots": (shots, 5)}
    run, n = suites[a.suite]
    print(json.dumps(run(Bench(a), a.n or n)))


if __name__ == "__main__":
    main()
