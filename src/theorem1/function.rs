//! The check of a function, at points drawn to find where it bends the wrong way.

use super::report::Report;
use super::sample::Sample;
use super::samples::check_samples;
use crate::error::RdcError;
use crate::numerics::rng::Random;
use crate::result::bracket::Bracket;
use crate::validate;

/// Evaluations for each segment.
const PER_SEGMENT: usize = 4;

/// Budgets that vary over the corners.
const CORNER_BUDGETS: usize = 6;

/// The shortest segment, as a share of the region.
const SHORTEST: f64 = 1e-6;

/// The share of segments in a face of the region.
const IN_A_FACE: f64 = 0.25;

/// Units of the last digit by which a point is lifted off its segment, so that the ends prove what they say of it.
const LIFT: f64 = 4.0 * f64::EPSILON;

/// Whether a rate function agrees with Theorem 1, the paper's eq. (11), on the box `region` of finite `[least, largest]`
/// budgets, each at most 1e150 in size.
///
/// Evaluates `rate` at the corners of the box (of the first six budgets) and at four points for each of `segments`
/// segments: its ends, a point between them, and the larger of the ends in each budget. Lengths are drawn from a millionth
/// of the box to the whole of it, uniformly on a logarithmic scale; a quarter of the segments lies in a face of the box.
/// All samples are then checked against each other by [`check_samples`]. That makes `4 segments + 2^min(K, 6)` evaluations, the
/// same for the same `seed`.
///
/// The error type is that of `rate`.
///
/// ```
/// use rdc_theory::theorem1::{Bracket, check_function};
/// # use rdc_theory::{Classifier, Distortion, Rdc, Source, nalgebra::{DMatrix, DVector}};
/// # let posterior = DMatrix::from_row_slice(2, 2, &[0.9, 0.1, 0.2, 0.8]);
/// # let source = Source::new(DVector::from_vec(vec![0.7, 0.3]), posterior)?;
/// # let rdc = Rdc::new(&source, Distortion::hamming(2)?, &Classifier::hard(&[0, 1])?)?;
/// let report = check_function(
///     |[d, e]| Bracket::try_from(rdc.solve(d, e)),
///     [[0.0, 0.4], [0.0, 0.5]],
///     20,
///     1,
/// )?;
/// assert!(report.holds() && report.resolution < 1e-8, "{report}");
/// # Ok::<(), rdc_theory::RdcError>(())
/// ```
///
/// # Errors
/// What `rate` returns; [`RdcError::Value`] for a region with an end that is not finite or beyond 1e150 in size, or that
/// ends before it starts, and for more segments than memory can address.
pub fn check_function<const K: usize, E: From<RdcError>>(
    mut rate: impl FnMut([f64; K]) -> Result<Bracket, E>,
    region: [[f64; 2]; K],
    segments: usize,
    seed: u64,
) -> Result<Report<K>, E> {
    check_region(&region)?;
    validate::addressable("segments", segments, PER_SEGMENT * K.max(1))?;
    let mut points = corners(&region);
    points.reserve(PER_SEGMENT * segments);
    let mut random = Random::new(seed);
    for _ in 0..segments {
        points.extend(segment(&region, &mut random));
    }
    let sample = |budgets| Ok(Sample { budgets, rate: rate(budgets)? });
    let samples = points.into_iter().map(sample).collect::<Result<Vec<_>, E>>()?;
    Ok(check_samples(&samples)?)
}

fn check_region<const K: usize>(region: &[[f64; 2]; K]) -> Result<(), RdcError> {
    let rule =
        "an end of the region must be finite and at most 1e150 in size, and not before its start";
    for (k, &[least, largest]) in region.iter().enumerate() {
        let usable = |end: f64| end.abs() <= validate::LARGEST_COST;
        validate::scalar(&format!("region[{k}][0]"), least, rule, usable(least))?;
        validate::scalar(
            &format!("region[{k}][1]"),
            largest,
            rule,
            usable(largest) && least <= largest,
        )?;
    }
    Ok(())
}

fn corners<const K: usize>(region: &[[f64; 2]; K]) -> Vec<[f64; K]> {
    let corner = |bits: usize| {
        let end = |k: usize| if k < CORNER_BUDGETS { bits >> k & 1 } else { 0 };
        std::array::from_fn(|k| region[k][end(k)])
    };
    (0..1 << K.min(CORNER_BUDGETS)).map(corner).collect()
}

/// The ends of a segment, a point between them, and the larger of the ends in each budget.
fn segment<const K: usize>(region: &[[f64; 2]; K], random: &mut Random) -> [[f64; K]; PER_SEGMENT] {
    let length = SHORTEST.powf(random.uniform());
    let mut start = region.map(|[least, largest]| least + (largest - least) * random.uniform());
    let mut end = std::array::from_fn(|k| {
        let [least, largest] = region[k];
        let step = length * (largest - least) * (2.0 * random.uniform() - 1.0);
        (start[k] + step).clamp(least, largest)
    });
    let share = random.uniform();
    let in_a_face = random.uniform() < IN_A_FACE;
    let face = random.below(2 * K.max(1));
    if in_a_face && K > 0 {
        start[face / 2] = region[face / 2][face % 2];
        end[face / 2] = start[face / 2];
    }
    let between = std::array::from_fn(|k| {
        let (a, b) = (start[k], end[k]);
        let lift = LIFT * a.abs().max(b.abs());
        (a + share * (b - a) + lift).min(a.max(b))
    });
    [start, end, between, std::array::from_fn(|k| start[k].max(end[k]))]
}
