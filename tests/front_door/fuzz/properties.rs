//! What holds of every ID token, whatever its values are.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::targets::signed::sign;
use super::targets::tokens::{ACCESS_TOKEN, NOW, right, sign_in};

const HEADER: &[u8] = br#"{"alg":"EdDSA","typ":"JWT","kid":"ed"}"#;

fn token(claims: &Value) -> String {
    sign(HEADER, claims.to_string().as_bytes())
}

/// Claims that are right but for one.
fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = right();
    claims[name] = value.into();
    claims
}

fn refused_for(check: &'static str, claims: &Value) -> Result<(), TestCaseError> {
    let error = sign_in(&token(claims), &ACCESS_TOKEN).err();
    prop_assert_eq!(error.map(|error| error.check), Some(check), "{}", claims);
    Ok(())
}

#[test]
fn no_byte_of_a_signed_token_can_be_another() {
    let token = token(&right());
    sign_in(&token, &ACCESS_TOKEN).unwrap();
    for at in 0..token.len() {
        for other in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ " {
            let mut changed = token.clone().into_bytes();
            if std::mem::replace(&mut changed[at], *other) == *other {
                continue;
            }
            let changed = String::from_utf8(changed).unwrap();
            assert!(sign_in(&changed, &ACCESS_TOKEN).is_err(), "{at}: {changed}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_token_is_no_other_with_bytes_put_in_or_taken_out(at in 0_usize..400, text in "[ -~]{1,3}", taken in 0_usize..4) {
        let mut token = token(&right());
        let before = token.clone();
        let at = at.min(token.len());
        let end = (at + taken).min(token.len());
        token.replace_range(at..end, &text);
        prop_assume!(token != before);
        prop_assert!(sign_in(&token, &ACCESS_TOKEN).is_err(), "{}", token);
    }

    #[test]
    fn times_hold_within_their_bounds_and_nowhere_else(
        ahead in 61_i64..4_000_000_000, old in 601_i64..1_700_000_000, late in 60_i64..1_700_000_000,
    ) {
        refused_for("exp", &with("exp", NOW - late))?;
        refused_for("iat", &with("iat", NOW + ahead))?;
        refused_for("iat", &with("iat", NOW - old))?;
        refused_for("nbf", &with("nbf", NOW + ahead))?;
        refused_for("auth_time", &with("auth_time", NOW + ahead))?;
        refused_for("auth_time", &with("auth_time", NOW - 300 - 60 - old))?;
    }

    #[test]
    fn times_within_their_bounds_are_taken(ahead in -600_i64..=60, late in -4_000_000_000_i64..60) {
        for claims in [with("iat", NOW + ahead), with("exp", NOW - late), with("nbf", NOW + ahead)] {
            let taken = sign_in(&token(&claims), &ACCESS_TOKEN);
            prop_assert!(taken.is_ok(), "{claims}: {:?}", taken.err());
        }
    }

    #[test]
    fn a_time_that_is_no_number_is_no_time(value in not_a_time()) {
        for (claim, check) in [("exp", "exp"), ("iat", "iat"), ("nbf", "nbf"), ("auth_time", "auth_time")] {
            refused_for(check, &with(claim, value.clone()))?;
        }
    }

    #[test]
    fn issuer_audience_party_nonce_and_class_are_those_and_no_others(other in other_text()) {
        for (claim, check) in [("iss", "iss"), ("aud", "aud"), ("azp", "azp"), ("nonce", "nonce"), ("acr", "acr")] {
            refused_for(check, &with(claim, other.clone()))?;
        }
        refused_for("aud", &with("aud", json!(["usher", other])))?;
    }

    #[test]
    fn a_subject_is_short_and_printable(long in "[ -~]{256,600}", strange in "[ -~]{0,8}[\\x00-\\x1f\\x7f-\\u{ffff}][ -~]{0,8}") {
        refused_for("sub", &with("sub", long))?;
        refused_for("sub", &with("sub", strange))?;
    }

    #[test]
    fn a_hash_of_another_access_token_is_refused(other in "[A-Za-z0-9_-]{0,64}") {
        refused_for("at_hash", &with("at_hash", other))?;
    }
}

/// JSON that is neither absent nor a date.
fn not_a_time() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        "[0-9]{0,12}".prop_map(Value::from),
        (i64::MIN..0).prop_map(Value::from),
        (1_000_000_000_000_u64..).prop_map(Value::from),
        (1e12_f64..1e308).prop_map(Value::from),
        prop::collection::vec(NOW..NOW + 9, 0..3).prop_map(Value::from),
    ]
}

/// None of the texts that are right, and often nearly one of them.
fn other_text() -> impl Strategy<Value = String> {
    let right = ["https://id.example/realms/acme", "usher", "the-nonce", "1"];
    let near = (prop::sample::select(right.to_vec()), "[ -~]", any::<bool>());
    let near = near.prop_map(|(right, more, before)| match before {
        true => format!("{more}{right}"),
        false => format!("{right}{more}"),
    });
    let any_text = prop_oneof![
        near,
        ".{0,40}",
        Just("USHER".to_owned()),
        Just(String::new())
    ];
    any_text.prop_filter("it is right", move |text| !right.contains(&text.as_str()))
}
