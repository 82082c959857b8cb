//! Verification of the tokens of one sign-in: pure, the time and every expected value are
//! arguments (`protocol.md` K15 to K26 and K31).

pub mod logout;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::checks::{self, Refusal};
use super::jose::{ClaimSet, Names, Unverified};
use super::keys::Keys;
use super::redeem::Tokens;
use super::{Handshake, OidcError};
use crate::domain::{Algorithm, Attested, Code, Provider, Secret, VerifiedTokens};

/// What the tokens of one sign-in must say.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The issuer, byte for byte.
    pub issuer: String,
    /// Our client id.
    pub client_id: String,
    /// The nonce of this attempt.
    pub nonce: Secret,
    /// The one algorithm accepted from this provider.
    pub algorithm: Algorithm,
    /// The authentication classes asked for; empty if none were.
    pub acr_values: Vec<String>,
    /// How long before the attempt the person may have signed in at the provider, if that was
    /// asked for.
    pub max_age: Option<SignedDuration>,
    /// When the attempt began.
    pub begun_at: Timestamp,
    /// The domain that the account must belong to, if one was asked for (`hd`); `*` is any.
    pub hosted_domain: Option<String>,
    /// Whether claims are taken from the access token, so that it is verified too (K31).
    pub access_token: bool,
}

impl Expected {
    /// What a provider's tokens must say to one attempt.
    pub fn new(provider: &Provider, issuer: &str, handshake: &Handshake) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client_id: provider.client_id.clone(),
            nonce: Secret::new(handshake.nonce.clone()),
            algorithm: provider.signing_algorithm,
            acr_values: provider.acr_values(),
            // Signing in again is being no older than the attempt.
            max_age: match provider.prompts_login() {
                true => Some(SignedDuration::ZERO),
                false => provider.max_age(),
            },
            begun_at: handshake.begun_at,
            hosted_domain: provider.authorize_params.get("hd").cloned(),
            access_token: provider.get_info_from_access_token,
        }
    }
}

/// Checks the tokens of one sign-in, and uses them up: nobody verifies them twice, or uses
/// them unverified. The only way to [`VerifiedTokens`].
///
/// # Errors
/// The first check that failed; [`Code::ClockSkew`] if it would have held with clocks that
/// agree, else [`Code::TokenInvalid`].
pub fn verify(
    tokens: Tokens,
    keys: &Keys,
    expected: &Expected,
    now: Timestamp,
) -> Result<VerifiedTokens, OidcError> {
    let id_token = id_token(&tokens, keys, expected, now)?;
    let subject = checks::subject(&id_token).map_err(named("sub"))?.to_owned();
    let access_token = if expected.access_token {
        let claims = access_token(tokens.access_token.expose(), keys, expected, &subject, now)?;
        Some(Value::Object(claims))
    } else {
        None
    };
    Ok(VerifiedTokens::attest(Attested {
        issuer: expected.issuer.clone(),
        subject,
        session: session(&id_token),
        id_token: Value::Object(id_token),
        access_token,
        raw_id_token: tokens.id_token,
        raw_access_token: tokens.access_token,
    }))
}

pub(super) const ID_TOKEN: Names = Names {
    token: "the ID token",
    form: "id_token.form",
    header: "id_token.header",
    alg: "alg",
    typ: "typ",
    key: "key",
    signature: "signature",
    payload: "id_token.claims",
};

fn id_token(
    tokens: &Tokens,
    keys: &Keys,
    expected: &Expected,
    now: Timestamp,
) -> Result<ClaimSet, OidcError> {
    let token = Unverified::parse(tokens.id_token.expose(), &ID_TOKEN)?;
    let claims = token.open(keys, expected.algorithm, &["JWT"], &ID_TOKEN)?;

    checks::issuer(&claims, &expected.issuer).map_err(named("iss"))?;
    let audiences = checks::only_audience(&claims, &expected.client_id).map_err(named("aud"))?;
    checks::authorized_party(&claims, &expected.client_id, audiences > 1).map_err(named("azp"))?;
    checks::issued_now(&claims, now).map_err(named("iat"))?;
    checks::not_expired(&claims, now).map_err(named("exp"))?;
    checks::begun(&claims, now).map_err(named("nbf"))?;
    checks::nonce(&claims, expected.nonce.expose()).map_err(named("nonce"))?;
    let access_token = tokens.access_token.expose();
    checks::access_token_hash(&claims, access_token, expected.algorithm)
        .map_err(named("at_hash"))?;
    checks::context_class(&claims, &expected.acr_values).map_err(named("acr"))?;
    checks::authenticated_since(&claims, expected.max_age, expected.begun_at, now)
        .map_err(named("auth_time"))?;
    checks::hosted_domain(&claims, expected.hosted_domain.as_deref()).map_err(named("hd"))?;
    Ok(claims)
}

