//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::languages::Language;

/// The folders of this repository.
pub(crate) struct Workspace {
    /// Where the workspace's Cargo.toml lies.
    pub(crate) root: PathBuf,
    /// Cargo's target folder; what is built or fetched lives under it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Finds the workspace that this program was started from.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let manifest = environment("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&manifest)
            .parent()
            .context("xtask has no folder above it")?
            .canonicalize()?;
        let target = match environment("CARGO_TARGET_DIR") {
            Some(target) => std::path::absolute(target)?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// Folder of the default policy.
    pub(crate) fn default_policy(&self) -> PathBuf {
        self.root.join("policy-guest")
    }

    /// Where the component of a policy is written.
    pub(crate) fn policy(&self, name: &str) -> PathBuf {
        self.target.join("policies").join(format!("{name}.wasm"))
    }

    /// Folders of the policies that a site would really write, in the order of their names.
    pub(crate) fn examples(&self) -> anyhow::Result<Vec<PathBuf>> {
        let folder = self.default_policy().join("examples");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            found.push(entry?.path());
        }
        found.retain(|path| path.join("Cargo.toml").is_file() || Language::of(path).is_some());
        found.sort();
        Ok(found)
    }

    /// Folder of the misbehaving policies.
    pub(crate) fn guests(&self) -> PathBuf {
        self.root.join("tests").join("guests")
    }
}

/// A variable of the environment, if it is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of xtask that reads the environment"
)]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Writes a file under a temporary name and renames it, so that no reader sees half of it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    std::fs::create_dir_all(folder)?;
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&temporary, bytes)
        .and_then(|()| std::fs::rename(&temporary, path))
        .with_context(|| format!("{} cannot be written", path.display()))
}
