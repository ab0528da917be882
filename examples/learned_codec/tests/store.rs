//! Finished models: the same when they are read again, and none is trained twice.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;
#[path = "common/folder.rs"]
mod folder;

use burn::tensor::Device;
use common::digits;
use folder::Folder;
use learned_codec::{
    Cell, Classifier, Codec, Data, Epoch, Gradient, Grid, Images, Measures, Model, Progress, Row,
    Run, Schedule, Setup, Store, StoreError, Trained, entries,
};
use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;

const CELL: Cell = Cell { levels: 3, lambda: 0.005, seed: 2 };

fn data() -> Data {
    Data::new("digits", (digits(70), digits(20)), Grid::Smoke)
}

fn setup(epochs: usize) -> Setup {
    Setup::new(&data(), Schedule { epochs, gradient: Gradient::default() })
}

fn trained() -> Trained {
    let measures = Measures { mse: 1.0 / 3.0, nll: 0.1, error: 0.2 };
    let history = vec![Epoch { distortion: 0.1 + 0.2, nll: 1e-17 }];
    Trained { cell: CELL, history, training: measures, test: measures }
}

#[test]
fn what_is_read_gives_identical_outputs() {
    let (folder, device) = (Folder::new(), Device::default());
    let store = Store::open(folder.path(), &setup(1)).unwrap();
    assert!(store.classifier(&device).unwrap().is_none());
    assert!(store.model(CELL, &device).unwrap().is_none());

    // Trained, so that the running means of the batch normalisation are not the initial ones.
    let classifier = Classifier::new(9, &device);
    let schedule = Schedule { epochs: 1, gradient: Gradient::default() };
    let (codec, _) =
        learned_codec::train_codec(CELL, schedule, &digits(64), &classifier, &device, || ());
    store.keep_classifier(&classifier).unwrap();
    store.keep_model(&codec, &trained()).unwrap();

    drop(store);
    let again = Store::open(folder.path(), &setup(1)).unwrap();
    let (read, known) = again.model(CELL, &device).unwrap().unwrap();
    assert_eq!(known, trained());
    let images = digits(9).tensor(&device);
    let outputs = |codec: &Codec, classifier: &Classifier| {
        let codes = codec.encoder.forward(images.clone());
        let reproductions = codec.decoder.forward(codes.clone());
        [entries(codes), entries(reproductions.clone()), entries(classifier.forward(reproductions))]
    };
    let read_classifier = again.classifier(&device).unwrap().unwrap();
    assert_eq!(outputs(&read, &read_classifier), outputs(&codec, &classifier));
    assert_ne!(outputs(&Codec::new(CELL.seed, &device), &classifier), outputs(&codec, &classifier));
}

#[test]
fn other_settings_are_refused() {
    let folder = Folder::new();
    Store::open(folder.path(), &setup(1)).unwrap();
    let open = Store::open(folder.path(), &setup(1)).unwrap();
    let error = Store::open(folder.path(), &setup(1)).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    drop(open);
    let error = Store::open(folder.path(), &setup(2)).unwrap_err();
    assert!(matches!(error, StoreError::OtherSetup { .. }), "{error}");

    // One pixel of one image.
    let mut other = data();
    let mut pixels = other.test.pixels().to_vec();
    pixels[400] += 0.001;
    other.test = Images::new(pixels, other.test.labels().to_vec());
    let schedule = Schedule { epochs: 1, gradient: Gradient::default() };
    assert!(Store::open(folder.path(), &Setup::new(&other, schedule)).is_err());
}

#[test]
fn damaged_and_unfinished_files_are_told_apart() {
    let (folder, device) = (Folder::new(), Device::default());
    let store = Store::open(folder.path(), &setup(1)).unwrap();
    store.keep_model(&Codec::new(2, &device), &trained()).unwrap();
    let [parameters, known] =
        ["bpk", "json"].map(|extension| folder.path().join(format!("{}.{extension}", CELL.name())));
    let whole = fs::read(&parameters).unwrap();

    for damage in [&whole[..whole.len() / 2], b"nothing of the kind", b""] {
        fs::write(&parameters, damage).unwrap();
        let error = store.model(CELL, &device).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("L3-lambda0.005-seed2.bpk"), "{error}");
    }
    fs::remove_file(&parameters).unwrap();
    assert!(store.model(CELL, &device).is_err());
    fs::write(&parameters, &whole).unwrap();
    fs::write(&known, "{").unwrap();
    assert!(matches!(store.model(CELL, &device).unwrap_err(), StoreError::Damaged { .. }));
    // Interrupted between parameters and what is known of them: not finished, so it is trained again.
    fs::remove_file(&known).unwrap();
    assert!(store.model(CELL, &device).unwrap().is_none());
}

