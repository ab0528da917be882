//! The numbers of a case before it is built, and how they shrink: whole letters first, then their numbers.

use super::{cost, probability};
use nalgebra::{DMatrix, DVector};
use proptest::collection::SizeRange;
use proptest::prelude::Strategy;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;
use std::ops::RangeInclusive;

/// Decimals to which numbers are rounded, the simplest first.
const DECIMALS: [i32; 4] = [0, 1, 2, 3];

/// How many of each a draft may have; what a strategy does not need has none.
#[derive(Debug, Clone)]
pub(super) struct Sizes {
    pub(super) letters: RangeInclusive<usize>,
    pub(super) reproductions: RangeInclusive<usize>,
    pub(super) classes: RangeInclusive<usize>,
    pub(super) costs: RangeInclusive<usize>,
}

impl Sizes {
    pub(super) const NONE: Self =
        Self { letters: 0..=0, reproductions: 0..=0, classes: 0..=0, costs: 0..=0 };
}

/// The sizes that are at least `least`, as an alphabet has a letter: an empty range becomes the size next to it.
pub(super) fn at_least(least: usize, sizes: impl Into<SizeRange>) -> RangeInclusive<usize> {
    let sizes = sizes.into();
    let low = sizes.start().max(least);
    low..=sizes.end_excl().saturating_sub(1).max(low)
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    /// Length n.
    pub(super) pmf: DVector<f64>,
    /// n x k.
    pub(super) posterior: DMatrix<f64>,
    /// m x k.
    pub(super) decisions: DMatrix<f64>,
    /// n x m each.
    pub(super) costs: Vec<DMatrix<f64>>,
}

/// What may make a draft simpler, in the order in which it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    HalfOfLetters,
    Letter(usize),
    HalfOfReproductions,
    Reproduction(usize),
    Class(usize),
    Cost(usize),
    EqualProbabilities,
    RoundProbabilities(i32),
    UnitCost(usize),
    RoundCost(usize, i32),
    CertainLabel(usize),
    FirstLabel(usize),
    HardDecision(usize),
    FirstDecision(usize),
    RoundPosterior(i32),
    RoundDecisions(i32),
    Entry(usize, usize, bool),
}

impl Draft {
    fn letters(&self) -> usize {
        self.pmf.len()
    }

    fn reproductions(&self) -> usize {
        self.decisions.nrows()
    }

    fn classes(&self) -> usize {
        self.decisions.ncols()
    }

    /// All steps, in their order.
    fn steps(&self) -> Vec<Step> {
        let (n, m, count) = (self.letters(), self.reproductions(), self.costs.len());
        let mut steps = vec![Step::HalfOfLetters];
        steps.extend((0..n).map(Step::Letter));
        steps.push(Step::HalfOfReproductions);
        steps.extend((0..m).map(Step::Reproduction));
        steps.extend((1..self.classes()).map(Step::Class));
        steps.extend((0..count).map(Step::Cost));
        steps.push(Step::EqualProbabilities);
        steps.extend(DECIMALS.map(Step::RoundProbabilities));
        steps.extend((0..count).map(Step::UnitCost));
        steps.extend((0..count).flat_map(|k| DECIMALS.map(|digits| Step::RoundCost(k, digits))));
        if self.classes() > 0 {
            steps.extend((0..n).map(Step::CertainLabel));
            steps.extend((0..n).map(Step::FirstLabel));
            steps.extend((0..m).map(Step::HardDecision));
            steps.extend((0..m).map(Step::FirstDecision));
            steps.extend(DECIMALS.map(Step::RoundPosterior));
            steps.extend(DECIMALS.map(Step::RoundDecisions));
        }
        let entries = (0..count).flat_map(|k| (0..n * m).map(move |at| (k, at)));
        steps.extend(entries.flat_map(|(k, at)| [false, true].map(|one| Step::Entry(k, at, one))));
        steps
    }

