//! Coordinates for the potentials of a network: the differences along a tree.
//!
//! The weights of a network's ways are of all sizes. In the potentials themselves the large ones, which hold two nodes
//! together, drown what is known of the two as a whole. Along a tree of the heaviest ways every other way is lighter than those
//! it runs beside, and nothing is lost.

use nalgebra::{DMatrix, DVector};

/// The quadratic form that the ways make of the steps of a tree.
#[derive(Debug, Clone)]
pub(crate) enum Weights {
    Diagonal(DVector<f64>),
    Dense(DMatrix<f64>),
}

/// A rooted tree over nodes `0..n`. The potential of a node is the sum of the steps from the root to it.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    /// `None` hangs on what is no node and has no potential.
    parents: Vec<Option<usize>>,
    /// All nodes, each after its parent.
    order: Vec<usize>,
    /// A root among the nodes has no step of its own: a constant added to all potentials changes nothing.
    root: Option<usize>,
}

impl Tree {
    /// Every node by itself.
    pub(crate) fn star(nodes: usize) -> Self {
        Self { parents: vec![None; nodes], order: (0..nodes).collect(), root: None }
    }

    /// Each node on the one before it.
    pub(crate) fn path(nodes: usize) -> Self {
        let parents = (0..nodes).map(|y| y.checked_sub(1)).collect();
        Self { parents, order: (0..nodes).collect(), root: Some(0) }
    }

    /// The heaviest tree over nodes joined by these weights (Prim 1957), 0 for none: parts that nothing joins hang on the root.
    pub(crate) fn heaviest(weights: &DMatrix<f64>, root: usize) -> Self {
        let n = weights.nrows();
        let mut parents = vec![None; n];
        let mut order = vec![root];
        let mut best: Vec<(f64, usize)> = (0..n).map(|i| (weights[(i, root)], root)).collect();
        let mut left: Vec<usize> = (0..n).filter(|&node| node != root).collect();
        while let Some(at) =
            (0..left.len()).max_by(|&a, &b| best[left[a]].0.total_cmp(&best[left[b]].0))
        {
            let node = left.swap_remove(at);
            parents[node] = Some(best[node].1);
            order.push(node);
            for &other in &left {
                let weight = weights[(other, node)];
                if weight > best[other].0 {
                    best[other] = (weight, node);
                }
            }
        }
        Self { parents, order, root: Some(root) }
    }

    /// The smallest of the weights along it.
    pub(crate) fn lightest(&self, weights: &DMatrix<f64>) -> f64 {
        let ways = self.parents.iter().enumerate();
        let ways = ways.filter_map(|(node, parent)| parent.map(|parent| weights[(node, parent)]));
        ways.filter(|w| *w > 0.0).fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn is_star(&self) -> bool {
        self.root.is_none()
    }

    /// The number of steps.
    pub(crate) fn steps(&self) -> usize {
        self.order.len() - usize::from(self.root.is_some())
    }

    /// The index of a node's step.
    fn step(&self, node: usize) -> Option<usize> {
        match self.root {
            None => Some(node),
            Some(root) if node == root => None,
            Some(root) => Some(node - usize::from(node > root)),
        }
    }

    /// `B^T x`: of the first nodes' x, the sums over what hangs on each step.
    pub(crate) fn down(&self, x: &DVector<f64>) -> DVector<f64> {
        let row = DMatrix::from_row_slice(1, x.len(), x.as_slice());
        self.across(row).row(0).transpose()
    }

    /// `x B`, a column for each of the first nodes.
    pub(crate) fn across(&self, x: DMatrix<f64>) -> DMatrix<f64> {
        if self.is_star() {
            return x;
        }
        let mut sums = x.resize_horizontally(self.order.len(), 0.0);
        for &node in self.order.iter().rev() {
            if let Some(parent) = self.parents[node] {
                let (own, mut above) = sums.columns_range_pair_mut(node, parent);
                above += &own;
            }
        }
        match self.root {
            Some(root) => sums.remove_column(root),
            None => sums,
        }
    }

    /// `B e`, the potentials of all nodes.
    pub(crate) fn up(&self, e: &DVector<f64>) -> DVector<f64> {
        let mut potentials = DVector::zeros(self.order.len());
        for &node in &self.order {
            let above = self.parents[node].map_or(0.0, |parent| potentials[parent]);
            potentials[node] = above + self.step(node).map_or(0.0, |step| e[step]);
        }
        potentials
    }

    /// The steps whose sum is the difference of two nodes, with their signs; `depths` as of [`Self::depths`].
    pub(crate) fn between(
        &self,
        from: usize,
        to: usize,
        depths: &[usize],
        steps: &mut Vec<(usize, f64)>,
    ) {
        steps.clear();
        let (mut a, mut b) = (from, to);
        while a != b {
            let (node, sign) = if depths[a] >= depths[b] { (&mut a, 1.0) } else { (&mut b, -1.0) };
            let (Some(step), Some(parent)) = (self.step(*node), self.parents[*node]) else {
                return;
            };
            steps.push((step, sign));
            *node = parent;
        }
    }

    /// How far each node is from the root.
    pub(crate) fn depths(&self) -> Vec<usize> {
        let mut depths = vec![0; self.order.len()];
        for &node in &self.order {
            depths[node] = self.parents[node].map_or(0, |parent| depths[parent] + 1);
        }
        depths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_down_a_tree_are_transposed_to_sums_up() {
        let weights =
            DMatrix::from_fn(6, 6, |i, j| if i == j { 0.0 } else { ((i * j + i + j) % 7) as f64 });
        for tree in [Tree::star(6), Tree::path(6), Tree::heaviest(&weights, 2)] {
            let x = DVector::from_fn(6, |i, _| (i as f64).sin());
            let e = DVector::from_fn(tree.steps(), |i, _| (2.0 * i as f64).cos());
            assert!((tree.down(&x).dot(&e) - x.dot(&tree.up(&e))).abs() < 1e-14);
            if tree.is_star() {
                continue;
            }
            let mut steps = Vec::new();
            let potentials = tree.up(&e);
            for (from, to) in [(0, 5), (3, 1), (4, 2)] {
                tree.between(from, to, &tree.depths(), &mut steps);
                let sum: f64 = steps.iter().map(|(step, sign)| sign * e[*step]).sum();
                assert!((sum - (potentials[from] - potentials[to])).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn the_heaviest_tree_keeps_the_heaviest_ways() {
        let mut weights = DMatrix::from_element(5, 5, 1e-3);
        for (i, j) in [(0, 3), (3, 1), (1, 4), (4, 2)] {
            weights[(i, j)] = 1.0;
            weights[(j, i)] = 1.0;
        }
        let tree = Tree::heaviest(&weights, 0);
        assert_eq!(tree.parents, [None, Some(3), Some(4), Some(0), Some(1)]);
    }
}
