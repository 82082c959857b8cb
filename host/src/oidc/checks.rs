//! The checks of single claims: pure, every expected value an argument, shared by all kinds
//! of tokens. Each gives the words for its refusal; the caller knows its name.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::error::shown;
use super::jose::ClaimSet;
use crate::domain::Algorithm;

/// How far the provider's clock may be from ours.
pub(super) const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// How old an ID token may be that came straight from the token endpoint.
pub(super) const OLDEST: SignedDuration = SignedDuration::from_mins(10);

/// Why a claim was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is wrong.
    Wrong(String),
    /// It would be right if the two clocks agreed.
    Skewed(String),
}

type Checked<T = ()> = Result<T, Refusal>;

fn wrong<T>(detail: impl Into<String>) -> Checked<T> {
    Err(Refusal::Wrong(detail.into()))
}

/// K18: a string, and exactly the issuer.
pub(super) fn issuer(claims: &ClaimSet, issuer: &str) -> Checked {
    match claims.get("iss") {
        Some(Value::String(iss)) if iss == issuer => Ok(()),
        Some(Value::String(iss)) => {
            wrong(format!("iss is {}, expected {}", shown(iss), shown(issuer)))
        }
        Some(_) => wrong("iss is no string"),
        None => wrong("there is no iss"),
    }
}

/// K19: the client and nobody else. Gives the number of audiences.
pub(super) fn only_audience(claims: &ClaimSet, client_id: &str) -> Checked<usize> {
    let audiences = audiences(claims)?;
    if !audiences.contains(&client_id) {
        return wrong("aud does not name this client");
    }
    if let Some(stranger) = audiences.iter().find(|aud| **aud != client_id) {
        return wrong(format!("aud also names {}", shown(stranger)));
    }
    Ok(audiences.len())
}

/// `aud` as a list of strings that is not empty.
pub(super) fn audiences(claims: &ClaimSet) -> Checked<Vec<&str>> {
    let texts = match claims.get("aud") {
        Some(Value::String(aud)) => Some(vec![aud.as_str()]),
        Some(Value::Array(list)) => list.iter().map(Value::as_str).collect(),
        Some(_) => None,
        None => return wrong("there is no aud"),
    };
    match texts {
        Some(texts) if !texts.is_empty() => Ok(texts),
        Some(_) => wrong("aud is empty"),
        None => wrong("aud is neither a string nor a list of strings"),
    }
}

/// K20: the client, if it is there; it must be there if the audience is several.
pub(super) fn authorized_party(claims: &ClaimSet, client_id: &str, required: bool) -> Checked {
    match claims.get("azp") {
        Some(Value::String(azp)) if azp == client_id => Ok(()),
        Some(Value::String(azp)) => {
            wrong(format!("azp is {}, which is another client", shown(azp)))
        }
        Some(_) => wrong("azp is no string"),
        None if required => wrong("there is no azp though aud has several members"),
        None => Ok(()),
    }
}

/// A time claim, if it is there: a JSON number in the range of real dates (hole 23).
pub(super) fn time(claims: &ClaimSet, name: &str) -> Checked<Option<Timestamp>> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let Value::Number(number) = value else {
        return wrong(format!("{name} is no number"));
    };
    let seconds = number.as_i64().or_else(|| {
        let seconds = number.as_f64()?.floor();
        // Exact in this range, and far from the ends of an i64.
        (seconds.abs() < 1e12).then_some(seconds as i64)
    });
    let time = seconds.filter(|s| *s >= 0).map(Timestamp::from_second);
    match time {
        Some(Ok(time)) => Ok(Some(time)),
        _ => wrong(format!("{name} is not a date")),
    }
}

fn required_time(claims: &ClaimSet, name: &str) -> Checked<Timestamp> {
    match time(claims, name)? {
        Some(time) => Ok(time),
        None => wrong(format!("there is no {name}")),
    }
}

/// K21: issued now, give or take the clocks. A token that we were just handed and that is
/// from the future, or older than ten minutes, says that one of the clocks is wrong.
pub(super) fn issued_now(claims: &ClaimSet, now: Timestamp) -> Checked {
    let age = now.duration_since(required_time(claims, "iat")?);
    if -age > LEEWAY {
        return Err(Refusal::Skewed(format!(
            "iat is {} s ahead of our clock: set the provider's clock or ours",
            -age.as_secs()
        )));
    }
    if age > OLDEST {
        return Err(Refusal::Skewed(format!(
            "iat is {} s behind our clock: set the provider's clock or ours",
            age.as_secs()
        )));
    }
    Ok(())
}

/// Not issued in the future, if it says when.
pub(super) fn not_from_the_future(claims: &ClaimSet, now: Timestamp) -> Checked {
    match time(claims, "iat")? {
        Some(iat) if iat.duration_since(now) > LEEWAY => Err(Refusal::Skewed(format!(
            "iat is {} s ahead of our clock: set the provider's clock or ours",
            iat.duration_since(now).as_secs()
        ))),
        _ => Ok(()),
    }
}

/// K21: not expired. A token that had a life when it was issued, but none by our clock, says
/// that one of the clocks is wrong: it came straight from the token endpoint.
pub(super) fn not_expired(claims: &ClaimSet, now: Timestamp) -> Checked {
    let exp = required_time(claims, "exp")?;
    let late = now.duration_since(exp);
    if late < LEEWAY {
        return Ok(());
    }
    let detail = format!("exp is {} s behind our clock", late.as_secs());
    let born_alive = time(claims, "iat")?.is_some_and(|iat| iat < exp);
    if born_alive {
        return Err(Refusal::Skewed(detail));
    }
    wrong(detail)
}

