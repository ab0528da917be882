//! A channel with slack, which mixed into one that exceeds budgets by rounding makes it meet them.

use super::divergence::divergence;
use super::given::{Given, cost_rounding, normalised, sum};
use crate::model::perception::{Divergence, Perception};
use crate::model::scaled_perception::Marginal;
use crate::numerics::ball::Ball;
use crate::numerics::double_double::DoubleDouble;
use nalgebra::{DMatrix, DVector};

/// How often the weights of the costs are changed in the search.
const ROUNDS: usize = 24;

/// With this share of every budget left nothing better is looked for.
const ENOUGH: f64 = 0.1;

/// How many mixtures with the target are tried, and what each of their shares is a multiple of.
const SHARES: usize = 8;

/// A channel by what it spends (scaled above the offsets) and by its output.
#[derive(Debug, Clone)]
struct Spare {
    above: Vec<Ball>,
    output: Vec<Ball>,
}

impl Spare {
    fn mixed(&self, share: f64, other: &Self) -> Self {
        let mix = |(a, b): (&Ball, &Ball)| {
            a.times_double(share).plus(b.times(Ball::from(1.0).minus(Ball::from(share))))
        };
        Self {
            above: self.above.iter().zip(&other.above).map(mix).collect(),
            output: self.output.iter().zip(&other.output).map(mix).collect(),
        }
    }
}

/// The share of some channel with slack that makes a channel meet its budgets, of which it spends at most `spent`.
///
/// All of a list are scaled and above the offsets, the divergence in its own units last. Costs and divergences are convex, so
/// that what a mixture spends is at most the mixture of what its parts spend.
pub(crate) fn share(given: &Given<'_>, spent: &[f64], budgets: &[f64]) -> Option<f64> {
    if spent.iter().any(|spent| !spent.is_finite()) {
        return None;
    }
    let costs = given.problem.costs.len();
    let cheap = cheap(given, &budgets[..costs]);
    let Some(marginal) = &given.problem.marginal else {
        return needed(spent, budgets, &uppers(&cheap.above));
    };
    let close = close(given, marginal);
    let candidates = (0..=SHARES).map(|i| close.mixed(i as f64 / SHARES as f64, &cheap));
    let shares = candidates.filter_map(|spare| {
        let mut left = uppers(&spare.above);
        left.push(divergence(&marginal.perception, &spare.output)[1]);
        needed(spent, budgets, &left)
    });
    shares.reduce(f64::min)
}

fn uppers(balls: &[Ball]) -> Vec<f64> {
    balls.iter().map(|ball| ball.upper()).collect()
}

/// The share of a channel that spends at most `spare` which is needed, `None` if it has no slack.
fn needed(spent: &[f64], budgets: &[f64], spare: &[f64]) -> Option<f64> {
    let mut share = 0.0_f64;
    for ((&spent, &budget), &spare) in spent.iter().zip(budgets).zip(spare) {
        if !(spare <= budget) {
            return None;
        }
        if spent > budget {
            let excess = Ball::difference_of(spent, budget);
            share = share.max(excess.over(Ball::difference_of(spent, spare)).upper());
        }
    }
    (share <= 1.0).then_some(share)
}

/// A mixture of channels without randomness that leaves much of each budget, by multiplicative weights.
fn cheap(given: &Given<'_>, budgets: &[f64]) -> Spare {
    let costs = &given.problem.costs;
    let m = given.problem.reproductions;
    let mut weights: Vec<f64> = budgets.iter().map(|b| f64::from(b.is_finite())).collect();
    let unit = |budget: &f64| if *budget > 0.0 { *budget } else { 1e-9 };
    let units: Vec<f64> = budgets.iter().map(unit).collect();
    let mut total = vec![0.0; costs.len()];
    let mut choices: Vec<Vec<usize>> = Vec::new();
    let mut price = vec![0.0; m];
    for _ in 0..ROUNDS {
        let mut choice = vec![0; given.pmf.len()];
        for x in given.letters() {
            price.fill(0.0);
            for ((cost, weight), unit) in costs.iter().zip(&weights).zip(&units) {
                for (price, d) in price.iter_mut().zip(&cost.matrix.column(x)) {
                    *price += weight / unit * d;
                }
            }
            let allowed = (0..m).filter(|&y| given.is_allowed(x, y));
            choice[x] = allowed.min_by(|&a, &b| price[a].total_cmp(&price[b])).unwrap_or(0);
            for (total, cost) in total.iter_mut().zip(costs) {
                *total += given.problem.pmf[x] * cost.matrix[(choice[x], x)];
            }
        }
        choices.push(choice);
        let rounds = choices.len() as f64;
        let used: Vec<f64> = total.iter().zip(&units).map(|(t, unit)| t / unit / rounds).collect();
        if used.iter().all(|used| *used <= 1.0 - ENOUGH) {
            break;
        }
        weights.iter_mut().zip(&used).for_each(|(weight, used)| *weight *= used.clamp(0.3, 3.0));
    }
    let share = Ball::from(1.0).over(Ball::from(choices.len() as f64));
    let mut spare = Spare { above: vec![Ball::ZERO; costs.len()], output: vec![Ball::ZERO; m] };
    for choice in &choices {
        for x in given.letters() {
            let p = given.pmf[x].times(share);
            let y = choice[x];
            spare.output[y] = spare.output[y].plus(p);
            for (cost, above) in costs.iter().zip(&mut spare.above) {
                let d = cost.matrix[(y, x)];
                if d > 0.0 {
                    *above = above.plus(Ball::from(d).widened(cost_rounding(d)).times(p));
                }
            }
        }
    }
    spare
}

/// The channel whose output is as close to the target as can be whatever the source letter.
fn close(given: &Given<'_>, marginal: &Marginal) -> Spare {
    let output = nearest(&marginal.perception);
    let m = output.len();
    let mut above = vec![Ball::ZERO; given.problem.costs.len()];
    for (cost, above) in given.problem.costs.iter().zip(&mut above) {
        for x in given.letters() {
            let mut average = Ball::ZERO;
            for (y, q) in output.iter().enumerate().filter(|(_, q)| q.upper() > 0.0) {
                let d = cost.matrix[(y, x)];
                if !given.is_allowed(x, y) {
                    average = Ball::UNKNOWN;
                } else if d > 0.0 {
                    let paid = DoubleDouble::from(d);
                    average = average.plus(Ball::around(paid, cost_rounding(d)).times(*q));
                }
            }
            *above = above.plus(average.times(given.pmf[x]));
        }
    }
    debug_assert_eq!(m, given.problem.reproductions);
    Spare { above, output }
}

fn nearest(perception: &Perception) -> Vec<Ball> {
    let target = normalised(&perception.target);
    let Divergence::Transport(ground) = &perception.divergence else { return target };
    gathered(ground, &perception.target, &target)
}

/// The mass of each letter of the target on the letter that is nearest to it.
fn gathered(ground: &DMatrix<f64>, held: &DVector<f64>, target: &[Ball]) -> Vec<Ball> {
    let mut output = vec![Ball::ZERO; ground.nrows()];
    for (z, costs) in ground.column_iter().enumerate().filter(|(z, _)| held[*z] > 0.0) {
        let y = costs.imin();
        output[y] = sum([output[y], target[z]]);
    }
    output
}
