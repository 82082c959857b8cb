//! The authorization endpoint: signs the chosen person in without asking.

use std::fmt::Write;

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use url::Url;

use super::signer::random;
use super::token::Grant;
use super::{Asked, CLIENT_ID, Iss, Shared};

pub(super) fn authorize(shared: &Shared, asked: &Asked) -> Response {
    let redirect = asked
        .get("redirect_uri")
        .and_then(|uri| Url::parse(uri).ok());
    let (Some(redirect), Some(CLIENT_ID)) = (redirect, asked.get("client_id").map(String::as_str))
    else {
        return (StatusCode::BAD_REQUEST, "unknown client or redirect URI").into_response();
    };
    let mut answer = Vec::new();
    match refusal(shared, asked) {
        Some(error) => {
            answer.push(("error", error));
            answer.push(("error_description", "<script>hostile()</script>".to_owned()));
        }
        None => answer.push(("code", grant(shared, asked))),
    }
    let faults = shared.state().faults.clone();
    let state = match &faults.state {
        None => asked.get("state").cloned(),
        Some(instead) => instead.clone(),
    };
    answer.extend(state.map(|state| ("state", state)));
    match &faults.iss {
        Iss::Right => answer.push(("iss", shared.issuer())),
        Iss::Missing => {}
        Iss::Wrong(iss) => answer.push(("iss", iss.clone())),
    }
    if asked
        .get("response_mode")
        .is_some_and(|mode| mode == "form_post")
    {
        form_post(&redirect, &answer)
    } else {
        query(redirect, &answer)
    }
}

/// What the test wants, or what the client forgot.
fn refusal(shared: &Shared, asked: &Asked) -> Option<String> {
    if let Some(error) = &shared.state().faults.error {
        return Some(error.clone());
    }
    let is = |name: &str, value: &str| asked.get(name).is_some_and(|v| v == value);
    let has_scope = |scopes: &String| scopes.split(' ').any(|scope| scope == "openid");
    let proper = is("response_type", "code")
        && is("code_challenge_method", "S256")
        && asked.get("code_challenge").is_some_and(|c| c.len() == 43)
        && asked.get("scope").is_some_and(has_scope)
        && asked.contains_key("nonce");
    (!proper).then(|| "invalid_request".to_owned())
}

fn grant(shared: &Shared, asked: &Asked) -> String {
    let given = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let mut state = shared.state();
    let code = random();
    let grant = Grant {
        person: state.person.clone(),
        redirect_uri: given("redirect_uri"),
        challenge: given("code_challenge"),
        nonce: given("nonce"),
        session: random(),
    };
    state.latest_session.clone_from(&grant.session);
    state.grants.insert(code.clone(), grant);
    code
}

fn query(mut redirect: Url, answer: &[(&str, String)]) -> Response {
    redirect.query_pairs_mut().extend_pairs(answer);
    Redirect::to(redirect.as_str()).into_response()
}

/// The page that Keycloak answers with, capitals and all.
fn form_post(redirect: &Url, answer: &[(&str, String)]) -> Response {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;")
    };
    let mut fields = String::new();
    for (name, value) in answer {
        let value = escape(value);
        let written = write!(
            fields,
            r#"<INPUT TYPE="HIDDEN" NAME="{name}" VALUE="{value}"/>"#
        );
        written.expect("a String takes everything");
    }
    let action = escape(redirect.as_str());
    Html(format!(
        r#"<HTML><HEAD><TITLE>Submit This Form</TITLE></HEAD><BODY Onload="document.forms[0].submit()"><FORM METHOD="POST" ACTION="{action}">{fields}<NOSCRIPT><P>JavaScript is disabled.</P><INPUT name="continue" TYPE="SUBMIT" VALUE="CONTINUE"/></NOSCRIPT></FORM></BODY></HTML>"#
    ))
    .into_response()
}
