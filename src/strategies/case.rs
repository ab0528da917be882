//! What whole problems come as: built, and with the matrices they were built from.

use super::draft::Draft;
use crate::functions::rdc::Rdc;
use crate::model::classifier::{Classifier, Rule};
use crate::model::distortion::Distortion;
use crate::model::problem::Problem;
use crate::model::source::Source;
use nalgebra::{DMatrix, DVector};
use std::fmt;

/// A rate-distortion-classification function with what it was made of, to recompute from. Prints its matrices row by row.
#[derive(Clone)]
#[non_exhaustive]
pub struct RdcCase {
    /// n letters, k classes.
    pub source: Source,
    /// n x m.
    pub distortion: Distortion,
    /// m letters, k classes.
    pub classifier: Classifier,
    /// The function of the three.
    pub rdc: Rdc,
}

/// A problem with what it was made of, to recompute from. Prints its matrices row by row.
#[derive(Clone)]
#[non_exhaustive]
pub struct ProblemCase {
    /// Length n.
    pub pmf: DVector<f64>,
    /// n x m each, in the order of the budgets.
    pub costs: Vec<DMatrix<f64>>,
    /// The problem of these.
    pub problem: Problem,
}

impl RdcCase {
    pub(super) fn of(draft: Draft) -> Option<Self> {
        let classifier = classifier(&draft)?;
        let distortion = distortion(draft.costs)?;
        let source = Source::new(draft.pmf, draft.posterior).ok()?;
        let rdc = Rdc::new(&source, distortion.clone(), &classifier).ok()?;
        Some(Self { source, distortion, classifier, rdc })
    }
}

impl ProblemCase {
    pub(super) fn of(draft: Draft) -> Option<Self> {
        let empty = Problem::new(draft.pmf.clone(), draft.decisions.nrows()).ok()?;
        let mut named = draft.costs.iter().enumerate();
        let problem = named.try_fold(empty, |problem, (k, cost)| {
            problem.with_cost(format!("cost {k}"), cost.clone()).ok()
        })?;
        Some(Self { pmf: draft.pmf, costs: draft.costs, problem })
    }
}

pub(super) fn distortion(costs: Vec<DMatrix<f64>>) -> Option<Distortion> {
    costs.into_iter().next().and_then(|cost| Distortion::matrix(cost).ok())
}

/// Hard where all decisions are certain.
pub(super) fn classifier(draft: &Draft) -> Option<Classifier> {
    let decisions = &draft.decisions;
    let class_of = |row: usize| decisions.row(row).iter().position(|&decision| decision == 1.0);
    let hard: Option<Vec<usize>> = (0..decisions.nrows()).map(class_of).collect();
    match hard {
        Some(class_of) => Classifier::hard(&class_of).ok(),
        None => Classifier::soft(decisions.clone()).ok(),
    }
}

/// One line whatever the format asks for, with numbers that read back as they are.
struct Rows<'a>(&'a DMatrix<f64>);

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Vec<f64>> =
            self.0.row_iter().map(|row| row.iter().copied().collect()).collect();
        write!(f, "{rows:?}")
    }
}

struct Line<T>(T);

impl<T: fmt::Debug> fmt::Debug for Line<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl fmt::Debug for RdcCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut case = f.debug_struct("RdcCase");
        case.field("pmf", &Line(self.source.pmf().as_slice()))
            .field("posterior", &Rows(self.source.posterior()))
            .field("distortion", &Rows(self.distortion.as_matrix()));
        match self.classifier.rule() {
            Rule::Hard(class_of) => case.field("classifier", &Line(class_of)),
            Rule::Soft(decisions) => case.field("classifier", &Rows(decisions)),
        };
        case.finish()
    }
}

impl fmt::Debug for ProblemCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let costs: Vec<Rows<'_>> = self.costs.iter().map(Rows).collect();
        f.debug_struct("ProblemCase")
            .field("pmf", &Line(self.pmf.as_slice()))
            .field("costs", &costs)
            .finish()
    }
}
