#!/usr/bin/env python3
"""How generated heads compare with real ones: sizes, speed, spectrum, what follows the voice, unison, a classifier.

  head_motion.py --faces DIR --binary target/release/talkinghead --work OUT --split train|validation|test ... [--seeds 0 1 2] [--classify]
                 [--style] [--extra "FLAGS"] [--past CLIPS] [--finished]

DIR holds index.csv and clips of free speech. Real poses: `talkinghead motion --video`; generated ones: `talkinghead motion
--audio` on the same clip's sound. Face-aligned clips (pcavs) are left out: their heads were held still by the crop.
--style shows the program the first half of each clip as a reference video, and compares on the second half. --extra gives further flags
to `motion`, for instance another network's weights. --past names clip folders of `preprocess`, called as the recordings are: the paper's
network (--extra "--head-motion-weights FILE") goes on from the end of the person's own. It draws nothing, so one seed is enough.
--finished makes the videos and follows the heads in them, so that the tracker's errors (it takes some of the jaw for the head) are on both sides.
Needs numpy, scipy; --classify also scikit-learn and torch. Prints one JSON object.
"""
import argparse, csv, json, pathlib, subprocess
import numpy as np
from scipy.ndimage import gaussian_filter1d as smooth
from scipy.signal import butter, sosfiltfilt

LOW = butter(2, 6 / 12.5, output="sos")
HIGH = butter(2, 0.4 / 12.5, "high", output="sos")
BANDS = ((0, 0.5), (0.5, 1), (1, 2), (2, 4), (4, 13))


def standard(x):
    return (x - x.mean()) / (x.std() + 1e-9)


def track(path, command):
    if not path.exists():
        subprocess.run([*command, "--output", str(path)], check=True)
    frames = json.loads(path.read_text())["frames"]
    return np.array([[f["yaw"], f["pitch"], f["roll"]] for f in frames], float)


def listen(path, count):
    """Energy (log of amplitude), pitch (log, 0 unvoiced), voicing, change of energy: [count, 4], 25 a second."""
    data = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-ac", "1", "-ar", "16000", "-f", "f32le", "-"], capture_output=True).stdout
    x = np.frombuffer(data, np.float32)
    energy, pitch = [], []
    for k in range(min(count, len(x) // 640)):
        energy.append(np.log(np.sqrt((x[k * 640:(k + 1) * 640] ** 2).mean()) + 1e-5))
        piece = x[max(0, k * 640 - 192):k * 640 + 832]
        spectrum = np.fft.rfft(piece * np.hanning(len(piece)), 2048)
        echo = np.fft.irfft(np.abs(spectrum) ** 2)
        at = 40 + np.argmax(echo[40:228])
        pitch.append(16000 / at if echo[at] > 0.45 * echo[0] else 0.0)
    energy, pitch = smooth(np.array(energy), 1), np.array(pitch)
    voiced = pitch > 0
    log = np.where(voiced, np.log(np.maximum(pitch, 1)), 0)
    log = np.where(voiced, log - (log[voiced].mean() if voiced.any() else 0), 0)
    change = np.log(smooth(np.abs(np.gradient(energy)), 2) + 0.02)
    return np.column_stack([standard(np.maximum(energy, energy.max() - 5)), 5 * smooth(log, 1), smooth(voiced.astype(float), 1), standard(change)])


def windows(a, length=200):
    length = min(length, len(a))
    return [a[i:i + length] for i in range(0, len(a) - length + 1, length)]


def figures(a):
    """Per axis: s.d., mean speed, speed over s.d., kurtosis of velocity, autocorrelation at 0.2 s, share of 2 to 6 Hz, five bands."""
    v = np.diff(sosfiltfilt(LOW, a, axis=0), axis=0)
    d = a - a.mean(0)
    speed = np.abs(v).mean(0) * 25
    power = np.abs(np.fft.rfft(d * np.hanning(len(d))[:, None], axis=0)) ** 2
    f = np.fft.rfftfreq(len(d), 1 / 25)
    share = power[(f >= 2) & (f <= 6)].sum(0) / power.sum(0)
    bands = [power[(f > low) & (f <= high)].sum(0) / power[1:].sum(0) for low, high in BANDS]
    kurtosis = ((v - v.mean(0)) ** 4).mean(0) / v.var(0) ** 2
    return np.array([a.std(0), speed, speed / a.std(0), kurtosis, (d[5:] * d[:-5]).mean(0) / d.var(0), share, *bands])


def context(x, reach=35, step=2):
    padded = np.pad(x, ((reach, reach), (0, 0)), mode="edge")
    return np.concatenate([padded[reach + o:reach + o + len(x)] for o in range(-reach, reach + 1, step)], 1)


def targets(a):
    fast = sosfiltfilt(HIGH, a, axis=0)
    speed = np.log(np.sqrt((np.gradient(a, axis=0) ** 2).sum(1)) * 25 + 0.5)
    return np.column_stack([fast / fast.std(0), standard(smooth(speed, 3))])


def ridge(pairs, halves, penalty=300):
    """Correlation of yaw, pitch, roll (above 0.4 Hz) and log of speed with what ridge regression on the sound, learned on
    the other half of the clips, says of them; mean over clips."""
    found = []
    for half in (0, 1):
        learn = [p for p, h in zip(pairs, halves) if h != half]
        x = np.concatenate([context(s) for s, _ in learn])
        y = np.concatenate([t for _, t in learn])
        mean = x.mean(0)
        w = np.linalg.solve((x - mean).T @ (x - mean) + penalty * np.eye(x.shape[1]), (x - mean).T @ (y - y.mean(0)))
        for s, t in (p for p, h in zip(pairs, halves) if h == half):
            said = (context(s) - mean) @ w
            found.append([np.corrcoef(said[:, k], t[:, k])[0, 1] for k in range(4)])
    return np.mean(found, 0).round(3).tolist()


def together(heads, length=125):
    """Mean and s.d. over pairs of the correlation of yaw, pitch, roll over the first five seconds."""
    heads = [h[:length] for h in heads if len(h) >= length]
    r = np.array([[np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(3)] for i, a in enumerate(heads) for b in heads[:i]])
    return {"mean": r.mean(0).round(3).tolist(), "sd": r.std(0).round(2).tolist(), "heads": len(heads)}


def diversity(by_seed, real, length=125):
    """How far apart two seeds of one recording are, over how far apart two real clips are: root mean square of the difference of
    yaw, pitch, roll about their means over the first five seconds, mean over pairs."""
    apart = lambda a, b: np.sqrt((((a - a.mean(0)) - (b - b.mean(0))) ** 2).mean(0))
    cut = [h[:length] for h in real if len(h) >= length]
    between = np.mean([apart(a, b) for i, a in enumerate(cut) for b in cut[:i]], 0)
    seeds = list(by_seed)
    pairs = [(x[:length], y[:length]) for i, s in enumerate(seeds) for t in seeds[:i] for x, y in zip(by_seed[s], by_seed[t]) if len(x) >= length]
    return (np.mean([apart(x, y) for x, y in pairs], 0) / between).round(2).tolist()


def finished(path, clip, spoken, flags, seed, binary):
    """A video of the clip's first frame that speaks the sound, its head followed as the real one's is."""
    picture, video = path.with_suffix(".png"), path.with_suffix(".mp4")
    if not path.exists():
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(clip), "-frames:v", "1", str(picture)], check=True)
        command = [binary, "-q", "generate", "--reference", str(picture), "--audio", str(spoken), "--seed", str(seed), "--output", str(video), *flags]
        subprocess.run(command, check=True)
    return track(path, [binary, "-q", "motion", "--video", str(video)])


