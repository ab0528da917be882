//! Cost matrices: distortions and what else a channel may be charged for.

use nalgebra::DMatrix;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};

/// `count` costs, n x m each; in a fifth of the cases one of them forbids pairs, though each source letter keeps one.
pub(super) fn costs(n: usize, m: usize, count: usize) -> impl Strategy<Value = Vec<DMatrix<f64>>> {
    let share = prop_oneof![4 => Just(0.0), 1 => 0.05..0.6_f64];
    // A reproduction that all letters keep leaves zero rate possible.
    let kept =
        prop_oneof![any::<Index>().prop_map(move |kept| vec![kept; n]), vec(any::<Index>(), n),];
    (vec(cost(n, m), count), any::<Index>(), kept, share, numbers(n * m)).prop_map(
        move |(mut costs, forbids, kept, share, numbers)| {
            if let Some(cost) = costs.get_mut(forbids.index(count.max(1))) {
                for (x, y) in pairs(n, m) {
                    if numbers[x * m + y] < share && kept[x].index(m) != y {
                        cost[(x, y)] = f64::INFINITY;
                    }
                }
            }
            costs
        },
    )
}

fn pairs(n: usize, m: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |x| (0..m).map(move |y| (x, y)))
}

fn numbers(count: usize) -> impl Strategy<Value = Vec<f64>> {
    vec(0.0..1.0_f64, count)
}

/// One finite cost, most often in a unit that makes it about 1.
fn cost(n: usize, m: usize) -> impl Strategy<Value = DMatrix<f64>> {
    let unit = prop_oneof![
        7 => Just(1.0),
        1 => (-6.0..6.0_f64).prop_map(|exponent| 10_f64.powf(exponent)),
    ];
    let matrix = move |entries: Vec<f64>| DMatrix::from_vec(n, m, entries);
    let kind = prop_oneof![
        3 => numbers(n * m).prop_map(matrix),
        2 => Just(DMatrix::from_fn(n, m, |x, y| f64::from(x != y))),
        2 => between_points(n, m, |difference| difference * difference),
        2 => between_points(n, m, f64::abs),
        2 => vec(select(vec![0.0, 1.0]), n * m).prop_map(matrix),
        2 => vec(select(vec![0.0, 0.25, 0.5, 1.0]), n * m).prop_map(matrix),
        1 => numbers(n).prop_map(move |rows| DMatrix::from_fn(n, m, |x, _| rows[x])),
    ];
    (kind, unit).prop_map(|(cost, unit)| cost * unit)
}

/// Distances in the plane; reproductions that are the source's own points cost nothing there.
fn between_points(
    n: usize,
    m: usize,
    coordinate: fn(f64) -> f64,
) -> impl Strategy<Value = DMatrix<f64>> {
    (points(n), points(m), any::<bool>()).prop_map(move |(letters, reproductions, own)| {
        DMatrix::from_fn(n, m, |x, y| {
            let from = letters[x];
            let to = if own && y < n { letters[y] } else { reproductions[y] };
            coordinate(from[0] - to[0]) + coordinate(from[1] - to[1])
        })
    })
}

/// Points anywhere in the unit square, or on a grid so coarse that many coincide.
fn points(count: usize) -> impl Strategy<Value = Vec<[f64; 2]>> {
    let anywhere = [0.0..1.0_f64, 0.0..1.0_f64];
    let grid = || select(vec![0.0, 0.5, 1.0]);
    prop_oneof![vec(anywhere, count), vec([grid(), grid()], count)]
}
