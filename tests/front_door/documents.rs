//! Every command in README and docs is run, every setting in them is loaded, every link leads
//! somewhere.

mod commands;
mod componentizers;
mod console;
mod example;
mod how_to;
mod reference;
mod settings;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

/// README.md or a page below docs.
struct Document {
    /// From the root of the repository.
    path: String,
    text: String,
}

impl Document {
    fn open(path: String) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(root().join(&path)).context(path.clone())?;
        Ok(Self { path, text })
    }

    /// The fenced blocks of one language.
    fn blocks(&self, language: &str) -> Vec<&str> {
        let mut blocks = Vec::new();
        let mut rest = self.text.as_str();
        let fence = format!("```{language}\n");
        while let Some((_, begun)) = rest.split_once(&fence) {
            let (block, after) = begun.split_once("```").unwrap_or((begun, ""));
            blocks.push(block);
            rest = after;
        }
        blocks
    }

    /// Where its links lead, as they are written.
    fn links(&self) -> impl Iterator<Item = &str> {
        let targets = self.text.split("](").skip(1);
        targets.filter_map(|rest| Some(rest.split_once(')')?.0))
    }
}

/// README and everything below docs, in the order of the paths.
fn documents() -> anyhow::Result<Vec<Document>> {
    let mut found = vec!["README.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder))? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found.into_iter().map(Document::open).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_link_leads_somewhere() -> anyhow::Result<()> {
    let mut followed = 0;
    for document in documents()? {
        let path = root().join(&document.path);
        let folder = path.parent().context("a folder")?;
        for target in document.links() {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let place = &document.path;
            ensure!(folder.join(file).exists(), "{place}: {target} is nowhere");
            followed += 1;
        }
    }
    ensure!(followed > 10, "only {followed} links were found");
    Ok(())
}

#[test]
fn every_picture_is_light() -> anyhow::Result<()> {
    for picture in std::fs::read_dir(root().join("docs/images"))? {
        let (path, size) = (picture?.path(), 180_000);
        let bytes = std::fs::metadata(&path)?.len();
        ensure!(bytes < size, "{} has {bytes} bytes", path.display());
    }
    Ok(())
}

#[test]
fn the_readme_is_short_and_its_picture_light() -> anyhow::Result<()> {
    let readme = Document::open("README.md".to_owned())?;
    let lines = readme.text.lines().count();
    ensure!(lines <= 150, "README.md has {lines} lines");
    for picture in readme.links().filter(|link| link.ends_with(".png")) {
        let size = std::fs::metadata(root().join(picture))?.len();
        ensure!(size < 300_000, "{picture} has {size} bytes");
    }
    Ok(())
}
