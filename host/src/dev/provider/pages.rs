//! The provider's own pages: self-contained, without a line of Usher's stylesheet.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use url::Url;

use super::User;
use super::memory::Session;
use super::realm::Realm;

/// Whom the sign-in page offers, and what each should show.
#[derive(Template)]
#[template(path = "dev/sign_in.html")]
struct SignIn<'a> {
    path: &'a str,
    /// The request, for the form's address.
    request: &'a str,
    users: &'a [User],
    /// Who is signed in here already.
    current: Option<String>,
}

/// A heading and a few sentences.
#[derive(Template)]
#[template(path = "dev/message.html")]
struct Message<'a> {
    path: &'a str,
    heading: &'a str,
    words: &'a str,
    advice: &'a str,
}

/// The question before a sign-out that nobody proved.
#[derive(Template)]
#[template(path = "dev/confirm_logout.html")]
struct ConfirmLogout<'a> {
    path: &'a str,
    request: &'a str,
    name: String,
}

/// An authorization response that goes back as a form.
#[derive(Template)]
#[template(path = "dev/form_post.html")]
pub(super) struct FormPost {
    path: String,
    target: String,
    fields: Vec<(String, String)>,
}

impl FormPost {
    pub(super) fn new(realm: &Realm, target: String, fields: Vec<(String, String)>) -> Self {
        Self {
            path: realm.path.clone(),
            target,
            fields,
        }
    }
}

/// The users as buttons.
pub(super) fn sign_in(realm: &Realm, request: &str, session: Option<&Session>) -> Response {
    let page = SignIn {
        path: &realm.path,
        request,
        users: &realm.options.users,
        current: session.map(|session| name_of(realm, session)),
    };
    show(realm, StatusCode::OK, &page)
}

/// A request that cannot be answered, and no client to tell.
pub(super) fn error(realm: &Realm, words: &str) -> Response {
    let page = Message {
        path: &realm.path,
        heading: "This request cannot be answered",
        words,
        advice: "Go back to the application and begin again. If that does not help, compare \
                 its settings with those of this provider.",
    };
    show(realm, StatusCode::BAD_REQUEST, &page)
}

/// A form that another site sent.
pub(super) fn foreign_form(realm: &Realm) -> Response {
    let page = Message {
        path: &realm.path,
        heading: "That form is not ours",
        words: "Another site sent a form here in your name. Nothing was done.",
        advice: "Go back to the application and begin again.",
    };
    show(realm, StatusCode::FORBIDDEN, &page)
}

/// After a sign-out without a way back.
pub(super) fn signed_out(realm: &Realm) -> Response {
    let page = Message {
        path: &realm.path,
        heading: "You are signed out",
        words: "Nobody is signed in to the development identity provider in this browser.",
        advice: "You can close this page.",
    };
    show(realm, StatusCode::OK, &page)
}

pub(super) fn confirm_logout(realm: &Realm, request: &str, session: &Session) -> Response {
    let page = ConfirmLogout {
        path: &realm.path,
        request,
        name: name_of(realm, session),
    };
    show(realm, StatusCode::OK, &page)
}

/// Any other address.
pub(super) async fn nothing_here(State(realm): State<Arc<Realm>>) -> Response {
    let page = Message {
        path: &realm.path,
        heading: "There is nothing here",
        words: "Usher sends people to this identity provider when they sign in.",
        advice: "Begin at Usher's own address, the first line that usher dev printed.",
    };
    show(&realm, StatusCode::NOT_FOUND, &page)
}

/// A page with the headers that every page has.
pub(super) fn show(realm: &Realm, status: StatusCode, page: &impl Template) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page of the development provider could not be written");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: Chromium would send `Origin: null` on our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(realm)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Chromium applies `form-action` to redirects too, so the client's origins are in it.
fn content_security_policy(realm: &Realm) -> String {
    let options = &realm.options;
    let uris = options
        .redirect_uris
        .iter()
        .chain(&options.post_logout_redirect_uris);
    let origins: BTreeSet<String> = uris
        .filter_map(|uri| Url::parse(uri).ok())
        .map(|url| url.origin().ascii_serialization())
        .collect();
    let origins: Vec<String> = origins.into_iter().collect();
    format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
         form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
        origins.join(" ")
    )
}

fn name_of(realm: &Realm, session: &Session) -> String {
    let user = realm.user(&session.username);
    user.map_or_else(|| session.username.clone(), User::name)
}

pub(super) async fn stylesheet() -> Response {
    asset("text/css; charset=utf-8", include_str!("assets/dev.css"))
}

pub(super) async fn script() -> Response {
    asset(
        "text/javascript; charset=utf-8",
        include_str!("assets/submit.js"),
    )
}

pub(super) async fn icon() -> Response {
    asset("image/svg+xml", include_str!("assets/icon.svg"))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
