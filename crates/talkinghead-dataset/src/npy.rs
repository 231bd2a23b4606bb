//! NumPy's `.npy` files: little-endian, C order, version 1.0.

use std::io::Read;
use std::path::Path;

use crate::DatasetError;

/// An array of numbers with its shape, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Sizes of the dimensions.
    pub shape: Vec<usize>,
    /// The values, converted to f64 whatever the file's type.
    pub values: Vec<f64>,
}

/// Number types that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// `<f4`
    Single,
    /// `<f8`
    Double,
}

/// Most values a file may hold: a guard against a damaged header, far above any clip.
const MAX_VALUES: usize = 1 << 28;

impl Array {
    /// Points `[rows, columns, 3]` from a list of point sets.
    pub fn from_points<P: AsRef<[[f64; 3]]>>(frames: &[P]) -> Self {
        let columns = frames.first().map_or(0, |points| points.as_ref().len());
        let values = frames.iter().flat_map(|points| points.as_ref().iter().flatten().copied()).collect();
        Self { shape: vec![frames.len(), columns, 3], values }
    }

    /// A matrix `[rows, N]`.
    pub fn from_rows<const N: usize>(rows: &[[f64; N]]) -> Self {
        Self { shape: vec![rows.len(), N], values: rows.iter().flatten().copied().collect() }
    }

    /// The array as point sets, for shape `[frames, points, 3]` (or `[points, 3]`, one set).
    pub fn to_points(&self) -> Option<Vec<Vec<[f64; 3]>>> {
        let points = match self.shape[..] {
            [_, points, 3] | [points, 3] => points,
            _ => return None,
        };
        if points == 0 {
            return None;
        }
        let all: Vec<[f64; 3]> = self.values.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
        Some(all.chunks(points).map(<[_]>::to_vec).collect())
    }

    /// The array as rows of `N` numbers.
    pub fn to_rows<const N: usize>(&self) -> Option<Vec<[f64; N]>> {
        (self.shape.last() == Some(&N)).then(|| {
            self.values
                .chunks_exact(N)
                .map(|chunk| {
                    let mut row = [0.0; N];
                    row.copy_from_slice(chunk);
                    row
                })
                .collect()
        })
    }

    /// The file's bytes.
    pub fn to_bytes(&self, precision: Precision) -> Vec<u8> {
        let shape = match self.shape[..] {
            [one] => format!("({one},)"),
            _ => format!("({})", self.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        };
        let kind = if precision == Precision::Single { "<f4" } else { "<f8" };
        let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        // Magic, version and length take 10 bytes; the whole is a multiple of 64 and ends with a line feed.
        header.push_str(&" ".repeat((64 - (10 + header.len() + 1) % 64) % 64));
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        for &value in &self.values {
            match precision {
                Precision::Single => bytes.extend((value as f32).to_le_bytes()),
                Precision::Double => bytes.extend(value.to_le_bytes()),
            }
        }
        bytes
    }

    /// Reads a file of real numbers (`f4`, `f8`, `i1` to `i8`, `u1` to `u8`, little-endian).
    ///
    /// # Errors
    /// The file is missing, damaged, or holds another type.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let mut bytes = Vec::new();
        std::fs::File::open(path)
            .and_then(|file| file.take((MAX_VALUES as u64) * 8 + 4096).read_to_end(&mut bytes))
            .map_err(DatasetError::file("read", path))?;
        Self::from_bytes(&bytes)
            .map_err(|detail| DatasetError::Malformed { file: path.display().to_string(), detail: detail.to_owned() })
    }

    /// Parses a file's bytes.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.len() < 12 || &bytes[..6] != b"\x93NUMPY" {
            return Err("no npy file");
        }
        let (start, length): (usize, usize) = match bytes[6] {
            1 => (10, usize::from(u16::from_le_bytes([bytes[8], bytes[9]]))),
            2 | 3 => (12, u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize),
            _ => return Err("an npy version this program does not know"),
        };
        let header = bytes.get(start..start.saturating_add(length)).ok_or("the header is cut short")?;
        let header = std::str::from_utf8(header).map_err(|_| "the header is no text")?;
        if !header.contains("'fortran_order': False") {
            return Err("only C order is read");
        }
        let after = |key: &str| header.split_once(key).map(|(_, rest)| rest.trim_start_matches([':', ' ']));
        let kind = after("'descr'").and_then(|rest| rest.get(1..)).and_then(|rest| rest.split('\'').next()).ok_or("no type")?;
        let shape =
            after("'shape'").and_then(|rest| rest.strip_prefix('(')).and_then(|rest| rest.split(')').next()).ok_or("no shape")?;
        let shape: Vec<usize> = shape
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().map_err(|_| "a size is no number"))
            .collect::<Result<_, _>>()?;
        let count =
            shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size)).filter(|&count| count <= MAX_VALUES);
        let count = count.ok_or("the array is too large")?;
        let body = &bytes[start + length..];
        let values = match kind {
            "<f4" => numbers(body, count, |b: [u8; 4]| f64::from(f32::from_le_bytes(b))),
            "<f8" => numbers(body, count, f64::from_le_bytes),
            "<i2" => numbers(body, count, |b: [u8; 2]| f64::from(i16::from_le_bytes(b))),
            "<i4" => numbers(body, count, |b: [u8; 4]| f64::from(i32::from_le_bytes(b))),
            "<i8" => numbers(body, count, |b: [u8; 8]| i64::from_le_bytes(b) as f64),
            "<u2" => numbers(body, count, |b: [u8; 2]| f64::from(u16::from_le_bytes(b))),
            "<u4" => numbers(body, count, |b: [u8; 4]| f64::from(u32::from_le_bytes(b))),
            "|u1" | "|b1" => numbers(body, count, |b: [u8; 1]| f64::from(b[0])),
            "|i1" => numbers(body, count, |b: [u8; 1]| f64::from(b[0] as i8)),
            _ => return Err("a type of number this program does not read"),
        };
        values.ok_or("the values are cut short").map(|values| Self { shape, values })
    }
}

fn numbers<const N: usize>(body: &[u8], count: usize, number: impl Fn([u8; N]) -> f64) -> Option<Vec<f64>> {
    let body = body.get(..count.checked_mul(N)?)?;
    Some(
        body.chunks_exact(N)
            .map(|chunk| {
                let mut bytes = [0; N];
                bytes.copy_from_slice(chunk);
                number(bytes)
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_header_is_numpys_own() {
        let bytes = Array { shape: vec![2, 3], values: (0..6).map(f64::from).collect() }.to_bytes(Precision::Double);
        assert_eq!(bytes.len(), 128 + 48);
        assert_eq!(&bytes[10..67], b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)," as &[u8]);
        assert_eq!(bytes[127], b'\n');
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec(-1e6_f64..1e6, 0..60)) {
            let array = Array { shape: vec![values.len()], values };
            prop_assert_eq!(&Array::from_bytes(&array.to_bytes(Precision::Double)).unwrap(), &array);
            let single = Array::from_bytes(&array.to_bytes(Precision::Single)).unwrap();
            prop_assert!(single.values.iter().zip(&array.values).all(|(a, b)| *a == f64::from(*b as f32)));
        }

        #[test]
        fn foreign_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), keep in any::<bool>()) {
            if keep && bytes.len() > 8 { bytes[..8].copy_from_slice(b"\x93NUMPY\x01\x00"); }
            let _ = Array::from_bytes(&bytes);
        }
    }
}
