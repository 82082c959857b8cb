//! Python by CPython: `componentize-py` from PyPI.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::Job;
use crate::policy::workspace::Workspace;
use crate::test::fetch::{install, once, retry};
use crate::test::steps::Step;

pub(super) const TOOL: &str = "componentize-py==0.25.1";

/// The program; it needs [`home`] in `PYTHONPATH`.
pub(super) fn fetch(workspace: &Workspace, step: &Step) -> anyhow::Result<PathBuf> {
    let folder = workspace.target.join("toolchain").join(TOOL);
    install(step, &[("python3", "python3"), ("pip3", "python3-pip")])?;
    once(&folder, |empty| {
        retry(|| {
            let mut pip = Command::new("python3");
            pip.args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--no-compile", TOOL, "--target"])
            .arg(empty);
            step.quiet(pip)
        })
    })?;
    Ok(folder.join("bin/componentize-py"))
}

pub(super) fn componentize(tool: &Path, step: &Step, job: &Job) -> anyhow::Result<Vec<u8>> {
    let mut py = Command::new("python3");
    py.env("PYTHONPATH", home(tool)?)
        .arg(tool)
        .arg("--wit-path")
        .arg(&job.wit)
        .args(["--world", "policy", "componentize", "--stub-wasi"])
        .arg("--python-path")
        .arg(&job.folder)
        .arg("--output")
        .arg(&job.output)
        .arg("rules");
    job.run(step, py)
}

fn home(tool: &Path) -> anyhow::Result<&Path> {
    tool.ancestors().nth(2).context("the program lies in bin")
}
