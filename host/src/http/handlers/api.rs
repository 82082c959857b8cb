//! What programs ask for.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use crate::domain::OPENAPI;
use crate::http::SignedIn;

/// `GET /openapi.json`.
pub(in crate::http) async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI)
}

/// `GET /api/v1/session`: who is signed in, read from the directory and so always current.
pub(in crate::http) async fn session(SignedIn(session): SignedIn) -> Json<Value> {
    let attributes: Map<String, Value> = session
        .attributes
        .into_iter()
        .map(|(key, value)| (key, value.into()))
        .collect();
    Json(json!({
        "user": {
            "id": session.user.id,
            "name": session.user.name,
            "email": session.user.email,
        },
        "company": { "id": session.company.id, "name": session.company.name },
        "groups": session.groups,
        "admin": session.admin,
        "attributes": attributes,
        "expires_at": session.expires_at,
    }))
}
