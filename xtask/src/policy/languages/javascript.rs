//! JavaScript by QuickJS: `componentize-qjs` from npm, which `jco componentize --backend quickjs`
//! calls too.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Job;
use crate::policy::workspace::Workspace;
use crate::test::fetch::{install, once, retry};
use crate::test::steps::Step;

pub(super) const TOOL: &str = "componentize-qjs@0.4.5";

/// The program.
pub(super) fn fetch(workspace: &Workspace, step: &Step) -> anyhow::Result<PathBuf> {
    let folder = workspace.target.join("toolchain").join(TOOL);
    install(step, &[("npm", "npm")])?;
    once(&folder, |empty| {
        retry(|| {
            let mut npm = Command::new("npm");
            npm.args(["install", "--silent", "--no-audit", "--no-fund"])
                .args(["--ignore-scripts", TOOL, "--prefix"])
                .arg(empty);
            step.quiet(npm)
        })
    })?;
    Ok(folder.join("node_modules/.bin/componentize-qjs"))
}

/// `--sync`: the other runtime is made of async built-ins, which the host does not have.
pub(super) fn componentize(tool: &Path, step: &Step, job: &Job) -> anyhow::Result<Vec<u8>> {
    let mut qjs = Command::new(tool);
    qjs.args(["--sync", "--stub-wasi", "--world", "policy", "--wit"])
        .arg(&job.wit)
        .arg("--js")
        .arg(&job.rules)
        .arg("--output")
        .arg(&job.output);
    job.run(step, qjs)
}
