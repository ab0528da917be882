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

/// What doubles bring to the method.
struct Doubles<'a> {
    network: Option<Network<f64>>,
    finish: Finish<'a>,
    compression: Compression,
}

impl<'a, 'k> Precision<f64, InDoubles<'a, 'k>> for Doubles<'_> {
    type Factors = Newton;

    const PATIENCE: usize = PATIENCE;
    const CENTRES_ALWAYS: bool = true;

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
    let (m, k) = (instance.reproductions, instance.constraints.len());
    let marginal = instance.marginal.as_ref();
    let network = marginal.map(|bounded| Network::new(bounded, (0..m).collect(), &|budget| budget));
    let finish = Finish::new(instance, reach, watch);
    let mut doubles = Doubles { network, finish, compression: Compression::default() };
    let mut kernel = Kernel::unevaluated(instance);
    let mut lagrangian = InDoubles { instance, kernel: &mut kernel };
    let mut iterate = Iterate::start(m, k, doubles.network.as_ref());
    match guess {
        Some(guess) => move_near(guess, &mut iterate, &mut lagrangian),
        None => {
            move_to(&mut lagrangian, &iterate);
            iterate.centre(&mut lagrangian, FIRST_MU);
        }
    }
    let ended = descend(&mut doubles, &mut lagrangian, &mut iterate, watch);
    let mut price = iterate.price.value.iter().zip(&iterate.price.slack);
    let is_idle = price.any(|(price, slack)| price < slack);
    doubles.finish.outcome(&iterate.letters.slack, &iterate.costs.slack, is_idle, ended)
}

/// Moves a start to a guess, well inside the boundary: its multipliers are centred there, and its slacks follow from them.
fn move_near((q, s): Guess, start: &mut Iterate<f64>, lagrangian: &mut InDoubles<'_, '_>) {
    let m = q.len() as f64;
    start.letters.value = q.map(|q| (1.0 - GUESS_MIX) * q + GUESS_MIX / m);
    start.costs.value = s.map(|s| s.max(GUESS_MIX));
    move_to(lagrangian, start);
    // Slacks are to multipliers as the floor of these is to those of a start.
    let mu = GUESS_MIX * FIRST_MU;
    start.centre(lagrangian, mu);
    let Pairs { value, slack } = &mut start.letters;
    *slack = value.zip_map(&lagrangian.sums().c, |q, c| (1.0 - c).max(mu / (m * q)));
}
