use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Moment, Site, html};

/// `GET /login`, `GET /login/<company>`: one button per provider.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignIn<'a> {
    /// What every page shows.
    pub site: &'a Site,
    /// Where the person will land, by name.
    pub company: Option<String>,
    /// In the order of the configuration.
    pub providers: Vec<ProviderButton>,
}

/// A provider to sign in with.
#[derive(Debug, Clone)]
pub struct ProviderButton {
    /// `display_name`.
    pub name: String,
    /// `/login/start?provider=P…`, with company and `return_to` kept.
    pub href: String,
    /// Set where the last contact failed.
    pub down: Option<Down>,
}

/// A provider that did not answer.
#[derive(Debug, Clone, Copy)]
pub struct Down {
    /// When it was last tried.
    pub tried: Moment,
}

impl SignIn<'_> {
    /// The first provider that answers is the one that stands out.
    fn stands_out(&self, index: &usize) -> bool {
        self.providers.iter().position(|p| p.down.is_none()) == Some(*index)
    }
}

impl IntoResponse for SignIn<'_> {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}
