//! An instance as dense arrays of any scalar type, without letters that do not occur and reproductions that no pair allows.

use super::instance::{Instance, LinearConstraint};
use super::network::Network;
use super::thresholds::SMALLEST_RAISE;
use crate::numerics::real::{Real, dot, largest, sum};
use nalgebra::{DMatrix, DVector};

/// The source letters that occur, the reproductions that some pair allows, and costs between them.
///
/// Matrices are (reproductions x letters), a source letter in a column.
#[derive(Debug, Clone)]
pub(crate) struct Program<T> {
    /// What each source letter and each reproduction is called in the instance.
    letters: Vec<usize>,
    pub(crate) reproductions: Vec<usize>,
    pub(crate) pmf: Vec<T>,
    pub(crate) costs: Vec<DMatrix<T>>,
    pub(crate) budgets: Vec<T>,
    /// For each cost whether its budget is to be met with equality, its multiplier free in sign.
    pub(crate) equalities: Vec<bool>,
    /// Where the budgets lie close to the frontier: the costs that stand for all that meet there.
    combined: Vec<Combined<T>>,
    /// The exponents of costs that are paid for.
    priced: Option<DMatrix<T>>,
    allowed: DMatrix<bool>,
    pub(crate) network: Option<Network<T>>,
}

/// Cost `index` stands for the sum of all with these `weights`, up to a constant for each source letter.
#[derive(Debug, Clone)]
struct Combined<T> {
    index: usize,
    weights: Vec<T>,
}

