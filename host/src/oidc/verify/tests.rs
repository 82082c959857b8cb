//! Each test changes one thing of a sign-in that holds, and names the check that must fail.

mod access_token;
mod forge;
mod logout;
mod signature;

use aws_lc_rs::digest::{SHA256, SHA512};
use serde_json::json;

use super::super::fixture::{ISSUER, handshake, provider};
use super::*;
use forge::{With, half_hash, published, token};

const NOW: i64 = 1_800_000_000;

/// The two tokens of a sign-in, and how to look at them.
struct Case {
    header: Value,
    claims: Value,
    with: With,
    access_header: Value,
    access_claims: Value,
    access_with: With,
    /// Instead of a signed access token.
    access_token: Option<String>,
    /// Instead of the claims.
    text: Option<String>,
    keys: Keys,
    expected: Expected,
}

impl Case {
    fn good() -> Self {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": "rsa"});
        Self {
            header: header.clone(),
            claims: json!({
                "iss": ISSUER, "aud": "usher", "azp": "usher", "sub": "f:1:ann", "exp": NOW + 300,
                "iat": NOW - 1, "auth_time": NOW - 10, "nonce": "the-nonce", "acr": "1", "sid": "s, id",
            }),
            with: With::Rs256,
            access_header: header,
            access_claims: json!({
                "iss": ISSUER, "aud": "account", "azp": "usher", "sub": "f:1:ann",
                "exp": NOW + 300, "iat": NOW - 1, "groups": ["a"],
            }),
            access_with: With::Rs256,
            access_token: None,
            text: None,
            keys: published(),
            expected: Expected::new(&provider(), ISSUER, &handshake()),
        }
    }

    fn verify(self) -> Result<VerifiedTokens, OidcError> {
        let signed = || {
            token(
                &self.access_header,
                &self.access_claims.to_string(),
                self.access_with,
            )
        };
        let access_token = self.access_token.clone().unwrap_or_else(signed);
        let text = self.text.unwrap_or_else(|| self.claims.to_string());
        let text = text.replace("$half", &half_hash(&SHA256, &access_token));
        let text = text.replace("$long", &half_hash(&SHA512, &access_token));
        let id_token = token(&self.header, &text, self.with);
        let tokens = Tokens::new(Secret::new(id_token), Secret::new(access_token));
        let now = Timestamp::from_second(NOW).unwrap();
        verify(tokens, &self.keys, &self.expected, now)
    }
}

/// The outcome of a sign-in with one change.
fn changed(change: impl FnOnce(&mut Case)) -> Result<VerifiedTokens, OidcError> {
    let mut case = Case::good();
    change(&mut case);
    case.verify()
}

fn refused(check: &str, code: Code, change: impl FnOnce(&mut Case)) {
    let error = changed(change).unwrap_err();
    assert_eq!((error.check, error.code), (check, code), "{error}");
}

/// Every value, in the claim of the ID token, fails the check; `null` stands for absence.
fn claim(name: &str, check: &str, code: Code, values: &[Value]) {
    for value in values {
        refused(check, code, |case| set(&mut case.claims, name, value));
    }
}

fn set(object: &mut Value, name: &str, value: &Value) {
    object[name] = value.clone();
    if value.is_null() {
        object.as_object_mut().unwrap().remove(name);
    }
}

use Code::{ClockSkew, TokenInvalid};

#[test]
fn c01_c08_tokens_that_are_right_are_accepted() {
    let verified = changed(|_| ()).unwrap();
    assert_eq!(verified.subject(), "f:1:ann");
    changed(|case| case.claims["at_hash"] = "$half".into()).unwrap();
    changed(|case| case.claims["aud"] = json!(["usher"])).unwrap();
    changed(|case| set(&mut case.claims, "azp", &Value::Null)).unwrap();
    changed(|case| set(&mut case.header, "typ", &Value::Null)).unwrap();
    changed(|case| case.claims["exp"] = json!(1.800_000_3e9)).unwrap();
    changed(|case| case.access_header["typ"] = "at+jwt".into()).unwrap();
    changed(|case| case.claims["_claim_sources"] = json!({"a": {"endpoint": "http://x"}})).unwrap();
}

#[test]
fn c02_k18_hole22_f12_the_issuer_is_exact() {
    let near = [
        json!(format!("{ISSUER}/")),
        json!(&ISSUER[..ISSUER.len() - 1]),
        json!(format!("{ISSUER}.evil.example")),
        json!(ISSUER.to_uppercase()),
        json!(ISSUER.replace("https", "http")),
        json!([ISSUER]),
        json!(7),
        Value::Null,
    ];
    claim("iss", "iss", TokenInvalid, &near);
}