    /// The draft after a step; `None` where it would be as it was, too small, or no valid case.
    fn after(&self, step: Step, sizes: &Sizes) -> Option<Self> {
        let simpler = match step {
            Step::HalfOfLetters => self.only_letters(&first_half(self.letters())),
            Step::Letter(x) => self.only_letters(&all_but(x, self.letters())),
            Step::HalfOfReproductions => {
                Some(self.only_reproductions(&first_half(self.reproductions())))
            }
            Step::Reproduction(y) => {
                Some(self.only_reproductions(&all_but(y, self.reproductions())))
            }
            Step::Class(k) => Some(self.with_class_merged(k)),
            Step::Cost(k) => Some(self.changed(|draft| drop(draft.costs.remove(k)))),
            Step::EqualProbabilities => {
                let equal = DVector::from_element(self.letters(), 1.0 / self.letters() as f64);
                Some(Self { pmf: equal, ..self.clone() })
            }
            Step::RoundProbabilities(digits) => {
                let equal = self.pmf.iter().all(|&p| p == self.pmf[0]);
                let rounded = (!equal).then(|| rounded_pmf(&self.pmf, digits)).flatten();
                rounded.map(|pmf| Self { pmf, ..self.clone() })
            }
            Step::UnitCost(k) => {
                let finite = self.costs[k].iter().copied().filter(|d| d.is_finite());
                let largest = finite.fold(0.0, f64::max);
                (largest > 0.0).then(|| self.changed(|draft| draft.costs[k] /= largest))
            }
            Step::RoundCost(k, digits) => Some(self.changed(|draft| {
                draft.costs[k].apply(|d| *d = rounded(*d, digits));
            })),
            Step::CertainLabel(x) => {
                Some(self.changed(|draft| make_certain(&mut draft.posterior, x)))
            }
            Step::FirstLabel(x) => Some(self.changed(|draft| make_first(&mut draft.posterior, x))),
            Step::HardDecision(y) => {
                Some(self.changed(|draft| make_certain(&mut draft.decisions, y)))
            }
            Step::FirstDecision(y) => {
                Some(self.changed(|draft| make_first(&mut draft.decisions, y)))
            }
            Step::RoundPosterior(digits) => rounded_rows(&self.posterior, digits)
                .map(|posterior| Self { posterior, ..self.clone() }),
            Step::RoundDecisions(digits) => rounded_rows(&self.decisions, digits)
                .map(|decisions| Self { decisions, ..self.clone() }),
            Step::Entry(k, at, one) => {
                let value = f64::from(one);
                let lower = self.costs[k][at] > value;
                lower.then(|| self.changed(|draft| draft.costs[k][at] = value))
            }
        };
        simpler.filter(|simpler| simpler != self && simpler.is_valid(sizes))
    }

    fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }

    /// `None` where no probability would be left.
    fn only_letters(&self, kept: &[usize]) -> Option<Self> {
        let pmf = self.pmf.select_rows(kept);
        let total = pmf.sum();
        (total > 0.0).then(|| Self {
            pmf: pmf / total,
            posterior: self.posterior.select_rows(kept),
            decisions: self.decisions.clone(),
            costs: self.costs.iter().map(|cost| cost.select_rows(kept)).collect(),
        })
    }

    fn only_reproductions(&self, kept: &[usize]) -> Self {
        Self {
            decisions: self.decisions.select_rows(kept),
            costs: self.costs.iter().map(|cost| cost.select_columns(kept)).collect(),
            ..self.clone()
        }
    }

    /// Class k is taken for the one before it, so that rows still sum to 1.
    fn with_class_merged(&self, k: usize) -> Self {
        let merged = |rows: &DMatrix<f64>| {
            let mut rows = rows.clone();
            let sum = rows.column(k - 1) + rows.column(k);
            rows.set_column(k - 1, &sum);
            rows.remove_column(k)
        };
        Self {
            posterior: merged(&self.posterior),
            decisions: merged(&self.decisions),
            ..self.clone()
        }
    }

    fn is_valid(&self, sizes: &Sizes) -> bool {
        let (n, m) = (self.letters(), self.reproductions());
        let allowed = |x, y| self.costs.iter().all(|cost| cost[(x, y)].is_finite());
        n >= *sizes.letters.start()
            && m >= *sizes.reproductions.start()
            && self.classes() >= *sizes.classes.start()
            && self.costs.len() >= *sizes.costs.start()
            && (m == 0 || (0..n).all(|x| (0..m).any(|y| allowed(x, y))))
    }
}

