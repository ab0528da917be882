//! From a request to a solution: feasibility, the cases that need no iteration, the method, and the report.

use super::boundary::solve_instance;
use super::{report, slope};
use crate::error::RdcError;
use crate::feasibility::{linear_program, proof};
use crate::model::problem::Problem;
use crate::numerics::scaling::SMALLEST;
use crate::result::progress::Progress;
use crate::result::settings::{Method, Settings};
use crate::result::solution::Solution;
use crate::solver::run::budgets::meets_budgets;
use crate::solver::run::monitor::{Observer, Watch};
use crate::solver::run::outcome::Ended;
use crate::solver::run::warm_start::Near;
use crate::subproblem::instance::Instance;
use crate::subproblem::left_out::{Purpose, let_in};
use crate::subproblem::output_constraint::{Bounded, Potential};
use nalgebra::DMatrix;
use std::ops::ControlFlow;

/// What a run is to find.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Target<'a> {
    /// The rate at these budgets, see [`Problem::solve`].
    Budgets(&'a [f64]),
    /// The point of this slope, see [`Problem::solve_at`].
    Multipliers(&'a [f64]),
}

impl Problem {
    /// The certified rate at the budgets, with the default [`Settings`].
    ///
    /// `budgets` holds one number in \[0, inf\] per cost, in the order in which the costs were added; `f64::INFINITY`
    /// leaves a cost unconstrained. Budgets of costs with negative entries lie in \[-1e150, inf\].
    ///
    /// A budget that misses the smallest one by no more than last digits counts as that one: by 1e-12 of it, or, where the
    /// smallest one is itself within the last digits of the cost's entries, at all (`docs/solver.md`).
    ///
    /// # Errors
    /// [`RdcError::Infeasible`] if no test channel meets the budgets; a count other than K; a NaN budget, or a negative one of a
    /// cost without negative entries.
    pub fn solve(&self, budgets: &[f64]) -> Result<Solution, RdcError> {
        self.solve_with(budgets, &Settings::default())
    }

    /// The certified rate at the budgets.
    ///
    /// # Errors
    /// As for [`Problem::solve`].
    pub fn solve_with(&self, budgets: &[f64], settings: &Settings) -> Result<Solution, RdcError> {
        self.run(Target::Budgets(budgets), settings, |_| ControlFlow::Continue(()))
    }

    /// The point of the rate function at which `multipliers` is a slope, certified, with the default [`Settings`]: the
    /// textbook's parametrisation (Blahut 1972; Berger 1971, section 2.5).
    ///
    /// `multipliers` holds one number `-dR/dD_k >= 0` per cost, in bits per unit. The channel returned minimises
    /// `I(X; X^) + s.E[d]`; the budgets of the solution are what it spends, and its bracket is that of R at these budgets.
    /// Where R has a straight segment of this slope, any point of the segment may come back. Where no rate is worth its price, it
    /// is the channel without rate that spends least. The status speaks of the bracket: at R just above 0 it may close before
    /// `I + s.E[d]` is at its minimum.
    ///
    /// If the problem has a perception its multiplier comes last: 0 leaves the output pmf free, and `f64::INFINITY` holds it to
    /// its smallest divergence, for a target on the reproduction letters to the target itself. The point is then the entropic
    /// optimal transport from the source to the target, at the regularisation `1 / (s ln 2)` for one cost with the multiplier s
    /// (`docs/perception.md`).
    ///
    /// ```
    /// # use nalgebra::{DMatrix, DVector};
    /// # use rdc_theory::Problem;
    /// let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    /// let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)?.with_cost("distortion", hamming)?;
    /// let point = problem.solve_at(&[(0.9_f64 / 0.1).log2()])?;
    /// assert!((point.constraints[0].achieved - 0.1).abs() < 1e-6);
    /// assert!((point.rate - 0.412295305641).abs() < 1e-5 && point.gap() <= 1e-9);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// A count other than K, or K + 1 with a perception; a multiplier that is negative, NaN, or more than 1e150 per average cost
    /// of a letter; a multiplier of the perception other than 0 and `f64::INFINITY`, or the latter with a method other than
    /// [`Method::InteriorPoint`]; [`RdcError::Infeasible`] if forbidden pairs leave no channel with the output pmf.
    pub fn solve_at(&self, multipliers: &[f64]) -> Result<Solution, RdcError> {
        self.solve_at_with(multipliers, &Settings::default())
    }

    /// The point of the rate function at which `multipliers` is a slope.
    ///
    /// # Errors
    /// As for [`Problem::solve_at`].
    pub fn solve_at_with(
        &self,
        multipliers: &[f64],
        settings: &Settings,
    ) -> Result<Solution, RdcError> {
        self.run(Target::Multipliers(multipliers), settings, |_| ControlFlow::Continue(()))
    }

    /// Solves, and calls `observer` at each line of the trace; it ends the run by `ControlFlow::Break(())`, and the
    /// solution is then the best so far, with true bounds.
    ///
    /// ```
    /// # use nalgebra::{DMatrix, DVector};
    /// # use rdc_theory::Problem;
    /// use rdc_theory::{Settings, Status, Target};
    /// use std::ops::ControlFlow;
    /// # let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    /// # let problem = Problem::new(DVector::from_vec(vec![0.7, 0.3]), 2)?.with_cost("distortion", hamming)?;
    /// let coarse = problem.run(Target::Budgets(&[0.1]), &Settings::default(), |progress| {
    ///     if progress.gap() < 0.1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    /// })?;
    /// assert!(coarse.lower <= 0.4122953056 && 0.4122953056 <= coarse.rate);
    /// # assert_eq!(coarse.status, Status::Stopped);
    /// # Ok::<(), rdc_theory::RdcError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Problem::solve`] and [`Problem::solve_at`].
    pub fn run(
        &self,
        target: Target<'_>,
        settings: &Settings,
        mut observer: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Solution, RdcError> {
        match target {
            Target::Budgets(budgets) => {
                self.check_budgets(budgets)?;
                solve(self, budgets, settings, None, &mut observer)
            }
            Target::Multipliers(multipliers) => {
                self.check_multipliers(multipliers)?;
                slope::solve_at(self, multipliers, settings, &mut observer)
            }
        }
    }

    /// The certified rate at the budgets, from the answer at budgets close by.
    pub(crate) fn solve_near(
        &self,
        near: Near<'_>,
        budgets: &[f64],
        settings: &Settings,
    ) -> Result<Solution, RdcError> {
        self.check_budgets(budgets)?;
        let go_on = &mut |_: &Progress| ControlFlow::Continue(());
        solve(self, budgets, settings, Some(near), go_on)
    }
}

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
        match Bounded::new(marginal, budget) {
            Ok(Some(_)) if settings.method() != Method::InteriorPoint => {
                let what = format!("the method {}", settings.method());
                return Err(RdcError::KnowsNoPerception { what });
            }
            Ok(Some(bounded)) => instance = instance.held_to(bounded),
            Ok(None) => {}
            Err(smallest) => return Err(proof::too_close(problem, budgets, smallest)),
        }
        if !instance.has_channels() {
            return Err(proof::too_close(problem, budgets, f64::INFINITY));
        }
    }
    let reach = match linear_program::feasibility_within_rounding(&mut instance) {
        Ok(reach) => reach,
        Err(missing) => return Err(proof::infeasible(problem, budgets, &instance, &missing)),
    };
    // A guess has no flows: they would start far from what suits it.
    let near = near.filter(|_| instance.marginal.is_none());
    let guess = near.map(|near| near.in_nats(problem, &instance));
    let mut outcome = solve_instance(&instance, reach.as_ref(), guess, &mut watch);
    let is_met = meets_budgets(&instance, &outcome.channel);
    if let Ended::Infeasible(separation) = outcome.ended {
        let (s, allowed) = (&outcome.dual.s, &problem.allowed);
        let found = outcome.dual.potential.clone();
        let potential = match found {
            Some(found) => let_in(&instance, allowed, s, found, Purpose::Separation),
            None => Potential::none(0),
        };
        return Err(proof::apart(problem, budgets, &instance, (s, &potential), separation));
    }
    if let Some(reach) = reach.filter(|_| !is_met && instance.marginal.is_none()) {
        // Whatever went wrong, the bounds are to be true: this channel is feasible.
        outcome.channel.fill(0.0);
        reach.add_to(&mut outcome.channel, 1.0);
        outcome.ended = watch.limit().unwrap_or(Ended::Stalled);
    }
    let mut is_met = is_met || meets_budgets(&instance, &outcome.channel);
    if !is_met && instance.marginal.is_none() && exceeds_by_underflow(&instance, &outcome.channel) {
        // The bound is one at budgets that no channel meets, of which nothing can be told.
        outcome.lower_nats = 0.0;
        is_met = true;
    }
    outcome.publish(&instance, &problem.allowed);
    let mut multipliers = vec![0.0; budgets.len()];
    for (index, s) in instance.multipliers(&outcome.dual.s) {
        multipliers[index] += s;
    }
    Ok(report::solution(problem, outcome, &multipliers, Some(budgets), is_met, watch))
}

/// Whether a channel exceeds budgets by no more than what no linear program in floating point can tell from nothing.
fn exceeds_by_underflow(instance: &Instance<'_>, channel: &DMatrix<f64>) -> bool {
    let excess = instance.expected(channel) - instance.budgets();
    excess
        .iter()
        .zip(&instance.roundings())
        .all(|(excess, rounding)| *excess <= rounding + SMALLEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};

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
