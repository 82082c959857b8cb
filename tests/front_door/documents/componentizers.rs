//! Tools of other languages in the documents: already fetched by `cargo xtask test`, so that
//! installing them means to name the versions that it fetched.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use anyhow::Context;
use usher_tests::parts;
use usher_tests::server::Installation;

use crate::documents::root;

const TOOLS: [&str; 2] = ["componentize-qjs", "componentize-py"];

/// The package that the documents install is the one that the examples are built with.
pub(super) fn is_ours(package: &str) -> anyhow::Result<()> {
    let folder = root().join("xtask/src/policy/languages");
    let line = format!("const TOOL: &str = \"{package}\";");
    for entry in std::fs::read_dir(folder)? {
        if std::fs::read_to_string(entry?.path())?.contains(&line) {
            return Ok(());
        }
    }
    anyhow::bail!("cargo xtask builds with another version than {package}")
}

/// Puts the tool that a command calls to where installing it would. False if the command needs
/// one that is not here.
pub(super) fn placed(installation: &Installation, command: &str) -> anyhow::Result<bool> {
    let program = command.split(' ').next().unwrap_or_default();
    let called = TOOLS.into_iter().find(|tool| program.ends_with(tool));
    if let Some(tool) = called {
        let Some(program) = parts::componentizer(tool) else {
            return Ok(false);
        };
        place(installation, tool, &program)?;
    }
    let made = |word: &str| word.ends_with(".wasm") && !word.contains('/');
    let uses = program == "usher" && command.split(' ').any(made);
    let all_there = command
        .split(' ')
        .filter(|word| made(word))
        .all(|word| installation.path(word).is_file());
    Ok(!uses || all_there)
}

fn place(installation: &Installation, tool: &str, program: &Path) -> anyhow::Result<()> {
    let folder = program.ancestors().nth(2).context("PACKAGES/bin/TOOL")?;
    if tool == "componentize-qjs" {
        let modules = installation.path("node_modules");
        if !modules.exists() {
            symlink(folder, modules)?;
        }
        return Ok(());
    }
    let script = installation.path("bin").join(tool);
    let (home, program) = (folder.display(), program.display());
    let line = format!("#!/bin/sh\nPYTHONPATH='{home}' exec '{program}' \"$@\"\n");
    std::fs::write(&script, line)?;
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755))?;
    Ok(())
}
