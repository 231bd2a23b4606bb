//! What the network is shown of a clip's file set, frame by frame, as the published demo does (SPEC-data section 10).

use std::sync::{Mutex, PoisonError};

use burn::tensor::{Device, Tensor};
use image::RgbImage;
use talkinghead_face::{CROP_SIDE, FlatLandmarks68, HannWindow, Landmarks68, ReferencePose, key_frame};

use super::conditioning::{FrameInput, image_tensor, masked_source, resized, sided_label};
use super::history::FrameHistory;
use crate::SynthesisError;
use crate::generator::{EncodedReferences, InferenceGenerator, RawImage, References, Source, Synthesis, Targets};

/// Landmarks and poses that drive, and those of the references.
#[derive(Debug, Clone)]
pub struct Driving {
    /// Smoothed landmarks of every target frame.
    targets: Vec<Landmarks68>,
    /// Pose of every target frame.
    poses: Vec<ReferencePose>,
    /// The reference's face without pose, at its key frame.
    front: Landmarks68,
    /// Smoothed landmarks and pose of every frame of the reference clip.
    references: Vec<(Landmarks68, ReferencePose)>,
    key: usize,
    /// Frames of the reference clip that were asked for as shots; none: spread evenly.
    chosen: Vec<usize>,
    /// Carries x and y of the clip's pixels into 256 x 256; poses turn in the clip's own pixels.
    scale: [f64; 2],
}

impl Driving {
    /// From the arrays of the file set: landmarks and pose rows of the driving clip, front landmarks (one face a frame, or one
    /// in all) and posed landmarks of the reference clip.
    ///
    /// # Errors
    /// Lengths that do not fit each other.
    pub fn new(
        targets: &[Landmarks68],
        poses: &[[f64; 6]],
        front: &[Landmarks68],
        references: &[Landmarks68],
    ) -> Result<Self, SynthesisError> {
        if targets.len() != poses.len() || targets.is_empty() {
            return Err(SynthesisError::input(
                "driving rotations",
                format!("one row for each of the {} frames of the driving landmarks", targets.len()),
                format!("{} rows", poses.len()),
            ));
        }
        if front.is_empty() || references.is_empty() || front.len() != 1 && front.len() != references.len() {
            return Err(SynthesisError::input(
                "front landmarks",
                format!("one face, or one for each of the {} frames of the reference landmarks", references.len()),
                format!("{} faces", front.len()),
            ));
        }
        // The pose of a reference is what carries its landmarks onto its front landmarks.
        let of_front = |index: usize| &front[index.min(front.len() - 1)];
        let reference_poses: Vec<ReferencePose> =
            references.iter().enumerate().map(|(index, posed)| ReferencePose::fit(posed, of_front(index))).collect();
        let key = key_frame(&reference_poses).unwrap_or(0);
        Ok(Self {
            targets: smoothed(targets),
            poses: poses.iter().map(|row| ReferencePose::from_rt(*row)).collect(),
            front: *of_front(key),
            references: smoothed(references).into_iter().zip(reference_poses).collect(),
            key,
            chosen: Vec::new(),
            scale: [1.0; 2],
        })
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is none; never.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The frame of the reference clip whose head is turned least.
    pub fn key(&self) -> usize {
        self.key
    }

    /// The same with the frames of the reference clip that become the network's `count` shots, repeated until there are enough, as the
    /// published demo does (`ref_img_id`); none: spread evenly.
    ///
    /// # Errors
    /// A frame that the clip lacks, or a number that does not divide `count`.
    pub fn with_shots(self, chosen: Vec<usize>, count: usize) -> Result<Self, SynthesisError> {
        let frames = self.references.len();
        if let Some(frame) = chosen.iter().find(|frame| **frame >= frames) {
            return Err(SynthesisError::input(
                "reference frames",
                format!("numbers from 0 to {}", frames - 1),
                frame.to_string(),
            ));
        }
        if !chosen.is_empty() && (chosen.len() > count || !count.is_multiple_of(chosen.len())) {
            let wanted = format!("a number of them that divides the network's {count} shots");
            return Err(SynthesisError::input("reference frames", wanted, chosen.len().to_string()));
        }
        Ok(Self { chosen, ..self })
    }

    /// Frames of the reference clip that become the network's shots: those that were asked for, or spread evenly; repeated where there are
    /// fewer.
    pub fn shots(&self, count: usize) -> Vec<usize> {
        if !self.chosen.is_empty() {
            return (0..count).map(|index| self.chosen[index % self.chosen.len()]).collect();
        }
        let available = self.references.len();
        (0..count).map(|index| if available >= count { index * available / count } else { index % available }).collect()
    }

    /// Landmarks of the posed, expressionless face of target frame `index`: those of the projection.
    pub fn projection_landmarks(&self, index: usize) -> FlatLandmarks68 {
        self.flat(&self.poses[index].to_posed(&self.front))
    }

    /// Landmarks of target frame `index`.
    pub fn target_landmarks(&self, index: usize) -> FlatLandmarks68 {
        self.flat(&self.targets[index])
    }

    fn flat(&self, points: &Landmarks68) -> FlatLandmarks68 {
        points.map(|p| [p[0] * self.scale[0], p[1] * self.scale[1]])
    }

    /// Of the reference frames `shots`, the position of the one whose rotation is nearest to target frame `index`.
    pub fn nearest(&self, shots: &[usize], index: usize) -> usize {
        let target = self.poses[index].rotation_vector();
        let difference = |position: &usize| {
            let pose = &self.references[shots[*position]].1;
            (pose.rotation_vector() - target).abs().sum()
        };
        (0..shots.len()).min_by(|a, b| difference(a).total_cmp(&difference(b))).unwrap_or(0)
    }
}

/// The network, ready for one reference clip.
#[derive(Debug)]
pub struct DrivenSynthesis {
    driving: Driving,
    generator: InferenceGenerator,
    encoded: EncodedReferences,
    shots: Vec<usize>,
    sources: Vec<Source>,
    history: Mutex<FrameHistory>,
    device: Device,
}

impl DrivenSynthesis {
    /// Encodes the references: `pictures` are the frames [`Driving::shots`] of the reference clip, `scale` carries landmarks
    /// of the clip (x, y) into 256 x 256.
    ///
    /// # Errors
    /// If the network cannot take them.
    pub fn new(
        driving: Driving,
        generator: InferenceGenerator,
        pictures: Vec<RgbImage>,
        scale: [f64; 2],
        device: &Device,
    ) -> Result<Self, SynthesisError> {
        let shots = driving.shots(pictures.len());
        let driving = Driving { scale, ..driving };
        let inputs: Vec<FrameInput> = pictures
            .into_iter()
            .zip(&shots)
            .map(|(picture, frame)| FrameInput { picture, landmarks: driving.flat(&driving.references[*frame].0) })
            .collect();
        let stack = |tensors: Vec<Tensor<4>>| Tensor::cat(tensors, 0).unsqueeze_dim::<5>(0);
        let side = generator.side();
        let images = stack(inputs.iter().map(|input| image_tensor(&resized(&input.picture, side), device)).collect());
        let labels = stack(inputs.iter().map(|input| label(&input.landmarks, side, device)).collect());
        let encoded = generator.encode_references(&References { images, labels })?;
        let sources = inputs.iter().map(|input| masked_source(input, side, device)).collect();
        let history = Mutex::new(FrameHistory::new(generator.config().previous_frames));
        Ok(Self { driving, generator, encoded, shots, sources, history, device: device.clone() })
    }

