//! What the program itself says where it refuses.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

#[path = "common/folder.rs"]
mod folder;

use folder::Folder;
use std::fs;
use std::process::Command;

/// Exit code and standard error.
fn refusal(arguments: &[&str]) -> (i32, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_learned-codec")).args(arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn missing_and_truncated_files_are_named() {
    let folder = Folder::new();
    let mnist = folder.path().to_str().unwrap();
    let name = "train-images-idx3-ubyte";
    let (code, text) = refusal(&["--mnist", mnist]);
    let path = folder.path().join(name);
    let expected = format!("{}: no such file, nor with .gz after it\n", path.display());
    assert_eq!((code, text), (1, expected));

    fs::write(&path, [0, 0, 8, 3, 0, 0]).unwrap();
    let (code, text) = refusal(&["--mnist", mnist]);
    let expected = format!("{}: ends after 6 bytes, must have 8 at least\n", path.display());
    assert_eq!((code, text), (1, expected));
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for (arguments, says) in [
        (["--temperature", "nan"], "must be from 0.001 to 1000"),
        (["--temperature", "0"], "must be from 0.001 to 1000"),
        (["--workers", "0"], "--workers"),
        (["--grid", "huge"], "possible values: smoke, small, mnist, paper"),
    ] {
        let (code, text) = refusal(&arguments);
        assert_eq!(code, 2);
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (code, text) = refusal(&["--grid", "smoke", "--out", file.join("runs").to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(text.contains("runs: "), "{text}");
}
