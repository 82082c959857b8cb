//! `/login/recovery/TOKEN`: a one-time sign-in without a provider.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::login::{see_other, stopped};
use super::logout::unavailable;
use crate::administration::recovery::{self, NotRecovered};
use crate::administration::{Administration, By};
use crate::domain::Secret;
use crate::http::pages::{Problem, Recover};
use crate::http::{Usher, cookies, csrf};

/// `GET /login/recovery/TOKEN`: one button, since whatever previews links opens them.
pub(in crate::http) async fn ask(
    State(usher): State<Usher>,
    Path(token): Path<String>,
) -> Response {
    let action = format!("/login/recovery/{token}");
    let token = Secret::new(token);
    match recovery::is_open(&usher.login.store, &token, usher.clock.now()).await {
        Ok(true) => Recover {
            site: &usher.site,
            action,
        }
        .into_response(),
        Ok(false) => stopped(&usher, Problem::LinkInvalid),
        Err(error) => unavailable(&usher, &error),
    }
}

/// `POST /login/recovery/TOKEN`: uses the link up.
pub(in crate::http) async fn submit(
    State(usher): State<Usher>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    if csrf::check(&headers, &usher.public_url, None, None).is_err() {
        return stopped(&usher, Problem::ForeignForm);
    }
    let administration = Administration {
        store: usher.login.store.clone(),
        by: By::RecoveryLink,
        now: usher.clock.now(),
        entropy: usher.login.entropy,
    };
    let (token, replaced) = (Secret::new(token), usher.cookies.session(&headers));
    let vault = &usher.login.vault;
    match administration
        .recover(&token, replaced.as_ref(), vault)
        .await
    {
        Ok(session) => {
            let mut response = see_other("/account");
            let session = usher.cookies.open_session(&session.0);
            cookies::set(response.headers_mut(), [session]);
            response
        }
        Err(NotRecovered::Invalid) => stopped(&usher, Problem::LinkInvalid),
        Err(NotRecovered::Store(error)) => unavailable(&usher, &error),
    }
}
