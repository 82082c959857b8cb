//! `/login/test`: an operator tries a sign-in out.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::login::{go, stopped};
use crate::domain::ReturnTo;
use crate::http::pages::{Problem, TestChoice, TestSignIn};
use crate::http::{SignedIn, Usher};
use crate::login::Ask;

/// What is to be tried.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Wish {
    provider: Option<String>,
    company: Option<String>,
    afresh: Option<String>,
}

/// `GET /login/test?provider=P`: 303 to the provider; without a provider, a choice.
pub(in crate::http) async fn begin(
    State(usher): State<Usher>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
    SignedIn(session): SignedIn,
) -> Response {
    if !session.operator {
        return stopped(&usher, Problem::NotOperator);
    }
    let Some(name) = wish.provider else {
        return choice(&usher);
    };
    let named = name.parse().ok();
    let Some(connection) = named.and_then(|name| usher.login.connection(&name)) else {
        return stopped(&usher, Problem::NotFound);
    };
    let Ok(company) = wish.company.map(|company| company.parse()).transpose() else {
        return stopped(&usher, Problem::BadRequest);
    };
    let ask = Ask {
        company,
        return_to: ReturnTo::account(),
        tester: Some(session.user.id),
        afresh: wish.afresh.is_some(),
        login_hint: None,
    };
    go(&usher, connection, ask, &headers).await
}

fn choice(usher: &Usher) -> Response {
    let choice = |connection: &crate::login::Connection| TestChoice {
        name: connection.provider.display_name.clone(),
        href: format!("/login/test?provider={}", connection.provider.name),
    };
    TestSignIn {
        site: &usher.site,
        providers: usher.login.connections.iter().map(choice).collect(),
    }
    .into_response()
}
