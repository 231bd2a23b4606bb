#!/usr/bin/env python3
"""Lips found by two trackers against points that a person set by eye, on 20 frames of ten real clips.

    for each clip:  cargo run --release -p talkinghead-face --example dump_landmarks -- CLIPS/NAME.mp4 LANDMARKS/NAME.f32
    python tools/lip_points.py --clips CLIPS --landmarks LANDMARKS --measure measure.py

The points were set on mouths enlarged five to seven times, before either tracker's points were seen; they are good to about a pixel (1 to
2 % of the distance between the eyes). Needs Python with mediapipe, opencv and numpy.
"""
import argparse
import importlib.util
import pathlib

import numpy as np

# Clip and frame (25 a second): corner at image left, at image right, upper lip's lower edge and lower lip's upper edge in the middle;
# pixels of the frame.
POINTS = {
    ("hdtf_menendez", 23): [(191, 374), (304, 378), (247, 370.5), (247, 386.5)],
    ("hdtf_menendez", 57): [(198, 379), (295, 384), (248, 376), (248, 380)],
    ("ls_demo1", 23): [(219, 264), (293, 269), (256, 264.5), (256, 279)],
    ("ls_demo1", 57): [(187, 250), (258, 264), (224, 253), (221, 267)],
    ("mead_M026", 23): [(231, 372), (301, 367), (270, 360), (270, 360)],
    ("mead_M026", 57): [(228, 363), (304, 362), (266, 347), (266, 362.5)],
    ("mead_W040", 23): [(221, 310), (287, 303.5), (252, 302), (252, 304)],
    ("mead_W040", 57): [(216, 310), (291, 304), (252, 300.5), (253, 308)],
    ("vr_face5", 23): [(218, 384), (290, 375.5), (256, 378.5), (256, 378.5)],
    ("vr_face5", 57): [(219, 393), (309, 382.5), (263, 385), (265, 397)],
    ("vr_face4", 23): [(228, 279), (297, 286), (263, 277), (261, 291)],
    ("vr_face4", 57): [(223, 291), (292, 292), (257, 288), (257, 302.5)],
    ("may", 23): [(187, 340), (275, 326.5), (234, 323), (235, 332.5)],
    ("may", 57): [(208, 337), (280, 328.5), (246, 329.5), (246, 330)],
    ("kim", 23): [(215, 269), (275, 273.5), (246, 263), (246, 276)],
    ("kim", 57): [(223, 284), (291, 291), (259, 282.5), (258, 288)],
    ("hdtf_aoc", 23): [(248, 361), (350, 353), (299, 347), (297, 373)],
    ("hdtf_aoc", 57): [(241, 348), (345, 343), (294, 335), (294, 352.5)],
    ("vidtimit_fadg0", 23): [(230, 211), (279, 206.5), (255, 211), (256, 219.5)],
    ("vidtimit_fadg0", 57): [(229, 215), (278, 208.5), (256, 210), (257, 218.5)],
}
MESH = [61, 291, 13, 14]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", required=True)
    parser.add_argument("--landmarks", required=True)
    parser.add_argument("--measure", required=True)
    a = parser.parse_args()
    spec = importlib.util.spec_from_file_location("measure", a.measure)
    measure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(measure)
    errors, openings, widths = [], [], []
    for clip in sorted({clip for clip, _ in POINTS}):
        ours = np.fromfile(pathlib.Path(a.landmarks) / f"{clip}.f32", np.float32).reshape(-1, 478, 3)
        theirs = measure.track(pathlib.Path(a.clips) / f"{clip}.mp4")[0]
        for (name, frame), points in POINTS.items():
            if name != clip:
                continue
            hand = np.array(points, float)
            unit = np.linalg.norm(theirs[frame, 468, :2] - theirs[frame, 473, :2])
            found = [tracker[frame][MESH, :2] for tracker in (ours, theirs)]
            errors.append([np.linalg.norm(points - hand, axis=1) / unit * 100 for points in found])
            openings.append([np.linalg.norm(p[2] - p[3]) / unit for p in (hand, *found)])
            widths.append([np.linalg.norm(p[0] - p[1]) / unit for p in (hand, *found)])
    errors, openings, widths = map(np.array, (errors, openings, widths))
    for k, name in enumerate(("ours", "MediaPipe FaceMesh")):
        print(f"{name}: distance {errors[:, k].mean():.2f} % (corners {errors[:, k, :2].mean():.2f}, inner lips {errors[:, k, 2:].mean():.2f})",
              *(f"; {what} off by {np.abs(v[:, k + 1] - v[:, 0]).mean():.3f}, correlates {np.corrcoef(v[:, k + 1], v[:, 0])[0, 1]:.2f}"
                for what, v in (("opening", openings), ("width", widths))))


if __name__ == "__main__":
    main()
