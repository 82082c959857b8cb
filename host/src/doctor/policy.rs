//! Whether a provider's policy loads and decides its cases as it should.

use super::Report;
use crate::config::{Config, Problem};
use crate::domain::Provider;
use crate::policy::case::{self, Case};
use crate::policy::{Compiler, Policy, Runtime};

pub(super) async fn examine(
    config: &Config,
    provider: &Provider,
    runtime: &anyhow::Result<Runtime>,
    report: &mut Report<'_>,
) {
    let place = config.place(Some(&provider.name), "policy.module");
    let loaded = match runtime {
        Ok(runtime) => {
            let compiler = Compiler::in_child_of_this_program();
            crate::app::load_policy(provider, runtime, &compiler)
        }
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
    let module = provider.policy.module.as_deref();
    let name = module.map_or_else(
        || "the built-in default policy".to_owned(),
        |module| module.display().to_string(),
    );
    report.fine(
        "policy",
        format!("{name} loads (sha256 {start}…, contract {})", id.contract),
    );
    if let Err(error) = crate::app::policy_takes_settings(provider, &policy).await {
        let (what, fix) = (error.message, error.fix);
        report.broken("policy settings", what, fix);
    }
    try_cases(&policy, case::beside(module), report).await;
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
