//! Budgets that a channel meets which ignores the source.

use crate::feasibility::linear_program;
use crate::numerics::double_double::DoubleDouble;
use crate::numerics::real::Real;
use crate::solver::run::budgets::meets_budgets;
use crate::solver::run::outcome::{Dual, Ended, Outcome};
use crate::subproblem::instance::Instance;
use crate::subproblem::thresholds::EXCESS_ROUNDING;
use nalgebra::{DMatrix, DVector};

/// R = 0 where one output pmf meets the budgets whatever the source letter; decided exactly.
pub(crate) fn zero_rate(instance: &Instance<'_>) -> Option<Outcome> {
    if !instance.priced.is_empty() {
        return None;
    }
    let averages = instance.averages();
    let mut constant = instance.without_source(&averages);
    // A budget of zero is not one of rounding: only letters that cost nothing meet it.
    let free = |y: usize| {
        let mut costs = averages.iter().zip(&instance.constraints);
        costs.all(|(average, of)| of.budget > 0.0 || !(average[y] > 0.0))
    };
    constant.allowed.to_mut().restrict(1, instance.reproductions, |_, y| free(y));
    let usable = |y: usize| constant.pairs(0).is_none_or(|pairs| pairs[y]);
    let first = (0..instance.reproductions).find(|&y| usable(y))?;
    if let Some(bounded) = &instance.marginal {
        // The pmf that the marginal wants, if costs allow it; whether another would do, the method will tell.
        let wanted = bounded.wanted();
        if wanted.iter().enumerate().any(|(y, w)| *w > 0.0 && !usable(y)) {
            return None;
        }
        let outcome = without_rate(instance, wanted);
        return meets_budgets(instance, &outcome.channel).then_some(outcome);
    }
    let mut output = DVector::zeros(instance.reproductions);
    if instance.constraints.is_empty() {
        output[first] = 1.0;
    } else {
        let reach = linear_program::reach(&constant, |shift, bound| shift <= 0.0 || bound > 0.0);
        if reach.shift > EXCESS_ROUNDING {
            return None;
        }
        for (weight, letter) in reach.channel {
            output[letter[0]] += weight;
        }
    }
    Some(without_rate(instance, output))
}

/// The channel without rate that spends least, where no channel has less of `I(X; X^) + s.E[d]`; decided exactly, but for
/// multiples of the rounding.
///
/// A channel that ignores the source and attains the minimum has `exp(-s.d(x, y)) = t_x` for every letter y that it uses
/// (`docs/solver.md`), so that these letters have the same costs and one of them will do. With all of q at y*,
/// `c_y = sum_x p_x exp(s.d(x, y*) - s.d(x, y))`, and `c_y <= 1` for all y proves the minimum. By Jensen's inequality only
/// the letter of the smallest `sum_x p_x s.d(x, y)` can pass.
pub(crate) fn at_prices(instance: &Instance<'_>) -> Option<Outcome> {
    if instance.marginal.is_some() {
        return None;
    }
    let best = cheapest_letter(instance)?;
    let (n, m) = (instance.letters(), instance.reproductions);
    let none = DVector::zeros(0);
    let mut row = vec![0.0; m];
    // c_y - 1, and what rounding may make of it.
    let mut over = DVector::<f64>::zeros(m);
    let mut size = DVector::<f64>::zeros(m);
    for x in (0..n).filter(|&x| instance.pmf[x] > 0.0) {
        instance.exponent(x, &none, &mut row);
        let at_best = row[best];
        for ((over, size), e) in over.iter_mut().zip(&mut size).zip(&row) {
            let term = instance.pmf[x] * (at_best - e).exp_m1();
            *over += term;
            *size += term.abs();
        }
    }
    // Of a sum of n terms, relative to the sum of their sizes.
    let rounding = 2.0 * f64::EPSILON * (n as f64).sqrt();
    let is_proven = over.iter().zip(&size).all(|(over, size)| *over <= rounding * size);
    let output = DVector::from_fn(m, |y, _| f64::from(y == best));
    is_proven.then(|| without_rate(instance, output))
}

/// The letter that every source letter may send to with the least `sum_x p_x s.d(x, y)`, in a tie the one of the smallest
/// costs, whatever their prices.
fn cheapest_letter(instance: &Instance<'_>) -> Option<usize> {
    let m = instance.reproductions;
    let [paid, costs] = instance.average_prices();
    let usable = (0..m).filter(|&y| instance.allowed.whatever_the_source(&instance.pmf, y, m));
    usable.min_by(|&a, &b| paid[a].total_cmp(&paid[b]).then(costs[a].total_cmp(&costs[b])))
}

fn without_rate(instance: &Instance<'_>, output: DVector<f64>) -> Outcome {
    Outcome {
        channel: constant_channel(instance, &output),
        lower_nats: 0.0,
        dual: Dual { q: output, s: DVector::zeros(instance.constraints.len()), potential: None },
        ended: Ended::Certified,
        fine: Some([DoubleDouble::ZERO; 2]),
    }
}

/// The channel (m x n) that ignores the source, except that letters without probability keep to their allowed pairs.
fn constant_channel(instance: &Instance<'_>, output: &DVector<f64>) -> DMatrix<f64> {
    let mut channel = DMatrix::from_fn(output.len(), instance.letters(), |y, _| output[y]);
    for (x, mut letter) in channel.column_iter_mut().enumerate() {
        let Some(pairs) = instance.pairs(x) else { continue };
        for (w, &allowed) in letter.iter_mut().zip(pairs) {
            *w *= f64::from(allowed);
        }
        let total = letter.sum();
        if total > 0.0 {
            letter /= total;
        } else {
            let first = pairs.iter().position(|&allowed| allowed);
            letter[first.unwrap_or(0)] = 1.0;
        }
    }
    channel
}
