//! What two bounds say of the number between them: the one place that calls an answer certified.

/// The judgement of a lower bound and an upper bound of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The gap is within the tolerance.
    Certified,
    /// The gap is wider than the tolerance.
    Open,
    /// The lower bound exceeds the upper one by more than the allowance, or one of the two is not a number. Both cannot be
    /// true, and nothing tells which one is wrong.
    Crossed,
}

impl Verdict {
    /// Judges `lower` and `upper` by a tolerance for their gap and an allowance for the rounding that may have crossed them,
    /// all in the same unit. An infinite allowance asks only whether the gap is within the tolerance.
    pub(crate) fn of(lower: f64, upper: f64, tolerance: f64, allowance: f64) -> Self {
        // A NaN fails this comparison, whichever side it is on.
        if !(lower <= upper + allowance) {
            Self::Crossed
        } else if upper - lower <= tolerance {
            Self::Certified
        } else {
            Self::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossed_bounds_are_never_certified() {
        assert_eq!(Verdict::of(1.0, 1.0, 1e-9, 1e-11), Verdict::Certified);
        assert_eq!(Verdict::of(1.0 + 1e-12, 1.0, 1e-9, 1e-11), Verdict::Certified);
        assert_eq!(Verdict::of(1.0, 1.0 + 2e-9, 1e-9, 1e-11), Verdict::Open);
        assert_eq!(Verdict::of(1.0 + 1e-6, 1.0, 1e-9, 1e-11), Verdict::Crossed);
        assert_eq!(Verdict::of(f64::NAN, 1.0, 1e-9, 1e-11), Verdict::Crossed);
        assert_eq!(Verdict::of(0.0, f64::NAN, 1e-9, 1e-11), Verdict::Crossed);
        assert_eq!(Verdict::of(0.0, f64::INFINITY, 1e-9, 1e-11), Verdict::Open);
        assert_eq!(Verdict::of(f64::NEG_INFINITY, 0.0, 1e-9, 1e-11), Verdict::Open);
    }
}
