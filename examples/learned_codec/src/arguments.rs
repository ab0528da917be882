//! The command line.

use clap::{Parser, ValueEnum};
use learned_codec::{Gradient, Grid};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Trains the learned codec of arXiv 2405.03500, section 4, and compares it with the certified limit of its own codebook.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// A folder with MNIST's four idx files, plain or with .gz; without it, the 8x8 digits of this repository
    #[arg(long, value_name = "DIR")]
    mnist: Option<PathBuf>,
    /// Which models, on how much: small for the 8x8 digits, mnist for MNIST, unless named
    #[arg(long)]
    grid: Option<Grid>,
    /// The folder of finished models and results; runs/DATA-GRID unless named
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How gradients pass the quantiser
    #[arg(long, value_enum, default_value_t = Passing::Soft)]
    gradient: Passing,
    /// Of the soft quantiser, in squared steps, 0.001 to 1000; straight-through has none
    #[arg(long, value_name = "T", default_value_t = Gradient::TEMPERATURE, value_parser = temperature)]
    temperature: f64,
    /// Models that are trained at the same time, each on one thread; one a core unless named, one if built for a GPU
    #[arg(long, value_name = "N")]
    workers: Option<NonZeroUsize>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Passing {
    /// That of the soft quantiser
    Soft,
    /// As if nothing had been quantised
    StraightThrough,
}

impl Arguments {
    pub(crate) fn mnist(&self) -> Option<&PathBuf> {
        self.mnist.as_ref()
    }

    pub(crate) fn grid(&self) -> Grid {
        self.grid.unwrap_or(if self.mnist.is_some() { Grid::Mnist } else { Grid::Small })
    }

    pub(crate) fn gradient(&self) -> Gradient {
        match self.gradient {
            Passing::Soft => Gradient::Soft { temperature: self.temperature },
            Passing::StraightThrough => Gradient::StraightThrough,
        }
    }

    pub(crate) fn out(&self, data: &str) -> PathBuf {
        let grid = format!("{:?}", self.grid()).to_lowercase();
        let own = || PathBuf::from("runs").join(format!("{data}-{grid}"));
        self.out.clone().unwrap_or_else(own)
    }

    pub(crate) fn workers(&self) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let gpu = cfg!(any(
            feature = "cuda",
            feature = "metal",
            feature = "rocm",
            feature = "vulkan",
            feature = "wgpu"
        ));
        self.workers.unwrap_or_else(|| if gpu { NonZeroUsize::MIN } else { cores() })
    }
}

fn temperature(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "must be a number".to_owned())?;
    if (1e-3..=1e3).contains(&number) {
        Ok(number)
    } else {
        Err("must be from 0.001 to 1000".into())
    }
}
