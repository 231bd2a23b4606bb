//! The published file set's arrays: landmarks and poses of a clip as `.npy`.

use std::path::Path;

use crate::error::FormatError;
use crate::npy::{NpyArray, NpyLimits, read_bounded};

/// Points of a face in the published order (iBUG).
const IBUG_POINTS: usize = 68;

/// The points of one face, pixels: x right, y down, z towards the camera.
pub type FacePoints = [[f64; 3]; IBUG_POINTS];

/// Longest clip that is read, frames: four hours.
const MOST_FRAMES: usize = 25 * 3600 * 4;
const LIMITS: NpyLimits = NpyLimits { most_values: MOST_FRAMES * IBUG_POINTS * 3, integers: false };

/// Landmarks `[frames, 68, 3]` (or one face `[68, 3]`), pixels.
///
/// # Errors
/// Unreadable files, other shapes, values that are not finite.
pub fn read_landmarks(path: &Path) -> Result<Vec<FacePoints>, FormatError> {
    let bytes = read_bounded(path, LIMITS.most_values)?;
    parse_landmarks(&bytes).map_err(|reason| FormatError::malformed(path, reason))
}

/// Poses `[frames, 6]`: rotation vector in radians, translation in pixels.
///
/// # Errors
/// As [`read_landmarks`].
pub fn read_poses(path: &Path) -> Result<Vec<[f64; 6]>, FormatError> {
    let bytes = read_bounded(path, LIMITS.most_values)?;
    parse_poses(&bytes).map_err(|reason| FormatError::malformed(path, reason))
}

/// As [`read_landmarks`], from bytes.
///
/// # Errors
/// What is wrong.
pub fn parse_landmarks(bytes: &[u8]) -> Result<Vec<FacePoints>, String> {
    let NpyArray { shape, values } = finite(bytes)?;
    match shape.as_slice() {
        [_, IBUG_POINTS, 3] | [IBUG_POINTS, 3] => {}
        _ => return Err(format!("wanted shape [frames, {IBUG_POINTS}, 3], found {shape:?}")),
    }
    let (points, _) = values.as_chunks::<3>();
    let (faces, _) = points.as_chunks::<IBUG_POINTS>();
    Ok(faces.to_vec())
}

/// As [`read_poses`], from bytes.
///
/// # Errors
/// What is wrong.
pub fn parse_poses(bytes: &[u8]) -> Result<Vec<[f64; 6]>, String> {
    let NpyArray { shape, values } = finite(bytes)?;
    if !matches!(shape.as_slice(), [_, 6] | [6]) {
        return Err(format!("wanted shape [frames, 6], found {shape:?}"));
    }
    Ok(values.as_chunks::<6>().0.to_vec())
}

/// Finite numbers, at least one.
fn finite(bytes: &[u8]) -> Result<NpyArray, String> {
    let array = NpyArray::parse(bytes, LIMITS)?;
    match array.values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(format!("element {position} is {}", array.values[position])),
        None if array.values.is_empty() => Err("the array is empty".into()),
        None => Ok(array),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn file(header: &str, body: &[u8]) -> Vec<u8> {
        let mut padded = header.to_string();
        while !(10 + padded.len() + 1).is_multiple_of(64) {
            padded.push(' ');
        }
        padded.push('\n');
        [b"\x93NUMPY\x01\x00".as_slice(), &(padded.len() as u16).to_le_bytes(), padded.as_bytes(), body].concat()
    }

    #[test]
    fn poses_are_read_and_other_arrays_are_named() {
        let body: Vec<u8> = (0..12).flat_map(|x| f64::from(x).to_le_bytes()).collect();
        let sound = file("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 6), }", &body);
        assert_eq!(parse_poses(&sound).unwrap(), [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]]);
        assert!(parse_landmarks(&sound).unwrap_err().contains("[2, 6]"));
        let short = file("{'descr': '<f8', 'fortran_order': False, 'shape': (200000, 6), }", &body);
        assert!(parse_poses(&short).unwrap_err().contains("promises more"));
        let mut poisoned = body.clone();
        poisoned[..8].copy_from_slice(&f64::NAN.to_le_bytes());
        let poisoned = file("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 6), }", &poisoned);
        assert!(parse_poses(&poisoned).unwrap_err().contains("element 0 is NaN"));
        for length in 0..sound.len() {
            assert!(parse_poses(&sound[..length]).is_err());
        }
    }
}
