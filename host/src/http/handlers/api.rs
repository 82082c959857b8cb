//! What programs ask for.

use axum::Json;
use serde_json::{Map, Value, json};

use crate::http::SignedIn;

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
