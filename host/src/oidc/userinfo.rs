//! The userinfo endpoint: asked with the access token in a header and nowhere else (K30).

use openidconnect::http::{self, header};
use serde_json::Value;
use url::Url;

use super::jose::{ClaimSet, Names, Unverified};
use super::keys::Keys;
use super::outbound::Gate;
use super::verify::named;
use super::{OidcError, checks, json};
use crate::domain::{Algorithm, Secret, VerifiedTokens};

/// Fetches the claims of the person whose tokens were verified.
pub(super) async fn fetch(
    gate: &Gate,
    endpoint: &Url,
    tokens: &VerifiedTokens,
    expected: &Signed<'_>,
) -> Result<Value, OidcError> {
    let request = http::Request::get(endpoint.as_str())
        .header(header::AUTHORIZATION, bearer(tokens.raw_access_token())?)
        .header(header::ACCEPT, "application/json, application/jwt")
        .body(Vec::new())
        .map_err(|_| OidcError::provider("userinfo", "the userinfo endpoint is no usable URL"))?;
    let answer = gate.send(request).await?;
    let status = answer.status().as_u16();
    if status != 200 {
        return Err(refused(status));
    }
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    claims(kind, answer.body(), tokens.subject(), expected)
}

/// Reads an answer of this content type, about this subject.
pub(super) fn claims(
    kind: &str,
    body: &[u8],
    subject: &str,
    expected: &Signed<'_>,
) -> Result<Value, OidcError> {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let claims = if essence.eq_ignore_ascii_case("application/jwt") {
        expected.open(body)?
    } else {
        plain(body)?
    };
    checks::same_subject(&claims, subject).map_err(named("userinfo.sub"))?;
    Ok(Value::Object(claims))
}

/// What a signed answer must say (K29).
pub(super) struct Signed<'a> {
    pub(super) keys: &'a Keys,
    pub(super) algorithm: Algorithm,
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
}

const USERINFO: Names = Names {
    token: "the userinfo answer",
    form: "userinfo.form",
    header: "userinfo.header",
    alg: "userinfo.alg",
    typ: "userinfo.typ",
    key: "userinfo.key",
    signature: "userinfo.signature",
    payload: "userinfo.claims",
};

impl Signed<'_> {
    fn open(&self, body: &[u8]) -> Result<ClaimSet, OidcError> {
        let text = std::str::from_utf8(body).unwrap_or_default().trim();
        let token = Unverified::parse(text, &USERINFO)?;
        let claims = token.open(self.keys, self.algorithm, &["JWT"], &USERINFO)?;
        checks::issuer(&claims, self.issuer).map_err(named("userinfo.iss"))?;
        checks::only_audience(&claims, self.client_id).map_err(named("userinfo.aud"))?;
        Ok(claims)
    }
}

fn plain(body: &[u8]) -> Result<ClaimSet, OidcError> {
    json::object(body).map_err(|reason| {
        let detail = format!("the userinfo endpoint answered with {reason}");
        OidcError::provider("userinfo.json", detail)
    })
}

/// A token with a blank or a control character would end the header early.
fn bearer(token: &Secret) -> Result<String, OidcError> {
    let token = token.expose();
    if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(format!("Bearer {token}"));
    }
    let detail = "the access token holds characters that no access token may hold";
    Err(OidcError::token("access_token.form", detail))
}

fn refused(status: u16) -> OidcError {
    let hint = match status {
        401 => {
            ". Keycloak answers lightweight access tokens so: switch off \"Always use \
             lightweight access token\" for this client, or set \"Add to lightweight access \
             token\" on every mapper"
        }
        _ => "",
    };
    let detail = format!("the userinfo endpoint answered with status {status}{hint}");
    OidcError::provider("userinfo.status", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_cannot_stand_in_a_header_is_refused_and_not_shown() {
        assert_eq!(bearer(&Secret::new("a.b~c+/=")).unwrap(), "Bearer a.b~c+/=");
        for token in [
            "",
            "canary\r\nx: y",
            "canary canary",
            "canary\u{7f}",
            "canaryé",
        ] {
            let error = bearer(&Secret::new(token)).unwrap_err();
            assert_eq!(error.check, "access_token.form");
            assert!(!error.detail.contains("canary"));
        }
    }
}
