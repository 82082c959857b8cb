//! Logout tokens: each test changes one thing of a token that holds, and names the check that
//! must fail.

use serde_json::{Value, json};

use super::super::super::fixture::{ISSUER, provider};
use super::super::logout::{ExpectedLogout, verify_logout};
use super::forge::{self, With, published};
use super::*;
use crate::domain::{LogoutTokenTyp, VerifiedLogout, Whose};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

struct Case {
    header: Value,
    claims: Value,
    with: With,
    text: Option<String>,
    expected: ExpectedLogout,
}

/// The outcome of a logout with one change.
fn changed(change: impl FnOnce(&mut Case)) -> Result<VerifiedLogout, OidcError> {
    let mut case = Case {
        header: json!({"alg": "RS256", "typ": "logout+jwt", "kid": "rsa"}),
        claims: json!({
            "iss": ISSUER, "aud": "usher", "sub": "f:1:ann", "sid": "s, id", "jti": "j-1",
            "iat": NOW - 1, "exp": NOW + 119, "events": {EVENT: {}}, "unknown": [1],
        }),
        with: With::Rs256,
        text: None,
        expected: ExpectedLogout::new(&provider(), ISSUER),
    };
    change(&mut case);
    let text = case.text.unwrap_or_else(|| case.claims.to_string());
    let token = forge::token(&case.header, &text, case.with);
    let now = Timestamp::from_second(NOW).unwrap();
    verify_logout(&token, &published(), &case.expected, now)
}

fn refused(check: &str, change: impl FnOnce(&mut Case)) {
    let error = changed(change).unwrap_err();
    assert_eq!(error.check, format!("logout_token.{check}"), "{error}");
    assert!(error.is_about_the_token(), "{error}");
}

/// Every value of the claim fails the check of its name; `null` stands for absence.
fn claim(name: &str, values: &[Value]) {
    for value in values {
        refused(name, |case| set(&mut case.claims, name, value));
    }
}

#[test]
fn l04_k40_k45_a_token_that_is_right_says_whose_sessions_end() {
    let logout = changed(|_| ()).unwrap();
    assert_eq!((logout.issuer(), logout.id()), (ISSUER, "j-1"));
    assert_eq!(*logout.whose(), Whose::Session("s, id".into()));
    assert_eq!(logout.subject(), Some("f:1:ann"));
    let no_sub = changed(|case| set(&mut case.claims, "sub", &Value::Null)).unwrap();
    assert_eq!(*no_sub.whose(), Whose::Session("s, id".into()));
    let no_sid = changed(|case| set(&mut case.claims, "sid", &Value::Null)).unwrap();
    assert_eq!(*no_sid.whose(), Whose::Subject("f:1:ann".into()));
    changed(|case| case.claims["aud"] = json!(["usher"])).unwrap();
    changed(|case| case.claims["events"]["urn:other"] = json!({})).unwrap();
    changed(|case| case.claims["events"][EVENT] = json!({"more": 1})).unwrap();
    refused("sub", |case| {
        set(&mut case.claims, "sub", &Value::Null);
        set(&mut case.claims, "sid", &Value::Null);
    });
}

#[test]
fn l05_hole47_k38_an_unsigned_token_is_refused_under_every_configuration() {
    for algorithm in Algorithm::ALL {
        for typ in [LogoutTokenTyp::Compatible, LogoutTokenTyp::Strict] {
            for alg in ["none", "None", "NONE", "nOnE", ""] {
                for with in [With::Nothing, With::Rubbish, With::Rs256] {
                    refused("alg", |case| {
                        case.header["alg"] = alg.into();
                        case.with = with;
                        case.expected.algorithm = algorithm;
                        case.expected.typ = typ;
                    });
                }
            }
        }
    }
}

#[test]
fn l08_hole17_k38_the_signature_is_the_pinned_algorithms_by_a_published_key() {
    for (alg, kid, with) in [
        ("PS256", "ps", With::Ps256),
        ("ES256", "p256", With::Es256),
        ("ES384", "p384", With::Es384),
        ("EdDSA", "ed", With::Ed25519),
        ("HS256", "rsa", With::Hmac),
        ("RS384", "rsa", With::Rs256),
    ] {
        refused("alg", |case| {
            case.header = json!({"alg": alg, "kid": kid, "typ": "logout+jwt"});
            case.with = with;
        });
    }
    for with in [
        With::Foreign,
        With::Nothing,
        With::Rubbish,
        With::Ps256,
        With::Hmac,
    ] {
        refused("signature", |case| case.with = with);
    }
    for kid in [json!("ps"), json!("other"), json!("")] {
        refused("key", |case| case.header["kid"] = kid);
    }
    refused("header", |case| case.header["crit"] = json!(["b64"]));
    changed(|case| {
        case.header = json!({"alg": "ES256", "kid": "p256"});
        case.with = With::Es256;
        case.expected.algorithm = Algorithm::ES256;
    })
    .unwrap();
}

