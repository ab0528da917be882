//! The arithmetic that the interior-point method asks of its numbers: doubles, or numbers of twice their precision.

use super::double_double::DoubleDouble;
use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A real number to a fixed precision.
pub(crate) trait Real:
    Copy
    + Debug
    + PartialOrd
    + From<f64>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    const ZERO: Self;
    const ONE: Self;

    /// Bounds the relative error of a sum, a product or a quotient.
    const EPSILON: f64;

    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn ln_1p(self) -> Self;
    fn sqrt(self) -> Self;
    fn to_f64(self) -> f64;
    fn to_double_double(self) -> DoubleDouble;

    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    fn min(self, other: Self) -> Self {
        if self < other { self } else { other }
    }

    fn abs(self) -> Self {
        if self < Self::ZERO { -self } else { self }
    }
}

impl Real for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const EPSILON: Self = Self::EPSILON;

    fn exp(self) -> Self {
        self.exp()
    }

    fn ln(self) -> Self {
        self.ln()
    }

    fn ln_1p(self) -> Self {
        self.ln_1p()
    }

    fn sqrt(self) -> Self {
        self.sqrt()
    }

    fn to_f64(self) -> f64 {
        self
    }

    fn to_double_double(self) -> DoubleDouble {
        DoubleDouble::from(self)
    }
}

impl Real for DoubleDouble {
    const ZERO: Self = Self { high: 0.0, low: 0.0 };
    const ONE: Self = Self { high: 1.0, low: 0.0 };
    const EPSILON: f64 = super::double_double::QUOTIENT_ERROR;

    #[inline(always)]
    fn exp(self) -> Self {
        Self::exp(self)
    }

    fn ln(self) -> Self {
        Self::ln(self)
    }

    /// With the absolute error of a logarithm, which is enough beside sums of numbers near 1.
    fn ln_1p(self) -> Self {
        Self::ln(Self::ONE + self)
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::sqrt(self)
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.high + self.low
    }

    fn to_double_double(self) -> DoubleDouble {
        self
    }
}

/// `sum_i a_i b_i`.
#[inline(always)]
pub(crate) fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| sum + a * b)
}

/// The sum of numbers.
#[inline(always)]
pub(crate) fn sum<T: Real>(terms: impl IntoIterator<Item = T>) -> T {
    terms.into_iter().fold(T::ZERO, |sum, term| sum + term)
}

/// The largest of numbers, `-inf` where there are none.
#[inline(always)]
pub(crate) fn largest<T: Real>(terms: impl IntoIterator<Item = T>) -> T {
    terms.into_iter().fold(T::from(f64::NEG_INFINITY), T::max)
}
