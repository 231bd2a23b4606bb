//! Fits the expression basis: eight components of lips and jaw, what the rest of the face does with them, and the two
//! directions that open and widen the mouth.

use std::collections::BTreeMap;

use talkinghead_face::{CanonicalMesh, MESH_POINTS};
use talkinghead_motion::expression::points::SHAPE_POINTS;
use talkinghead_motion::expression::{SHAPE_COMPONENTS, TensorFile, opening_and_width};

use super::clip::Clip;
use super::error::ExpressionTrainingError;
use super::linear_algebra::{Moments, Ridge};
use super::speaker::{SPEECH, Speaker};
use super::weighting::clip_weights;

const FIELD: usize = MESH_POINTS * 3;

/// A fitted basis.
#[derive(Clone, Debug)]
pub struct FittedBasis {
    /// `[8][219]`: shape components of a displacement of [`SHAPE_POINTS`].
    pub encoder: Vec<Vec<f32>>,
    /// `[8][1404]`.
    pub shape: Vec<Vec<f32>>,
    /// `[1404]`.
    pub opening: Vec<f32>,
    /// `[1404]`.
    pub width: Vec<f32>,
    /// Share of the lips' and jaw's variance that the components hold.
    pub explained: f32,
}

impl FittedBasis {
    /// Fits to the clips of people with known statistics.
    ///
    /// # Errors
    /// The clips hold too little movement.
    pub fn fit(clips: &[Clip], speakers: &BTreeMap<String, Speaker>) -> Result<Self, ExpressionTrainingError> {
        let weights = clip_weights(clips);
        let examples = || {
            clips.iter().zip(&weights).flat_map(|(clip, &weight)| {
                let speaker = &speakers[&clip.row.identity];
                (0..clip.frames()).map(move |frame| (clip, frame, speaker, weight))
            })
        };
        let mut moments = Moments::new(SHAPE_POINTS.len() * 3);
        for (clip, frame, speaker, weight) in examples().filter(|(clip, frame, ..)| clip.activity[*frame] > SPEECH) {
            moments.add(&shape_values(&clip.frontal[frame], &speaker.median, speaker.amplitude), weight);
        }
        let components = moments.components(SHAPE_COMPONENTS);
        let scaled = |row: &Vec<f32>, deviation: f32| row.iter().map(|v| v / deviation.max(1e-6)).collect::<Vec<f32>>();
        let encoder: Vec<Vec<f32>> = components.rows.iter().zip(&components.deviations).map(|(row, &d)| scaled(row, d)).collect();

        let mut whole_face = Ridge::new(SHAPE_COMPONENTS, FIELD);
        let mut directions = Ridge::new(2, FIELD);
        for (clip, frame, speaker, weight) in examples() {
            let face = &clip.frontal[frame];
            let field: Vec<f32> = displacement(face, &speaker.neutral).map(|d| d / speaker.amplitude).collect();
            let shape = encode(&encoder, &shape_values(face, &speaker.neutral, speaker.amplitude));
            whole_face.add(&shape, &field, weight);
            let (opening, width) = opening_and_width(|point, k| field[3 * point + k]);
            directions.add(&[opening, width], &field, weight);
        }
        let mut shape = transpose(&whole_face.solve(1.0, "the expression basis")?);
        let mut directions = transpose(&directions.solve(1e-3, "the opening direction")?);
        let mask = below_the_eyes();
        for field in shape.iter_mut().chain(&mut directions) {
            field.chunks_exact_mut(3).zip(&mask).for_each(|(point, weight)| point.iter_mut().for_each(|v| *v *= weight));
        }
        let [opening, width] = exact_directions(&directions);
        Ok(Self { encoder, shape, opening, width, explained: components.explained })
    }

    /// Shape components of a face relative to another, for a person of this amplitude.
    pub fn components(&self, face: &[[f32; 3]], from: &[[f32; 3]], amplitude: f32) -> [f32; SHAPE_COMPONENTS] {
        let found = encode(&self.encoder, &shape_values(face, from, amplitude));
        std::array::from_fn(|k| found[k])
    }

    /// Adds the tensors that [`talkinghead_motion::ExpressionBasis::from_tensors`] reads.
    pub fn save(&self, file: &mut TensorFile) {
        file.insert("basis.encoder", &[SHAPE_COMPONENTS, SHAPE_POINTS.len() * 3], self.encoder.concat());
        file.insert("basis.shape", &[SHAPE_COMPONENTS, FIELD], self.shape.concat());
        file.insert("basis.opening", &[FIELD], self.opening.clone());
        file.insert("basis.width", &[FIELD], self.width.clone());
    }
}

/// Weight of each point: 0 at the eyes and above (blinks and glances are not the mouth's doing), 1 from the cheeks down.
fn below_the_eyes() -> Vec<f32> {
    let vertices = &CanonicalMesh::get().vertices;
    let (eyes, nose) = (f32::midpoint(vertices[33][1], vertices[263][1]), vertices[2][1]);
    let (from, to) = (eyes + 0.15 * (nose - eyes), eyes + 0.6 * (nose - eyes));
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    vertices.iter().map(|v| smooth(((v[1] - from) / (to - from)).clamp(0.0, 1.0))).collect()
}

fn displacement<'a>(face: &'a [[f32; 3]], from: &'a [[f32; 3]]) -> impl Iterator<Item = f32> + 'a {
    face.iter().flatten().zip(from.iter().flatten()).map(|(a, b)| a - b)
}

fn shape_values(face: &[[f32; 3]], from: &[[f32; 3]], amplitude: f32) -> Vec<f32> {
    SHAPE_POINTS.iter().flat_map(|&i| (0..3).map(move |k| (face[i][k] - from[i][k]) / amplitude)).collect()
}

fn encode(encoder: &[Vec<f32>], values: &[f32]) -> Vec<f32> {
    encoder.iter().map(|row| row.iter().zip(values).map(|(a, b)| a * b).sum()).collect()
}

fn transpose(rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let columns = rows.first().map_or(0, Vec::len);
    (0..columns).map(|c| rows.iter().map(|row| row[c]).collect()).collect()
}

/// Mixes two fields such that one changes the opening alone, by 1, and the other the width alone.
fn exact_directions(fields: &[Vec<f32>]) -> [Vec<f32>; 2] {
    let measured = |field: &Vec<f32>| opening_and_width(|point, k| field[3 * point + k]);
    let ((a, b), (c, d)) = (measured(&fields[0]), measured(&fields[1]));
    let determinant = a * d - b * c;
    let mix = |p: f32, q: f32| fields[0].iter().zip(&fields[1]).map(|(x, y)| (p * x + q * y) / determinant).collect();
    [mix(d, -b), mix(-c, a)]
}
