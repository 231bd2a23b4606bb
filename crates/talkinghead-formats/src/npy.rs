//! NumPy's `.npy` files: real numbers in C order, read with bounds and written as NumPy writes them.

use std::io::Read;
use std::path::Path;

use npyz::{DType, NpyFile, TypeChar};

use crate::error::FormatError;

/// An array of numbers with its shape, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct NpyArray {
    /// Sizes of the dimensions.
    pub shape: Vec<usize>,
    /// The values, converted to f64 whatever the file's type.
    pub values: Vec<f64>,
}

/// Number types that are written, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NpyType {
    /// `<f4`
    Float32,
    /// `<f8`
    Float64,
}

/// Most values a file may hold: a guard against a damaged header, far above any clip.
const MOST_VALUES: usize = 1 << 28;
/// Bytes that a header may take beside the values.
const HEADER_BYTES: u64 = 1 << 16;
/// Brackets within each other in a header: a list of named types has two. Every further one doubles the time that the reader of
/// Python's literals takes.
const MOST_NESTED: usize = 4;

/// What a reader accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NpyLimits {
    /// Most values.
    pub(crate) most_values: usize,
    /// Whether integers and truth values are read beside floats.
    pub(crate) integers: bool,
}

impl NpyArray {
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
        Some(self.values.as_chunks::<3>().0.chunks(points).map(<[_]>::to_vec).collect())
    }

    /// The array as rows of `N` numbers.
    pub fn to_rows<const N: usize>(&self) -> Option<Vec<[f64; N]>> {
        (self.shape.last() == Some(&N)).then(|| self.values.as_chunks::<N>().0.to_vec())
    }

    /// The file's bytes: version 1.0, the header padded to 64 bytes as NumPy does it.
    pub fn to_bytes(&self, kind: NpyType) -> Vec<u8> {
        let shape = match self.shape[..] {
            [one] => format!("({one},)"),
            _ => format!("({})", self.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        };
        let descr = if kind == NpyType::Float32 { "<f4" } else { "<f8" };
        let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        // Magic, version and length take 10 bytes; the whole is a multiple of 64 and ends with a line feed. (npyz pads to 16 and
        // writes other shapes; files must not change from one version of this program to the next.)
        header.push_str(&" ".repeat((64 - (10 + header.len() + 1) % 64) % 64));
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        for &value in &self.values {
            match kind {
                NpyType::Float32 => bytes.extend((value as f32).to_le_bytes()),
                NpyType::Float64 => bytes.extend(value.to_le_bytes()),
            }
        }
        bytes
    }

    /// Reads a file of real numbers: float32, float64, integers of up to 64 bits, truth values.
    ///
    /// # Errors
    /// The file is missing, damaged, or holds another type.
    pub fn read(path: &Path) -> Result<Self, FormatError> {
        let bytes = read_bounded(path, MOST_VALUES)?;
        Self::from_bytes(&bytes).map_err(|reason| FormatError::malformed(path, reason))
    }

    /// As [`NpyArray::read`], from bytes.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        Self::parse(bytes, NpyLimits { most_values: MOST_VALUES, integers: true })
    }

    pub(crate) fn parse(bytes: &[u8], limits: NpyLimits) -> Result<Self, String> {
        check_header(bytes)?;
        let file = NpyFile::new(bytes).map_err(|error| format!("no valid npy file: {error}"))?;
        let shape: Vec<usize> = file.shape().iter().map(|size| usize::try_from(*size).unwrap_or(usize::MAX)).collect();
        if file.order() != npyz::Order::C {
            return Err("the array is in Fortran order; wanted C order".into());
        }
        let count = crate::element_count(&shape).filter(|count| *count <= limits.most_values);
        let count = count.ok_or_else(|| format!("shape {shape:?} is too large"))?;
        let wanted = if limits.integers { "real numbers" } else { "float32 or float64" };
        let (kind, size) = match file.dtype() {
            DType::Plain(plain) => (plain.type_char(), plain.size_field()),
            other => return Err(format!("element type {other:?}; wanted {wanted}")),
        };
        // Damaged headers may promise more than there is.
        let truncated = || format!("shape {shape:?} promises more numbers than the file's {} bytes hold", bytes.len());
        let width = usize::try_from(size).unwrap_or(usize::MAX);
        if count.checked_mul(width).is_none_or(|size| size > bytes.len()) {
            return Err(truncated());
        }
        macro_rules! values {
            ($type:ty, $convert:expr) => {
                file.into_vec::<$type>().map_err(|_| truncated())?.into_iter().map($convert).collect()
            };
        }
        let values: Vec<f64> = match (kind, size) {
            (TypeChar::Float, 4) => values!(f32, f64::from),
            (TypeChar::Float, 8) => file.into_vec::<f64>().map_err(|_| truncated())?,
            (TypeChar::Bool, 1) if limits.integers => values!(bool, |value| f64::from(u8::from(value))),
            (TypeChar::Int, 1) if limits.integers => values!(i8, f64::from),
            (TypeChar::Int, 2) if limits.integers => values!(i16, f64::from),
            (TypeChar::Int, 4) if limits.integers => values!(i32, f64::from),
            (TypeChar::Int, 8) if limits.integers => values!(i64, |value| value as f64),
            (TypeChar::Uint, 1) if limits.integers => values!(u8, f64::from),
            (TypeChar::Uint, 2) if limits.integers => values!(u16, f64::from),
            (TypeChar::Uint, 4) if limits.integers => values!(u32, f64::from),
            (TypeChar::Uint, 8) if limits.integers => values!(u64, |value| value as f64),
            (other, size) => return Err(format!("element type {other:?} of {size} bytes; wanted {wanted}")),
        };
        Ok(Self { shape, values })
    }
}

