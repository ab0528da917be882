//! Optimal transport between two pmfs, exactly but for rounding.

use nalgebra::{DMatrix, DVector};

/// Augmenting paths per pair of nodes, beyond which what is left is shipped as it comes. One path a node is usual.
const PATHS_PER_PAIR: usize = 16;

/// A transport plan and the prices that prove it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// What the plan costs.
    pub(crate) cost: f64,
    /// What goes from i to j.
    pub(crate) plan: DMatrix<f64>,
    /// `[u, v]` with `u_i + v_j <= ground(i, j)`, so that no plan costs less than `u.supply + v.demand`.
    pub(crate) potentials: [DVector<f64>; 2],
}

/// The cheapest plan from `supply` to `demand`, which have the same total but for rounding, at finite costs >= 0.
///
/// Successive shortest paths (Jewell 1958; Edmonds and Karp 1972, with potentials and Dijkstra's method): the supplies are
/// shipped one after the other, each along the cheapest path that may take earlier shipments back. Of equally cheap paths
/// the one with the fewest arcs is taken, as in Edmonds and Karp's maximum flow: masses that are no integers could go
/// round for ever otherwise.
pub(crate) fn transport(
    supply: &[f64],
    demand: &[f64],
    ground: impl Fn(usize, usize) -> f64,
) -> Plan {
    let (n, m) = (supply.len(), demand.len());
    let mut state = State {
        ground: DMatrix::from_fn(n, m, ground),
        plan: DMatrix::zeros(n, m),
        left: demand.to_vec(),
        rows: vec![0.0; n],
        columns: vec![0.0; m],
    };
    let mut paths = PATHS_PER_PAIR * (n + m) * (n + m);
    for (i, &mass) in supply.iter().enumerate() {
        state.rows[i] = state.cheapest(i, |_| true).map_or(0.0, |(_, price)| price);
        let mut rest = mass;
        while rest > 0.0 {
            paths = paths.saturating_sub(1);
            let shipped = if paths > 0 { state.augment(i, rest) } else { 0.0 };
            if shipped > 0.0 {
                rest -= shipped;
            } else {
                rest -= state.dump(i, rest);
            }
        }
    }
    state.finish()
}

