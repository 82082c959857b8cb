use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use tower::ServiceExt;

use super::*;
use crate::dev::samples;

mod authorization;
mod exchange;
mod sign_out;
mod tokens;

const ISSUER: &str = "http://127.0.0.1:8081/realms/dev";
const CALLBACK: &str = "http://127.0.0.1:8080/callback_dev";
const DONE: &str = "http://127.0.0.1:8080/logout/done";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A provider and one browser in front of it.
struct Browser {
    provider: Router,
    cookie: Option<String>,
}

/// An answer, its body read.
struct Answer {
    status: StatusCode,
    location: Option<Url>,
    headers: axum::http::HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// Parameters of the redirect.
    fn query(&self) -> HashMap<String, String> {
        let location = self.location.as_ref().expect("a redirect");
        location.query_pairs().into_owned().collect()
    }
}

impl Browser {
    fn new() -> Self {
        Self::with_clock(Clock::new(|| {
            Timestamp::from_second(1_800_000_000).unwrap()
        }))
    }

    fn with_clock(clock: Clock) -> Self {
        let provider = router(ProviderOptions {
            issuer: ISSUER.into(),
            client_id: "usher".into(),
            client_secret: Secret::new("s%cr:t/"),
            redirect_uris: vec![CALLBACK.into()],
            post_logout_redirect_uris: vec![DONE.into()],
            users: samples::users(),
            clock,
            entropy: Entropy::new(|bytes| aws_lc_rs::rand::fill(bytes).unwrap()),
        });
        Self {
            provider: provider.unwrap(),
            cookie: None,
        }
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        if let Some(cookie) = &self.cookie {
            let value = format!("usher=foreign; {cookie}").parse().unwrap();
            request.headers_mut().insert(header::COOKIE, value);
        }
        let response = self.provider.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        if let Some(set) = parts.headers.get(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let pair = set.split(';').next().unwrap().to_owned();
            self.cookie = (!set.contains("Max-Age=0")).then_some(pair);
        }
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            location: parts
                .headers
                .get(header::LOCATION)
                .map(|value| Url::parse(value.to_str().unwrap()).unwrap()),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn open(&mut self, path: &str, params: &[(&str, &str)]) -> Answer {
        let uri = format!("/realms/dev{path}?{}", encoded(params));
        self.send(Request::get(uri).body(Body::empty()).unwrap())
            .await
    }

    async fn submit(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(form_to(path, form)).await
    }

    /// The authorization endpoint, with `changes` to a good request; an empty value leaves out.
    async fn authorize(&mut self, changes: &[(&str, &str)]) -> Answer {
        let params = request(changes);
        self.open("/protocol/openid-connect/auth", &params).await
    }

    /// Presses the button of a user on the sign-in page.
    async fn choose(&mut self, user: &str, changes: &[(&str, &str)]) -> Answer {
        let query = encoded(&request(changes));
        let path = format!("/login-actions/authenticate?{query}");
        self.submit(&path, &[("user", user)]).await
    }

    /// The token endpoint, with `changes` to a good request.
    async fn redeem(&mut self, code: &str, changes: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        change(&mut form, changes);
        let mut request = form_to("/protocol/openid-connect/token", &form);
        let basic = BASE64_STANDARD.encode("usher:s%25cr%3At%2F");
        let value = format!("Basic {basic}").parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
        self.send(request).await
    }

    /// Tokens of a user, from the sign-in page on.
    async fn tokens(&mut self, user: &str) -> Value {
        let code = self.choose(user, &[]).await.query()["code"].clone();
        let answer = self.redeem(&code, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.json()
    }
}

fn form_to(path: &str, form: &[(&str, &str)]) -> Request<Body> {
    Request::post(format!("/realms/dev{path}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(encoded(form)))
        .unwrap()
}

fn request<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut params = vec![
        ("client_id", "usher"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("state", "st"),
        ("nonce", "no"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    change(&mut params, changes);
    params
}

fn change<'a>(params: &mut Vec<(&'a str, &'a str)>, changes: &[(&'a str, &'a str)]) {
    for (name, value) in changes {
        params.retain(|(other, _)| other != name);
        params.push((name, value));
    }
}

fn encoded(params: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(params).finish()
}

/// Claims of a token, unverified.
fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
