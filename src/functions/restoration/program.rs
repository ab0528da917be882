//! The cone programs, as Clarabel takes them.

use super::channel::{cheapest, cleaned};
use super::model::Restoration;
use crate::error::RdcError;
use crate::model::perception::{Divergence, Perception};
use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettings, DefaultSolver, ExponentialConeT, IPSolver, NonnegativeConeT, SupportedConeT,
    ZeroConeT,
};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::LN_2;

/// What is minimised, under which budgets.
pub(crate) struct Goal<'a> {
    /// A cost (o x m), or the divergence.
    pub(crate) cost: Option<&'a DMatrix<f64>>,
    pub(crate) d: f64,
    pub(crate) p: f64,
    pub(crate) allowed: &'a DMatrix<bool>,
}

impl Goal<'_> {
    /// Whether the output has to be the target by a divergence that is flat there: no finite multiplier proves anything, an
    /// equation does.
    pub(crate) fn is_steep(&self, perception: &Perception) -> bool {
        let flat = matches!(perception.divergence, Divergence::KullbackLeibler);
        flat && self.cost.is_some() && self.p == 0.0
    }
}

/// What a lower bound is made of.
pub(crate) struct Multipliers {
    pub(crate) distortion: f64,
    pub(crate) perception: f64,
    pub(crate) potentials: DVector<f64>,
}

impl Multipliers {
    pub(crate) fn none(letters: usize) -> Self {
        Self { distortion: 0.0, perception: 0.0, potentials: DVector::zeros(letters) }
    }
}

/// `min objective . v` over `b - A v` in the cones, row by row.
#[derive(Default)]
struct Program {
    objective: Vec<f64>,
    triplets: [Vec<usize>; 2],
    values: Vec<f64>,
    b: Vec<f64>,
    cones: Vec<SupportedConeT<f64>>,
}

impl Program {
    /// New variables of no cost; the first of them.
    fn variables(&mut self, count: usize) -> usize {
        let first = self.objective.len();
        self.objective.resize(first + count, 0.0);
        first
    }

    /// Appends the row `b - sum a v`, which the next cone takes; its index.
    fn row(&mut self, terms: impl IntoIterator<Item = (usize, f64)>, b: f64) -> usize {
        for (variable, a) in terms {
            self.triplets[0].push(self.b.len());
            self.triplets[1].push(variable);
            self.values.push(a);
        }
        self.b.push(b);
        self.b.len() - 1
    }

    fn equation(&mut self, terms: impl IntoIterator<Item = (usize, f64)>, b: f64) -> usize {
        self.cones.push(ZeroConeT(1));
        self.row(terms, b)
    }

    fn at_most(&mut self, terms: impl IntoIterator<Item = (usize, f64)>, b: f64) -> usize {
        self.cones.push(NonnegativeConeT(1));
        self.row(terms, b)
    }

    fn nonnegative(&mut self, first: usize, count: usize) {
        for variable in first..first + count {
            self.at_most([(variable, -1.0)], 0.0);
        }
    }
}

/// The divergence in a program: its terms, and the rows whose multipliers are the potentials.
struct Measured {
    terms: Vec<(usize, f64)>,
    rows: Vec<usize>,
    /// Whether row i is about the letters up to i, and not about letter i.
    cumulative: bool,
}

impl Restoration {
    /// An approximate answer, cleaned into a channel; the multipliers; the iterations taken.
    pub(crate) fn run(
        &self,
        goal: &Goal<'_>,
    ) -> Result<(DMatrix<f64>, Multipliers, u32), RdcError> {
        let (o, m) = goal.allowed.shape();
        let pairs: Vec<(usize, usize)> = (0..o)
            .flat_map(|y| (0..m).map(move |to| (y, to)))
            .filter(|&(y, to)| self.pmf[y] > 0.0 && goal.allowed[(y, to)])
            .collect();
        let weighed = |cost: &DMatrix<f64>| -> Vec<(usize, f64)> {
            let term = |(v, &(y, to)): (usize, &(usize, usize))| (v, self.pmf[y] * cost[(y, to)]);
            pairs.iter().enumerate().map(term).collect()
        };
        let mut program = Program::default();
        program.variables(pairs.len());
        program.nonnegative(0, pairs.len());
        for y in (0..o).filter(|&y| self.pmf[y] > 0.0) {
            let row = pairs.iter().enumerate().filter(|(_, pair)| pair.0 == y);
            let row: Vec<_> = row.map(|(v, _)| (v, 1.0)).collect();
            program.equation(row, 1.0);
        }
        let d = goal.d.is_finite().then(|| program.at_most(weighed(&self.distortion), goal.d));
        let measured = (goal.cost.is_none() || goal.p.is_finite()).then(|| {
            let output = |to: usize| -> Vec<(usize, f64)> {
                let column = pairs.iter().enumerate().filter(|(_, pair)| pair.1 == to);
                column.map(|(v, pair)| (v, self.pmf[pair.0])).collect()
            };
            self.measure(&mut program, (0..m).map(output).collect(), goal)
        });
        let steep = goal.is_steep(&self.perception);
        let mut p = None;
        match (goal.cost, &measured) {
            (Some(cost), measured) => {
                for (v, weight) in weighed(cost) {
                    program.objective[v] = weight;
                }
                let measured = measured.as_ref().filter(|_| !steep);
                p = measured.map(|it| program.at_most(it.terms.clone(), goal.p));
            }
            (None, Some(it)) => {
                for &(v, weight) in &it.terms {
                    program.objective[v] = weight;
                }
            }
            (None, None) => {}
        }
        let (primal, dual, iterations) = solve(program);
        let mut channel = DMatrix::zeros(o, m);
        for (&(y, to), &w) in pairs.iter().zip(&primal) {
            channel[(y, to)] = w;
        }
        let price = |row: Option<usize>| {
            let found = row.and_then(|row| dual.get(row)).copied();
            found.filter(|price| *price > 0.0 && price.is_finite()).unwrap_or(0.0)
        };
        let mut potentials = DVector::zeros(m);
        if let Some(Measured { rows, cumulative, .. }) = measured {
            for (i, row) in rows.into_iter().enumerate() {
                let value = dual.get(row).copied().filter(|value| value.is_finite()).unwrap_or(0.0);
                let letters = if cumulative { 0..i + 1 } else { i..i + 1 };
                letters.for_each(|to| potentials[to] += value);
            }
        }
        let lambda = if steep { f64::INFINITY } else { price(p) };
        let multipliers = Multipliers { distortion: price(d), perception: lambda, potentials };
        let spare = cheapest(&self.distortion, goal.allowed);
        Ok((cleaned(channel, &spare), multipliers, iterations))
    }