fn first_half(count: usize) -> Vec<usize> {
    (0..count / 2).collect()
}

fn all_but(left_out: usize, count: usize) -> Vec<usize> {
    (0..count).filter(|&at| at != left_out).collect()
}

fn rounded(value: f64, digits: i32) -> f64 {
    let unit = 10_f64.powi(digits);
    (value * unit).round() / unit
}

/// What rounding takes goes to the largest probability; `None` where it has not so much.
fn rounded_pmf(pmf: &DVector<f64>, digits: i32) -> Option<DVector<f64>> {
    let mut pmf = pmf.map(|p| rounded(p, digits));
    let largest = pmf.imax();
    pmf[largest] = 0.0;
    pmf[largest] = rounded(1.0 - pmf.sum(), digits);
    (pmf[largest] > 0.0).then_some(pmf)
}

fn rounded_rows(rows: &DMatrix<f64>, digits: i32) -> Option<DMatrix<f64>> {
    let mut rows = rows.clone();
    for mut row in rows.row_iter_mut() {
        let pmf = rounded_pmf(&row.transpose(), digits)?;
        row.tr_copy_from(&pmf);
    }
    Some(rows)
}

/// The likeliest class of a row becomes certain.
fn make_certain(rows: &mut DMatrix<f64>, row: usize) {
    let likeliest = rows.row(row).transpose().imax();
    rows.row_mut(row).fill(0.0);
    rows[(row, likeliest)] = 1.0;
}

fn make_first(rows: &mut DMatrix<f64>, row: usize) {
    rows.row_mut(row).fill(0.0);
    rows[(row, 0)] = 1.0;
}

/// Drafts of these sizes.
///
/// proptest's own shrinking takes numbers apart one by one, and regenerates what depends on a size. Here letters leave a
/// draft, and the others stay as they are.
#[derive(Debug)]
pub(super) struct Drafts(pub(super) Sizes);

impl Strategy for Drafts {
    type Tree = DraftTree;
    type Value = Draft;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let Sizes { letters, reproductions, classes, costs } = self.0.clone();
        let (n, m, k, count) = (letters, reproductions, classes, costs).new_tree(runner)?.current();
        let parts = (
            probability::pmf(n),
            probability::posterior(n, k),
            probability::decisions(m, k),
            cost::costs(n, m, count),
        );
        let (pmf, posterior, decisions, costs) = parts.new_tree(runner)?.current();
        Ok(DraftTree::new(Draft { pmf, posterior, decisions, costs }, self.0.clone()))
    }
}

/// A draft that is known to fail, and the simpler one that is tried.
#[derive(Debug)]
pub(super) struct DraftTree {
    failing: Draft,
    current: Draft,
    steps: Vec<Step>,
    /// The index in `steps` of the step that made `current`.
    at: usize,
    /// Whether a step was taken since the first was tried.
    moved: bool,
    sizes: Sizes,
}

impl DraftTree {
    fn new(draft: Draft, sizes: Sizes) -> Self {
        let steps = draft.steps();
        Self { failing: draft.clone(), current: draft, steps, at: 0, moved: false, sizes }
    }

    /// To the first simpler draft of the steps from `at` on; `false`, and back to the failing one, if there is none.
    fn advance(&mut self, at: usize) -> bool {
        for at in at..self.steps.len() {
            if let Some(simpler) = self.failing.after(self.steps[at], &self.sizes) {
                (self.at, self.current) = (at, simpler);
                return true;
            }
        }
        (self.at, self.current) = (self.steps.len(), self.failing.clone());
        // Steps that were in vain before one that was not may no longer be.
        std::mem::take(&mut self.moved) && self.advance(0)
    }
}

impl ValueTree for DraftTree {
    type Value = Draft;

    fn current(&self) -> Draft {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        if self.current == self.failing {
            return self.advance(self.at);
        }
        let taken = self.steps[self.at];
        self.failing = self.current.clone();
        self.steps = self.failing.steps();
        self.moved = true;
        self.advance(self.steps.partition_point(|step| *step < taken))
    }

    fn complicate(&mut self) -> bool {
        let undone = self.current != self.failing;
        if undone {
            self.advance(self.at + 1);
        }
        undone
    }
}
