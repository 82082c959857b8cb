//! Signing out: a question, a button, and the page afterwards.

use std::fmt::Display;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::login::{see_other, stopped};
use crate::domain::{Code, ProviderName, Secret};
use crate::http::cookies::{self, Parting};
use crate::http::pages::{Problem, ProviderSession, SignOut, SignedOut};
use crate::http::{Usher, csrf};
use crate::login::Departure;
use crate::store::StoreError;

/// What the sign-out forms send.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Wish {
    csrf: Option<String>,
    exit: Option<String>,
}

/// What the provider sends the browser back with.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Return {
    state: Option<String>,
}

/// `GET /logout`: one question (K51). Nobody to sign out is already the answer.
pub(in crate::http) async fn ask(State(usher): State<Usher>, headers: HeaderMap) -> Response {
    let session = match usher.session(&headers).await {
        Ok(Some(session)) => session,
        Ok(None) => return see_other("/logout/done"),
        Err(error) => return unavailable(&usher, &error),
    };
    let cookie = usher.cookies.session(&headers);
    let connection = usher.login.connection(&session.provider);
    let provider_too = connection
        .filter(|connection| connection.provider.idp_logout)
        .map(|connection| connection.provider.display_name.clone());
    SignOut {
        site: &usher.site,
        person: session.user.name,
        provider_too,
        csrf: cookie.map(|cookie| csrf::token(cookie.expose())),
    }
    .into_response()
}

/// `POST /logout`: ends the session here, then at the provider if the site wants it; or ends
/// only the provider's session of somebody who was refused.
pub(in crate::http) async fn submit(
    State(usher): State<Usher>,
    headers: HeaderMap,
    Form(wish): Form<Wish>,
) -> Response {
    let cookie = usher.cookies.session(&headers);
    let given = (cookie.as_ref().map(Secret::expose), wish.csrf.as_deref());
    if csrf::check(&headers, &usher.public_url, given.0, given.1).is_err() {
        return stopped(&usher, Problem::ForeignForm);
    }
    match part(&usher, &headers, wish.exit).await {
        Ok(response) => response,
        Err(error) => unavailable(&usher, &error),
    }
}

async fn part(
    usher: &Usher,
    headers: &HeaderMap,
    exit: Option<String>,
) -> Result<Response, StoreError> {
    let now = usher.clock.now();
    let parted = match (exit, usher.cookies.session(headers)) {
        (Some(exit), _) => usher.login.leave(&Secret::new(exit), now).await,
        (None, Some(cookie)) => usher.login.logout(&cookie, now).await?,
        (None, None) => return Ok(see_other("/logout/done")),
    };
    let (place, state) = match &parted.departure {
        Departure::Here => ("/logout/done", None),
        Departure::Provider { url, state } => (url.as_str(), Some(state.as_str())),
    };
    let mut response = see_other(place);
    let parting = usher.cookies.part(parted.provider.as_ref(), state);
    let gone = [usher.cookies.end_session()];
    cookies::set(response.headers_mut(), parting.into_iter().chain(gone));
    Ok(response)
}

/// `GET /logout/done`: works with any state or none (K50).
pub(in crate::http) async fn done(
    State(usher): State<Usher>,
    headers: HeaderMap,
    Query(back): Query<Return>,
) -> Response {
    let parting = usher.cookies.parting(&headers);
    let provider = match parting {
        None => ProviderSession::Unknown,
        Some(Parting { provider, state }) => {
            let name = display_name(&usher, &provider);
            match (name, state) {
                (None, _) => ProviderSession::Unknown,
                (Some(name), None) => ProviderSession::Open(name),
                (Some(name), state) if state == back.state => ProviderSession::Ended(name),
                (Some(_), _) => ProviderSession::Unknown,
            }
        }
    };
    let page = SignedOut {
        site: &usher.site,
        provider,
        again: "/login?choose=1".to_owned(),
    };
    let mut response = page.into_response();
    cookies::set(response.headers_mut(), [usher.cookies.end_parting()]);
    response
}

fn display_name(usher: &Usher, provider: &ProviderName) -> Option<String> {
    let connection = usher.login.connection(provider)?;
    Some(connection.provider.display_name.clone())
}

pub(super) fn unavailable(usher: &Usher, error: &impl Display) -> Response {
    tracing::error!(%error, "the store is down");
    stopped(usher, Problem::Code(Code::Unavailable))
}
