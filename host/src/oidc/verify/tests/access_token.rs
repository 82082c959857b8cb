//! The access token as a source of claims (K31).

use serde_json::json;

use super::forge::With;
use super::*;

#[test]
fn k31_an_opaque_access_token_is_an_error_that_names_the_setting() {
    let bad: [&dyn Fn(&mut Case); 4] = [
        &|case| case.access_token = Some("opaque".into()),
        &|case| case.access_token = Some(String::new()),
        &|case| case.access_header["alg"] = "HS512".into(),
        &|case| case.access_with = With::Foreign,
    ];
    for change in bad {
        let error = changed(change).unwrap_err();
        assert!(error.check.starts_with("access_token."), "{error}");
        assert!(
            error.detail.contains("get_info_from_access_token"),
            "{error}"
        );
        changed(|case| {
            change(case);
            case.expected.access_token = false;
        })
        .unwrap();
    }
}

#[test]
fn k31_hole24_the_access_token_is_checked_like_the_id_token() {
    for (name, check, value) in [
        ("iss", "access_token.iss", json!("https://evil.example")),
        ("iss", "access_token.iss", Value::Null),
        ("azp", "access_token.azp", json!("other")),
        ("azp", "access_token.azp", json!(["usher"])),
        ("azp", "access_token.aud", Value::Null),
        ("exp", "access_token.exp", Value::Null),
        ("exp", "access_token.exp", json!(NOW - 360)),
        ("exp", "access_token.exp", json!("x")),
        ("nbf", "access_token.nbf", json!(NOW + 90)),
        ("sub", "access_token.sub", json!("f:1:bob")),
        ("sub", "access_token.sub", json!(7)),
        ("sub", "access_token.sub", json!("F:1:ANN")),
    ] {
        refused(check, TokenInvalid, |case| {
            set(&mut case.access_claims, name, &value)
        });
    }
    refused("access_token.iat", ClockSkew, |case| {
        case.access_claims["iat"] = (NOW + 90).into()
    });
    refused("access_token.typ", TokenInvalid, |case| {
        case.access_header["typ"] = "logout+jwt".into();
    });
    changed(|case| {
        set(&mut case.access_claims, "azp", &Value::Null);
        case.access_claims["aud"] = json!(["account", "usher"]);
    })
    .unwrap();
}

#[test]
fn a_lightweight_access_token_names_the_switch_of_keycloak() {
    let error = changed(|case| set(&mut case.access_claims, "sub", &Value::Null)).unwrap_err();
    assert_eq!(error.check, "access_token.sub");
    assert!(error.detail.contains("lightweight"), "{error}");
    assert!(
        !error.detail.contains("get_info_from_access_token"),
        "{error}"
    );
}
