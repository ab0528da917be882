//! One surface from shards.

use super::{Cell, Surface};
use crate::{RdcError, check};

impl Surface {
    /// The surface whose cells are those of the shards, which were computed apart
    /// ([`Sweep::with_shard`](super::Sweep::with_shard)); [`Cell::Missing`] where none has computed a cell.
    ///
    /// Shards may overlap, and be given in any order: of what two of them have computed, neither may differ.
    ///
    /// # Errors
    /// No shards; [`RdcError::Shards`] for other budgets than those of the first shard, or another cell than that of a
    /// shard before.
    pub fn merge(shards: &[Self]) -> Result<Self, RdcError> {
        check::not_empty("shards", shards.len())?;
        let first = &shards[0];
        let mut cells = vec![Cell::Missing; first.iter().count()];
        for (shard, other) in shards.iter().enumerate() {
            same_axis("distortions", first.distortions(), other.distortions())
                .and_then(|()| same_axis("errors", first.errors(), other.errors()))
                .and_then(|()| absorb(&mut cells, other))
                .map_err(|what| RdcError::Shards { shard, what })?;
        }
        Self::new(first.distortions().to_vec(), first.errors().to_vec(), cells)
    }
}

/// The error is what differs.
fn absorb(cells: &mut [Cell], shard: &Surface) -> Result<(), String> {
    for (merged, (d, e, cell)) in cells.iter_mut().zip(shard.iter()) {
        if *merged == Cell::Missing {
            *merged = *cell;
        } else if *cell != Cell::Missing && cell != merged {
            return Err(format!(
                "the cell at distortion {d:?} and error {e:?} is {cell:?}, in a shard before it {merged:?}"
            ));
        }
    }
    Ok(())
}

fn same_axis(name: &str, first: &[f64], other: &[f64]) -> Result<(), String> {
    if first.len() != other.len() {
        return Err(format!("{} {name}, shards[0] has {}", other.len(), first.len()));
    }
    let mut pairs = first.iter().zip(other).enumerate();
    match pairs.find(|(_, (first, other))| first.to_bits() != other.to_bits()) {
        None => Ok(()),
        Some((index, (first, other))) => {
            Err(format!("{name}[{index}] = {other:?}, in shards[0] it is {first:?}"))
        }
    }
}
