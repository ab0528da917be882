//! What a run leaves beside its models: two tables and five pictures.

use crate::codebook::indices;
use crate::grid::SHOWN;
use crate::images::{CLASSES, Images};
use crate::limit::{Evaluation, curve};
use crate::pictures::{
    LimitCurve, Reconstruction, limits, losses, reconstructions, space, tradeoff,
};
use crate::report::{Row, csv};
use crate::run::{Model, Run};
use std::error::Error;

/// Weights of the squared error whose reconstructions are shown: the paper's, and none.
const SHOWN_LAMBDAS: [f64; 4] = [0.0, 0.005, 0.01, 0.015];

/// Images of a class in Fig. 2.
const OF_EACH_CLASS: usize = 1;

/// Points of a curve R(D), and how far it goes beyond the largest D shown.
const POINTS: usize = 24;
const BEYOND: f64 = 1.15;

/// Writes `results.csv`, `results.json` and the pictures into the folder of the run, and returns what they are called.
///
/// # Errors
/// What the system, the library or the pictures say.
pub fn write(
    run: &Run<'_>,
    models: &[Model],
    rows: &[Row],
) -> Result<Vec<&'static str>, Box<dyn Error>> {
    let history = models.iter().find(|model| model.trained.cell == SHOWN);
    let history = history.map_or(&[][..], |model| &model.trained.history);
    let files = [
        ("results.csv", csv(rows)?),
        ("results.json", serde_json::to_vec_pretty(rows)?),
        ("losses.svg", losses(SHOWN, history)?.into_bytes()),
        ("reconstructions.svg", sheet(run, models)?.into_bytes()),
        ("tradeoff.svg", tradeoff(rows)?.into_bytes()),
        ("space.svg", space(rows)?.into_bytes()),
        ("limits.svg", limits(rows, &curves(run, models, rows)?)?.into_bytes()),
    ];
    let write =
        |(name, bytes): &(&'static str, Vec<u8>)| run.store.write(name, bytes).map(|()| *name);
    Ok(files.iter().map(write).collect::<Result<_, _>>()?)
}

/// Fig. 2: the first test images of each class, without dither.
fn sheet(run: &Run<'_>, models: &[Model]) -> Result<String, Box<dyn Error>> {
    let test = &run.data.test;
    let chosen = test.select((0..CLASSES as u8).flat_map(|class| first_of(test, class)));
    let shown = models.iter().filter(|model| {
        let cell = model.trained.cell;
        cell.seed == SHOWN.seed && SHOWN_LAMBDAS.contains(&cell.lambda)
    });
    let reconstruction = |model: &Model| {
        let quantiser = run.quantiser(model.trained.cell);
        let indices = indices(&model.codec, &quantiser, &chosen, run.device);
        let image = |index: usize| model.codebook.reproduction(index).to_vec();
        Reconstruction {
            cell: model.trained.cell,
            images: indices.into_iter().map(image).collect(),
        }
    };
    let originals: Vec<&[f32]> = (0..chosen.len()).map(|index| chosen.image(index)).collect();
    let rows: Vec<Reconstruction> = shown.map(reconstruction).collect();
    Ok(reconstructions(&originals, &rows)?)
}

fn first_of(images: &Images, class: u8) -> impl Iterator<Item = usize> {
    let of_class = move |&index: &usize| images.labels()[index] == class;
    (0..images.len()).filter(of_class).take(OF_EACH_CLASS)
}

/// R(D) of each L at the weight that the paper shows.
fn curves(
    run: &Run<'_>,
    models: &[Model],
    rows: &[Row],
) -> Result<Vec<LimitCurve>, Box<dyn Error>> {
    let evaluation = Evaluation::new(&run.data.test)?;
    let shown = |(model, _): &(&Model, &Row)| {
        let cell = model.trained.cell;
        (cell.lambda, cell.seed) == (SHOWN.lambda, SHOWN.seed)
    };
    let shown: Vec<_> = models.iter().zip(rows).filter(shown).collect();
    let largest = BEYOND * shown.iter().map(|(_, row)| row.plain.mse).fold(0.0, f64::max);
    let curve = |(model, row): (&Model, &Row)| {
        let rdc = evaluation.rdc(&model.codebook)?;
        let points = curve(&rdc, row.plain.error, largest, POINTS)?;
        Ok(LimitCurve { cell: model.trained.cell, points })
    };
    shown.into_iter().map(curve).collect()
}