#[test]
fn c03_k25_the_subject_is_short_printable_ascii() {
    let long = "a".repeat(256);
    let bad = [
        json!(""),
        json!(long),
        json!("é"),
        json!("a\n"),
        json!(7),
        Value::Null,
    ];
    claim("sub", "sub", TokenInvalid, &bad);
    let longest = "a".repeat(255);
    changed(|case| {
        case.claims["sub"] = longest.clone().into();
        case.access_claims["sub"] = longest.into();
    })
    .unwrap();
}

#[test]
fn c04_c31_k19_f05_f06_f11_hole21_the_audience_is_us_and_nobody_else() {
    let bad = [
        json!("other"),
        json!("Usher"),
        json!(["other"]),
        json!(["usher", "other"]),
        json!([]),
        json!(""),
        json!(["usher", 7]),
        json!(7),
        json!({"usher": true}),
        Value::Null,
    ];
    claim("aud", "aud", TokenInvalid, &bad);
}

#[test]
fn k20_the_authorized_party_is_us_and_named_when_there_are_several_audiences() {
    let bad = [json!("other"), json!(""), json!(["usher"]), json!(7)];
    claim("azp", "azp", TokenInvalid, &bad);
    refused("azp", TokenInvalid, |case| {
        case.claims["aud"] = json!(["usher", "usher"]);
        set(&mut case.claims, "azp", &Value::Null);
    });
}

#[test]
fn c05_k21_hole18_the_time_of_issue_is_there_and_near() {
    let bad = [
        Value::Null,
        json!("x"),
        json!([NOW]),
        json!(NOW.to_string()),
        json!(-1),
        json!(1e300),
    ];
    claim("iat", "iat", TokenInvalid, &bad);
    claim(
        "iat",
        "iat",
        ClockSkew,
        &[json!(NOW + 61), json!(NOW - 601), json!(NOW + 86_400)],
    );
    for near in [NOW + 60, NOW - 600] {
        changed(|case| case.claims["iat"] = near.into()).unwrap();
    }
}

#[test]
fn f09_f10_k21_hole23_an_expired_token_is_refused() {
    let bad = [
        Value::Null,
        json!("x"),
        json!(true),
        json!(1e300),
        json!(-5),
        json!([NOW + 300]),
    ];
    claim("exp", "exp", TokenInvalid, &bad);
    // It was dead when it was issued: that is no matter of clocks.
    claim("exp", "exp", TokenInvalid, &[json!(NOW - 360), json!(0)]);
    refused("exp", ClockSkew, |case| {
        case.claims["iat"] = (NOW - 420).into();
        case.claims["exp"] = (NOW - 360).into();
    });
    changed(|case| case.claims["exp"] = (NOW - 59).into()).unwrap();
    claim("exp", "exp", TokenInvalid, &[json!(NOW - 60)]);
}

#[test]
fn k21_hole23_a_token_that_is_not_valid_yet_is_refused() {
    let bad = [json!(NOW + 61), json!("x"), json!(1e300), json!(false)];
    claim("nbf", "nbf", TokenInvalid, &bad);
    refused("nbf", TokenInvalid, |case| case.claims["nbf"] = Value::Null);
    changed(|case| case.claims["nbf"] = (NOW + 60).into()).unwrap();
}

#[test]
fn c12_k22_f14_f15_the_nonce_is_that_of_the_attempt() {
    let bad = [
        json!("other"),
        json!(""),
        json!("the-nonce "),
        json!(["the-nonce"]),
        Value::Null,
    ];
    claim("nonce", "nonce", TokenInvalid, &bad);
}

#[test]
fn k24_a_hash_of_the_access_token_must_match() {
    let bad = [json!("x"), json!(""), json!("$long"), json!(7)];
    claim("at_hash", "at_hash", TokenInvalid, &bad);
}

#[test]
fn k23_hole15_what_was_asked_for_is_checked() {
    let ask = |case: &mut Case, acr: Value| {
        case.expected.acr_values = vec!["gold".into(), "silver".into()];
        set(&mut case.claims, "acr", &acr);
    };
    changed(|case| ask(case, json!("silver"))).unwrap();
    for acr in [json!("1"), json!(["gold"]), Value::Null] {
        refused("acr", TokenInvalid, |case| ask(case, acr));
    }
    let age = |case: &mut Case, seconds, at: Value| {
        case.expected.max_age = Some(SignedDuration::from_secs(seconds));
        set(&mut case.claims, "auth_time", &at);
    };
    // The attempt began five minutes ago, and that is what counts.
    let begun = NOW - 300;
    changed(|case| age(case, 0, json!(NOW - 10))).unwrap();
    changed(|case| age(case, 0, json!(begun - 60))).unwrap();
    changed(|case| age(case, 100, json!(begun - 160))).unwrap();
    for at in [json!(begun - 161), json!(NOW + 61), json!("x"), Value::Null] {
        refused("auth_time", TokenInvalid, |case| age(case, 100, at));
    }
    refused("auth_time", TokenInvalid, |case| {
        age(case, 0, json!(begun - 61))
    });
}

