//! `/metrics`, on the listener of its own.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::Usher;
use crate::http::metrics::Standing;
use crate::login::Connection;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics`: counters since the start, and how things stand now.
pub(in crate::http) async fn show(State(usher): State<Usher>) -> Response {
    let database = usher.login.store.ping().await.is_ok();
    let connections = usher.login.connections.iter();
    match usher.metrics.text(database, connections.map(standing)) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn standing(connection: &Connection) -> Standing<'_> {
    let status = connection.relying_party.status();
    let policy = connection.policy.now();
    let failed = status.down_since().is_some();
    let asked = failed || status.last_contact.is_some();
    Standing {
        provider: &connection.provider.name,
        up: asked.then_some(!failed),
        last_contact: status.last_contact.map(jiff::Timestamp::as_second),
        policy: policy.id().clone(),
        refused: connection.policy.refused().is_some(),
    }
}
