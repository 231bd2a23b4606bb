#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use image::{Rgb, RgbImage};
use talkinghead_face::{HeadPose, LIP_PAIRS, Landmarks};

use super::*;
use crate::synthetic_face::landmarks;
use crate::{Canvas, PortraitGeometry, PosedFace, RigidMotion};

/// The made-up face with its lips `gap` interocular distances apart.
fn speaking(gap: f32, yaw: f32) -> Landmarks {
    let pose = HeadPose { yaw, ..Default::default() };
    let mut face = landmarks(&pose, 14.0);
    let drop = gap * face.interocular_distance();
    for (upper, lower) in LIP_PAIRS {
        let [x, y, z] = face.points()[upper];
        face.points_mut()[lower] = [x, y + drop, z];
    }
    for i in [17, 84, 181, 314, 405, 152] {
        face.points_mut()[i][1] += drop;
    }
    face
}

fn picture(seed: usize) -> RgbImage {
    RgbImage::from_fn(512, 512, |x, y| {
        let v = ((x as usize * 31 + y as usize * 17 + seed * 57) % 90) as u8;
        Rgb([120 + v, 80 + v / 2, 60 + v / 3])
    })
}

/// A talking clip: the gap swings, and a second time with another phase.
fn clip() -> Vec<(RgbImage, Landmarks)> {
    (0..40).map(|t| (picture(t), speaking(0.06 + 0.06 * (t as f32 * 0.7).sin(), 3.0 * (t as f32 * 0.1).sin()))).collect()
}

fn posed(face: &Landmarks) -> (PortraitGeometry, PosedFace) {
    let portrait = PortraitGeometry::from_landmarks(face);
    let rigid = RigidMotion {
        rotation: nalgebra::Matrix3::identity(),
        scale: 1.0,
        centre: portrait.centre.into(),
        shift: nalgebra::Vector3::zeros(),
    };
    let posed = PosedFace {
        points: portrait.vertices.clone(),
        frontal: portrait.frontal.clone(),
        rigid,
        jaw_drop: 0.0,
        lip_gaps: [0.0; 9],
        blink: [0.0; 2],
        gaze: [0.0; 2],
    };
    (portrait, posed)
}

#[test]
fn a_remembered_frame_finds_itself() {
    let frames = clip();
    let bank = MouthBank::from_frames(frames.iter().cloned(), MouthBankOptions::default());
    assert_eq!(bank.len(), 40);
    for (t, (_, face)) in frames.iter().enumerate() {
        let best = bank.nearest(&MouthTarget::of_landmarks(face), 3);
        assert_eq!(best[0].0, t);
        assert!(best[0].1 < 1e-9);
    }
}

