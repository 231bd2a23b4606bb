//! Between Burn's tensors and slices.

use burn::backend::TensorMetadata;
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::{BackendTensor, DispatchTensor, DispatchTensorKind};
use burn::tensor::{Bytes, DType, Shape, Tensor};

use crate::KernelError;

/// Whether a tensor lies in this processor's memory, with or without gradients.
pub fn is_on_processor<const D: usize>(x: &Tensor<D>) -> bool {
    match x.clone().into_dispatch().kind {
        DispatchTensorKind::Flex(_) => true,
        DispatchTensorKind::Autodiff(inner) => matches!(*inner, DispatchTensorKind::Flex(_)),
        #[allow(unreachable_patterns)]
        _ => false,
    }
}

/// Contiguous f32 numbers of a tensor.
pub(super) struct Numbers(FlexTensor);

impl Numbers {
    /// Copies only what is not contiguous or not f32.
    pub fn new(x: FlexTensor) -> Self {
        let x = if x.dtype() == DType::F32 { x } else { FlexTensor::from_data(x.into_data().convert_dtype(DType::F32)) };
        Self(if x.as_slice::<f32>().is_some() { x } else { x.to_contiguous() })
    }

    /// The numbers.
    ///
    /// # Panics
    /// Never: [`Numbers::new`] has made them contiguous.
    pub fn slice(&self) -> &[f32] {
        match self.0.as_slice() {
            Some(numbers) => numbers,
            None => panic!("a contiguous tensor of f32 cannot be read as one"),
        }
    }
}

/// A tensor of these numbers.
pub(super) fn tensor(values: Vec<f32>, shape: &[usize]) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(Shape::from(shape.to_vec())), DType::F32)
}

/// Whether a tensor lies in this processor's memory and carries no gradients: what the fused operations for inference take.
pub fn is_plain<const D: usize>(x: &Tensor<D>) -> bool {
    matches!(x.clone().into_dispatch().kind, DispatchTensorKind::Flex(_))
}

/// The numbers of such a tensor.
///
/// # Errors
/// The tensor lies elsewhere or carries gradients.
pub(super) fn plain<const D: usize>(x: Tensor<D>) -> Result<Numbers, KernelError> {
    match x.into_dispatch().kind {
        DispatchTensorKind::Flex(BackendTensor::Float(x)) => Ok(Numbers::new(x)),
        #[allow(unreachable_patterns)]
        _ => Err(KernelError::Elsewhere),
    }
}

/// The tensor itself, to be changed: contiguous f32 numbers that fill their memory.
///
/// # Errors
/// As [`plain`].
pub(super) fn owned<const D: usize>(x: Tensor<D>) -> Result<FlexTensor, KernelError> {
    let x = plain(x)?.0;
    let whole = x.storage::<f32>().len() == x.shape().num_elements();
    Ok(if whole { x } else { x.to_contiguous() })
}

/// The inverse of [`plain`].
pub(super) fn wrap<const D: usize>(x: FlexTensor) -> Tensor<D> {
    Tensor::from_dispatch(DispatchTensor {
        kind: DispatchTensorKind::Flex(BackendTensor::Float(x)),
        autodiff: Default::default(),
    })
}
