//! What a rate function is made of, as its constructors take it.

use super::form::{rebuilt, rows};
use super::number::exact;
use crate::error::RdcError;
use crate::model::classifier::{Classifier, Rule};
use crate::model::distortion::Distortion;
use crate::model::perception::{Divergence, Perception};
use crate::model::source::Source;
use crate::validate::matrix_from_rows;
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

#[derive(Serialize, Deserialize)]
#[serde(rename = "Perception", deny_unknown_fields)]
struct PerceptionForm {
    #[serde(with = "exact")]
    target: DVector<f64>,
    divergence: DivergenceForm,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Divergence", rename_all = "snake_case")]
enum DivergenceForm {
    TotalVariation,
    KullbackLeibler,
    /// The points.
    Wasserstein(#[serde(with = "exact")] DVector<f64>),
    /// The ground cost.
    Transport(#[serde(with = "exact")] Vec<Vec<f64>>),
}

impl From<&Perception> for PerceptionForm {
    fn from(perception: &Perception) -> Self {
        let divergence = match &perception.divergence {
            Divergence::TotalVariation => DivergenceForm::TotalVariation,
            Divergence::KullbackLeibler => DivergenceForm::KullbackLeibler,
            Divergence::Line(points) => DivergenceForm::Wasserstein(points.clone()),
            Divergence::Transport(ground) => DivergenceForm::Transport(rows(ground)),
        };
        Self { target: perception.target.clone(), divergence }
    }
}

impl TryFrom<PerceptionForm> for Perception {
    type Error = RdcError;

    fn try_from(form: PerceptionForm) -> Result<Self, RdcError> {
        match form.divergence {
            DivergenceForm::TotalVariation => Self::total_variation(form.target),
            DivergenceForm::KullbackLeibler => Self::kullback_leibler(form.target),
            DivergenceForm::Wasserstein(points) => {
                Self::wasserstein(form.target, points.as_slice())
            }
            DivergenceForm::Transport(ground) => {
                Self::transport(form.target, matrix_from_rows("ground", &ground)?)
            }
        }
    }
}

rebuilt!(Perception, PerceptionForm);

rebuilt!(Source, SourceForm);

rebuilt!(Classifier, ClassifierForm);

rebuilt!(Distortion, DistortionForm);
