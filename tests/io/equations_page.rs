//! The functions and tests that `docs/equations.md` names exist.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// All Rust code below a folder, tests or library.
fn code_below(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &code_below(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// What stands between backticks on a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The names that a reference like `[`Problem::solve`][problem]` defines a link for.
fn links(page: &str) -> Vec<(String, PathBuf)> {
    let link = |line: &str| {
        let (name, path) = line.strip_prefix('[')?.split_once("]: ")?;
        Some((name.to_owned(), root().join("docs").join(path)))
    };
    page.lines().filter_map(link).collect()
}

/// `[`A::b`, `c`][file]` on a line: the names, and the name of the link.
fn references(line: &str) -> Vec<(Vec<&str>, &str)> {
    let mut found = Vec::new();
    for part in line.split("[`").skip(1) {
        let Some((names, rest)) = part.split_once("][") else { continue };
        let Some((link, _)) = rest.split_once(']') else { continue };
        let names = names.split('`').step_by(2).map(|name| name.trim_matches([',', ' ']));
        found.push((names.filter(|name| !name.is_empty()).collect(), link));
    }
    found
}

#[test]
fn every_function_is_in_the_file_that_it_is_linked_to() {
    let page = fs::read_to_string(root().join("docs/equations.md")).unwrap();
    let links = links(&page);
    let mut checked = 0;
    for (names, link) in page.lines().flat_map(references) {
        let found = links.iter().find(|(name, _)| name == link);
        let Some((_, path)) = found else { panic!("docs/equations.md has no link [{link}]") };
        let text = if path.is_dir() {
            code_below(path)
        } else {
            fs::read_to_string(path).unwrap_or_else(|e| panic!("[{link}] {}: {e}", path.display()))
        };
        for name in names {
            let last = name.rsplit("::").next().unwrap();
            let defined = [
                "fn ",
                "mod ",
                "struct ",
                "enum ",
                "const ",
                "pub ",
                "pub(crate) ",
                "type ",
                "    ",
            ]
            .iter()
            .any(|kind| {
                text.match_indices(&format!("{kind}{last}")).any(|(at, found)| {
                    !text[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                })
            });
            assert!(defined, "docs/equations.md: {name} is not in {}", path.display());
            checked += 1;
        }
    }
    assert!(checked > 90, "only {checked} functions were read");
}

#[test]
fn every_test_that_is_named_exists() {
    let page = fs::read_to_string(root().join("docs/equations.md")).unwrap();
    let library = code_below(&root().join("src"));
    // The learned codec is a crate of its own, with tests of its own.
    let tests = [root().join("tests"), root().join("examples/learned_codec/tests")];
    let mut checked = 0;
    for line in page.lines().filter(|line| line.starts_with('|')) {
        let Some(cell) = line.trim_end_matches('|').rsplit('|').next() else { continue };
        for name in quoted(cell)
            .filter(|name| !name.contains(|c: char| c.is_uppercase() || "( /.".contains(c)))
        {
            let parts: Vec<&str> = name.split("::").collect();
            let (folders, test) = parts.split_at(parts.len() - 1);
            let named = |text: &str| text.contains(&format!("fn {}(", test[0]));
            let exists = if folders.is_empty() {
                named(&library)
            } else {
                let below =
                    |tests: &PathBuf| folders.iter().fold(tests.clone(), |at, part| at.join(part));
                let text = tests.iter().map(below).find_map(|module| {
                    let file = fs::read_to_string(module.with_extension("rs")).ok();
                    file.or_else(|| module.is_dir().then(|| code_below(&module)))
                });
                let Some(text) = text else { panic!("docs/equations.md: {name} has no file") };
                test == ["*"] || named(&text)
            };
            assert!(exists, "docs/equations.md names {name}, which does not exist");
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} tests were read");
}
