//! The published file set's arrays: landmarks and poses of a clip as `.npy`.

use std::io::Read;
use std::path::Path;

use npyz::{DType, NpyFile, TypeChar};
/// Points of a face in the published order (iBUG).
const IBUG_POINTS: usize = 68;

/// The points of one face, pixels: x right, y down, z towards the camera.
pub type FacePoints = [[f64; 3]; IBUG_POINTS];

use crate::error::FormatError;

/// Longest clip that is read, frames: four hours.
const MOST_FRAMES: usize = 25 * 3600 * 4;

/// Landmarks `[frames, 68, 3]` (or one face `[68, 3]`), pixels.
///
/// # Errors
/// Unreadable files, other shapes, values that are not finite.
pub fn read_landmarks(path: &Path) -> Result<Vec<FacePoints>, FormatError> {
    let bytes = read(path)?;
    parse_landmarks(&bytes).map_err(|reason| FormatError::malformed(path, reason))
}

/// Poses `[frames, 6]`: rotation vector in radians, translation in pixels.
///
/// # Errors
/// As [`read_landmarks`].
pub fn read_poses(path: &Path) -> Result<Vec<[f64; 6]>, FormatError> {
    let bytes = read(path)?;
    parse_poses(&bytes).map_err(|reason| FormatError::malformed(path, reason))
}

/// As [`read_landmarks`], from bytes.
///
/// # Errors
/// What is wrong.
pub fn parse_landmarks(bytes: &[u8]) -> Result<Vec<FacePoints>, String> {
    let (shape, values) = array(bytes)?;
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
    let (shape, values) = array(bytes)?;
    if !matches!(shape.as_slice(), [_, 6] | [6]) {
        return Err(format!("wanted shape [frames, 6], found {shape:?}"));
    }
    Ok(values.as_chunks::<6>().0.to_vec())
}

fn read(path: &Path) -> Result<Vec<u8>, FormatError> {
    const LARGEST: u64 = (MOST_FRAMES * IBUG_POINTS * 3 * 8) as u64;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|source| FormatError::io(path, source))?;
    file.take(LARGEST + 65536).read_to_end(&mut bytes).map_err(|source| FormatError::io(path, source))?;
    Ok(bytes)
}

fn array(bytes: &[u8]) -> Result<(Vec<usize>, Vec<f64>), String> {
    let wrong = |error: std::io::Error| format!("no valid npy file: {error}");
    let file = NpyFile::new(bytes).map_err(wrong)?;
    let shape: Vec<usize> = file.shape().iter().map(|size| usize::try_from(*size).unwrap_or(usize::MAX)).collect();
    if file.order() != npyz::Order::C {
        return Err("the array is in Fortran order; wanted C order".into());
    }
    let count = crate::element_count(&shape).filter(|count| *count <= MOST_FRAMES * IBUG_POINTS * 3);
    let count = count.ok_or_else(|| format!("shape {shape:?} is too large"))?;
    let kind = match file.dtype() {
        DType::Plain(plain) => (plain.type_char(), plain.size_field()),
        other => return Err(format!("element type {other:?}; wanted float32 or float64")),
    };
    // Damaged headers may promise more than there is.
    let truncated = || format!("shape {shape:?} promises more numbers than the file's {} bytes hold", bytes.len());
    let width = usize::try_from(kind.1).unwrap_or(usize::MAX);
    if count.checked_mul(width).is_none_or(|size| size > bytes.len()) {
        return Err(truncated());
    }
    let values: Vec<f64> = match kind {
        (TypeChar::Float, 4) => file.into_vec::<f32>().map_err(|_| truncated())?.into_iter().map(f64::from).collect(),
        (TypeChar::Float, 8) => file.into_vec::<f64>().map_err(|_| truncated())?,
        (other, size) => return Err(format!("element type {other:?} of {size} bytes; wanted float32 or float64")),
    };
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(format!("element {position} is {}", values[position])),
        None if values.is_empty() => Err("the array is empty".into()),
        None => Ok((shape, values)),
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