def halves_of(clip, work):
    """The clip's first half, a video, and the sound of its second half; where that begins, in frames."""
    seconds = float(subprocess.run(["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(clip)], capture_output=True, text=True).stdout)
    cut = round(seconds / 2 * 25) / 25
    first, second = work / f"{clip.stem}_first.mp4", work / f"{clip.stem}_second.wav"
    if not second.exists():
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(clip), "-t", str(cut), "-c:v", "libx264", "-crf", "14", str(first)], check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", str(cut), "-i", str(clip), "-ar", "16000", "-ac", "1", str(second)], check=True)
    return first, second, round(cut * 25)


def describe(w):
    v, a = np.diff(w, axis=0), np.diff(w, 2, axis=0)
    f = figures(w)
    parts = [np.log(w.std(0) + 0.05), np.log(np.abs(v).mean(0) + 0.02), np.log(np.abs(a).mean(0) + 0.01), f[3], f[4], np.log(f[5:10] + 1e-4)]
    corner = lambda c: [c[0, 1], c[0, 2], c[1, 2]]
    return np.concatenate([np.ravel(p) for p in parts] + [corner(np.corrcoef(w.T)), corner(np.corrcoef(v.T))])


def classify(real, generated, seed=0):
    """AUC of logistic regression and of a GRU that tell real windows of 4 s from generated ones, cross-validated by person.
    Both sides are smoothed alike (0.8 frames), so that the tracker's jitter tells nothing."""
    import torch
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    cut = lambda a: [a[i:i + 100] - a[i:i + 100].mean(0) for i in range(0, len(a) - 99, 50)]
    rows = [(w, 1, who) for who, a in real for w in cut(smooth(a, 0.8, axis=0))]
    rows += [(w, 0, who) for who, a in generated for w in cut(smooth(a, 0.8, axis=0))]
    y, who = np.array([r[1] for r in rows]), np.array([r[2] for r in rows])
    x = np.array([describe(r[0]) for r in rows])
    series = np.array([np.column_stack([r[0], np.gradient(r[0], axis=0) * 8]) for r in rows], np.float32) / 3
    people = np.unique(who)
    np.random.default_rng(seed).shuffle(people)
    plain, deep = np.zeros(len(y)), np.zeros(len(y))
    for part in np.array_split(people, min(5, len(people))):
        test = np.isin(who, part)
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, class_weight="balanced", max_iter=500))
        plain[test] = model.fit(x[~test], y[~test]).decision_function(x[test])
        torch.manual_seed(0)
        gru, out = torch.nn.GRU(6, 24, batch_first=True), torch.nn.Linear(48, 1)
        run = lambda s: out(torch.cat([gru(s)[0].mean(1), gru(s)[0].max(1).values], 1))[:, 0]
        optimiser = torch.optim.AdamW([*gru.parameters(), *out.parameters()], 3e-3, weight_decay=0.05)
        s, t = torch.tensor(series[~test]), torch.tensor(y[~test]).float()
        weight = torch.where(t > 0, (t == 0).sum() / (t > 0).sum(), torch.tensor(1.0))
        for _ in range(40):
            order = torch.randperm(len(s))
            for i in range(0, len(s), 64):
                j = order[i:i + 64]
                mirror = torch.tensor([-1.0, 1, -1] * 2) if torch.rand(1) < 0.5 else torch.ones(6)
                loss = torch.nn.functional.binary_cross_entropy_with_logits(run((s[j] + 0.02 * torch.randn_like(s[j])) * mirror), t[j], weight[j])
                optimiser.zero_grad(), loss.backward(), optimiser.step()
        with torch.no_grad():
            deep[test] = run(torch.tensor(series[test])).numpy()
    auc = lambda score: round(float(roc_auc_score(y, score)), 3)
    return {"real_windows": int(y.sum()), "generated_windows": int((y == 0).sum()), "logistic": auc(plain), "gru": auc(deep)}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--faces", type=pathlib.Path, required=True)
    p.add_argument("--binary", required=True)
    p.add_argument("--work", type=pathlib.Path, required=True)
    p.add_argument("--split", required=True, nargs="+")
    p.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    p.add_argument("--classify", action="store_true")
    p.add_argument("--style", action="store_true")
    p.add_argument("--extra", default="")
    p.add_argument("--past", type=pathlib.Path)
    p.add_argument("--finished", action="store_true")
    a = p.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    rows = [r for r in csv.DictReader(open(a.faces / "index.csv")) if r["kind"] == "clip" and r["split"] in a.split and r["file"].endswith(".mp4") and "pcavs" not in r["file"]]
    real, made, pairs, shuffled, real_pairs, halves, by_seed = [], [], [], [], [], [], {s: [] for s in a.seeds}
    for number, row in enumerate(rows):
        clip, name = a.faces / row["file"], pathlib.Path(row["file"]).stem
        head = track(a.work / f"{name}_real.json", [a.binary, "-q", "motion", "--video", str(clip)])
        spoken, shown = clip, a.extra.split()
        if a.past:
            shown += ["--head-motion-past", str(a.past / name)]
        if a.style:
            first, spoken, start = halves_of(clip, a.work)
            head, shown = head[start:], [*shown, "--reference", str(first)]
        sound = listen(spoken, len(head))
        head = head[:len(sound)]
        if len(head) < 100:
            continue
        real.append((row["identity"], head))
        real_pairs.append((sound, targets(smooth(head, 0.8, axis=0))))
        for seed in a.seeds:
            path = a.work / f"{name}_{seed}.json"
            if a.finished:
                drawn = finished(path, clip, spoken, shown, seed, a.binary)[:len(sound)]
            else:
                drawn = track(path, [a.binary, "-q", "motion", "--audio", str(spoken), "--seed", str(seed), *shown])[:len(sound)]
            by_seed[seed].append(drawn)
            made.append((row["identity"], drawn))
            t = targets(smooth(drawn, 0.5, axis=0))
            pairs.append((sound[:len(t)], t))
            shuffled.append((np.roll(sound[:len(t)], len(t) // 2 + 11 * seed, axis=0), t))
            halves.append(len(real) % 2)
    median = lambda heads: np.median([figures(w) for _, h in heads for w in windows(smooth(h, 0.5, axis=0))], 0)
    r, g = median(real), median(made)
    names = ["deviation_deg", "speed_deg_s", "speed_over_deviation", "kurtosis_of_velocity", "autocorrelation_0.2_s", "share_2_to_6_hz"]
    seeds = [[np.corrcoef(x[:, k], y[:, k])[0, 1] for k in range(3)] for i, s in enumerate(a.seeds) for t in a.seeds[:i] for x, y in zip(by_seed[s], by_seed[t])]
    report = {
        "clips": len(real),
        "real": dict(zip(names, r[:6].round(3).tolist())), "generated": dict(zip(names, g[:6].round(3).tolist())),
        "generated_over_real": dict(zip(names, (g[:6] / r[:6]).round(2).tolist())),
        "ridge_from_sound_yaw_pitch_roll_speed": {"generated": ridge(pairs, halves), "generated_other_time": ridge(shuffled, halves), "real": ridge(real_pairs, [k % 2 for k in range(len(real))])},
        "between_recordings": {f"seed {s}": together(by_seed[s]) for s in a.seeds}, "between_real_clips": together([h for _, h in real]),
        "diversity_of_seeds_over_real_clips": diversity(by_seed, [h for _, h in real]) if seeds else None,
        "between_seeds": np.mean(seeds, 0).round(3).tolist() if seeds else None,
    }
    if a.classify:
        report["area_under_curve"] = classify(real, made)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
