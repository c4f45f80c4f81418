//! Shows a reviewer every change of the public surface: `tests/public_api.txt` lists each public item with its
//! signature. After a change that is meant, run the test with `REGULARS_BLESS=1` and commit the new list.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

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

/// The item that begins at `line`, up to the brace, semicolon or comma that ends its signature.
fn signature<'a>(line: &str, rest: &mut impl Iterator<Item = &'a str>) -> String {
    let mut item = line.trim().to_owned();
    let open = |s: &str| s.matches(['(', '[']).count() > s.matches([')', ']']).count();
    let unfinished = |s: &str| {
        open(s) || !s.ends_with(['{', ';', ',', '}']) || (s.starts_with("pub use") && !s.ends_with(';'))
    };
    while unfinished(&item) {
        let Some(next) = rest.next() else { break };
        write!(item, " {}", next.trim()).unwrap();
    }
    item.trim_end_matches(['{', ' ', ';', ',']).replace("( ", "(").replace(", )", ")").replace("{ }", "{}")
}

/// Public items of a file, each in one line, with the `impl`, `trait`, `enum` or `struct` that holds it.
fn public_items(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut holder = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        let depth = line.len() - trimmed.len();
        if depth == 0 && trimmed.starts_with("mod ") && trimmed.ends_with('{') {
            // Only tests are inline modules.
            lines.by_ref().find(|l| *l == "}");
            continue;
        }
        let holds = ["impl", "pub trait", "pub enum", "pub struct"].iter().any(|s| trimmed.starts_with(s));
        if depth == 0 && holds {
            holder = signature(line, &mut lines);
            if holder.starts_with("pub") || holder.contains(" for ") {
                items.push(holder.clone());
            }
            continue;
        }
        let inside_public = (holder.starts_with("pub trait") && trimmed.starts_with("fn "))
            || (holder.starts_with("pub enum") && trimmed.starts_with(char::is_uppercase));
        if depth == 0 && trimmed.starts_with("pub ") {
            items.push(signature(line, &mut lines));
        } else if depth == 4 && (trimmed.starts_with("pub ") || inside_public) {
            let item = signature(line, &mut lines);
            items.push(format!("{holder} :: {item}"));
        }
    }
    items
}

#[test]
fn the_public_surface_is_as_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join("src"), &mut paths);
    paths.sort();
    let mut list = String::new();
    for path in paths {
        let relative = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        if relative.starts_with("src/kernel") || relative.contains("tests") || relative.ends_with("wire.rs") {
            continue;
        }
        let items = public_items(&fs::read_to_string(&path).unwrap());
        if !items.is_empty() {
            write!(list, "\n# {relative}\n{}\n", items.join("\n")).unwrap();
        }
    }
    let list = list.trim_start();
    let file = root.join("tests/public_api.txt");
    if std::env::var_os("REGULARS_BLESS").is_some() {
        fs::write(&file, list).unwrap();
        return;
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    let missing_in = |other: &str, line: &&str| !other.lines().any(|l| l == *line);
    let added = list.lines().filter(|l| missing_in(&known, l)).map(|l| format!("+ {l}"));
    let removed = known.lines().filter(|l| missing_in(list, l)).map(|l| format!("- {l}"));
    let changes: Vec<String> = added.chain(removed).collect();
    assert!(
        changes.is_empty(),
        "the public surface changed; if it is meant, run with REGULARS_BLESS=1 and commit the list:\n{}",
        changes.join("\n")
    );
}

#[test]
fn the_list_sees_what_it_lists() {
    let text = "/// doc\npub struct A<'a> {\n    /// x\n    pub x: i32,\n    y: i32,\n}\nimpl A<'_> {\n    pub fn f(\n        \
                &self,\n        n: usize,\n    ) -> Result<()>\n    where\n        Self: Sized,\n    {\n        pub_not();\n    }\n    \
                pub(crate) fn g() {}\n}\nimpl Clone for A<'_> {\n}\npub enum E {\n    One,\n    Two { a: i32 },\n}\nmod tests {\n    \
                pub fn hidden() {}\n}\n";
    let expected = [
        "pub struct A<'a>",
        "pub struct A<'a> :: pub x: i32",
        "impl A<'_> :: pub fn f(&self, n: usize) -> Result<()> where Self: Sized",
        "impl Clone for A<'_>",
        "pub enum E",
        "pub enum E :: One",
        "pub enum E :: Two { a: i32 }",
    ];
    assert_eq!(public_items(text), expected);
}