impl<T: Real> Program<T> {
    /// The instance with its budgets raised by `extra`, relative to them. A budget of 0 is raised by this share of
    /// the least that a pair costs.
    pub(crate) fn new(instance: &Instance<'_>, extra: f64) -> Self {
        let (n, m) = (instance.letters(), instance.reproductions);
        let letters: Vec<usize> = (0..n).filter(|&x| instance.pmf[x] > 0.0).collect();
        let usable = |x: usize, y: usize| instance.pairs(x).is_none_or(|pairs| pairs[y]);
        let reproductions: Vec<usize> =
            (0..m).filter(|&y| letters.iter().any(|&x| usable(x, y))).collect();
        let (rows, columns) = (reproductions.len(), letters.len());
        let matrix = |entry: &dyn Fn(usize, usize) -> f64| {
            DMatrix::from_fn(rows, columns, |j, i| T::from(entry(letters[i], reproductions[j])))
        };
        let total = sum(letters.iter().map(|&x| T::from(instance.pmf[x])));
        let pmf = letters.iter().map(|&x| T::from(instance.pmf[x]) / total).collect();
        let costs =
            instance.constraints.iter().map(|cost| matrix(&|x, y| cost.cost(x, y))).collect();
        let raised = |budget: f64, error: f64, smallest: f64| {
            let budget = T::from(budget) + T::from(error);
            let unit = if budget > T::ZERO { budget } else { T::from(smallest) };
            budget
                + (T::from(extra) * unit).max(T::from(if extra > 0.0 {
                    SMALLEST_RAISE
                } else {
                    0.0
                }))
        };
        let smallest = |cost: &LinearConstraint<'_>| {
            let pairs = letters.iter().flat_map(|&x| reproductions.iter().map(move |&y| (x, y)));
            let spent = pairs
                .filter(|&(x, y)| usable(x, y))
                .map(|(x, y)| instance.pmf[x] * cost.cost(x, y));
            spent.filter(|spent| *spent > 0.0).fold(1.0, f64::min)
        };
        let budgets = instance
            .constraints
            .iter()
            .map(|cost| raised(cost.budget, cost.budget_error, smallest(cost)))
            .collect();
        let priced = (!instance.priced.is_empty()).then(|| {
            let none = DVector::zeros(instance.constraints.len());
            let mut row = vec![0.0; m];
            let mut exponents = DMatrix::from_element(rows, columns, T::ZERO);
            for (i, &x) in letters.iter().enumerate() {
                instance.exponent(x, &none, &mut row);
                for (j, &y) in reproductions.iter().enumerate() {
                    exponents[(j, i)] = T::from(if usable(x, y) { row[y] } else { 0.0 });
                }
            }
            exponents
        });
        let allowed = DMatrix::from_fn(rows, columns, |j, i| usable(letters[i], reproductions[j]));
        let network = instance.marginal.as_ref().map(|bounded| {
            Network::new(bounded, reproductions.clone(), &|budget| raised(budget, 0.0, 1.0))
        });
        let equalities = vec![false; instance.constraints.len()];
        let combined = Vec::new();
        Self {
            letters,
            reproductions,
            pmf,
            costs,
            budgets,
            equalities,
            combined,
            priced,
            allowed,
            network,
        }
    }

    /// What each pair costs above the least of its source letter, in the costs that these multipliers weigh; 0 where it is not
    /// allowed.
    pub(crate) fn reduced_costs(&self, normal: &[T], g: &[T]) -> DMatrix<T> {
        let m = self.reproductions.len();
        let mut reduced = DMatrix::from_element(m, self.pmf.len(), T::ZERO);
        for x in 0..self.pmf.len() {
            let row = &mut reduced.as_mut_slice()[x * m..(x + 1) * m];
            self.exponents(x, normal, g, row);
            let pairs = self.pairs(x);
            let usable = (0..m).filter(|&y| pairs[y]);
            let least = usable.map(|y| row[y]).fold(T::from(f64::INFINITY), T::min);
            for (e, &pair) in row.iter_mut().zip(pairs) {
                *e = if pair { *e - least } else { T::ZERO };
            }
        }
        reduced
    }

    /// The largest average that a reproduction costs.
    pub(crate) fn largest_average(&self, cost: &DMatrix<T>) -> T {
        let average = |y: usize| sum((0..self.pmf.len()).map(|x| self.pmf[x] * cost[(y, x)]));
        largest((0..self.reproductions.len()).map(average))
    }

    /// On the frontier: the same program on the pairs that cost nothing in the costs that a normal inside the cone of all weighs, or no
    /// more than a `tie` on average over the source letters.
    ///
    /// On these pairs all channels spend the same of what any normal weighs. Those within the budgets thus meet every budget with
    /// equality that one weighs, but those that the slack is worth, and as many of these budgets as there are independent normals
    /// follow from the others: they are `implied`.
    pub(crate) fn on_frontier(
        &self,
        normal: &[T],
        implied: impl Iterator<Item = usize>,
        tie: T,
    ) -> Self {
        let slack = self.slack(normal);
        let reduced = self.reduced_costs(normal, &[]);
        let tie = tie / T::from(self.pmf.len() as f64);
        let mut on = self.clone();
        on.keep_pairs(|x, y| self.pmf[x] * reduced[(y, x)] <= tie);
        let worth = normal.iter().zip(&self.budgets).map(|(&n, &d)| n * d);
        on.equalities = worth.map(|worth| worth > slack.max(T::ZERO)).collect();
        for k in implied {
            on.replace_cost(k, reduced.map(|_| T::ZERO));
        }
        on
    }

    /// Forbids pairs.
    pub(crate) fn keep_pairs(&mut self, keep: impl Fn(usize, usize) -> bool) {
        for x in 0..self.pmf.len() {
            for y in 0..self.reproductions.len() {
                self.allowed[(y, x)] &= keep(x, y);
            }
        }
    }

    /// Beside the frontier: the same program with the cost that a normal weighs, of which only its slack may be spent, in the place of
    /// another cost, for each such normal, and equality in the others that one weighs; the slack is the unit of that cost.
    pub(crate) fn beside_frontier(&self, normals: &[(&[T], usize)]) -> Self {
        let mut beside = self.clone();
        for k in 0..self.budgets.len() {
            beside.equalities[k] = normals.iter().any(|(normal, _)| normal[k] > T::ZERO);
        }
        for &(normal, index) in normals {
            let slack = self.slack(normal);
            let reduced = self.reduced_costs(normal, &[]);
            beside.replace_cost(index, reduced.map(|cost| cost / slack));
            let weights = normal.iter().map(|&n| n / slack).collect();
            beside.combined.push(Combined { index, weights });
        }
        beside
    }

    /// What no channel can spend of the budgets, at the weights of a normal.
    pub(crate) fn slack(&self, normal: &[T]) -> T {
        dot(normal, &self.budgets) - self.least(normal, &[]).0
    }

    /// `sum_x p(x) min_y (s.d(x, y) + g_y)`, and the largest size of a minimum.
    fn least(&self, s: &[T], g: &[T]) -> (T, T) {
        let mut row = vec![T::ZERO; self.reproductions.len()];
        let (mut total, mut size) = (T::ZERO, T::ZERO);
        for (x, &p) in self.pmf.iter().enumerate() {
            self.exponents(x, s, g, &mut row);
            let allowed = row.iter().zip(self.pairs(x)).filter(|(_, pair)| **pair);
            let least = allowed.map(|(&e, _)| e).fold(T::from(f64::INFINITY), T::min);
            total = total + p * least;
            size = size.max(least.abs());
        }
        (total, size)
    }

    /// Another cost, of which 1 may be spent, in the place of one.
    fn replace_cost(&mut self, index: usize, cost: DMatrix<T>) {
        self.costs[index] = cost;
        self.budgets[index] = T::ONE;
        self.equalities[index] = false;
    }

    /// The multipliers of the constraints with those of the combined ones taken apart.
    pub(crate) fn taken_apart(&self, s: &[T]) -> Vec<T> {
        let mut apart = s.to_vec();
        for Combined { index, .. } in &self.combined {
            apart[*index] = T::ZERO;
        }
        for Combined { index, weights } in &self.combined {
            for (apart, &weight) in apart.iter_mut().zip(weights) {
                *apart = *apart + s[*index] * weight;
            }
        }
        apart
    }

    /// The constraint of the most negative multiplier, where one is negative and the lower bound of these multipliers is thus none.
    ///
    /// On the frontier all signs will do: what is missing is made up by a multiple of the normal.
    pub(crate) fn is_slack(&self, s: &[T]) -> Option<usize> {
        self.combined.first()?;
        let apart = self.taken_apart(s);
        let least = (0..s.len()).fold(0, |k, l| if apart[l] < apart[k] { l } else { k });
        (apart[least] < T::ZERO).then_some(least)
    }

    /// Raises every budget by a share of it, that of a divergence included.
    pub(crate) fn raise_budgets(&mut self, share: T) {
        if let Some(network) = &mut self.network {
            network.budget = network.budget * (T::ONE + share);
        }
        for budget in &mut self.budgets {
            *budget = *budget * (T::ONE + share);
        }
    }

    /// Fills `row` with the exponents `s.d(x, y) + g_y` of source letter x, priced costs included.
    #[inline(always)]
    pub(crate) fn exponents(&self, x: usize, s: &[T], g: &[T], row: &mut [T]) {
        match &self.priced {
            Some(priced) => row.copy_from_slice(column(priced, x)),
            None => row.fill(T::ZERO),
        }
        for (cost, &s) in self.costs.iter().zip(s) {
            for (e, &d) in row.iter_mut().zip(column(cost, x)) {
                *e = *e + s * d;
            }
        }
        for (e, &g) in row.iter_mut().zip(g) {
            *e = *e + g;
        }
    }

    /// The longest step, at most 1, in which multipliers and potential let no reproduction of a source letter become more likely than
    /// the likeliest one by more than [`OVERTAKEN`].
    ///
    /// Letters that a longer step sends from one reproduction to another all at once leave no curvature to come back by.
    pub(crate) fn longest_turn(&self, q: &[T], (s, g): (&[T], &[T]), (ds, dg): (&[T], &[T])) -> T {
        let m = self.reproductions.len();
        let (mut row, mut change) = (vec![T::ZERO; m], vec![T::ZERO; m]);
        let rarities: Vec<T> = q.iter().map(|&q| -q.ln()).collect();
        let mut longest = T::ONE;
        for x in 0..self.pmf.len() {
            self.exponents(x, s, g, &mut row);
            row.iter_mut().zip(&rarities).for_each(|(e, &rarity)| *e = *e + rarity);
            change.fill(T::ZERO);
            for (cost, &ds) in self.costs.iter().zip(ds) {
                for (e, &d) in change.iter_mut().zip(column(cost, x)) {
                    *e = *e + ds * d;
                }
            }
            for (e, &dg) in change.iter_mut().zip(dg) {
                *e = *e + dg;
            }
            let pairs = self.pairs(x);
            let allowed = || (0..m).filter(|&y| pairs[y]);
            let best = allowed().reduce(|best, y| if row[y] < row[best] { y } else { best });
            let Some(best) = best else { continue };
            for y in allowed() {
                let gains = change[best] - change[y];
                let most = row[y] - row[best] + T::from(OVERTAKEN);
                if longest * gains > most {
                    longest = most / gains;
                }
            }
        }
        longest
    }

    /// Which reproductions source letter x may use.
    #[inline(always)]
    pub(crate) fn pairs(&self, x: usize) -> &[bool] {
        let m = self.reproductions.len();
        &self.allowed.as_slice()[x * m..(x + 1) * m]
    }

    /// The potential of the reproductions that are left; none where the output pmf is free.
    pub(crate) fn potential(&self, phi: &[T]) -> Vec<T> {
        match self.network {
            Some(_) => self.reproductions.iter().map(|&y| phi[y]).collect(),
            None => Vec::new(),
        }
    }

    /// See [`Network::toll`].
    pub(crate) fn toll(&self, phi: &[T], price: T) -> T {
        self.network.as_ref().map_or(T::ZERO, |network| network.toll(phi, price))
    }

    /// `sum_x p(x) min_y (s.d(x, y) + g_y) - s.D - toll`, less what rounding may have added: where it is positive, no channel meets the
    /// budgets.
    pub(crate) fn separation(&self, s: &[T], phi: &[T], price: T) -> T {
        let (total, size) = self.least(s, &self.potential(phi));
        let toll = self.toll(phi, price);
        let spent = dot(s, &self.budgets);
        let steepest = largest(phi.iter().map(|phi| phi.abs())).max(T::ZERO);
        // The errors of sums over the alphabets, of numbers that are no larger than these.
        let terms = (self.pmf.len() + self.reproductions.len() + phi.len()) as f64;
        let rounding = T::from(T::EPSILON * terms) * (size + spent + toll.abs() + steepest);
        total - spent - toll - rounding
    }

    /// What the budgets are worth at multipliers, and a thousandth of what the potential may be worth: output pmfs are known to some
    /// thousandth of what budgets are known to, relative to them.
    pub(crate) fn worth(&self, s: &[T], phi: &[T], price: T) -> T {
        let traded = self.network.as_ref().map_or(T::ZERO, |network| price * network.budget);
        let range = largest(phi.iter().copied()) + largest(phi.iter().map(|&phi| -phi));
        let of_pmf = if phi.is_empty() { T::ZERO } else { T::from(PMF_DIGITS) * range };
        dot(s, &self.budgets) + traded + of_pmf
    }

    /// A pmf or another vector on the reproductions, as one on those of the instance.
    pub(crate) fn widened(&self, values: &[T], of: usize) -> DVector<f64> {
        let mut wide = DVector::zeros(of);
        for (&y, value) in self.reproductions.iter().zip(values) {
            wide[y] = value.to_f64();
        }
        wide
    }

    /// What a deterministic channel makes of every source letter of the instance.
    pub(crate) fn instance_letters(&self, instance: &Instance<'_>, used: &[usize]) -> Vec<usize> {
        let first =
            |x: usize| instance.pairs(x).and_then(|pairs| pairs.iter().position(|&pair| pair));
        let mut all: Vec<usize> = (0..instance.letters()).map(|x| first(x).unwrap_or(0)).collect();
        for (&x, &y) in self.letters.iter().zip(used) {
            all[x] = self.reproductions[y];
        }
        all
    }

    /// The channel `W_xy = q_y b_xy` (m x n of the instance); letters without probability send the first reproduction that they may.
    pub(crate) fn widened_channel(&self, instance: &Instance<'_>, w: &DMatrix<T>) -> DMatrix<f64> {
        let mut channel = DMatrix::zeros(instance.reproductions, instance.letters());
        for (x, y) in self.instance_letters(instance, &[]).into_iter().enumerate() {
            channel[(y, x)] = 1.0;
        }
        for (i, &x) in self.letters.iter().enumerate() {
            channel.column_mut(x).fill(0.0);
            for (j, &y) in self.reproductions.iter().enumerate() {
                channel[(y, x)] = w[(j, i)].to_f64();
            }
        }
        channel
    }
}

