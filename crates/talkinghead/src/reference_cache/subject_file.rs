//! A person in a safetensors file: pictures and mouths as bytes, faces and mattes as f32, the rest as JSON in the header.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;

use image::RgbImage;
use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use talkinghead_face::{Landmarks, Matte, QuarterTurn, StillFace};
use talkinghead_render::{MouthBank, MouthBankOptions, MouthRecord, Shot, SpeechStyle};

use super::key::hexadecimal;
use super::{FoundPerson, with_names, without_names};
use crate::reference_loader::Subject;

/// Name of the one text in the header: the digest of all that follows and of the tensors, a blank, and the description as JSON.
const DESCRIPTION: &str = "person";

/// What is no array.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    /// Number of the reference that moves.
    reference: usize,
    turn: QuarterTurn,
    only_closed: bool,
    /// Where a video shows how the person speaks.
    opening: Option<f32>,
    /// How far the head moves there, and in how many frames.
    head: Option<([f32; 3], usize)>,
    largest_iod: f32,
    most_bytes: usize,
    spare: usize,
    shots: usize,
    /// Frame, recording, width and height of every remembered mouth.
    mouths: Vec<[usize; 4]>,
    warnings: Vec<String>,
    notes: Vec<String>,
}

/// One array.
struct Array {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    fn floats(shape: Vec<usize>, values: impl IntoIterator<Item = f32>) -> Self {
        Self { dtype: Dtype::F32, shape, bytes: values.into_iter().flat_map(f32::to_le_bytes).collect() }
    }

    fn picture(picture: &RgbImage) -> Self {
        let shape = vec![picture.height() as usize, picture.width() as usize, 3];
        Self { dtype: Dtype::U8, shape, bytes: picture.as_raw().clone() }
    }

    fn landmarks(landmarks: &Landmarks) -> Self {
        Self::floats(vec![landmarks.points().len(), 3], landmarks.points().iter().flatten().copied())
    }

    fn matte(matte: &Matte) -> Self {
        Self::floats(vec![matte.height as usize, matte.width as usize], matte.values.iter().copied())
    }
}

