//! A clock that is wrong, for programs under test: they ask the C library for the time, and a
//! library that is loaded before it answers with some seconds more or less.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, ensure};

use crate::parts;
use crate::server::Installation;

/// What runs from this installation believes that it is so many seconds later.
pub fn shift(usher: Installation, seconds: i64) -> anyhow::Result<Installation> {
    static LIBRARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = LIBRARY.get_or_init(|| build().map_err(|problem| format!("{problem:?}")));
    let library = built
        .as_ref()
        .map_err(|problem| anyhow::anyhow!("{problem}"))?;
    Ok(usher
        .with("LD_PRELOAD", library.display().to_string())
        .with("CLOCK_SHIFT_SECONDS", seconds.to_string()))
}

/// With the compiler that Rust links with.
fn build() -> anyhow::Result<PathBuf> {
    let source = parts::output().join(format!("clock-{}.c", std::process::id()));
    let library = source.with_extension("so");
    std::fs::write(&source, include_str!("clock/shift.c"))?;
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .status()
        .context("run cc")?;
    ensure!(status.success(), "cc ended with {status}");
    Ok(library)
}
