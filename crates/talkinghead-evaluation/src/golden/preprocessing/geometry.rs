//! Rigid fit, posing, smoothing, mesh, crop rule.

use talkinghead_dataset::geometry::{fit_affine, key_frame, posed, resize_bilinear};
use talkinghead_face::{CropMode, EyeCentre, FaceCrop, FlatLandmarks68, HannWindow, Landmarks68, ReferencePose};

use super::clip::{GoldenClip, numbers};
use crate::EvaluationError;
use crate::golden::report::{Report, largest_difference};

pub(super) fn check(golden: &GoldenClip, report: &mut Report) -> Result<(), EvaluationError> {
    poses(golden, report)?;
    smoothing(golden, report)?;
    mesh(golden, report)?;
    tracker(golden, report)
}

fn flat<P: AsRef<[[f64; 3]]>>(frames: &[P]) -> Vec<f64> {
    frames.iter().flat_map(|points| points.as_ref().iter().flatten().copied()).collect()
}

fn poses(golden: &GoldenClip, report: &mut Report) -> Result<(), EvaluationError> {
    let Some(standard) = golden.folder.points("standard_face")?.and_then(|points| Landmarks68::try_from(points).ok()) else {
        return Ok(());
    };
    let clip: Vec<Landmarks68> = golden.clip.iter().filter_map(|points| points.as_slice().try_into().ok()).collect();
    let poses: Vec<ReferencePose> = clip.iter().map(|points| ReferencePose::fit(points, &standard)).collect();
    let part = |range: std::ops::Range<usize>| {
        let ours: Vec<f64> = poses.iter().flat_map(|pose| pose.to_rt()[range.clone()].to_vec()).collect();
        let theirs: Vec<f64> = golden.rt.iter().flat_map(|row| row[range.clone()].to_vec()).collect();
        largest_difference(&ours, &theirs)
    };
    report.add("rt, rotation", part(0..3), 1e-6, "radians");
    report.add("rt, translation", part(3..6), 1e-6, "pixels");
    let front: Vec<Landmarks68> = poses.iter().zip(&clip).map(|(pose, points)| pose.to_front(points)).collect();
    if let Some(theirs) = golden.folder.array("front")? {
        report.add("front", largest_difference(&flat(&front), &theirs.values), 1e-6, "pixels");
    }
    let again: Vec<Landmarks68> = poses.iter().zip(&front).map(|(pose, points)| pose.to_posed(points)).collect();
    report.add("posing the front landmarks again", largest_difference(&flat(&again), &flat(&clip)), 1e-4, "pixels");
    if let (Some(theirs), Some(key)) = (golden.folder.array("animation_landmarks")?, key_frame(&golden.rt)) {
        let ours: Vec<Landmarks68> = golden.rt.iter().map(|row| ReferencePose::from_rt(*row).to_posed(&front[key])).collect();
        report.add("animation_landmarks", largest_difference(&flat(&ours), &theirs.values), 1e-6, "pixels");
    }
    Ok(())
}

fn smoothing(golden: &GoldenClip, report: &mut Report) -> Result<(), EvaluationError> {
    let signals = &golden.values()["smooth"];
    let signal = numbers(&signals["x"]);
    let count = signal.len() as i64;
    // On which samples the values are centred: the whole convolution reaches beyond the ends; the reference's head-motion tool is
    // late by one.
    let cases = [
        ("hann5_trimmed", 5, 0..count),
        ("hann11_full", 11, -5..count + 5),
        ("hann11_head_motion", 11, -1..count - 1),
        ("hann21_head_motion", 21, -1..count - 1),
    ];
    for (name, width, centres) in cases {
        if signals[name].is_array() {
            let window = HannWindow::new(width);
            let ours: Vec<f64> = centres.map(|centre| window.at(signal.len(), |i| signal[i], centre)).collect();
            report.add(name, largest_difference(&ours, &numbers(&signals[name])), 1e-9, "");
        }
    }
    if let Some(theirs) = golden.folder.array("landmarks_smoothed_xy")? {
        let mut ours = vec![0.0; golden.clip.len() * 68 * 2];
        for point in 0..68 {
            for axis in 0..2 {
                let path: Vec<f64> = golden.clip.iter().map(|points| points[point][axis]).collect();
                for (frame, value) in HannWindow::new(5).smooth(&path).into_iter().enumerate() {
                    ours[(frame * 68 + point) * 2 + axis] = value;
                }
            }
        }
        report.add("landmarks_smoothed_xy", largest_difference(&ours, &theirs.values), 1e-4, "pixels");
    }
    Ok(())
}

