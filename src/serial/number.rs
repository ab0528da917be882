//! Numbers, bit for bit.

use nalgebra::DVector;
use serde::de::{DeserializeOwned, Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// One number as it is written. Text has no infinity that every format knows, so there it is a word.
#[derive(Debug, Clone, Copy)]
pub struct Number(f64);

const INFINITE: &str = "inf";

const NEGATIVE_INFINITE: &str = "-inf";

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_nan() => Err(serde::ser::Error::custom("NaN is never written")),
            value if value.is_finite() || !serializer.is_human_readable() => {
                serializer.serialize_f64(value)
            }
            f64::INFINITY => serializer.serialize_str(INFINITE),
            _ => serializer.serialize_str(NEGATIVE_INFINITE),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(NumberOrWord)
        } else {
            deserializer.deserialize_f64(NumberOrWord)
        }
    }
}

struct NumberOrWord;

impl Visitor<'_> for NumberOrWord {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"inf\" or \"-inf\"")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
        if value.is_nan() {
            return Err(E::invalid_value(Unexpected::Float(value), &self));
        }
        Ok(Number(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Number, E> {
        match word {
            INFINITE => Ok(Number(f64::INFINITY)),
            NEGATIVE_INFINITE => Ok(Number(f64::NEG_INFINITY)),
            _ => Err(E::invalid_value(Unexpected::Str(word), &self)),
        }
    }
}

/// What [`exact`] writes: a number, or lists of them.
pub trait Numbers: Sized {
    /// As it is written.
    type Form: Serialize + DeserializeOwned;

    /// To be written.
    fn form(&self) -> Self::Form;

    /// As it was.
    fn of(form: Self::Form) -> Self;
}

impl Numbers for f64 {
    type Form = Number;

    fn form(&self) -> Number {
        Number(*self)
    }

    fn of(form: Number) -> Self {
        form.0
    }
}

impl Numbers for [f64; 2] {
    type Form = [Number; 2];

    fn form(&self) -> [Number; 2] {
        self.map(Number)
    }

    fn of(form: [Number; 2]) -> Self {
        form.map(|number| number.0)
    }
}

impl<T: Numbers> Numbers for Vec<T> {
    type Form = Vec<T::Form>;

    fn form(&self) -> Self::Form {
        self.iter().map(T::form).collect()
    }

    fn of(form: Self::Form) -> Self {
        form.into_iter().map(T::of).collect()
    }
}

impl Numbers for DVector<f64> {
    type Form = Vec<Number>;

    fn form(&self) -> Vec<Number> {
        self.iter().copied().map(Number).collect()
    }

    fn of(form: Vec<Number>) -> Self {
        Self::from_vec(Vec::of(form))
    }
}

/// Numbers in structures of your own, written as they are here.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// struct Axes {
///     #[serde(with = "rdc_theory::serial::exact")]
///     distortions: Vec<f64>,
/// }
/// let axes = Axes { distortions: vec![0.1, f64::INFINITY] };
/// assert_eq!(serde_json::to_string(&axes)?, r#"{"distortions":[0.1,"inf"]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub mod exact {
    use super::Numbers;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// For `#[serde(with)]`.
    ///
    /// # Errors
    /// NaN, and the format's own.
    pub fn serialize<T: Numbers, S: Serializer>(
        numbers: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        numbers.form().serialize(serializer)
    }

    /// For `#[serde(with)]`.
    ///
    /// # Errors
    /// What is no number, and the format's own.
    pub fn deserialize<'de, T: Numbers, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        T::Form::deserialize(deserializer).map(T::of)
    }
}