    /// The divergence of the output, given the terms of each letter's probability.
    fn measure(
        &self,
        program: &mut Program,
        output: Vec<Vec<(usize, f64)>>,
        goal: &Goal<'_>,
    ) -> Measured {
        let target = self.perception.target();
        let m = output.len();
        if goal.is_steep(&self.perception) {
            let equal = output.into_iter().zip(target.iter());
            let rows = equal.map(|(terms, &mass)| program.equation(terms, mass)).collect();
            return Measured { terms: Vec::new(), rows, cumulative: false };
        }
        match &self.perception.divergence {
            Divergence::TotalVariation => {
                let (rows, terms) = absolute(program, output, target.as_slice(), |_| 0.5);
                Measured { terms, rows, cumulative: false }
            }
            Divergence::Line(points) => {
                let (mut so_far, mut below) = (Vec::new(), 0.0);
                let (mut sums, mut limits) = (Vec::new(), Vec::new());
                for (terms, mass) in output.into_iter().zip(target.iter()).take(m - 1) {
                    so_far.extend(terms);
                    below += mass;
                    sums.push(so_far.clone());
                    limits.push(below);
                }
                let gap = |i: usize| points[i + 1] - points[i];
                let (rows, terms) = absolute(program, sums, &limits, gap);
                Measured { terms, rows, cumulative: true }
            }
            Divergence::Transport(ground) => {
                let k = target.len();
                let first = program.variables(m * k);
                program.nonnegative(first, m * k);
                let at = |to: usize, z: usize| first + to * k + z;
                let mut rows = Vec::with_capacity(m);
                for (to, mut terms) in output.into_iter().enumerate() {
                    terms.extend((0..k).map(|z| (at(to, z), -1.0)));
                    rows.push(program.equation(terms, 0.0));
                }
                for (z, &mass) in target.iter().enumerate() {
                    program.equation((0..m).map(|to| (at(to, z), 1.0)), mass);
                }
                let plan = (0..m).flat_map(|to| (0..k).map(move |z| (to, z)));
                let terms = plan.map(|(to, z)| (at(to, z), ground[(to, z)])).collect();
                Measured { terms, rows, cumulative: false }
            }
            Divergence::KullbackLeibler => {
                let first = program.variables(2 * m);
                let mut rows = Vec::with_capacity(m);
                for (to, mut terms) in output.into_iter().enumerate() {
                    let (q, bits) = (first + to, first + m + to);
                    terms.push((q, -1.0));
                    rows.push(program.equation(terms, 0.0));
                    if target[to] > 0.0 {
                        // (-u, q, t) in the cone b exp(a/b) <= c: u >= q ln(q/t).
                        program.row([(bits, LN_2)], 0.0);
                        program.row([(q, -1.0)], 0.0);
                        program.row([], target[to]);
                        program.cones.push(ExponentialConeT());
                    } else {
                        program.equation([(bits, 1.0)], 0.0);
                    }
                }
                let terms = (0..m).map(|to| (first + m + to, 1.0)).collect();
                Measured { terms, rows, cumulative: false }
            }
        }
    }
}

/// `sum_i weight_i |sums_i - limits_i|`: the rows that take the differences apart, and the terms.
fn absolute(
    program: &mut Program,
    sums: Vec<Vec<(usize, f64)>>,
    limits: &[f64],
    weight: impl Fn(usize) -> f64,
) -> (Vec<usize>, Vec<(usize, f64)>) {
    let count = sums.len();
    let first = program.variables(2 * count);
    program.nonnegative(first, 2 * count);
    let mut rows = Vec::with_capacity(count);
    for (i, (mut terms, &limit)) in sums.into_iter().zip(limits).enumerate() {
        terms.extend([(first + i, -1.0), (first + count + i, 1.0)]);
        rows.push(program.equation(terms, limit));
    }
    (rows, (0..2 * count).map(|v| (first + v, weight(v % count))).collect())
}

/// The primal and dual answer, empty where the program could not be set up.
fn solve(program: Program) -> (Vec<f64>, Vec<f64>, u32) {
    let Program { objective, triplets: [rows, columns], values, b, cones } = program;
    let variables = objective.len();
    let a = CscMatrix::new_from_triplets(b.len(), variables, rows, columns, values);
    let settings = DefaultSettings {
        verbose: false,
        tol_gap_abs: 1e-12,
        tol_gap_rel: 1e-12,
        tol_feas: 1e-12,
        ..DefaultSettings::default()
    };
    let quadratic = CscMatrix::zeros((variables, variables));
    match DefaultSolver::new(&quadratic, &objective, &a, &b, &cones, settings) {
        Ok(mut solver) => {
            solver.solve();
            (solver.solution.x, solver.solution.z, solver.solution.iterations)
        }
        Err(_) => (Vec::new(), Vec::new(), 0),
    }
}