fn mesh(golden: &GoldenClip, report: &mut Report) -> Result<(), EvaluationError> {
    let key = key_frame(&golden.rt).unwrap_or(0);
    let front = golden.folder.array("front")?.and_then(|array| array.to_points()?.into_iter().nth(key));
    if let (Some(from), Some(front), Some(theirs)) =
        (golden.folder.points("mesh_landmarks")?, front, golden.folder.array("affine_3x4")?)
    {
        let ours = fit_affine(&from, &front);
        let ours: Vec<f64> = ours.iter().flat_map(|map| map.transpose().iter().copied().collect::<Vec<f64>>()).collect();
        report.add("affine_3x4", largest_difference(&ours, &theirs.values), 1e-6, "");
    }
    let rt = golden.folder.array("mesh_rt")?.filter(|array| array.values.len() == 6);
    if let (Some(vertices), Some(rt), Some(theirs)) =
        (golden.folder.points("mesh_vertices")?, rt, golden.folder.array("mesh_posed")?)
    {
        let mut row = [0.0; 6];
        row.copy_from_slice(&rt.values);
        let ours: Vec<f64> = posed(&ReferencePose::from_rt(row), &vertices).into_iter().flatten().collect();
        report.add("mesh_posed", largest_difference(&ours, &theirs.values), 1e-9, "pixels");
    }
    Ok(())
}

fn tracker(golden: &GoldenClip, report: &mut Report) -> Result<(), EvaluationError> {
    for case in golden.values()["tracker"].as_array().into_iter().flatten() {
        let name = case["name"].as_str().unwrap_or("");
        let number = |key: &str| case[key].as_f64().unwrap_or(f64::NAN);
        let (scale, offset) = (number("landmark_scale"), numbers(&case["landmark_offset_xy"]));
        let &[dx, dy] = offset.as_slice() else { continue };
        let flat = |points: &Vec<[f64; 3]>| -> FlatLandmarks68 {
            std::array::from_fn(|i| [points[i][0] * scale + dx, points[i][1] * scale + dy])
        };
        let frames: Vec<FlatLandmarks68> = golden.clip.iter().map(flat).collect();
        let crop = FaceCrop::around(&frames, CropMode::Static, EyeCentre::Reference)?;
        let face_size = frames.iter().map(box_side).sum::<f64>() / frames.len() as f64;
        let [left, top] = crop.corners[0];
        let ours = [face_size, f64::from(crop.side), top, left];
        let theirs = ["mean_face_size", "side", "mean_top", "mean_left"].map(number);
        if let Some(padded) = case["padded"].as_bool() {
            report.same(format!("tracker {name}, padding"), padded == (top < 0.0 || left < 0.0));
        }
        report.add(format!("tracker {name}, numbers"), largest_difference(&ours, &theirs), 1e-4, "pixels");
        let (picture, wanted) =
            (golden.folder.picture(&format!("tracker_frame_{name}"))?, golden.folder.picture(&format!("tracker_crop_{name}"))?);
        if let (Some(picture), Some(wanted)) = (picture, wanted) {
            let ours = resize_bilinear(&reference_slice(&picture, &crop), wanted.width());
            let bytes = |picture: &image::RgbImage| picture.as_raw().iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
            report.add(format!("tracker {name}, crop"), largest_difference(&bytes(&ours), &bytes(&wanted)), 2.0, "grey levels");
        }
    }
    Ok(())
}

/// The square as the reference slices it: black around only when it begins outside, cut short where it ends outside.
fn reference_slice(picture: &image::RgbImage, crop: &FaceCrop) -> image::RgbImage {
    let [left, top] = crop.corners[0];
    let (width, height) = picture.dimensions();
    let (canvas, dx, dy) = if top < 0.0 || left < 0.0 {
        let (dx, dy) = (width - width / 2, height - height / 2);
        let mut canvas = image::RgbImage::new(2 * width, 2 * height);
        image::imageops::replace(&mut canvas, picture, i64::from(dx), i64::from(dy));
        (canvas, f64::from(dx), f64::from(dy))
    } else {
        (picture.clone(), 0.0, 0.0)
    };
    let (x, y) = ((left + dx) as u32, (top + dy) as u32);
    let (x, y) = (x.min(canvas.width() - 1), y.min(canvas.height() - 1));
    let size = (crop.side.min(canvas.width() - x), crop.side.min(canvas.height() - y));
    image::imageops::crop_imm(&canvas, x, y, size.0, size.1).to_image()
}

fn box_side(points: &FlatLandmarks68) -> f64 {
    let extent = |axis: usize| {
        let (least, most) = points.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p[axis]), b.max(p[axis])));
        most - least
    };
    extent(0).max(extent(1))
}
