//! Numbers of twice the working precision with proven errors: the unevaluated sum of two doubles.
//!
//! The algorithms and their relative errors, with `u = 2^-53`, are those of Joldes, Muller and Popescu (2017) as corrected and
//! formally proven by Muller and Rideau (2022); docs/proof.md derives the rest. They hold where nothing overflows; what
//! underflow adds is [`UNDERFLOW`].

use super::compensated::{exact_product, exact_sum};
use std::f64::consts::{LN_2, LOG2_E};
use std::fmt::{self, Display, Formatter};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Bounds `3 u^2 + 13 u^3`, relative, of a sum.
pub(crate) const SUM_ERROR: f64 = power_of_two(-104);

/// Bounds `5 u^2`, relative, of a product.
pub(crate) const PRODUCT_ERROR: f64 = power_of_two(-103);

/// Bounds `15 u^2 + 56 u^3`, relative, of a quotient.
pub(crate) const QUOTIENT_ERROR: f64 = power_of_two(-102);

/// Bounds the relative error of [`DoubleDouble::exp2_fraction`] (docs/proof.md).
pub(crate) const EXP2_ERROR: f64 = power_of_two(-98);

/// Bounds what underflow adds to a sum or a product, absolute.
pub(crate) const UNDERFLOW: f64 = power_of_two(-1000);

/// The argument of the exponential series is divided by 2 to this power, and the result squared as often.
const SQUARINGS: i32 = 8;

/// `log 2` and `log2 e` to twice the working precision.
pub(crate) const LN2: DoubleDouble = DoubleDouble { high: LN_2, low: 2.319_046_813_846_299_6e-17 };
pub(crate) const LOG2E: DoubleDouble =
    DoubleDouble { high: LOG2_E, low: 2.035_527_374_093_103_3e-17 };

/// `2^exponent`, for an exponent from -1022 to 1023.
pub(crate) const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// A number of twice the precision of doubles, about 32 digits: the unevaluated sum of two of them (Dekker 1971).
///
/// It prints with up to 30 digits after the point.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub struct DoubleDouble {
    // |low| <= u |high|
    pub(crate) high: f64,
    pub(crate) low: f64,
}

impl From<f64> for DoubleDouble {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

/// Dekker's sum of numbers of which the first is the larger, or 0.
#[inline(always)]
fn ordered_sum(a: f64, b: f64) -> DoubleDouble {
    let high = a + b;
    DoubleDouble { high, low: b - (high - a) }
}

impl DoubleDouble {
    /// The nearest double.
    #[must_use]
    pub fn high(self) -> f64 {
        self.high
    }

    /// What the nearest double leaves of the number.
    #[must_use]
    pub fn low(self) -> f64 {
        self.low
    }

    /// `a b` without an error.
    #[inline(always)]
    pub(crate) fn product_of(a: f64, b: f64) -> Self {
        let (high, low) = exact_product(a, b);
        Self { high, low }
    }

    /// `a + b` without an error.
    #[inline(always)]
    pub(crate) fn sum_of(a: f64, b: f64) -> Self {
        let (high, low) = exact_sum(a, b);
        Self { high, low }
    }

    #[inline(always)]
    pub(crate) fn negated(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }

    /// Within [`SUM_ERROR`] (AccurateDWPlusDW).
    #[inline(always)]
    pub(crate) fn plus(self, other: Self) -> Self {
        let (high, high_lost) = exact_sum(self.high, other.high);
        let (low, low_lost) = exact_sum(self.low, other.low);
        let first = ordered_sum(high, high_lost + low);
        ordered_sum(first.high, low_lost + first.low)
    }

    /// Within [`PRODUCT_ERROR`] (DWTimesDW1).
    #[inline(always)]
    pub(crate) fn times(self, other: Self) -> Self {
        let (high, lost) = exact_product(self.high, other.high);
        let crossed = self.high * other.low + self.low * other.high;
        ordered_sum(high, lost + crossed)
    }

    /// Within [`PRODUCT_ERROR`] (DWTimesFP1).
    #[inline(always)]
    pub(crate) fn times_double(self, factor: f64) -> Self {
        let (high, lost) = exact_product(self.high, factor);
        let first = ordered_sum(high, self.low * factor);
        ordered_sum(first.high, first.low + lost)
    }

    /// Within [`QUOTIENT_ERROR`] (DWDivDW2).
    #[inline(always)]
    pub(crate) fn over(self, divisor: Self) -> Self {
        let quotient = self.high / divisor.high;
        let product = divisor.times_double(quotient);
        let left = (self.high - product.high) + (self.low - product.low);
        ordered_sum(quotient, left / divisor.high)
    }

    /// Times a power of two, without an error where nothing underflows.
    #[inline(always)]
    pub(crate) fn scaled(self, power: f64) -> Self {
        Self { high: self.high * power, low: self.low * power }
    }

