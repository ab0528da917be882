//! Channels that meet their budgets exactly.

use nalgebra::DMatrix;

/// Attempts at a mixture before rounding is given in to.
const ATTEMPTS: i32 = 9;

/// Each row at its cheapest pair that is allowed.
pub(crate) fn cheapest(cost: &DMatrix<f64>, allowed: &DMatrix<bool>) -> DMatrix<f64> {
    let mut channel = DMatrix::zeros(cost.nrows(), cost.ncols());
    for y in 0..cost.nrows() {
        let usable = (0..cost.ncols()).filter(|&to| allowed[(y, to)]);
        if let Some(to) = usable.min_by(|&a, &b| cost[(y, a)].total_cmp(&cost[(y, b)])) {
            channel[(y, to)] = 1.0;
        }
    }
    channel
}

/// The channel with as little of `safe` mixed in as brings `spent`, a convex function, down to the budget.
pub(crate) fn blend(
    channel: DMatrix<f64>,
    safe: &DMatrix<f64>,
    spent: impl Fn(&DMatrix<f64>) -> f64,
    budget: f64,
) -> DMatrix<f64> {
    let (used, least) = (spent(&channel), spent(safe));
    if used <= budget {
        return channel;
    }
    let share = (used - budget) / (used - least);
    for attempt in 0..ATTEMPTS {
        // What rounding takes is given back by a little more, where there is little slack by more of it.
        let share = share + 8.0_f64.powi(attempt) * f64::EPSILON;
        if !(share < 1.0) {
            break;
        }
        let mixed = &channel * (1.0 - share) + safe * share;
        if spent(&mixed) <= budget {
            return mixed;
        }
    }
    safe.clone()
}

/// What a solver returned as a channel: no negative entries, rows that sum to 1, and `spare` where a row is missing.
pub(crate) fn cleaned(mut channel: DMatrix<f64>, spare: &DMatrix<f64>) -> DMatrix<f64> {
    channel.apply(|w| *w = if *w > 0.0 { *w } else { 0.0 });
    for (mut row, instead) in channel.row_iter_mut().zip(spare.row_iter()) {
        let sum = row.sum();
        if sum > 0.0 && sum.is_finite() {
            row /= sum;
        } else {
            row.copy_from(&instead);
        }
    }
    channel
}

pub(crate) fn largest_finite(cost: &DMatrix<f64>) -> f64 {
    cost.iter().copied().filter(|d| d.is_finite()).fold(0.0, f64::max)
}
