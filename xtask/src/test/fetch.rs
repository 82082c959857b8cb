//! Fetching by package name, with the package managers' ordinary clients.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

use super::is_root;
use super::steps::Step;

const PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(20)];

/// Does something that a network may spoil, three times at most.
pub(crate) fn retry(mut work: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<()> {
    for pause in PAUSES {
        match work() {
            Ok(()) => return Ok(()),
            Err(problem) => eprintln!("      {problem:#}\n      again in {} s", pause.as_secs()),
        }
        std::thread::sleep(pause);
    }
    work()
}

/// The first of these programs that is on the PATH.
pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| {
        let found = Command::new("sh")
            .args(["-c", "command -v \"$1\"", "sh", name])
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let path = String::from_utf8(found.stdout).ok()?;
        (found.status.success() && !path.trim().is_empty()).then(|| PathBuf::from(path.trim()))
    })
}

/// Installs the packages of those programs that are not on the PATH.
pub(crate) fn install(step: &Step, needs: &[(&str, &str)]) -> anyhow::Result<()> {
    let missing: Vec<(&str, &str)> = needs
        .iter()
        .copied()
        .filter(|(name, _)| program(&[name]).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
    let typed = format!("apt-get install {}", packages.join(" "));
    let may = Path::new("/etc/debian_version").exists() && is_root()?;
    anyhow::ensure!(
        may,
        "{} not found; on Debian, as root: {typed}",
        names.join(", ")
    );
    retry(|| {
        if step
            .quiet(apt(
                &["install", "-y", "--no-install-recommends"],
                &packages,
            ))
            .is_ok()
        {
            return Ok(());
        }
        step.quiet(apt(&["update"], &[]))?;
        step.quiet(apt(
            &["install", "-y", "--no-install-recommends"],
            &packages,
        ))
    })
}

/// Makes a folder once: under a temporary name, renamed when it is whole.
pub(crate) fn once(
    folder: &Path,
    make: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let temporary = PathBuf::from(format!("{}.{}.tmp", folder.display(), std::process::id()));
    std::fs::create_dir_all(&temporary).with_context(|| temporary.display().to_string())?;
    let made = make(&temporary)
        .and_then(|()| std::fs::rename(&temporary, folder).context("rename the finished folder"));
    if made.is_err() {
        let _removed = std::fs::remove_dir_all(&temporary);
    }
    made
}

fn apt(arguments: &[&str], packages: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-q", "-o", "DPkg::Lock::Timeout=300"])
        .args(arguments)
        .args(packages);
    command
}
