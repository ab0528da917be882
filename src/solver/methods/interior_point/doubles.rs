//! The interior-point method in doubles.

use super::descent::{Precision, descend, move_to};
use super::iterate::{Iterate, Pairs};
use super::newton::Newton;
use crate::feasibility::linear_program::Reach;
use crate::numerics::low_rank::Compression;
use crate::solver::run::incumbent::Finish;
use crate::solver::run::monitor::Watch;
use crate::solver::run::outcome::{Ended, Outcome};
use crate::solver::run::warm_start::Guess;
use crate::subproblem::instance::Instance;
use crate::subproblem::lagrangian::{InDoubles, Kernel, Lagrangian};
use crate::subproblem::network::Network;
use crate::subproblem::thresholds::{EXCESS_SHARE, FIRST_MU, GUESS_MIX, PATIENCE};
use nalgebra::DVector;

/// What doubles bring to the method.
struct Doubles<'a> {
    network: Option<Network<f64>>,
    finish: Finish<'a>,
    compression: Compression,
}

impl<'a, 'k> Precision<f64, InDoubles<'a, 'k>> for Doubles<'_> {
    type Factors = Newton;

    const PATIENCE: usize = PATIENCE;
    const OUTPUT_SHARE: f64 = EXCESS_SHARE;

    fn network(&self) -> Option<&Network<f64>> {
        self.network.as_ref()
    }

    fn factor(&mut self, lagrangian: &mut InDoubles<'a, 'k>, at: &Iterate<f64>) -> Option<Newton> {
        Newton::new(lagrangian.kernel, at, self.network.as_ref(), &mut self.compression)
    }

    fn observe(
        &mut self,
        lagrangian: &InDoubles<'a, 'k>,
        at: &Iterate<f64>,
        watch: &mut Watch<'_>,
    ) -> Option<Ended> {
        self.finish.observe(lagrangian.sums(), &at.letters.value, &at.costs.value, watch)
    }
}

/// Solves a strictly feasible instance; `reach` holds a channel with slack in every budget.
pub(crate) fn solve(
    instance: &Instance<'_>,
    reach: Option<&Reach>,
    guess: Option<Guess>,
    watch: &mut Watch<'_>,
) -> Outcome {
    let m = instance.reproductions;
    let marginal = instance.marginal.as_ref();
    let network = marginal.map(|bounded| Network::new(bounded, (0..m).collect(), &|budget| budget));
    let finish = Finish::new(instance, reach, watch);
    let mut doubles = Doubles { network, finish, compression: Compression::default() };
    let mut kernel = Kernel::unevaluated(instance);
    let mut lagrangian = InDoubles { instance, kernel: &mut kernel };
    let mut iterate = match guess {
        Some(guess) => near(guess, &mut lagrangian, doubles.network.as_ref()),
        None => centred(&mut lagrangian, doubles.network.as_ref()),
    };
    let ended = descend(&mut doubles, &mut lagrangian, &mut iterate, watch);
    let mut price = iterate.price.value.iter().zip(&iterate.price.slack);
    let is_idle = price.any(|(price, slack)| price < slack);
    doubles.finish.outcome(&iterate.letters.slack, &iterate.costs.slack, is_idle, ended)
}

/// The uniform output pmf with the multipliers that suit it.
fn centred(lagrangian: &mut InDoubles<'_, '_>, network: Option<&Network<f64>>) -> Iterate<f64> {
    let Instance { reproductions: m, constraints, .. } = lagrangian.instance;
    let q = DVector::from_element(*m, 1.0 / *m as f64);
    let mut start = Iterate::start(q, DVector::from_element(constraints.len(), 1.0), network);
    move_to(lagrangian, &start);
    start.centre(lagrangian, FIRST_MU);
    start
}

/// A guess, moved well inside the boundary, with multipliers and slacks that suit it.
fn near(
    (q, s): Guess,
    lagrangian: &mut InDoubles<'_, '_>,
    network: Option<&Network<f64>>,
) -> Iterate<f64> {
    let m = q.len() as f64;
    let q = q.map(|q| (1.0 - GUESS_MIX) * q + GUESS_MIX / m);
    let mut near = Iterate::start(q, s.map(|s| s.max(GUESS_MIX)), network);
    move_to(lagrangian, &near);
    // Slacks are to multipliers as the floor of these is to those of a start.
    let mu = GUESS_MIX * FIRST_MU;
    near.centre(lagrangian, mu);
    let Pairs { value, slack } = &mut near.letters;
    *slack = value.zip_map(&lagrangian.sums().c, |q, c| (1.0 - c).max(mu / (m * q)));
    near
}
