//! The policies of the storm, and the questions that they are asked.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use usher::domain::{Found, Lookups, Matching, Pending, PolicyLimits};
use usher::policy::case::Case;
use usher::policy::{DEFAULT, Decided, Policy, Runtime};
use usher_tests::parts;

use super::figures::Tally;

/// What a provider says of somebody whom the default policy lets in.
const SOMEBODY: &str = r#"{
    "settings": {"groups": {"enabled": true}, "default_company": "acme"},
    "claims": {
        "access_token": {
            "email": "ada@acme.com", "email_verified": true, "name": "Ada Lovelace",
            "groups": ["research", "Operations", "everybody", "vpn", "wiki-readers"],
            "realm_access": {"roles": ["offline_access", "uma_authorization", "admin"]}
        }
    },
    "directory": {
        "companies": {"acme": ["research", "Operations"]}, "domains": {"acme.com": "acme"}
    }
}"#;

/// The guests that can be loaded, by name, and how many loads were refused.
pub(super) struct Loaded {
    pub(super) guests: Vec<(String, Policy)>,
    pub(super) refused: usize,
}

/// These take a compiler whatever there is; a service has it run in a child process.
const NOT_HERE: [&str; 2] = ["compile-bomb", "many-functions"];

/// Loads every guest; those that are refused `count` times.
pub(super) fn guests(runtime: &Runtime, count: usize) -> anyhow::Result<Loaded> {
    let folder = parts::policies().join("guests");
    let mut files = Vec::new();
    for entry in folder
        .read_dir()
        .with_context(|| format!("no {}: cargo xtask policy build-guests", folder.display()))?
    {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().is_some_and(|ending| ending == "wasm"));
    files.sort();
    ensure!(!files.is_empty(), "{} is empty", folder.display());
    let (mut guests, mut refused) = (Vec::new(), 0);
    for file in files {
        let bytes = std::fs::read(&file)?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        if NOT_HERE.contains(&&*name) {
            continue;
        }
        match runtime.load(&bytes, PolicyLimits::Standard) {
            Ok(policy) => guests.push((name.into_owned(), policy)),
            Err(first) => {
                for _ in 1..count {
                    let again = runtime.load(&bytes, PolicyLimits::Standard).err();
                    let step = again.map(|again| again.step);
                    ensure!(
                        step == Some(first.step),
                        "{name}: {step:?}, and before {first}"
                    );
                }
                refused += count;
            }
        }
    }
    Ok(Loaded { guests, refused })
}

/// The policy of the others.
pub(super) fn default(runtime: &Runtime) -> anyhow::Result<Policy> {
    Ok(runtime.load(DEFAULT, PolicyLimits::Standard)?)
}

/// One sign-in.
pub(super) async fn ask(policy: &Policy) -> Decided {
    let case = Case::parse(SOMEBODY).expect("the case above");
    let (question, directory) = case.question_and_directory();
    policy.decide(question, Arc::new(directory)).await
}

/// One sign-in by somebody who does not wait for the directory.
pub(super) async fn ask_and_leave(policy: &Policy, tally: &mut Tally) {
    let case = Case::parse(SOMEBODY).expect("the case above");
    let (question, _) = case.question_and_directory();
    let asked = policy.decide(question, Arc::new(Slow));
    match tokio::time::timeout(Duration::from_millis(1), asked).await {
        Ok(decided) => tally.add(&decided),
        Err(_) => tally.left(),
    }
}

/// How long everything is watched before the storm.
pub(super) fn calm(count: usize) -> Duration {
    Duration::from_millis(5) * u32::try_from(count).unwrap_or(u32::MAX)
}

/// A directory that takes its time.
struct Slow;

impl Lookups for Slow {
    fn company_exists<'a>(&'a self, _: &'a str) -> Pending<'a, bool> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(true)
        })
    }

    fn find_groups<'a>(
        &'a self,
        _: &'a str,
        _: &'a [String],
        _: Matching,
    ) -> Pending<'a, Vec<Found>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
