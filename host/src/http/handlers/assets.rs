//! `/assets/NAME`.

use axum::extract::{Path, State};
use axum::response::Response;

use super::login::stopped;
use crate::http::Usher;
use crate::http::pages::Problem;

/// An embedded file, cached for ever.
pub(in crate::http) async fn asset(
    State(usher): State<Usher>,
    Path(name): Path<String>,
) -> Response {
    let found = usher.assets.serve(&name);
    found.unwrap_or_else(|| stopped(&usher, Problem::NotFound))
}
