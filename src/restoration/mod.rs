//! Restoration of a degraded signal: P(D) and C(D,P), which have no rate, as certified linear or cone programs.

mod certificate;
mod channel;
mod program;
mod repair;
mod solution;

pub use solution::RestorationSolution;

use crate::perception::Divergence;
use crate::{
    Classifier, Distortion, Infeasible, InfeasibleBudget, Observation, Perception, RdcError,
    Status, check,
};
use channel::{blend, cheapest, largest_finite};
use nalgebra::{DMatrix, DVector};
use program::{Goal, Multipliers};
use repair::fits;

/// The width of a bracket that is [`Status::Certified`], for each unit of the largest finite cost, error or ground distance.
const CERTIFIED: f64 = 1e-8;

/// Budgets that miss the smallest distortion by no more than this part of it are on the edge.
const EDGE: f64 = 1e-12;

/// The restorations `p(x^|y)` of a degraded signal Y, judged by distortion, perception and classification: the paper's
/// Definitions 1 and 3, eq. (1) and (6).
///
/// ```math
/// P(D) = \min_{p(\hat x | y)} d(p_{target}, p_{\hat X}) \;\text{s.t.}\; E[\Delta] \le D, \qquad
/// C(D,P) = \min_{p(\hat x | y)} \varepsilon(\hat X | c_0) \;\text{s.t.}\; E[\Delta] \le D, \; d(p_{target}, p_{\hat X}) \le P .
/// ```
///
/// Costs of X are those of Y on average ([`Observation`]), so both are linear programs for total variation, Wasserstein and
/// transport, and exponential-cone programs for the Kullback-Leibler divergence. Clarabel solves them; what it returns is only
/// where to look. The upper bound is what a channel achieves that was repaired until it meets the budgets, the lower one
/// holds for whatever multipliers `s, lambda >= 0` and potentials g (`docs/perception.md`).
///
/// ```
/// use rdc_theory::nalgebra::{DMatrix, DVector};
/// use rdc_theory::{Classifier, Distortion, Observation, Perception, Restoration, Source};
///
/// let pmf = DVector::from_vec(vec![0.7, 0.3]);
/// let source = Source::new(pmf.clone(), DMatrix::identity(2, 2))?;
/// let seen = Observation::new(&source, DMatrix::from_row_slice(2, 2, &[0.8, 0.2, 0.2, 0.8]))?;
/// let natural = Perception::total_variation(pmf)?;
/// let restoration = Restoration::new(&seen, &Distortion::hamming(2)?, natural)?
///     .with_classifier(&Classifier::hard(&[0, 1])?)?;
/// let least = restoration.perception_at(0.21)?;
/// assert!(least.lower <= least.value && least.value - least.lower < 1e-8);
/// let error = restoration.error_at(0.25, 0.02)?;
/// assert!(error.distortion <= 0.25 && error.perception <= 0.02);
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Restoration {
    /// `p(y)`.
    pmf: DVector<f64>,
    observation: Observation,
    distortion: DMatrix<f64>,
    error: Option<DMatrix<f64>>,
    perception: Perception,
}

impl Restoration {
    /// The restorations of what `observation` shows of a source of n letters, with a distortion n x m and a perception of m
    /// letters.
    ///
    /// # Errors
    /// Shapes that disagree; an observed letter of which all reproductions are forbidden.
    pub fn new(
        observation: &Observation,
        distortion: &Distortion,
        perception: Perception,
    ) -> Result<Self, RdcError> {
        let distortion = observation.average(distortion.as_matrix())?;
        let rule = "one column per reproduction letter of the perception";
        check::count("distortion", "columns", distortion.ncols(), perception.letters(), rule)?;
        let pmf = observation.source().pmf().clone();
        let restoration =
            Self { pmf, observation: observation.clone(), distortion, error: None, perception };
        let allowed = restoration.allowed();
        let forbidden = |row: &usize| !allowed.row(*row).iter().any(|&pair| pair);
        if let Some(letter) = (0..allowed.nrows()).find(forbidden) {
            return Err(RdcError::NoReproduction { argument: "distortion".into(), letter });
        }
        Ok(restoration)
    }

    /// The same with a classifier of m letters, whose errors [`Restoration::error_at`] counts.
    ///
    /// # Errors
    /// A classifier of another number of letters, a class that the source does not have.
    pub fn with_classifier(self, classifier: &Classifier) -> Result<Self, RdcError> {
        let error = classifier.error_matrix(self.observation.source())?;
        let rule = "one letter per column of the distortion";
        check::count("classifier", "letters", error.ncols(), self.distortion.ncols(), rule)?;
        Ok(Self { error: Some(error), ..self })
    }