#[test]
fn a_run_trains_what_is_missing_and_nothing_twice() {
    let (folder, device, data, setup) = (Folder::new(), Device::default(), data(), setup(1));
    let store = Store::open(folder.path(), &setup).unwrap();
    let run = Run { data: &data, setup: &setup, store: &store, device: &device };
    let progress = Progress::default();
    let classifier = run.classifier(&progress).unwrap();
    let cells = Grid::Smoke.cells();
    let workers = |count| NonZeroUsize::new(count).unwrap();
    run.train(&cells[..1], &classifier, workers(1), &progress).unwrap();
    let first = folder.path().join(format!("{}.bpk", cells[0].name()));
    let written = || fs::metadata(&first).unwrap().modified().unwrap();
    let when = written();
    run.train(&cells, &classifier, workers(2), &progress).unwrap();
    assert_eq!(written(), when);
    let models = run.models(&cells, &classifier).unwrap();
    assert_eq!(models.iter().map(|model| model.trained.cell).collect::<Vec<_>>(), cells);

    // Interrupted before it was kept, and trained again beside nothing: the same model.
    let codes = |model: &Model| entries(model.codec.encoder.forward(data.test.tensor(&device)));
    fs::remove_file(first.with_extension("json")).unwrap();
    run.train(&cells, &classifier, workers(1), &progress).unwrap();
    let again = run.models(&cells, &classifier).unwrap();
    assert_eq!(
        again.iter().map(codes).collect::<Vec<_>>(),
        models.iter().map(codes).collect::<Vec<_>>()
    );
    assert_eq!(again[0].trained, models[0].trained);

    // One of the models reproduces a perfect test, under dither: no model beats the mean on that alone.
    let mut models = models;
    models[0].trained.test.mse = 0.0;
    let rows = run.rows(&models, &progress).unwrap();
    assert!(rows.iter().all(|row| !row.beats_mean));
    for row in &rows {
        assert!(row.limit.lower <= row.limit.rate && row.limit.rate - row.limit.lower <= 1e-8);
        assert!(row.limit.lower <= row.entropy + 1e-9 && row.entropy <= row.bits + 1e-9, "{row:?}");
        assert!(row.union.lower <= row.limit.rate + 1e-9);
    }
    let constant = data.test.mse_of_constant(&data.training.mean());
    for (row, line) in rows.iter().zip(table(&learned_codec::csv(&rows).unwrap())) {
        let Row { trained, plain, .. } = row;
        assert_eq!(row.beats_mean, plain.mse < constant && trained.test.mse < constant);
        for (name, value) in [
            ("levels", trained.cell.levels as f64),
            ("lambda", trained.cell.lambda),
            ("seed", trained.cell.seed as f64),
            ("rate_bits", row.bits),
            ("train_mse", trained.training.mse),
            ("train_nll_nats", trained.training.nll),
            ("train_error", trained.training.error),
            ("test_mse", trained.test.mse),
            ("test_nll_nats", trained.test.nll),
            ("test_error", trained.test.error),
            ("plain_mse", plain.mse),
            ("plain_nll_nats", plain.nll),
            ("plain_error", plain.error),
            ("entropy_bits", row.entropy),
            ("limit_lower_bits", row.limit.lower),
            ("limit_bits", row.limit.rate),
            ("union_limit_lower_bits", row.union.lower),
            ("union_limit_bits", row.union.rate),
        ] {
            assert_eq!(line[name].parse::<f64>().unwrap(), value, "{name}");
        }
        assert_eq!(line["beats_mean"], row.beats_mean.to_string());
        assert_eq!(line["certified"], "true");
        assert_eq!(line.len(), 20);
    }
}

/// The lines of a CSV table by the names of its columns.
fn table(csv: &[u8]) -> Vec<BTreeMap<String, String>> {
    let text = String::from_utf8(csv.to_vec()).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let names: Vec<String> = lines.next().unwrap().collect();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}
