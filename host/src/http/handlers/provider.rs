//! What a provider itself asks us for: to end sessions, and our keys. `/…_P` names it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;
use url::form_urlencoded;

use super::login::stopped;
use super::logout::unavailable;
use crate::domain::Code;
use crate::http::pages::Problem;
use crate::http::security::FramedBy;
use crate::http::{Usher, form_targets_of};
use crate::login::{Connection, LogoutError};

/// `POST /backchannel_logout_P`. The logout token is its proof.
pub(in crate::http) async fn back_channel(
    State(usher): State<Usher>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Some(connection) = named(&usher, &uri) else {
        return stopped(&usher, Problem::NotFound);
    };
    let token = match logout_token(&headers, body) {
        Ok(token) => token,
        Err(what) => return invalid(what),
    };
    let now = usher.clock.now();
    match usher.login.back_channel(connection, &token, now).await {
        Ok(_) => StatusCode::OK.into_response(),
        // What it says is in the record: whoever asks need not know what we compared with.
        Err(LogoutError::Refused(error)) => invalid(&format!(
            "the logout token failed the check {}",
            error.check
        )),
        Err(LogoutError::Undecided(_)) => later("the keys of the provider cannot be had now"),
        Err(LogoutError::Unavailable(error)) => {
            tracing::error!(%error, "a logout token could not be obeyed: the store is down");
            later("nothing can be ended now")
        }
    }
}

/// `GET /frontchannel_logout_P?iss=…&sid=…`, in a frame that the provider's page loads. No
/// cookie arrives there, so the session is found by `sid`; whatever was asked, the answer says
/// nothing about it.
pub(in crate::http) async fn front_channel(State(usher): State<Usher>, uri: Uri) -> Response {
    let Some(connection) = named(&usher, &uri) else {
        return stopped(&usher, Problem::NotFound);
    };
    let query = uri.query().unwrap_or_default();
    if let (Some(iss), Some(sid)) = (single(query, "iss"), single(query, "sid")) {
        let login = &usher.login;
        let ended = login.front_channel(connection, &iss, &sid, usher.clock.now());
        if let Err(error) = ended.await {
            return unavailable(&usher, &error);
        }
    }
    let mut response = Html(NOTHING_TO_SEE).into_response();
    let provider = FramedBy(form_targets_of(connection));
    response.extensions_mut().insert(provider);
    response
}

const NOTHING_TO_SEE: &str = "<!doctype html><html lang=\"en\"><title>Sign-out</title></html>\n";

/// `GET /client_jwks_P`: the keys that a provider verifies our client assertions with, where
/// `client_auth` is `private_key_jwt`.
pub(in crate::http) async fn client_jwks(State(usher): State<Usher>, uri: Uri) -> Response {
    let Some(connection) = named(&usher, &uri) else {
        return stopped(&usher, Problem::NotFound);
    };
    match connection.relying_party.client_jwks() {
        // Providers ask again for a key id that they do not know.
        Ok(Some(keys)) => ([(CACHE_CONTROL, "public, max-age=300")], Json(keys)).into_response(),
        Ok(None) => stopped(&usher, Problem::NotFound),
        Err(error) => {
            let provider = &connection.provider.name;
            tracing::error!(%provider, %error, "our keys cannot be shown");
            stopped(&usher, Problem::Code(Code::Unavailable))
        }
    }
}

/// A parameter that is there exactly once and is of sane length.
pub(super) fn single(query_or_form: &str, name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(query_or_form.as_bytes()).filter(|(n, _)| n == name);
    let (_, value) = values.next()?;
    let sound = values.next().is_none() && value.len() <= 4096;
    sound.then(|| value.into_owned())
}

/// The provider of a path.
fn named<'a>(usher: &'a Usher, uri: &Uri) -> Option<&'a Connection> {
    let name = [
        "/backchannel_logout_",
        "/frontchannel_logout_",
        "/client_jwks_",
    ]
    .into_iter()
    .find_map(|start| uri.path().strip_prefix(start))?;
    usher.login.connection(&name.parse().ok()?)
}

/// K37: a form with exactly one `logout_token`; other members are ignored.
fn logout_token(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<String, &'static str> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !essence.is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Err("the content type must be application/x-www-form-urlencoded");
    }
    let body = body.map_err(|_| "the body is larger than 64 KiB or did not arrive")?;
    let mut tokens = form_urlencoded::parse(&body).filter(|(name, _)| name == "logout_token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Ok(token.into_owned()),
        (None, _) => Err("there is no logout_token"),
        (Some(_), Some(_)) => Err("there is more than one logout_token"),
    }
}

fn invalid(what: &str) -> Response {
    let body = json!({ "error": "invalid_request", "error_description": what });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn later(what: &str) -> Response {
    let what = format!("{what}; send the same request again later");
    let body = json!({ "error": "temporarily_unavailable", "error_description": what });
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}