/// What the digits of a pmf are to those of a budget.
const PMF_DIGITS: f64 = 1e-3;

/// In nats: less, and steps are many; more, and a letter may be lost to one reproduction.
const OVERTAKEN: f64 = 3.0;

/// A column of a matrix as a slice.
#[inline(always)]
pub(crate) fn column<T>(matrix: &DMatrix<T>, x: usize) -> &[T] {
    let m = matrix.nrows();
    &matrix.as_slice()[x * m..(x + 1) * m]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::perception::Perception;
    use crate::model::problem::Problem;
    use crate::subproblem::output_constraint::Bounded;

    /// D = P = 0.05 is on the edge where the source (0.3, 0.7) becomes (0.4, 0.6) with an effort of 0.1 in all: nothing separates it
    /// from what channels can meet. A constant in the potential leaves rounding of all sizes.
    #[test]
    fn rounding_separates_nothing() {
        let target = DVector::from_vec(vec![0.4, 0.6]);
        let perception = Perception::wasserstein(target, &[0.0, 1.0]).unwrap();
        let hamming = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
        let problem = Problem::new(DVector::from_vec(vec![0.3, 0.7]), 2).unwrap();
        let problem = problem.with_cost("distortion", hamming).unwrap();
        let problem = problem.with_perception(perception).unwrap();
        let bounded = |budget: f64| Bounded::new(problem.marginal.as_ref().unwrap(), budget);
        let separation = |budget: f64, constant: f64| {
            let held = bounded(budget).unwrap().unwrap();
            let instance = Instance::within(&problem, &[budget, budget]).held_to(held);
            let program = Program::<f64>::new(&instance, 0.0);
            let unit = budget / program.budgets[0];
            program.separation(&[unit], &[constant, constant + 1.0], 1.0)
        };
        for power in 0..60 {
            let constant = -1.3 * 2_f64.powi(power);
            let told = separation(0.05 + 1e-15, constant);
            assert!(told <= 0.0, "{told:e} at {constant:e}");
        }
        // What is beyond the edge is told to be.
        assert!(separation(0.049, 0.0) > 1e-3);
    }
}
