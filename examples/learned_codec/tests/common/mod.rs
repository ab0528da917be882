//! What several tests need.

use learned_codec::Images;

/// So many of the small digits.
pub(crate) fn digits(count: usize) -> Images {
    let (training, _) = learned_codec::digits::load().unwrap();
    training.first(count)
}
