//! A point of a rate function.

use crate::result::regime::Regime;

/// A point of a rate function of K budgets.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Point<const K: usize> {
    /// R in bits per symbol, `>= 0`; `+inf` where no finite rate is enough.
    pub rate: f64,
    /// `-dR/dD_k` in bits per unit of each cost, `>= 0`: the slopes of a plane that touches R at
    /// this point and lies below it elsewhere.
    ///
    /// At a kink of a function of one budget it is the slope to the right, the smallest of such a
    /// line. `+inf` where R falls from D = 0 vertically.
    pub multipliers: [f64; K],
}

impl<const K: usize> Point<K> {
    /// R = 0, where more budget saves nothing.
    pub(crate) const ZERO_RATE: Self = Self { rate: 0.0, multipliers: [0.0; K] };

    /// Where the pieces of R meet, rounding may leave what is 0 just below it.
    pub(crate) fn new(rate: f64, multipliers: [f64; K]) -> Self {
        // Not `max`, which would turn what is not a number into 0.
        let clamped = |value: f64| if value < 0.0 { 0.0 } else { value };
        Self { rate: clamped(rate), multipliers: multipliers.map(clamped) }
    }
}

impl Point<2> {
    /// Which of the two budgets cost rate: those whose multipliers are positive.
    ///
    /// [`Regime::SecondOnly`] stands for the second budget alone, which a limit on perception never is: a letter drawn
    /// from the source's pmf whatever X is needs no rate.
    #[must_use]
    pub fn regime(&self) -> Regime {
        Regime::of_active(self.multipliers.map(|multiplier| multiplier > 0.0))
    }
}

/// `log2(a/b)` for positive a, `+inf` at b = 0, where `a/b` may overflow.
pub(crate) fn log2_ratio(a: f64, b: f64) -> f64 {
    let ratio = a / b;
    if ratio.is_finite() { ratio.log2() } else { a.log2() - b.log2() }
}
