//! Problems with a perception as programs for Clarabel, an independent oracle.

use crate::common::perception::Perceived;
use crate::common::program::{ConeProgram, TIGHT};
use clarabel::solver::{ExponentialConeT, NonnegativeConeT, ZeroConeT};
use rdc_theory::nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// What Clarabel reaches where its last digits are not needed.
const ROUGH: f64 = 1e-8;

/// The rate in bits at the budgets of a case: `min I` over channels whose output is within P of the target.
pub(crate) fn rate(case: &Perceived) -> f64 {
    Channels::new(case, true).least(None)
}

/// The least of `sum_k s_k E[d_k] + price d(q)` over all channels.
pub(crate) fn least_spent(case: &Perceived, multipliers: &[f64]) -> f64 {
    Channels::new(case, false).least(Some(multipliers))
}

/// What a channel may use: letters without probability would leave the cones without an inside.
///
/// The variables are `P_xy = p_x W_xy`, `q_y`, what is moved from y to z, or `v_y >= q_y ln(q_y / t_y)`, and
/// `u_xy >= P_xy ln(P_xy / (p_x q_y))`.
struct Channels<'a> {
    case: &'a Perceived,
    sources: Vec<usize>,
    letters: Vec<usize>,
    targets: Vec<usize>,
    /// Whether the output is to be the target itself.
    same: bool,
}

impl<'a> Channels<'a> {
    fn new(case: &'a Perceived, bounded: bool) -> Self {
        let measure = &case.measure;
        let target = measure.target();
        let occurring = |pmf: &DVector<f64>| (0..pmf.len()).filter(|&at| pmf[at] > 0.0).collect();
        let targets: Vec<usize> = occurring(target);
        let own = measure.ground.as_ref().is_none_or(|ground| {
            ground.is_square() && (0..target.len()).all(|y| ground[(y, y)] == 0.0)
        });
        let same = bounded && own && case.budgets.last() == Some(&0.0);
        let letters = if same || measure.ground.is_none() {
            targets.clone()
        } else {
            (0..case.letters()).collect()
        };
        Self { case, sources: occurring(&case.pmf), letters, targets, same }
    }

    fn joint(&self, x: usize, y: usize) -> usize {
        x * self.letters.len() + y
    }

    fn output(&self, y: usize) -> usize {
        self.joint(self.sources.len(), y)
    }

    fn moved(&self, y: usize, z: usize) -> usize {
        self.output(self.letters.len()) + y * self.targets.len() + z
    }

    fn information(&self, x: usize, y: usize) -> usize {
        self.moved(self.letters.len(), 0) + self.joint(x, y)
    }

    fn pairs(&self) -> Vec<(usize, usize)> {
        let of = |x| (0..self.letters.len()).map(move |y| (x, y));
        (0..self.sources.len()).flat_map(of).collect()
    }

    fn spent(&self, cost: &DMatrix<f64>) -> Vec<(usize, f64)> {
        let entry = |(x, y): (usize, usize)| cost[(self.sources[x], self.letters[y])];
        self.pairs().into_iter().map(|(x, y)| (self.joint(x, y), entry((x, y)))).collect()
    }

    /// What the divergence is a sum of.
    fn divergence(&self) -> Vec<(usize, f64)> {
        let Some(ground) = &self.case.measure.ground else {
            return (0..self.letters.len()).map(|y| (self.moved(y, 0), 1.0 / LN_2)).collect();
        };
        let of = |y: usize| {
            let cost = move |z: usize| ground[(self.letters[y], self.targets[z])];
            (0..self.targets.len()).map(move |z| (self.moved(y, z), cost(z)))
        };
        (0..self.letters.len()).flat_map(of).collect()
    }

    /// The least rate within the budgets, or the least that is spent at prices.
    fn least(&self, prices: Option<&[f64]>) -> f64 {
        let case = self.case;
        let (n, m, k) = (self.sources.len(), self.letters.len(), self.targets.len());
        let target = |z: usize| case.measure.target()[self.targets[z]];
        let pmf = |x: usize| case.pmf[self.sources[x]];
        let smooth = case.measure.ground.is_none();
        let mut program = ConeProgram::default();
        for x in 0..n {
            program.push((0..m).map(|y| (self.joint(x, y), 1.0)), pmf(x));
        }
        for y in 0..m {
            let column = (0..n).map(|x| (self.joint(x, y), 1.0));
            program.push(column.chain([(self.output(y), -1.0)]), 0.0);
        }
        // Of the targets, the last one follows from the others.
        if self.same {
            (0..k - 1).for_each(|y| program.push([(self.output(y), 1.0)], target(y)));
        } else if !smooth {
            for y in 0..m {
                let sent = (0..k).map(|z| (self.moved(y, z), 1.0));
                program.push(sent.chain([(self.output(y), -1.0)]), 0.0);
            }
            for z in 0..k - 1 {
                program.push((0..m).map(|y| (self.moved(y, z), 1.0)), target(z));
            }
        }
        let equations = program.height();
        self.pairs().iter().for_each(|&(x, y)| program.push([(self.joint(x, y), -1.0)], 0.0));
        if self.same || !smooth {
            (self.moved(0, 0)..self.moved(m, 0)).for_each(|at| program.push([(at, -1.0)], 0.0));
        }
        if prices.is_none() {
            for (cost, &budget) in case.costs.iter().zip(&case.budgets) {
                if budget.is_finite() {
                    program.push(self.spent(cost), budget);
                }
            }
            let p = case.budgets.last().copied().unwrap_or(f64::INFINITY);
            if p.is_finite() && !self.same {
                program.push(self.divergence(), p);
            }
        }
        let mut cones = vec![ZeroConeT(equations), NonnegativeConeT(program.height() - equations)];
        if smooth && !self.same {
            for y in 0..m {
                program.push([(self.moved(y, 0), 1.0)], 0.0);
                program.push([(self.output(y), -1.0)], 0.0);
                program.push([], target(y));
                cones.push(ExponentialConeT());
                // Not used: one for each letter of the target.
                (1..k).for_each(|z| program.push([(self.moved(y, z), -1.0)], 0.0));
                cones.extend((k > 1).then_some(NonnegativeConeT(k - 1)));
            }
        }
        let mut objective = vec![0.0; self.information(if prices.is_none() { n } else { 0 }, 0)];
        if let Some(prices) = prices {
            let costs = case.costs.iter().map(|cost| self.spent(cost)).chain([self.divergence()]);
            for (terms, price) in costs.zip(prices) {
                terms.iter().for_each(|(at, cost)| objective[*at] += price * cost);
            }
            return program.least(&objective, &cones, TIGHT);
        }
        for (x, y) in self.pairs() {
            program.push([(self.information(x, y), 1.0)], 0.0);
            program.push([(self.joint(x, y), -1.0)], 0.0);
            program.push([(self.output(y), -pmf(x))], 0.0);
            cones.push(ExponentialConeT());
            objective[self.information(x, y)] = 1.0 / LN_2;
        }
        program.least(&objective, &cones, ROUGH)
    }
}
