//! What an orchestrator asks for.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::http::Usher;
use crate::login::Connection;

/// `GET /livez`: the process answers.
pub(in crate::http) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers and a policy is loaded. A provider that is down is a
/// warning in `?verbose`, never "not ready".
pub(in crate::http) async fn ready(
    State(usher): State<Usher>,
    RawQuery(query): RawQuery,
) -> Response {
    let database = usher.login.store.ping().await;
    let status = match database {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    if query.is_none_or(|query| !query.starts_with("verbose")) {
        let word = if database.is_ok() {
            "ok\n"
        } else {
            "database unavailable\n"
        };
        return (status, word).into_response();
    }
    let providers: serde_json::Map<String, Value> = usher
        .login
        .connections
        .iter()
        .map(|connection| (connection.provider.name.to_string(), describe(connection)))
        .collect();
    let body = json!({ "database": database.is_ok(), "providers": providers });
    (status, Json(body)).into_response()
}

fn describe(connection: &Connection) -> Value {
    let contact = connection.relying_party.status();
    let last_error = contact
        .last_error
        .map(|(time, message)| json!({ "time": time, "message": message }));
    let (policy, refused) = (connection.policy.now(), connection.policy.refused());
    json!({
        "policy": {
            "sha256": policy.id().sha256,
            "contract": policy.id().contract,
            "since": connection.policy.since(),
            "last_error": refused,
        },
        "last_contact": contact.last_contact,
        "last_error": last_error,
    })
}
