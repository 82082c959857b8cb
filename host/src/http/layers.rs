//! What stands around every handler: caps, request ids, panics caught, security headers.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use super::pages::{Problem, Stopped};
use super::{Usher, limits, problem, security};
use crate::domain::Code;

/// The largest form that we take: a `form_post` with a long code.
const LARGEST_BODY: usize = 64 * 1024;
/// All header names and values together. Proxies in front cap at the same order.
const LARGEST_HEADERS: usize = 32 * 1024;
/// A sign-in waits for at most four calls to the provider of ten seconds each.
const LONGEST_REQUEST: Duration = Duration::from_secs(60);

/// Where recovery links lead, without their tokens.
const RECOVERY: &str = "/login/recovery/";

/// Puts the layers around a router.
pub(super) fn around(router: Router<Usher>, usher: &Usher) -> Router<Usher> {
    let request_id = HeaderName::from_static("x-request-id");
    router
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(usher.clone(), limits::limit))
        .layer(middleware::from_fn(cap_headers))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            LONGEST_REQUEST,
        ))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(usher.clone(), in_words))
        .layer(middleware::from_fn_with_state(
            usher.security.clone(),
            security::headers,
        ))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
}

/// The path alone: queries carry codes and states. What follows the path of recovery links opens
/// a session.
fn span(request: &Request<Body>) -> tracing::Span {
    let id = request
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .filter(|id| id.len() <= 64);
    let path = match request.uri().path() {
        path if path.starts_with(RECOVERY) => RECOVERY,
        path => path,
    };
    tracing::info_span!(
        "request",
        method = %request.method(),
        path,
        id
    )
}

async fn cap_headers(request: Request, next: Next) -> Response {
    let size: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if size > LARGEST_HEADERS {
        return StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response();
    }
    next.run(request).await
}

/// The panic's own text may hold anything, so it is neither shown nor logged.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked; the place is on standard error");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// What a layer or the framework refuses with a bare line of text becomes a page, or a problem
/// document for programs. The line is dropped: it may quote the request.
async fn in_words(State(usher): State<Usher>, request: Request, next: Next) -> Response {
    let program = request.uri().path().starts_with("/api/");
    let health = matches!(request.uri().path(), "/livez" | "/readyz");
    let response = next.run(request).await;
    let status = response.status();
    let (problem, code) = match status.as_u16() {
        413 | 431 => (Problem::TooLarge, "too_large"),
        500 => (Problem::Internal, "internal"),
        503 => (Problem::Code(Code::Unavailable), "unavailable"),
        400..500 => (Problem::BadRequest, "bad_request"),
        _ => return response,
    };
    if health || !is_bare(&response) {
        return response;
    }
    if program {
        return problem::Problem::new(status, code, DETAIL).into_response();
    }
    let mut page = Stopped::new(&usher.site, problem, usher.clock.now()).into_response();
    *page.status_mut() = status;
    page
}

const DETAIL: &str = "The request could not be taken as it is; its status says why.";

fn is_bare(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;
    use crate::{app, config};

    const SECRET: &str = "canary in a panic";

    async fn panics() -> StatusCode {
        panic!("{SECRET}")
    }

    async fn answer(path: &'static str) -> (StatusCode, axum::http::HeaderMap, String) {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("usher.db").display());
        let environment = [
            ("USHER__PUBLIC_URL", "https://login.example.com"),
            ("USHER__DATABASE_URL", &database),
        ];
        let provider = [
            ("services", "base_url", "https://id.example.com"),
            ("secure", "client_id", "usher"),
            ("secure", "client_secret", "a secret of the client"),
        ];
        let provider = provider.map(|(place, key, value)| {
            let name = format!("CLEARML__{place}__login__sso__oauth_client__main__{key}");
            (name, value.to_owned())
        });
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = environment.into_iter().chain(provider).collect();
        let config = config::load(&environment, None).unwrap();
        let usher = app::build(config, app::Options::default()).await.unwrap();
        let router = Router::new()
            .route("/panics", get(panics))
            .route("/api/panics", get(panics));
        let router = around(router, &usher).with_state(usher);
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        (parts.status, parts.headers, body)
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_with_all_headers_that_quotes_nothing() {
        for (path, kind) in [
            ("/panics", "text/html; charset=utf-8"),
            ("/api/panics", "application/problem+json"),
        ] {
            let (status, headers, body) = answer(path).await;
            assert_eq!(status, 500);
            assert_eq!(headers["content-type"], kind);
            assert!(!body.contains(SECRET) && body.len() > 20, "{body}");
            for name in [
                "content-security-policy",
                "x-content-type-options",
                "x-request-id",
            ] {
                assert!(headers.contains_key(name), "{name}: {headers:?}");
            }
            assert_eq!(headers["cache-control"], "no-store");
        }
    }
}
