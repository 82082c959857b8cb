//! The sign-in page and the way to the provider.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::task::JoinSet;
use url::form_urlencoded::Serializer;

use super::callback::problem;
use crate::domain::{CompanyId, ProviderName, ReturnTo};
use crate::http::pages::{Down, Moment, Problem, ProviderButton, SignIn, Stopped};
use crate::http::{Usher, cookies};
use crate::login::{Ask, Connection};

/// What the sign-in page may be asked for.
#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Wish {
    choose: Option<String>,
    return_to: Option<String>,
}

/// What begins an attempt.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Start {
    provider: Option<String>,
    return_to: Option<String>,
    company: Option<String>,
}

/// `GET /`: the account is the only home there is.
pub(in crate::http) async fn home() -> Response {
    see_other("/account")
}

/// `GET /login`.
pub(in crate::http) async fn choose(
    State(usher): State<Usher>,
    Query(wish): Query<Wish>,
) -> Response {
    page(&usher, None, &wish).await
}

/// `GET /login/<company>`. A company that does not exist looks the same: the words never tell.
pub(in crate::http) async fn choose_in_company(
    State(usher): State<Usher>,
    Path(company): Path<String>,
    Query(wish): Query<Wish>,
) -> Response {
    match company.parse() {
        Ok(company) => page(&usher, Some(&company), &wish).await,
        Err(_) => stopped(&usher, Problem::NotFound),
    }
}

/// With one provider there is nothing to choose, unless the page is asked for.
async fn page(usher: &Usher, company: Option<&CompanyId>, wish: &Wish) -> Response {
    let return_to = match wish.return_to.as_deref().map(ReturnTo::parse) {
        Some(None) => return stopped(usher, Problem::BadRequest),
        Some(Some(place)) => Some(place),
        None => None,
    };
    let href = |connection: &Connection| {
        start_path(&connection.provider.name, company, return_to.as_ref())
    };
    let connections = &usher.login.connections;
    if let ([only], None) = (connections.as_slice(), &wish.choose) {
        return see_other(&href(only));
    }
    look_around(usher).await;
    let button = |connection: &Connection| ProviderButton {
        name: connection.provider.display_name.clone(),
        href: href(connection),
        down: down(connection),
    };
    SignIn {
        site: &usher.site,
        company: company.map(ToString::to_string),
        providers: connections.iter().map(button).collect(),
    }
    .into_response()
}

/// Asks providers whether they are there, so that the page can say so, but never waits long:
/// one that is slow to answer is found in the background.
async fn look_around(usher: &Usher) {
    let now = usher.clock.now();
    let mut asked = JoinSet::new();
    for connection in &usher.login.connections {
        let relying_party = connection.relying_party.clone();
        // What it says is in its status.
        asked.spawn(async move { drop(relying_party.discover(now).await) });
    }
    let all = async { while asked.join_next().await.is_some() {} };
    if tokio::time::timeout(LOOK, all).await.is_err() {
        asked.detach_all();
    }
}

/// How long the sign-in page waits for providers.
const LOOK: Duration = Duration::from_secs(1);

/// A provider is down if the latest contact failed.
fn down(connection: &Connection) -> Option<Down> {
    let tried = Moment(connection.relying_party.status().down_since()?);
    Some(Down { tried })
}

/// `GET /login/start?provider=P&return_to=/path`: 303 to the provider.
pub(in crate::http) async fn start(
    State(usher): State<Usher>,
    Query(start): Query<Start>,
    headers: HeaderMap,
) -> Response {
    let named = start.provider.and_then(|name| name.parse().ok());
    let Some(connection) = named.and_then(|name| usher.login.connection(&name)) else {
        return stopped(&usher, Problem::NotFound);
    };
    let Some(ask) = ask(start.return_to.as_deref(), start.company.as_deref()) else {
        return stopped(&usher, Problem::BadRequest);
    };
    go(&usher, connection, ask, &headers).await
}

/// Begins an attempt: 303 to the provider, with the cookie of the attempt.
pub(super) async fn go(
    usher: &Usher,
    connection: &Connection,
    ask: Ask,
    headers: &HeaderMap,
) -> Response {
    let now = usher.clock.now();
    match usher.login.begin(connection, ask, now).await {
        Ok(begun) => {
            let mode = connection.provider.response_mode;
            let set = usher
                .cookies
                .begin_attempt(headers, &begun.state, &begun.browser, mode, now);
            let mut response = see_other(begun.location.as_str());
            cookies::set(response.headers_mut(), set);
            response
        }
        Err(error) => {
            tracing::warn!(provider = %connection.provider.name, %error, "a sign-in could not begin");
            Stopped {
                remedy: error.remedy(),
                ..Stopped::new(&usher.site, problem(&error), now)
            }
            .into_response()
        }
    }
}

fn ask(return_to: Option<&str>, company: Option<&str>) -> Option<Ask> {
    Some(Ask {
        return_to: return_to.map_or_else(|| Some(ReturnTo::account()), ReturnTo::parse)?,
        company: company.map(str::parse).transpose().ok()?,
        tester: None,
        afresh: false,
        login_hint: None,
    })
}

/// Where an attempt with this provider begins.
pub(super) fn start_path(
    provider: &ProviderName,
    company: Option<&CompanyId>,
    return_to: Option<&ReturnTo>,
) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("provider", provider.as_str());
    if let Some(company) = company {
        query.append_pair("company", company.as_str());
    }
    if let Some(place) = return_to {
        query.append_pair("return_to", place.as_str());
    }
    format!("/login/start?{}", query.finish())
}

/// Everything that has no route.
pub(in crate::http) async fn not_found(State(usher): State<Usher>, uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        return crate::http::problem::Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing at this path.",
        )
        .into_response();
    }
    stopped(&usher, Problem::NotFound)
}

/// A path that does not take this method.
pub(in crate::http) async fn wrong_method(State(usher): State<Usher>) -> Response {
    stopped(&usher, Problem::WrongMethod)
}

/// A page about a problem without a record.
pub(super) fn stopped(usher: &Usher, problem: Problem) -> Response {
    Stopped::new(&usher.site, problem, usher.clock.now()).into_response()
}

/// 303, never 307 (K8).
pub(super) fn see_other(place: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}
