//! Misbehaving guests stay contained, and what cannot be a policy is not loaded.

mod contained;
mod default;
mod loading;
mod lookups;
pub(super) mod wat;

use std::sync::{Arc, LazyLock};

use self::wat::Answer;
use super::case::Case;
use super::{Decided, FailureKind, Policy, Runtime, RuntimeOptions};
use crate::domain::{Lookups, Outcome, PolicyLimits};

/// Two guest threads for all tests: an engine reserves much address space.
pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| runtime(2, 128));

fn runtime(threads: usize, queue: usize) -> Runtime {
    Runtime::start(RuntimeOptions {
        threads: Some(threads),
        queue: Some(queue),
    })
    .unwrap()
}

fn load(module: &str) -> Policy {
    let component = wat::policy(module);
    RUNTIME.load(&component, PolicyLimits::Standard).unwrap()
}

/// A guest that does this and then admits to `acme`.
pub(super) fn guest(parts: &str, body: &str) -> Policy {
    load(&wat::module(parts, body, &Answer::admit("acme")))
}

async fn ask(policy: &Policy) -> Decided {
    ask_with(policy, "{}").await
}

/// Asks with the question of a case.
async fn ask_with(policy: &Policy, case: &str) -> Decided {
    let case = Case::parse(case).unwrap();
    let (question, directory) = case.question_and_directory();
    policy.decide(question, Arc::new(directory)).await
}

async fn ask_through(policy: &Policy, lookups: impl Lookups + 'static) -> Decided {
    let (question, _) = Case::default().question_and_directory();
    policy.decide(question, Arc::new(lookups)).await
}

fn company(decided: &Decided) -> &str {
    match &decided.outcome.as_ref().unwrap().outcome {
        Outcome::Admit(grant) => &grant.placement.company,
        Outcome::Refuse(refusal) => &refusal.code,
    }
}

#[track_caller]
fn failed(decided: &Decided, kind: FailureKind) -> &str {
    let failure = decided.outcome.as_ref().unwrap_err();
    assert_eq!(failure.kind, kind, "{failure}");
    &failure.message
}
