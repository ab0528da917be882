//! Finished models in a folder, so that a run that was interrupted goes on where it was.

use crate::cell::Cell;
use crate::classifier::Classifier;
use crate::codec::Codec;
use crate::report::Trained;
use crate::setup::Setup;
use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why the folder is of no use.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system refuses.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file that this program did not write, or not to its end.
    #[error("{path}: damaged ({what}); without it the model is trained again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Another process writes there.
    #[error("{path}: another run is at work in this folder")]
    InUse {
        /// The file that it holds.
        path: PathBuf,
    },
    /// Models of other settings.
    #[error(
        "{path}: models of other settings (version, images, epochs or gradient); choose another --out"
    )]
    OtherSetup {
        /// The file that says which.
        path: PathBuf,
    },
}

/// A folder of one run: `setup.json`, the classifier, and for each finished model its parameters (`.bpk`) and what is known of
/// it (`.json`, written last: where it is, the model is whole).
///
/// While it is open no other process can open it.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    _lock: File,
}

impl Store {
    /// The folder, made if need be.
    ///
    /// # Errors
    /// [`StoreError::OtherSetup`] if it holds models of another setup, [`StoreError::InUse`]; what the system says.
    pub fn open(folder: &Path, setup: &Setup) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| StoreError::Io { path: folder.to_owned(), source })?;
        let path = folder.join("lock");
        let io = |source| StoreError::Io { path: path.clone(), source };
        let lock = File::create(&path).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path }),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let store = Self { folder: folder.to_owned(), _lock: lock };
        match store.read_json::<Setup>("setup.json")? {
            Some(other) if other != *setup => {
                Err(StoreError::OtherSetup { path: store.path("setup.json") })
            }
            Some(_) => Ok(store),
            None => store.write_json("setup.json", setup).map(|()| store),
        }
    }

    /// Where a file of the folder is.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file of the folder: whole, or not at all.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let (path, unfinished) = (self.path(name), self.path(&format!("{name}.unfinished")));
        let write = || {
            let mut file = File::create(&unfinished)?;
            file.write_all(bytes)?;
            // Or a power failure could leave the name without the bytes.
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)
        };
        write().map_err(|source| StoreError::Io { path, source })
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), StoreError> {
        let json = serde_json::to_vec_pretty(value);
        let json = json.map_err(|error| self.damaged(name, &error))?;
        self.write(name, &json)
    }

    /// The classifier, if it is there.
    ///
    /// # Errors
    /// A damaged file; what the system says.
    pub fn classifier(&self, device: &Device) -> Result<Option<Classifier>, StoreError> {
        self.read_module("classifier.bpk", || Classifier::new(0, device))
    }

    /// Keeps the classifier.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep_classifier(&self, classifier: &Classifier) -> Result<(), StoreError> {
        self.write_module("classifier.bpk", classifier)
    }

    /// A finished model, if it is there.
    ///
    /// # Errors
    /// A damaged file; what the system says.
    pub fn model(
        &self,
        cell: Cell,
        device: &Device,
    ) -> Result<Option<(Codec, Trained)>, StoreError> {
        let [parameters, known] = names(cell);
        let Some(trained) = self.read_json::<Trained>(&known)? else { return Ok(None) };
        if trained.cell != cell {
            return Err(self.damaged(&known, &"of another model"));
        }
        match self.read_module(&parameters, || Codec::new(cell.seed, device))? {
            Some(codec) => Ok(Some((codec, trained))),
            None => Err(self.damaged(&known, &"its parameters are missing")),
        }
    }

    /// Keeps a finished model.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep_model(&self, codec: &Codec, trained: &Trained) -> Result<(), StoreError> {
        let [parameters, known] = names(trained.cell);
        self.write_module(&parameters, codec)?;
        self.write_json(&known, trained)
    }

    fn read_module<M: Module>(
        &self,
        name: &str,
        untrained: impl FnOnce() -> M,
    ) -> Result<Option<M>, StoreError> {
        let Some(bytes) = self.read(name)? else { return Ok(None) };
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes));
        let record = record.map_err(|error| self.damaged(name, &error))?;
        let module = untrained().valid().try_load_record(record);
        module.map(Some).map_err(|error| self.damaged(name, &error))
    }

    fn write_module<M: Module>(&self, name: &str, module: &M) -> Result<(), StoreError> {
        let bytes = module.clone().into_record().into_bytes();
        self.write(name, &bytes.map_err(|error| self.damaged(name, &error))?)
    }

    fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let Some(bytes) = self.read(name)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| self.damaged(name, &error))
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match std::fs::read(self.path(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { path: self.path(name), source }),
        }
    }

    fn damaged(&self, name: &str, what: &impl ToString) -> StoreError {
        StoreError::Damaged { path: self.path(name), what: what.to_string() }
    }
}

/// Of parameters and of what is known.
fn names(cell: Cell) -> [String; 2] {
    ["bpk", "json"].map(|extension| format!("{}.{extension}", cell.name()))
}
