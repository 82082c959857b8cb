use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::domain::{
    Algorithm, ClientAuth, Groups, LogoutTokenTyp, Lookups, Matching, PolicyLimits, Provider,
    ResponseMode, Role,
};
use crate::policy::tests::guest;

fn question(text: &str) -> Question {
    Case::parse(text).unwrap().question_and_directory().0
}

/// A provider whose every setting is left at its default.
fn provider() -> Provider {
    let claim = |name| ClaimName::parse(name).unwrap();
    Provider {
        name: "keycloak".parse().unwrap(),
        base_url: "https://kc.example/realms/r".into(),
        authorize_url: None,
        access_token_url: None,
        client_id: "usher".into(),
        client_secret: None,
        default_company: None,
        claim_name: claim("name"),
        claim_user_id: claim("sub"),
        claim_email: claim("email"),
        groups: Groups {
            enabled: false,
            claim: claim("groups"),
            absent: Absent::Empty,
            admins: Vec::new(),
            case_sensitive: true,
            prohibit_user_signup_if_not_in_group: false,
        },
        admin_role: "admin".into(),
        idp_logout: false,
        get_info_from_access_token: true,
        display_name: "keycloak".into(),
        scopes: Vec::new(),
        signing_algorithm: Algorithm::RS256,
        response_mode: ResponseMode::Query,
        authorize_params: BTreeMap::new(),
        client_auth: ClientAuth::SecretBasic,
        logout_token_typ: LogoutTokenTyp::Compatible,
        allow_initiation: false,
        allow_unadvertised_iss: false,
        policy: crate::domain::PolicySettings {
            module: None,
            limits: PolicyLimits::Standard,
            settings: Map::new(),
            may_move: false,
        },
    }
}

#[test]
fn a_case_without_settings_has_those_of_a_provider_without_settings() {
    let text = |value: Value| serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(
        text(question("{}").settings),
        text(provider().policy_document())
    );
}

#[test]
fn what_is_missing_is_a_default() {
    let question = question("{}");
    assert_eq!(question.request.provider, "keycloak");
    assert_eq!(question.request.issuer, "https://kc.example/realms/r");
    assert_eq!(question.request.client_id, "usher");
    assert_eq!(question.request.subject, "subject-1");
    assert_eq!(question.request.time, 1_700_000_000);
    assert_eq!(question.request.email, None);
    assert_eq!(question.claims.configured, Source::AccessToken);
    assert_eq!(question.claims.access_token, Some(json!({})));
    assert_eq!(question.claims.userinfo, None);
    assert_eq!(question.known, None);
}

