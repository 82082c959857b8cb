//! The misbehaving policies of `tests/guests`, as `cargo xtask policy build-guests` built them.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, ensure};

use crate::parts;

/// The component of a guest, by the name of its folder; without it the test that asks is
/// skipped, loudly.
///
/// # Errors
/// It is older than its source: a test of what is no more would prove nothing.
pub fn component(name: &str) -> anyhow::Result<Option<PathBuf>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("guests")
        .join(name);
    ensure!(source.is_dir(), "there is no guest {}", source.display());
    let built = parts::policies().join("guests").join(name);
    let built = built.with_extension("wasm");
    if !built.is_file() {
        parts::skipped(&format!("guest {name} (cargo xtask policy build-guests)"));
        return Ok(None);
    }
    for entry in std::fs::read_dir(&source)? {
        let file = entry?.path();
        ensure!(
            changed(&file)? <= changed(&built)?,
            "{} is newer than its component: cargo xtask policy build-guests",
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
