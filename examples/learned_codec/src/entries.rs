//! Tensors as plain numbers.

use burn::tensor::Tensor;

/// The entries of a matrix, row by row.
#[must_use]
pub fn entries(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The place of the largest entry of each row.
#[must_use]
pub fn largest(tensor: Tensor<2>) -> Vec<usize> {
    tensor.argmax(1).into_data().iter::<i64>().map(|place| place as usize).collect()
}
