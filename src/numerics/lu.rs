//! Gaussian elimination with partial pivoting over any [`Real`].

use super::real::Real;
use nalgebra::DMatrix;

/// The factors of a square matrix whose rows have been brought to a largest entry of one.
#[derive(Debug)]
pub(crate) struct Lu<T> {
    factors: DMatrix<T>,
    pivots: Vec<usize>,
    scales: Vec<T>,
}

/// The elimination of all columns, a type of its own so that it is compiled for the vector instructions of the machine.
struct Elimination<'a, T> {
    matrix: &'a mut DMatrix<T>,
    pivots: &'a mut Vec<usize>,
}

impl<T: Real> pulp::NullaryFnOnce for Elimination<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let n = self.matrix.nrows();
        let entries = self.matrix.as_mut_slice();
        for k in 0..n {
            let (done, rest) = entries.split_at_mut((k + 1) * n);
            let column = &mut done[k * n..];
            let mut pivot = k;
            for i in k + 1..n {
                if column[i].abs() > column[pivot].abs() {
                    pivot = i;
                }
            }
            let size = column[pivot].abs().to_f64();
            if !(size > 0.0 && size.is_finite()) {
                return false;
            }
            self.pivots.push(pivot);
            column.swap(k, pivot);
            let inverse = T::ONE / column[k];
            for entry in &mut column[k + 1..] {
                *entry = *entry * inverse;
            }
            for other in rest.chunks_exact_mut(n) {
                other.swap(k, pivot);
                let factor = other[k];
                if factor != T::ZERO {
                    for (entry, &l) in other[k + 1..].iter_mut().zip(&column[k + 1..]) {
                        *entry = *entry - l * factor;
                    }
                }
            }
            // Earlier columns hold multipliers, which move with their rows.
            for earlier in done[..k * n].chunks_exact_mut(n) {
                earlier.swap(k, pivot);
            }
        }
        true
    }
}

impl<T: Real> Lu<T> {
    /// `None` if the matrix is singular to working precision or not finite.
    pub(crate) fn new(mut matrix: DMatrix<T>) -> Option<Self> {
        let n = matrix.nrows();
        let mut scales = Vec::with_capacity(n);
        for i in 0..n {
            let size = (0..n).map(|j| matrix[(i, j)].abs()).fold(T::ZERO, T::max);
            let scale = if size > T::ZERO { T::ONE / size } else { T::ONE };
            for j in 0..n {
                matrix[(i, j)] = matrix[(i, j)] * scale;
            }
            scales.push(scale);
        }
        let mut pivots = Vec::with_capacity(n);
        let elimination = Elimination { matrix: &mut matrix, pivots: &mut pivots };
        let is_regular = pulp::Arch::new().dispatch(elimination);
        is_regular.then_some(Self { factors: matrix, pivots, scales })
    }

    /// The solution of `a x = b`.
    pub(crate) fn solve(&self, b: &[T]) -> Vec<T> {
        let n = b.len();
        let mut x: Vec<T> = b.iter().zip(&self.scales).map(|(&b, &scale)| b * scale).collect();
        for (k, &pivot) in self.pivots.iter().enumerate() {
            x.swap(k, pivot);
        }
        for k in 0..n {
            let of_k = x[k];
            for (i, value) in x.iter_mut().enumerate().skip(k + 1) {
                *value = *value - self.factors[(i, k)] * of_k;
            }
        }
        for k in (0..n).rev() {
            x[k] = x[k] / self.factors[(k, k)];
            let of_k = x[k];
            for (i, value) in x.iter_mut().enumerate().take(k) {
                *value = *value - self.factors[(i, k)] * of_k;
            }
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::double_double::DoubleDouble;

    /// The Hilbert matrix of order 10 has the condition number 1.6e13, and a solution of ones.
    fn error_with<T: Real>() -> f64 {
        let n = 10;
        let entry = |i: usize, j: usize| T::ONE / T::from((i + j + 1) as f64);
        let matrix = DMatrix::from_fn(n, n, entry);
        let b: Vec<T> = (0..n).map(|i| (0..n).fold(T::ZERO, |sum, j| sum + entry(i, j))).collect();
        let x = Lu::new(matrix).unwrap().solve(&b);
        x.iter().map(|&x| (x - T::ONE).abs().to_f64()).fold(0.0, f64::max)
    }

    #[test]
    fn a_hilbert_matrix_loses_thirteen_digits_of_either_precision() {
        assert!(error_with::<f64>() < 1e-2);
        assert!(error_with::<DoubleDouble>() < 1e-17);
    }

    #[test]
    fn a_singular_matrix_is_refused() {
        assert!(Lu::new(DMatrix::from_element(3, 3, 1.0)).is_none());
        assert!(Lu::new(DMatrix::from_element(2, 2, f64::NAN)).is_none());
    }
}
