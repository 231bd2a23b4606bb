//! Fits the basis that takes a smile off a portrait: from the 52 expression scores to displacements of the mesh.

use rayon::prelude::*;
use talkinghead_face::{CanonicalMesh, FaceChoice, FaceNetworks, Landmarks, MESH_POINTS, RigidFit};
use talkinghead_media::{FrameReader, Limits};
use talkinghead_motion::expression::TensorFile;
use talkinghead_motion::expression::points::SHAPE_POINTS;

use super::corpus::{CorpusRow, ExpressionCorpus};
use super::error::ExpressionTrainingError;
use super::linear_algebra::Ridge;

const FIELD: usize = MESH_POINTS * 3;
const SCORES: usize = 52;
/// Penalty in native units of scores and centimetres.
const PENALTY: f64 = 1.0;
/// A photograph counts as much as so many frames of video: smiles are what the basis is for.
const PHOTOGRAPH: f32 = 10.0;
/// Every so many frames of a video are looked at.
const FRAME_STEP: usize = 4;

/// Names (by prefix) of the scores that a portrait is relaxed by; the rows of the others stay 0.
const MOUTH_SCORES: [&str; 6] = ["mouthSmile", "mouthUpperUp", "jawOpen", "mouthLowerDown", "mouthFunnel", "mouthStretch"];
/// Scores below this are the network's noise.
const SCORE_FLOOR: f32 = 0.05;

/// A face's scores and place.
#[derive(Clone, Debug)]
struct Look {
    scores: Vec<f32>,
    /// `[1404]` frontal centimetres.
    face: Vec<f32>,
}

/// A person's looks (a clip, or photographs), which share a mean, and their weight.
type Group = (Vec<Look>, f32);

/// A fitted basis and how good it is.
#[derive(Clone, Debug)]
pub struct UnsmileFit {
    /// Tensor `basis` `[52, 1404]`: displacement in canonical centimetres per unit of each score, in the order of
    /// [`CanonicalMesh::blendshape_names`].
    pub file: TensorFile,
    /// Share of the lips' and jaw's variance within people that it explains on the validation photographs.
    pub explained: f32,
    /// The same over all 468 points.
    pub explained_face: f32,
    /// Photographs and videos it learned from.
    pub examples: (usize, usize),
}

/// Fits the basis on a corpus' redistributable training rows: read sentences, free speech, photographs.
///
/// # Errors
/// A file cannot be read, or nothing may teach.
pub fn train_unsmile(corpus: &ExpressionCorpus) -> Result<UnsmileFit, ExpressionTrainingError> {
    let networks = FaceNetworks::load();
    let videos: Vec<&CorpusRow> =
        corpus.rows.iter().filter(|row| row.may_teach() && (row.kind == "grid" || row.kind == "clip")).collect();
    let videos: Vec<Group> = videos.par_iter().map(|row| video_group(corpus, row, &networks)).collect::<Result<_, _>>()?;
    let stills = photographs(corpus, "train", &networks)?;
    let examples = (stills.iter().map(|(looks, _)| looks.len()).sum(), videos.len());
    if examples == (0, 0) {
        return Err(ExpressionTrainingError::Nothing("photographs or videos that may teach"));
    }
    let mut ridge = Ridge::new(SCORES, FIELD);
    for (group, weight) in videos.iter().chain(&stills) {
        for look in centred(group) {
            ridge.add(&look.scores, &look.face, *weight);
        }
    }
    let weight = ridge.solve(PENALTY, "the un-smile basis")?;
    let basis: Vec<Vec<f32>> = (0..SCORES).map(|s| (0..FIELD).map(|v| weight[v][s]).collect()).collect();
    let (explained, explained_face) = score(corpus, &basis)?;
    let mut file = TensorFile::default();
    file.insert("basis", &[SCORES, FIELD], basis.concat());
    Ok(UnsmileFit { file, explained, explained_face, examples })
}

/// Share of the lips' and jaw's, and of the whole face's, variance within people that a basis explains on the validation
/// photographs. `weights`: a safetensors file's bytes.
///
/// # Errors
/// The corpus or the weights cannot be read.
pub fn evaluate_unsmile(corpus: &ExpressionCorpus, weights: &[u8]) -> Result<(f32, f32), ExpressionTrainingError> {
    let file = TensorFile::from_bytes(weights)?;
    let basis: Vec<Vec<f32>> = file.get("basis", &[SCORES, FIELD])?.chunks_exact(FIELD).map(<[f32]>::to_vec).collect();
    score(corpus, &basis)
}

fn score(corpus: &ExpressionCorpus, basis: &[Vec<f32>]) -> Result<(f32, f32), ExpressionTrainingError> {
    let validation = photographs(corpus, "validation", &FaceNetworks::load())?;
    let lips: Vec<usize> = SHAPE_POINTS.iter().flat_map(|&i| 3 * i..3 * i + 3).collect();
    Ok((explained(basis, &validation, &lips), explained(basis, &validation, &(0..FIELD).collect::<Vec<_>>())))
}

