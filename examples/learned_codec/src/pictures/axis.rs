//! Axes that a value far from the others does not spoil.

use rdc_theory::plot::Scale;
use rdc_theory::plot::plotters::coord::ranged1d::Ranged;

/// An axis is logarithmic if the largest value is more than so many times the smallest.
const SPREAD: f64 = 3.0;

/// Blank beyond the values, as a share of their range.
const BLANK: f64 = 0.06;

/// Ranges narrower than this have no round numbers in them.
const TINY: f64 = 1e-200;

/// Digits that have room beside 1 on an axis of so many decades.
const DIGITS: [(f64, &[i32]); 2] = [(1.0, &[2, 3, 5, 7]), (2.0, &[2, 5])];

/// A scale, and what it is the scale of.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    scale: Scale,
    logarithmic: bool,
    between: Vec<(f64, String)>,
}

impl Axis {
    /// Of all values: from 0 on where they come close to it.
    pub(super) fn linear(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (low, high) = extent(values)?;
        Self::around(if low >= 0.0 && low <= 0.4 * high { 0.0 } else { low }, high)
    }

    /// From 0 to the largest value, if that is above.
    pub(super) fn from_zero(values: impl Iterator<Item = f64>) -> Option<Self> {
        Self::around(0.0, extent(values)?.1.max(0.0))
    }

    /// Of all values: logarithmic if they are far apart.
    pub(super) fn fitting(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let (low, high) = extent(values.clone())?;
        if low > 0.0 && high > SPREAD * low {
            Self::logarithmic(low.log10(), high.log10())
        } else {
            Self::linear(values)
        }
    }

    /// Of 1, 2, and so on.
    pub(super) fn counting(count: usize) -> Option<Self> {
        const NUMBERS: usize = 8;
        Self::of(Scale::linear(0.5..count as f64 + 0.5, count.min(NUMBERS))?)
    }

    /// Of places that have names instead.
    pub(super) fn without_numbers() -> Option<Self> {
        // No whole number lies between 0 and 1.
        Self::of(Scale::linear(0.1..0.9, 1)?)
    }

    fn around(low: f64, high: f64) -> Option<Self> {
        const NUMBERS: usize = 6;
        let width = high - low;
        let largest = low.abs().max(high.abs());
        let blank = if width > (1e-9 * largest).max(TINY) {
            BLANK * width
        } else if largest > TINY {
            0.1 * largest
        } else {
            1.0
        };
        let start = if low == 0.0 { 0.0 } else { low - blank };
        Self::of(Scale::linear(start..high + blank, NUMBERS)?)
    }

    fn of(scale: Scale) -> Option<Self> {
        Some(Self { scale, logarithmic: false, between: Vec::new() })
    }

    fn logarithmic(low: f64, high: f64) -> Option<Self> {
        let blank = BLANK * (high - low);
        let range = low - blank..high + blank;
        let between = between(range.start, range.end);
        Some(Self { scale: Scale::powers(range)?, logarithmic: true, between })
    }

    pub(super) const fn scale(&self) -> &Scale {
        &self.scale
    }

    /// The coordinate of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        if self.logarithmic { value.log10() } else { value }
    }

    /// From 0 at the start to 1 at the end.
    pub(super) fn share(&self, coordinate: f64) -> f64 {
        let range = self.scale.range();
        (coordinate - range.start) / (range.end - range.start)
    }

    /// The coordinate so far down, 0 at the end and 1 at the start.
    pub(super) fn downwards(&self, share: f64) -> f64 {
        let range = self.scale.range();
        range.end - share * (range.end - range.start)
    }

    /// Coordinates and numbers that the scale does not have: what lies between powers of ten.
    pub(super) fn between(&self) -> &[(f64, String)] {
        &self.between
    }

    /// Coordinates and numbers of all ticks.
    pub(super) fn numbers(&self) -> Vec<(f64, String)> {
        let ticks = self.scale.ticks().iter().copied().zip(self.scale.labels());
        ticks.chain(self.between.iter().cloned()).collect()
    }
}

/// Multiples of powers of ten by their logarithms, none if the powers are enough.
fn between(low: f64, high: f64) -> Vec<(f64, String)> {
    let Some((_, digits)) = DIGITS.iter().find(|(decades, _)| high - low <= *decades) else {
        return Vec::new();
    };
    let powers = low.floor() as i32..=high.floor() as i32;
    let numbers = powers.flat_map(|power| digits.iter().map(move |&digit| (digit, power)));
    let placed = numbers
        .map(|(digit, power)| (f64::from(digit).log10() + f64::from(power), written(digit, power)));
    placed.filter(|(at, _)| (low..=high).contains(at)).collect()
}

/// As the library writes powers of ten.
fn written(digit: i32, power: i32) -> String {
    match power {
        0..=2 => format!("{}", digit * 10_i32.pow(power.unsigned_abs())),
        -2..0 => {
            format!("{:.*}", power.unsigned_abs() as usize, f64::from(digit) * 10.0_f64.powi(power))
        }
        _ => format!("{digit}e{power}"),
    }
}

fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.filter(|value| value.is_finite());
    finite.fold(None, |extent, value| {
        let (low, high) = extent.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}
