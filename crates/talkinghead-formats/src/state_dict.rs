//! Named tensors in host memory: what checkpoint files hold and networks are built from.

use std::collections::BTreeMap;

/// A tensor in host memory, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTensor {
    /// Size of each dimension; empty for a scalar.
    pub shape: Vec<usize>,
    /// The values; their number is the product of `shape`.
    pub values: Vec<f32>,
    /// Whether the file stores integers (counters such as `num_batches_tracked`); `values` then holds them exactly up to 2^24.
    pub integer: bool,
}

impl HostTensor {
    /// A float tensor. `None` when the number of values does not match the shape.
    pub fn new(shape: Vec<usize>, values: Vec<f32>) -> Option<Self> {
        (element_count(&shape) == Some(values.len())).then_some(Self { shape, values, integer: false })
    }

    /// The first value that is NaN or infinite, with its position.
    pub fn first_not_finite(&self) -> Option<(usize, f32)> {
        self.values.iter().enumerate().find(|(_, value)| !value.is_finite()).map(|(position, value)| (position, *value))
    }
}

/// Product of a shape, `None` on overflow.
pub fn element_count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size))
}

/// Named tensors. Keys are those of the published PyTorch state dicts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StateDict {
    tensors: BTreeMap<String, HostTensor>,
}

impl StateDict {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor; `false` (and no change) if the key is already there.
    pub fn insert(&mut self, key: impl Into<String>, tensor: HostTensor) -> bool {
        match self.tensors.entry(key.into()) {
            std::collections::btree_map::Entry::Occupied(_) => false,
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(tensor);
                true
            }
        }
    }

    /// A tensor by key.
    pub fn get(&self, key: &str) -> Option<&HostTensor> {
        self.tensors.get(key)
    }

    /// Shape of a tensor by key.
    pub fn shape(&self, key: &str) -> Option<&[usize]> {
        self.tensors.get(key).map(|tensor| tensor.shape.as_slice())
    }

    /// Removes and returns a tensor.
    pub fn take(&mut self, key: &str) -> Option<HostTensor> {
        self.tensors.remove(key)
    }

    /// Whether the key is there.
    pub fn contains(&self, key: &str) -> bool {
        self.tensors.contains_key(key)
    }

    /// Whether any key starts with `prefix`.
    pub fn contains_prefix(&self, prefix: &str) -> bool {
        self.tensors.range(prefix.to_string()..).next().is_some_and(|(key, _)| key.starts_with(prefix))
    }

    /// Keys and tensors in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HostTensor)> {
        self.tensors.iter().map(|(key, tensor)| (key.as_str(), tensor))
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// Number of values in all tensors.
    pub fn value_count(&self) -> usize {
        self.tensors.values().map(|tensor| tensor.values.len()).sum()
    }

    /// Keys and tensors in key order, out of the dict.
    pub fn into_tensors(self) -> impl Iterator<Item = (String, HostTensor)> {
        self.tensors.into_iter()
    }

    /// Takes out every tensor whose key starts with `prefix`, which is taken off.
    pub fn take_prefixed(&mut self, prefix: &str) -> Self {
        let mut tensors = BTreeMap::new();
        self.tensors.retain(|key, tensor| {
            let Some(rest) = key.strip_prefix(prefix) else { return true };
            let values =
                HostTensor { shape: tensor.shape.clone(), values: std::mem::take(&mut tensor.values), integer: tensor.integer };
            tensors.insert(rest.to_owned(), values);
            false
        });
        Self { tensors }
    }

    /// The same tensors with `prefix` taken off every key that has it.
    pub fn without_prefix(self, prefix: &str) -> Self {
        let tensors = self
            .tensors
            .into_iter()
            .map(|(key, tensor)| (key.strip_prefix(prefix).map(str::to_string).unwrap_or(key), tensor))
            .collect();
        Self { tensors }
    }
}