#[test]
fn a_misspelt_key_is_an_error_that_names_it() {
    for (text, names) in [
        (r#"{"settings": {"groups": {"enable": true}}}"#, "`enable`"),
        (r#"{"expected": {}}"#, "`expected`"),
        (
            r#"{"expect": {"admit": {"company": "a", "groups": {"drop": []}}}}"#,
            "`drop`",
        ),
        (r#"{"expect": {}}"#, "exactly one"),
        (r#"{"request": {"company": "a b"}}"#, "company id"),
    ] {
        let error = Case::parse(text).unwrap_err();
        assert!(error.contains(names), "{error}");
    }
}

const ADA: &str = r#""directory": {
    "domains": {"Acme.com": "acme"},
    "invitations": [{"email": "Ada@acme.com", "company": "acme", "role": "admin"},
                    {"email": "bob@acme.com", "company": "acme"}]}"#;

#[test]
fn invitations_and_domains_answer_for_the_verified_address_only() {
    let ask = |claims: &str| {
        question(&format!(
            r#"{{"claims": {{"access_token": {claims}}}, {ADA}}}"#
        ))
    };
    let verified = ask(r#"{"email": "ADA@acme.com", "email_verified": true}"#);
    assert_eq!(verified.invitations.len(), 1);
    assert_eq!(verified.invitations[0].role, Role::Admin);
    assert_eq!(verified.domain_company, Some("acme".parse().unwrap()));
    for claims in [
        r#"{"email": "ada@acme.com", "email_verified": "true"}"#,
        r#"{"email": "ada@acme.com"}"#,
        r#"{"email_verified": true}"#,
    ] {
        let question = ask(claims);
        assert_eq!(question.invitations, [], "{claims}");
        assert_eq!(question.domain_company, None, "{claims}");
    }
}

#[test]
fn the_address_comes_from_the_configured_source_and_claim() {
    let question = question(
        r#"{"settings": {"get_info_from_access_token": false, "claims": {"email": "/c/mail"}},
            "claims": {"id_token": {"email": "x@y.z"},
                       "userinfo": {"c": {"mail": "Ada@acme.com"}, "email_verified": false}}}"#,
    );
    let email = question.request.email.unwrap();
    assert_eq!(email.address(), "ada@acme.com");
    assert_eq!(email.verification(), Verification::Unverified);
}

#[test]
fn a_text_that_stands_for_a_user_id_always_stands_for_the_same() {
    let known = |id: &str| {
        let known = format!(r#"{{"directory": {{"known": {{"id": "{id}"}}}}}}"#);
        question(&known).known.unwrap().id
    };
    assert_eq!(known("user-1"), known("user-1"));
    assert_ne!(known("user-1"), known("user-2"));
    let id = "0192c3e4-0000-7000-8000-000000000001";
    assert_eq!(known(id).as_str(), id);
}

/// Puts a case with this expectation to a guest that admits to `acme`.
async fn verdict(body: &str, expect: &str) -> Verdict {
    let case = format!(r#"{{"expect": {expect}}}"#);
    run(&Case::parse(&case).unwrap(), &guest("", body)).await
}

#[tokio::test]
async fn a_verdict_names_every_difference() {
    let pass = verdict("", r#"{"admit": {"company": "acme"}}"#).await;
    assert!(pass.pass && pass.differences.is_empty());
    assert!(pass.decision.is_some() && pass.failure.is_none());

    let other = r#"{"admit": {"company": "globex", "admin": "grant", "groups": {"add": ["a"]},
        "display_name": "Ada", "attributes": {"a": "b"}}, "trace": {"company": "hit"}}"#;
    let fail = verdict("", other).await;
    assert!(!fail.pass);
    assert_eq!(
        fail.differences,
        [
            r#"company: expected "globex", got "acme""#,
            r#"admin: expected "grant", got "leave""#,
            "groups: expected {\"add\":[\"a\"]}, got \"leave\"\n  - \"a\"",
            r#"display_name: expected "Ada", got null"#,
            "attributes: expected {\"a\":\"b\"}, got {}\n  - \"a=b\"",
            r#"trace company: expected "hit", got "not in the trace""#,
        ]
    );

    let refused = verdict("", r#"{"refuse": {"code": "no_company"}}"#).await;
    let words = "expected `no_company`, got admitted to `acme`";
    assert_eq!(refused.differences, [words]);
}

#[tokio::test]
async fn a_failed_policy_fails_its_case_unless_the_case_wants_it() {
    let fail = verdict("unreachable", r#"{"admit": {"company": "acme"}}"#).await;
    assert!(!fail.pass);
    assert!(fail.differences[0].starts_with("the policy failed: trap"));
    assert!(fail.decision.is_none() && fail.failure.is_some());
    assert!(verdict("unreachable", r#"{"error": "trap"}"#).await.pass);
    assert!(!verdict("unreachable", r#"{"error": "budget"}"#).await.pass);
    assert!(!verdict("", r#"{"error": "trap"}"#).await.pass);
    let shown = serde_json::to_value(&fail).unwrap();
    assert_eq!(shown["failure"]["kind"], "trap");
    assert!(shown["cost"]["instantiate_us"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn without_an_expectation_any_decision_passes_and_no_failure() {
    let (acme, broken) = (guest("", ""), guest("", "unreachable"));
    assert!(run(&Case::default(), &acme).await.pass);
    assert!(!run(&Case::default(), &broken).await.pass);
}

#[tokio::test]
async fn groups_are_found_in_the_order_asked_each_pair_once() {
    let case = r#"{"directory": {"companies": {"acme": ["Ops", "ops", "Dev"]}}}"#;
    let (_, directory) = Case::parse(case).unwrap().question_and_directory();
    let find = async |names: &[&str], matching| {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let found = directory
            .find_groups("acme", &names, matching)
            .await
            .unwrap();
        let pairs = found
            .into_iter()
            .map(|found| format!("{}={}", found.asked, found.name));
        pairs.collect::<Vec<_>>()
    };
    let names = ["dev", "OPS", "Dev", "OPS", "none"];
    let found = find(&names, Matching::IgnoreCase).await;
    assert_eq!(found, ["dev=Dev", "OPS=Ops", "OPS=ops", "Dev=Dev"]);
    assert_eq!(find(&names, Matching::Exact).await, ["Dev=Dev"]);
    let none = directory.find_groups("globex", &[], Matching::Exact).await;
    assert_eq!(none.unwrap(), []);
    assert!(!directory.company_exists("globex").await.unwrap());
}
