//! The three sources, and the budgets at which they are solved.

use crate::common;
use crate::data::{CLASSES, Digits, SIDE};
use rdc_theory::nalgebra::{DMatrix, DVector};
use rdc_theory::{Classifier, Distortion, Rdc, RdcError, Source};
use std::error::Error;

/// Grid points of the Gaussian mixture.
const GRID: usize = 256;

/// Digits taken from the start of the data set.
const IMAGES: usize = 300;

pub(crate) struct Case {
    /// In one word.
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) rdc: Rdc,
    /// D and E.
    pub(crate) budgets: [f64; 2],
    pub(crate) pmf: DVector<f64>,
    /// Both cost matrices, n x m, in the order of the budgets.
    pub(crate) costs: [DMatrix<f64>; 2],
}

impl Case {
    fn new(
        name: &'static str,
        title: String,
        (source, distortion, classifier): (Source, Distortion, Classifier),
    ) -> Result<Self, RdcError> {
        let costs = [distortion.as_matrix().clone(), classifier.error_matrix(&source)?];
        let rdc = Rdc::new(&source, distortion, &classifier)?;
        Ok(Self { name, title, rdc, budgets: [0.0; 2], pmf: source.pmf().clone(), costs })
    }

    fn at(self, d: f64, e: f64) -> Self {
        Self { budgets: [d, e], ..self }
    }
}

pub(crate) fn all() -> Result<[Case; 3], Box<dyn Error>> {
    Ok([binary()?, mixture()?, digits()?])
}

/// Two letters whose label is noisy, more so for the second: fewer errors want other reproductions than less distortion.
fn binary() -> Result<Case, RdcError> {
    let posterior = DMatrix::from_row_slice(2, 2, &[0.95, 0.05, 0.35, 0.65]);
    let source = Source::new(DVector::from_vec(vec![0.6, 0.4]), posterior)?;
    let parts = (source, Distortion::hamming(2)?, Classifier::hard(&[0, 1])?);
    Ok(Case::new("binary", "binary, Hamming distortion".into(), parts)?.at(0.1, 0.215))
}

fn mixture() -> Result<Case, RdcError> {
    let title = format!("Gaussian mixture, n = {GRID}");
    let case = Case::new("mixture", title, common::parts(GRID)?)?;
    let [d, e] = few_errors(&case.rdc)?;
    Ok(case.at(d, e))
}

/// Budgets of the benchmark's mixture where the errors are nearly as few as they can be.
pub(crate) fn few_errors(rdc: &Rdc) -> Result<[f64; 2], RdcError> {
    let [_, _, (_, d, e), _] = common::points(rdc)?;
    Ok([d, e])
}

/// The classifier is that of all the digits: it is fixed in advance.
fn digits() -> Result<Case, Box<dyn Error>> {
    let digits = Digits::load()?;
    let classifier = Classifier::hard(&digits.nearest_mean()[..IMAGES])?;
    let source = Source::empirical(&digits.labels[..IMAGES], CLASSES)?;
    let images = digits.images.rows(0, IMAGES).into_owned();
    let per_pixel = 1.0 / (SIDE * SIDE) as f64;
    let distortion = Distortion::squared_error(&images, &images)?.scaled(per_pixel)?;
    let title = format!("{IMAGES} handwritten digits");
    Ok(Case::new("digits", title, (source, distortion, classifier))?.at(0.04, 0.1))
}
