//! The thresholds of the solver and of feasibility in doubles, each with what it is worth or the measurement that chose it.
//!
//! Those of the double-double method and of the equations of a perception stand beside their code.

/// What rounding leaves of a number near 1 that was summed over an alphabet, relative to it: some fifty units of the last digit.
pub(crate) const ROUNDING: f64 = 1e-14;

/// What a budget may be exceeded by, relative to it, and what output probability may be missing, where a run's own channels
/// count as within: ten times what one sum leaves, as a channel is repaired before it is measured.
pub(crate) const EXCESS_ROUNDING: f64 = 10.0 * ROUNDING;

/// What a budget may be missed by, relative to it, and still count as met: what the documentation promises.
pub(crate) const PROMISED_ROUNDING: f64 = 1e-12;

/// Steepnesses that agree to this, relative to the largest of them, are one edge's. It lifts the polyline by less than
/// this times the height of that edge.
pub(crate) const COLLINEAR: f64 = 1e-12;

/// What the toll of an exact Kullback-Leibler constraint may lose to a price that is finite, in nats: far below any tolerance.
pub(crate) const FINITE_PRICE: f64 = 1e-13;

/// Pivots and multipliers of a linear program below the precision of its numbers to this power are rounding: 1e-11 in doubles.
pub(crate) const PIVOT_POWER: f64 = 0.7;

/// Slack, relative to the budgets, below which multipliers, about its inverse, leave doubles too few digits: what rounding takes
/// from a budget at that price is to be less than 1e-9 bits, the tolerance by default.
pub(crate) const NEAR: f64 = f64::EPSILON / 1e-9;

/// Slack, relative to the budgets, below which doubles may not tell on which side of the frontier they are: costs may be ten
/// thousand times the budgets before the sums of a linear program in doubles are off by [`PROMISED_ROUNDING`].
pub(crate) const DOUBTFUL: f64 = 1e-4;

/// The largest share of its rounding that a budget is raised by; the rest is for what the channel's own sums lose.
pub(crate) const LARGEST_SHARE: f64 = 0.9;

/// What budgets are raised by at least, in their units: numbers of twice the precision have their digits down to about 1e-290.
pub(crate) const SMALLEST_RAISE: f64 = 1e-288;

/// Steps after which an algorithm that ends by itself in exact arithmetic is left: typical runs take fewer than 30.
pub(crate) const MAX_FINITE_STEPS: usize = 1000;

/// A share that is not felt: of the tolerance, by what is lost on the way to exact zeros or to all pairs; of a budget's rounding.
pub(crate) const UNFELT: f64 = 1e-3;

/// The share of the tolerance that products of multipliers and slacks may cost in the end.
pub(crate) const SLACK_SHARE: f64 = 0.05;

/// mu is not driven below this share of what the budgets are still exceeded by: a tiny mu with large residuals only makes the
/// equations singular (without it, 1.38 times the time on two random costs of 120 to 250 letters).
pub(crate) const EXCESS_SHARE: f64 = 0.1;

/// The share of the way to the boundary that a Newton step for all variables may go.
pub(crate) const BOUNDARY: f64 = 0.995;

/// The same for the multipliers alone, whose exact maximum is sought: shorter, as costs fall with them like exponentials.
pub(crate) const CENTRING_BOUNDARY: f64 = 0.9;

/// What an equality is missed by weighs at least this much in the merit, in nats per budget: its multiplier may pass through 0. Of 1
/// the merit holds steps back until nothing moves, where a budget is worth less than that.
pub(crate) const LEAST_PRICE: f64 = 1e-12;

/// A potential may grow by this factor in a step.
pub(crate) const FREE_GROWTH: f64 = 3.0;

/// Step lengths tried along a direction of the multipliers are powers of this ...
pub(crate) const SHORTER: f64 = 0.3;

/// ... and so many.
pub(crate) const LENGTHS: i32 = 4;

/// Steps shorter than this say that rounding has taken over.
pub(crate) const SHORTEST_STEP: f64 = 1e-9;

/// After steps shorter than this the multipliers are centred again, and second-order terms are not trusted.
pub(crate) const SHORT_STEP: f64 = 0.1;

