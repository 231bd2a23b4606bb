//! Which frames, which box, which samples: everything that is chosen.

use serde_json::Value;

use super::clip::{GoldenClip, counts, numbers};
use crate::EvaluationError;
use crate::golden::report::{Report, largest_difference};
use talkinghead_dataset::clip::{AudioTail, CropJitter, audio_windows, frame_ranges, training_crop};
use talkinghead_dataset::geometry::{
    absolute_openness, farthest_reference, is_degenerate, key_frame, nearest_reference, rotation_difference, rotation_size,
    signed_openness, widest_mouths,
};

pub(super) fn check(golden: &GoldenClip, report: &mut Report) -> Result<(), EvaluationError> {
    let values = golden.values();
    if let Some(key) = values["key_frame"].as_u64() {
        report.same("key_frame", key_frame(&golden.rt) == Some(key as usize));
    }
    let mut series = |name: &str, ours: Vec<f64>, tolerance: f64| {
        if values[name].is_array() {
            report.add(name, largest_difference(&ours, &numbers(&values[name])), tolerance, "");
        }
    };
    series("rot_abs_sum", golden.rt.iter().map(rotation_size).collect(), 1e-6);
    series("openrate_signed", golden.clip.iter().map(|points| signed_openness(points)).collect(), 1e-5);
    series("openrate_abs", golden.clip.iter().map(|points| absolute_openness(points)).collect(), 1e-5);
    if values["find_largest_mouth_order"].is_array() {
        report.same("find_largest_mouth_order", widest_mouths(&golden.clip) == counts(&values["find_largest_mouth_order"]));
    }
    clean(golden, report);
    warp_references(golden, report);
    sampling(values, report);
    crops(golden, report);
    for (name, around) in [("audio_head_motion", 3), ("audio_demo_append1", 1)] {
        sound(name, around, &values[name], report);
    }
    Ok(())
}

fn clean(golden: &GoldenClip, report: &mut Report) {
    let case = &golden.values()["clean"];
    if case["kept"].is_array() {
        let zeroed = counts(&case["zeroed_frames"]);
        let kept: Vec<usize> =
            (0..golden.clip.len())
                .filter(|frame| {
                    if zeroed.contains(frame) { !is_degenerate(&[[0.0; 3]; 68]) } else { !is_degenerate(&golden.clip[*frame]) }
                })
                .collect();
        report.same("clean", kept == counts(&case["kept"]));
    }
}

fn warp_references(golden: &GoldenClip, report: &mut Report) {
    for (number, case) in golden.values()["warp_reference"].as_array().into_iter().flatten().enumerate() {
        let frames = counts(&case["refs"]);
        let target = case["target"].as_u64().unwrap_or(u64::MAX) as usize;
        let rows: Option<Vec<[f64; 6]>> = frames.iter().map(|&frame| golden.rt.get(frame).copied()).collect();
        let (Some(rows), Some(target)) = (rows, golden.rt.get(target)) else { continue };
        let distances: Vec<f64> = rows.iter().map(|row| rotation_difference(row, target)).collect();
        report.add(
            format!("warp_reference {number}, distance"),
            largest_difference(&distances, &numbers(&case["distance"])),
            1e-7,
            "radians",
        );
        let position = |key: &str| case[key].as_u64().map(|at| at as usize);
        report.same(
            format!("warp_reference {number}, positions"),
            nearest_reference(&rows, target) == position("nearest_position")
                && farthest_reference(&rows, target) == position("worst_position"),
        );
    }
}

fn sampling(values: &Value, report: &mut Report) {
    for (number, case) in values["sampling"].as_array().into_iter().flatten().enumerate() {
        let count = |key: &str| case[key].as_u64().unwrap_or(0) as usize;
        let ours = frame_ranges(count("frames"), count("shots"), 1, case["ref_ratio"].as_f64().unwrap_or(0.0));
        let pair = |range: std::ops::Range<usize>| vec![range.start, range.end];
        let agree = ours.is_some_and(|ours| {
            pair(ours.references) == counts(&case["references_from"]) && pair(ours.targets) == counts(&case["target_from"])
        });
        report.same(format!("sampling {number}"), agree);
    }
}

/// The jitter of a case of `train_crop`.
pub(super) fn jitter(case: &Value) -> Option<CropJitter> {
    let pair = |key: &str| <[f64; 2]>::try_from(numbers(&case[key])).ok();
    Some(CropJitter { scale: pair("scale")?, offset: pair("offset")? })
}

fn crops(golden: &GoldenClip, report: &mut Report) {
    for (number, case) in golden.values()["train_crop"].as_array().into_iter().flatten().enumerate() {
        let frame = case["frame"].as_u64().unwrap_or(u64::MAX) as usize;
        let Some(points) = golden.clip.get(frame) else { continue };
        let ours = training_crop(points, jitter(case));
        let ours = [ours.top, ours.bottom, ours.left, ours.right].map(|edge| edge as f64);
        report.add(format!("train_crop {number}"), largest_difference(&ours, &numbers(&case["y0_y1_x0_x1"])), 0.0, "pixels");
    }
}

fn sound(name: &str, around: usize, case: &Value, report: &mut Report) {
    if !case.is_object() {
        return;
    }
    let count = |key: &str| case[key].as_u64().unwrap_or(0) as usize;
    let chunk = count("chunk").max(1);
    let windows = audio_windows(count("samples"), chunk, around, count("frames"), AudioTail::BeforeLastSample);
    let ends = |last: bool| -> Vec<usize> {
        windows
            .iter()
            .flat_map(|window| window.chunks(chunk).map(move |part| if last { part[part.len() - 1] } else { part[0] }))
            .collect()
    };
    let agree =
        ends(false) == counts(&case["first_sample_of_each_chunk"]) && ends(true) == counts(&case["last_sample_of_each_chunk"]);
    report.same(name, agree);
}
