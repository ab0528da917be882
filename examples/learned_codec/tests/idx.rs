//! MNIST's files: read plain and compressed, refused by name where they are damaged.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "common/folder.rs"]
mod folder;

use flate2::Compression;
use flate2::write::GzEncoder;
use folder::Folder;
use learned_codec::PIXELS;
use learned_codec::idx::{IdxError, test_set, training_set};
use std::fs;
use std::io::Write;
use std::path::Path;

const IMAGES: &str = "train-images-idx3-ubyte";
const LABELS: &str = "train-labels-idx1-ubyte";

fn idx(magic: u32, sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let header = std::iter::once(magic).chain(sizes.iter().copied());
    header.flat_map(u32::to_be_bytes).chain(bytes.iter().copied()).collect()
}

/// Two images, the second black but for its last pixel.
fn images() -> Vec<u8> {
    let mut bytes = vec![0; 2 * PIXELS];
    bytes[..PIXELS].fill(51);
    bytes[2 * PIXELS - 1] = 255;
    idx(0x803, &[2, 28, 28], &bytes)
}

fn labels() -> Vec<u8> {
    idx(0x801, &[2], &[7, 0])
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn folder(files: &[(&str, Vec<u8>)]) -> Folder {
    let folder = Folder::new();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn refusal(files: &[(&str, Vec<u8>)]) -> (IdxError, String) {
    let folder = folder(files);
    let error = training_set(folder.path()).unwrap_err();
    let text = error.to_string();
    (error, text)
}

#[test]
fn plain_and_compressed_files_are_read() {
    let gz = |name: &str| format!("{name}.gz");
    let (images_gz, labels_gz) = (gz(IMAGES), gz(LABELS));
    // Compressed in two parts, as some programs do.
    let parts = [zipped(&images()[..500]), zipped(&images()[500..])].concat();
    for files in [
        [(&*images_gz, parts), (LABELS, labels())],
        [(IMAGES, images()), (LABELS, labels())],
        [(&*images_gz, zipped(&images())), (&*labels_gz, zipped(&labels()))],
        [(IMAGES, images()), (&*labels_gz, zipped(&labels()))],
    ] {
        let folder = folder(&files);
        let set = training_set(folder.path()).unwrap();
        assert_eq!(set.labels(), [7, 0]);
        assert!(set.image(0).iter().all(|&pixel| pixel == 0.2));
        assert_eq!((set.image(1)[0], set.image(1)[PIXELS - 1]), (0.0, 1.0));
    }
}

#[test]
fn missing_files_are_named() {
    let (error, text) = refusal(&[(IMAGES, images())]);
    assert!(matches!(error, IdxError::Missing(_)) && text.contains(LABELS), "{text}");
    let error = test_set(Path::new("nowhere")).unwrap_err();
    assert!(error.to_string().contains("t10k-images-idx3-ubyte"));
}

#[test]
fn a_truncated_file_is_named_with_both_lengths() {
    let whole = images();
    for length in [whole.len() - 1, 20, 10, 4, 0] {
        let (error, text) = refusal(&[(IMAGES, whole[..length].to_vec()), (LABELS, labels())]);
        let IdxError::TooShort { found, expected, .. } = error else { panic!("{text}") };
        assert_eq!(found, length as u64);
        assert!(expected > found && text.contains(IMAGES), "{text}");
    }
    let (error, text) = refusal(&[(IMAGES, whole), (LABELS, labels()[..9].to_vec())]);
    assert!(matches!(error, IdxError::TooShort { found: 9, expected: 10, .. }), "{text}");
}

#[test]
fn a_truncated_gzip_file_is_named() {
    let mut short = zipped(&images());
    short.truncate(short.len() - 9);
    let (error, text) = refusal(&[("train-images-idx3-ubyte.gz", short), (LABELS, labels())]);
    assert!(matches!(error, IdxError::Unreadable { .. }), "{text}");
    assert!(text.contains("train-images-idx3-ubyte.gz"), "{text}");
    let mut trailed = zipped(&images());
    trailed.extend(b"rubbish");
    let (error, text) = refusal(&[("train-images-idx3-ubyte.gz", trailed), (LABELS, labels())]);
    assert!(matches!(error, IdxError::Unreadable { .. }), "{text}");
    let (error, _) = refusal(&[("train-images-idx3-ubyte.gz", b"no gzip".to_vec())]);
    assert!(matches!(error, IdxError::Unreadable { .. }));
}

#[test]
fn other_contents_are_refused() {
    let mut long = images();
    long.push(0);
    let (error, _) = refusal(&[(IMAGES, long), (LABELS, labels())]);
    assert!(matches!(error, IdxError::TooLong { .. }));
    let (error, text) = refusal(&[(IMAGES, labels()), (LABELS, labels())]);
    assert!(matches!(error, IdxError::Magic { found: 0x801, expected: 0x803, .. }), "{text}");
    let (error, _) = refusal(&[(IMAGES, idx(0x803, &[1, 8, 8], &[0; 64])), (LABELS, labels())]);
    assert!(matches!(error, IdxError::Size { height: 8, width: 8, .. }));
    let (error, _) = refusal(&[(IMAGES, images()), (LABELS, idx(0x801, &[2], &[1, 10]))]);
    assert!(matches!(error, IdxError::Label { index: 1, label: 10, .. }));
    let (error, _) = refusal(&[(IMAGES, images()), (LABELS, idx(0x801, &[3], &[1, 2, 3]))]);
    assert!(matches!(error, IdxError::Count { labels: 3, images: 2, .. }));
    let (error, _) =
        refusal(&[(IMAGES, idx(0x803, &[0, 28, 28], &[])), (LABELS, idx(0x801, &[0], &[]))]);
    assert!(matches!(error, IdxError::Empty(_)));
    // A header that promises more than any file holds is refused by its length, without asking for that much memory.
    let (error, _) =
        refusal(&[(IMAGES, idx(0x803, &[u32::MAX, 28, 28], &[0; 10])), (LABELS, labels())]);
    assert!(matches!(error, IdxError::TooShort { found: 26, .. }));
}
