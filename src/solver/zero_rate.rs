//! Budgets that a channel meets which ignores the source.

use crate::feasibility::linear_program;
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

fn without_rate(instance: &Instance<'_>, output: DVector<f64>) -> Outcome {
    Outcome {
        channel: constant_channel(instance, &output),
        lower_nats: 0.0,
        dual: Dual { q: output, s: DVector::zeros(instance.constraints.len()), potential: None },
        ended: Ended::Certified,
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
