//! The routes, and what every endpoint has in common: it writes down what it was asked, and
//! says what the test wants it to say.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::any;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::unending::Unending;
use super::{Asked, Endpoint, PROTOCOL, REALM, Says, Shared, authorize, token};

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let at = |path: &str| format!("{PROTOCOL}/{path}");
    Router::new()
        .route(
            &format!("{REALM}/.well-known/openid-configuration"),
            any(|shared, request| answer(shared, Endpoint::Discovery, request)),
        )
        .route(
            &at("auth"),
            any(|shared, request| answer(shared, Endpoint::Authorize, request)),
        )
        .route(
            &at("token"),
            any(|shared, request| answer(shared, Endpoint::Token, request)),
        )
        .route(
            &at("certs"),
            any(|shared, request| answer(shared, Endpoint::Keys, request)),
        )
        .route(
            &at("userinfo"),
            any(|shared, request| answer(shared, Endpoint::Userinfo, request)),
        )
        .route(
            &at("logout"),
            any(|shared, request| answer(shared, Endpoint::EndSession, request)),
        )
        .with_state(shared)
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    endpoint: Endpoint,
    request: Request,
) -> Response {
    let asked = asked(request).await;
    let says = {
        let mut state = shared.state();
        state
            .requests
            .entry(endpoint)
            .or_default()
            .push(asked.clone());
        state.faults.says.get(&endpoint).cloned()
    };
    match says {
        None => {}
        Some(Says::Late(time)) => tokio::time::sleep(time).await,
        Some(says) => return instead(says),
    }
    match endpoint {
        Endpoint::Discovery => Json(metadata(&shared)).into_response(),
        Endpoint::Authorize => authorize::authorize(&shared, &asked),
        Endpoint::Token => token::redeem(&shared, &asked),
        Endpoint::Keys => Json(keys(&shared)).into_response(),
        Endpoint::Userinfo => token::userinfo(&shared, &asked),
        Endpoint::EndSession => end_session(&shared, &asked),
    }
}

fn instead(says: Says) -> Response {
    const HOSTILE: &str = "<html><script>alert('hostile provider')</script></html>";
    let json = (header::CONTENT_TYPE, "application/json");
    match says {
        Says::Html => Html(HOSTILE).into_response(),
        Says::Status(status) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, Html(HOSTILE)).into_response()
        }
        Says::Redirect(url) => Redirect::to(&url).into_response(),
        Says::Text(text) => ([json], text).into_response(),
        Says::Late(_) => unreachable!("is waited for"),
        Says::Drip => {
            let second = Duration::from_secs(1);
            ([json], Body::new(Unending::new(second, b" "))).into_response()
        }
        Says::Endless => {
            let spaces = Unending::new(Duration::ZERO, &[b' '; 8192]);
            ([json], Body::new(spaces)).into_response()
        }
        Says::Gzip(bytes) => ([json, (header::CONTENT_ENCODING, "gzip")], bytes).into_response(),
    }
}

async fn asked(request: Request) -> Asked {
    let (parts, body) = request.into_parts();
    let body: Body = body;
    let form = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let mut asked: Asked = form_urlencoded::parse(query)
        .chain(form_urlencoded::parse(&form))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let authorization = parts.headers.get(header::AUTHORIZATION);
    if let Some(Ok(authorization)) = authorization.map(|value| value.to_str()) {
        asked.insert("authorization".to_owned(), authorization.to_owned());
    }
    asked
}

fn metadata(shared: &Shared) -> Value {
    let at = |path: &str| format!("{}{PROTOCOL}/{path}", shared.origin);
    let document = json!({
        "issuer": shared.issuer(),
        "authorization_endpoint": at("auth"),
        "token_endpoint": at("token"),
        "jwks_uri": at("certs"),
        "userinfo_endpoint": at("userinfo"),
        "end_session_endpoint": at("logout"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "authorization_response_iss_parameter_supported": true,
        "frontchannel_logout_supported": true,
        "backchannel_logout_supported": true,
    });
    shared.state().faults.metadata.apply(document)
}

fn keys(shared: &Shared) -> Value {
    let state = shared.state();
    let keys: Vec<Value> = state.signers.iter().map(|signer| signer.jwk()).collect();
    state.faults.jwks.apply(json!({ "keys": keys }))
}

fn end_session(shared: &Shared, asked: &Asked) -> Response {
    let Some(back) = asked.get("post_logout_redirect_uri") else {
        return Html("You are signed out at the provider.").into_response();
    };
    let mut back = url::Url::parse(back).expect("our own URL");
    if let Some(state) = asked.get("state")
        && !shared.state().faults.end_session_without_state
    {
        back.query_pairs_mut().append_pair("state", state);
    }
    Redirect::to(back.as_str()).into_response()
}
