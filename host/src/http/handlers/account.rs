//! `/account`: who am I, where, and why.

use axum::Form;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::login::{see_other, stopped};
use super::logout::unavailable;
use crate::http::account::{View, page};
use crate::http::pages::Problem;
use crate::http::{SignedIn, Usher, cookies, csrf};
use crate::login::Login;
use crate::sessions::{self, Session, SessionId};
use crate::{audit, directory::users};

/// What the forms of the page send.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Wish {
    csrf: Option<String>,
    session: Option<String>,
}

/// `GET /account`.
pub(in crate::http) async fn show(
    State(usher): State<Usher>,
    headers: HeaderMap,
    SignedIn(session): SignedIn,
) -> Response {
    match view(&usher, &headers, session).await {
        Ok(view) => page(&usher, view).into_response(),
        Err(error) => unavailable(&usher, &error),
    }
}

async fn view(usher: &Usher, headers: &HeaderMap, session: Session) -> anyhow::Result<View> {
    let Login { store, vault, .. } = &usher.login;
    let now = usher.clock.now();
    let cookie = usher.cookies.session(headers);
    Ok(View {
        user: users::show(store, session.user.id.as_str()).await?,
        sessions: sessions::of_user(store, &session.user.id, &usher.session_life, now).await?,
        record: audit::show(store, &session.reference, vault).await?,
        claims: audit::claims(store, &session.reference, vault).await?,
        csrf: cookie.map(|cookie| csrf::token(cookie.expose())),
        session,
    })
}

/// `POST /account/sessions/end`: one of the person's own sessions.
pub(in crate::http) async fn end_session(
    State(usher): State<Usher>,
    headers: HeaderMap,
    SignedIn(session): SignedIn,
    Form(wish): Form<Wish>,
) -> Response {
    if !is_own_form(&usher, &headers, &wish) {
        return stopped(&usher, Problem::ForeignForm);
    }
    let id = SessionId::new(wish.session.unwrap_or_default());
    match sessions::end_one_of_user(&usher.login.store, &session.user.id, &id).await {
        Ok(_) => see_other("/account"),
        Err(error) => unavailable(&usher, &error),
    }
}

/// `POST /account/sign-out-everywhere`: all sessions of the person, this one too.
pub(in crate::http) async fn sign_out_everywhere(
    State(usher): State<Usher>,
    headers: HeaderMap,
    SignedIn(session): SignedIn,
    Form(wish): Form<Wish>,
) -> Response {
    if !is_own_form(&usher, &headers, &wish) {
        return stopped(&usher, Problem::ForeignForm);
    }
    match sessions::end_all_of_user(&usher.login.store, &session.user.id).await {
        Ok(_) => {
            let mut response = see_other("/logout/done");
            let parting = usher.cookies.part(Some(&session.provider), None);
            let gone = parting.into_iter().chain([usher.cookies.end_session()]);
            cookies::set(response.headers_mut(), gone);
            response
        }
        Err(error) => unavailable(&usher, &error),
    }
}

fn is_own_form(usher: &Usher, headers: &HeaderMap, wish: &Wish) -> bool {
    let cookie = usher.cookies.session(headers);
    let cookie = cookie.as_ref().map(crate::domain::Secret::expose);
    csrf::check(headers, &usher.public_url, cookie, wish.csrf.as_deref()).is_ok()
}
