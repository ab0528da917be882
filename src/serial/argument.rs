//! What a rate function is made of, as its constructors take it.

use super::{exact, rebuilt, rows};
use crate::classifier::Rule;
use crate::{Classifier, Distortion, RdcError, Source, matrix_from_rows};
use nalgebra::DVector;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(rename = "Source", deny_unknown_fields)]
struct SourceForm {
    #[serde(with = "exact")]
    pmf: DVector<f64>,
    #[serde(with = "exact")]
    posterior: Vec<Vec<f64>>,
}

impl From<&Source> for SourceForm {
    fn from(source: &Source) -> Self {
        Self { pmf: source.pmf().clone(), posterior: rows(source.posterior()) }
    }
}

impl TryFrom<SourceForm> for Source {
    type Error = RdcError;

    fn try_from(form: SourceForm) -> Result<Self, RdcError> {
        Self::new(form.pmf, matrix_from_rows("posterior", &form.posterior)?)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Classifier", rename_all = "snake_case")]
enum ClassifierForm {
    Hard(Vec<usize>),
    Soft(#[serde(with = "exact")] Vec<Vec<f64>>),
}

impl From<&Classifier> for ClassifierForm {
    fn from(classifier: &Classifier) -> Self {
        match classifier.rule() {
            Rule::Hard(class_of) => Self::Hard(class_of.clone()),
            Rule::Soft(decisions) => Self::Soft(rows(decisions)),
        }
    }
}

impl TryFrom<ClassifierForm> for Classifier {
    type Error = RdcError;

    fn try_from(form: ClassifierForm) -> Result<Self, RdcError> {
        match form {
            ClassifierForm::Hard(class_of) => Self::hard(&class_of),
            ClassifierForm::Soft(decisions) => {
                Self::soft(matrix_from_rows("classifier", &decisions)?)
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Distortion")]
struct DistortionForm(#[serde(with = "exact")] Vec<Vec<f64>>);

impl From<&Distortion> for DistortionForm {
    fn from(distortion: &Distortion) -> Self {
        Self(rows(distortion.as_matrix()))
    }
}

impl TryFrom<DistortionForm> for Distortion {
    type Error = RdcError;

    fn try_from(form: DistortionForm) -> Result<Self, RdcError> {
        Self::matrix(matrix_from_rows("distortion", &form.0)?)
    }
}

rebuilt!(Source, SourceForm);
rebuilt!(Classifier, ClassifierForm);
rebuilt!(Distortion, DistortionForm);
