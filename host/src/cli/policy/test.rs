use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Chosen, unreadable};
use crate::cli::console::{Console, Format, Listed, printable};
use crate::cli::failure::Failure;
use crate::config::Problem;
use crate::policy::case::{self, Case, Verdict};

/// Put cases to a policy, and compare its decisions with the expected ones.
#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    /// Cases: JSON files, or folders of them.
    #[arg(required = true)]
    cases: Vec<PathBuf>,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    listed: Listed,
}

#[derive(Serialize)]
struct Tested {
    case: String,
    #[serde(flatten)]
    verdict: Verdict,
}

impl Test {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let mut cases = Vec::new();
        for file in files(&self.cases)? {
            cases.push((file.display().to_string(), read_case(&file)?));
        }
        let policy = self.chosen.load()?;
        let is_table = self.listed.format() == Format::Table;
        let mut tested = Vec::new();
        for (name, case) in cases {
            let verdict = case::run(&case, &policy).await;
            if is_table {
                report(&name, &verdict, console)?;
            }
            tested.push(Tested {
                case: name,
                verdict,
            });
        }
        let failed = tested.iter().filter(|tested| !tested.verdict.pass).count();
        if !is_table {
            console.json(&tested)?;
        }
        let passed = tested.len() - failed;
        console.say(format_args!("{passed} passed, {failed} failed"));
        match failed {
            0 => Ok(()),
            _ => {
                console.next("usher policy run --policy FILE CASE, which shows the trace");
                Err(Failure::found())
            }
        }
    }
}

fn report(name: &str, verdict: &Verdict, console: &mut Console<'_>) -> Result<(), Failure> {
    let mark = if verdict.pass { "ok  " } else { "FAIL" };
    console.data(format_args!("{mark} {name}"))?;
    let lines = verdict.differences.iter().flat_map(|text| text.lines());
    for line in lines {
        console.data(format_args!("     {}", printable(line)))?;
    }
    Ok(())
}

/// Reads a case.
pub(super) fn read_case(file: &Path) -> Result<Case, Failure> {
    let text = fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
    Case::parse(&text).map_err(|what| {
        let fix = "write it as policy.md §7 has it; what is left out is a default";
        Failure::usage(Problem::new(what, file.display(), fix))
    })
}

/// The files themselves, and every `.json` below the folders, by name.
fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in given {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        collect(path, &mut files).map_err(|error| unreadable(path, &error))?;
        if files.len() == before {
            return Err(Failure::usage(Problem::new(
                "there is no case in this folder",
                path.display(),
                "name a folder with .json files",
            )));
        }
        files[before..].sort();
    }
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // A link is not followed: it could lead in a circle.
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    Ok(())
}
