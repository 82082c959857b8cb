use super::*;
use crate::{Host, Level, Matching, Placement, Source, Trace, Value, Verification};

fn case(text: &str) -> Case {
    Case::parse(text).unwrap()
}

#[test]
fn an_empty_case_is_all_defaults() {
    let host = case("{}").host();
    assert_eq!(host.provider(), "keycloak");
    assert_eq!(host.time(), 1_700_000_000);
    assert_eq!(host.setting("/groups/claim"), Value::Text("groups".into()));
    assert_eq!(host.setting("/default_company"), Value::Null);
    assert_eq!(host.setting("/site"), Value::Json("{}".into()));
    assert_eq!(host.address(), None);
    assert_eq!(
        host.claims_document(Source::Configured).as_deref(),
        Some("{}")
    );
    assert_eq!(host.claims_document(Source::Userinfo), None);
}

#[test]
fn a_misspelt_key_is_an_error_that_names_it() {
    let error = Case::parse(r#"{"settings": {"groups": {"enable": true}}}"#).unwrap_err();
    assert!(
        error.contains("enable") && error.contains("enabled"),
        "{error}"
    );
}

#[test]
fn an_expectation_is_either_admission_or_refusal() {
    let both = r#"{"expect": {"admit": {"company": "a"}, "refuse": {"code": "b"}}}"#;
    assert!(Case::parse(both).unwrap_err().contains("exactly one"));
    assert!(Case::parse(r#"{"expect": {}}"#).is_err());
}

#[test]
fn configured_claims_come_from_userinfo_when_the_access_token_is_switched_off() {
    let host = case(
        r#"{"settings": {"get_info_from_access_token": false},
            "claims": {"access_token": {"a": 1}, "userinfo": {"a": 2}}}"#,
    )
    .host();
    assert_eq!(host.claim(Source::Configured, "/a"), Value::Integer(2));
    assert_eq!(host.reads()[0].source, Source::Userinfo);
}

#[test]
fn json_values_keep_their_kind() {
    let host = case(
        r#"{"claims": {"access_token": {"n": null, "f": 1.5, "big": 18446744073709551615,
            "none": [], "some": ["a"], "mixed": ["a", 1], "a/b": {"c~d": true}}}}"#,
    )
    .host();
    let claim = |pointer| host.claim(Source::Configured, pointer);
    assert_eq!(claim("/n"), Value::Null);
    assert_eq!(claim("/f"), Value::Number(1.5));
    assert_eq!(claim("/big"), Value::Json("18446744073709551615".into()));
    assert_eq!(claim("/none"), Value::Texts(vec![]));
    assert_eq!(claim("/some"), Value::Texts(vec!["a".into()]));
    assert_eq!(claim("/mixed"), Value::Json(r#"["a",1]"#.into()));
    assert_eq!(claim("/a~1b/c~0d"), Value::Flag(true));
    assert_eq!(claim("n"), Value::Absent);
}

#[test]
fn only_the_literal_true_verifies_an_address() {
    let verification = |verified: &str| {
        let text =
            format!(r#"{{"claims": {{"access_token": {{"email": "Ada@ACME.com"{verified}}}}}}}"#);
        let address = case(&text).host().address().unwrap();
        assert_eq!(address.domain, "acme.com");
        address.verification
    };
    assert_eq!(
        verification(r#", "email_verified": true"#),
        Verification::Verified
    );
    assert_eq!(
        verification(r#", "email_verified": "true""#),
        Verification::Unverified
    );
    assert_eq!(verification(""), Verification::Unstated);
}

#[test]
fn the_fake_records_reads_and_lookups() {
    let host = case(r#"{"directory": {"companies": {"acme": ["Ops"]}}}"#).host();
    let names = ["ops".to_owned(), "none".to_owned()];
    let found = host.find_groups("acme", &names, Matching::IgnoreCase);
    assert_eq!(found[0].name, "Ops");
    assert!(host.find_groups("acme", &names, Matching::Exact).is_empty());
    host.claim(Source::IdToken, "/x");
    host.log(Level::Info, "line");
    assert_eq!(host.lookups().len(), 2);
    assert_eq!(host.lookups()[0].call, "find-groups");
    assert_eq!(host.reads()[0].value, None);
    assert_eq!(host.logs(), [(Level::Info, "line".to_owned())]);
}

#[test]
fn a_lookup_flood_fails_as_in_the_host() {
    let flood = case("{}").decide(|host| {
        (0..=LOOKUPS).for_each(|_| {
            host.company_exists("acme");
        });
        Ok(Trace::default().admit(Placement::in_company("acme")))
    });
    assert!(flood.unwrap_err().contains("budget"));
}

#[test]
fn differences_are_named() {
    let case = case(
        r#"{"expect": {"admit": {"company": "acme", "admin": "grant",
            "groups": {"replace": ["b", "a"]}}, "trace": {"rule": "hit"}}}"#,
    );
    let mut trace = Trace::default();
    trace.miss("rule", "");
    let decision = trace.admit(Placement::in_company("acme"));
    let differences = case.expect.unwrap().differences(Ok(&decision));
    assert_eq!(differences.len(), 3, "{differences:?}");
    assert!(differences[0].starts_with("admin: expected Grant, got Leave"));
}
