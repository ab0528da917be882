//! What bad input and infeasible budgets get.

use std::fmt;

/// Why a call was refused. Every variant names the argument, its value and the rule it broke.
///
/// How a solver run *ended* is not an error: see [`Status`](crate::Status).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RdcError {
    /// An alphabet, a list of classes or a list of points has no element.
    #[error("{argument} is empty: at least one element is needed")]
    Empty {
        /// The argument at fault.
        argument: String,
    },
    /// The rows of a matrix given row by row differ in length.
    #[error("{argument} is ragged: row {row} has {found} entries, row 0 has {expected}")]
    Ragged {
        /// The argument at fault.
        argument: String,
        /// The first row whose length differs.
        row: usize,
        /// Its length.
        found: usize,
        /// The length of row 0.
        expected: usize,
    },
    /// A size disagrees with another argument's.
    #[error("{argument} has {found} {what}, but {expected} are needed: {rule}")]
    Shape {
        /// The argument at fault.
        argument: String,
        /// What was counted: rows, columns, entries.
        what: &'static str,
        /// The count that was found.
        found: usize,
        /// The count that the rule asks for.
        expected: usize,
        /// The rule, which names the other argument.
        rule: &'static str,
    },
    /// A number outside its range.
    #[error("{argument} = {value}: {rule}")]
    Value {
        /// The argument at fault, with the index of the entry where it has entries.
        argument: String,
        /// The value found.
        value: f64,
        /// The rule it broke.
        rule: &'static str,
    },
    /// Probabilities that do not sum to one.
    #[error(
        "{argument} sums to {sum}, off from 1 by {:e}: probabilities must sum to 1 within 1e-9",
        .sum - 1.0
    )]
    NotNormalised {
        /// The argument at fault, with the index of the row where it has rows.
        argument: String,
        /// The sum found.
        sum: f64,
    },
    /// A class index that no class has.
    #[error("{argument}[{letter}] is class {class}: classes are numbered 0..{classes}")]
    ClassOutOfRange {
        /// The argument at fault.
        argument: String,
        /// The letter with the bad class.
        letter: usize,
        /// The class found.
        class: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A source letter of positive probability all of whose pairs are forbidden, so that no test channel exists.
    #[error(
        "every reproduction of source letter {letter} is forbidden (+inf) once {argument} is added: at least one pair must be finite"
    )]
    NoReproduction {
        /// The cost matrix that forbade the last pair.
        argument: String,
        /// The source letter.
        letter: usize,
    },
    /// A table of comma-separated values that is not what it should be.
    #[error("line {line}: {what}")]
    Csv {
        /// The line at fault, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// A shard that is not of the same surface as those before it.
    #[error("shards[{shard}]: {what}")]
    Shards {
        /// The first shard that differs.
        shard: usize,
        /// What differs, and how.
        what: String,
    },
    /// Something that is not made for problems with a perception.
    #[error("{what} does not know a constraint on the output pmf: the problem has a perception")]
    KnowsNoPerception {
        /// What was asked for.
        what: String,
    },
    /// No test channel meets the budgets.
    #[error(transparent)]
    Infeasible(Box<Infeasible>),
}

/// Proof that no test channel meets the budgets, and how far each is from one that can be met.
///
/// With the multipliers `s` found in [`budgets`](Self::budgets) every channel has
/// `s . E[d] >= sum_x p(x) min_y s . d(x, y) = s . D + excess > s . D`,
/// which anyone can recompute from the matrices. If the problem has a perception, `P` is one of the budgets, letters that its
/// target rules out are left out of the minimum, and its multiplier comes with a [`potential`](Self::potential), whose toll
/// `docs/perception.md` has.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Infeasible {
    /// One entry per budget, in the order of the problem.
    pub budgets: Vec<InfeasibleBudget>,
    /// `sum_x p(x) min_y s . d(x, y) - s . D`, positive, in the units of `s . D`; with a perception
    /// `sum_x p(x) min_y (s . d(x, y) + g(y)) - s . D - toll(g, P)`.
    pub excess: f64,
    /// The potential g on the reproduction letters, in the units of `s . D`; empty where no perception is part of the proof.
    pub potential: Vec<f64>,
}

/// One budget of an infeasible request.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InfeasibleBudget {
    /// The name of the cost.
    pub name: String,
    /// The budget asked for.
    pub budget: f64,
    /// The smallest feasible value of this budget with all others as asked; `None` where no value is,
    /// because the others already contradict each other, and where it was not looked for: if the problem has a perception.
    /// No budget below `budget + excess / multiplier` is enough.
    pub smallest: Option<f64>,
    /// The separating multiplier of this cost: `>= 0`, the sum over all costs is 1.
    pub multiplier: f64,
}

impl std::error::Error for Infeasible {}

impl fmt::Display for Infeasible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |entries: Vec<String>, link| entries.join(link);
        let finite = || self.budgets.iter().filter(|b| b.budget.is_finite());
        let asked = finite().map(|b| format!("{} <= {}", b.name, b.budget)).collect();
        let reach = finite().map(|b| match b.smallest {
            Some(smallest) => {
                format!("the smallest {} at the other budgets is {smallest}", b.name)
            }
            None if b.multiplier > 0.0 => {
                let at_least = b.budget + self.excess / b.multiplier;
                if at_least.is_infinite() {
                    return format!("the {} rules out every reproduction of a letter", b.name);
                }
                format!("no {} below {at_least} is enough at the other budgets", b.name)
            }
            None => format!("no {} is enough at the other budgets", b.name),
        });
        let witness = finite().map(|b| format!("{}: {}", b.name, b.multiplier)).collect();
        write!(
            f,
            "infeasible budgets: no test channel has {}; {}; witness: with multipliers ({}) every channel exceeds them by {:e}",
            join(asked, " and "),
            join(reach.collect(), "; "),
            join(witness, ", "),
            self.excess
        )
    }
}
