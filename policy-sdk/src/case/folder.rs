use std::path::Path;

use super::Case;
use crate::{Decision, Fake};

/// Runs every `*.json` of a folder and panics with everything that differs, for use in a test:
/// `assert_cases(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"), decide)`. A folder without cases
/// and a case without expectation fail too.
#[expect(clippy::panic, reason = "it is an assertion")]
pub fn assert_cases(folder: impl AsRef<Path>, decide: impl Fn(&Fake) -> Result<Decision, String>) {
    let report = run_folder(folder.as_ref(), decide);
    if let Err(report) = report {
        panic!("{report}");
    }
}

/// Runs every `*.json` of a folder in the order of their names; gives the number of cases, or what
/// differs, readable.
pub fn run_folder(
    folder: &Path,
    decide: impl Fn(&Fake) -> Result<Decision, String>,
) -> Result<usize, String> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("{}: cannot be read: {error}", folder.display()))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("{}: no cases (*.json) here", folder.display()));
    }
    let failures: Vec<String> = files
        .iter()
        .filter_map(|path| run_file(path, &decide).err())
        .collect();
    if failures.is_empty() {
        return Ok(files.len());
    }
    Err(format!(
        "{} of {} cases differ\n\n{}",
        failures.len(),
        files.len(),
        failures.join("\n")
    ))
}

fn run_file(path: &Path, decide: impl Fn(&Fake) -> Result<Decision, String>) -> Result<(), String> {
    let case = Case::read(path)?;
    let Some(expect) = &case.expect else {
        return Err(format!("{}: no `expect`", path.display()));
    };
    let decision = case.decide(decide);
    let differences = expect.differences(decision.as_ref().map_err(String::as_str));
    if differences.is_empty() {
        return Ok(());
    }
    let mut report = format!("{}\n", path.display());
    for difference in differences {
        report.push_str(&format!("  {difference}\n"));
    }
    for step in decision.iter().flat_map(|decision| &decision.trace) {
        report.push_str(&format!(
            "    {:?} {}: {}\n",
            step.finding, step.rule, step.saw
        ));
    }
    Err(report)
}
