//! A source that is to look like another domain.

use crate::common::measure::{Kind, Measure};
use crate::common::pmf;
use crate::common::random::Random;
use rdc_theory::nalgebra::DMatrix;
use rdc_theory::{Classifier, Distortion, Rdpc, Source};

/// Reproductions that are to look like another domain: six letters, four reproductions, of which the target never uses one.
pub(crate) fn other_domain(divergence: Kind) -> (Source, Distortion, Classifier, Measure) {
    let random = &mut Random::new(1003, 1);
    let posterior = DMatrix::from_fn(6, 2, |x, k| {
        let first = 0.1 + 0.8 * x as f64 / 5.0;
        if k == 0 { first } else { 1.0 - first }
    });
    let source = Source::new(pmf(&[0.1, 0.25, 0.2, 0.15, 0.1, 0.2]), posterior).unwrap();
    let cost = DMatrix::from_fn(6, 4, |x, y| {
        (x as f64 / 5.0 - y as f64 / 3.0).powi(2) + 0.05 * random.uniform()
    });
    let target = pmf(&[0.5, 0.3, 0.2, 0.0]);
    let measure = match divergence {
        Kind::TotalVariation => Measure::total_variation(&target),
        Kind::Wasserstein => Measure::wasserstein(&target, &[0.0, 0.4, 0.7, 1.5]),
        Kind::KullbackLeibler => Measure::kullback_leibler(&target),
        Kind::Transport => Measure::transport(
            &target,
            DMatrix::from_fn(4, 4, |y, z| (y as f64 - z as f64).powi(2)),
        ),
    };
    let classifier = Classifier::hard(&[1, 1, 0, 0]).unwrap();
    (source, Distortion::matrix(cost).unwrap(), classifier, measure)
}

pub(crate) fn rdpc(kind: Kind) -> Rdpc {
    let (source, distortion, classifier, measure) = other_domain(kind);
    Rdpc::new(&source, distortion, &classifier, measure.perception).unwrap()
}
