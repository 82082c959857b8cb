use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Site, html};

/// `GET /login/recovery/TOKEN`: one button. It does not say who is signed in: whatever previews
/// links would pass it on.
#[derive(Debug, Template)]
#[template(path = "recover.html")]
pub struct Recover<'a> {
    /// What every page shows.
    pub site: &'a Site,
    /// Where the button leads.
    pub action: String,
}

impl IntoResponse for Recover<'_> {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}