/// The factor by which one step may let residuals and products grow, and how often a step is halved that does more: without,
/// 2 of 2,400 problems with a perception end uncertified.
pub(crate) const GROWTH: f64 = 1.5;
pub(crate) const MAX_HALVINGS: usize = 12;

/// Steps within which residuals and products must have fallen by half; a run that creeps is taken up in double-double. Of 10,
/// 20 and 40 the second takes the least time over all (1.03, 0.99 and 1.02 of what continuation in doubles took).
pub(crate) const PATIENCE: usize = 20;

/// The complementarity of the multipliers at the start, in nats.
pub(crate) const FIRST_MU: f64 = 0.01;

/// What a guess is moved inside by: the share of the uniform pmf, and the smallest multiplier in nats per scaled unit. Without
/// either, a surface takes 1.1 to 1.2 times as long.
pub(crate) const GUESS_MIX: f64 = 0.01;

/// Decrements below this share of the gap count as centred.
pub(crate) const CENTRED: f64 = 0.03;

/// Newton steps after which the multipliers of an output pmf are taken as they are; the caller checks what it needs.
pub(crate) const MAX_CENTRING_STEPS: usize = 30;

/// Multipliers, in nats per scaled unit, whose channel no longer changes in double precision.
pub(crate) const LARGEST_MULTIPLIER: f64 = 1e18;

/// Output probability above which a letter counts as used in the trace.
pub(crate) const SUPPORT: f64 = 1e-10;

/// Iterations whose lines are all kept in the trace; later ones are thinned to one in so many per cent.
pub(crate) const ALL_KEPT: usize = 200;

/// What one inner run of the first search for multipliers may leave, in nats.
pub(crate) const FIRST_PRECISION: f64 = 2.5e-3;

/// Iterations after which an inner run of the first search is left as it is. Each search doubles them and halves the root of
/// the precision, so that in all of them a pmf drifts about as far at the multipliers that the precision tells apart.
///
/// Beside the slope of a straight segment the pmf drifts from end to end of it, ever slower the closer the slope is: it would
/// take all iterations there are, where the mixture of the ends needs none.
pub(crate) const FIRST_PATIENCE: usize = 8;

/// How much further each trial of a search goes than the one before, and how much less each search leaves.
pub(crate) const EXPANSION: f64 = 4.0;

/// Steps of a root search in one bracket: bisection alone would have settled a double.
pub(crate) const MAX_ROOT_STEPS: u64 = 60;

/// Blahut-Arimoto keeps probabilities above this: in exact arithmetic no letter ever leaves, and one that was small may return.
pub(crate) const SMALLEST_KEPT: f64 = 1e-290;

/// Source letters are summed in this many blocks, whatever the number of threads, so that sums do not depend on it.
pub(crate) const BLOCKS: usize = 16;

/// Pairs below which a second thread costs a pass of products more than it brings.
pub(crate) const PARALLEL_PRODUCTS: usize = 1 << 17;

const _: () = {
    assert!(f64::EPSILON < ROUNDING && ROUNDING < EXCESS_ROUNDING);
    assert!(FINITE_PRICE <= EXCESS_ROUNDING && EXCESS_ROUNDING < PROMISED_ROUNDING);
    assert!(PROMISED_ROUNDING < NEAR && COLLINEAR < NEAR && NEAR < DOUBTFUL);
    assert!(UNFELT < SLACK_SHARE && SLACK_SHARE < EXCESS_SHARE && EXCESS_SHARE < LARGEST_SHARE);
    assert!(SHORTEST_STEP < SHORT_STEP && SHORT_STEP < CENTRING_BOUNDARY);
    assert!(CENTRING_BOUNDARY < BOUNDARY && BOUNDARY < 1.0 && 1.0 < GROWTH);
    assert!(GUESS_MIX < SHORT_STEP && FIRST_MU < CENTRED && CENTRED < SHORT_STEP);
    assert!(SMALLEST_KEPT < SUPPORT && SUPPORT < GUESS_MIX);
    assert!(MAX_HALVINGS < PATIENCE && PATIENCE < MAX_CENTRING_STEPS);
    assert!(MAX_CENTRING_STEPS < MAX_FINITE_STEPS && FIRST_PATIENCE < PATIENCE);
    assert!(1.0 / f64::EPSILON < LARGEST_MULTIPLIER);
};
