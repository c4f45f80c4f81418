//! Guards the shape of the house by reading `src`: a file uses lower floors only, siblings never use each other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// Modules and their floors, from the ground up. Modules of one floor never use each other.
const FLOORS: &[(&str, u8)] = &[
    ("error", 0),
    ("types", 1),
    ("kernel", 2),
    ("persist", 2),
    ("data", 3),
    ("metrics", 3),
    ("simulate", 4),
    ("profile", 5),
    ("rfm", 5),
    ("segment", 5),
    ("churn", 5),
    ("ltv", 5),
    ("recommend", 5),
    ("pipeline", 6),
];

/// The floor of the models: they use `simulate` in tests only.
const MODELS: u8 = 5;

/// No file outside tests is longer.
const MAX_LINES: usize = 900;

/// Numerical dependencies that only `kernel` names, so that none of their types can leak into a public signature.
const BEHIND_THE_KERNEL: &[&str] = &["ndarray", "linfa", "linfa_clustering", "linfa_logistic"];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                into.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join("src"), &mut paths);
    paths.sort();
    let read = |p: PathBuf| {
        let text = fs::read_to_string(&p).unwrap();
        (p.strip_prefix(root).unwrap().to_owned(), text)
    };
    paths.into_iter().map(read).collect()
}

/// The module a file belongs to: the first name below `src`.
fn module_of(path: &Path) -> String {
    let first = path.components().nth(1).unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn floor_of(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(m, _)| *m == module).map(|(_, f)| *f)
}

fn is_test_file(path: &Path) -> bool {
    path.components().any(|c| c.as_os_str() == "tests" || c.as_os_str() == "tests.rs")
}

/// Lines of code outside `#[cfg(test)] mod ..` blocks, comments cut off, with their numbers from 1.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut in_tests = false;
    let mut pending = false;
    for (i, line) in text.lines().enumerate() {
        if in_tests {
            in_tests = !line.starts_with('}');
            continue;
        }
        let trimmed = line.trim();
        if trimmed == "#[cfg(test)]" {
            pending = true;
            continue;
        }
        if pending {
            pending = false;
            if trimmed.starts_with("mod ") && trimmed.ends_with('{') {
                in_tests = true;
                continue;
            }
            if trimmed.starts_with("mod ") || trimmed.starts_with("use ") {
                continue;
            }
        }
        let bare = if trimmed.starts_with("//") { "" } else { line.split(" // ").next().unwrap_or("") };
        lines.push((i + 1, bare.to_owned()));
    }
    lines
}

/// Names that follow `crate::` in a line, groups such as `crate::{data, types::Day}` included.
fn used_modules(line: &str) -> Vec<String> {
    let ident = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let boundary = line[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
        let rest = &line[at + "crate::".len()..];
        if !boundary {
            continue;
        }
        let Some(group) = rest.strip_prefix('{') else {
            found.push(ident(rest));
            continue;
        };
        let mut depth = 0;
        for part in group.split_inclusive([',', '{', '}']) {
            let name = ident(part.trim());
            if depth == 0 && !name.is_empty() {
                found.push(name);
            }
            depth += match part.chars().next_back() {
                Some('{') => 1,
                Some('}') => -1,
                _ => 0,
            };
        }
    }
    found
}

#[test]
fn a_file_uses_lower_floors_only() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        let module = module_of(&path);
        if module == "lib" || is_test_file(&path) {
            continue;
        }
        let Some(floor) = floor_of(&module) else {
            faults.push(format!("{}: module '{module}' has no floor", path.display()));
            continue;
        };
        for (number, line) in code(&text) {
            for used in used_modules(&line) {
                let too_high = used != module && floor_of(&used).is_some_and(|f| f >= floor);
                if too_high || (used == "simulate" && floor == MODELS) {
                    faults.push(format!("{}:{number}: '{module}' must not use '{used}'", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn numerical_dependencies_stay_behind_the_kernel() {
    let mut faults = Vec::new();
    for (path, text) in sources() {
        // Conversions that a feature adds to the public surface stand in files of that name.
        let conversions = path.file_name().is_some_and(|f| f == "ndarray.rs" || f == "linfa.rs");
        if module_of(&path) == "kernel" || is_test_file(&path) || conversions {
            continue;
        }
        for (number, line) in code(&text) {
            for name in BEHIND_THE_KERNEL {
                if line.contains(&format!("{name}::")) {
                    faults.push(format!("{}:{number}: only 'kernel' names {name}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn files_stay_readable() {
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|(path, text)| !is_test_file(path) && text.lines().count() > MAX_LINES)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "above {MAX_LINES} lines:\n{}", long.join("\n"));
}

/// Whoever can be fitted on the public surface is held against hostile data and against pools of threads: its name stands
/// in both tables.
#[test]
fn every_fit_is_in_the_contract_and_in_the_determinism_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let read = |file: &str| fs::read_to_string(root.join(file)).unwrap();
    let surface = read("public_api.txt");
    let fitted: Vec<&str> = surface
        .lines()
        .filter(|line| line.contains(" :: pub fn fit"))
        .map(|line| line.trim_start_matches("impl<'a> ").trim_start_matches("impl "))
        .map(|line| line.split([' ', '<']).next().unwrap())
        .collect();
    assert!(fitted.len() > 20 && fitted.contains(&"RfmParams"), "the surface is read: {fitted:?}");
    let mut missing = Vec::new();
    for file in ["contract.rs", "determinism.rs"] {
        let text = read(file);
        missing.extend(
            fitted.iter().filter(|name| !text.contains(**name)).map(|name| format!("{file}: {name}")),
        );
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_guard_sees_what_it_guards() {
    assert_eq!(used_modules("use crate::{data::Keys, types::{Day, Key}, ltv};"), ["data", "types", "ltv"]);
    assert_eq!(used_modules("let x = crate::rfm::f(crate::error::Error);"), ["rfm", "error"]);
    assert!(used_modules("regulars_crate::x").is_empty());
    let text = "a\n#[cfg(test)]\nmod tests {\n    use crate::simulate;\n}\nb // crate::ltv\n";
    let kept: Vec<_> = code(text).into_iter().map(|(n, l)| format!("{n}{l}")).collect();
    assert_eq!(kept, ["1a", "6b"]);
}
