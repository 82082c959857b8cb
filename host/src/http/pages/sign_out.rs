use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Site, html};

/// `GET /logout`: one question, one button.
#[derive(Debug, Template)]
#[template(path = "sign_out.html")]
pub struct SignOut<'a> {
    /// What every page shows.
    pub site: &'a Site,
    /// Who is signed in: a name or an address.
    pub person: String,
    /// `display_name` of the provider, if its session ends too (`idp_logout`).
    pub provider_too: Option<String>,
    /// CSRF token; none leaves the proof to the `Origin` header.
    pub csrf: Option<String>,
}

impl IntoResponse for SignOut<'_> {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}

/// `GET /logout/done`: signed out, and whether the provider's session ended too.
#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOut<'a> {
    /// What every page shows.
    pub site: &'a Site,
    /// What became of the provider's session.
    pub provider: ProviderSession,
    /// Where *sign in again* leads; `/login?choose=1` lets the person choose.
    pub again: String,
}

/// What became of the provider's session, with the provider's `display_name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderSession {
    /// The provider sent the person back with the state of this sign-out.
    Ended(String),
    /// It was not asked to end it.
    Open(String),
    /// The state is missing or foreign (K50).
    Unknown,
}

impl SignedOut<'_> {
    fn provider(&self) -> String {
        let words = &self.site.words.signed_out;
        match &self.provider {
            ProviderSession::Ended(name) => (words.provider_ended)(name),
            ProviderSession::Open(name) => (words.provider_open)(name),
            ProviderSession::Unknown => words.provider_unknown.to_owned(),
        }
    }
}

impl IntoResponse for SignedOut<'_> {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}
