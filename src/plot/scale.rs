//! Axes: round numbers or powers of ten.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use std::ops::Range;

/// Numbers further from 0 have no place on an axis, whose width has to be a number too.
const LARGEST: f64 = 1e290;

/// Ranges narrower than this have no round numbers in them.
const SMALLEST: f64 = 1e-280;

/// More ticks than the widest picture has pixels are not drawn apart.
const MOST_TICKS: usize = 10_000;

/// Numbers on an axis of powers are this close together at most.
const POWERS: f64 = 6.0;

/// The range of an axis, its ticks and how they are written.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    range: Range<f64>,
    ticks: Vec<f64>,
    notation: Notation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    Decimals(usize),
    /// Digits after the point of a mantissa.
    Scientific(usize),
    /// The coordinate is the logarithm of what is written.
    PowerOfTen,
}

impl Scale {
    /// A scale from `range.start` to `range.end` with about `ticks` round numbers (10,000 at most), `None` unless the range is one: finite,
    /// its end above its start.
    ///
    /// ```
    /// use rdc_theory::plot::Scale;
    /// let scale = Scale::linear(0.0..0.35, 7).ok_or("empty")?;
    /// assert_eq!(scale.labels(), ["0.00", "0.05", "0.10", "0.15", "0.20", "0.25", "0.30", "0.35"]);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn linear(range: Range<f64>, ticks: usize) -> Option<Self> {
        let largest = range.start.abs().max(range.end.abs());
        let width = range.end - range.start;
        if !drawable(range.start)
            || !drawable(range.end)
            || !(width > (1e-12 * largest).max(SMALLEST))
        {
            return None;
        }
        let step = Step::at_least(width / ticks.clamp(1, MOST_TICKS) as f64)?;
        let (first, last) = (range.start / step.value(), range.end / step.value());
        let counts = (first - 1e-9).ceil() as i64..=(last + 1e-9).floor() as i64;
        let ticks = counts.map(|count| step.times(count)).collect();
        Some(Self { range, ticks, notation: step.notation(largest) })
    }

    /// A linear scale of all drawable values, from 0 on where they come close to it, a little wider otherwise.
    pub(super) fn covering(values: impl Iterator<Item = f64>, ticks: usize) -> Option<Self> {
        let Range { start, end } = extent(values)?;
        let largest = start.abs().max(end.abs());
        let blank = if end - start > (1e-9 * largest).max(SMALLEST) {
            0.04 * (end - start)
        } else if largest > SMALLEST {
            0.1 * largest
        } else {
            1.0
        };
        let near_zero = start >= 0.0 && start <= 0.4 * end;
        let start = if near_zero { 0.0 } else { start - blank };
        Self::linear(start..end + blank, ticks)
    }

    /// A logarithmic scale whose coordinates are decimal logarithms, `None` unless the range is one.
    #[must_use]
    pub fn powers(range: Range<f64>) -> Option<Self> {
        let width = range.end - range.start;
        if !(width > 0.0 && width < 1e4) {
            return None;
        }
        let step = (width / POWERS).ceil();
        let (first, last) = ((range.start / step).ceil(), (range.end / step).floor());
        let ticks = (first as i64..=last as i64).map(|count| count as f64 * step).collect();
        Some(Self { range, ticks, notation: Notation::PowerOfTen })
    }

    /// A logarithmic scale of all drawable logarithms: whole powers, or just beyond the ends.
    pub(super) fn covering_powers(logarithms: impl Iterator<Item = f64>) -> Option<Self> {
        let Range { start, end } = extent(logarithms)?;
        let blank = 0.04 * (end - start).max(1.0);
        let start = if start == start.floor() { start } else { start - blank };
        Self::powers(start..end + blank)
    }

    /// Where the ticks are.
    #[must_use]
    pub fn ticks(&self) -> &[f64] {
        &self.ticks
    }

    /// What the ticks say.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        self.ticks.iter().map(|tick| self.format_ext(tick)).collect()
    }

    /// From 0 at the start to 1 at the end.
    pub(super) fn share(&self, value: f64) -> f64 {
        (value - self.range.start) / self.width()
    }

    pub(super) fn width(&self) -> f64 {
        self.range.end - self.range.start
    }
}

/// Whether a number has a place on some axis.
pub(super) fn drawable(value: f64) -> bool {
    value.abs() < LARGEST
}

/// The smallest and the largest drawable value.
fn extent(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    values.filter(|value| drawable(*value)).fold(None, |extent, value| {
        let Range { start, end } = extent.unwrap_or(value..value);
        Some(start.min(value)..end.max(value))
    })
}

/// 1, 2 or 5 times a power of ten.
#[derive(Debug, Clone, Copy)]
struct Step {
    mantissa: f64,
    exponent: i32,
}

impl Step {
    fn at_least(width: f64) -> Option<Self> {
        let exponent = width.log10().floor() as i32;
        let reaches = |step: &Self| step.value() >= width * (1.0 - 1e-9);
        [(1.0, exponent), (2.0, exponent), (5.0, exponent), (1.0, exponent + 1)]
            .map(|(mantissa, exponent)| Self { mantissa, exponent })
            .into_iter()
            .find(reaches)
    }

    fn value(&self) -> f64 {
        self.times(1)
    }

    /// Divided by powers that are exact, so that three tenths are 0.3.
    fn times(&self, count: i64) -> f64 {
        let digits = count as f64 * self.mantissa;
        let power = 10.0_f64.powi(self.exponent.abs());
        if self.exponent < 0 { digits / power } else { digits * power }
    }

    fn notation(&self, largest: f64) -> Notation {
        let digits = |count: i32| usize::try_from(count).unwrap_or(0);
        if self.exponent >= -5 && largest < 1e6 {
            Notation::Decimals(digits(-self.exponent))
        } else {
            Notation::Scientific(digits(largest.log10().floor() as i32 - self.exponent))
        }
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range.clone()).map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, value: &f64) -> String {
        match self.notation {
            Notation::Decimals(digits) => format!("{value:.digits$}"),
            Notation::Scientific(digits) => format!("{value:.digits$e}"),
            Notation::PowerOfTen if (-2.0..=2.0).contains(value) => {
                format!("{}", 10.0_f64.powf(*value))
            }
            Notation::PowerOfTen => format!("1e{value}"),
        }
    }
}
