//! Verification of logout tokens (Back-Channel Logout 1.0 §2.6): pure, with the same pinned
//! algorithm and the same choice of keys as for ID tokens (`protocol.md` K38 to K44).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::super::checks::{self, LEEWAY, OLDEST, Refusal};
use super::super::jose::{ClaimSet, Names, Unverified};
use super::super::keys::Keys;
use super::super::{OidcError, error::shown};
use super::named;
use crate::domain::{Algorithm, AttestedLogout, LogoutTokenTyp, Provider, VerifiedLogout};

/// What a logout token must say.
#[derive(Debug, Clone)]
pub struct ExpectedLogout {
    /// The issuer, byte for byte.
    pub issuer: String,
    /// Our client id.
    pub client_id: String,
    /// The one algorithm accepted from this provider.
    pub algorithm: Algorithm,
    /// Which `typ` its header may have.
    pub typ: LogoutTokenTyp,
}

impl ExpectedLogout {
    /// What a provider's logout tokens must say.
    pub fn new(provider: &Provider, issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client_id: provider.client_id.clone(),
            algorithm: provider.signing_algorithm,
            typ: provider.logout_token_typ,
        }
    }
}

/// The one event that ends sessions.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Checks a logout token. The only way to [`VerifiedLogout`].
///
/// # Errors
/// The first check that failed.
pub fn verify_logout(
    token: &str,
    keys: &Keys,
    expected: &ExpectedLogout,
    now: Timestamp,
) -> Result<VerifiedLogout, OidcError> {
    let token = parse(token, expected)?;
    let types = types(expected.typ);
    let claims = token.open(keys, expected.algorithm, types, &LOGOUT_TOKEN)?;

    checks::issuer(&claims, &expected.issuer).map_err(named("logout_token.iss"))?;
    checks::only_audience(&claims, &expected.client_id).map_err(named("logout_token.aud"))?;
    checks::issued_now(&claims, now).map_err(named("logout_token.iat"))?;
    checks::not_expired(&claims, now).map_err(named("logout_token.exp"))?;
    checks::begun(&claims, now).map_err(named("logout_token.nbf"))?;
    is_logout(&claims).map_err(named("logout_token.events"))?;
    has_no_nonce(&claims).map_err(named("logout_token.nonce"))?;
    let id = text(&claims, "jti").and_then(required("jti"));
    let id = id.map_err(named("logout_token.jti"))?;
    let sid = text(&claims, "sid").map_err(named("logout_token.sid"))?;
    let subject = subject(&claims).map_err(named("logout_token.sub"))?;
    let until = memorable_until(&claims, now).map_err(named("logout_token.exp"))?;
    let attested = AttestedLogout {
        issuer: expected.issuer.clone(),
        sid,
        subject,
        id,
        until,
    };
    VerifiedLogout::attest(attested).ok_or_else(|| {
        let detail = "there is neither a sid nor a sub";
        OidcError::token("logout_token.sub", detail)
    })
}

/// Takes a logout token apart, and refuses what no key could make good: a token that asks for
/// another algorithm is not worth a request for keys.
pub(in crate::oidc) fn parse<'a>(
    token: &'a str,
    expected: &ExpectedLogout,
) -> Result<Unverified<'a>, OidcError> {
    let token = Unverified::parse(token, &LOGOUT_TOKEN)?;
    token.check_header(expected.algorithm, types(expected.typ), &LOGOUT_TOKEN)?;
    if expected.typ == LogoutTokenTyp::Strict && !token.has_type() {
        let detail = "the logout token has no typ, and logout_token_typ is strict";
        return Err(OidcError::token(LOGOUT_TOKEN.typ, detail));
    }
    Ok(token)
}

const LOGOUT_TOKEN: Names = Names {
    token: "the logout token",
    form: "logout_token.form",
    header: "logout_token.header",
    alg: "logout_token.alg",
    typ: "logout_token.typ",
    key: "logout_token.key",
    signature: "logout_token.signature",
    payload: "logout_token.claims",
};

/// K44. Older Keycloaks send `JWT`; confusion with other tokens is excluded by event and nonce.
fn types(typ: LogoutTokenTyp) -> &'static [&'static str] {
    match typ {
        LogoutTokenTyp::Compatible => &["logout+jwt", "JWT"],
        LogoutTokenTyp::Strict => &["logout+jwt"],
    }
}

/// K41: the member is there, exactly so, and is an object.
fn is_logout(claims: &ClaimSet) -> Result<(), Refusal> {
    let detail = match claims.get("events") {
        Some(Value::Object(events)) => match events.get(EVENT) {
            Some(Value::Object(_)) => return Ok(()),
            Some(_) => "the logout event is no object".to_owned(),
            None => format!(
                "the event is {}, expected {EVENT}",
                events.keys().next().map_or("none".to_owned(), |e| shown(e))
            ),
        },
        Some(_) => "events is no object".to_owned(),
        None => "there are no events".to_owned(),
    };
    Err(Refusal::Wrong(detail))
}

/// K42: with a nonce it could be an ID token that is used for something else.
fn has_no_nonce(claims: &ClaimSet) -> Result<(), Refusal> {
    match claims.contains_key("nonce") {
        true => Err(Refusal::Wrong("there is a nonce".to_owned())),
        false => Ok(()),
    }
}

/// K25, if there is a subject.
fn subject(claims: &ClaimSet) -> Result<Option<String>, Refusal> {
    match claims.contains_key("sub") {
        true => checks::subject(claims).map(|subject| Some(subject.to_owned())),
        false => Ok(None),
    }
}

/// A text of sane length, if it is there, whatever its characters.
fn text(claims: &ClaimSet, name: &str) -> Result<Option<String>, Refusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if (1..=1024).contains(&text.len()) => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(Refusal::Wrong(format!(
            "{name} is empty or longer than 1024 bytes"
        ))),
        Some(_) => Err(Refusal::Wrong(format!("{name} is no string"))),
    }
}

fn required(name: &'static str) -> impl Fn(Option<String>) -> Result<String, Refusal> {
    move |text| text.ok_or_else(|| Refusal::Wrong(format!("there is no {name}")))
}

/// K43: as long as the token would be taken, whichever of its two times ends that first. A
/// token that never expires is not remembered for ever.
fn memorable_until(claims: &ClaimSet, now: Timestamp) -> Result<Timestamp, Refusal> {
    let after = |name: &str, life: SignedDuration| -> Result<Timestamp, Refusal> {
        let time = checks::time(claims, name)?.unwrap_or(now);
        Ok(time.saturating_add(life).unwrap_or(Timestamp::MAX))
    };
    Ok(after("exp", LEEWAY)?.min(after("iat", OLDEST.saturating_add(LEEWAY))?))
}
