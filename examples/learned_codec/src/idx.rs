//! MNIST's file format, idx: big-endian magic number, sizes, then bytes.

use crate::images::{CLASSES, Images, SIDE};
use flate2::read::MultiGzDecoder;
use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const IMAGES_MAGIC: u32 = 0x0803;
const LABELS_MAGIC: u32 = 0x0801;
const WHITE: f32 = 255.0;

/// Why a data set could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IdxError {
    /// Neither the file nor its compressed form is there.
    #[error("{0}: no such file, nor with .gz after it")]
    Missing(PathBuf),
    /// The system refuses to read it, or it is not a whole gzip file.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another kind of file.
    #[error("{path}: starts with {found:#010x}, an idx file of {what} with {expected:#010x}")]
    Magic {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// Its first four bytes.
        found: u32,
        /// What they should be.
        expected: u32,
    },
    /// The header promises less.
    #[error("{path}: {found} bytes or more, its header promises {expected}")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Bytes that were read.
        found: u64,
        /// Bytes there should be.
        expected: u64,
    },
    /// The file ends too early.
    #[error("{path}: ends after {found} bytes, must have {expected} at least")]
    TooShort {
        /// The file.
        path: PathBuf,
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        expected: u64,
    },
    /// Images of another size.
    #[error("{path}: images of {height} x {width} pixels, must be 28 x 28")]
    Size {
        /// The file.
        path: PathBuf,
        /// Rows of an image.
        height: u32,
        /// Columns of an image.
        width: u32,
    },
    /// A label that is no digit.
    #[error("{path}: label {label} of image {index}, must be at most 9")]
    Label {
        /// The file.
        path: PathBuf,
        /// The image, from 0.
        index: usize,
        /// Its label.
        label: u8,
    },
    /// Images and labels do not belong together.
    #[error("{path}: {labels} labels for {images} images")]
    Count {
        /// The file of labels.
        path: PathBuf,
        /// Labels in it.
        labels: usize,
        /// Images in the other file.
        images: usize,
    },
    /// Nothing in it.
    #[error("{0}: no images")]
    Empty(PathBuf),
}

/// The training set of a folder: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, each plain or with `.gz`.
///
/// # Errors
/// [`IdxError`], which names the file.
pub fn training_set(folder: &Path) -> Result<Images, IdxError> {
    pair(folder, "train")
}

/// The test set of a folder: `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each plain or with `.gz`.
///
/// # Errors
/// [`IdxError`], which names the file.
pub fn test_set(folder: &Path) -> Result<Images, IdxError> {
    pair(folder, "t10k")
}

fn pair(folder: &Path, name: &str) -> Result<Images, IdxError> {
    let (images_path, bytes) = images(&folder.join(format!("{name}-images-idx3-ubyte")))?;
    let (labels_path, labels) = labels(&folder.join(format!("{name}-labels-idx1-ubyte")))?;
    let images = bytes.len() / (SIDE * SIDE);
    if images == 0 {
        return Err(IdxError::Empty(images_path));
    }
    if images != labels.len() {
        return Err(IdxError::Count { path: labels_path, labels: labels.len(), images });
    }
    let pixels = bytes.iter().map(|&grey| f32::from(grey) / WHITE).collect();
    Ok(Images::new(pixels, labels))
}

fn images(path: &Path) -> Result<(PathBuf, Vec<u8>), IdxError> {
    let mut file = Idx::open(path, "images", IMAGES_MAGIC)?;
    let [count, height, width] = [file.number()?, file.number()?, file.number()?];
    if (height as usize, width as usize) != (SIDE, SIDE) {
        return Err(IdxError::Size { path: file.path, height, width });
    }
    file.rest(u64::from(count) * (SIDE * SIDE) as u64)
}

fn labels(path: &Path) -> Result<(PathBuf, Vec<u8>), IdxError> {
    let mut file = Idx::open(path, "labels", LABELS_MAGIC)?;
    let count = file.number()?;
    let (path, labels) = file.rest(u64::from(count))?;
    match labels.iter().position(|&label| usize::from(label) >= CLASSES) {
        Some(index) => Err(IdxError::Label { path, index, label: labels[index] }),
        None => Ok((path, labels)),
    }
}

struct Idx {
    path: PathBuf,
    reader: Box<dyn Read>,
    /// Bytes of the header that were read.
    read: u64,
}

impl Idx {
    fn open(plain: &Path, what: &'static str, expected: u32) -> Result<Self, IdxError> {
        let mut compressed = plain.as_os_str().to_owned();
        compressed.push(".gz");
        let compressed = PathBuf::from(compressed);
        let missing = || IdxError::Missing(plain.to_owned());
        let opened =
            [plain.to_owned(), compressed].into_iter().find_map(|path| match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                opened => Some((path, opened)),
            });
        let (path, opened) = opened.ok_or_else(missing)?;
        let file = opened.map_err(|source| IdxError::Unreadable { path: path.clone(), source })?;
        let reader: Box<dyn Read> = if path == plain {
            Box::new(io::BufReader::new(file))
        } else {
            Box::new(MultiGzDecoder::new(file))
        };
        let mut idx = Self { path, reader, read: 0 };
        let found = idx.number()?;
        if found != expected {
            return Err(IdxError::Magic { path: idx.path, what, found, expected });
        }
        Ok(idx)
    }

    fn number(&mut self) -> Result<u32, IdxError> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(4).read_to_end(&mut bytes);
        read.map_err(|source| IdxError::Unreadable { path: self.path.clone(), source })?;
        let number = bytes.try_into().map(u32::from_be_bytes).map_err(|short: Vec<u8>| {
            let found = self.read + short.len() as u64;
            IdxError::TooShort { path: self.path.clone(), found, expected: self.read + 4 }
        })?;
        self.read += 4;
        Ok(number)
    }

    /// What follows the header, exactly so many bytes.
    fn rest(self, expected: u64) -> Result<(PathBuf, Vec<u8>), IdxError> {
        let Self { path, reader, read } = self;
        let mut bytes = Vec::new();
        // One more than promised tells a file that is too long, whatever the header promises.
        match reader.take(expected + 1).read_to_end(&mut bytes) {
            Err(source) => Err(IdxError::Unreadable { path, source }),
            Ok(found) => {
                let (found, expected) = (read + found as u64, read + expected);
                match found.cmp(&expected) {
                    Ordering::Less => Err(IdxError::TooShort { path, found, expected }),
                    Ordering::Equal => Ok((path, bytes)),
                    Ordering::Greater => Err(IdxError::TooLong { path, found, expected }),
                }
            }
        }
    }
}
