//! Rate limits, before anything is decoded or verified (`protocol.md` S9).

mod client;
mod limit;

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use serde_json::json;

use self::client::Clients;
use self::limit::Limit;
use super::pages::{Problem, Stopped};
use super::{Usher, problem};
use crate::domain::Code;

/// How often the same client may do the same.
pub(super) struct Limits {
    clients: Clients,
    starts: Limit<IpAddr>,
    callbacks: Limit<IpAddr>,
    /// By a hash of the cookie, under keys that nobody outside knows.
    attempts: Limit<u64>,
    /// A provider may sign thousands out at once, and none may be lost.
    logout_tokens: Limit<IpAddr>,
    hasher: RandomState,
    told: Once,
}

impl Limits {
    pub(super) fn new(trusted_proxies: &[IpNet]) -> Self {
        Self {
            clients: Clients::new(trusted_proxies),
            starts: Limit::per_minute(60),
            callbacks: Limit::per_minute(60),
            attempts: Limit::per_minute(10),
            logout_tokens: Limit::per_minute(6000),
            hasher: RandomState::new(),
            told: Once::new(),
        }
    }
}

/// What a path is limited as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start,
    Callback,
    LogoutToken,
}

impl Kind {
    fn of(path: &str) -> Option<Self> {
        let starts = ["/login/start", "/login/test", "/login/initiate"];
        if starts.contains(&path) || path.starts_with("/login/recovery/") {
            Some(Self::Start)
        } else if path.starts_with("/callback_") {
            Some(Self::Callback)
        } else if path.starts_with("/backchannel_logout_") {
            Some(Self::LogoutToken)
        } else {
            None
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Callback => "callback",
            Self::LogoutToken => "logout_token",
        }
    }
}

/// Put into a response: the provider vouched for somebody, whatever became of them here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vouched;

/// Lets a request through, or says when to come back.
pub(super) async fn limit(State(usher): State<Usher>, request: Request, next: Next) -> Response {
    let Some(kind) = Kind::of(request.uri().path()) else {
        return next.run(request).await;
    };
    let client = usher.limits.client(&request);
    match usher.limits.note(&usher, kind, client, request.headers()) {
        Ok(()) => {
            let response = next.run(request).await;
            if response.extensions().get::<Vouched>().is_some() {
                usher.limits.forgive(client);
            }
            response
        }
        Err(seconds) => {
            usher.metrics.limited(kind.as_str());
            too_often(&usher, kind, seconds, &request)
        }
    }
}

impl Limits {
    /// Notes a request, or says how many seconds to wait. What the limit of an attempt refuses
    /// is not held against the address: behind it may be a whole office.
    fn note(
        &self,
        usher: &Usher,
        kind: Kind,
        client: Option<IpAddr>,
        headers: &HeaderMap,
    ) -> Result<(), u64> {
        let now = usher.clock.now();
        let attempts = || {
            let mut shown = usher.cookies.attempts(headers);
            shown.try_for_each(|cookie| self.attempts.note(self.hasher.hash_one(cookie), now))
        };
        let Some(client) = client else {
            self.tell_of_no_address();
            return match kind {
                Kind::Callback => attempts(),
                Kind::Start | Kind::LogoutToken => Ok(()),
            };
        };
        match kind {
            Kind::Start => self.starts.note(client, now),
            Kind::Callback => self.callbacks.note_if(client, now, attempts),
            Kind::LogoutToken => self.logout_tokens.note(client, now),
        }
    }

    fn client(&self, request: &Request) -> Option<IpAddr> {
        let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
        Some(self.clients.client(peer.ip(), request.headers()))
    }

    /// Holds an attempt that came to its end no longer against the address: who floods has
    /// nobody to vouch for them, and the office at nine in the morning has.
    fn forgive(&self, client: Option<IpAddr>) {
        if let Some(client) = client {
            self.starts.forgive(&client);
            self.callbacks.forgive(&client);
        }
    }

    /// Another server that mounts the router may not say who is connected.
    fn tell_of_no_address(&self) {
        self.told.call_once(|| {
            tracing::warn!(
                "the server that mounts the router does not say who is connected, so there are \
                 no limits for an address: serve it with \
                 `into_make_service_with_connect_info::<SocketAddr>()`"
            );
        });
    }
}

/// 429 in the words of whoever asked. A browser tries again by itself when its turn has come.
fn too_often(usher: &Usher, kind: Kind, seconds: u64, request: &Request) -> Response {
    let wait = [(RETRY_AFTER, HeaderValue::from(seconds))];
    if kind == Kind::LogoutToken {
        let what = "too many logout tokens; send the same request again later";
        let body = json!({ "error": "temporarily_unavailable", "error_description": what });
        return (StatusCode::TOO_MANY_REQUESTS, wait, Json(body)).into_response();
    }
    if wants_json(request.headers()) {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let problem = problem::Problem::new(status, Code::RateLimited.as_str(), WAIT);
        return (wait, problem).into_response();
    }
    let problem = Problem::Code(Code::RateLimited);
    let by_itself = request.method() == Method::GET;
    Stopped {
        retry_after: Some(seconds),
        by_itself,
        // This very address, without repeating in the page what stands in it.
        try_again: Some(if by_itself { "" } else { "/login" }.to_owned()),
        ..Stopped::new(&usher.site, problem, usher.clock.now())
    }
    .into_response()
}

const WAIT: &str = "Too many attempts. Retry-After says in how many seconds to come back.";

fn wants_json(headers: &HeaderMap) -> bool {
    let accepts = |kind| {
        let mut lines = headers.get_all(ACCEPT).iter().map(HeaderValue::to_str);
        lines.any(|line| line.is_ok_and(|line| line.contains(kind)))
    };
    accepts("json") && !accepts("text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_work_is_limited_and_what_shows_something_is_not() {
        for (path, kind) in [
            ("/login/start", Some(Kind::Start)),
            ("/login/initiate", Some(Kind::Start)),
            ("/login/test", Some(Kind::Start)),
            ("/login/recovery/x", Some(Kind::Start)),
            ("/callback_main", Some(Kind::Callback)),
            ("/callback_", Some(Kind::Callback)),
            ("/backchannel_logout_main", Some(Kind::LogoutToken)),
            ("/login", None),
            ("/login/acme", None),
            ("/account", None),
            ("/api/v1/session", None),
            ("/livez", None),
        ] {
            assert_eq!(Kind::of(path), kind, "{path}");
        }
    }

    #[test]
    fn json_is_for_who_asks_for_it_and_not_for_browsers() {
        let wants = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            wants_json(&headers)
        };
        assert!(wants("application/json") && wants("application/problem+json, */*"));
        assert!(!wants("text/html,application/json;q=0.9") && !wants("*/*"));
        assert!(!wants_json(&HeaderMap::new()));
    }
}