/// Checks what the reader of headers would believe: their length, for which it reserves memory, and their brackets.
fn check_header(bytes: &[u8]) -> Result<(), String> {
    if !bytes.starts_with(b"\x93NUMPY") {
        // The reader itself says what is wrong.
        return Ok(());
    }
    let (start, length) = match *bytes {
        [_, _, _, _, _, _, 1, _, low, high, ..] => (10, u64::from(u16::from_le_bytes([low, high]))),
        [_, _, _, _, _, _, _, _, a, b, c, d, ..] => (12, u64::from(u32::from_le_bytes([a, b, c, d]))),
        _ => return Err("no valid npy file: it ends within its header".into()),
    };
    if length > HEADER_BYTES {
        return Err(format!("no valid npy file: a header of {length} bytes"));
    }
    let (mut nested, mut deepest) = (0_usize, 0);
    for byte in bytes.iter().skip(start).take(length as usize) {
        match byte {
            b'(' | b'[' | b'{' => nested += 1,
            b')' | b']' | b'}' => nested = nested.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(nested);
    }
    if deepest > MOST_NESTED {
        return Err("no valid npy file: too many brackets in its header".into());
    }
    Ok(())
}

/// A file's bytes, no more than `most_values` of the widest numbers and a header take.
pub(crate) fn read_bounded(path: &Path, most_values: usize) -> Result<Vec<u8>, FormatError> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|source| FormatError::io(path, source))?;
    file.take(most_values as u64 * 8 + HEADER_BYTES).read_to_end(&mut bytes).map_err(|source| FormatError::io(path, source))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn file(descr: &str, shape: &str, body: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes(), body].concat()
    }

    #[test]
    fn the_header_is_numpys_own() {
        let bytes = NpyArray { shape: vec![2, 3], values: (0..6).map(f64::from).collect() }.to_bytes(NpyType::Float64);
        assert_eq!(bytes.len(), 128 + 48);
        assert_eq!(&bytes[10..67], b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)," as &[u8]);
        assert_eq!(bytes[127], b'\n');
    }

    #[test]
    fn every_kind_of_real_number_is_read() {
        for (descr, body) in [
            ("<f4", 7_f32.to_le_bytes().to_vec()),
            ("<f8", 7_f64.to_le_bytes().to_vec()),
            ("|i1", vec![7]),
            ("<i2", 7_i16.to_le_bytes().to_vec()),
            ("<i4", 7_i32.to_le_bytes().to_vec()),
            ("<i8", 7_i64.to_le_bytes().to_vec()),
            ("|u1", vec![7]),
            ("<u2", 7_u16.to_le_bytes().to_vec()),
            ("<u4", 7_u32.to_le_bytes().to_vec()),
            ("<u8", 7_u64.to_le_bytes().to_vec()),
        ] {
            let array = NpyArray::from_bytes(&file(descr, "(1,)", &body));
            assert_eq!(array, Ok(NpyArray { shape: vec![1], values: vec![7.0] }), "{descr}");
            assert!(NpyArray::from_bytes(&file(descr, "(9,)", &body)).unwrap_err().contains("promises more"), "{descr}");
        }
        assert_eq!(NpyArray::from_bytes(&file("|b1", "(2,)", &[1, 0])).unwrap().values, [1.0, 0.0]);
        assert!(NpyArray::from_bytes(&file("<c8", "(1,)", &[0; 8])).unwrap_err().contains("real numbers"));
        assert!(NpyArray::from_bytes(&file("<f8", "(99999999999,)", &[])).unwrap_err().contains("too large"));
    }

    #[test]
    fn headers_that_cost_memory_or_time_are_refused() {
        // Found by fuzzing: 4 GiB reserved for a header, and a literal that takes minutes to be refused.
        let long = [b"\x93NUMPY\x02\x00\x76\x00\xff\xff".as_slice(), &[255; 64], b"{'descr': '<f8'"].concat();
        assert!(NpyArray::from_bytes(&long).unwrap_err().contains("a header of 4294901878 bytes"));
        let nested = file("<f8", &format!("(6,),{}", "[".repeat(40)), &[0; 48]);
        assert!(NpyArray::from_bytes(&nested).unwrap_err().contains("brackets"));
        for length in 0..12 {
            assert!(NpyArray::from_bytes(&b"\x93NUMPY\x02\x00\x10\x00\x00\x00"[..length]).is_err());
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec(-1e6_f64..1e6, 0..60)) {
            let array = NpyArray { shape: vec![values.len()], values };
            prop_assert_eq!(&NpyArray::from_bytes(&array.to_bytes(NpyType::Float64)).unwrap(), &array);
            let single = NpyArray::from_bytes(&array.to_bytes(NpyType::Float32)).unwrap();
            prop_assert!(single.values.iter().zip(&array.values).all(|(a, b)| *a == f64::from(*b as f32)));
        }

        #[test]
        fn foreign_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), keep in any::<bool>()) {
            if keep && bytes.len() > 8 { bytes[..8].copy_from_slice(b"\x93NUMPY\x01\x00"); }
            let _ = NpyArray::from_bytes(&bytes);
        }
    }
}
