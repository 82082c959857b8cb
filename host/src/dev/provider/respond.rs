//! The authorization response: where it goes and how.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::pages::{self, FormPost};
use super::realm::Realm;

/// The way back to the client, which was checked: its redirect URI is registered.
#[derive(Debug, Clone)]
pub(super) struct WayBack {
    pub(super) redirect_uri: String,
    pub(super) form_post: bool,
    pub(super) state: Option<String>,
}

impl WayBack {
    /// Answers with a code.
    pub(super) fn grant(&self, realm: &Realm, code: String, sid: &str) -> Response {
        let fields = vec![
            ("session_state".to_owned(), sid.to_owned()),
            ("code".to_owned(), code),
        ];
        self.deliver(realm, fields)
    }

    /// Answers with an error.
    pub(super) fn refuse(&self, realm: &Realm, error: &str, description: &str) -> Response {
        let fields = vec![
            ("error".to_owned(), error.to_owned()),
            ("error_description".to_owned(), description.to_owned()),
        ];
        self.deliver(realm, fields)
    }

    /// Adds `state` and `iss` (RFC 9207), which errors carry too.
    fn deliver(&self, realm: &Realm, mut fields: Vec<(String, String)>) -> Response {
        if let Some(state) = &self.state {
            fields.push(("state".to_owned(), state.clone()));
        }
        fields.push(("iss".to_owned(), realm.options.issuer.clone()));
        if self.form_post {
            let page = FormPost::new(realm, self.redirect_uri.clone(), fields);
            return pages::show(realm, StatusCode::OK, &page);
        }
        see_other(&with_query(&self.redirect_uri, &fields))
    }
}

/// A registered URI with parameters added to those it has.
pub(super) fn with_query(uri: &str, fields: &[(String, String)]) -> String {
    match Url::parse(uri) {
        Ok(mut url) => {
            url.query_pairs_mut().extend_pairs(fields);
            url.into()
        }
        // Registered by us: `router` is given URLs.
        Err(_) => uri.to_owned(),
    }
}

/// A redirect that never repeats a POST.
pub(super) fn see_other(to: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Adds a cookie to a response.
pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
