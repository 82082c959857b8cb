use std::path::Path;

use super::{RUNTIME, ask_with};
use crate::domain::PolicyLimits;
use crate::policy::case::{Case, run};
use crate::policy::{DEFAULT, Policy, inspect};

fn default() -> Policy {
    RUNTIME.load(DEFAULT, PolicyLimits::Standard).unwrap()
}

#[test]
fn the_default_policy_is_small_and_imports_nothing_foreign() {
    let inspection = inspect(DEFAULT).unwrap();
    assert!(inspection.size < 64 << 10, "{} bytes", inspection.size);
    assert!(inspection.foreign.is_empty(), "{:?}", inspection.foreign);
    assert_eq!(inspection.contract.as_deref(), Some("0.1.0"));
}

#[tokio::test]
async fn every_case_of_the_default_policy_passes_through_its_component() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy-guest/cases");
    let policy = default();
    let (mut cases, mut report) = (0, String::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case = Case::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(case.expect.is_some(), "{}", path.display());
        let verdict = run(&case, &policy).await;
        cases += 1;
        if !verdict.pass {
            let differences = verdict.differences.join("\n  ");
            report += &format!("{}\n  {differences}\n", path.display());
        }
    }
    assert!(report.is_empty(), "{report}");
    assert!(cases >= 50, "only {cases} cases");
}

#[tokio::test]
async fn the_same_question_gives_the_same_bytes() {
    let policy = default();
    let case = r#"{
        "settings": {"groups": {"enabled": true}},
        "claims": {"access_token": {"email": "ada@acme.com", "email_verified": true,
            "groups": ["Ops", "Dev"], "realm_access": {"roles": ["admin"]}}},
        "directory": {"companies": {"acme": ["Dev", "Ops"]}, "domains": {"acme.com": "acme"}}}"#;
    let text = async || {
        let mut decided = ask_with(&policy, case).await;
        decided.evidence.cost = crate::domain::Cost::default();
        let decision = serde_json::to_string(&decided.outcome.unwrap()).unwrap();
        format!(
            "{decision}{}",
            serde_json::to_string(&decided.evidence).unwrap()
        )
    };
    let first = text().await;
    assert!(
        first.contains("realm_access") && first.contains("find-groups"),
        "{first}"
    );
    for _ in 0..10 {
        assert_eq!(text().await, first);
    }
}

#[tokio::test]
async fn the_typical_case_is_2_kb_of_claims_and_two_look_ups_and_passes() {
    let case = Case::typical();
    let (question, _) = case.question_and_directory();
    let claims = question.claims.access_token.unwrap().to_string();
    assert!((1_950..2_150).contains(&claims.len()), "{}", claims.len());
    let verdict = run(&case, &default()).await;
    assert!(verdict.pass, "{:?}", verdict.differences);
    // `known` is read before; these two go to the database at a sign-in.
    let lookups = serde_json::to_value(&verdict.evidence.lookups).unwrap();
    let calls: Vec<_> = lookups
        .as_array()
        .unwrap()
        .iter()
        .map(|l| &l["call"])
        .collect();
    assert_eq!(calls, ["known", "company-exists", "find-groups"]);
}
