//! How true a clip folder is to its own video: the frontal landmarks posed back, and the landmarks that the network finds in
//! the projection video, both against the clip's landmarks.
//!
//! The projection shows the key frame's face in every frame's pose and, as the reference's (SPEC-data, section 6), never
//! another expression. What lips, lids and brows do in the frame is therefore part of the difference to the frame. So that it
//! can be told from errors of the projection, the points are reported in groups, and the landmarks found are also compared
//! with the key frame's own, posed as the projection is: where the projection is meant to show them.

use serde::Serialize;
use talkinghead_face::{FaceChoice, FaceNetworks, FaceTracker, HeadPose, ReferencePose, STABLE_POINTS};
use talkinghead_media::{FrameReader, Limits};

use crate::clip::ClipFolder;
use crate::error::DatasetError;
use crate::geometry::{key_frame, posed};

/// Frames turned by more than this in yaw or pitch are not compared, degrees.
pub const MOST_TURNED: f32 = 20.0;

/// Points of the 68-point convention that are reported together.
const GROUPS: [(&str, std::ops::Range<usize>); 5] =
    [("jaw", 0..17), ("brows", 17..27), ("nose", 27..36), ("eyes", 36..48), ("lips", 48..68)];

/// How far the projection's landmarks lie from the frames'. Differences are distances in the picture as shares of the distance
/// between the eyes' centres in the same frame (0.04 is 4 %), mean over points and frames.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProjectionDifference {
    /// Frames compared: those within [`MOST_TURNED`] degrees of frontal.
    pub frames: usize,
    /// All 68 points, against the frame's landmarks.
    pub all: f64,
    /// All 68 points, against the key frame's landmarks in the frame's pose: the expression's part is left out.
    pub to_key_frame: f64,
    /// The key frame's landmarks in the frame's pose against the frame's: what the expression alone makes.
    pub expression: f64,
    /// The 27 points whose place hardly depends on the expression.
    pub stable: f64,
    /// By group: jaw, brows, nose, eyes, lips.
    pub groups: Vec<(&'static str, f64)>,
    /// The frame that is farthest off (all points), and by how much.
    pub worst: (usize, f64),
    /// Share of the compared frames that are within 0.04 (all points).
    pub within: f64,
    /// Mean shift of the points, x right and y down: an error of registration rather than of shape.
    pub shift: [f64; 2],
}

/// Largest distance, in pixels, between the clip's landmarks and its frontal landmarks put back into their poses.
pub fn posing_difference(clip: &ClipFolder) -> f64 {
    let frames = clip.front.iter().zip(&clip.poses).zip(&clip.landmarks);
    frames
        .flat_map(|((front, row), points)| {
            let again = posed(&ReferencePose::from_rt(*row), front);
            again
                .into_iter()
                .zip(points)
                .map(|(a, b)| (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt())
                .collect::<Vec<_>>()
        })
        .fold(0.0, f64::max)
}

/// Finds the landmarks in the projection video anew and compares. `None` if the clip has no projection, or no frame that is
/// near enough to frontal.
///
/// # Errors
/// The projection video cannot be read, or no face is seen in it.
pub fn projection_difference(clip: &ClipFolder, networks: &FaceNetworks) -> Result<Option<ProjectionDifference>, DatasetError> {
    let Some(animation) = &clip.animation else { return Ok(None) };
    let pictures = FrameReader::open(animation, &Limits::default())?;
    let track = FaceTracker::new(networks, FaceChoice::Main).track(pictures)?;
    let key = clip.description.as_ref().map(|description| description.key_frame).or_else(|| key_frame(&clip.poses));
    let Some(key_front) = key.and_then(|key| clip.front.get(key)) else { return Ok(None) };
    let frames = clip.landmarks.iter().zip(&clip.poses).zip(&track.frames).enumerate();
    let compared: Vec<(usize, FrameDifference)> = frames
        .filter(|(_, ((_, row), _))| is_near_frontal(row))
        .map(|(frame, ((points, row), found))| {
            let meant = posed(&ReferencePose::from_rt(*row), key_front);
            (frame, FrameDifference::between(&found.landmarks.to_68(), points, &meant))
        })
        .collect();
    Ok(summarized(&compared))
}

fn is_near_frontal(row: &[f64; 6]) -> bool {
    let rotation = ReferencePose::from_rt(*row).rotation.map(|value| value as f32);
    let [yaw, pitch, _] = HeadPose::angles(&rotation);
    yaw.abs() <= MOST_TURNED && pitch.abs() <= MOST_TURNED
}

/// Distances of a frame's points, and their mean shift, in distances between the eyes.
struct FrameDifference {
    distances: Vec<f64>,
    to_key_frame: f64,
    expression: f64,
    shift: [f64; 2],
}

impl FrameDifference {
    fn between(found: &[[f64; 3]; 68], wanted: &[[f64; 3]], meant: &[[f64; 3]]) -> Self {
        let unit = eye_distance(wanted).max(1e-9);
        let offsets: Vec<[f64; 2]> =
            found.iter().zip(wanted).map(|(a, b)| [(a[0] - b[0]) / unit, (a[1] - b[1]) / unit]).collect();
        let mean = |axis: usize| offsets.iter().map(|o| o[axis]).sum::<f64>() / offsets.len().max(1) as f64;
        let apart = |a: &[[f64; 3]], b: &[[f64; 3]]| {
            a.iter().zip(b).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).sum::<f64>() / (unit * a.len().max(1) as f64)
        };
        Self {
            shift: [mean(0), mean(1)],
            to_key_frame: apart(found, meant),
            expression: apart(meant, wanted),
            distances: offsets.iter().map(|o| o[0].hypot(o[1])).collect(),
        }
    }

    fn mean_of(&self, points: impl ExactSizeIterator<Item = usize>) -> f64 {
        let count = points.len().max(1) as f64;
        points.map(|point| self.distances.get(point).copied().unwrap_or(f64::NAN)).sum::<f64>() / count
    }
}

