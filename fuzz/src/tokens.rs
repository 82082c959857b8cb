//! Tokens and the userinfo answer: each is refused in one line, or says what it must say.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use usher::domain::{Algorithm, LogoutTokenTyp, Provider, Secret, VerifiedIdentity, Whose};
use usher::oidc::verify::logout::{ExpectedLogout, verify_logout};
use usher::oidc::{self, Expected, OidcError, Tokens, fuzzing};

use super::is_a_line;
use super::provider::{ISSUER, PROVIDER};
use super::signed::{KEYS, believed, sign, token};

/// Seconds: when all this happens.
pub const NOW: i64 = 1_800_000_000;
const CLIENT: &str = "usher";
const NONCE: &str = "the-nonce";
const SUBJECT: &str = "f:1:ann";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How far clocks may be apart, and how old an ID token may be, in seconds.
const LEEWAY: f64 = 60.0;
const OLDEST: f64 = 600.0;

/// One that is right.
pub static ACCESS_TOKEN: LazyLock<String> = LazyLock::new(|| {
    let claims = json!({"iss": ISSUER, "aud": CLIENT, "sub": SUBJECT, "exp": NOW + 300});
    sign(br#"{"alg":"EdDSA"}"#, claims.to_string().as_bytes())
});

static ID_TOKEN: LazyLock<String> =
    LazyLock::new(|| sign(br#"{"alg":"EdDSA"}"#, right().to_string().as_bytes()));

/// The claims of an ID token that is right.
pub fn right() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": SUBJECT, "exp": NOW + 300, "iat": NOW,
        "nonce": NONCE, "auth_time": NOW, "acr": "1",
    })
}

/// An ID token from the token endpoint.
pub(crate) fn id_token(bytes: &[u8]) {
    let token = token(bytes);
    let identity = match sign_in(&token, &ACCESS_TOKEN) {
        Ok(identity) => identity,
        Err(error) => return assert_fit_for_a_log(&error, &token),
    };
    let claims = believed(&token, &["jwt"]);
    assert_for_us_now(&claims);
    assert_eq!(claims["nonce"], NONCE);
    assert_eq!(claims["acr"], "1");
    let signed_in = seconds(&claims, "auth_time").expect("there is an auth_time");
    assert!(NOW as f64 - signed_in < 300.0 + 300.0 + LEEWAY, "auth_time");
    if let Some(azp) = claims.get("azp") {
        assert_eq!(azp, CLIENT);
    }
    if let Some(hash) = claims.get("at_hash") {
        assert!(hash.as_str().is_some_and(|hash| !hash.is_empty()));
    }
    assert_subject(&identity.subject);
    assert_eq!(claims["sub"], identity.subject.as_str());
    assert_eq!(identity.issuer, ISSUER);
    assert_eq!(identity.claims.id_token, Value::Object(claims));
}

/// An access token that claims are read from.
pub(crate) fn access_token(bytes: &[u8]) {
    let token = token(bytes);
    let identity = match sign_in(&ID_TOKEN, &token) {
        Ok(identity) => identity,
        Err(error) => {
            let of_it = error.check.starts_with("access_token.");
            // Its claims are read behind the checks: an address may be none.
            assert!(of_it || error.check == "email", "{error}");
            return assert_fit_for_a_log(&error, &token);
        }
    };
    let claims = believed(&token, &["jwt", "at+jwt"]);
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["sub"], SUBJECT);
    let for_us = claims
        .get("azp")
        .map_or_else(|| is_audience(&claims), |azp| azp == CLIENT);
    assert!(for_us, "for somebody else");
    assert_alive(&claims);
    if let Some(issued) = seconds(&claims, "iat") {
        assert!(issued < NOW as f64 + LEEWAY + 1.0, "from the future");
    }
    assert_eq!(identity.claims.access_token, Some(Value::Object(claims)));
}

/// A logout token, which anybody may send.
pub(crate) fn logout_token(bytes: &[u8]) {
    let token = token(bytes);
    for typ in [LogoutTokenTyp::Compatible, LogoutTokenTyp::Strict] {
        let expected = ExpectedLogout {
            issuer: ISSUER.to_owned(),
            client_id: CLIENT.to_owned(),
            algorithm: Algorithm::EdDSA,
            typ,
        };
        let logout = match verify_logout(&token, &KEYS, &expected, now()) {
            Ok(logout) => logout,
            Err(error) => {
                assert_fit_for_a_log(&error, &token);
                continue;
            }
        };
        let types: &[&str] = match typ {
            LogoutTokenTyp::Compatible => &["logout+jwt", "jwt"],
            LogoutTokenTyp::Strict => &["logout+jwt"],
        };
        let claims = believed(&token, types);
        assert_for_us_now(&claims);
        assert!(claims["events"][EVENT].is_object(), "no event of logout");
        assert!(!claims.contains_key("nonce"), "an ID token");
        assert_eq!(claims["jti"], logout.id());
        match logout.whose() {
            Whose::Session(sid) => assert_eq!(claims["sid"], sid.as_str()),
            Whose::Subject(subject) => assert_eq!(claims["sub"], subject.as_str()),
        }
        assert_eq!(claims.get("sub").and_then(Value::as_str), logout.subject());
        let remembered = logout.until().duration_since(now());
        assert!(
            remembered <= SignedDuration::from_secs(60 + 60 + 600),
            "{remembered}"
        );
    }
}