struct State {
    ground: DMatrix<f64>,
    plan: DMatrix<f64>,
    /// What each column still lacks.
    left: Vec<f64>,
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl State {
    fn reduced(&self, i: usize, j: usize) -> f64 {
        (self.ground[(i, j)] - self.rows[i] - self.columns[j]).max(0.0)
    }

    /// The column with the least `ground - column price` for a row, and that price.
    fn cheapest(&self, i: usize, usable: impl Fn(usize) -> bool) -> Option<(usize, f64)> {
        let priced = |j: usize| (j, self.ground[(i, j)] - self.columns[j]);
        (0..self.left.len()).filter(|&j| usable(j)).map(priced).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Ships what the totals differ by through rounding, or what is left at the limit.
    fn dump(&mut self, i: usize, rest: f64) -> f64 {
        let open = self.cheapest(i, |j| self.left[j] > 0.0);
        let shipped = open.map_or(rest, |(j, _)| rest.min(self.left[j]));
        if let Some((j, _)) = open.or_else(|| self.cheapest(i, |_| true)) {
            self.plan[(i, j)] += shipped;
            self.left[j] = (self.left[j] - shipped).max(0.0);
        }
        shipped
    }

    /// Ships along the cheapest path from row `start` to a column that lacks something; 0 where none does.
    fn augment(&mut self, start: usize, rest: f64) -> f64 {
        let (n, m) = self.plan.shape();
        // (length, arcs) of the best path to each column, and the row before it.
        let mut best: Vec<(f64, usize)> = (0..m).map(|j| (self.reduced(start, j), 1)).collect();
        let mut before = vec![start; m];
        let mut settled = vec![false; m];
        let mut reached: Vec<Option<(f64, usize)>> = vec![None; n];
        reached[start] = Some((0.0, start));
        let end = loop {
            let open = (0..m).filter(|&j| !settled[j]);
            let nearest = open
                .min_by(|&a, &b| best[a].0.total_cmp(&best[b].0).then(best[a].1.cmp(&best[b].1)));
            let Some(j) = nearest else {
                return 0.0;
            };
            settled[j] = true;
            if self.left[j] > 0.0 {
                break j;
            }
            let (length, arcs) = best[j];
            for (i, reached) in reached.iter_mut().enumerate() {
                if self.plan[(i, j)] > 0.0 && reached.is_none() {
                    *reached = Some((length, j));
                    for k in (0..m).filter(|&k| !settled[k]) {
                        let path = (length + self.reduced(i, k), arcs + 2);
                        if path < best[k] {
                            best[k] = path;
                            before[k] = i;
                        }
                    }
                }
            }
        };
        let total = best[end].0;
        for j in (0..m).filter(|&j| settled[j]) {
            self.columns[j] -= total - best[j].0;
        }
        for (price, row) in self.rows.iter_mut().zip(&reached) {
            if let Some((length, _)) = row {
                *price += total - length;
            }
        }
        self.ship(start, end, &before, &reached, rest)
    }

    fn ship(
        &mut self,
        start: usize,
        end: usize,
        before: &[usize],
        reached: &[Option<(f64, usize)>],
        rest: f64,
    ) -> f64 {
        // The arcs (row, column to it, column it takes back from).
        let mut arcs = Vec::new();
        let (mut column, mut mass) = (end, rest.min(self.left[end]));
        loop {
            let row = before[column];
            let back = reached[row].map_or(column, |(_, back)| back);
            if row == start {
                arcs.push((row, column, None));
                break;
            }
            arcs.push((row, column, Some(back)));
            mass = mass.min(self.plan[(row, back)]);
            column = back;
        }
        for (row, to, from) in arcs {
            self.plan[(row, to)] += mass;
            if let Some(from) = from {
                self.plan[(row, from)] -= mass;
            }
        }
        self.left[end] -= mass;
        mass
    }

    fn finish(self) -> Plan {
        let Self { ground, plan, rows, .. } = self;
        let u = DVector::from_vec(rows);
        // The prices of the columns once more, so that rounding leaves none too high.
        let v = DVector::from_iterator(
            ground.ncols(),
            ground.column_iter().map(|column| (column - &u).min()),
        );
        Plan { cost: plan.dot(&ground), plan, potentials: [u, v] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vigna's xorshift with a multiplier.
    struct Random(u64);

    impl Random {
        fn uniform(&mut self) -> f64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
        }

        /// A pmf, with zeros and ties where `ties`.
        fn pmf(&mut self, letters: usize, ties: bool) -> Vec<f64> {
            let draw = |random: &mut Self| {
                let u = random.uniform();
                if ties { (4.0 * u).floor() } else { u }
            };
            let weights: Vec<f64> = (0..letters).map(|_| draw(self)).collect();
            let sum: f64 = weights.iter().sum();
            if sum > 0.0 {
                weights.iter().map(|w| w / sum).collect()
            } else {
                self.pmf(letters, ties)
            }
        }
    }

    #[track_caller]
    fn assert_optimal(plan: &Plan, supply: &[f64], demand: &[f64], ground: &DMatrix<f64>) {
        let [u, v] = &plan.potentials;
        let scale = ground.amax().max(1.0);
        for (i, &mass) in supply.iter().enumerate() {
            assert!((plan.plan.row(i).sum() - mass).abs() < 1e-14, "row {i}");
        }
        for (j, &mass) in demand.iter().enumerate() {
            assert!((plan.plan.column(j).sum() - mass).abs() < 1e-14, "column {j}");
        }
        assert!(plan.plan.iter().all(|&mass| mass >= 0.0));
        for (j, column) in ground.column_iter().enumerate() {
            assert!(column.iter().zip(u).all(|(c, u)| u + v[j] <= c + 1e-15 * scale));
        }
        let proven: f64 = supply.iter().zip(u).map(|(s, u)| s * u).sum::<f64>()
            + demand.iter().zip(v).map(|(d, v)| d * v).sum::<f64>();
        assert!((plan.cost - proven).abs() < 1e-13 * scale, "{} {proven}", plan.cost);
    }

    #[test]
    fn plans_are_proven() {
        let mut random = Random(1);
        for case in 0..600 {
            let (n, m) = (1 + case % 13, 1 + case % 11);
            let ties = case % 3 == 0;
            let (supply, demand) = (random.pmf(n, ties), random.pmf(m, ties));
            let ground = DMatrix::from_fn(n, m, |_, _| {
                let u = random.uniform();
                if case % 2 == 0 { (3.0 * u).floor() } else { u }
            });
            let plan = transport(&supply, &demand, |i, j| ground[(i, j)]);
            assert_optimal(&plan, &supply, &demand, &ground);
        }
    }

    /// On a line the quantile coupling is the best for every convex cost (Villani 2003, theorem 2.18).
    #[test]
    fn on_a_line_quantiles_are_coupled() {
        let mut random = Random(2);
        for case in 0..40 {
            let letters = if case == 0 { 120 } else { 2 + case };
            let (supply, demand) =
                (random.pmf(letters, case % 2 == 1), random.pmf(letters, case % 4 == 3));
            let mut points: Vec<f64> = (0..letters).map(|_| random.uniform()).collect();
            points.sort_by(f64::total_cmp);
            for power in [1, 2] {
                let cost = |i: usize, j: usize| (points[i] - points[j]).abs().powi(power);
                let plan = transport(&supply, &demand, cost);
                assert_optimal(&plan, &supply, &demand, &DMatrix::from_fn(letters, letters, cost));
                assert!((plan.cost - quantile_coupling(&supply, &demand, cost)).abs() < 1e-13);
            }
        }
    }

    fn quantile_coupling(
        supply: &[f64],
        demand: &[f64],
        cost: impl Fn(usize, usize) -> f64,
    ) -> f64 {
        let (mut i, mut j, mut total) = (0, 0, 0.0);
        let (mut have, mut need) = (supply[0], demand[0]);
        loop {
            let mass = have.min(need);
            total += mass * cost(i, j);
            (have, need) = (have - mass, need - mass);
            if have <= 0.0 {
                i += 1;
                let Some(&next) = supply.get(i) else { return total };
                have = next;
            }
            if need <= 0.0 {
                j += 1;
                let Some(&next) = demand.get(j) else { return total };
                need = next;
            }
        }
    }
}
