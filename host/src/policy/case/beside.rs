//! The cases that belong to a component.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::Case;
use crate::policy::Fingerprint;

/// The default policy's own.
static DEFAULT_CASES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../policy-guest/cases");

/// The cases of a component by name: those in `NAME.cases` beside `NAME.wasm`, or else in a
/// folder `cases` beside it, sorted; of the built-in default policy its own. None if there is no
/// such folder.
///
/// # Errors
/// A folder or file that cannot be read, or is no case; the words name it.
pub fn beside(module: Option<&Path>) -> Result<Vec<(String, Case)>, String> {
    match module {
        Some(module) => of_module(module),
        None => of_default(),
    }
}

fn of_default() -> Result<Vec<(String, Case)>, String> {
    let files = DEFAULT_CASES.files().map(|file| {
        let name = file.path().display().to_string();
        let text = file.contents_utf8().unwrap_or_default();
        Case::parse(text)
            .map(|case| (name.clone(), case))
            .map_err(|what| format!("{name}: {what}"))
    });
    files.collect()
}

fn of_module(module: &Path) -> Result<Vec<(String, Case)>, String> {
    let Some(folder) = folder(module) else {
        return Ok(Vec::new());
    };
    let files = files(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let read = files.into_iter().map(|file| {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
        let case = Case::parse(&text).map_err(|what| format!("{name}: {what}"))?;
        Ok((name, case))
    });
    read.collect()
}

/// Tells whether the cases beside a component are still the same.
pub fn fingerprints(module: &Path) -> Vec<Fingerprint> {
    let files = folder(module).and_then(|folder| files(&folder).ok());
    let files = files.unwrap_or_default();
    files
        .iter()
        .filter_map(|file| Fingerprint::of(file))
        .collect()
}

fn folder(module: &Path) -> Option<PathBuf> {
    let folders = [
        module.with_extension("cases"),
        module.with_file_name("cases"),
    ];
    folders.into_iter().find(|folder| folder.is_dir())
}

/// The `.json` files of a folder, by name. Reading a pipe would wait for whoever writes to it.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|it| it == "json") && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}