/// An answer of the userinfo endpoint: a line with its content type, and the body. The body
/// `JWT` and two more lines stands for what those make when they are signed.
pub(crate) fn userinfo(bytes: &[u8]) {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let kind = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let body = lines.next().unwrap_or_default();
    let body = match body.strip_prefix(b"JWT\n") {
        Some(parts) => token(parts).into_bytes(),
        None => body.to_vec(),
    };
    let claims = match fuzzing::userinfo(&kind, &body, SUBJECT, &KEYS, &expected()) {
        Ok(claims) => claims,
        Err(error) => return assert_fit_for_a_log(&error, &String::from_utf8_lossy(&body)),
    };
    let essence = kind.split_once(';').map_or(&*kind, |(essence, _)| essence);
    let is_signed = essence.trim().eq_ignore_ascii_case("application/jwt");
    let shown = match is_signed {
        true => {
            let text = String::from_utf8(body).expect("a token");
            let shown = believed(text.trim(), &["jwt"]);
            assert_eq!(shown["iss"], ISSUER);
            assert!(is_audience(&shown));
            shown
        }
        false => super::json::unambiguous(&body),
    };
    assert_eq!(shown["sub"], SUBJECT);
    assert_eq!(claims, Value::Object(shown));
}

/// What comes of the two tokens of a sign-in.
///
/// # Errors
/// The first check that failed.
pub fn sign_in(id_token: &str, access_token: &str) -> Result<VerifiedIdentity, OidcError> {
    let tokens = Tokens::new(Secret::new(id_token), Secret::new(access_token));
    let verified = oidc::verify(tokens, &KEYS, &expected(), now())?;
    oidc::collect(verified, None, provider())
}

fn provider() -> &'static Provider {
    &PROVIDER
}

fn expected() -> Expected {
    Expected {
        issuer: ISSUER.to_owned(),
        client_id: CLIENT.to_owned(),
        nonce: Secret::new(NONCE),
        algorithm: Algorithm::EdDSA,
        acr_values: vec!["1".to_owned()],
        max_age: Some(SignedDuration::from_secs(300)),
        begun_at: now()
            .saturating_sub(SignedDuration::from_secs(300))
            .expect("a date"),
        hosted_domain: None,
        access_token: true,
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).expect("a date")
}

fn assert_for_us_now(claims: &Map<String, Value>) {
    assert_eq!(claims["iss"], ISSUER);
    assert!(is_audience(claims));
    let others = claims["aud"].as_array().into_iter().flatten();
    assert!(
        others.into_iter().all(|other| other == CLIENT),
        "others too"
    );
    assert_alive(claims);
    let issued = seconds(claims, "iat").expect("there is an iat");
    let age = NOW as f64 - issued;
    assert!((-LEEWAY - 1.0..=OLDEST).contains(&age), "{age} s old");
}

fn assert_alive(claims: &Map<String, Value>) {
    let end = seconds(claims, "exp").expect("there is an exp");
    assert!(end > NOW as f64 - LEEWAY, "expired");
    if let Some(begin) = seconds(claims, "nbf") {
        assert!(begin < NOW as f64 + LEEWAY + 1.0, "not yet valid");
    }
}

/// A number, if it is there.
fn seconds(claims: &Map<String, Value>, name: &str) -> Option<f64> {
    let seconds = claims.get(name)?.as_f64().expect("a time is a number");
    assert!(seconds.is_finite() && seconds >= 0.0, "{name}");
    Some(seconds)
}

fn is_audience(claims: &Map<String, Value>) -> bool {
    match &claims["aud"] {
        Value::String(one) => one == CLIENT,
        Value::Array(several) => several.iter().any(|one| one == CLIENT),
        _ => false,
    }
}

fn assert_subject(subject: &str) {
    assert!((1..=255).contains(&subject.len()));
    assert!(subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
}

/// A line that says nothing of the token beyond a word of it.
fn assert_fit_for_a_log(error: &OidcError, token: &str) {
    let line = error.to_string();
    assert!(is_a_line(&line), "{line:?}");
    let payload = token.split('.').nth(1).unwrap_or_default();
    assert!(
        payload.len() < 200 || !line.contains(payload),
        "it holds the token"
    );
}