impl View for &Array {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The file's bytes; `None` where the person cannot be written down.
pub(super) fn bytes(person: &FoundPerson, references: &[PathBuf]) -> Option<Vec<u8>> {
    let subject = &person.subject;
    let mut arrays = vec![
        ("picture".to_owned(), Array::picture(&subject.picture)),
        ("person".to_owned(), Array::matte(&subject.person)),
        ("hair".to_owned(), Array::matte(&subject.hair)),
    ];
    add_face(&mut arrays, "face", &subject.face);
    if let Some(style) = &subject.style {
        arrays.push(("neutral".to_owned(), Array::floats(vec![style.neutral.len(), 3], style.neutral.iter().flatten().copied())));
    }
    for (index, (picture, face)) in subject.spare.iter().enumerate() {
        arrays.push((format!("spare.{index}.picture"), Array::picture(picture)));
        add_face(&mut arrays, &format!("spare.{index}"), face);
    }
    for (index, shot) in subject.shots.iter().enumerate() {
        arrays.push((format!("shots.{index}.picture"), Array::picture(&shot.picture)));
        arrays.push((format!("shots.{index}.landmarks"), Array::landmarks(&shot.landmarks)));
    }
    let records: Vec<MouthRecord> = subject.mouths.records().collect();
    let (count, points) = (records.len(), MouthRecord::points_wanted());
    let all = |of: fn(&MouthRecord) -> &[f32]| records.iter().flat_map(of).copied();
    let pixels: Vec<u8> = records.iter().flat_map(|record| &record.pixels).copied().collect();
    arrays.push(("mouths.pixels".to_owned(), Array { dtype: Dtype::U8, shape: vec![pixels.len()], bytes: pixels }));
    arrays.push(("mouths.points".to_owned(), Array::floats(vec![count, points, 2], all(|r| r.points.as_flattened()))));
    arrays.push(("mouths.feature".to_owned(), Array::floats(vec![count, MouthRecord::FEATURE_LENGTH], all(|r| &r.feature))));
    arrays.push(("mouths.angles".to_owned(), Array::floats(vec![count, 3], all(|r| &r.angles))));
    let options = subject.mouths.options();
    let description = Description {
        reference: references.iter().position(|path| *path == subject.path)?,
        turn: subject.turn,
        only_closed: subject.only_closed,
        opening: subject.style.as_ref().map(|style| style.opening),
        head: subject.style.as_ref().map(|style| (style.head, style.frames)),
        largest_iod: options.largest_iod,
        most_bytes: options.most_bytes,
        spare: subject.spare.len(),
        shots: subject.shots.len(),
        mouths: records.iter().map(|r| [r.frame, r.recording, r.size[0], r.size[1]]).collect(),
        warnings: person.warnings.iter().map(|text| without_names(text, references)).collect(),
        notes: person.notes.iter().map(|text| without_names(text, references)).collect(),
    };
    let description = serde_json::to_string(&description).ok()?;
    let digest = digest(&description, arrays.iter().map(|(name, array)| (name.as_str(), array.bytes.as_slice())));
    let header = HashMap::from([(DESCRIPTION.to_owned(), format!("{digest} {description}"))]);
    safetensors::serialize(arrays.iter().map(|(name, array)| (name, array)), Some(header)).ok()
}

fn add_face(arrays: &mut Vec<(String, Array)>, name: &str, face: &StillFace) {
    arrays.push((format!("{name}.landmarks"), Array::landmarks(&face.landmarks)));
    arrays.push((format!("{name}.blendshapes"), Array::floats(vec![face.blendshapes.len()], face.blendshapes)));
}

/// Of everything in the file, whatever order it lies in.
fn digest<'a>(description: &str, arrays: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut arrays: Vec<(&str, &[u8])> = arrays.collect();
    arrays.sort_by_key(|(name, _)| *name);
    let mut hasher = Sha256::new_with_prefix(description);
    for (name, bytes) in arrays {
        hasher.update(name);
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    hexadecimal(&hasher.finalize())
}

/// The person of a file's bytes; `None` for anything else, and for a file that is not as it was written.
pub(super) fn read(bytes: &[u8], references: &[PathBuf]) -> Option<FoundPerson> {
    let (digest, description, tensors) = parts(bytes)?;
    let arrays = tensors.tensors();
    let found = self::digest(&description, arrays.iter().map(|(name, view)| (name.as_str(), view.data())));
    if found == digest { person(&description, &tensors, references) } else { None }
}

/// Digest, description and tensors.
fn parts(bytes: &[u8]) -> Option<(String, String, SafeTensors<'_>)> {
    let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
    let (digest, description) = header.metadata().as_ref()?.get(DESCRIPTION)?.split_once(' ')?;
    Some((digest.to_owned(), description.to_owned(), SafeTensors::deserialize(bytes).ok()?))
}

/// Whether these bytes are read as a person, whatever their digest is; for the fuzz target.
#[doc(hidden)]
pub fn is_subject_file(bytes: &[u8]) -> bool {
    let read =
        |(_, description, tensors): (_, String, SafeTensors<'_>)| person(&description, &tensors, &[PathBuf::from("reference")]);
    parts(bytes).and_then(read).is_some()
}

fn person(description: &str, tensors: &SafeTensors<'_>, references: &[PathBuf]) -> Option<FoundPerson> {
    let description: Description = serde_json::from_str(description).ok()?;
    let picture = picture(tensors, "picture")?;
    let style = match (description.opening, description.head) {
        (Some(opening), Some((head, frames))) if opening.is_finite() && head.iter().all(|d| d.is_finite()) => {
            Some(SpeechStyle { neutral: points(tensors, "neutral")?, opening, head, frames })
        }
        (None, None) => None,
        _ => return None,
    };
    let spare = (0..description.spare).map(|index| {
        let name = format!("spare.{index}");
        Some((self::picture(tensors, &format!("{name}.picture"))?, face(tensors, &name)?))
    });
    let shots = (0..description.shots).map(|index| {
        let picture = self::picture(tensors, &format!("shots.{index}.picture"))?;
        Some(Shot { picture, landmarks: landmarks(tensors, &format!("shots.{index}.landmarks"))? })
    });
    let options = MouthBankOptions { most_bytes: description.most_bytes, largest_iod: description.largest_iod };
    let subject = Subject {
        path: references.get(description.reference)?.clone(),
        face: face(tensors, "face")?,
        turn: description.turn,
        style,
        spare: spare.collect::<Option<_>>()?,
        shots: shots.collect::<Option<_>>()?,
        only_closed: description.only_closed,
        person: matte(tensors, "person", picture.dimensions())?,
        hair: matte(tensors, "hair", picture.dimensions())?,
        mouths: MouthBank::from_records(mouths(tensors, &description.mouths)?, options)?,
        picture,
    };
    let named = |texts: Vec<String>| texts.iter().map(|text| with_names(text, references)).collect();
    Some(FoundPerson { subject, warnings: named(description.warnings), notes: named(description.notes) })
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Option<Vec<f32>> {
    let view = tensors.tensor(name).ok().filter(|view| view.dtype() == Dtype::F32)?;
    let values: Vec<f32> = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    values.iter().all(|value| value.is_finite()).then_some(values)
}

fn points(tensors: &SafeTensors<'_>, name: &str) -> Option<Vec<[f32; 3]>> {
    Some(floats(tensors, name)?.as_chunks::<3>().0.to_vec())
}

fn landmarks(tensors: &SafeTensors<'_>, name: &str) -> Option<Landmarks> {
    Landmarks::new(points(tensors, name)?).ok()
}

fn face(tensors: &SafeTensors<'_>, name: &str) -> Option<StillFace> {
    let blendshapes = floats(tensors, &format!("{name}.blendshapes"))?.try_into().ok()?;
    Some(StillFace { landmarks: landmarks(tensors, &format!("{name}.landmarks"))?, blendshapes })
}

fn picture(tensors: &SafeTensors<'_>, name: &str) -> Option<RgbImage> {
    let view = tensors.tensor(name).ok().filter(|view| view.dtype() == Dtype::U8)?;
    let &[height, width, 3] = view.shape() else { return None };
    RgbImage::from_raw(width.try_into().ok()?, height.try_into().ok()?, view.data().to_vec())
}

fn matte(tensors: &SafeTensors<'_>, name: &str, (width, height): (u32, u32)) -> Option<Matte> {
    let values = floats(tensors, name)?;
    (values.len() as u64 == u64::from(width) * u64::from(height)).then_some(Matte { width, height, values })
}

fn mouths(tensors: &SafeTensors<'_>, about: &[[usize; 4]]) -> Option<Vec<MouthRecord>> {
    let view = tensors.tensor("mouths.pixels").ok().filter(|view| view.dtype() == Dtype::U8)?;
    let mut pixels = view.data();
    let (points, features) = (floats(tensors, "mouths.points")?, floats(tensors, "mouths.feature")?);
    let angles = floats(tensors, "mouths.angles")?;
    let mut points = points.as_chunks::<2>().0.chunks_exact(MouthRecord::points_wanted());
    let (mut features, mut angles) = (features.chunks_exact(MouthRecord::FEATURE_LENGTH), angles.as_chunks::<3>().0.iter());
    let record = |&[frame, recording, width, height]: &[usize; 4]| {
        let (own, rest) = pixels.split_at_checked(width.checked_mul(height)?.checked_mul(3)?)?;
        pixels = rest;
        Some(MouthRecord {
            frame,
            recording,
            feature: features.next()?.to_vec(),
            angles: *angles.next()?,
            size: [width, height],
            pixels: own.to_vec(),
            points: points.next()?.to_vec(),
        })
    };
    about.iter().map(record).collect()
}
