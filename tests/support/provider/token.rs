//! The token endpoint and userinfo.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::signer::{challenge, half_hash, random};
use super::{Asked, CLIENT_ID, CLIENT_SECRET, Person, Shared, State};

/// What a code stands for.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) person: Person,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: String,
    pub(super) session: String,
}

pub(super) fn redeem(shared: &Shared, asked: &Asked) -> Response {
    if !authenticated(asked) {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let mut state = shared.state();
    let code = asked.get("code").map(String::as_str).unwrap_or_default();
    // A code is used up by the first who shows it.
    let Some(grant) = state.grants.remove(code) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant");
    };
    let given = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let proper = given("grant_type") == "authorization_code"
        && given("redirect_uri") == grant.redirect_uri
        && challenge(given("code_verifier")) == grant.challenge;
    if !proper {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant");
    }
    let access_token = access_token(shared, &state, &grant);
    let answer = json!({
        "access_token": access_token,
        "expires_in": 300,
        "refresh_expires_in": 1800,
        "refresh_token": random(),
        "token_type": "Bearer",
        "id_token": id_token(shared, &state, &grant, &access_token),
        "not-before-policy": 0,
        "session_state": grant.session,
        "scope": "openid profile email",
    });
    state.issued.insert(access_token, grant.person);
    Json(state.faults.token_answer.apply(answer)).into_response()
}

/// `client_secret_basic`, each half form-urlencoded, or `client_secret_post`.
fn authenticated(asked: &Asked) -> bool {
    let encode =
        |text: &str| -> String { form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let basic = format!("{}:{}", encode(CLIENT_ID), encode(CLIENT_SECRET));
    let basic = format!("Basic {}", STANDARD.encode(basic));
    let is = |name: &str, value: &str| asked.get(name).is_some_and(|v| v == value);
    match asked.get("authorization") {
        Some(authorization) => *authorization == basic && !asked.contains_key("client_secret"),
        None => is("client_id", CLIENT_ID) && is("client_secret", CLIENT_SECRET),
    }
}

fn id_token(shared: &Shared, state: &State, grant: &Grant, access_token: &str) -> String {
    let now = now() + state.faults.clock_ahead;
    let nonce = state.faults.nonce.as_ref().unwrap_or(&grant.nonce);
    let mut claims = grant.person.profile();
    join(
        &mut claims,
        json!({
            "exp": now + 300, "iat": now, "auth_time": now, "jti": random(),
            "iss": shared.issuer(), "aud": CLIENT_ID, "azp": CLIENT_ID, "typ": "ID",
            "nonce": nonce, "sid": grant.session, "at_hash": half_hash(access_token), "acr": "1",
        }),
    );
    let faults = &state.faults;
    let signer = state.signer(faults.id_signature);
    let header = faults.id_header.apply(signer.header());
    let claims = faults.id_claims.apply(claims);
    signer.sign(&header, &claims, faults.id_signature)
}

fn access_token(shared: &Shared, state: &State, grant: &Grant) -> String {
    let faults = &state.faults;
    if faults.opaque_access_token {
        return random();
    }
    let now = now() + faults.clock_ahead;
    let mut claims = grant.person.profile();
    join(
        &mut claims,
        json!({
            "exp": now + 300, "iat": now, "auth_time": now, "jti": random(),
            "iss": shared.issuer(), "aud": "account", "azp": CLIENT_ID, "typ": "Bearer",
            "sid": grant.session, "acr": "1", "allowed-origins": ["*"],
            "realm_access": {"roles": grant.person.roles},
            "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
            "scope": "openid profile email",
        }),
    );
    let signer = state.signer(faults.access_signature);
    let header = faults.access_header.apply(signer.header());
    let claims = faults.access_claims.apply(claims);
    signer.sign(&header, &claims, faults.access_signature)
}

pub(super) fn userinfo(shared: &Shared, asked: &Asked) -> Response {
    let state = shared.state();
    let bearer = asked
        .get("authorization")
        .and_then(|a| a.strip_prefix("Bearer "));
    let Some(person) = bearer.and_then(|token| state.issued.get(token)) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let mut claims = person.profile();
    if !state.faults.userinfo_signed {
        return Json(state.faults.userinfo.apply(claims)).into_response();
    }
    join(
        &mut claims,
        json!({"iss": shared.issuer(), "aud": CLIENT_ID}),
    );
    let claims = state.faults.userinfo.apply(claims);
    let signer = state.signer(state.faults.userinfo_signature);
    let token = signer.sign(&signer.header(), &claims, state.faults.userinfo_signature);
    ([(header::CONTENT_TYPE, "application/jwt")], token).into_response()
}

fn refused(status: StatusCode, error: &str) -> Response {
    let body = json!({"error": error, "error_description": "<script>hostile()</script>"});
    (status, Json(body)).into_response()
}

fn join(claims: &mut Value, more: Value) {
    if let (Value::Object(claims), Value::Object(more)) = (claims, more) {
        claims.extend(more);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a provider has a clock of its own"
)]
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
