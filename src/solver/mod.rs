//! From a request to a solution: the cases that need no iteration, then the method.

mod barrier;
mod blahut_arimoto;
mod cholesky;
mod compression;
mod constrained;
mod edge;
mod finish;
mod flow;
mod interior_point;
mod kernel;
mod multipliers;
mod newton;
mod outer;
mod report;
mod saddle;
mod simd;
mod thin;
mod tree;
mod watch;

pub(crate) use kernel::Sums;
pub(crate) use watch::Observer;

use crate::frontier::{self, Reach};
use crate::instance::Instance;
use crate::marginal::Potential;
use crate::problem::Cost;
use crate::{Method, Problem, RdcError, Settings, Solution, certificate};
use edge::Combined;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;
use watch::Watch;

/// Excess over a scaled budget, relative to it, that is rounding.
const PROMISED_ROUNDING: f64 = 1e-12;

/// Excess over the budgets, relative to them, up to which a channel without rate meets them.
const ZERO_RATE: f64 = 1e-13;

/// What a method hands back, in nats and scaled costs.
#[derive(Debug)]
struct Outcome {
    /// m x n, within the budgets.
    channel: DMatrix<f64>,
    lower: f64,
    dual: Dual,
    ended: Ended,
    /// A constraint that does not hold with equality although it was asked to.
    slack: Option<usize>,
}

/// The pair (q, s) that proves a lower bound.
#[derive(Debug, Clone)]
struct Dual {
    q: DVector<f64>,
    s: DVector<f64>,
    /// What edges made of the constraints, with multipliers of their own: steep ones, which would drown s.
    edges: Vec<(Combined, f64)>,
    /// Where the output marginal is constrained.
    potential: Option<Potential>,
}

impl Dual {
    /// Brings constraint k back, at no price.
    fn insert(&mut self, k: usize) {
        self.s = self.s.clone().insert_row(k, 0.0);
        for (edge, _) in &mut self.edges {
            edge.weights = edge.weights.clone().insert_row(k, 0.0);
        }
    }

    /// The multipliers of the constraints, with the edges' taken apart.
    fn multipliers(&self) -> DVector<f64> {
        let mut multipliers = self.s.clone();
        for (edge, steep) in &self.edges {
            multipliers.axpy(*steep, &edge.weights, 1.0);
        }
        multipliers
    }
}

#[derive(Debug, Clone, Copy)]
enum Ended {
    Certified,
    IterationLimit,
    TimeLimit,
    Stopped,
    Stalled,
    /// A lower bound above every rate that a channel can have.
    Infeasible,
}

/// The answer at budgets close by: where an interior-point run may start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Near<'a> {
    /// A pmf over the reproduction letters.
    pub(crate) q: &'a DVector<f64>,
    /// In bits per unit, one per cost of the problem.
    pub(crate) multipliers: &'a [f64],
}

impl Near<'_> {
    /// The output pmf, and the multipliers of an instance that is [`Instance::within`] the problem, in nats per scaled unit.
    fn in_nats(&self, problem: &Problem, instance: &Instance<'_>) -> Guess {
        let costs = instance.origin.iter().filter_map(|origin| origin.first());
        let scaled = |&(k, _): &(usize, f64)| self.multipliers[k] * problem.costs[k].scale * LN_2;
        (self.q.clone(), DVector::from_iterator(instance.constraints(), costs.map(scaled)))
    }
}

/// A pmf and multipliers, in nats per scaled unit.
type Guess = (DVector<f64>, DVector<f64>);

