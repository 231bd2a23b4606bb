"""Makes crates/talkinghead-evaluation/tests/fixtures/pictures: pairs of pictures and what other implementations say of them.

    python tools/picture_metrics.py pairs assets/demo          # numpy, pillow, scikit-image, scipy, cpbd (code only)
    python tools/picture_metrics.py ms-ssim                    # tensorflow-cpu, pillow

SSIM: skimage.metrics.structural_similarity(channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5,
use_sample_covariance=False); PSNR: skimage.metrics.peak_signal_noise_ratio(data_range=255); CPBD: the package `cpbd` 1.0.7 on
Pillow's mode L; MS-SSIM: tf.image.ssim_multiscale(max_val=255).
"""

import json
import pathlib
import sys

import numpy as np
from PIL import Image, ImageFilter

OUT = pathlib.Path(__file__).resolve().parent.parent / "crates/talkinghead-evaluation/tests/fixtures/pictures"
SIDE = 192


def damaged(picture, kind, random):
    array = np.asarray(picture, np.float64)
    if kind == "noise":
        return Image.fromarray(np.clip(array + random.normal(0, 12, array.shape), 0, 255).astype(np.uint8))
    if kind == "blur":
        return picture.filter(ImageFilter.GaussianBlur(2.0))
    if kind == "light":
        return Image.fromarray(np.clip(array * 0.9 + 14, 0, 255).astype(np.uint8))
    if kind == "shift":
        return Image.fromarray(np.roll(np.asarray(picture), (1, 3), (0, 1)))
    raise ValueError(kind)


def pairs(demo):
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    cpbd = load_cpbd()
    OUT.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    expected = {}
    crops = [("hopper", (0.1, 0.02, 0.95)), ("johnson", (0.05, 0.0, 0.9)), ("lincoln", (0.15, 0.05, 0.8)),
             ("ride", (0.1, 0.05, 0.85)), ("hopper", (0.3, 0.2, 0.4))]
    for index, (name, (left, top, share)) in enumerate(crops):
        whole = Image.open(pathlib.Path(demo) / f"{name}.jpg").convert("RGB")
        side = int(min(whole.size) * share)
        x, y = int(left * whole.width), int(top * whole.height)
        # One of them has odd sides.
        size = (SIDE, SIDE) if index else (187, 173)
        clean = whole.crop((x, y, x + side, y + side)).resize(size, Image.LANCZOS)
        clean.save(OUT / f"{index}.png", optimize=True)
        for kind in ("noise", "blur", "light", "shift"):
            other = damaged(clean, kind, random)
            # Losses of a JPEG are losses like others; as fixtures they are small.
            path = OUT / f"{index}_{kind}.jpg"
            other.save(path, quality=90, subsampling=0)
            other.close()
        expected[f"{index}.png"] = {"cpbd": float(cpbd(np.asarray(clean.convert("L"))))}
    # The JPEGs become PNGs so that decoders do not matter.
    for path in sorted(OUT.glob("*.jpg")):
        clean = Image.open(OUT / f"{path.stem.split('_')[0]}.png")
        other = Image.open(path).convert("RGB").quantize(96, dither=Image.Dither.NONE).convert("RGB")
        other = other.quantize(96)
        other.save(path.with_suffix(".png"), optimize=True)
        path.unlink()
        other = other.convert("RGB")
        a, b = np.asarray(clean), np.asarray(other)
        expected[path.stem + ".png"] = {
            "psnr_db": float(peak_signal_noise_ratio(a, b, data_range=255)),
            "ssim": float(structural_similarity(a, b, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5,
                                                use_sample_covariance=False)),
            "cpbd": float(cpbd(np.asarray(other.convert("L")))),
        }
    write(expected)


def load_cpbd():
    """The package imports a reader that scipy no longer has; its code is what counts."""
    import scipy.ndimage
    import skimage.filters.edges

    scipy.ndimage.imread = None
    import cpbd

    return cpbd.compute


def ms_ssim():
    import tensorflow as tf

    expected = json.loads((OUT / "expected.json").read_text())
    for name in expected:
        if "_" in name:
            clean = Image.open(OUT / f"{name.split('_')[0]}.png").convert("RGB")
            a, b = (np.asarray(p, np.float32) for p in (clean, Image.open(OUT / name).convert("RGB")))
            expected[name]["ms_ssim"] = float(tf.image.ssim_multiscale(a, b, 255.0))
    write(expected)


def write(expected):
    (OUT / "expected.json").write_text(json.dumps(dict(sorted(expected.items())), indent=1) + "\n")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "pairs":
        pairs(sys.argv[2])
    elif sys.argv[1:] == ["ms-ssim"]:
        ms_ssim()
    else:
        sys.exit(__doc__)
