//! Quantisation to L levels on \[-1, 1\] under dither: the paper's eq. (21) and (22).

use crate::entries::entries;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// How gradients pass the quantiser. The value that passes is always one of the levels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Gradient {
    /// That of the soft quantiser, the mean of the levels c weighted by `exp(-((y - c) / step)^2 / temperature)`
    /// (Agustsson et al. 2017).
    Soft {
        /// In squared steps; the smaller, the harder. Up to 1/4 the mean of the gradient over the dither is close to 1 between
        /// the outer levels and 1/2 at them.
        temperature: f64,
    },
    /// As if nothing had been quantised.
    StraightThrough,
}

impl Gradient {
    /// Where the soft gradient is 2 half-way between two levels, 0.28 at an inner level, 0.14 at an outer one.
    pub const TEMPERATURE: f64 = 0.25;
}

impl Default for Gradient {
    /// Soft.
    fn default() -> Self {
        Self::Soft { temperature: Self::TEMPERATURE }
    }
}

/// L levels on \[-1, 1\], 2 / (L - 1) apart.
///
/// The paper's `Q(x) = round(x / step) step` has these levels for odd L only; for even L it has levels at the multiples of the
/// step, 0 among them: three at L = 2, and L + 1 in general. Here the grid starts at -1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantiser {
    levels: usize,
    gradient: Gradient,
}

impl Quantiser {
    /// With so many levels, at least two.
    #[must_use]
    pub fn new(levels: usize, gradient: Gradient) -> Self {
        Self { levels: levels.max(2), gradient }
    }

    /// L.
    #[must_use]
    pub fn levels(&self) -> usize {
        self.levels
    }

    /// The distance of neighbouring levels.
    #[must_use]
    pub fn step(&self) -> f64 {
        2.0 / (self.levels - 1) as f64
    }

    /// A level, from -1 at index 0 to 1 at L - 1.
    #[must_use]
    pub fn level(&self, index: usize) -> f64 {
        -1.0 + self.step() * index as f64
    }

    /// The dither u of (22) for a tensor \[n, d\], uniform on half a step to either side.
    #[must_use]
    pub fn dither(&self, [n, d]: [usize; 2], random: &mut impl Rng, device: &Device) -> Tensor<2> {
        let half = (0.5 * self.step()) as f32;
        let draws: Vec<f32> = (0..n * d).map(|_| random.random_range(-half..=half)).collect();
        Tensor::from_data(TensorData::new(draws, [n, d]), device)
    }

    /// The index of the nearest level, as a float.
    fn nearest(&self, y: Tensor<2>) -> Tensor<2> {
        let last = (self.levels - 1) as f64;
        y.add_scalar(1.0).div_scalar(self.step()).round().clamp(0.0, last)
    }

    /// The nearest level; no gradient passes.
    #[must_use]
    pub fn hard(&self, y: Tensor<2>) -> Tensor<2> {
        self.nearest(y.detach()).mul_scalar(self.step()).sub_scalar(1.0)
    }

    /// The soft quantiser at a temperature, as a function of y that can be differentiated.
    #[must_use]
    pub fn soft(&self, y: Tensor<2>, temperature: f64) -> Tensor<2> {
        let levels: Vec<f32> = (0..self.levels).map(|index| self.level(index) as f32).collect();
        let data = TensorData::new(levels, [1, 1, self.levels]);
        let levels = Tensor::<3>::from_data(data, &y.device());
        let distances = (y.unsqueeze_dim::<3>(2) - levels.clone()).div_scalar(self.step());
        let weights = softmax(distances.powi_scalar(2).div_scalar(-temperature), 2);
        (weights * levels).sum_dim(2).squeeze_dim(2)
    }

    /// Q of (21): the nearest level, with the gradient that was asked for.
    #[must_use]
    pub fn quantise(&self, y: Tensor<2>) -> Tensor<2> {
        let hard = self.hard(y.clone());
        let smooth = match self.gradient {
            Gradient::Soft { temperature } => self.soft(y, temperature),
            Gradient::StraightThrough => y,
        };
        // In this order a level comes out to the last bit: the bracket is exactly zero.
        hard + (smooth.clone() - smooth.detach())
    }

    /// What the decoder is given for the encoder's output x in \[-1, 1\] under a dither u that both know: Q(x + u) - u, whose
    /// error is uniform on half a step to either side whatever x is.
    #[must_use]
    pub fn dithered(&self, x: Tensor<2>, dither: Tensor<2>) -> Tensor<2> {
        self.quantise(x + dither.clone()) - dither
    }

    /// The index of each row among the L^d vectors of levels, the first component first: see [`Quantiser::vectors`].
    #[must_use]
    pub fn index(&self, y: Tensor<2>) -> Vec<usize> {
        let [_, dimension] = y.dims();
        let nearest = entries(self.nearest(y));
        let index = |row: &[f32]| row.iter().fold(0, |sum, &at| sum * self.levels + at as usize);
        nearest.chunks_exact(dimension).map(index).collect()
    }

    /// All L^d vectors of levels, \[L^d, d\], in the order of [`Quantiser::index`].
    #[must_use]
    pub fn vectors(&self, dimension: usize, device: &Device) -> Tensor<2> {
        let count = self.levels.pow(dimension as u32);
        let component = |vector: usize, at: usize| {
            vector / self.levels.pow((dimension - 1 - at) as u32) % self.levels
        };
        let vectors = (0..count).flat_map(|vector| (0..dimension).map(move |at| (vector, at)));
        let values: Vec<f32> =
            vectors.map(|(vector, at)| self.level(component(vector, at)) as f32).collect();
        // Through the quantiser, so that they are its levels to the last bit.
        self.hard(Tensor::from_data(TensorData::new(values, [count, dimension]), device))
    }
}
