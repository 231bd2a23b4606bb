//! The constants of an ONNX file.

use rten_onnx::onnx::{DataType, ModelProto, TensorProto};

/// A constant of floats.
#[derive(Debug, Clone, PartialEq)]
pub struct OnnxConstant {
    /// Its name in the graph.
    pub name: String,
    /// Sizes of its axes.
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

/// All initialisers of a file that hold floats of 32 or 16 bits, as 32 bits; others are left out.
///
/// # Errors
/// The bytes are no ONNX file: what is wrong with them.
pub fn constants(onnx: &[u8]) -> Result<Vec<OnnxConstant>, String> {
    let file = ModelProto::parse_buf(onnx).map_err(|error| error.to_string())?;
    let graph = file.graph.ok_or("the file holds no graph")?;
    Ok(graph.initializer.iter().filter_map(float_constant).collect())
}

/// One initialiser; none where it holds no floats, lies in another file or has not as many values as its shape says.
pub fn float_constant(tensor: &TensorProto) -> Option<OnnxConstant> {
    let shape: Vec<usize> = tensor.dims.iter().map(|&size| usize::try_from(size).ok()).collect::<Option<_>>()?;
    let raw = tensor.raw_data.as_ref().map(std::cell::RefCell::borrow);
    let values: Vec<f32> = match (tensor.data_type?, raw) {
        (DataType::FLOAT, None) => tensor.float_data.clone(),
        (DataType::FLOAT, Some(raw)) => raw.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        (DataType::FLOAT16, Some(raw)) => {
            raw.as_chunks::<2>().0.iter().map(|bytes| half::f16::from_le_bytes(*bytes).to_f32()).collect()
        }
        _ => return None,
    };
    let length = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size))?;
    let name = tensor.name.clone().unwrap_or_default();
    (values.len() == length).then_some(OnnxConstant { name, shape, values })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn tensor(data_type: DataType, dims: &[i64], raw_data: Vec<u8>) -> TensorProto {
        let raw_data = Some(RefCell::new(raw_data));
        TensorProto { dims: dims.to_vec(), data_type: Some(data_type), raw_data, ..TensorProto::default() }
    }

    #[test]
    fn both_widths_are_read() {
        let half = tensor(DataType::FLOAT16, &[2], vec![0x00, 0x3c, 0x00, 0xc0]);
        assert_eq!(float_constant(&half).unwrap().values, [1.0, -2.0]);
        let full = tensor(DataType::FLOAT, &[1, 1], 0.25_f32.to_le_bytes().to_vec());
        assert_eq!(float_constant(&full).unwrap().values, [0.25]);
    }

    #[test]
    fn what_does_not_fit_its_shape_is_left_out() {
        for dims in [&[3][..], &[-1], &[i64::MAX, i64::MAX]] {
            assert_eq!(float_constant(&tensor(DataType::FLOAT, dims, vec![0; 4])), None);
        }
        assert_eq!(float_constant(&tensor(DataType::INT64, &[1], vec![0; 8])), None);
    }
}
