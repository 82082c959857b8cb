//! A hash of everything that the default policy's bytes are made from.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::build;
use super::sha256;
use super::toolchain::{TARGET, text};
use super::workspace::{Workspace, environment};

/// Files and folders that are compiled in or decide how.
const SOURCES: [&str; 6] = [
    "host/src/policy/componentize.rs",
    "policy-guest/Cargo.toml",
    "policy-guest/src",
    "policy-sdk/Cargo.toml",
    "policy-sdk/src",
    "wit",
];

/// Parts of the kit for native tests, absent from components.
const NATIVE: [&str; 3] = [
    "policy-sdk/src/case",
    "policy-sdk/src/case.rs",
    "policy-sdk/src/fake.rs",
];

/// SHA-256 over sources, contract, flags, and the versions of what is compiled in or encodes.
pub(crate) fn hash(workspace: &Workspace) -> anyhow::Result<String> {
    let mut listing = String::new();
    for file in files(workspace)? {
        let bytes = std::fs::read(workspace.root.join(&file))?;
        listing.push_str(&format!("{} {}\n", file.display(), sha256(&bytes)));
    }
    listing.push_str(&tools(workspace)?.join("\n"));
    listing.push_str(&build::flags().join("\n"));
    Ok(sha256(listing.as_bytes()))
}

/// Crates that are compiled in, generate code, or encode, with version and features: the part of
/// the lock file that matters, so that the host's dependencies can move freely.
pub(crate) fn tools(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut tools = tree(
        workspace,
        &[
            "-p",
            "policy-guest",
            "-e",
            "normal,build",
            "--target",
            TARGET,
        ],
    )?;
    tools.extend(tree(
        workspace,
        &["-p", "xtask", "-e", "normal", "--depth", "1"],
    )?);
    tools.retain(|line| line.starts_with("wit-"));
    tools.extend(tree(
        workspace,
        &[
            "-p",
            "policy-guest",
            "-e",
            "normal,no-proc-macro",
            "--target",
            TARGET,
        ],
    )?);
    tools.retain(|line| !line.contains(" (/") && !line.contains("(*)"));
    tools.sort();
    tools.dedup();
    Ok(tools)
}

fn tree(workspace: &Workspace, arguments: &[&str]) -> anyhow::Result<Vec<String>> {
    let mut cargo = Command::new(environment("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    let listing = text(
        cargo
            .args([
                "tree", "--locked", "--prefix", "none", "--format", "{p} {f}",
            ])
            .args(arguments)
            .current_dir(&workspace.root),
    )
    .context("cargo tree")?;
    Ok(listing.lines().map(|line| line.trim().to_owned()).collect())
}

fn files(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = SOURCES.iter().map(PathBuf::from).collect();
    while let Some(path) = open.pop() {
        if NATIVE.iter().any(|native| path == Path::new(native)) {
            continue;
        }
        let place = workspace.root.join(&path);
        if place.is_dir() {
            for entry in std::fs::read_dir(&place)? {
                open.push(path.join(entry?.file_name()));
            }
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
