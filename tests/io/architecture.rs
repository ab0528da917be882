//! The layers of `src/`, read from its `use` lines: imports run downward, no files import each other in a circle, and a name
//! is imported from the module that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the lowest layer to the highest: a file may import from its own layer and from those before it.
const LAYERS: [&str; 15] = [
    "error and validate",
    "numerics",
    "model",
    "result",
    "proof",
    "subproblem",
    "feasibility",
    "solver",
    "functions",
    "queries",
    "closed_form",
    "theorem1",
    "serial",
    "strategies",
    "plot",
];

/// The files that belong to no folder.
const ROOT: [&str; 3] = ["error.rs", "lib.rs", "validate.rs"];

/// One path of a `use` line (or of the code), from the root of the crate: `model::cost::Cost`.
struct Import {
    file: String,
    line: usize,
    path: Vec<String>,
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every file below `src/` by its path from there.
fn files() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![source_folder()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(source_folder()).unwrap().to_str().unwrap();
                found.insert(name.replace('\\', "/"), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// The code without comments, without the texts of strings, and without the tests at the end; lines stay where they are.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let line = |line: &str| {
        let mut pieces = line.split("//").next().unwrap().split('"');
        let outside: Vec<&str> = pieces.by_ref().step_by(2).collect();
        outside.join("\"\"")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn expanded(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap().trim().to_owned()];
    };
    let inner = &rest[..rest.rfind('}').unwrap()];
    let mut depth = 0;
    let parts = inner.split(|c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| expanded(&format!("{prefix}{}", part.trim()))).collect()
}

/// The module that a file is, as its path from the root.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The imports of a file from this crate: `use` lines, and paths from the root within the code.
fn imports(file: &str, text: &str) -> Vec<Import> {
    let code = code(text);
    let mut found = Vec::new();
    let mut add = |at: usize, path: &str| {
        let mut segments: Vec<String> = path.split("::").map(str::to_owned).collect();
        let mut base = match segments[0].as_str() {
            "crate" => Vec::new(),
            "super" => module_of(file),
            _ => return,
        };
        while segments.first().is_some_and(|segment| segment == "super" || segment == "crate") {
            if segments.remove(0) == "super" {
                base.pop();
            }
        }
        base.extend(segments);
        let line = code[..at].lines().count().max(1);
        found.push(Import { file: file.to_owned(), line, path: base });
    };
    for (at, _) in code.match_indices("use ") {
        let starts_line = code[..at].rsplit('\n').next().unwrap();
        if starts_line.is_empty() || starts_line.starts_with("pub") {
            let tree = code[at + 4..].split(';').next().unwrap();
            expanded(&tree.replace('\n', " ")).iter().for_each(|path| add(at + 4, path));
        }
    }
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].lines().last().unwrap_or_default();
        let path: String =
            code[at..].chars().take_while(|c| c.is_alphanumeric() || "_:".contains(*c)).collect();
        if !before.contains("use ") {
            add(at, path.trim_end_matches(':'));
        }
    }
    found
}

/// The file that defines what a path names: the longest part of it that is a module.
fn target<'a>(modules: &BTreeMap<Vec<String>, &'a str>, path: &[String]) -> &'a str {
    let longest = (0..=path.len()).rev().find_map(|length| modules.get(&path[..length]));
    longest.copied().unwrap()
}

fn layer(file: &str) -> usize {
    let folder = file.split_once('/').map_or(LAYERS[0], |(folder, _)| folder);
    let known = LAYERS.iter().position(|layer| *layer == folder);
    known.unwrap_or_else(|| panic!("src/{file} belongs to no layer that this test knows"))
}

fn all_imports() -> Vec<(Import, String)> {
    let files = files();
    let modules: BTreeMap<Vec<String>, &str> =
        files.keys().map(|file| (module_of(file), file.as_str())).collect();
    let of_file = |(file, text): (&String, &String)| imports(file, text);
    let found: Vec<Import> = files.iter().flat_map(of_file).collect();
    assert!(found.len() > 400, "only {} imports were read", found.len());
    let aimed = |import: Import| {
        let target = target(&modules, &import.path).to_owned();
        (import, target)
    };
    found.into_iter().map(aimed).filter(|(import, target)| import.file != *target).collect()
}

#[test]
fn imports_run_downward_and_name_the_module_that_defines() {
    let mut wrong = Vec::new();
    for (Import { file, line, path }, target) in all_imports() {
        if file == "lib.rs" {
            continue;
        }
        let path = path.join("::");
        if target == "lib.rs" {
            wrong.push(format!(
                "src/{file}:{line}: `crate::{path}` is not imported from its module"
            ));
        } else if layer(&target) > layer(&file) {
            let (from, to) = (LAYERS[layer(&file)], LAYERS[layer(&target)]);
            wrong.push(format!(
                "src/{file}:{line}: {from} imports `crate::{path}` from {to} above it"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (import, target) in all_imports() {
        edges.entry(import.file).or_default().insert(target);
    }
    // Files that import nothing but what has been taken away are taken away; what is left imports in circles.
    loop {
        let open: BTreeSet<&String> = edges.keys().collect();
        let done: Vec<String> = edges
            .iter()
            .filter(|(_, targets)| !targets.iter().any(|target| open.contains(target)))
            .map(|(file, _)| file.clone())
            .collect();
        if done.is_empty() {
            break;
        }
        edges.retain(|file, _| !done.contains(file));
    }
    assert!(edges.is_empty(), "on a circle, or above one: {:?}", edges.keys());
}

#[test]
fn only_the_crate_its_errors_and_its_rules_lie_at_the_root() {
    let files = files();
    let root: Vec<&str> = files.keys().map(String::as_str).filter(|f| !f.contains('/')).collect();
    assert_eq!(root, ROOT);
}
