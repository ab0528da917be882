//! Random numbers that are the same everywhere, whatever was drawn before: the one generator of all tests and benches.

#![allow(dead_code, reason = "each test crate uses its part")]

use rdc_theory::nalgebra::{DMatrix, DVector};

/// Sebastiano Vigna's splitmix64: any seed will do, and neighbouring seeds give unrelated numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(stream: u64, seed: u64) -> Self {
        let mut streams = Self(stream);
        Self(streams.next() ^ Self(seed).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// 10 to a power that is uniform.
    pub(crate) fn magnitude(&mut self, low: f64, high: f64) -> f64 {
        10_f64.powf(self.between(low, high))
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((self.uniform() * count as f64) as usize).min(count - 1)
    }

    pub(crate) fn size(&mut self, most: usize) -> usize {
        1 + self.below(most)
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    pub(crate) fn vector(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.uniform()).collect()
    }

    /// Uniform entries.
    pub(crate) fn matrix(&mut self, rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |_, _| self.uniform())
    }

    /// Uniform weights, each row scaled to sum 1.
    pub(crate) fn stochastic(&mut self, rows: usize, columns: usize) -> DMatrix<f64> {
        let mut weights = self.matrix(rows, columns);
        for mut row in weights.row_iter_mut() {
            row /= row.sum();
        }
        weights
    }

    /// A pmf of uniform weights.
    pub(crate) fn pmf(&mut self, letters: usize) -> DVector<f64> {
        self.stochastic(1, letters).row(0).transpose()
    }

    /// Fisher and Yates.
    pub(crate) fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}