fn photographs(corpus: &ExpressionCorpus, split: &str, networks: &FaceNetworks) -> Result<Vec<Group>, ExpressionTrainingError> {
    let rows = corpus.rows.iter().filter(|row| row.kind == "still" && row.split == split && row.licence == "redistributable");
    person_groups(corpus, &rows.collect::<Vec<_>>(), networks)
}

fn explained(basis: &[Vec<f32>], groups: &[Group], values: &[usize]) -> f32 {
    let (mut left, mut whole) = (0.0, 0.0);
    for look in groups.iter().flat_map(|(group, _)| centred(group)) {
        for &v in values {
            let predicted: f32 = look.scores.iter().zip(basis).map(|(score, row)| score * row[v]).sum();
            left += (look.face[v] - predicted).powi(2);
            whole += look.face[v].powi(2);
        }
    }
    1.0 - left / f32::max(whole, 1e-9)
}

fn centred(looks: &[Look]) -> Vec<Look> {
    let mean = |of: fn(&Look) -> &Vec<f32>| -> Vec<f32> {
        let count = looks.len().max(1) as f32;
        (0..looks.first().map_or(0, |l| of(l).len())).map(|i| looks.iter().map(|l| of(l)[i]).sum::<f32>() / count).collect()
    };
    let (scores, face) = (mean(|l| &l.scores), mean(|l| &l.face));
    let minus = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a - b).collect();
    looks.iter().map(|l| Look { scores: minus(&l.scores, &scores), face: minus(&l.face, &face) }).collect()
}

fn look(landmarks: &Landmarks, scores: &[f32]) -> Look {
    let face = RigidFit::to_canonical(landmarks).frontal(landmarks);
    let counts = |name: &String| MOUTH_SCORES.iter().any(|prefix| name.starts_with(prefix));
    let used = |(score, name): (&f32, &String)| if counts(name) { (score - SCORE_FLOOR).max(0.0) } else { 0.0 };
    Look { scores: scores.iter().zip(score_names()).map(used).collect(), face: face.into_iter().flatten().collect() }
}

fn person_groups(
    corpus: &ExpressionCorpus,
    rows: &[&CorpusRow],
    networks: &FaceNetworks,
) -> Result<Vec<Group>, ExpressionTrainingError> {
    let looks: Vec<(String, Look)> = rows
        .par_iter()
        .map(|row| {
            let path = corpus.path(row);
            let picture = talkinghead_media::read_image(&path, &Limits::default())
                .map_err(|source| ExpressionTrainingError::Media { path: path.clone(), source })?;
            let face = networks
                .still_face(&picture, FaceChoice::default())
                .map_err(|source| ExpressionTrainingError::Face { path: path.clone(), source })?;
            Ok((row.identity.clone(), look(&face.landmarks, &face.blendshapes)))
        })
        .collect::<Result<_, ExpressionTrainingError>>()?;
    let mut groups: std::collections::BTreeMap<String, Vec<Look>> = Default::default();
    for (identity, look) in looks {
        groups.entry(identity).or_default().push(look);
    }
    Ok(groups.into_values().map(|looks| (looks, PHOTOGRAPH)).collect())
}

fn video_group(corpus: &ExpressionCorpus, row: &CorpusRow, networks: &FaceNetworks) -> Result<Group, ExpressionTrainingError> {
    let path = corpus.path(row);
    let face = |source| ExpressionTrainingError::Face { path: path.clone(), source };
    let frames = FrameReader::open(&path, &Limits::default())
        .map_err(|source| ExpressionTrainingError::Media { path: path.clone(), source })?;
    let track = talkinghead_face::FaceTracker::new(networks, FaceChoice::default()).track(frames).map_err(face)?;
    let mut looks = Vec::new();
    for frame in track.frames.iter().step_by(FRAME_STEP).filter(|frame| !frame.interpolated) {
        looks.push(look(&frame.landmarks, &networks.blendshapes(&frame.landmarks).map_err(face)?));
    }
    Ok((looks, 1.0))
}

/// Names of the scores, in the order of the basis' rows.
pub fn score_names() -> &'static [String] {
    &CanonicalMesh::get().blendshape_names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_that_made_the_faces_explains_them() {
        let basis: Vec<Vec<f32>> = (0..SCORES).map(|s| (0..FIELD).map(|v| ((s * 7 + v) % 13) as f32 - 6.0).collect()).collect();
        let make = |k: usize| {
            let scores: Vec<f32> = (0..SCORES).map(|s| ((s + k) % 5) as f32 / 5.0).collect();
            let face = (0..FIELD).map(|v| 1.0 + scores.iter().zip(&basis).map(|(s, row)| s * row[v]).sum::<f32>()).collect();
            Look { scores, face }
        };
        let groups = vec![((0..6).map(make).collect::<Vec<_>>(), 1.0)];
        let all: Vec<usize> = (0..FIELD).collect();
        assert!(explained(&basis, &groups, &all) > 0.999);
        let nothing = vec![vec![0.0; FIELD]; SCORES];
        assert!(explained(&nothing, &groups, &all).abs() < 1e-6);
    }
}
