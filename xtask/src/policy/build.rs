//! One cargo run for one crate, the same bytes from every folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::Deserialize;

use super::toolchain::{TARGET, Toolchain};
use super::workspace::{Workspace, environment};

/// Stack of a policy in bytes; the host allows more, so that an overflow traps in the guest.
const STACK: u32 = 64 * 1024;

/// The profile, for crates whose workspace does not define it.
const PROFILE: [&str; 7] = [
    "profile.guest.inherits='release'",
    "profile.guest.opt-level='s'",
    "profile.guest.strip=true",
    "profile.guest.lto=true",
    "profile.guest.codegen-units=1",
    "profile.guest.panic='abort'",
    "profile.guest.overflow-checks=false",
];

/// A component and where it was written.
pub(crate) struct Component {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
}

/// The core module of a crate's library, with the library's name.
pub(crate) fn library(
    workspace: &Workspace,
    toolchain: &Toolchain,
    folder: &Path,
) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    modules(workspace, toolchain, folder, "--lib")
}

/// The core modules of a crate's examples, with their names, in the order of the names.
pub(crate) fn examples(
    workspace: &Workspace,
    toolchain: &Toolchain,
    folder: &Path,
) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    modules(workspace, toolchain, folder, "--examples")
}

/// Flags that decide the bytes, free of the folders of this machine.
pub(crate) fn flags() -> Vec<String> {
    let mut flags = vec![
        format!("-Clink-arg=-zstack-size={STACK}"),
        "--remap-path-prefix=(std, cargo home, workspace)".to_owned(),
    ];
    flags.extend(PROFILE.map(str::to_owned));
    flags
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn modules(
    workspace: &Workspace,
    toolchain: &Toolchain,
    folder: &Path,
    what: &str,
) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let folder = folder
        .canonicalize()
        .with_context(|| format!("{} is no folder", folder.display()))?;
    let manifest = folder.join("Cargo.toml");
    anyhow::ensure!(
        manifest.is_file(),
        "{} holds no Cargo.toml",
        folder.display()
    );
    let output = cargo(workspace, toolchain, &manifest)
        .arg(what)
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be started")?;
    anyhow::ensure!(
        output.status.success(),
        "{} does not build",
        folder.display()
    );
    let mut modules = Vec::new();
    for line in output.stdout.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<Message>(line) else {
            continue;
        };
        let (true, Some(target)) = (message.reason == "compiler-artifact", message.target) else {
            continue;
        };
        let wasm = message.filenames.iter();
        for file in wasm.filter(|file| file.extension().is_some_and(|ending| ending == "wasm")) {
            modules.push((target.name.replace('_', "-"), std::fs::read(file)?));
        }
    }
    modules.sort();
    Ok(modules)
}

fn cargo(workspace: &Workspace, toolchain: &Toolchain, manifest: &Path) -> Command {
    let mut cargo = Command::new(environment("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    cargo
        .args(["build", "--profile", "guest", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(manifest)
        .args(toolchain.cargo_arguments())
        .env_remove("RUSTFLAGS")
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            encoded_flags(workspace, toolchain),
        )
        .env(
            "CARGO_TARGET_DIR",
            workspace.target.join("guest").join(toolchain.key()),
        )
        .envs(toolchain.environment());
    if manifest.starts_with(workspace.default_policy())
        && manifest.parent() == Some(&workspace.default_policy())
    {
        cargo.arg("--locked");
    } else {
        cargo.args(PROFILE.iter().flat_map(|setting| ["--config", setting]));
    }
    cargo
}

/// Separated by 0x1f, since folders may have blanks in their names.
fn encoded_flags(workspace: &Workspace, toolchain: &Toolchain) -> String {
    let remaps = [
        (toolchain.std_sources(), "/rust"),
        (cargo_home(), "/cargo"),
        (workspace.root.clone(), "/src"),
    ];
    let mut flags = vec![format!("-Clink-arg=-zstack-size={STACK}")];
    for (folder, name) in remaps {
        flags.push(format!("--remap-path-prefix={}={name}", folder.display()));
    }
    flags.join("\x1f")
}

fn cargo_home() -> PathBuf {
    let home = environment("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(Path::new(&environment("HOME")?).join(".cargo")))
        .unwrap_or_else(|| PathBuf::from(".cargo"))
}
