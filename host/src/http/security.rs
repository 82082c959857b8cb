//! The headers that every answer carries (`protocol.md` S8).

use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::domain::PublicUrl;

/// Sets the headers; made once, used as
/// `axum::middleware::from_fn_with_state(headers, security::headers)`.
#[derive(Clone)]
pub struct SecurityHeaders {
    https: bool,
    form_targets: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
}

impl fmt::Debug for SecurityHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityHeaders")
            .field("https", &self.https)
            .finish_non_exhaustive()
    }
}

impl SecurityHeaders {
    /// `form_targets` gives the origins of the providers, as far as they are known: Chromium
    /// blocks a form whose answer redirects elsewhere. It is asked for every answer, because
    /// a provider may be discovered late, so it must be quick.
    pub fn new(
        public_url: &PublicUrl,
        form_targets: impl Fn() -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            https: public_url.is_https(),
            form_targets: Arc::new(form_targets),
        }
    }

    /// Sets them. `Cache-Control` is left alone where a handler set it: assets, keys.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in FIXED {
            headers.insert(name, value);
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, self.content_policy());
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        if self.https {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, ONE_YEAR);
        }
    }

    /// Lets the pages of a provider, and no others, put this answer into a frame. It loads
    /// nothing and leads nowhere.
    fn apply_framed(&self, headers: &mut HeaderMap, by: &FramedBy) {
        self.apply(headers);
        headers.remove(header::X_FRAME_OPTIONS);
        let mut policy = String::from("default-src 'none'; base-uri 'none'; form-action 'none'");
        policy.push_str("; frame-ancestors");
        let origins = by.0.iter().filter(|origin| is_origin(origin));
        let origins: std::collections::BTreeSet<&String> = origins.collect();
        for origin in &origins {
            policy.push(' ');
            policy.push_str(origin);
        }
        if origins.is_empty() {
            policy.push_str(" 'none'");
        }
        let policy = HeaderValue::try_from(policy).unwrap_or(NOTHING);
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }

    fn content_policy(&self) -> HeaderValue {
        let mut policy = String::from(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
             connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
        );
        for origin in (self.form_targets)() {
            if is_origin(&origin) && !policy.contains(&format!(" {origin}")) {
                policy.push(' ');
                policy.push_str(&origin);
            }
        }
        HeaderValue::try_from(policy).unwrap_or(NOTHING)
    }
}

/// The middleware.
pub async fn headers(
    State(security): State<SecurityHeaders>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<FramedBy>() {
        Some(by) => security.apply_framed(response.headers_mut(), &by),
        None => security.apply(response.headers_mut()),
    }
    response
}

/// Put into the extensions of an answer, the origins whose pages may show it in a frame.
#[derive(Debug, Clone)]
pub(super) struct FramedBy(pub(super) Vec<String>);

const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'");

const FIXED: [(HeaderName, HeaderValue); 6] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Not `no-referrer`: Chromium would then send `Origin: null` with our own forms, which
    // are refused (S7).
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), clipboard-read=(), clipboard-write=(self), display-capture=(), \
             geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ),
];

/// What may stand in the policy: an origin comes from a provider's metadata, and a `;` or a
/// blank in it would write directives of its own.
fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "https" | "http") && url.origin().ascii_serialization() == text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(public_url: &str, targets: &[&str], mut headers: HeaderMap) -> HeaderMap {
        let targets: Vec<String> = targets.iter().map(|t| (*t).to_owned()).collect();
        let public_url = PublicUrl::parse(public_url).unwrap();
        SecurityHeaders::new(&public_url, move || targets.clone()).apply(&mut headers);
        headers
    }

    #[test]
    fn s8_every_answer_carries_the_headers() {
        let headers = applied("https://login.example.com", &[], HeaderMap::new());
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(headers[name], value);
        }
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; "));
        assert!(policy.ends_with("; form-action 'self'"));
    }

    #[test]
    fn s8_forms_may_lead_to_the_providers_and_nothing_else_gets_in() {
        let targets = [
            "https://id.example.com:8443",
            "https://id.example.com:8443",
            "https://x.example; script-src *",
            "https://id.example.com/path",
            "*",
            "javascript:alert(1)",
        ];
        let headers = applied("https://login.example.com", &targets, HeaderMap::new());
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.ends_with("; form-action 'self' https://id.example.com:8443"));
    }

    #[test]
    fn an_answer_for_a_frame_lets_in_the_provider_alone() {
        let public_url = PublicUrl::parse("https://login.example.com").unwrap();
        let security = SecurityHeaders::new(&public_url, Vec::new);
        let framed = |origins: &[&str]| {
            let mut headers = HeaderMap::new();
            let by = FramedBy(origins.iter().map(|o| (*o).to_owned()).collect());
            security.apply_framed(&mut headers, &by);
            assert!(!headers.contains_key("x-frame-options"));
            assert_eq!(headers["cache-control"], "no-store");
            let policy = headers["content-security-policy"].to_str().unwrap();
            let (_, ancestors) = policy.split_once("frame-ancestors ").unwrap();
            ancestors.to_owned()
        };
        let own = "https://id.example.com:8443";
        assert_eq!(
            framed(&[own, own, "*", "https://x.example; script-src *"]),
            own
        );
        assert_eq!(framed(&["*"]), "'none'");
    }

    #[test]
    fn plain_http_on_loopback_promises_no_transport_security() {
        let headers = applied("http://127.0.0.1:8080", &[], HeaderMap::new());
        assert!(!headers.contains_key("strict-transport-security"));
    }

    #[test]
    fn an_asset_keeps_its_own_caching() {
        let mut headers = HeaderMap::new();
        headers.insert("cache-control", HeaderValue::from_static("public"));
        let headers = applied("https://login.example.com", &[], headers);
        assert_eq!(headers["cache-control"], "public");
    }
}
