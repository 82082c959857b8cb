use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{Limits, load, named, unreadable};
use crate::cli::console::{Console, Format, Listed, printable};
use crate::cli::failure::Failure;
use crate::config::Problem;
use crate::domain::PolicyId;
use crate::policy::case::{self, Case, Verdict};
use crate::policy::{Policy, SettingProblem};

/// Load a component as the service would, and put the cases beside it to it.
///
/// All steps of a start: size, form, imports, version, compilation, a trial instance. With
/// --settings, the component's own check of them. Then the cases in `NAME.cases` beside
/// `NAME.wasm`, or else in a folder `cases` beside it. Exit 1 if a step, the check or a case fails.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// Component; without it the built-in default policy.
    file: Option<PathBuf>,
    /// Which limits hold: interpreter for policies in JavaScript or Python.
    #[arg(long, value_enum, default_value = "standard")]
    limits: Limits,
    /// The site's own settings, as `policy__settings` will have them: a JSON object.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    listed: Listed,
}

#[derive(Debug, Serialize)]
struct Checked {
    loads: bool,
    policy: PolicyId,
    /// What is wrong with the settings; none where they were not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Vec<SettingProblem>>,
    cases: Tried,
}

impl Checked {
    fn passed(&self) -> bool {
        let settings = self.settings.as_ref().is_none_or(Vec::is_empty);
        settings && self.cases.failed.is_empty()
    }
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
            settings: self.check_settings(&policy).await?,
            cases: try_all(&policy, cases).await,
        };
        match self.listed.format() {
            Format::Json => console.json(&checked)?,
            Format::Table => self.describe(&checked, console)?,
        }
        match checked.passed() {
            true => Ok(()),
            false => Err(Failure::found()),
        }
    }

    async fn check_settings(
        &self,
        policy: &Policy,
    ) -> Result<Option<Vec<SettingProblem>>, Failure> {
        let Some(file) = &self.settings else {
            return Ok(None);
        };
        let broken = |what: String, fix: &str| {
            Failure::usage(Problem::new(what, file.display(), fix.to_owned()))
        };
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
        let case = Case::with_site_settings(&text).map_err(|what| {
            broken(
                what,
                "write a JSON object there, as policy__settings will have it",
            )
        })?;
        let (question, _) = case.question_and_directory();
        let found = policy.check_settings(question).await.map_err(|failure| {
            let what = format!("the policy's check of the settings failed: {failure}");
            let fix = "let it report problems whatever the settings are";
            Failure::refused(Problem::new(what, file.display(), fix))
        })?;
        found.map(Some).ok_or_else(|| {
            broken(
                "this policy checks no settings".to_owned(),
                "leave --settings out, or let the policy export `check` (policy_sdk::export_check)",
            )
        })
    }

    fn describe(&self, checked: &Checked, console: &mut Console<'_>) -> Result<(), Failure> {
        let (name, id) = (named(self.file.as_deref()), &checked.policy);
        console.data(format_args!(
            "{name}: loads, contract {}, sha256 {}",
            id.contract, id.sha256
        ))?;
        for SettingProblem { pointer, message } in checked.settings.iter().flatten() {
            let (pointer, message) = (printable(pointer), printable(message));
            console.data(format_args!("FAIL settings: {pointer} {message}"))?;
        }
        if checked.settings.as_ref().is_some_and(Vec::is_empty) {
            console.say("settings: nothing is wrong with them");
        }
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
