//! Restoration of a degraded signal: P(D) and C(D,P), which have no rate, as certified linear or cone programs.

use super::channel::{blend, cheapest, largest_finite};
use super::model::Restoration;
use super::program::{Goal, Multipliers};
use super::repair::fits;
use super::solution::RestorationSolution;
use crate::error::{Infeasible, InfeasibleBudget, RdcError};
use crate::result::solution::Status;
use crate::result::verdict::Verdict;
use crate::validate;
use nalgebra::DMatrix;

/// The width of a bracket that is [`Status::Certified`], for each unit of the largest finite cost, error or ground distance.
const CERTIFIED: f64 = 1e-8;

/// The rounding of the two bounds, relative to their largest terms.
const ROUNDING: f64 = 1e-12;

/// Budgets that miss the smallest distortion by no more than this part of it are on the edge.
const EDGE: f64 = 1e-12;

impl Restoration {
    /// The smallest D at which C(D,P) is finite: the least distortion of a restoration with perception at most `p` in \[0, inf\].
    ///
    /// # Errors
    /// A budget that is negative or NaN; [`RdcError::Infeasible`] where no restoration has so little divergence.
    pub fn smallest_distortion_at(&self, p: f64) -> Result<RestorationSolution, RdcError> {
        let p = validate::budget("p", p)?;
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
        let d = validate::budget("d", d)?;
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
        let d = validate::budget("d", d)?;
        let p = validate::budget("p", p)?;
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
    pub(crate) fn most_natural(
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

    /// What rounding may put a lower bound above the value of a channel that meets the budgets by rounding.
    fn rounding(&self, goal: &Goal<'_>, multipliers: &Multipliers, unit: f64) -> f64 {
        let priced = |price: f64, budget: f64| {
            if price > 0.0 && price.is_finite() && budget.is_finite() {
                price * budget
            } else {
                0.0
            }
        };
        let spent = priced(multipliers.distortion, goal.d) + priced(multipliers.perception, goal.p);
        ROUNDING * (unit + spent + multipliers.potentials.amax())
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

    fn solution(
        &self,
        goal: &Goal<'_>,
        channel: DMatrix<f64>,
        multipliers: Multipliers,
        iterations: u32,
    ) -> RestorationSolution {
        let perception = self.divergence(&channel);
        let value = goal.cost.map_or(perception, |cost| self.spent(cost, &channel));
        let lower = self.lower_bound(goal, &multipliers).max(0.0);
        let unit = goal.cost.map_or_else(|| self.perception.largest_ground(), largest_finite);
        let verdict =
            Verdict::of(lower, value, CERTIFIED * unit, self.rounding(goal, &multipliers, unit));
        let (lower, value, status) = match verdict {
            Verdict::Certified => (lower.min(value), value, Status::Certified),
            Verdict::Open => (lower, value, Status::Stalled),
            Verdict::Crossed => (0.0, f64::INFINITY, Status::Inconsistent),
        };
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
            status,
            iterations,
        }
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