#[test]
fn k44_the_type_is_as_configured() {
    let typed = |typ: Value, wanted| {
        changed(|case| {
            set(&mut case.header, "typ", &typ);
            case.expected.typ = wanted;
        })
    };
    let good = [
        "logout+jwt",
        "LOGOUT+JWT",
        "application/logout+jwt",
        "Application/Logout+JWT",
    ];
    for typ in good {
        typed(json!(typ), LogoutTokenTyp::Strict).unwrap();
        typed(json!(typ), LogoutTokenTyp::Compatible).unwrap();
    }
    for typ in [json!("JWT"), json!("jwt"), Value::Null] {
        typed(typ.clone(), LogoutTokenTyp::Compatible).unwrap();
        let error = typed(typ, LogoutTokenTyp::Strict).unwrap_err();
        assert_eq!(error.check, "logout_token.typ");
    }
    for typ in [
        "",
        "at+jwt",
        "id+jwt",
        "logout",
        "application/",
        "application/application/logout+jwt",
    ] {
        for wanted in [LogoutTokenTyp::Strict, LogoutTokenTyp::Compatible] {
            let error = typed(json!(typ), wanted).unwrap_err();
            assert_eq!(error.check, "logout_token.typ", "{typ}");
        }
    }
}

#[test]
fn l06_l10_k41_the_event_is_there_exactly_and_an_object() {
    claim(
        "events",
        &[
            Value::Null,
            json!({}),
            json!(EVENT),
            json!([EVENT]),
            json!({EVENT: null}),
            json!({EVENT: true}),
            json!({EVENT: []}),
            json!({EVENT: "{}"}),
            json!({format!("{EVENT}/"): {}}),
            json!({EVENT.to_uppercase(): {}}),
            json!({"https://schemas.openid.net/event/backchannel-logout": {}}),
            json!({"urn:<script>": {}}),
        ],
    );
}

#[test]
fn l07_k42_a_nonce_of_any_kind_is_refused() {
    for nonce in [json!("x"), json!(""), json!(7), json!({})] {
        refused("nonce", |case| case.claims["nonce"] = nonce);
    }
    refused("nonce", |case| case.claims["nonce"] = Value::Null);
}

#[test]
fn l09_l11_k39_issuer_audience_and_times_are_those_of_an_id_token() {
    let near = format!("{ISSUER}/");
    claim(
        "iss",
        &[
            json!("https://evil.example"),
            json!(near),
            json!([ISSUER]),
            Value::Null,
        ],
    );
    claim(
        "aud",
        &[
            json!("other"),
            json!([]),
            json!(["usher", "other"]),
            json!(7),
            Value::Null,
        ],
    );
    claim(
        "iat",
        &[
            json!(NOW + 61),
            json!(NOW - 601),
            json!("x"),
            json!(1e300),
            Value::Null,
        ],
    );
    claim(
        "exp",
        &[
            json!(NOW - 60),
            json!("never"),
            json!(-1),
            json!(1e300),
            Value::Null,
        ],
    );
    claim("nbf", &[json!(NOW + 61), json!("x")]);
    changed(|case| case.claims["exp"] = (NOW - 59).into()).unwrap();
}

#[test]
fn k43_a_token_has_an_id_and_is_remembered_for_as_long_as_it_would_be_taken() {
    claim(
        "jti",
        &[
            json!(""),
            json!(7),
            json!(["j"]),
            json!("j".repeat(1025)),
            Value::Null,
        ],
    );
    let at = |seconds| Timestamp::from_second(seconds).unwrap();
    assert_eq!(changed(|_| ()).unwrap().until(), at(NOW + 119 + 60));
    let endless = changed(|case| case.claims["exp"] = 253_402_207_200_i64.into()).unwrap();
    assert_eq!(endless.until(), at(NOW - 1 + 600 + 60));
}

#[test]
fn a_sid_or_sub_that_is_there_is_a_text() {
    claim(
        "sid",
        &[json!(""), json!(7), json!("s".repeat(1025)), json!(["s"])],
    );
    claim(
        "sub",
        &[json!(""), json!(7), json!("é"), json!("a".repeat(256))],
    );
    refused("sid", |case| case.claims["sid"] = Value::Null);
    refused("sub", |case| case.claims["sub"] = Value::Null);
}

#[test]
fn another_kind_of_token_is_no_logout_token_and_the_reverse() {
    let id_token = Case::of_an_id_token();
    refused("events", |case| case.claims = id_token);
    super::refused("nonce", Code::TokenInvalid, |case| {
        case.claims["events"] = json!({EVENT: {}});
        set(&mut case.claims, "nonce", &Value::Null);
    });
    for text in ["[]", "{", r#"{"jti":"a","jti":"b"}"#] {
        refused("claims", |case| case.text = Some(text.to_owned()));
    }
}

impl Case {
    fn of_an_id_token() -> Value {
        super::Case::good().claims
    }
}

#[test]
fn a_refusal_never_holds_the_token_or_whom_it_is_about() {
    for change in [
        |case: &mut Case| case.claims["nonce"] = "canary".into(),
        |case: &mut Case| case.claims["sub"] = "canary\n".into(),
        |case: &mut Case| case.claims["sid"] = json!(["canary"]),
        |case: &mut Case| case.claims["jti"] = json!({"canary": 1}),
    ] {
        let error = changed(change).unwrap_err();
        let text = format!("{error} {error:?}");
        for secret in ["canary", "eyJ", "f:1:ann", "s, id"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
