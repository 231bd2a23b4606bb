//! All metrics of one clip.

use std::collections::BTreeMap;

use talkinghead_media::FRAME_RATE;

use super::value::Value;
use crate::identity::{csim, identity_score, mean_direction, mean_embedding};
use crate::landmarks::LandmarkDistance;
use crate::lips::{best_lag, chance_correlation, closures, motion_in_silence};
use crate::measurement::{FaceEmbeddings, MeasuredVideo, PictureScores};
use crate::pose::{HeadCurve, beat_alignment};
use crate::statistics::{correlation, deviation, mean, without_mean_curve};
use crate::supplied::SyncScore;
use crate::time::blink_rate;

/// Share of the real opening's deviation under which a mouth counts as still.
const STILL_MOUTH: f64 = 0.1;

/// What a generated video is held against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comparison<'a> {
    /// The real video of the same words.
    pub real: Option<&'a MeasuredVideo>,
    /// Its pictures against the generated ones.
    pub pictures: Option<&'a PictureScores>,
    /// Faces of the person who should be seen; the real video's are taken otherwise.
    pub reference: Option<&'a FaceEmbeddings>,
    /// Whether the real video shows another person: its faces and pictures are not compared.
    pub other_person: bool,
    /// Mean opening of a corpus whose sentences have one fixed form.
    pub mean_opening: Option<&'a [f64]>,
}

/// Metrics of one clip, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClipScores {
    /// Each under a name of [`crate::METRICS`]; what could not be taken is absent.
    pub values: BTreeMap<&'static str, Value>,
}

impl ClipScores {
    /// Scores a video.
    pub fn of(video: &MeasuredVideo, against: Comparison<'_>) -> Self {
        let mut scores = Self::default();
        scores.alone(video, against.real);
        scores.identity(video, against);
        if let Some(real) = against.real {
            scores.beside(video, real);
            if !against.other_person {
                scores.shape(video, real);
            }
            scores.lips(video, real, against.mean_opening);
        }
        if let Some(pictures) = against.pictures {
            scores.put("psnr_db", Value::of_frames(&pictures.psnr_db));
            scores.put("ssim", Value::of_frames(&pictures.ssim));
            scores.put("ms_ssim", Value::of_frames(&pictures.ms_ssim));
            scores.put("face_psnr_db", Value::of_frames(&pictures.face_psnr_db));
            scores.put("face_ssim", Value::of_frames(&pictures.face_ssim));
            scores.put("face_perceptual_squeezenet", Value::of_frames(&pictures.face_perceptual));
            scores.put("lpips_alex", Value::of_frames(&pictures.lpips_alex));
            scores.put("lpips_vgg", Value::of_frames(&pictures.lpips_vgg));
        }
        scores
    }

    fn put(&mut self, name: &'static str, value: Option<Value>) {
        self.values.extend(value.filter(|value| value.mean.is_finite()).map(|value| (name, value)));
    }