/// K21: `nbf`, if it is there, has come.
pub(super) fn begun(claims: &ClaimSet, now: Timestamp) -> Checked {
    match time(claims, "nbf")? {
        Some(nbf) if nbf.duration_since(now) > LEEWAY => wrong(format!(
            "nbf is {} s ahead of our clock",
            nbf.duration_since(now).as_secs()
        )),
        _ => Ok(()),
    }
}

/// K22: the nonce of this attempt.
pub(super) fn nonce(claims: &ClaimSet, nonce: &str) -> Checked {
    match claims.get("nonce") {
        Some(Value::String(found)) if same(found, nonce) => Ok(()),
        Some(_) => wrong("nonce is not the one of this attempt"),
        None => wrong("there is no nonce"),
    }
}

/// K24: `at_hash`, if it is there, belongs to the access token.
pub(super) fn access_token_hash(
    claims: &ClaimSet,
    access_token: &str,
    algorithm: Algorithm,
) -> Checked {
    let expected = half_hash(access_token, algorithm);
    match claims.get("at_hash") {
        None => Ok(()),
        Some(Value::String(found)) if same(found, &expected) => Ok(()),
        Some(_) => wrong("at_hash does not belong to the access token"),
    }
}

fn half_hash(token: &str, algorithm: Algorithm) -> String {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let function = match algorithm {
        RS256 | PS256 | ES256 => &digest::SHA256,
        RS384 | PS384 | ES384 => &digest::SHA384,
        // Ed25519 hashes with SHA-512.
        RS512 | PS512 | EdDSA => &digest::SHA512,
    };
    let hash = digest::digest(function, token.as_bytes());
    let bytes = hash.as_ref();
    URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() / 2])
}

/// K25: 1 to 255 ASCII characters, none of them a control character.
pub(super) fn subject(claims: &ClaimSet) -> Checked<&str> {
    match claims.get("sub") {
        Some(Value::String(sub)) => {
            let sound = (1..=255).contains(&sub.len())
                && sub.chars().all(|c| c.is_ascii() && !c.is_ascii_control());
            if sound {
                Ok(sub)
            } else {
                wrong("sub is empty, longer than 255 characters or not printable ASCII")
            }
        }
        Some(_) => wrong("sub is no string"),
        None => wrong("there is no sub"),
    }
}

/// K28, K31: about the person of the ID token.
pub(super) fn same_subject(claims: &ClaimSet, subject: &str) -> Checked {
    match claims.get("sub").and_then(Value::as_str) {
        Some(sub) if sub == subject => Ok(()),
        Some(_) => wrong("sub is not the subject of the ID token"),
        None => wrong("there is no sub"),
    }
}

/// K23: one of the classes that were asked for.
pub(super) fn context_class(claims: &ClaimSet, asked: &[String]) -> Checked {
    match claims.get("acr").and_then(Value::as_str) {
        _ if asked.is_empty() => Ok(()),
        Some(acr) if asked.iter().any(|class| class == acr) => Ok(()),
        Some(acr) => wrong(format!(
            "acr is {}, asked for was {}",
            shown(acr),
            asked.join(" ")
        )),
        None => wrong(format!(
            "there is no acr, asked for was {}",
            asked.join(" ")
        )),
    }
}

/// K23: signed in at the provider no longer before the attempt than was asked for. It counts
/// from the beginning: what a person does at the provider afterwards takes its time, and the
/// provider could not know.
pub(super) fn authenticated_since(
    claims: &ClaimSet,
    max_age: Option<SignedDuration>,
    begun_at: Timestamp,
    now: Timestamp,
) -> Checked {
    let Some(max_age) = max_age else {
        return Ok(());
    };
    let Some(auth_time) = time(claims, "auth_time")? else {
        return wrong("there is no auth_time, which max_age and prompt=login are checked by");
    };
    let ahead = auth_time.duration_since(now);
    if ahead > LEEWAY {
        return wrong(format!("auth_time is {} s in the future", ahead.as_secs()));
    }
    let before = begun_at.duration_since(auth_time);
    if before > max_age.saturating_add(LEEWAY) {
        return wrong(format!(
            "auth_time is {} s before the attempt, max_age is {} (prompt=login is 0)",
            before.as_secs(),
            max_age.as_secs()
        ));
    }
    Ok(())
}

/// Hole 11: the account belongs to the domain that was asked for; `*` stands for any.
pub(super) fn hosted_domain(claims: &ClaimSet, asked: Option<&str>) -> Checked {
    let Some(asked) = asked else {
        return Ok(());
    };
    match claims.get("hd").and_then(Value::as_str) {
        Some(hd) if hd.eq_ignore_ascii_case(asked) => Ok(()),
        Some(hd) if asked == "*" && !hd.is_empty() => Ok(()),
        Some(hd) => wrong(format!(
            "hd is {}, asked for was {}",
            shown(hd),
            shown(asked)
        )),
        None => wrong(format!("there is no hd, asked for was {}", shown(asked))),
    }
}

/// Compares secrets without telling by the time it takes where they differ.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
