//! `cargo xtask policy …`: sources to components.

mod build;
mod committed;
mod debian;
mod guests;
pub(crate) mod languages;
mod sources;
mod toolchain;
pub(crate) mod workspace;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use sha2::{Digest as _, Sha256};

use crate::componentize;
use build::Component;
use languages::Language;
use toolchain::{Route, Toolchain};
use workspace::Workspace;

/// What to do with policies.
#[derive(Subcommand)]
pub(crate) enum Task {
    /// Build a policy to a component under target/policies: a Rust crate, or a folder with rules.c,
    /// rules.js or rules.py
    Build {
        /// Folder of the policy; the default policy if left out
        path: Option<PathBuf>,
        /// Rewrite the committed component and its provenance (default policy only)
        #[arg(long, conflicts_with = "path")]
        update: bool,
        /// Use this toolchain instead of searching
        #[arg(long)]
        toolchain: Option<Route>,
    },
    /// Build the default policy and fail if the committed component is stale
    Check {
        /// Use this toolchain instead of searching
        #[arg(long)]
        toolchain: Option<Route>,
    },
    /// Build the misbehaving policies of the tests
    BuildGuests {
        /// Use this toolchain instead of searching
        #[arg(long)]
        toolchain: Option<Route>,
    },
}

/// Runs a task; the error is for the person who typed it.
pub(crate) fn run(task: Task) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match task {
        Task::Build {
            path,
            update,
            toolchain,
        } => {
            let language = path.as_deref().and_then(Language::of);
            if let (Some(path), Some(language)) = (&path, language) {
                return report_one(&languages::build(&workspace, language, path)?);
            }
            let toolchain = Toolchain::find(&workspace, toolchain)?;
            match path {
                Some(path) => build_one(&workspace, &toolchain, &path),
                None => build_default(&workspace, &toolchain, update),
            }
        }
        Task::Check { toolchain } => {
            let toolchain = Toolchain::find(&workspace, toolchain)?;
            let component = default_component(&workspace, &toolchain)?;
            committed::check(&workspace, &toolchain, &component.bytes)
        }
        Task::BuildGuests { toolchain } => {
            guests::build(&workspace, &Toolchain::find(&workspace, toolchain)?)
        }
    }
}

fn build_default(workspace: &Workspace, toolchain: &Toolchain, update: bool) -> anyhow::Result<()> {
    let component = default_component(workspace, toolchain)?;
    report(&component);
    if update {
        return committed::update(workspace, toolchain, &component.bytes);
    }
    println!("{}", environment_line(&component.path));
    Ok(())
}

fn default_component(workspace: &Workspace, toolchain: &Toolchain) -> anyhow::Result<Component> {
    let mut modules = build::library(workspace, toolchain, &workspace.default_policy())?;
    let (_, module) = modules.pop().context("cargo built no module")?;
    write_component(
        workspace,
        committed::NAME,
        &componentize::componentize(&module)?,
    )
}

fn build_one(workspace: &Workspace, toolchain: &Toolchain, path: &Path) -> anyhow::Result<()> {
    let modules = build::library(workspace, toolchain, path)?;
    let (name, module) = modules.into_iter().next().with_context(|| {
        format!(
            "{} built no module: its Cargo.toml needs [lib] crate-type = [\"cdylib\", \"rlib\"]",
            path.display()
        )
    })?;
    let component = componentize::componentize(&module)
        .with_context(|| format!("{} is no policy", path.display()))?;
    report_one(&write_component(workspace, &name, &component)?)
}

fn report_one(component: &Component) -> anyhow::Result<()> {
    report(component);
    println!("{}", environment_line(&component.path));
    Ok(())
}

fn write_component(workspace: &Workspace, name: &str, bytes: &[u8]) -> anyhow::Result<Component> {
    let path = workspace.policy(name);
    workspace::write(&path, bytes)?;
    Ok(Component {
        path,
        bytes: bytes.to_vec(),
    })
}

fn report(component: &Component) {
    println!(
        "{}  {} bytes  sha256 {}",
        component.path.display(),
        component.bytes.len(),
        sha256(&component.bytes)
    );
}

fn environment_line(path: &Path) -> String {
    format!(
        "CLEARML__services__login__sso__oauth_client__keycloak__policy__module={}",
        path.display()
    )
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