pub(crate) fn solve(
    problem: &Problem,
    budgets: &[f64],
    settings: &Settings,
    near: Option<Near<'_>>,
    observer: Observer<'_>,
) -> Result<Solution, RdcError> {
    let mut watch = Watch::new(problem, settings, observer);
    let mut instance = Instance::within(problem, budgets);
    if let Some((marginal, &budget)) = problem.marginal.as_ref().zip(budgets.last()) {
        match marginal.within(budget) {
            Ok(Some(_)) if settings.method() != Method::InteriorPoint => {
                let what = format!("the method {}", settings.method());
                return Err(RdcError::KnowsNoPerception { what });
            }
            Ok(Some(bounded)) => instance = instance.held_to(bounded),
            Ok(None) => {}
            Err(smallest) => return Err(frontier::too_close(problem, budgets, smallest)),
        }
        if !instance.has_channels() {
            return Err(frontier::too_close(problem, budgets, f64::INFINITY));
        }
    }
    let mut reach = frontier::feasibility(&instance);
    if reach.as_ref().is_some_and(|reach| reach.is_infeasible_by_rounding(&instance)) {
        instance.budgets += &instance.rounding;
        reach = frontier::feasibility(&instance);
    }
    if let Some(reach) = reach.as_ref().filter(|reach| reach.is_infeasible()) {
        return Err(frontier::infeasible(problem, budgets, &instance, reach));
    }
    // A guess has no flows: they would start far from what suits it.
    let near = near.filter(|_| instance.marginal.is_none());
    let guess = near.map(|near| near.in_nats(problem, &instance));
    let mut outcome = solve_instance(&instance, reach.as_ref(), guess, &mut watch);
    let is_met = meets_budgets(&instance, &outcome.channel);
    if let Some(potential) = outcome.dual.potential.as_ref().filter(|_| !is_met) {
        let s = outcome.dual.multipliers();
        if certificate::separation(&instance, &s, potential) > 0.0 {
            return Err(frontier::apart(problem, budgets, &instance, &s, potential));
        }
    }
    if let Some(reach) = reach.filter(|_| !is_met && instance.marginal.is_none()) {
        // Whatever went wrong, the bounds are to be true: this channel is feasible.
        outcome.channel.fill(0.0);
        reach.add_to(&mut outcome.channel, 1.0);
        outcome.ended = watch.limit().unwrap_or(Ended::Stalled);
    }
    let mut multipliers = vec![0.0; budgets.len()];
    for (index, s) in instance.multipliers(&outcome.dual.multipliers()) {
        multipliers[index] += s;
    }
    let is_met = is_met || instance.marginal.is_none();
    let mut solution = report::solution(problem, outcome, &multipliers, is_met, watch);
    for (constraint, &budget) in solution.constraints.iter_mut().zip(budgets) {
        constraint.budget = budget;
    }
    Ok(solution)
}

/// The point of slope `multipliers`, in bits per unit.
pub(crate) fn solve_at(
    problem: &Problem,
    multipliers: &[f64],
    settings: &Settings,
    observer: Observer<'_>,
) -> Solution {
    let mut watch = Watch::new(problem, settings, observer);
    let scaled = |(s, cost): (&f64, &Cost)| s * cost.scale * LN_2;
    let prices: Vec<f64> = multipliers.iter().zip(&problem.costs).map(scaled).collect();
    let instance = Instance::at_prices(problem, &prices);
    let mut outcome = run(&instance, None, None, &mut watch);
    // The bound on I + s.E[d] is one on R at the budgets that the channel spends.
    let spent = instance.paid(&outcome.channel);
    outcome.lower -= spent + certificate::rounding(&instance, &[spent]);
    report::solution(problem, outcome, &prices, true, watch)
}

/// Whether a channel is what the solution's documentation promises.
fn meets_budgets(instance: &Instance<'_>, channel: &DMatrix<f64>) -> bool {
    let expected = instance.expected(channel);
    let within = (0..expected.len()).all(|k| meets_budget(instance, k, expected[k]));
    let close = instance.marginal.as_ref().is_none_or(|bounded| {
        let divergence = bounded.marginal.divergence(&(channel * &*instance.pmf));
        divergence <= (1.0 + PROMISED_ROUNDING) * bounded.budget + bounded.rounding()
    });
    within && close && channel.iter().all(|w| w.is_finite())
}

/// Whether an expected cost is within budget k, up to rounding.
fn meets_budget(instance: &Instance<'_>, k: usize, expected: f64) -> bool {
    let budget = instance.budgets[k];
    expected <= budget + instance.rounding[k].max(PROMISED_ROUNDING * budget.max(1.0))
}

/// Solves a feasible instance; `reach` is its [`frontier::feasibility`]. Away from the edge a guess saves iterations.
fn solve_instance(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    guess: Option<Guess>,
    watch: &mut Watch<'_>,
) -> Outcome {
    if let Some(outcome) = zero_rate(instance) {
        return outcome;
    }
    match reach {
        Some(edge) if edge.is_near() => edge::solve(instance, edge, watch),
        _ => run(instance, reach, guess, watch),
    }
}

fn run(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    guess: Option<Guess>,
    watch: &mut Watch<'_>,
) -> Outcome {
    match watch.settings().method() {
        Method::InteriorPoint => interior_point::solve(instance, reach, guess, watch),
        _ if instance.constraints() == 0 => blahut_arimoto::solve(instance, watch),
        Method::BlahutArimoto => outer::solve(instance, reach, watch),
        Method::ConstrainedBlahutArimoto => constrained::solve(instance, reach, watch),
    }
}

