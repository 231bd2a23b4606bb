//! What a clip's landmarks alone say: where to crop, the pose of every frame, the frontal landmarks, the key frame.

use talkinghead_face::{CropMode, FaceCrop, FaceTrack, HeadPose, Landmarks68, ReferencePose, RigidFit, standard_face};

use super::description::{CropDescription, PoseRange};
use crate::geometry::{crop_around, open_eyed_key_frame, to_clip};
use crate::statistics::Statistics;

/// The geometry of a clip, one entry a frame.
pub(crate) struct ClipGeometry {
    pub(crate) crop: FaceCrop,
    /// Landmarks in the source, pixels.
    pub(crate) source: Vec<Landmarks68>,
    /// Landmarks in the clip, pixels, rounded to f32 as they are stored.
    pub(crate) clip: Vec<Landmarks68>,
    /// Rotation vector (radians) and translation (pixels) into the standard frame.
    pub(crate) rts: Vec<[f64; 6]>,
    /// Landmarks with the pose removed.
    pub(crate) front: Vec<Landmarks68>,
    /// Yaw, pitch, roll in degrees.
    pub(crate) angles: Vec<[f64; 3]>,
    /// The frame whose head is turned least, of those in which the face was seen.
    pub(crate) key: usize,
}

impl ClipGeometry {
    /// From a track in source pixels; `None` when the face was seen in no frame.
    pub(crate) fn of(track: &FaceTrack, mode: CropMode) -> Option<Self> {
        let source: Vec<Landmarks68> = track.frames.iter().map(|frame| frame.landmarks.to_68()).collect();
        let crop = crop_around(&source, mode)?;
        let in_clip =
            |(frame, points): (usize, &Landmarks68)| points.map(|p| to_clip(&crop, p, frame).map(|v| f64::from(v as f32)));
        let clip: Vec<Landmarks68> = source.iter().enumerate().map(in_clip).collect();
        let standard = standard_face();
        let poses: Vec<ReferencePose> = clip.iter().map(|points| ReferencePose::fit(points, &standard)).collect();
        let front = poses.iter().zip(&clip).map(|(pose, points)| pose.to_front(points)).collect();
        let rts: Vec<[f64; 6]> = poses.iter().map(ReferencePose::to_rt).collect();
        // A frame in which the face was not seen shows no face to take colours from.
        let candidates: Vec<usize> = (0..rts.len()).filter(|&frame| !track.frames[frame].interpolated).collect();
        let key = open_eyed_key_frame(&rts, &clip, &candidates)?;
        let angle = |landmarks| HeadPose::angles(&RigidFit::to_canonical(landmarks).rotation).map(f64::from);
        let angles = track.frames.iter().map(|frame| angle(&frame.landmarks)).collect();
        Some(Self { crop, source, clip, rts, front, angles, key })
    }

    pub(crate) fn pose_range(&self) -> PoseRange {
        let of = |axis: usize| Statistics::of(&self.angles.iter().map(|a| a[axis]).collect::<Vec<_>>());
        PoseRange { yaw: of(0), pitch: of(1), roll: of(2) }
    }

    pub(crate) fn crop_description(&self, mode: CropMode) -> CropDescription {
        let corners = |axis: usize| (0..self.crop.corners.len()).map(|frame| self.crop.corner(frame)[axis]).collect();
        CropDescription { mode, side: self.crop.side, top: corners(1), left: corners(0) }
    }
}
