//! Policies that are no part of the service, as `cargo xtask policy` built them: the misbehaving
//! ones of `tests/guests`, and those in other languages than Rust.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, ensure};
use tokio::sync::Mutex;

use crate::parts;

/// Held while an interpreter is compiled, which takes all cores: the service gives it 30 s, and two
/// at once on a busy machine would take longer.
pub static COMPILING: Mutex<()> = Mutex::const_new(());

/// The component of a guest, by the name of its folder; without it the test that asks is
/// skipped, loudly.
///
/// # Errors
/// It is older than its source: a test of what is no more would prove nothing.
pub fn component(name: &str) -> anyhow::Result<Option<PathBuf>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("guests")
        .join(name);
    let built = parts::policies().join("guests").join(name);
    built_from(&source, &built, "build-guests")
}

/// The folder of a policy in another language than Rust, with its cases.
pub fn example_folder(name: &str) -> PathBuf {
    let examples = "../policy-guest/examples";
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(examples)
        .join(name)
}

/// The component of such a policy; without it the test that asks is skipped, loudly.
///
/// # Errors
/// It is older than its source.
pub fn example(name: &str) -> anyhow::Result<Option<PathBuf>> {
    let build = format!("build policy-guest/examples/{name}");
    built_from(&example_folder(name), &parts::policies().join(name), &build)
}

fn built_from(source: &Path, built: &Path, build: &str) -> anyhow::Result<Option<PathBuf>> {
    ensure!(source.is_dir(), "there is no policy {}", source.display());
    let built = built.with_extension("wasm");
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    if !built.is_file() {
        parts::skipped(&format!("policy {name} (cargo xtask policy {build})"));
        return Ok(None);
    }
    for entry in std::fs::read_dir(source)? {
        let file = entry?.path();
        ensure!(
            file.is_dir() || changed(&file)? <= changed(&built)?,
            "{} is newer than its component: cargo xtask policy {build}",
            file.display()
        );
    }
    Ok(Some(built))
}

fn changed(file: &Path) -> anyhow::Result<SystemTime> {
    let metadata = file.metadata();
    let changed = metadata.and_then(|metadata| metadata.modified());
    changed.with_context(|| file.display().to_string())
}
