//! Identity providers of another make than Keycloak.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::fetch::{install, once, program, retry};
use super::parts::Places;
use super::steps::Step;
use crate::policy::workspace::Workspace;

/// The npm package `oidc-provider` and what it needs, each in the version of the lock file.
pub(crate) fn oidc_provider(
    step: &Step,
    workspace: &Workspace,
    folder: &Path,
) -> anyhow::Result<Places> {
    install(step, &[("node", "nodejs"), ("npm", "npm")])?;
    let beside = workspace.root.join("tests/support/oidc_provider");
    let home = folder.join("oidc-provider-9.13.3");
    once(&home, |empty| {
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(beside.join(file), empty.join(file)).context(file)?;
        }
        retry(|| {
            let mut npm = Command::new("npm");
            npm.args([
                "ci",
                "--silent",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ])
            .current_dir(empty);
            step.quiet(npm)
        })
    })?;
    Ok(vec![("USHER_TEST_OIDC_PROVIDER", home)])
}

/// Debian's Glewlwyd, with the tables that it brings for SQLite.
pub(crate) fn glewlwyd(step: &Step) -> anyhow::Result<Places> {
    install(step, &[("glewlwyd", "glewlwyd"), ("sqlite3", "sqlite3")])?;
    let glewlwyd = program(&["glewlwyd"]).context("no glewlwyd")?;
    Ok(vec![("USHER_TEST_GLEWLWYD", glewlwyd)])
}
