use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{Limits, load, named};
use crate::cli::console::{Console, Format, Listed, printable};
use crate::cli::failure::Failure;
use crate::config::Problem;
use crate::domain::PolicyId;
use crate::policy::Policy;
use crate::policy::case::{self, Case, Verdict};

/// Load a component as the service would, and put the cases beside it to it.
///
/// All steps of a start: size, form, imports, version, compilation, a trial instance. Then the
/// cases in `NAME.cases` beside `NAME.wasm`, or else in a folder `cases` beside it. Exit 1 if a step or
/// a case fails.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// Component; without it the built-in default policy.
    file: Option<PathBuf>,
    /// Which limits hold: interpreter for policies in JavaScript or Python.
    #[arg(long, value_enum, default_value = "standard")]
    limits: Limits,
    #[command(flatten)]
    listed: Listed,
}

#[derive(Debug, Serialize)]
struct Checked {
    loads: bool,
    policy: PolicyId,
    cases: Tried,
}

/// What came of the cases.
#[derive(Debug, Serialize)]
struct Tried {
    passed: usize,
    failed: Vec<Failed>,
}

#[derive(Debug, Serialize)]
struct Failed {
    case: String,
    differences: Vec<String>,
}

impl Check {
    pub(super) async fn run(self, console: &mut Console<'_>) -> Result<(), Failure> {
        let file = self.file.as_deref();
        let policy = load(file, self.limits)?;
        let cases = case::beside(file).map_err(|what| {
            let fix =
                "write it as docs/how-to/write-a-policy.md has it; what is left out is a default";
            Failure::usage(Problem::new(what, named(file), fix))
        })?;
        let checked = Checked {
            loads: true,
            policy: policy.id().clone(),
            cases: try_all(&policy, cases).await,
        };
        match self.listed.format() {
            Format::Json => console.json(&checked)?,
            Format::Table => self.describe(&checked, console)?,
        }
        match checked.cases.failed.is_empty() {
            true => Ok(()),
            false => Err(Failure::found()),
        }
    }

    fn describe(&self, checked: &Checked, console: &mut Console<'_>) -> Result<(), Failure> {
        let (name, id) = (named(self.file.as_deref()), &checked.policy);
        console.data(format_args!(
            "{name}: loads, contract {}, sha256 {}",
            id.contract, id.sha256
        ))?;
        let Tried { passed, failed } = &checked.cases;
        for Failed { case, differences } in failed {
            console.data(format_args!("FAIL {case}"))?;
            for line in differences.iter().flat_map(|text| text.lines()) {
                console.data(format_args!("     {}", printable(line)))?;
            }
        }
        match (passed, failed.len()) {
            (0, 0) => {
                console.say("there are no cases beside it: put them into a folder `cases`");
                console.next("usher policy test --policy FILE CASES…");
            }
            (passed, failed) => console.say(format_args!(
                "cases beside it: {passed} passed, {failed} failed"
            )),
        }
        Ok(())
    }
}

async fn try_all(policy: &Policy, cases: Vec<(String, Case)>) -> Tried {
    let (mut passed, mut failed) = (0, Vec::new());
    for (name, case) in cases {
        let Verdict {
            pass, differences, ..
        } = case::run(&case, policy).await;
        match pass {
            true => passed += 1,
            false => failed.push(Failed {
                case: name,
                differences,
            }),
        }
    }
    Tried { passed, failed }
}
