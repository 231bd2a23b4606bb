//! Every metric by its name: unit, which way is better, and one line on what it says. The book's chapter on evaluation has the rest.

/// Which values of a metric are good.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Larger ones.
    Higher,
    /// Smaller ones.
    Lower,
    /// Those near 1 (ratios to the real video).
    NearOne,
    /// Those near 0, on either side.
    NearZero,
    /// Those near the real video's own value.
    NearReal,
    /// None: it serves to judge another metric by.
    Control,
}

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Metric {
    /// Its name in JSON, with the unit where there is one.
    pub name: &'static str,
    /// Unit for people; empty for plain numbers.
    pub unit: &'static str,
    /// Which values are good.
    pub better: Better,
    /// What it says, in a line.
    pub what: &'static str,
}

const fn metric(name: &'static str, unit: &'static str, better: Better, what: &'static str) -> Metric {
    Metric { name, unit, better, what }
}

use Better::{Control, Higher, Lower, NearOne, NearReal, NearZero};

/// All of them, in the order of tables.
pub const METRICS: &[Metric] = &[
    metric("psnr_db", "dB", Higher, "peak signal-to-noise ratio of whole frames"),
    metric("ssim", "", Higher, "structural similarity of whole frames"),
    metric("ms_ssim", "", Higher, "structural similarity of whole frames over five scales"),
    metric("face_psnr_db", "dB", Higher, "peak signal-to-noise ratio of faces, each aligned by its own landmarks"),
    metric("face_ssim", "", Higher, "structural similarity of aligned faces"),
    metric("face_perceptual_squeezenet", "", Lower, "distance of aligned faces on SqueezeNet's features (not LPIPS)"),
    metric("lpips_alex", "", Lower, "LPIPS of whole frames on the AlexNet that you supply"),
    metric("lpips_vgg", "", Lower, "LPIPS of whole frames on the VGG-16 that you supply"),
    metric("fid", "", Lower, "Fréchet distance of generated and real frames on the Inception that you supply"),
    metric("cpbd", "", NearReal, "share of edges whose blur nobody would see"),
    metric("face_detail_ratio", "", NearOne, "variance of the face's Laplacian against the real one's"),
    metric("identity_distance", "", Lower, "distance of face embeddings to the reference; under 0.55 one person"),
    metric("identity_cosine", "", Higher, "cosine of face embeddings; strangers have 0.83 already"),
    metric("arcface_csim", "", Higher, "cosine of the embeddings of the ArcFace that you supply to the reference"),
    metric("lmd_percent", "% IOD", Lower, "distance of the 68 landmarks in the picture"),
    metric("lmd_mouth_percent", "% IOD", Lower, "the same of the mouth's 20"),
    metric("lmd_aligned_percent", "% IOD", Lower, "distance of the 68 landmarks, pose taken out"),
    metric("lmd_mouth_aligned_percent", "% IOD", Lower, "the same of the mouth's 20"),
    metric("lip_opening_correlation", "", Higher, "correlation of the mouth's opening with the real one"),
    metric("lip_opening_correlation_beyond_mean", "", Higher, "the same, the corpus' mean curve taken out of both"),
    metric(
        "lip_opening_correlation_chance",
        "",
        Control,
        "the same with the real curve turned in time: what other words would get",
    ),
    metric("lip_opening_correlation_other_clips", "", Control, "the same with the real curves of the other clips"),
    metric("lip_width_correlation", "", Higher, "correlation of the mouth's width with the real one"),
    metric("lip_amplitude_ratio", "", NearOne, "deviation of the opening against the real one's"),
    metric("lip_lag_ms", "ms", NearZero, "by how much the lips are late against the real ones"),
    metric("lip_closure_hits", "", Higher, "share of p, b, m at which the lips are shut"),
    metric("lip_motion_in_silence", "eyes/s", Lower, "speed of the opening in pauses"),
    metric("syncnet_lse_c", "", Higher, "confidence that lips and sound fit, by the SyncNet that you supply; faces cut out"),
    metric("syncnet_lse_d", "", Lower, "distance of lips and sound at the best offset, by SyncNet; faces cut out"),
    metric(
        "syncnet_offset_frames",
        "frames",
        NearReal,
        "by how much the lips are late against the sound, by SyncNet; faces cut out",
    ),
    metric("syncnet_whole_frame_lse_c", "", Higher, "the same confidence of whole frames, squeezed to squares"),
    metric("syncnet_whole_frame_lse_d", "", Lower, "the same distance of whole frames"),
    metric("syncnet_whole_frame_offset_frames", "frames", NearReal, "the same offset of whole frames"),
    metric("pose_yaw_error_deg", "°", Lower, "mean absolute difference of yaw to the real head"),
    metric("pose_pitch_error_deg", "°", Lower, "of pitch"),
    metric("pose_roll_error_deg", "°", Lower, "of roll"),
    metric("pose_yaw_sd_deg", "°", NearReal, "standard deviation of yaw"),
    metric("pose_pitch_sd_deg", "°", NearReal, "of pitch"),
    metric("pose_roll_sd_deg", "°", NearReal, "of roll"),
    metric("pose_diversity_deg", "°", NearReal, "root of the summed variances of the three angles"),
    metric("pose_speed_deg_per_s", "°/s", NearReal, "mean angular speed"),
    metric("pose_largest_step_deg", "°", NearReal, "largest change of an angle from frame to frame"),
    metric("pose_sd_ratio", "", NearOne, "diversity against the real head's"),
    metric("pose_speed_ratio", "", NearOne, "speed against the real head's"),
    metric("beat_alignment", "", NearReal, "how near the head's turns are to stressed syllables"),
    metric("pose_unison", "", Lower, "mean absolute correlation of the angles of different clips' heads"),
    metric("pose_unison_signed", "", NearZero, "mean correlation of the same"),
    metric("flicker_grey_levels", "levels", NearReal, "change of the face that its motion does not explain"),
    metric("frozen_frames_share", "", Lower, "share of frames that repeat the one before"),
    metric("landmark_jitter_permille", "‰ IOD", NearReal, "trembling of the rigid points"),
    metric("seam_grey_levels", "levels", NearReal, "jump of brightness along a contour around the face"),
    metric("blinks_per_minute", "/min", NearReal, "how often the eyes close"),
    metric("face_found_share", "", Higher, "share of frames in which the face is seen"),
];

/// The metric of that name.
pub fn metric_named(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_snake_case_and_unique() {
        for (index, metric) in METRICS.iter().enumerate() {
            assert!(metric.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{}", metric.name);
            assert!(METRICS[index + 1..].iter().all(|other| other.name != metric.name), "{}", metric.name);
        }
        assert_eq!(metric_named("ssim").map(|m| m.better), Some(Better::Higher));
    }
}
