//! Policies in other languages than Rust: a folder with one file `rules.*`, built with the tools of
//! its own registry.

mod c;
mod javascript;
mod python;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::build::Component;
use super::workspace::{self, Workspace};
use super::{sha256, write_component};
use crate::test::steps::Step;

/// A language with an example in `policy-guest/examples`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    C,
    JavaScript,
    Python,
}

impl Language {
    const ALL: [Self; 3] = [Self::C, Self::JavaScript, Self::Python];

    /// The language of the rules in a folder; none if it is a Rust crate, or nothing at all.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        let written = |language: &Self| folder.join(language.rules()).is_file();
        Self::ALL.into_iter().find(written)
    }

    fn rules(self) -> &'static str {
        match self {
            Self::C => "rules.c",
            Self::JavaScript => "rules.js",
            Self::Python => "rules.py",
        }
    }

    /// What decides the component besides the sources: another tool may make another one.
    fn tool(self) -> &'static str {
        match self {
            Self::C => c::TOOL,
            Self::JavaScript => javascript::TOOL,
            Self::Python => python::TOOL,
        }
    }

    /// Finds or fetches the tools.
    fn fetch(self, workspace: &Workspace, step: &Step) -> anyhow::Result<PathBuf> {
        match self {
            Self::C => c::fetch(step),
            Self::JavaScript => javascript::fetch(workspace, step),
            Self::Python => python::fetch(workspace, step),
        }
    }

    fn componentize(
        self,
        workspace: &Workspace,
        step: &Step,
        job: &Job,
    ) -> anyhow::Result<Vec<u8>> {
        let tool = self.fetch(workspace, step)?;
        match self {
            Self::C => c::componentize(&tool, workspace, step, job),
            Self::JavaScript => javascript::componentize(&tool, step, job),
            Self::Python => python::componentize(&tool, step, job),
        }
    }
}

/// What is built from what.
struct Job {
    /// The folder of the contract.
    wit: PathBuf,
    /// The file of the rules, and the folder that it lies in.
    rules: PathBuf,
    folder: PathBuf,
    /// Where the tool writes.
    output: PathBuf,
}

/// The tools of all languages: variables that say where the tests find them.
pub(crate) fn fetch(
    workspace: &Workspace,
    step: &Step,
) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    Language::C.fetch(workspace, step)?;
    let qjs = Language::JavaScript.fetch(workspace, step)?;
    let py = Language::Python.fetch(workspace, step)?;
    Ok(vec![
        ("USHER_TEST_COMPONENTIZE_QJS", qjs),
        ("USHER_TEST_COMPONENTIZE_PY", py),
    ])
}

/// Builds the policy of a folder, unless the last component has the same sources and tool.
pub(super) fn build(
    workspace: &Workspace,
    language: Language,
    folder: &Path,
) -> anyhow::Result<Component> {
    let folder = folder.canonicalize()?;
    let name = folder.file_name().context("a folder has a name")?;
    let name = name.to_string_lossy().into_owned();
    let job = Job {
        wit: workspace.root.join("wit"),
        rules: folder.join(language.rules()),
        output: workspace
            .target
            .join("toolchain")
            .join(format!("{name}.wasm")),
        folder,
    };
    let built = workspace.policy(&name);
    let sources = built.with_extension("sources");
    let digest = job.digest(language.tool())?;
    if std::fs::read_to_string(&sources).is_ok_and(|last| last == digest)
        && let Ok(bytes) = std::fs::read(&built)
    {
        // Written again: tests refuse what is older than a source that was only touched.
        return write_component(workspace, &name, &bytes);
    }
    let step = Step::of(workspace);
    let bytes = language
        .componentize(workspace, &step, &job)
        .with_context(|| format!("{} is not built", job.rules.display()))?;
    let component = write_component(workspace, &name, &bytes)?;
    workspace::write(&sources, digest.as_bytes())?;
    Ok(component)
}

impl Job {
    /// The sources and the tool. What lies deeper (`cases`, `__pycache__`) is none.
    fn digest(&self, tool: &str) -> anyhow::Result<String> {
        let mut files = Vec::new();
        for folder in [&self.folder, &self.wit] {
            for entry in std::fs::read_dir(folder)? {
                files.push(entry?.path());
            }
        }
        files.retain(|file| file.is_file());
        files.sort();
        let mut all = tool.as_bytes().to_vec();
        for file in files {
            all.extend(file.as_os_str().as_encoded_bytes());
            all.extend(sha256(&std::fs::read(file)?).into_bytes());
        }
        Ok(sha256(&all))
    }

    /// Runs the tool and reads what it wrote.
    fn run(&self, step: &Step, command: Command) -> anyhow::Result<Vec<u8>> {
        let _last = std::fs::remove_file(&self.output);
        step.quiet(command)?;
        let bytes = std::fs::read(&self.output).context("the tool wrote nothing")?;
        std::fs::remove_file(&self.output)?;
        Ok(bytes)
    }
}