/// R = 0 where one output pmf meets the budgets whatever the source letter; decided exactly.
fn zero_rate(instance: &Instance<'_>) -> Option<Outcome> {
    if !instance.priced.is_empty() || instance.equality.contains(&true) {
        return None;
    }
    // Relative to the budgets, so that a small one is not lost beside the others.
    let unit = instance.budgets.map(|budget| if budget > 0.0 { budget } else { 1.0 });
    let mut averages = instance.averages();
    for (average, unit) in averages.iter_mut().zip(&unit) {
        average.unscale_mut(*unit);
    }
    let mut constant = instance.without_source(&averages);
    constant.budgets.component_div_assign(&unit);
    // A budget of zero is not one of rounding: only letters that cost nothing meet it.
    let free = |y: usize| {
        let mut costs = averages.iter().zip(&instance.budgets);
        costs.all(|(average, budget)| *budget > 0.0 || !(average[y] > 0.0))
    };
    constant.allowed.to_mut().restrict(1, instance.reproductions, |_, y| free(y));
    let usable = |y: usize| constant.pairs(0).is_none_or(|pairs| pairs[y]);
    let first = (0..instance.reproductions).find(|&y| usable(y))?;
    if let Some(bounded) = &instance.marginal {
        // The pmf that the marginal wants, if costs allow it; whether another would do, the method will tell.
        let wanted = bounded.wanted();
        if wanted.iter().enumerate().any(|(y, w)| *w > 0.0 && !usable(y)) {
            return None;
        }
        let outcome = without_rate(instance, wanted);
        return meets_budgets(instance, &outcome.channel).then_some(outcome);
    }
    let mut output = DVector::zeros(instance.reproductions);
    if instance.constraints() == 0 {
        output[first] = 1.0;
    } else {
        let reach = frontier::reach(&constant, |shift, bound| shift <= 0.0 || bound > 0.0);
        if reach.shift > ZERO_RATE {
            return None;
        }
        for (weight, letter) in reach.channel {
            output[letter[0]] += weight;
        }
    }
    Some(without_rate(instance, output))
}

fn without_rate(instance: &Instance<'_>, output: DVector<f64>) -> Outcome {
    Outcome {
        channel: constant_channel(instance, &output),
        lower: 0.0,
        dual: Dual {
            q: output,
            s: DVector::zeros(instance.constraints()),
            edges: Vec::new(),
            potential: None,
        },
        ended: Ended::Certified,
        slack: None,
    }
}

/// The channel (m x n) that ignores the source, except that letters without probability keep to their allowed pairs.
fn constant_channel(instance: &Instance<'_>, output: &DVector<f64>) -> DMatrix<f64> {
    let mut channel = DMatrix::from_fn(output.len(), instance.letters(), |y, _| output[y]);
    for (x, mut letter) in channel.column_iter_mut().enumerate() {
        let Some(pairs) = instance.pairs(x) else { continue };
        for (w, &allowed) in letter.iter_mut().zip(pairs) {
            *w *= f64::from(allowed);
        }
        let total = letter.sum();
        if total > 0.0 {
            letter /= total;
        } else {
            let first = pairs.iter().position(|&allowed| allowed);
            letter[first.unwrap_or(0)] = 1.0;
        }
    }
    channel
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Gaussian on a grid, large enough for every part that runs on several threads.
    fn gaussian(n: usize) -> Problem {
        let point = |i: usize| 6.0 * (i as f64 / n as f64) - 3.0;
        let weights = DVector::from_fn(n, |i, _| (-point(i).powi(2) / 2.0).exp());
        let pmf = &weights / weights.sum();
        let squares = DMatrix::from_fn(n, n, |i, j| (point(i) - point(j)).powi(2));
        Problem::new(pmf, n).unwrap().with_cost("squared error", squares).unwrap()
    }

    #[test]
    fn results_do_not_depend_on_the_number_of_threads() {
        let problem = gaussian(300);
        let with_threads = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            Method::ALL.map(|method| {
                let settings = Settings::default().with_method(method).with_max_iterations(100);
                pool.install(|| problem.solve_with(&[0.1], &settings).unwrap())
            })
        };
        for (one, three) in with_threads(1).into_iter().zip(with_threads(3)) {
            assert_eq!(one.channel, three.channel);
            assert_eq!((one.rate, one.lower), (three.rate, three.lower));
        }
    }
}