    /// Metrics that a video has by itself, each beside the real video's.
    fn alone(&mut self, video: &MeasuredVideo, real: Option<&MeasuredVideo>) {
        let mut put = |name, of: &dyn Fn(&MeasuredVideo) -> Option<Value>| {
            let beside = real.and_then(of).map(|value| value.mean);
            self.put(name, of(video).map(|value| value.beside(beside)));
        };
        let clip = |video: &MeasuredVideo, value: f64| Some(Value::of_clip(value, video.frames_seen()));
        put("cpbd", &|v| Value::of_frames(&v.pictures.cpbd));
        put("flicker_grey_levels", &|v| Value::of_frames(&v.pictures.flicker));
        put("frozen_frames_share", &|v| {
            let frozen: Vec<Option<f64>> = v.pictures.frozen.iter().map(|&f| Some(f64::from(u8::from(f)))).collect();
            Value::of_frames(&frozen)
        });
        put("landmark_jitter_permille", &|v| clip(v, v.jitter?));
        put("seam_grey_levels", &|v| clip(v, v.pictures.seam.score()?));
        put("blinks_per_minute", &|v| clip(v, blink_rate(&v.closed_eyes)?));
        put("face_found_share", &|v| Some(Value::of_clip(v.frames_seen() as f64 / v.len().max(1) as f64, v.len())));
        for (k, name) in ["pose_yaw_sd_deg", "pose_pitch_sd_deg", "pose_roll_sd_deg"].into_iter().enumerate() {
            put(name, &|v| clip(v, v.head.statistics().deviation[k]));
        }
        put("pose_diversity_deg", &|v| clip(v, diversity(&v.head)));
        put("pose_speed_deg_per_s", &|v| clip(v, v.head.statistics().speed));
        put("pose_largest_step_deg", &|v| clip(v, v.head.statistics().largest_step));
        put("beat_alignment", &|v| clip(v, beat_alignment(&v.head, &v.sound.as_ref()?.accents)?));
        put("lip_closure_hits", &|v| {
            let found = closures(&v.lips.opening, &v.sound.as_ref()?.closures);
            Some(Value::of_clip(found.share()?, found.due))
        });
        put("lip_motion_in_silence", &|v| clip(v, motion_in_silence(&v.lips.opening, &v.sound.as_ref()?.pause)?));
        let sync =
            |score: Option<SyncScore>, of: fn(&SyncScore) -> f64| score.map(|score| Value::of_clip(of(&score), score.windows));
        put("syncnet_lse_c", &|v| sync(v.sync.face, |score| score.confidence));
        put("syncnet_lse_d", &|v| sync(v.sync.face, |score| score.distance));
        put("syncnet_offset_frames", &|v| sync(v.sync.face, |score| score.offset_frames as f64));
        put("syncnet_whole_frame_lse_c", &|v| sync(v.sync.whole, |score| score.confidence));
        put("syncnet_whole_frame_lse_d", &|v| sync(v.sync.whole, |score| score.distance));
        put("syncnet_whole_frame_offset_frames", &|v| sync(v.sync.whole, |score| score.offset_frames as f64));
    }

    fn identity(&mut self, video: &MeasuredVideo, against: Comparison<'_>) {
        let Some(reference) = against.reference.or(against.real.map(|real| &real.pictures.faces)) else { return };
        let faces = &video.pictures.faces;
        if let Some(of_reference) = mean_direction(&reference.arcface) {
            let cosines: Vec<_> = faces.arcface.iter().map(|face| csim(face, &of_reference)).collect();
            self.put("arcface_csim", Value::of_frames(&cosines));
        }
        let Some(reference) = mean_embedding(&reference.identities) else { return };
        let scores: Vec<_> = faces.identities.iter().map(|face| identity_score(face, &reference)).collect();
        self.put("identity_distance", Value::of_frames(&scores.iter().map(|s| Some(s.distance)).collect::<Vec<_>>()));
        self.put("identity_cosine", Value::of_frames(&scores.iter().map(|s| Some(s.cosine)).collect::<Vec<_>>()));
    }

    /// Landmarks and detail against the same person's real video, frame by frame where both show the face.
    fn shape(&mut self, video: &MeasuredVideo, real: &MeasuredVideo) {
        let both = seen_in_both(video, real);
        let distances: Vec<LandmarkDistance> =
            both.iter().map(|&t| LandmarkDistance::between(&video.landmarks[t], &real.landmarks[t])).collect();
        let curve = |of: fn(&LandmarkDistance) -> f64| distances.iter().map(|d| Some(of(d))).collect::<Vec<_>>();
        // Where the pictures have other proportions, places in them mean nothing to each other.
        if video.size == real.size {
            self.put("lmd_percent", Value::of_frames(&curve(|d| d.whole)));
            self.put("lmd_mouth_percent", Value::of_frames(&curve(|d| d.mouth)));
        }
        self.put("lmd_aligned_percent", Value::of_frames(&curve(|d| d.whole_aligned)));
        self.put("lmd_mouth_aligned_percent", Value::of_frames(&curve(|d| d.mouth_aligned)));
        let detail = |v: &MeasuredVideo| Value::of_frames(&v.pictures.detail).map(|value| value.mean);
        let (made, wanted) = (detail(video), detail(real));
        let ratio = made.zip(wanted).filter(|(_, wanted)| *wanted > 1e-6).map(|(made, wanted)| made / wanted);
        self.put("face_detail_ratio", ratio.map(|ratio| Value::of_clip(ratio, both.len())));
    }

