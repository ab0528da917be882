//! What the types look like in files, with any format of [serde](https://docs.rs/serde): by the feature `serde`.
//!
//! What is written reads back bit for bit, and behaves so: solutions of a problem read back are the solutions of the
//! problem. What is read has passed the rules of the constructors; an error names the argument, its value and the rule.
//! Unknown and missing fields are refused.
//!
//! - **Numbers** are numbers, -0.0 included. Text formats have `"inf"` and `"-inf"` for what they have no number for; no
//!   other spelling is read. NaN is neither written nor read. serde_json reads the last digit of a number only with its
//!   feature `float_roundtrip`.
//! - **Matrices** are lists of rows; a [`Distortion`](crate::Distortion) is its matrix, with `"inf"` for forbidden pairs.
//! - **A [`Source`](crate::Source)** is `{"pmf", "posterior"}`, **a [`Classifier`](crate::Classifier)** `{"hard": [...]}` or
//!   `{"soft": [[...]]}`.
//! - **A [`Perception`](crate::Perception)** is `{"target", "divergence"}`, the latter `"total_variation"`,
//!   `"kullback_leibler"`, `{"wasserstein": [points...]}` or `{"transport": [[...]]}`.
//! - **A [`Problem`](crate::Problem)**, an [`Rdc`](crate::Rdc), an [`Rdp`](crate::Rdp) and an [`Rdpc`](crate::Rdpc) are what the
//!   solver works on, with `"version": 1`: the
//!   costs given are not kept, and cannot be recovered to the last digit. For each cost x, y that is
//!   `row minimum(x) + excess(x, y)`, with `"inf"` in `excess` for forbidden pairs; `offset + offset_error` is the average
//!   row minimum, `scale` the power of two by which the solver divides; `perception` is one, or null. By hand, write a source, a distortion and a
//!   classifier.
//! - **[`Method`], [`Status`] and [`Regime`]** are what they print.
//! - **A cell** is `"missing"`, `"infeasible"` or `{"solved": {...}}`; the cells of a [`Surface`](crate::Surface) are one
//!   list, ordered by the second budget, then by the first; its `fixed` budgets are pairs `[name, budget]`.
//! - **Durations** are `{"secs", "nanos"}`. All else has its fields by their names.
//!
//! ```
//! use rdc_theory::nalgebra::DMatrix;
//! use rdc_theory::Distortion;
//! let distortion = Distortion::matrix(DMatrix::from_row_slice(2, 2, &[0.0, 0.1, f64::INFINITY, 0.0]))?;
//! let text = serde_json::to_string(&distortion)?;
//! assert_eq!(text, r#"[[0.0,0.1],["inf",0.0]]"#);
//! assert_eq!(serde_json::from_str::<Distortion>(&text)?, distortion);
//! let error = serde_json::from_str::<Distortion>("[[0, -1]]").unwrap_err();
//! assert!(error.to_string().starts_with("distortion[(0, 1)] = -1: a cost must lie in [0, 1e150]"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod argument;
mod number;
mod solution;
mod surface;

pub use number::{Number, Numbers, exact};

use crate::{Method, Regime, Status, check};
use nalgebra::DMatrix;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A type whose fields are those of a remote definition, and whose `check` holds the rules.
macro_rules! checked {
    ($type:ty, $remote:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$remote>::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = <$remote>::deserialize(deserializer)?;
                value.check().map_err(serde::de::Error::custom)?;
                Ok(value)
            }
        }
    };
}
pub(crate) use checked;

/// A type that has a form of its own in files, from which it is built as its constructors build it.
macro_rules! rebuilt {
    ($type:ty, $form:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$form>::from(self).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$form>::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use rebuilt;

/// A type that is written as what it prints.
macro_rules! named {
    ($type:ty, $argument:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                check::named($argument, &Self::ALL, &name).map_err(D::Error::custom)
            }
        }
    };
}

named!(Method, "method");
named!(Regime, "regime");
named!(Status, "status");

pub(crate) fn rows(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
    matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
}
