//! One surface from shards.

use super::grid::{Cell, Surface};
use crate::error::RdcError;
use crate::validate;

impl Surface {
    /// The surface whose cells are those of the shards, which were computed apart
    /// ([`Sweep::with_shard`](super::sweep::Sweep::with_shard)); [`Cell::Missing`] where none has computed a cell.
    ///
    /// Shards may overlap, and be given in any order: of what two of them have computed, neither may differ.
    ///
    /// # Errors
    /// No shards; [`RdcError::Shards`] for other constraints or budgets than those of the first shard, or another cell than
    /// that of a shard before.
    pub fn merge(shards: &[Self]) -> Result<Self, RdcError> {
        validate::not_empty("shards", shards.len())?;
        let first = &shards[0];
        let mut cells = vec![Cell::Missing; first.iter().count()];
        for (shard, other) in shards.iter().enumerate() {
            same_constraints(first, other)
                .and_then(|()| same_axis("first", first.first(), other.first()))
                .and_then(|()| same_axis("second", first.second(), other.second()))
                .and_then(|()| absorb(&mut cells, other))
                .map_err(|what| RdcError::Shards { shard, what })?;
        }
        Self::new(first.names(), first.first().to_vec(), first.second().to_vec(), cells)?
            .with_fixed(first.fixed().to_vec())
    }
}

fn same_constraints(first: &Surface, other: &Surface) -> Result<(), String> {
    if first.names() != other.names() {
        return Err(format!("of {:?}, shards[0] is of {:?}", other.names(), first.names()));
    }
    let bits = |surface: &Surface| -> Vec<(String, u64)> {
        surface.fixed().iter().map(|(name, budget)| (name.clone(), budget.to_bits())).collect()
    };
    if bits(first) != bits(other) {
        return Err(format!("fixed at {:?}, shards[0] at {:?}", other.fixed(), first.fixed()));
    }
    Ok(())
}

/// The error is what differs.
fn absorb(cells: &mut [Cell], shard: &Surface) -> Result<(), String> {
    let [first, second] = shard.names();
    for (merged, (d, e, cell)) in cells.iter_mut().zip(shard.iter()) {
        if *merged == Cell::Missing {
            *merged = *cell;
        } else if *cell != Cell::Missing && cell != merged {
            return Err(format!(
                "the cell at {first} {d:?} and {second} {e:?} is {cell:?}, in a shard before it {merged:?}"
            ));
        }
    }
    Ok(())
}

fn same_axis(name: &str, first: &[f64], other: &[f64]) -> Result<(), String> {
    if first.len() != other.len() {
        return Err(format!("{} {name} budgets, shards[0] has {}", other.len(), first.len()));
    }
    let mut pairs = first.iter().zip(other).enumerate();
    match pairs.find(|(_, (first, other))| first.to_bits() != other.to_bits()) {
        None => Ok(()),
        Some((index, (first, other))) => {
            Err(format!("{name}[{index}] = {other:?}, in shards[0] it is {first:?}"))
        }
    }
}
