//! The authorization endpoint.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::discovery::SCOPES;
use super::memory::{Grant, Session};
use super::pages;
use super::params::Params;
use super::realm::Realm;
use super::respond::WayBack;

/// `GET …/auth`.
pub(super) async fn by_link(
    State(realm): State<Arc<Realm>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    authorize(&realm, &headers, &query.unwrap_or_default())
}

/// `POST …/auth`, the same with its parameters in a form.
pub(super) async fn by_form(
    State(realm): State<Arc<Realm>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    authorize(&realm, &headers, &body)
}

/// A remembered session answers at once; everybody else sees the sign-in page.
pub(super) fn authorize(realm: &Realm, headers: &HeaderMap, text: &str) -> Response {
    let request = match AuthorizationRequest::read(&Params::parse(text), realm) {
        Ok(request) => request,
        Err(rejected) => return rejected.answer(realm),
    };
    let session = realm.session(headers);
    match session {
        Some(session) if request.takes(&session, realm.now()) => request.grant(realm, session, "0"),
        _ if request.prompt == Prompt::None => {
            request
                .back
                .refuse(realm, "login_required", "nobody is signed in here")
        }
        session => pages::sign_in(realm, &request.query, session.as_ref()),
    }
}

/// What the client asks the person to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prompt {
    /// Whatever is needed.
    AsNeeded,
    /// Nothing: answer without a page.
    None,
    /// Sign in again.
    Login,
}

/// A request that may be answered.
#[derive(Debug, Clone)]
pub(super) struct AuthorizationRequest {
    pub(super) back: WayBack,
    /// The request as a query, for the form of the sign-in page.
    query: String,
    code_challenge: String,
    nonce: Option<String>,
    scope: String,
    prompt: Prompt,
    max_age: Option<SignedDuration>,
}

impl AuthorizationRequest {
    /// Checks a request. Nothing goes to an address that is not registered.
    pub(super) fn read(params: &Params, realm: &Realm) -> Result<Self, Rejected> {
        let back = way_back(params, realm)?;
        let say = |error, description: String| Rejected::Say(back.clone(), error, description);
        let invalid = |description: &str| say("invalid_request", description.to_owned());

        if let Some(name) = params.repeated() {
            return Err(invalid(&format!("{name} came twice")));
        }
        if params.value("request").is_some() {
            return Err(say("request_not_supported", "no request objects".into()));
        }
        if params.value("request_uri").is_some() {
            return Err(say(
                "request_uri_not_supported",
                "no request objects".into(),
            ));
        }
        if params.value("response_type") != Some("code") {
            return Err(say("unsupported_response_type", "only code".into()));
        }
        if !matches!(
            params.value("response_mode"),
            None | Some("query" | "form_post")
        ) {
            return Err(invalid("response_mode must be query or form_post"));
        }
        let code_challenge = code_challenge(params).map_err(invalid)?;
        let scope = scope(params).map_err(|words| say("invalid_scope", words))?;
        let prompt = prompt(params).map_err(invalid)?;
        let max_age = max_age(params).map_err(invalid)?;
        Ok(Self {
            query: params.query(),
            code_challenge,
            nonce: params.value("nonce").map(str::to_owned),
            scope,
            prompt,
            max_age,
            back,
        })
    }

    /// Whether a remembered session will do.
    fn takes(&self, session: &Session, now: Timestamp) -> bool {
        let age = now.duration_since(session.auth_time);
        self.prompt != Prompt::Login && self.max_age.is_none_or(|most| age < most)
    }

    /// Ends the request with a code. `acr` is `1` after the sign-in page, `0` without it.
    pub(super) fn grant(self, realm: &Realm, session: Session, acr: &'static str) -> Response {
        let code = realm.draw();
        let response = self.back.grant(realm, code.clone(), &session.sid);
        let grant = Grant {
            session,
            redirect_uri: self.back.redirect_uri,
            code_challenge: self.code_challenge,
            nonce: self.nonce,
            scope: self.scope,
            acr,
            issued: realm.now(),
        };
        realm.memory().keep(code, grant);
        response
    }
}

/// A request that is not answered with a code.
#[derive(Debug)]
pub(super) enum Rejected {
    /// Nobody can be told but the person: what is wrong.
    Show(String),
    /// The client is told an error and its description.
    Say(WayBack, &'static str, String),
}

impl Rejected {
    pub(super) fn answer(self, realm: &Realm) -> Response {
        match self {
            Self::Show(words) => pages::error(realm, &words),
            Self::Say(back, error, description) => back.refuse(realm, error, &description),
        }
    }
}

fn way_back(params: &Params, realm: &Realm) -> Result<WayBack, Rejected> {
    for name in ["client_id", "redirect_uri", "state"] {
        if params.repeats(name) {
            return Err(Rejected::Show(format!("The parameter {name} came twice.")));
        }
    }
    if params.value("client_id") != Some(realm.options.client_id.as_str()) {
        return Err(Rejected::Show("The client_id is not known here.".into()));
    }
    let redirect_uri = params.value("redirect_uri").unwrap_or_default().to_owned();
    if !realm.options.redirect_uris.contains(&redirect_uri) {
        return Err(Rejected::Show(
            "The redirect_uri is not registered for this client.".into(),
        ));
    }
    Ok(WayBack {
        redirect_uri,
        form_post: params.value("response_mode") == Some("form_post"),
        state: params.value("state").map(str::to_owned),
    })
}

fn code_challenge(params: &Params) -> Result<String, &'static str> {
    let challenge = params.value("code_challenge").unwrap_or_default();
    let shaped = challenge.len() == 43
        && challenge
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !shaped || params.value("code_challenge_method") != Some("S256") {
        return Err("PKCE with code_challenge_method=S256 is required");
    }
    Ok(challenge.to_owned())
}

fn scope(params: &Params) -> Result<String, String> {
    let scope = params.value("scope").unwrap_or_default();
    let mut asked = scope.split(' ').filter(|name| !name.is_empty());
    if let Some(unknown) = asked.clone().find(|name| !SCOPES.contains(name)) {
        return Err(format!("unknown scope {unknown}"));
    }
    if !asked.any(|name| name == "openid") {
        return Err("the scope openid is required".into());
    }
    Ok(scope.to_owned())
}

fn prompt(params: &Params) -> Result<Prompt, &'static str> {
    let words: Vec<&str> = params
        .value("prompt")
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    if words.contains(&"none") {
        return match words.len() {
            1 => Ok(Prompt::None),
            _ => Err("prompt=none goes with nothing else"),
        };
    }
    let again = words.contains(&"login") || words.contains(&"select_account");
    Ok(if again {
        Prompt::Login
    } else {
        Prompt::AsNeeded
    })
}

fn max_age(params: &Params) -> Result<Option<SignedDuration>, &'static str> {
    let Some(seconds) = params.value("max_age") else {
        return Ok(None);
    };
    match seconds.parse::<u32>() {
        Ok(seconds) => Ok(Some(SignedDuration::from_secs(seconds.into()))),
        Err(_) => Err("max_age must be a number of seconds"),
    }
}
