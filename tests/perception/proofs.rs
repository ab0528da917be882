//! The lower bound of R(D,P) recomputed in bits from what a solution tells, as docs/perception.md says.
//!
//! `RDC_CASES` sets the number of cases of each divergence (300 by default).

use crate::common::case::Case;
use crate::common::measure::{Kind, Measure};
use crate::common::perception::Perceived;
use crate::common::random::Random;
use crate::common::{INF, count, exact};
use rdc_theory::Status;
use rdc_theory::nalgebra::{DMatrix, DVector};

/// What the rounding of both sums may put between two values of the same bound, in bits and, a tenth of it, of the bound.
const ROUNDING: f64 = 1e-11;

const LETTERS: usize = 7;

/// The streams of random numbers begin here.
pub(crate) const STREAM: u64 = 41;

/// Budgets of costs that some channel with a perfect output meets, so that every P will do.
pub(crate) fn case(kind: Kind, stream: u64, seed: u64) -> Perceived {
    let random = &mut Random::new(stream, seed);
    let n = 1 + random.size(LETTERS);
    let m = 1 + random.size(LETTERS);
    let pmf = distribution(random, n, false);
    let count = random.below(3);
    let costs: Vec<_> =
        (0..count).map(|_| DMatrix::from_fn(n, m, |_, _| 3.0 * random.uniform())).collect();
    let moved = kind == Kind::Transport;
    let far = if moved { 1 + random.size(LETTERS) } else { m };
    let target = distribution(random, far, !moved);
    let measure = match kind {
        Kind::TotalVariation => Measure::total_variation(&target),
        Kind::Wasserstein => {
            let mut at = 0.0;
            let steps = random.vector(m);
            let points: Vec<f64> = steps.iter().map(|step| (at += 0.1 + step, at).1).collect();
            Measure::wasserstein(&target, &points)
        }
        Kind::Transport => {
            Measure::transport(&target, DMatrix::from_fn(m, far, |_, _| 2.0 * random.uniform()))
        }
        Kind::KullbackLeibler => Measure::kullback_leibler(&target),
    };
    let output = measure.nearest();
    let least = measure.perception.divergence(&output).unwrap();
    let joint = coupling(&pmf, &costs, &output, random.magnitude(-0.5, 0.8));
    let mut budgets: Vec<f64> = costs.iter().map(|cost| 1.01 * cost.dot(&joint)).collect();
    budgets.push(match random.below(4) {
        0 => least,
        1 => INF,
        _ => least + random.magnitude(-3.0, -0.5),
    });
    Perceived { case: Case { pmf, costs, budgets }, measure }
}

/// A joint law of a source letter and an output with this pmf that likes cheap pairs (Sinkhorn).
fn coupling(
    pmf: &DVector<f64>,
    costs: &[DMatrix<f64>],
    output: &DVector<f64>,
    sharpness: f64,
) -> DMatrix<f64> {
    let price = |x: usize, y: usize| costs.iter().map(|cost| cost[(x, y)]).sum::<f64>();
    let mut joint =
        DMatrix::from_fn(pmf.len(), output.len(), |x, y| (-sharpness * price(x, y)).exp());
    for _ in 0..1000 {
        for (mut column, q) in joint.column_iter_mut().zip(output) {
            let total = column.sum();
            column *= if total > 0.0 { q / total } else { 0.0 };
        }
        for (mut row, p) in joint.row_iter_mut().zip(pmf) {
            let total = row.sum();
            row *= p / total;
        }
    }
    joint
}

fn distribution(random: &mut Random, letters: usize, zeros: bool) -> DVector<f64> {
    let mut weights = DVector::from_fn(letters, |_, _| random.uniform());
    for y in 1..letters {
        if zeros && random.chance(0.15) {
            weights[y] = 0.0;
        }
    }
    let total = weights.sum();
    weights / total
}

/// In the order of their streams.
pub(crate) const KINDS: [Kind; 4] =
    [Kind::TotalVariation, Kind::Wasserstein, Kind::Transport, Kind::KullbackLeibler];

#[test]
fn the_bound_is_what_its_multipliers_and_its_potential_prove() {
    let cases = count(300);
    for (number, kind) in KINDS.into_iter().enumerate() {
        let (mut open, mut proven, mut exact, mut priced) = (0_u64, 0_u64, 0_u64, 0_u64);
        for seed in 0..cases {
            let case = case(kind, STREAM + number as u64, seed);
            let solution = case
                .problem()
                .solve(&case.budgets)
                .unwrap_or_else(|error| panic!("{kind:?}, seed {seed}: {error}\n{case}"));
            // Bounds are true however a run ended.
            open += u64::from(solution.status != Status::Certified);
            if solution.lower <= 0.0 {
                continue;
            }
            let least = case.measure.perception.divergence(&case.measure.nearest()).unwrap();
            let recomputed = case.lower_bound(&solution);
            // A bound above the information of the channel returned, which exceeds a budget, if by rounding, is told as that.
            let information = exact::information(&case.pmf, &solution.channel);
            let is_cut = (solution.lower - information).abs() < 1e-12 && recomputed > information;
            let off = if is_cut { 0.0 } else { (recomputed - solution.lower).abs() };
            assert!(
                off <= ROUNDING * (1.0 + 0.1 * solution.lower),
                "{kind:?}, seed {seed}, off by {off:e}: {case}\n{solution:?}"
            );
            proven += 1;
            exact += u64::from(case.allowed() <= least);
            priced += u64::from(solution.constraints[case.costs.len()].is_active());
        }
        assert!(50 * open <= cases, "{kind:?}: {open} of {cases} not certified");
        let enough = 10 * proven > 3 * cases && 20 * exact > cases && 5 * priced > cases;
        assert!(enough, "{kind:?}: {proven} bounds, {exact} of the least P, {priced} priced");
    }
}