    /// The pose against the real head's.
    fn beside(&mut self, video: &MeasuredVideo, real: &MeasuredVideo) {
        let both = seen_in_both(video, real);
        for (k, name) in ["pose_yaw_error_deg", "pose_pitch_error_deg", "pose_roll_error_deg"].into_iter().enumerate() {
            let error = |&t: &usize| Some((video.head.angles[k][t] - real.head.angles[k][t]).abs());
            self.put(name, Value::of_frames(&both.iter().map(error).collect::<Vec<_>>()));
        }
        let frames = both.len();
        let ratio = |a: f64, b: f64| (b > 1e-6).then(|| Value::of_clip(a / b, frames));
        self.put("pose_sd_ratio", ratio(diversity(&video.head), diversity(&real.head)));
        self.put("pose_speed_ratio", ratio(video.head.statistics().speed, real.head.statistics().speed));
    }

    fn lips(&mut self, video: &MeasuredVideo, real: &MeasuredVideo, mean_opening: Option<&[f64]>) {
        let both = seen_in_both(video, real);
        let pick = |curve: &[f64]| both.iter().map(|&t| curve[t]).collect::<Vec<f64>>();
        let (opening, real_opening) = (pick(&video.lips.opening), pick(&real.lips.opening));
        let clip = |value: f64| Value::of_clip(value, both.len());
        // A mouth that does not move follows nothing.
        let followed = |a: &[f64], b: &[f64]| (deviation(b) > 1e-9).then(|| clip(correlation(a, b).unwrap_or(0.0)));
        self.put("lip_opening_correlation", followed(&opening, &real_opening));
        self.put("lip_width_correlation", followed(&pick(&video.lips.width), &pick(&real.lips.width)));
        self.put("lip_opening_correlation_chance", chance_correlation(&opening, &real_opening).map(clip));
        let spread = deviation(&real_opening);
        self.put("lip_amplitude_ratio", (spread > 1e-9).then(|| clip(deviation(&opening) / spread)));
        // A mouth that hardly moves is neither late nor early. Time must not be cut out of: where no face was seen the curves are filled in.
        let moves = deviation(&opening) > STILL_MOUTH * spread;
        let lag = best_lag(&video.lips.opening, &real.lips.opening).filter(|_| moves);
        self.put("lip_lag_ms", lag.map(|lag| clip(1000.0 * lag as f64 / f64::from(FRAME_RATE))));
        if let Some(curve) = mean_opening {
            let of_mean: Vec<f64> = both.iter().filter_map(|&t| curve.get(t).copied()).collect();
            let (a, b) = (without_mean_curve(&opening, &of_mean), without_mean_curve(&real_opening, &of_mean));
            self.put("lip_opening_correlation_beyond_mean", followed(&a, &b));
        }
    }
}

/// Numbers of the frames in which both videos show the face.
fn seen_in_both(a: &MeasuredVideo, b: &MeasuredVideo) -> Vec<usize> {
    (0..a.len().min(b.len())).filter(|&t| a.seen[t] && b.seen[t]).collect()
}

fn diversity(head: &HeadCurve) -> f64 {
    3.0_f64.sqrt() * mean(&head.statistics().deviation.map(|d| d * d)).sqrt()
}
