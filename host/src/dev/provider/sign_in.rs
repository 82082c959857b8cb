//! What the sign-in page sends.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::authorize::{AuthorizationRequest, authorize};
use super::memory::Session;
use super::pages;
use super::params::Params;
use super::realm::Realm;
use super::respond::with_cookie;

/// `POST …/login-actions/authenticate?REQUEST` with `user=NAME` or `cancel`.
pub(super) async fn choose(
    State(realm): State<Arc<Realm>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: String,
) -> Response {
    if !realm.is_own_form(&headers) {
        return pages::foreign_form(&realm);
    }
    let request = Params::parse(&query.unwrap_or_default());
    let request = match AuthorizationRequest::read(&request, &realm) {
        Ok(request) => request,
        Err(rejected) => return rejected.answer(&realm),
    };
    let form = Params::parse(&body);
    if form.value("cancel").is_some() {
        return request
            .back
            .refuse(&realm, "access_denied", "the person went back");
    }
    let chosen = form.value("user").unwrap_or_default();
    let Some(user) = realm.user(chosen) else {
        return pages::error(&realm, "There is no such user here.");
    };
    let (cookie, session) = sign_in(&realm, &headers, &user.username);
    let response = request.grant(&realm, session, "1");
    with_cookie(response, &realm.remember(&cookie))
}

/// `GET …/login-actions/authenticate?REQUEST`: a reloaded page begins again.
pub(super) async fn again(
    State(realm): State<Arc<Realm>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    authorize(&realm, &headers, &query.unwrap_or_default())
}

/// Opens a session under a new cookie. Whoever signs in again keeps their session id; anybody
/// else ends the session that was there.
fn sign_in(realm: &Realm, headers: &HeaderMap, username: &str) -> (String, Session) {
    let before = realm.session(headers);
    let sid = match before {
        Some(session) if session.username == username => session.sid,
        _ => realm.uuid(),
    };
    let session = Session {
        sid,
        username: username.to_owned(),
        auth_time: realm.now(),
    };
    let cookie = realm.draw();
    let mut memory = realm.memory();
    if let Some(old) = Realm::cookie(headers) {
        memory.close(old);
    }
    memory.open(cookie.clone(), session.clone());
    (cookie, session)
}