/// Pixels between the means of the six points around each eye.
fn eye_distance(points: &[[f64; 3]]) -> f64 {
    let centre = |first: usize, axis: usize| points[first..first + 6].iter().map(|p| p[axis]).sum::<f64>() / 6.0;
    (centre(42, 0) - centre(36, 0)).hypot(centre(42, 1) - centre(36, 1))
}

fn summarized(compared: &[(usize, FrameDifference)]) -> Option<ProjectionDifference> {
    let mean = |value: &dyn Fn(&FrameDifference) -> f64| {
        compared.iter().map(|(_, frame)| value(frame)).sum::<f64>() / compared.len() as f64
    };
    let all = |frame: &FrameDifference| frame.mean_of(0..68);
    let worst = compared.iter().map(|(number, frame)| (*number, all(frame))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(ProjectionDifference {
        frames: compared.len(),
        all: mean(&all),
        to_key_frame: mean(&|frame| frame.to_key_frame),
        expression: mean(&|frame| frame.expression),
        stable: mean(&|frame| frame.mean_of(STABLE_POINTS.into_iter())),
        groups: GROUPS.into_iter().map(|(name, points)| (name, mean(&|frame| frame.mean_of(points.clone())))).collect(),
        worst,
        within: mean(&|frame| f64::from(u8::from(all(frame) <= 0.04))),
        shift: [mean(&|frame| frame.shift[0]), mean(&|frame| frame.shift[1])],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use talkinghead_face::standard_face;

    #[test]
    fn a_shifted_face_differs_by_its_shift() {
        let face = standard_face();
        let unit = eye_distance(&face);
        let shifted = face.map(|[x, y, z]| [x + 0.03 * unit, y - 0.04 * unit, z]);
        let frame = FrameDifference::between(&shifted, &face, &shifted);
        assert!(frame.to_key_frame < 1e-12 && (frame.expression - 0.05).abs() < 1e-9);
        let found = summarized(&[(7, frame)]).map(|d| (d.all, d.stable, d.worst, d.within, d.shift));
        let Some((all, stable, worst, within, shift)) = found else { panic!("one frame was compared") };
        assert!((all - 0.05).abs() < 1e-9 && (stable - 0.05).abs() < 1e-9);
        assert_eq!((worst.0, within), (7, 0.0));
        assert!((shift[0] - 0.03).abs() < 1e-9 && (shift[1] + 0.04).abs() < 1e-9);
        assert_eq!(summarized(&[]), None);
    }

    #[test]
    fn turned_frames_are_left_out() {
        let turned = |yaw: f64, pitch: f64| is_near_frontal(&[pitch.to_radians(), yaw.to_radians(), 0.3, 0.0, 0.0, 0.0]);
        assert!(turned(0.0, 0.0) && turned(18.0, 0.0) && turned(0.0, -18.0));
        assert!(!turned(25.0, 0.0) && !turned(-25.0, 0.0) && !turned(0.0, 25.0));
    }

    proptest! {
        /// What `preprocess` stores: landmarks rounded to f32, the fit to them, and what the fit leaves.
        #[test]
        fn stored_landmarks_come_back_within_a_ten_thousandth_of_a_pixel(
            axis in prop::array::uniform3(-0.6_f64..0.6),
            shift in prop::array::uniform3(-80.0_f64..80.0),
            noise in prop::collection::vec(-3.0_f64..3.0, 204),
            scale in 0.6_f64..1.6,
        ) {
            let pose = ReferencePose::from_rt([axis[0], axis[1], axis[2], shift[0], shift[1], shift[2]]);
            let mut points = pose.to_posed(&standard_face());
            for (value, noise) in points.iter_mut().flatten().zip(noise) {
                *value = f64::from(((*value - 128.0) * scale + 128.0 + noise) as f32);
            }
            let found = ReferencePose::fit(&points, &standard_face());
            let clip = ClipFolder {
                video: "1_aligned.mp4".into(),
                animation: None,
                audio: None,
                landmarks: vec![points.to_vec()],
                poses: vec![found.to_rt()],
                front: vec![found.to_front(&points).to_vec()],
                description: None,
            };
            prop_assert!(posing_difference(&clip) < 1e-4, "{}", posing_difference(&clip));
        }
    }
}