    /// The smallest distortion of any restoration, `E[min_x^ E[Delta(X, x^) | Y]]`: P(D) is finite from there on.
    #[must_use]
    pub fn smallest_distortion(&self) -> f64 {
        self.spent(&self.distortion, &cheapest(&self.distortion, &self.allowed()))
    }

    /// The smallest D at which C(D,P) is finite: the least distortion of a restoration with perception at most `p` in \[0, inf\].
    ///
    /// # Errors
    /// A budget that is negative or NaN; [`RdcError::Infeasible`] where no restoration has so little divergence.
    pub fn smallest_distortion_at(&self, p: f64) -> Result<RestorationSolution, RdcError> {
        let p = check::budget("p", p)?;
        let allowed = self.allowed();
        let best = cheapest(&self.distortion, &allowed);
        let goal = Goal { cost: Some(&self.distortion), d: f64::INFINITY, p, allowed: &allowed };
        if self.divergence(&best) <= p {
            return Ok(self.solution(&goal, best, Multipliers::none(self.letters()), 0));
        }
        let natural = self.most_natural(f64::INFINITY, &allowed)?;
        self.natural_enough(&natural, [f64::INFINITY, p])?;
        let (channel, multipliers, iterations) = self.run(&goal)?;
        let channel = self.made_natural(channel, p, &allowed)?;
        Ok(self.solution(&goal, channel, multipliers, iterations + natural.iterations))
    }

    /// P(D), the paper's eq. (1): the least divergence from the target at distortion at most `d` in \[0, inf\].
    ///
    /// # Errors
    /// A budget that is negative or NaN; [`RdcError::Infeasible`] below [`Restoration::smallest_distortion`].
    pub fn perception_at(&self, d: f64) -> Result<RestorationSolution, RdcError> {
        let d = check::budget("d", d)?;
        let (d, allowed) = self.at_edge(d, self.allowed())?;
        self.most_natural(d, &allowed)
    }

    /// C(D,P), the paper's eq. (6): the fewest classification errors at distortion at most `d` and divergence at most `p`, each
    /// in \[0, inf\]. Without a classifier there are none.
    ///
    /// A distortion within the bracket of [`Restoration::smallest_distortion_at`] is met up to its width; so is a divergence
    /// within that of the least one.
    ///
    /// # Errors
    /// A budget that is negative or NaN; [`RdcError::Infeasible`] with the smallest budgets where no restoration meets both.
    pub fn error_at(&self, d: f64, p: f64) -> Result<RestorationSolution, RdcError> {
        let d = check::budget("d", d)?;
        let p = check::budget("p", p)?;
        let none = DMatrix::zeros(self.pmf.len(), self.letters());
        let cost = self.error.as_ref().unwrap_or(&none);
        let (bound, allowed) = self.at_edge(d, self.allowed())?;
        let goal = Goal { cost: Some(cost), d: bound, p, allowed: &allowed };
        let best = cheapest(cost, &allowed);
        if self.spent(&self.distortion, &best) <= bound && self.divergence(&best) <= p {
            return Ok(self.solution(&goal, best, Multipliers::none(self.letters()), 0));
        }
        // With as little distortion as P allows: what the repair leans on.
        let safe = if bound.is_finite() {
            let safe = self.smallest_distortion_at(p)?;
            if safe.lower > bound {
                let natural = self.most_natural(bound, &allowed)?;
                let smallest = [safe.value, natural.value];
                let [_, lambda] = safe.multipliers;
                // An infinite multiplier separates nothing: then it is P(D) > P that does.
                let (weights, excess) = if lambda.is_finite() {
                    ([1.0, lambda], safe.lower - d)
                } else {
                    ([natural.multipliers[0], 1.0], natural.lower - p)
                };
                return Err(infeasible([d, p], smallest, weights, excess));
            }
            safe
        } else {
            let natural = self.most_natural(bound, &allowed)?;
            self.natural_enough(&natural, [d, p])?;
            natural
        };
        let (channel, multipliers, iterations) = self.run(&goal)?;
        let channel = self.made_natural(channel, p, &allowed)?;
        let channel = blend(channel, &safe.channel, |w| self.spent(&self.distortion, w), bound);
        Ok(self.solution(&goal, channel, multipliers, iterations + safe.iterations))
    }

    /// The least divergence among the pairs allowed, at distortion at most `d`, which is feasible.
    fn most_natural(
        &self,
        d: f64,
        allowed: &DMatrix<bool>,
    ) -> Result<RestorationSolution, RdcError> {
        let goal = Goal { cost: None, d, p: f64::INFINITY, allowed };
        // The target itself, or what is nearest to it, whatever is seen.
        let drawn = self.drawn();
        let blind = DMatrix::from_fn(self.pmf.len(), self.letters(), |_, to| drawn[to]);
        if fits(&drawn, allowed) && self.spent(&self.distortion, &blind) <= d {
            return Ok(self.solution(&goal, blind, Multipliers::none(self.letters()), 0));
        }
        let (channel, multipliers, iterations) = self.run(&goal)?;
        let safe = cheapest(&self.distortion, allowed);
        let channel = blend(channel, &safe, |w| self.spent(&self.distortion, w), d);
        Ok(self.solution(&goal, channel, multipliers, iterations))
    }

