//! Whether a provider's policy loads and decides its cases as it should.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::Report;
use crate::config::{Config, Problem};
use crate::domain::Provider;
use crate::policy::case::{self, Case};
use crate::policy::{Policy, Runtime};

/// The default policy's own.
static DEFAULT_CASES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../policy-guest/cases");

pub(super) async fn examine(
    config: &Config,
    provider: &Provider,
    runtime: &anyhow::Result<Runtime>,
    report: &mut Report<'_>,
) {
    let place = config.place(Some(&provider.name), "policy.module");
    let loaded = match runtime {
        Ok(runtime) => crate::app::load_policy(provider, runtime),
        Err(error) => Err(anyhow::anyhow!("the sandbox does not start: {error:#}")),
    };
    let policy = match loaded {
        Ok(policy) => policy,
        Err(error) => {
            let Problem { what, place, fix } = Problem::of(&error, place);
            report.broken("policy", format!("{what} ({place})"), fix);
            return;
        }
    };
    let id = policy.id();
    let start: String = id.sha256.chars().take(12).collect();
    let (name, cases) = match &provider.policy.module {
        None => ("the built-in default policy".to_owned(), default_cases()),
        Some(module) => (module.display().to_string(), cases_of(module)),
    };
    report.fine(
        "policy",
        format!("{name} loads (sha256 {start}…, contract {})", id.contract),
    );
    try_cases(&policy, cases, report).await;
}

type Cases = Result<Vec<(String, Case)>, String>;

async fn try_cases(policy: &Policy, cases: Cases, report: &mut Report<'_>) {
    let cases = match cases {
        Ok(cases) if cases.is_empty() => {
            let what = "the policy has no cases beside it";
            let fix = "put them into a folder `cases` beside the component; usher policy test runs them too";
            return report.attention("policy cases", what, fix);
        }
        Ok(cases) => cases,
        Err(what) => {
            let fix = "write it as docs/how-to/write-a-policy.md has it";
            return report.broken("policy cases", what, fix);
        }
    };
    let mut failed = Vec::new();
    for (name, case) in &cases {
        if !case::run(case, policy).await.pass {
            failed.push(name.as_str());
        }
    }
    match failed.as_slice() {
        [] => report.fine("policy cases", format!("all {} pass", cases.len())),
        [first, ..] => {
            let (failed, all) = (failed.len(), cases.len());
            let what = format!("{failed} of {all} fail, {first} first");
            report.broken(
                "policy cases",
                what,
                "usher policy test --policy FILE CASES shows how",
            );
        }
    }
}

fn default_cases() -> Cases {
    let files = DEFAULT_CASES.files().map(|file| {
        let name = file.path().display().to_string();
        let text = file.contents_utf8().unwrap_or_default();
        Case::parse(text)
            .map(|case| (name.clone(), case))
            .map_err(|what| format!("{name}: {what}"))
    });
    files.collect()
}

/// `NAME.cases` beside `NAME.wasm`, or a folder `cases` beside it.
fn cases_of(module: &Path) -> Cases {
    let folders = [
        module.with_extension("cases"),
        module.with_file_name("cases"),
    ];
    let Some(folder) = folders.iter().find(|folder| folder.is_dir()) else {
        return Ok(Vec::new());
    };
    let unreadable = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        files.push(entry.map_err(unreadable)?.path());
    }
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    let read = files.into_iter().map(|file| {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
        Ok((
            name.clone(),
            Case::parse(&text).map_err(|what| format!("{name}: {what}"))?,
        ))
    });
    read.collect()
}
