//! The default policy's rules decide the same inside the sandbox and outside of it.
//!
//! Inputs are generated so that every rule hits, misses and is skipped; refusals, failures,
//! traces, reads, look-ups and log lines must all be the same. `USHER_PROPTEST_CASES` says how many.

mod generated;

use std::collections::BTreeMap;
use std::sync::Mutex;

use policy_sdk::case::Case as Native;
use proptest::prop_assert_eq;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use usher::domain::PolicyLimits;
use usher::policy::case::{self, Case};
use usher::policy::{DEFAULT, Policy, Runtime, RuntimeOptions};

/// Enough to meet every rule and quick enough for every day.
const CASES: u32 = 2_000;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how thorough a test is, is nobody's setting"
)]
fn native_rules_and_the_component_agree_on_generated_inputs() {
    let cases = std::env::var("USHER_PROPTEST_CASES").ok();
    let cases = cases.map_or(CASES, |text| text.parse().expect("a number of cases"));
    let tokio = tokio::runtime::Runtime::new().unwrap();
    let runtime = Runtime::start(RuntimeOptions::default()).unwrap();
    let policy = runtime.load(DEFAULT, PolicyLimits::Standard).unwrap();
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    // The same inputs every time: a failure is found again by everybody.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let met = Mutex::new(BTreeMap::new());
    let agreed = TestRunner::new_with_rng(config, rng).run(&generated::sign_in(), |input| {
        let text = input.to_string();
        let native = native(&text);
        let sandboxed = tokio.block_on(sandboxed(&policy, &text));
        prop_assert_eq!(&native, &sandboxed);
        count(&native, &mut met.lock().unwrap());
        Ok(())
    });
    agreed.unwrap_or_else(|failure| panic!("{failure}"));
    let met = met.into_inner().unwrap();
    println!("{cases} inputs: {met:#?}");
    for rule in EVERY_END {
        assert!(met.contains_key(rule), "no input met {rule}: {met:#?}");
    }
}

/// How rules and decisions can end; an input that meets each must have been among those
/// generated.
const EVERY_END: [&str; 35] = [
    "admit",
    "refuse no_company",
    "refuse email_unverified",
    "refuse group_required",
    "failure",
    "company.known hit",
    "company.known miss",
    "company.default hit",
    "company.default skipped",
    "company.invitation hit",
    "company.invitation miss",
    "company.invitation skipped",
    "company.domain hit",
    "company.domain miss",
    "company.domain skipped",
    "groups.elsewhere hit",
    "groups.absent hit",
    "groups.unusable hit",
    "groups.path hit",
    "groups.sync hit",
    "groups.sync skipped",
    "prohibition hit",
    "prohibition miss",
    "prohibition skipped",
    "admin.group hit",
    "admin.group miss",
    "admin.group skipped",
    "admin.role hit",
    "admin.role miss",
    "admin.role skipped",
    "profile.name hit",
    "profile.name miss",
    "log",
    "grant",
    "revoke",
];

fn count(decided: &Value, met: &mut BTreeMap<String, usize>) {
    let mut meet = |what: String| *met.entry(what).or_default() += 1;
    let outcome = &decided["outcome"];
    if let Some(code) = outcome["refuse"]["code"].as_str() {
        meet(format!("refuse {code}"));
    }
    if let Some(grant) = outcome.get("admit") {
        meet("admit".to_owned());
        meet(grant["admin"].as_str().unwrap_or_default().to_owned());
    }
    if decided.get("failure").is_some() {
        meet("failure".to_owned());
    }
    for step in decided["trace"].as_array().into_iter().flatten() {
        let part = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
        meet(format!("{} {}", part("rule"), part("finding")));
    }
    if decided["logs"]
        .as_array()
        .is_some_and(|logs| !logs.is_empty())
    {
        meet("log".to_owned());
    }
}

/// What the rules say in this process.
fn native(text: &str) -> Value {
    let case = Native::parse(text).unwrap();
    let host = case.host();
    let decided = policy_guest::rules::decide(&host);
    let mut reads = json!(host.reads());
    once(&mut reads);
    let mut all = json!({
        "reads": reads,
        "lookups": once_each(json!(host.lookups())),
        "logs": host.logs().into_iter()
            .map(|(level, message)| json!({"level": level, "message": message}))
            .collect::<Vec<_>>(),
    });
    match decided {
        Ok(decision) => {
            let decision = json!(decision);
            all["outcome"] = one_placement(&decision["outcome"]);
            all["trace"] = decision["trace"].clone();
        }
        Err(words) => all["failure"] = words.into(),
    }
    all
}

/// What the component says in its sandbox, in the form of [`native`].
async fn sandboxed(policy: &Policy, text: &str) -> Value {
    let case = Case::parse(text).unwrap();
    let verdict = case::run(&case, policy).await;
    let evidence = &verdict.evidence;
    let mut all = json!({
        "reads": evidence.reads,
        "lookups": flat(json!(evidence.lookups)),
        "logs": evidence.logs,
    });
    match (verdict.decision, verdict.failure) {
        (Some(decision), _) => {
            let decision = json!(decision);
            all["outcome"] = one_placement(&decision["outcome"]);
            all["trace"] = decision["trace"].clone();
        }
        (None, failure) => all["failure"] = json!(failure.map(|failure| failure.message)),
    }
    all
}

/// An outcome with the parts of its one placement beside the rest.
fn one_placement(outcome: &Value) -> Value {
    let Some(grant) = outcome.get("admit") else {
        return outcome.clone();
    };
    let mut placements = grant["placements"].as_array().cloned().unwrap_or_default();
    let mut placement = grant.get("placement").cloned();
    assert!(placements.len() <= 1, "{grant}");
    let mut flat = placement.take().or(placements.pop()).unwrap_or_default();
    flat["display_name"] = grant["display_name"].clone();
    flat["attributes"] = grant["attributes"].clone();
    json!({"admit": flat})
}

/// The host writes a claim that is read again down once.
fn once(entries: &mut Value) {
    let mut seen = Vec::new();
    if let Some(entries) = entries.as_array_mut() {
        entries.retain(|entry| {
            let is_new = !seen.contains(entry);
            seen.push(entry.clone());
            is_new
        });
    }
}

fn once_each(mut lookups: Value) -> Value {
    once(&mut lookups);
    flat(lookups)
}

/// Look-ups as text: the kit says `null` where a call asks nothing, and names a person by the
/// case's own words.
fn flat(lookups: Value) -> Value {
    let lookups = lookups.as_array().cloned().unwrap_or_default();
    let text = |mut lookup: Value| {
        if lookup["asked"].is_null() {
            lookup.as_object_mut().map(|lookup| lookup.remove("asked"));
        }
        if let Some(answer) = lookup["answer"].as_object_mut() {
            answer.remove("id");
        }
        // `ignore_case` in the kit, `ignore-case` in the record.
        if lookup["asked"]["matching"].is_string() {
            let matching = lookup["asked"]["matching"].as_str().unwrap_or_default();
            lookup["asked"]["matching"] = matching.replace('_', "-").into();
        }
        lookup
    };
    lookups.into_iter().map(text).collect()
}
