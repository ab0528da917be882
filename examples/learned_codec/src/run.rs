//! A whole run: the classifier, the models that are missing, their limits.

use crate::cell::Cell;
use crate::classifier::Classifier;
use crate::codebook::{Codebook, entropy, indices};
use crate::codec::Codec;
use crate::limit::{Evaluation, bracket};
use crate::measure::Measures;
use crate::progress::Progress;
use crate::quantiser::Quantiser;
use crate::random::{Purpose, generator};
use crate::report::{Row, Trained};
use crate::setup::{Data, Setup};
use crate::store::{Store, StoreError};
use crate::training::{steps, train_classifier, train_codec};
use burn::tensor::Device;
use rdc_theory::RdcError;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Where and with what models are trained and measured.
#[derive(Debug)]
pub struct Run<'a> {
    /// The images.
    pub data: &'a Data,
    /// What all models have in common.
    pub setup: &'a Setup,
    /// Where finished models are.
    pub store: &'a Store,
    /// Where tensors are.
    pub device: &'a Device,
}

/// A model and what it can say without dither.
#[derive(Debug)]
pub struct Model {
    /// What training left.
    pub trained: Trained,
    /// Its parameters.
    pub codec: Codec,
    /// Its reproductions.
    pub codebook: Codebook,
}

impl Run<'_> {
    /// The classifier, trained if the store has none.
    ///
    /// # Errors
    /// What the store says.
    pub fn classifier(&self, progress: &Progress) -> Result<Classifier, StoreError> {
        if let Some(classifier) = self.store.classifier(self.device)? {
            return Ok(classifier);
        }
        let Setup { classifier_epochs, classifier_seed, .. } = *self.setup;
        let bar =
            progress.bar("classifier", steps(self.data.for_classifier.len(), classifier_epochs));
        let step = || bar.inc(1);
        let classifier = train_classifier(
            classifier_seed,
            classifier_epochs,
            &self.data.for_classifier,
            self.device,
            step,
        );
        bar.finish_and_clear();
        self.store.keep_classifier(&classifier)?;
        Ok(classifier)
    }

    /// Trains the models that the store lacks, so many at a time, each on one thread: the result does not depend on how many.
    /// A model whose losses are no numbers any more is not kept.
    ///
    /// # Errors
    /// What the store says.
    pub fn train(
        &self,
        cells: &[Cell],
        classifier: &Classifier,
        workers: NonZeroUsize,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let mut missing = Vec::new();
        for &cell in cells {
            if self.store.model(cell, self.device)?.is_none() {
                missing.push(cell);
            }
        }
        progress.say(&format!("{} of {} models to train.", missing.len(), cells.len()));
        let all = progress.bar("models", missing.len());
        let queue = Mutex::new(missing.into_iter());
        let failed = AtomicBool::new(false);
        let next = || {
            // A worker that panicked held the lock for no longer than `next` takes.
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            if failed.load(Ordering::Relaxed) { None } else { queue.next() }
        };
        let work = || {
            while let Some(cell) = next() {
                let trained = self.train_one(cell, classifier, progress);
                let trained = trained.inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
                all.inc(1);
                let Measures { mse, nll, error } = trained.test;
                let diverged = if trained.is_finite() { "" } else { ": diverged, left out" };
                progress.say(&format!(
                    "{:<24} test: MSE {mse:.2}, NLL {nll:.3}, error {error:.4}{diverged}",
                    cell.name()
                ));
            }
            Ok(())
        };
        let result = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..workers.get()).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| match worker.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        });
        all.finish_and_clear();
        result
    }

    fn train_one(
        &self,
        cell: Cell,
        classifier: &Classifier,
        progress: &Progress,
    ) -> Result<Trained, StoreError> {
        let Data { training, test, .. } = self.data;
        let schedule = self.setup.schedule;
        let bar = progress.bar(&cell.name(), steps(training.len(), schedule.epochs));
        let step = || bar.inc(1);
        let (codec, history) = train_codec(cell, schedule, training, classifier, self.device, step);
        let quantiser = self.quantiser(cell);
        let measures = |images, purpose| {
            let mut random = generator(cell.seed, purpose);
            Measures::dithered(&codec, &quantiser, classifier, images, &mut random, self.device)
        };
        let (training, test) =
            (measures(training, Purpose::TrainingSet), measures(test, Purpose::TestSet));
        let trained = Trained { cell, history, training, test };
        if trained.is_finite() {
            self.store.keep_model(&codec, &trained)?;
        }
        bar.finish_and_clear();
        Ok(trained)
    }

    /// Finished models; those that the store lacks are left out.
    ///
    /// # Errors
    /// What the store says.
    pub fn models(
        &self,
        cells: &[Cell],
        classifier: &Classifier,
    ) -> Result<Vec<Model>, StoreError> {
        let mut models = Vec::new();
        for &cell in cells {
            if let Some((codec, trained)) = self.store.model(cell, self.device)? {
                let quantiser = self.quantiser(cell);
                let codebook = Codebook::new(&codec, &quantiser, classifier, self.device);
                models.push(Model { trained, codec, codebook });
            }
        }
        Ok(models)
    }

    /// The quantiser of a model.
    #[must_use]
    pub fn quantiser(&self, cell: Cell) -> Quantiser {
        Quantiser::new(cell.levels, self.setup.schedule.gradient)
    }

    /// Each model against the limit of its own codebook and of all codebooks together.
    ///
    /// # Errors
    /// What the library says: no models.
    pub fn rows(&self, models: &[Model], progress: &Progress) -> Result<Vec<Row>, RdcError> {
        let test = &self.data.test;
        let evaluation = Evaluation::new(test)?;
        let union = evaluation.rdc(&Codebook::union(models.iter().map(|model| &model.codebook)))?;
        let constant = self.data.mse_of_mean();
        let bar = progress.bar("limits", models.len());
        let row = |model: &Model| {
            let Model { trained, codec, codebook } = model;
            let indices = indices(codec, &self.quantiser(trained.cell), test, self.device);
            let plain = codebook.measures(test, &indices);
            let row = Row {
                bits: trained.cell.bits(),
                entropy: entropy(&indices, codebook.len()),
                limit: bracket(&evaluation.rdc(codebook)?, plain.mse, plain.error)?,
                union: bracket(&union, plain.mse, plain.error)?,
                beats_mean: [plain, trained.test].iter().all(|measures| measures.mse < constant),
                trained: trained.clone(),
                plain,
            };
            bar.inc(1);
            Ok(row)
        };
        let rows = models.iter().map(row).collect();
        bar.finish_and_clear();
        rows
    }
}
