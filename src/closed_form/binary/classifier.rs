//! Predefined classifiers of one bit.

/// A predefined classifier of one bit: the class it reads from each of the two reproduction letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryClassifier {
    /// Reads 0 as class 0 and 1 as class 1: the paper's eq. (4) with `R = {0}`.
    Identity,
    /// Reads 0 as class 1 and 1 as class 0.
    Flipped,
    /// Reads class 0 from both letters.
    AlwaysZero,
    /// Reads class 1 from both letters.
    AlwaysOne,
}

impl BinaryClassifier {
    /// All classifiers of one bit.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Flipped, Self::AlwaysZero, Self::AlwaysOne];

    /// The class read from each letter, as [`Classifier::hard`](crate::Classifier::hard) takes it.
    #[must_use]
    pub fn class_of(self) -> [usize; 2] {
        match self {
            Self::Identity => [0, 1],
            Self::Flipped => [1, 0],
            Self::AlwaysZero => [0, 0],
            Self::AlwaysOne => [1, 1],
        }
    }
}
