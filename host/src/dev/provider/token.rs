//! The token endpoint.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use super::claims;
use super::key;
use super::params::Params;
use super::realm::Realm;

/// `POST …/token`.
pub(super) async fn redeem(
    State(realm): State<Arc<Realm>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form = Params::parse(&body);
    let answer = match tokens(&realm, &headers, &form) {
        Ok(tokens) => Json(tokens).into_response(),
        Err(error) => error.into_response(),
    };
    uncached(answer)
}

/// Whom, then what, then for which request.
fn tokens(realm: &Realm, headers: &HeaderMap, form: &Params) -> Result<Value, TokenError> {
    if let Some(name) = form.repeated() {
        return Err(TokenError::new(
            "invalid_request",
            format!("{name} came twice"),
        ));
    }
    authenticate(realm, headers, form)?;
    if form.value("grant_type") != Some("authorization_code") {
        return Err(TokenError::new("unsupported_grant_type", "only codes"));
    }
    let code = form.value("code").unwrap_or_default();
    let grant = realm.memory().take(code, realm.now());
    let grant = grant.ok_or(TokenError::new("invalid_grant", "Code not valid"))?;
    if form.value("redirect_uri") != Some(grant.redirect_uri.as_str()) {
        return Err(TokenError::new("invalid_grant", "Incorrect redirect_uri"));
    }
    if !answers_challenge(form.value("code_verifier"), &grant.code_challenge) {
        return Err(TokenError::new("invalid_grant", "PKCE verification failed"));
    }
    let user = realm.user(&grant.session.username);
    let user = user.ok_or(TokenError::new("invalid_grant", "User not found"))?;

    let access_token = sign(realm, &claims::access_token(realm, &grant, user))?;
    let at_hash = key::at_hash(&access_token);
    let id_token = sign(realm, &claims::id_token(realm, &grant, user, at_hash))?;
    Ok(json!({
        "access_token": access_token,
        "expires_in": claims::TOKEN_LIFE,
        "token_type": "Bearer",
        "id_token": id_token,
        "not-before-policy": 0,
        "session_state": grant.session.sid,
        "scope": grant.scope,
    }))
}

fn sign(realm: &Realm, claims: &Value) -> Result<String, TokenError> {
    realm.key.sign(claims).map_err(|error| {
        tracing::error!(%error, "the development provider could not sign a token");
        TokenError::new("server_error", "signing failed")
    })
}

fn answers_challenge(verifier: Option<&str>, challenge: &str) -> bool {
    verifier.is_some_and(|verifier| {
        (43..=128).contains(&verifier.len()) && key::s256(verifier) == challenge
    })
}

/// `client_secret_basic` or `client_secret_post`, one of them.
fn authenticate(realm: &Realm, headers: &HeaderMap, form: &Params) -> Result<(), TokenError> {
    let unknown = || {
        TokenError::new(
            "invalid_client",
            "Invalid client or Invalid client credentials",
        )
    };
    let in_form = form.value("client_secret").is_some();
    let (id, secret) = match headers.get(header::AUTHORIZATION) {
        Some(_) if in_form => {
            let words = "credentials came twice, in header and form";
            return Err(TokenError::new("invalid_request", words));
        }
        Some(value) => basic(value).ok_or_else(unknown)?,
        None => (
            form.value("client_id").unwrap_or_default().to_owned(),
            form.value("client_secret").unwrap_or_default().to_owned(),
        ),
    };
    let ours = realm.options.client_secret.expose().as_bytes();
    let right = bool::from(secret.as_bytes().ct_eq(ours)) && id == realm.options.client_id;
    let same = form.value("client_id").is_none_or(|named| named == id);
    if right && same {
        Ok(())
    } else {
        Err(unknown())
    }
}

/// Id and secret, each form-urlencoded before it went into the header (RFC 6749 §2.3.1).
fn basic(header: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // A bare `=` or `&` cannot stand in an encoded value.
    let field = format!("v={text}");
    let mut pairs = form_urlencoded::parse(field.as_bytes());
    pairs
        .next()
        .map_or_else(String::new, |(_, v)| v.into_owned())
}

/// An error of RFC 6749 §5.2.
struct TokenError {
    error: &'static str,
    description: String,
}

impl TokenError {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self {
            error,
            description: description.into(),
        }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let status = match self.error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"dev\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn uncached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