#[test]
fn k23_prompt_login_is_checked_by_the_time_of_the_sign_in() {
    let prompted = |prompt: &str, at: Value| {
        changed(|case| {
            let mut provider = provider();
            let params = [("prompt", prompt), ("max_age", "86400")];
            provider.authorize_params = params.map(|(n, v)| (n.into(), v.into())).into();
            case.expected = Expected::new(&provider, ISSUER, &handshake());
            set(&mut case.claims, "auth_time", &at);
        })
    };
    for prompt in ["login", "consent login"] {
        prompted(prompt, json!(NOW - 100)).unwrap();
        for at in [json!(NOW - 361), Value::Null] {
            assert_eq!(prompted(prompt, at).unwrap_err().check, "auth_time");
        }
    }
    for prompt in ["none", "consent", "logins"] {
        prompted(prompt, json!(NOW - 361)).unwrap();
    }
}

#[test]
fn k23_classes_asked_for_by_claims_are_checked_and_win() {
    let asked = |name: &str, value: &str| {
        let mut provider = provider();
        let params = [("acr_values", "1"), (name, value)];
        provider.authorize_params = params.map(|(n, v)| (n.into(), v.into())).into();
        changed(|case| case.expected = Expected::new(&provider, ISSUER, &handshake()))
    };
    for claims in [
        r#"{"id_token":{"acr":{"essential":true,"values":["gold","silver"]}}}"#,
        r#"{"id_token":{"acr":{"essential":true,"value":"gold"}}}"#,
    ] {
        assert_eq!(asked("claims", claims).unwrap_err().check, "acr");
    }
    for claims in [
        r#"{"id_token":{"acr":{"values":["gold","1"]}}}"#,
        r#"{"id_token":{"acr":null,"email":{"essential":true}}}"#,
        r#"{"userinfo":{"acr":{"value":"gold"}}}"#,
        "no JSON",
    ] {
        asked("claims", claims).unwrap();
    }
    assert_eq!(
        asked("acr_values", " gold  silver ").unwrap_err().check,
        "acr"
    );
}

#[test]
fn hole11_a_hosted_domain_that_was_asked_for_is_there() {
    let hosted = |asked: &str, hd: Value| {
        changed(|case| {
            case.expected.hosted_domain = Some(asked.to_owned());
            set(&mut case.claims, "hd", &hd);
        })
    };
    hosted("corp.com", json!("Corp.com")).unwrap();
    hosted("*", json!("corp.com")).unwrap();
    for hd in [
        json!("evilcorp.com"),
        json!("corp.com.evil"),
        json!(["corp.com"]),
        json!(""),
        Value::Null,
    ] {
        assert_eq!(hosted("corp.com", hd).unwrap_err().check, "hd");
    }
    for hd in [json!(""), json!(true), Value::Null] {
        assert_eq!(hosted("*", hd).unwrap_err().check, "hd");
    }
}

#[test]
fn a_claim_that_is_there_twice_is_refused_though_the_signature_holds() {
    for text in [
        Case::good()
            .claims
            .to_string()
            .replacen('{', r#"{"sub":"admin","#, 1),
        Case::good()
            .claims
            .to_string()
            .replacen('{', r#"{"x":{"a":1,"a":2},"#, 1),
        "[]".to_owned(),
        "{".to_owned(),
    ] {
        refused("id_token.claims", TokenInvalid, |case| {
            case.text = Some(text)
        });
    }
}

#[test]
fn a_refusal_never_holds_a_token_a_nonce_or_the_client_secret() {
    let bad: [&dyn Fn(&mut Case); 3] = [
        &|case| case.claims["nonce"] = "canary".into(),
        &|case| case.claims["sub"] = "canary\n".into(),
        &|case| case.access_claims["sub"] = "canary".into(),
    ];
    for change in bad {
        let error = changed(change).unwrap_err();
        let text = format!("{error} {error:?}");
        for secret in ["canary", "the-nonce", "eyJ", "f:1:ann"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
