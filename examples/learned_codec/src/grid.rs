//! Which models are trained, on how much.

use crate::cell::Cell;
use clap::ValueEnum;

/// The paper's lambdas.
const LAMBDAS: [f64; 9] = [0.0, 0.0033, 0.005, 0.0066, 0.008, 0.01, 0.011, 0.013, 0.015];

/// The model whose losses the paper shows in Fig. 1; it is in every grid.
pub const SHOWN: Cell = Cell { levels: 3, lambda: 0.015, seed: 0 };

/// A set of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Grid {
    /// Two models, barely trained: whether everything runs.
    Smoke,
    /// L of 2, 3, 5 and two lambdas, for the small digits: minutes.
    Small,
    /// L of 2, 3, 4, 5 and two lambdas or three on a part of MNIST: under half an hour on two cores.
    Mnist,
    /// All 36 models of the paper on all of MNIST, 30 epochs, and two more seeds of one: for a GPU, or days.
    Paper,
}

impl Grid {
    /// The models, [`SHOWN`] among them, seed 0 before the others. But for [`Grid::Smoke`] some cells have three seeds, to tell
    /// findings from noise.
    #[must_use]
    pub fn cells(self) -> Vec<Cell> {
        let shown = [SHOWN.levels];
        match self {
            Self::Smoke => product(&[2, 3], &[SHOWN.lambda], &[0]),
            Self::Small => [
                product(&[2, 3, 5], &[0.005, SHOWN.lambda], &[0]),
                product(&shown, &[SHOWN.lambda], &[1, 2]),
            ]
            .concat(),
            Self::Mnist => [
                product(&[2, 3, 4, 5], &[0.005, SHOWN.lambda], &[0]),
                product(&shown, &[0.0], &[0]),
                product(&shown, &[0.005, SHOWN.lambda], &[1, 2]),
            ]
            .concat(),
            Self::Paper => {
                [product(&[2, 3, 4, 5], &LAMBDAS, &[0]), product(&shown, &[SHOWN.lambda], &[1, 2])]
                    .concat()
            }
        }
    }

    /// Training images of a codec, at most.
    #[must_use]
    pub fn images(self) -> usize {
        match self {
            Self::Smoke => 512,
            Self::Small => 1_437,
            Self::Paper => usize::MAX,
            Self::Mnist => 5_120,
        }
    }

    /// Training images of the classifier, at most.
    #[must_use]
    pub fn classifier_images(self) -> usize {
        match self {
            Self::Smoke | Self::Small => 1_437,
            Self::Mnist | Self::Paper => usize::MAX,
        }
    }

    /// Test images, at most.
    #[must_use]
    pub fn test_images(self) -> usize {
        if self == Self::Smoke { 100 } else { usize::MAX }
    }

    /// Passes over the training images of a codec.
    #[must_use]
    pub fn epochs(self) -> usize {
        match self {
            Self::Smoke => 4,
            Self::Small => 6,
            Self::Mnist => 5,
            Self::Paper => 30,
        }
    }
}

/// All combinations, seed by seed.
fn product(levels: &[usize], lambdas: &[f64], seeds: &[u64]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &seed in seeds {
        for &levels in levels {
            cells.extend(lambdas.iter().map(|&lambda| Cell { levels, lambda, seed }));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_grid_has_its_36_models() {
        let cells = Grid::Paper.cells();
        let first: Vec<_> = cells.iter().filter(|cell| cell.seed == 0).collect();
        assert_eq!(first.len(), 36);
        for (index, cell) in first.iter().enumerate() {
            assert_eq!((cell.levels, cell.lambda), (2 + index / 9, LAMBDAS[index % 9]));
        }
        assert_eq!((Grid::Paper.epochs(), Grid::Paper.images()), (30, usize::MAX));
    }

    /// Fig. 1 and the curves are of that model, three seeds of it tell findings from noise.
    #[test]
    fn every_grid_has_the_model_that_is_shown_and_none_twice() {
        for &grid in Grid::value_variants() {
            let cells = grid.cells();
            assert!(cells.contains(&SHOWN));
            let mut names: Vec<_> = cells.iter().map(Cell::name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), cells.len());
            let seeds = |seed| cells.contains(&Cell { seed, ..SHOWN });
            assert_eq!(seeds(1) && seeds(2), grid != Grid::Smoke);
        }
    }
}