    /// Target frame `index`; `projection` is the projection's picture of that frame, if the network takes one. A network of several frames is
    /// shown those it made before, as long as frames are asked for in order.
    ///
    /// # Errors
    /// If the network needs a projection and there is none.
    pub fn frame(&self, index: usize, projection: Option<RgbImage>, raw: RawImage) -> Result<Synthesis, SynthesisError> {
        let projection = projection.map(|picture| {
            let landmarks = self.driving.projection_landmarks(index);
            masked_source(&FrameInput { picture, landmarks }, self.generator.side(), &self.device)
        });
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let targets = Targets {
            label: self.label(index),
            reference: self.sources.get(self.driving.nearest(&self.shots, index)).cloned(),
            projection,
            previous: None,
        };
        history.made(index, &targets.label, |previous| {
            self.generator.synthesise(&self.encoded, &Targets { previous, ..targets.clone() }, raw)
        })
    }

    /// Label image of target frame `index` at the network's side, `[1, 1, side, side]`.
    pub fn label(&self, index: usize) -> Tensor<4> {
        label(&self.driving.target_landmarks(index), self.generator.side(), &self.device)
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.driving.len()
    }

    /// Whether there is none; never.
    pub fn is_empty(&self) -> bool {
        self.driving.is_empty()
    }
}

fn label(landmarks: &FlatLandmarks68, side: usize, device: &Device) -> Tensor<4> {
    sided_label(landmarks, (CROP_SIDE, CROP_SIDE), side, device)
}

/// x and y smoothed over time with a Hann window of five, mirrored at the ends; z as it is.
fn smoothed(frames: &[Landmarks68]) -> Vec<Landmarks68> {
    let window = HannWindow::new(5);
    let value = |index: usize, i: usize, axis: usize| window.at(frames.len(), |at| frames[at][i][axis], index as i64);
    let smooth = |(index, face): (usize, &Landmarks68)| -> Landmarks68 {
        std::array::from_fn(|i| [value(index, i, 0), value(index, i, 1), face[i][2]])
    };
    frames.iter().enumerate().map(smooth).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use talkinghead_face::standard_face;

    fn row(turn: f64) -> [f64; 6] {
        [0.0, turn, 0.0, 3.0, -2.0, 1.0]
    }

    #[test]
    fn key_frame_projection_and_nearest_reference_follow_from_the_file_set() {
        let front = standard_face();
        let turns = [0.4, 0.1, -0.3, 0.2];
        let posed: Vec<Landmarks68> = turns.iter().map(|turn| ReferencePose::from_rt(row(*turn)).to_posed(&front)).collect();
        let rows: Vec<[f64; 6]> = turns.iter().map(|turn| row(*turn)).collect();
        let driving = Driving::new(&posed, &rows, &[front; 4], &posed).unwrap();
        assert_eq!(driving.key(), 1);
        assert_eq!(driving.shots(2), [0, 2]);
        assert_eq!(driving.shots(8), [0, 1, 2, 3, 0, 1, 2, 3]);
        assert_eq!((0..4).map(|i| driving.nearest(&[0, 1, 2], i)).collect::<Vec<_>>(), [0, 1, 2, 1]);
        let projected = driving.projection_landmarks(2);
        assert!(projected.iter().zip(&posed[2]).all(|(a, b)| (a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9));
        let chosen = |frames: &[usize], count: usize| driving.clone().with_shots(frames.to_vec(), count);
        assert_eq!(chosen(&[3, 1], 4).unwrap().shots(4), [3, 1, 3, 1]);
        assert!(chosen(&[4], 4).unwrap_err().to_string().contains("0 to 3"));
        assert!(chosen(&[0, 1, 2], 8).unwrap_err().to_string().contains("divides"));
        let error = Driving::new(&posed, &rows[..3], &[front; 4], &posed).unwrap_err().to_string();
        assert!(error.contains("4 frames") && error.contains("3 rows"), "{error}");
    }
}
