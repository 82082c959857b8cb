//! The cases that belong to a component.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::Case;

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
    let folders = [
        module.with_extension("cases"),
        module.with_file_name("cases"),
    ];
    let Some(folder) = folders.iter().find(|folder| folder.is_dir()) else {
        return Ok(Vec::new());
    };
    let unreadable = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    let read = files.into_iter().map(|file| {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
        let case = Case::parse(&text).map_err(|what| format!("{name}: {what}"))?;
        Ok((name, case))
    });
    read.collect()
}
