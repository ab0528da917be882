//! Axes in powers of ten.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use std::ops::Range;

/// Decimal logarithms, with a tick at every `step`-th power from 1 on.
#[derive(Debug, Clone)]
pub(crate) struct Powers {
    pub(crate) range: Range<f64>,
    pub(crate) step: u32,
}

impl Powers {
    pub(crate) fn width(&self) -> f64 {
        self.range.end - self.range.start
    }
}

impl Ranged for Powers {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        RangedCoordf64::from(self.range.clone()).map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        let step = f64::from(self.step);
        let first = (self.range.start / step).ceil() as i32;
        let last = (self.range.end / step).floor() as i32;
        (first..=last).map(|index| f64::from(index) * step).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Powers {
    fn format(power: &f64) -> String {
        let value = 10.0_f64.powf(*power);
        if (-2.0..=2.0).contains(power) { format!("{value}") } else { format!("{value:.0e}") }
    }
}
