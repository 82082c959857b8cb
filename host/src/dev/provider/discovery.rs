//! Metadata and keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::realm::Realm;

/// What a client may ask for; `openid` is required, the others open claims.
pub(super) const SCOPES: [&str; 7] = [
    "openid",
    "profile",
    "email",
    "roles",
    "basic",
    "acr",
    "web-origins",
];

/// `GET …/.well-known/openid-configuration`.
pub(super) async fn metadata(State(realm): State<Arc<Realm>>) -> Json<Value> {
    let issuer = &realm.options.issuer;
    let endpoint = |name: &str| format!("{issuer}/protocol/openid-connect/{name}");
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": endpoint("auth"),
        "token_endpoint": endpoint("token"),
        "userinfo_endpoint": endpoint("userinfo"),
        "end_session_endpoint": endpoint("logout"),
        "jwks_uri": endpoint("certs"),
        "grant_types_supported": ["authorization_code"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": SCOPES,
        "claims_supported": [
            "iss", "sub", "aud", "auth_time", "acr", "name", "given_name", "family_name",
            "preferred_username", "email", "email_verified", "groups",
        ],
        "prompt_values_supported": ["none", "login", "select_account"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// `GET …/protocol/openid-connect/certs`.
pub(super) async fn keys(State(realm): State<Arc<Realm>>) -> Json<Value> {
    Json(realm.key.published())
}
