//! Random sources, problems and feasible budgets for property tests with [proptest](https://docs.rs/proptest).
//!
//! They seek what is hard on a claim about R: ties, zeros, probabilities down to 1e-15, forbidden pairs, labels that say
//! nothing, and budgets on every edge. What fails shrinks to few letters and short numbers, and prints its matrices.
//! For tests of another crate, with the feature `proptest`:
//!
//! ```toml
//! [dev-dependencies]
//! proptest = "1"
//! rdc-theory = { version = "0.1", features = ["proptest"] }
//! ```
//!
//! ```
//! use proptest::prelude::*;
//! use rdc_theory::strategies;
//!
//! proptest! {
//!     # #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
//!     # /*
//!     #[test]
//!     # */
//!     fn no_more_bits_than_the_source_has((case, [d, e]) in strategies::rdc_with_budgets(1..=5, 1..=5, 1..=3)) {
//!         let rate = case.rdc.solve(d, e)?.lower;
//!         prop_assert!(rate <= rdc_theory::entropy(case.source.pmf()) + 1e-9);
//!     }
//! }
//! # no_more_bits_than_the_source_has();
//! ```
//!
//! Sizes are numbers or ranges; 0 is taken as 1, except for a count of costs.

mod case;
mod cost;
mod draft;
mod placement;
mod probability;

pub use case::{ProblemCase, RdcCase};
pub use placement::{Placement, placement};

use crate::model::classifier::Classifier;
use crate::model::distortion::Distortion;
use crate::model::problem::Problem;
use crate::model::source::Source;
use crate::strategies::draft::{Drafts, Sizes, at_least};
use nalgebra::DVector;
use proptest::collection::SizeRange;
use proptest::prelude::Strategy;

/// Drafts are valid as they are drawn: none has been rejected for it.
const INVALID: &str = "a draft that the constructors refuse";

/// A pmf of n letters: equal, alike, with ties, or down to 1e-15 and 0.
pub fn pmf(letters: impl Into<SizeRange>) -> impl Strategy<Value = DVector<f64>> {
    Drafts(Sizes { letters: at_least(1, letters), ..Sizes::NONE }).prop_map(|draft| draft.pmf)
}

/// A source of n letters and k classes: a [`pmf`] and labels that are noiseless, noisy, or the same for all letters.
pub fn source(
    letters: impl Into<SizeRange>,
    classes: impl Into<SizeRange>,
) -> impl Strategy<Value = Source> {
    let (letters, classes) = (at_least(1, letters), at_least(1, classes));
    Drafts(Sizes { letters, classes, ..Sizes::NONE })
        .prop_filter_map(INVALID, |draft| Source::new(draft.pmf, draft.posterior).ok())
}

/// A classifier that reads k classes from m reproduction letters, hard or soft.
///
/// Fixed sizes fit a source and a distortion; [`rdc`] draws all three together.
pub fn classifier(
    letters: impl Into<SizeRange>,
    classes: impl Into<SizeRange>,
) -> impl Strategy<Value = Classifier> {
    let (reproductions, classes) = (at_least(1, letters), at_least(1, classes));
    Drafts(Sizes { reproductions, classes, ..Sizes::NONE })
        .prop_filter_map(INVALID, |draft| case::classifier(&draft))
}

/// A distortion, n x m: any numbers, few levels, Hamming, squared or absolute error between points of the plane that may
/// coincide, one number a row; in units from 1e-6 to 1e6; with forbidden pairs, though each letter keeps one.
pub fn distortion(
    letters: impl Into<SizeRange>,
    reproductions: impl Into<SizeRange>,
) -> impl Strategy<Value = Distortion> {
    let (letters, reproductions) = (at_least(1, letters), at_least(1, reproductions));
    Drafts(Sizes { letters, reproductions, costs: 1..=1, ..Sizes::NONE })
        .prop_filter_map(INVALID, |draft| case::distortion(draft.costs))
}

/// A rate-distortion-classification function of n source letters, m reproduction letters and k classes: a [`source`], a
/// [`distortion`] and a [`classifier`].
pub fn rdc(
    letters: impl Into<SizeRange>,
    reproductions: impl Into<SizeRange>,
    classes: impl Into<SizeRange>,
) -> impl Strategy<Value = RdcCase> {
    let (letters, reproductions) = (at_least(1, letters), at_least(1, reproductions));
    Drafts(Sizes { letters, reproductions, classes: at_least(1, classes), costs: 1..=1 })
        .prop_filter_map(INVALID, RdcCase::of)
}

/// A problem of n source letters, m reproduction letters and K costs: a [`pmf`], and costs drawn as a [`distortion`] is.
/// If one of them forbids pairs, each letter keeps one.
pub fn problem(
    letters: impl Into<SizeRange>,
    reproductions: impl Into<SizeRange>,
    costs: impl Into<SizeRange>,
) -> impl Strategy<Value = ProblemCase> {
    let (letters, reproductions) = (at_least(1, letters), at_least(1, reproductions));
    Drafts(Sizes { letters, reproductions, costs: at_least(0, costs), ..Sizes::NONE })
        .prop_filter_map(INVALID, ProblemCase::of)
}

/// Budgets that some channel of the problem meets, one per cost, in \[0, inf\].
///
/// They seek the edges: inside; on the frontier of what can be met, D = 0 included where it can be; beside it by 1e-3 to
/// 1e-12 of the cost's scale; on the frontier of zero rate, short of it by as little, and beyond; infinite.
pub fn budgets(problem: &Problem) -> impl Strategy<Value = Vec<f64>> + use<> {
    let problem = problem.clone();
    placement().prop_map(move |placement| placement.budgets(&problem))
}

/// [`rdc`] with feasible D and E, see [`budgets`].
pub fn rdc_with_budgets(
    letters: impl Into<SizeRange>,
    reproductions: impl Into<SizeRange>,
    classes: impl Into<SizeRange>,
) -> impl Strategy<Value = (RdcCase, [f64; 2])> {
    let case = rdc(letters, reproductions, classes);
    (case, placement()).prop_filter_map(INVALID, |(case, placement)| {
        let budgets = placement.budgets(case.rdc.problem());
        <[f64; 2]>::try_from(budgets).ok().map(|budgets| (case, budgets))
    })
}

/// [`problem`] with feasible [`budgets`], one per cost.
pub fn problem_with_budgets(
    letters: impl Into<SizeRange>,
    reproductions: impl Into<SizeRange>,
    costs: impl Into<SizeRange>,
) -> impl Strategy<Value = (ProblemCase, Vec<f64>)> {
    (problem(letters, reproductions, costs), placement()).prop_map(|(case, placement)| {
        let budgets = placement.budgets(&case.problem);
        (case, budgets)
    })
}