    /// `2^x` within [`EXP2_ERROR`] for `|x| <= 0.51`.
    #[inline(always)]
    pub(crate) fn exp2_fraction(self) -> Self {
        let y = self.times(LN2).scaled(power_of_two(-SQUARINGS));
        // exp(y) - 1 = y (1 + y/2 (1 + y/3 (1 + y/4 (1 + y/5 (1 + y/6 (1 + y/7 (1 + y/8 (1 + y/9))))))))
        let h = y.high;
        let tail = h / 6.0 * (1.0 + h / 7.0 * (1.0 + h / 8.0 * (1.0 + h / 9.0)));
        let mut series = Self::sum_of(1.0, tail);
        for divisor in [FIFTH, FOURTH, THIRD, HALF] {
            series = series.times(y.times(divisor)).plus(Self::from(1.0));
        }
        let mut less_one = series.times(y);
        for _ in 0..SQUARINGS {
            less_one = less_one.scaled(2.0).plus(less_one.times(less_one));
        }
        less_one.plus(Self::from(1.0))
    }

    /// `e^x` with a relative error of about `2^-102 |x|`; 0 where it would be subnormal.
    #[inline(always)]
    pub(crate) fn exp(self) -> Self {
        let power = self.times(LOG2E);
        let whole = power.high.round();
        if !(whole > SMALLEST_EXPONENT) {
            return Self::default();
        }
        if whole > LARGEST_EXPONENT {
            return Self::from(f64::INFINITY);
        }
        let fraction = power.plus(Self::from(-whole)).exp2_fraction();
        fraction.scaled(power_of_two(whole as i32))
    }

    /// The natural logarithm of a positive normal number, by one Newton step from that of its high part.
    pub(crate) fn ln(self) -> Self {
        let first = Self::from(self.high.ln());
        first.plus(self.times(first.negated().exp()).plus(Self::from(-1.0)))
    }

    /// The square root of a number that is not negative, by one Newton step from that of its high part.
    #[inline(always)]
    pub(crate) fn sqrt(self) -> Self {
        let first = self.high.sqrt();
        if !(first > 0.0) {
            return Self::from(first);
        }
        let left = self.plus(Self::product_of(first, first).negated());
        Self::sum_of(first, left.high / (2.0 * first))
    }
}

/// Powers of two beyond these are subnormal or infinite.
const SMALLEST_EXPONENT: f64 = -960.0;
const LARGEST_EXPONENT: f64 = 1000.0;

/// Digits after the point that are printed unless asked for otherwise.
const DIGITS: usize = 30;

impl Display for DoubleDouble {
    /// In decimal, with the precision asked for or 30 digits after the point.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.high.is_finite() {
            return Display::fmt(&self.high, f);
        }
        let digits = f.precision().unwrap_or(DIGITS);
        let is_negative = *self < Self::default();
        let mut left = if is_negative { self.negated() } else { *self };
        let mut whole = left.high.floor();
        left = left.plus(Self::from(-whole));
        if left < Self::default() {
            (whole, left) = (whole - 1.0, left.plus(Self::from(1.0)));
        }
        let mut decimals = String::with_capacity(digits);
        for _ in 0..digits {
            left = left.times_double(10.0);
            let digit =
                (0..10).rev().map(f64::from).find(|&d| left >= Self::from(d)).unwrap_or(0.0);
            left = left.plus(Self::from(-digit));
            decimals.push(char::from(b'0' + digit as u8));
        }
        let point = if digits > 0 { "." } else { "" };
        f.pad_integral(!is_negative, "", &format!("{whole}{point}{decimals}"))
    }
}

impl Add for DoubleDouble {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.plus(other)
    }
}

impl Sub for DoubleDouble {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.plus(other.negated())
    }
}

impl Mul for DoubleDouble {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.times(other)
    }
}

impl Div for DoubleDouble {
    type Output = Self;

    #[inline(always)]
    fn div(self, divisor: Self) -> Self {
        self.over(divisor)
    }
}

impl Neg for DoubleDouble {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        self.negated()
    }
}

const HALF: DoubleDouble = DoubleDouble { high: 0.5, low: 0.0 };
const THIRD: DoubleDouble = DoubleDouble { high: 1.0 / 3.0, low: 1.0 / 3.0 * power_of_two(-54) };
const FOURTH: DoubleDouble = DoubleDouble { high: 0.25, low: 0.0 };
/// `(1 - 5 fl(1/5)) / 5`, where `5 fl(1/5) = 1 + 2^-54`.
const FIFTH: DoubleDouble = DoubleDouble { high: 0.2, low: -0.2 * power_of_two(-54) };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_what_they_are_called() {
        for (divisor, inverse) in [(3.0, THIRD), (5.0, FIFTH)] {
            let one = inverse.times_double(divisor);
            assert_eq!(one.high, 1.0);
            assert!(one.low.abs() < 4.0 * PRODUCT_ERROR, "{divisor}: {one:?}");
        }
        let one = LN2.times(LOG2E);
        assert!(one.high == 1.0 && one.low.abs() < 4.0 * PRODUCT_ERROR, "{one:?}");
    }
}
