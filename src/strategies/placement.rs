//! Feasible budgets, and the edges they lie on or beside.

use crate::model::problem::Problem;
use nalgebra::{DMatrix, DVector};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::Index;

const INF: f64 = f64::INFINITY;

/// Where budgets are to lie, for a problem of any size: inside, on an edge, beside one.
///
/// Drawn apart from the problem so that both can shrink, and that one problem can be asked for several budgets.
#[derive(Debug, Clone)]
pub struct Placement {
    place: Place,
    /// The cost that is made smallest first; the others follow in turn.
    first: Index,
    /// The share of the corner at which the costs take turns in the opposite order.
    opposite: f64,
    /// Which costs have no budget; as many as there are costs are read, over and over.
    unconstrained: Vec<bool>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// At this share of the way from the frontier of what can be met to that of zero rate.
    Inside(f64),
    /// On the frontier of what can be met.
    OnFrontier,
    /// Beside it, by this many units of the cost's scale.
    BesideFrontier(f64),
    /// One cost at its smallest, the others with this many units of their scale to spare.
    Edge(f64),
    /// On the frontier of what needs no rate.
    ZeroRate,
    /// Short of it by this share of the way from the frontier of what can be met.
    BesideZeroRate(f64),
    /// Beyond it by this many units of each cost's scale.
    Free(f64),
}

/// A placement; it shrinks towards budgets inside.
pub fn placement() -> impl Strategy<Value = Placement> {
    let tiny = || (-12.0..-3.0_f64).prop_map(|exponent| 10_f64.powf(exponent));
    let place = prop_oneof![
        4 => prop_oneof![Just(0.5), 0.0..1.0_f64].prop_map(Place::Inside),
        2 => Just(Place::OnFrontier),
        3 => tiny().prop_map(Place::BesideFrontier),
        1 => (-3.0..0.0_f64).prop_map(|exponent| Place::Edge(10_f64.powf(exponent))),
        1 => Just(Place::ZeroRate),
        1 => tiny().prop_map(Place::BesideZeroRate),
        1 => (0.0..1.0_f64).prop_map(Place::Free),
    ];
    let opposite = prop_oneof![Just(0.0), 0.0..1.0_f64];
    let unconstrained = prop_oneof![4 => Just(vec![false]), 1 => vec(any::<bool>(), 1..=3)];
    (place, any::<Index>(), opposite, unconstrained).prop_map(
        |(place, first, opposite, unconstrained)| Placement {
            place,
            first,
            opposite,
            unconstrained,
        },
    )
}

impl Placement {
    /// The budgets of this placement, in the units of the costs and in their order, `f64::INFINITY` where a cost is
    /// unconstrained: some channel meets them.
    #[must_use]
    pub fn budgets(&self, problem: &Problem) -> Vec<f64> {
        let order = self.order(problem.costs.len());
        let Some(&last) = order.last() else {
            return vec![INF; problem.costs.len()];
        };
        let floor = self.frontier(problem, &order);
        let free = match without_rate(problem) {
            Some(blind) => self.frontier(&blind, &order),
            None => dearest(problem, &order),
        };
        let with_spare = |mut budgets: Vec<f64>, costs: &[usize], spare: f64| {
            costs.iter().for_each(|&k| budgets[k] += spare * problem.costs[k].scale);
            budgets
        };
        match self.place {
            Place::Inside(share) => between(&floor, &free, share),
            Place::OnFrontier => floor,
            Place::BesideFrontier(step) => with_spare(floor, &[last], step),
            Place::Edge(spare) => with_spare(corner(problem, order.iter()), &order[1..], spare),
            Place::ZeroRate => free,
            Place::BesideZeroRate(short) => between(&floor, &free, 1.0 - short),
            Place::Free(spare) => with_spare(free, &order, spare),
        }
    }

    /// The constrained costs, the first one first.
    fn order(&self, count: usize) -> Vec<usize> {
        let unconstrained = |k: usize| self.unconstrained[k % self.unconstrained.len()];
        let mut order: Vec<usize> = (0..count).filter(|&k| !unconstrained(k)).collect();
        let first = self.first.index(order.len().max(1));
        order.rotate_left(first);
        order
    }

    /// A point of the frontier between two of its corners, from which the last cost of the order cannot fall.
    fn frontier(&self, problem: &Problem, order: &[usize]) -> Vec<f64> {
        let corner_of = corner(problem, order.iter());
        if self.opposite == 0.0 {
            return corner_of;
        }
        let mut point = between(&corner_of, &corner(problem, order.iter().rev()), self.opposite);
        if let Some(&last) = order.last() {
            point[last] = smallest(problem, last, &point);
        }
        point
    }
}

/// The smallest budget of each cost in turn, given those before it.
fn corner<'a>(problem: &Problem, order: impl Iterator<Item = &'a usize>) -> Vec<f64> {
    let mut budgets = vec![INF; problem.costs.len()];
    for &k in order {
        budgets[k] = smallest(problem, k, &budgets);
    }
    budgets
}

/// What no channel spends more than, where rounding lets the other budgets contradict each other.
fn smallest(problem: &Problem, k: usize, budgets: &[f64]) -> f64 {
    let met = problem.smallest_budget(k, budgets).ok().flatten();
    met.unwrap_or_else(|| problem.costs[k].in_units(problem.costs[k].dearest))
}

/// Budgets that every channel meets.
fn dearest(problem: &Problem, order: &[usize]) -> Vec<f64> {
    let mut budgets = vec![INF; problem.costs.len()];
    order.iter().for_each(|&k| budgets[k] = problem.costs[k].in_units(problem.costs[k].dearest));
    budgets
}

/// At this share of the way; unconstrained costs stay so.
fn between(from: &[f64], to: &[f64], share: f64) -> Vec<f64> {
    let ends = from.iter().zip(to);
    ends.map(|(a, b)| if a == b { *a } else { (1.0 - share) * a + share * b }).collect()
}

/// One source letter with the averages of the costs: its channels are the channels without rate. `None` if there are none.
fn without_rate(problem: &Problem) -> Option<Problem> {
    let m = problem.reproductions;
    let blind = Problem::new(DVector::from_element(1, 1.0), m).ok()?;
    problem.costs.iter().try_fold(blind, |blind, cost| {
        let average = &cost.matrix * &problem.pmf;
        let usable = |y| problem.allowed.whatever_the_source(&problem.pmf, y, m);
        let row =
            DMatrix::from_fn(1, m, |_, y| if usable(y) { cost.in_units(average[y]) } else { INF });
        blind.with_cost(&*cost.name, row).ok()
    })
}