    fn natural_enough(
        &self,
        natural: &RestorationSolution,
        budgets: [f64; 2],
    ) -> Result<(), RdcError> {
        let excess = natural.lower - budgets[1];
        // A divergence of pmfs that differ by rounding.
        if excess <= f64::EPSILON {
            return Ok(());
        }
        Err(infeasible(budgets, [natural.distortion, natural.value], [0.0, 1.0], excess))
    }

    fn spent(&self, cost: &DMatrix<f64>, channel: &DMatrix<f64>) -> f64 {
        let pair = |(y, to): (usize, usize)| {
            let mass = self.pmf[y] * channel[(y, to)];
            if mass > 0.0 { mass * cost[(y, to)] } else { 0.0 }
        };
        (0..self.letters()).flat_map(|to| (0..self.pmf.len()).map(move |y| (y, to))).map(pair).sum()
    }

    fn divergence(&self, channel: &DMatrix<f64>) -> f64 {
        self.perception.of(&channel.tr_mul(&self.pmf))
    }

    fn solution(
        &self,
        goal: &Goal<'_>,
        channel: DMatrix<f64>,
        multipliers: Multipliers,
        iterations: u32,
    ) -> RestorationSolution {
        let perception = self.divergence(&channel);
        let value = goal.cost.map_or(perception, |cost| self.spent(cost, &channel));
        let lower = self.lower_bound(goal, &multipliers).max(0.0).min(value);
        let unit = goal.cost.map_or_else(|| self.perception.largest_ground(), largest_finite);
        let certified = value - lower <= CERTIFIED * unit;
        RestorationSolution {
            value,
            lower,
            output: channel.tr_mul(&self.pmf),
            distortion: self.spent(&self.distortion, &channel),
            perception,
            error: self.error.as_ref().map(|error| self.spent(error, &channel)),
            channel,
            multipliers: [multipliers.distortion, multipliers.perception],
            potentials: multipliers.potentials,
            status: if certified { Status::Certified } else { Status::Stalled },
            iterations,
        }
    }

    fn letters(&self) -> usize {
        self.distortion.ncols()
    }

    /// The pairs that a restoration with finite costs may use.
    fn allowed(&self) -> DMatrix<bool> {
        let lacking = |to: usize| {
            matches!(self.perception.divergence, Divergence::KullbackLeibler)
                && self.perception.target[to] <= 0.0
        };
        DMatrix::from_fn(self.pmf.len(), self.letters(), |y, to| {
            self.distortion[(y, to)].is_finite() && !lacking(to)
        })
    }

    /// On the edge of what distortion can be met only the cheapest pairs are left, and no budget is needed any more.
    fn at_edge(&self, d: f64, allowed: DMatrix<bool>) -> Result<(f64, DMatrix<bool>), RdcError> {
        let best = cheapest(&self.distortion, &allowed);
        let least = self.spent(&self.distortion, &best);
        if d < least * (1.0 - EDGE) {
            let smallest = self.most_natural(f64::INFINITY, &allowed)?.value;
            return Err(infeasible([d, f64::INFINITY], [least, smallest], [1.0, 0.0], least - d));
        }
        if d > least * (1.0 + EDGE) {
            return Ok((d, allowed));
        }
        let lowest = |y: usize| {
            let used = (0..best.ncols()).find(|&to| best[(y, to)] > 0.0);
            used.map_or(0.0, |to| self.distortion[(y, to)])
        };
        let allowed = DMatrix::from_fn(best.nrows(), best.ncols(), |y, to| {
            allowed[(y, to)] && self.distortion[(y, to)] <= lowest(y)
        });
        Ok((f64::INFINITY, allowed))
    }
}

fn infeasible(budgets: [f64; 2], smallest: [f64; 2], weights: [f64; 2], excess: f64) -> RdcError {
    let total = weights[0] + weights[1];
    let budgets = ["distortion", "perception"]
        .into_iter()
        .zip(budgets)
        .zip(smallest.into_iter().zip(weights))
        .map(|((name, budget), (smallest, weight))| InfeasibleBudget {
            name: name.into(),
            budget,
            smallest: Some(smallest),
            multiplier: weight / total,
        });
    RdcError::Infeasible(Box::new(Infeasible {
        budgets: budgets.collect(),
        excess: excess / total,
        potential: Vec::new(),
    }))
}