#[test]
fn a_plan_runs_on_where_it_can() {
    let frames = clip();
    let bank = Arc::new(MouthBank::from_frames(frames.iter().cloned(), MouthBankOptions::default()));
    // A noisy copy of the clip: single frames would match others better now and then.
    let targets: Vec<MouthTarget> = (0..40)
        .map(|t| {
            let noise = 0.006 * ((t * 7919) % 11) as f32 / 11.0;
            MouthTarget::of_landmarks(&speaking(0.06 + 0.06 * (t as f32 * 0.7).sin() + noise, 3.0 * (t as f32 * 0.1).sin()))
        })
        .collect();
    let main = |c: &MouthChoice| c.parts.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
    let choices = bank.plan(&targets);
    let running = choices.windows(2).filter(|w| main(&w[0]) + 1 == main(&w[1])).count();
    let greedy = targets.windows(2).filter(|w| bank.nearest(&w[0], 1)[0].0 + 1 == bank.nearest(&w[1], 1)[0].0).count();
    assert!(running >= 33 && running > greedy, "{running} {greedy}");
    for choice in &choices {
        assert!((choice.parts.iter().map(|p| p.1).sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(choice.strength > 0.9);
    }
}

#[test]
fn a_streaming_plan_equals_the_full_one() {
    let frames = clip();
    let bank = Arc::new(MouthBank::from_frames(frames.iter().take(30).cloned(), MouthBankOptions::default()));
    let targets: Vec<MouthTarget> =
        (0..120).map(|t| MouthTarget::of_landmarks(&speaking(0.07 + 0.06 * (t as f32 * 0.53).sin(), 0.0))).collect();
    let full = bank.plan(&targets);
    let mut planner = MouthPlanner::new(Arc::clone(&bank), 50);
    let mut streamed: Vec<MouthChoice> = targets.iter().filter_map(|t| planner.push(t)).collect();
    assert!(streamed.len() >= 65, "choices come while targets arrive");
    streamed.extend(planner.finish());
    assert_eq!(full.len(), 120);
    assert_eq!(full, streamed);
}

#[test]
fn far_mouths_are_left_to_the_painted_one() {
    let closed = MouthBank::from_frames([(picture(0), speaking(0.0, 0.0))], MouthBankOptions::default());
    let bank = Arc::new(closed);
    let strengths: Vec<f32> =
        [0.0, 0.05, 0.4].map(|gap| bank.plan(&[MouthTarget::of_landmarks(&speaking(gap, 0.0))])[0].strength).to_vec();
    assert!(strengths[0] > 0.99 && strengths[2] < 0.01, "{strengths:?}");
}

#[test]
fn memory_stays_bounded_and_different_mouths_stay() {
    let options = MouthBankOptions { most_bytes: 1 << 20, ..Default::default() };
    let mut bank = MouthBank::new(options);
    bank.begin_recording();
    let (still, wide) = (picture(1), speaking(0.3, 0.0));
    for t in 0..120 {
        let face = if t == 5 { wide.clone() } else { speaking(0.02 + 0.0001 * (t % 10) as f32, 0.0) };
        bank.add(&still, &face, t);
        assert!(bank.bytes() <= 1 << 20);
    }
    let best = bank.nearest(&MouthTarget::of_landmarks(&wide), 1)[0];
    assert_eq!(bank.frame(best.0), 5);
}

#[test]
fn an_overlay_of_the_frame_itself_changes_nothing_much() {
    let (frame, face) = (picture(3), speaking(0.08, 2.0));
    let bank = MouthBank::from_frames([(frame.clone(), face.clone())], MouthBankOptions::default());
    let (portrait, posed) = posed(&face);
    let mut canvas = Canvas::from_rgb(&frame);
    let before = canvas.clone();
    bank.overlay(&mut canvas, &posed, portrait.iod, &MouthChoice { parts: vec![(0, 1.0)], strength: 1.0 });
    for (a, b) in canvas.data.iter().zip(&before.data) {
        assert!((0..3).all(|k| (a[k] - b[k]).abs() < 1.0), "{a:?} {b:?}");
    }
}

#[test]
fn an_overlay_takes_on_the_frames_light() {
    let face = speaking(0.08, 0.0);
    let grey = |v: u8| RgbImage::from_pixel(512, 512, Rgb([v; 3]));
    let bank = MouthBank::from_frames([(grey(90), face.clone())], MouthBankOptions::default());
    let (portrait, posed) = posed(&face);
    let mut canvas = Canvas::from_rgb(&grey(140));
    bank.overlay(&mut canvas, &posed, portrait.iod, &MouthChoice { parts: vec![(0, 1.0)], strength: 1.0 });
    assert!(canvas.data.iter().all(|c| (c[1] - 140.0).abs() < 0.5));
}

#[test]
fn the_key_frame_is_closed_and_frontal() {
    let frames: Vec<Landmarks> =
        (0..30).map(|t| speaking(if t == 17 { 0.0 } else { 0.05 + 0.002 * t as f32 }, if t == 17 { 0.5 } else { 6.0 })).collect();
    assert_eq!(key_frame(&frames), Some(17));
    assert_eq!(key_frame(&[]), None);
}

#[test]
fn diverse_mouths_hold_the_extremes_and_the_one_asked_for() {
    let frames: Vec<Landmarks> = (0..40).map(|t| speaking(if t == 33 { 0.35 } else { 0.001 * t as f32 }, 0.0)).collect();
    let chosen = diverse_mouths(&frames, 4, Some(7));
    assert_eq!(chosen.len(), 4);
    assert!(chosen.contains(&7) && chosen.contains(&33), "{chosen:?}");
    assert!(chosen.windows(2).all(|w| w[0] < w[1]));
}

#[test]
fn a_style_has_closed_lips_and_the_clips_opening() {
    let frames: Vec<Landmarks> = (0..60).map(|t| speaking(0.1 * (1.0 + (t as f32 * 0.5).sin()), 2.0)).collect();
    let style = SpeechStyle::measure(&frames).unwrap();
    assert!(style.neutral[14][1] - style.neutral[13][1] < 0.15, "centimetres apart");
    assert!((style.opening - 0.2).abs() < 0.03, "{}", style.opening);
    assert!(SpeechStyle::measure(&frames[..5]).is_none());
}

#[test]
fn a_photograph_a_smile_and_a_yawn_are_no_speech() {
    let tremble = |t: usize| 0.004 * ((t * 7919) % 11) as f32 / 11.0;
    let photograph: Vec<Landmarks> = (0..50).map(|t| speaking(0.03 + tremble(t), 0.0)).collect();
    assert!(SpeechStyle::measure(&photograph).is_none() && !mouths_differ(&photograph));
    // Lips part for a smile and stay so; a yawn opens and closes once.
    let smile: Vec<Landmarks> = (0..75).map(|t| speaking(if t < 30 { 0.0 } else { 0.08 } + tremble(t), 0.0)).collect();
    let yawn: Vec<Landmarks> = (0..75).map(|t| speaking(0.4 * (t as f32 * 0.042).sin() + tremble(t), 0.0)).collect();
    for frames in [smile, yawn] {
        assert!(SpeechStyle::measure(&frames).is_none());
        assert!(mouths_differ(&frames));
    }
}

#[test]
fn a_pair_of_pictures_differs_when_their_mouths_do() {
    assert!(mouths_differ(&[speaking(0.0, 0.0), speaking(0.1, 0.0)]));
    assert!(!mouths_differ(&[speaking(0.01, 0.0), speaking(0.02, 3.0)]));
    assert!(!mouths_differ(&[]));
    let bank = |gaps: [f32; 2]| {
        MouthBank::from_frames(gaps.map(|gap| (picture(0), speaking(gap, 0.0))), MouthBankOptions::default()).differs()
    };
    assert!(bank([0.0, 0.1]) && !bank([0.01, 0.02]));
}

#[test]
fn another_days_light_is_taken_off_skin_lips_and_the_dark_between_them_alike() {
    let face = speaking(0.2, 0.0);
    let lips = crate::mouth::contour::outer_lips(face.points());
    let between = crate::mouth::contour::inner_lips(face.points());
    let region = crate::polygon::Region::whole(512, 512);
    let (lips, between) = (crate::polygon::polygon_mask(&lips, region), crate::polygon::polygon_mask(&between, region));
    let painted = |light: [f32; 3]| {
        RgbImage::from_fn(512, 512, |x, y| {
            let i = (512 * y + x) as usize;
            let colour = match (between.data[i] > 0.5, lips.data[i] > 0.5) {
                (true, _) => [40.0, 20.0, 20.0],
                (_, true) => [150.0, 80.0, 80.0],
                _ => [180.0, 140.0, 120.0],
            };
            Rgb(std::array::from_fn(|k| (colour[k] * light[k]) as u8))
        })
    };
    let (day, other) = (painted([1.0; 3]), painted([0.65, 0.85, 1.1]));
    let bank = MouthBank::from_frames([(other, face.clone())], MouthBankOptions::default());
    let (portrait, posed) = posed(&face);
    let mut canvas = Canvas::from_rgb(&day);
    let before = canvas.clone();
    bank.overlay(&mut canvas, &posed, portrait.iod, &MouthChoice { parts: vec![(0, 1.0)], strength: 1.0 });
    for (name, mask) in [("between", &between), ("lips", &lips)] {
        let inner: Vec<usize> = (0..512 * 512).filter(|&i| mask.data[i] > 0.99).collect();
        for k in 0..3 {
            let off = inner.iter().map(|&i| canvas.data[i][k] - before.data[i][k]).sum::<f32>() / inner.len() as f32;
            assert!(off.abs() < 9.0, "{name} {k}: {off}");
        }
    }
}

#[test]
fn a_bank_comes_back_from_its_records() {
    let options = MouthBankOptions { most_bytes: 400_000, ..MouthBankOptions::default() };
    let bank = MouthBank::from_frames(clip(), options.clone());
    assert!(bank.len() < 40, "some were forgotten");
    let again = MouthBank::from_records(bank.records(), options.clone()).unwrap();
    assert!(again.records().eq(bank.records()) && again.bytes() == bank.bytes());
    for entry in 0..bank.len() {
        assert_eq!((again.next(entry), again.stepped(entry, -1)), (bank.next(entry), bank.stepped(entry, -1)));
    }
    let spoilt = |spoil: fn(&mut MouthRecord)| {
        let mut records: Vec<MouthRecord> = bank.records().collect();
        spoil(&mut records[1]);
        MouthBank::from_records(records, options.clone())
    };
    assert!(spoilt(|record| record.size = [usize::MAX, 2]).is_none());
    assert!(spoilt(|record| record.points.truncate(3)).is_none());
    assert!(spoilt(|record| record.feature[7] = f32::NAN).is_none());
    assert!(spoilt(|record| record.pixels.truncate(100)).is_none());
}
