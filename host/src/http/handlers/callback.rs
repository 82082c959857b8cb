//! `/callback_P`: the provider's answer arrives.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};

use super::login::{see_other, start_path, stopped};
use crate::clock::Stopwatch;
use crate::domain::{AuditOutcome, Code, ProviderName, Secret};
use crate::http::pages::{Masked, Moment, Problem, SomeoneElse, Stopped};
use crate::http::tested::page;
use crate::http::{Usher, cookies, limits};
use crate::login::{Answered, Arrival, Connection, Failed, LoginError, SignedIn};
use crate::oidc::AuthorizationResponse;

/// `GET /callback_P`.
pub(in crate::http) async fn query(
    State(usher): State<Usher>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let answer = uri.query().unwrap_or_default();
    arrive(&usher, &uri, &headers, answer).await
}

/// `POST /callback_P`, by `response_mode=form_post`. State and cookie are its proof.
pub(in crate::http) async fn form(
    State(usher): State<Usher>,
    uri: Uri,
    headers: HeaderMap,
    answer: String,
) -> Response {
    arrive(&usher, &uri, &headers, &answer).await
}

async fn arrive(usher: &Usher, uri: &Uri, headers: &HeaderMap, answer: &str) -> Response {
    let name = uri.path().strip_prefix("/callback_");
    let name: Option<ProviderName> = name.and_then(|name| name.parse().ok());
    let Some(connection) = name.and_then(|name| usher.login.connection(&name)) else {
        return stopped(usher, Problem::NotFound);
    };
    let answer = AuthorizationResponse::parse(answer);
    let state = answer.state.clone();
    let of_state = |state: &str| usher.cookies.attempt(headers, state);
    let arrival = Arrival {
        provider: &connection.provider.name,
        response: answer,
        browser: state.as_deref().and_then(of_state),
        session: usher.cookies.session(headers),
    };
    let stopwatch = Stopwatch::start();
    let answered = usher.login.answer(arrival, usher.clock.now()).await;
    count(usher, connection, &answered, stopwatch);
    let vouched = match &answered {
        Ok(_) => true,
        Err(failed) => failed.error.is_of_somebody(),
    };
    let mut response = match answered {
        Ok(Answered::SignedIn(signed_in)) => enter(usher, &signed_in),
        Ok(Answered::Tested(tested)) => page(usher, connection, &tested).into_response(),
        Err(failed) => refuse(usher, connection, *failed),
    };
    if vouched {
        response.extensions_mut().insert(limits::Vouched);
    }
    let mode = connection.provider.response_mode;
    let over = state.and_then(|state| usher.cookies.end_attempt(&state, mode));
    cookies::set(response.headers_mut(), over);
    response
}

/// A test is no sign-in.
fn count(
    usher: &Usher,
    connection: &Connection,
    answered: &Result<Answered, Box<Failed>>,
    stopwatch: Stopwatch,
) {
    let (outcome, code) = match answered {
        Ok(Answered::Tested(_)) => return,
        Ok(Answered::SignedIn(_)) => (AuditOutcome::Admitted, None),
        Err(failed) => (failed.error.outcome(), Some(failed.error.code())),
    };
    let seconds = Duration::from_micros(stopwatch.micros()).as_secs_f64();
    let provider = &connection.provider.name;
    usher.metrics.sign_in(provider, outcome, code, seconds);
}

fn enter(usher: &Usher, signed_in: &SignedIn) -> Response {
    let mut response = see_other(signed_in.return_to.as_str());
    let session = usher.cookies.open_session(&signed_in.session);
    cookies::set(response.headers_mut(), [session]);
    response
}

fn refuse(usher: &Usher, connection: &Connection, failed: Failed) -> Response {
    let name = &connection.provider.name;
    let someone_else = failed.exit.map(|exit| leave(&exit, connection));
    Stopped {
        account: failed.email.as_deref().map(Masked::new),
        message: failed.error.message().map(str::to_owned),
        remedy: failed.remedy,
        reference: Some(failed.reference),
        time: Moment(usher.clock.now()),
        try_again: Some(start_path(
            name,
            failed.company.as_ref(),
            failed.return_to.as_ref(),
        )),
        someone_else,
        ..Stopped::new(&usher.site, problem(&failed.error), usher.clock.now())
    }
    .into_response()
}

/// Really ends the provider's session, then signs in again.
fn leave(exit: &Secret, connection: &Connection) -> SomeoneElse {
    SomeoneElse {
        action: "/logout".to_owned(),
        fields: vec![("exit".to_owned(), exit.expose().to_owned())],
        provider: connection.provider.display_name.clone(),
    }
}

fn is_unattended(error: &LoginError) -> bool {
    matches!(error, LoginError::Protocol(error) if error.unattended)
}

/// The page's view of an error: what the person has to do at the provider, and their own "no"
/// there, are cases of their own.
pub(in crate::http) fn problem(error: &LoginError) -> Problem {
    match error.code() {
        _ if error.status() == 400 && error.code() != Code::StateInvalid => Problem::Denied,
        _ if is_unattended(error) => Problem::Unattended,
        code => Problem::Code(code),
    }
}
