//! What a run tells while it goes.

use std::time::Duration;

/// One line of a run's trace.
///
/// The bounds are the best so far, so the gap never grows. On the edge of the feasible set, and close to it, a run may take
/// several attempts, each of which starts with a line of its own; those that leave a constraint out bound the rate from
/// below only. With multipliers given instead of budgets the bounds are those of `I(X; X^) + s.E[d]`, what such a run
/// minimises, in bits above the costs' row minima.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Progress {
    /// Iterations done; 0 at the start.
    pub iteration: usize,
    /// The best upper bound so far, in bits; `+inf` while there is none.
    pub rate: f64,
    /// The best lower bound so far, in bits.
    pub lower: f64,
    /// The largest excess of this iterate's own channel over a budget, relative to the budget; 0 if it meets them all,
    /// `+inf` if it exceeds a budget of 0.
    pub excess: f64,
    /// This iterate's multipliers in bits per unit of the cost, one per cost of the problem; an iterate on its way may have
    /// negative ones.
    pub multipliers: Vec<f64>,
    /// Reproduction letters that hold more than 1e-10 of the output pmf.
    pub support: usize,
    /// Time since the start of the run.
    pub elapsed: Duration,
}

impl Progress {
    /// `rate - lower`, in bits.
    #[must_use]
    pub fn gap(&self) -> f64 {
        self.rate - self.lower
    }

    /// Its line of [`Solution::trace_csv`](crate::Solution::trace_csv).
    pub(crate) fn csv_line(&self) -> String {
        let multipliers: String = self.multipliers.iter().map(|s| format!(",{s:?}")).collect();
        format!(
            "{},{:?},{:?},{:?},{:?},{:?},{}{multipliers}\n",
            self.iteration,
            self.elapsed.as_secs_f64(),
            self.rate,
            self.lower,
            self.gap(),
            self.excess,
            self.support
        )
    }
}
