//! `/login/initiate`: the provider, or a link there, begins a sign-in (OpenID Connect Core §4).

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use super::login::{go, stopped};
use super::provider::single;
use crate::domain::{PublicUrl, ReturnTo};
use crate::http::Usher;
use crate::http::pages::Problem;
use crate::login::Ask;

/// `GET /login/initiate?iss=…`.
pub(in crate::http) async fn query(
    State(usher): State<Usher>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    begin(&usher, uri.query().unwrap_or_default(), &headers).await
}

/// `POST /login/initiate`, which comes from another site by its nature: like the GET it does no
/// more than begin an attempt.
pub(in crate::http) async fn form(
    State(usher): State<Usher>,
    headers: HeaderMap,
    form: String,
) -> Response {
    begin(&usher, &form, &headers).await
}

async fn begin(usher: &Usher, asked: &str, headers: &HeaderMap) -> Response {
    let wants = |issuer: &str| {
        let mut connections = usher.login.connections.iter();
        connections.find(|connection| {
            connection.provider.allow_initiation && connection.relying_party.is_issuer(issuer)
        })
    };
    let connection = single(asked, "iss").and_then(|issuer| wants(&issuer));
    let place = place(asked, &usher.public_url);
    let (Some(connection), Some(return_to)) = (connection, place) else {
        return stopped(usher, Problem::BadRequest);
    };
    let ask = Ask {
        company: None,
        return_to,
        tester: None,
        afresh: false,
        login_hint: single(asked, "login_hint").filter(|hint| is_sound(hint)),
    };
    go(usher, connection, ask, headers).await
}

/// Where to go afterwards: `target_link_uri`, if it is one of ours. `None` if it leads
/// elsewhere or is there twice.
fn place(asked: &str, public_url: &PublicUrl) -> Option<ReturnTo> {
    const TARGET: &str = "target_link_uri";
    let given = url::form_urlencoded::parse(asked.as_bytes()).any(|(name, _)| name == TARGET);
    if !given {
        return Some(ReturnTo::account());
    }
    let place = ReturnTo::parse_url(&single(asked, TARGET)?, public_url)?;
    // Whoever comes back signed in has no business there, and must not be sent round again.
    match place.is_of_the_sign_in() {
        true => Some(ReturnTo::account()),
        false => Some(place),
    }
}

/// A hint that is longer, or no plain text, is dropped: it only saves typing.
fn is_sound(hint: &str) -> bool {
    (1..=255).contains(&hint.len()) && !hint.contains(char::is_control)
}
