//! RP-initiated logout.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

use super::pages;
use super::params::Params;
use super::realm::Realm;
use super::respond::{see_other, with_cookie, with_query};

/// `GET …/logout`.
pub(super) async fn by_link(
    State(realm): State<Arc<Realm>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    begin(&realm, &headers, &Params::parse(&query.unwrap_or_default()))
}

/// `POST …/logout`, the same with its parameters in a form.
pub(super) async fn by_form(
    State(realm): State<Arc<Realm>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    begin(&realm, &headers, &Params::parse(&body))
}

/// `POST …/login-actions/logout-confirm?REQUEST`: the person said yes.
pub(super) async fn confirmed(
    State(realm): State<Arc<Realm>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if !realm.is_own_form(&headers) {
        return pages::foreign_form(&realm);
    }
    let params = Params::parse(&query.unwrap_or_default());
    match LogoutRequest::read(&params, &realm) {
        Ok(request) => end(&realm, &headers, &request),
        Err(words) => pages::error(&realm, &words),
    }
}

/// With an ID token of this very session the sign-out happens at once; else the person is
/// asked, as a link of a stranger could lead here.
fn begin(realm: &Realm, headers: &HeaderMap, params: &Params) -> Response {
    let request = match LogoutRequest::read(params, realm) {
        Ok(request) => request,
        Err(words) => return pages::error(realm, &words),
    };
    let session = realm.session(headers);
    let proven = match (&request.sid, &session) {
        (Some(hinted), Some(session)) => *hinted == session.sid,
        (Some(_), None) => true,
        (None, _) => false,
    };
    match session {
        Some(session) if !proven => pages::confirm_logout(realm, &params.query(), &session),
        _ => end(realm, headers, &request),
    }
}

fn end(realm: &Realm, headers: &HeaderMap, request: &LogoutRequest) -> Response {
    let mut memory = realm.memory();
    if let Some(sid) = &request.sid {
        memory.end(sid);
    }
    if let Some(cookie) = Realm::cookie(headers) {
        memory.close(cookie);
    }
    drop(memory);
    let response = match &request.return_to {
        Some(uri) => see_other(uri),
        None => pages::signed_out(realm),
    };
    with_cookie(response, &realm.forget())
}

/// A sign-out that may happen.
struct LogoutRequest {
    /// The session that the ID token names.
    sid: Option<String>,
    /// A registered address, `state` included.
    return_to: Option<String>,
}

impl LogoutRequest {
    /// Checks a request; the error is words for the person.
    fn read(params: &Params, realm: &Realm) -> Result<Self, String> {
        if let Some(name) = params.repeated() {
            return Err(format!("The parameter {name} came twice."));
        }
        let client = realm.options.client_id.as_str();
        if params.value("client_id").is_some_and(|id| id != client) {
            return Err("The client_id is not known here.".into());
        }
        let sid = match params.value("id_token_hint") {
            // An expired ID token is still a good hint.
            Some(hint) => Some(session_of(realm, hint).ok_or("The id_token_hint is not ours.")?),
            None => None,
        };
        let return_to = match params.value("post_logout_redirect_uri") {
            Some(uri) => Some(registered(realm, params, uri, sid.is_some())?),
            None => None,
        };
        Ok(Self { sid, return_to })
    }
}

fn session_of(realm: &Realm, hint: &str) -> Option<String> {
    let claims = realm.key.open(hint)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let ours = text("aud")? == realm.options.client_id
        && text("iss")? == realm.options.issuer
        && text("typ")? == "ID";
    if ours {
        text("sid").map(str::to_owned)
    } else {
        None
    }
}

fn registered(realm: &Realm, params: &Params, uri: &str, hinted: bool) -> Result<String, String> {
    if !hinted && params.value("client_id").is_none() {
        return Err("A way back needs a client_id or an id_token_hint.".into());
    }
    let known = &realm.options.post_logout_redirect_uris;
    if !known.iter().any(|known| known == uri) {
        return Err("The post_logout_redirect_uri is not registered for this client.".into());
    }
    let state = params
        .value("state")
        .map(|state| ("state".to_owned(), state.to_owned()));
    Ok(match state {
        Some(state) => with_query(uri, &[state]),
        None => uri.to_owned(),
    })
}