pub(super) const ACCESS_TOKEN: Names = Names {
    token: "the access token",
    form: "access_token.form",
    header: "access_token.header",
    alg: "access_token.alg",
    typ: "access_token.typ",
    key: "access_token.key",
    signature: "access_token.signature",
    payload: "access_token.claims",
};

/// K31: a named compatibility mode, since access tokens are not made for clients to read.
pub(super) fn access_token(
    token: &str,
    keys: &Keys,
    expected: &Expected,
    subject: &str,
    now: Timestamp,
) -> Result<ClaimSet, OidcError> {
    let claims = Unverified::parse(token, &ACCESS_TOKEN)
        .and_then(|token| token.open(keys, expected.algorithm, &["JWT", "at+jwt"], &ACCESS_TOKEN))
        .map_err(unverifiable)?;

    checks::issuer(&claims, &expected.issuer).map_err(named("access_token.iss"))?;
    for_us(&claims, &expected.client_id)?;
    checks::not_from_the_future(&claims, now).map_err(named("access_token.iat"))?;
    checks::not_expired(&claims, now).map_err(named("access_token.exp"))?;
    checks::begun(&claims, now).map_err(named("access_token.nbf"))?;
    if !claims.contains_key("sub") {
        return Err(OidcError::token("access_token.sub", LIGHTWEIGHT));
    }
    checks::same_subject(&claims, subject).map_err(named("access_token.sub"))?;
    Ok(claims)
}

/// What an access token without `sub` means at Keycloak. Its userinfo endpoint refuses such a
/// token too, so `get_info_from_access_token=false` would be the wrong advice.
pub(super) const LIGHTWEIGHT: &str = "the access token has no sub. In Keycloak, switch off \
     \"Always use lightweight access token\" for this client, or set \"Add to lightweight access \
     token\" on every mapper, the one for sub included; if it is off already, give the client \
     the scope \"basic\"";

/// Issued to us: `azp`, where the provider says so (Keycloak), else among the audience.
fn for_us(claims: &ClaimSet, client_id: &str) -> Result<(), OidcError> {
    if claims.contains_key("azp") {
        return checks::authorized_party(claims, client_id, true)
            .map_err(named("access_token.azp"));
    }
    let audiences = checks::audiences(claims).map_err(named("access_token.aud"))?;
    if audiences.contains(&client_id) {
        return Ok(());
    }
    let detail = "aud does not name this client, and there is no azp";
    Err(OidcError::token("access_token.aud", detail))
}

fn unverifiable(mut error: OidcError) -> OidcError {
    error.detail = format!(
        "{}. The access token must be a JWT that this provider's keys verify, because claims are \
         read from it; where it cannot be, set get_info_from_access_token=false to read them \
         from the userinfo endpoint",
        error.detail
    );
    error
}

/// The provider's session id, whatever its characters, if it is a text of sane length.
fn session(claims: &ClaimSet) -> Option<String> {
    let sid = claims.get("sid")?.as_str()?;
    (1..=1024).contains(&sid.len()).then(|| sid.to_owned())
}

/// Gives a refusal its name.
pub(super) fn named(check: &'static str) -> impl Fn(Refusal) -> OidcError {
    move |refusal| match refusal {
        Refusal::Wrong(detail) => OidcError::token(check, detail),
        Refusal::Skewed(detail) => OidcError::new(Code::ClockSkew, check, detail),
    }
}

#[cfg(test)]
mod tests;
