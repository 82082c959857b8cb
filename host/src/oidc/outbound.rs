//! The one way out: every request to a provider goes through here (S10).
//!
//! 5 s to connect, 10 s in all, bodies up to 256 KiB, headers up to 64 KiB, no redirects, no
//! compression, no proxy from the environment. Names are resolved once, by us, and the
//! connection goes to an address that was looked at.

mod address;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ipnet::IpNet;
use openidconnect::http::{self, HeaderMap, Response};
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use url::Url;

use self::address::{Forbidden, Reach, Resolver};
use super::OidcError;
use crate::domain::Code;

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(10);
const BODY: usize = 256 * 1024;
const HEADERS: usize = 64 * 1024;

/// The client for all providers; cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbound {
    remote: Gate,
    loopback: Gate,
}

impl Outbound {
    /// `ca_file`: extra trust anchors in PEM (`USHER__OIDC__CA_FILE`). `allow_private`: address
    /// ranges that are reachable though they are private (`USHER__OIDC__ALLOW_PRIVATE`).
    ///
    /// # Errors
    /// The file cannot be read or holds no certificate.
    pub fn new(ca_file: Option<&Path>, allow_private: &[IpNet]) -> anyhow::Result<Self> {
        let anchors = ca_file.map(read_anchors).transpose()?.unwrap_or_default();
        let gate = |loopback| {
            let reach = Reach::new(loopback, allow_private);
            let client = client(&anchors, &reach).context("cannot set up the HTTP client")?;
            anyhow::Ok(Gate { client, reach })
        };
        Ok(Self {
            remote: gate(false)?,
            loopback: gate(true)?,
        })
    }

    /// The gate for one provider; loopback is reachable only if its `base_url` is there.
    pub(super) fn gate(&self, provider_is_loopback: bool) -> Gate {
        if provider_is_loopback {
            self.loopback.clone()
        } else {
            self.remote.clone()
        }
    }
}

/// What a provider can be reached through.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    client: reqwest::Client,
    reach: Reach,
}

impl Gate {
    /// GET with an `Accept` header.
    pub(super) async fn fetch(&self, url: &Url, accept: &str) -> Result<HttpResponse, Failure> {
        let request = http::Request::get(url.as_str())
            .header(http::header::ACCEPT, accept)
            .body(Vec::new());
        let request = request.map_err(|_| Failure::new(url.host_str(), Reason::NotAUrl))?;
        self.send(request).await
    }

    /// Sends one request and reads the whole answer. An answer of any status is an answer.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        let host = request.uri().host().map(str::to_owned);
        let failure = |reason| Failure::new(host.as_deref(), reason);

        let request = reqwest::Request::try_from(request).map_err(|_| failure(Reason::NotAUrl))?;
        // An address instead of a name never meets the resolver.
        self.reach
            .check_literal(request.url())
            .map_err(|forbidden| failure(Reason::Forbidden(forbidden)))?;
        let answer = self.client.execute(request).await;
        let answer = answer.map_err(|error| failure(Reason::of(&error)))?;
        if header_size(answer.headers()) > HEADERS {
            return Err(failure(Reason::TooLarge));
        }
        read(answer).await.map_err(failure)
    }
}

async fn read(mut answer: reqwest::Response) -> Result<HttpResponse, Reason> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| Reason::of(&e))? {
        if body.len() + chunk.len() > BODY {
            return Err(Reason::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(body);
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}

fn header_size(headers: &HeaderMap) -> usize {
    headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one client, with its limits, that the ban points to"
)]
fn client(anchors: &[reqwest::Certificate], reach: &Reach) -> reqwest::Result<reqwest::Client> {
    let limited = || {
        reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .http1_only()
            .http1_max_headers(100)
            .pool_idle_timeout(Duration::from_secs(30))
            .dns_resolver(Arc::new(Resolver::new(reach.clone())))
            .user_agent(concat!("usher/", env!("CARGO_PKG_VERSION")))
    };
    limited()
        .tls_certs_merge(anchors.iter().cloned())
        .build()
        // A machine without certificates of its own trusts those of the file alone, which
        // may be none: plain http on loopback must still work there.
        .or_else(|_| limited().tls_certs_only(anchors.iter().cloned()).build())
}

fn read_anchors(path: &Path) -> anyhow::Result<Vec<reqwest::Certificate>> {
    let name = path.display();
    let pem = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let anchors = reqwest::Certificate::from_pem_bundle(&pem)
        .with_context(|| format!("{name} is not a PEM file of certificates"))?;
    anyhow::ensure!(!anchors.is_empty(), "{name} holds no certificate");
    Ok(anchors)
}

/// A request that got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    host: String,
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    NotAUrl,
    Forbidden(Forbidden),
    UnknownName,
    Refused,
    Untrusted,
    Slow,
    TooLarge,
    Broken,
}

impl Reason {
    fn of(error: &reqwest::Error) -> Self {
        use std::error::Error;
        // Not the error itself: its words hold the URL, which may say anything.
        let mut cause = error.source();
        while let Some(error) = cause {
            if let Some(forbidden) = error.downcast_ref::<Forbidden>() {
                return Self::Forbidden(forbidden.clone());
            }
            // rustls is not ours to name; its errors say what they are about.
            if error.to_string().contains("certificate") {
                return Self::Untrusted;
            }
            cause = error.source();
        }
        if error.is_timeout() {
            Self::Slow
        } else if error.is_dns() {
            Self::UnknownName
        } else if error.is_connect() {
            Self::Refused
        } else {
            Self::Broken
        }
    }
}

impl Failure {
    fn new(host: Option<&str>, reason: Reason) -> Self {
        let host = super::error::shown(host.unwrap_or("(no host)"));
        Self { host, reason }
    }

    fn check(&self) -> &'static str {
        match self.reason {
            Reason::NotAUrl => "outbound.url",
            Reason::Forbidden(_) => "outbound.address",
            Reason::UnknownName => "outbound.name",
            Reason::Refused => "outbound.connect",
            Reason::Untrusted => "outbound.certificate",
            Reason::Slow => "outbound.timeout",
            Reason::TooLarge => "outbound.size",
            Reason::Broken => "outbound.answer",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match &self.reason {
            Reason::NotAUrl => write!(f, "the address of {host} is not a usable URL"),
            Reason::Forbidden(forbidden) => write!(f, "{host} {forbidden}"),
            Reason::UnknownName => write!(f, "the name {host} cannot be resolved"),
            Reason::Refused => write!(f, "no connection to {host}"),
            Reason::Untrusted => write!(
                f,
                "the certificate of {host} is not trusted; if its authority is your own, name it in USHER__OIDC__CA_FILE"
            ),
            Reason::Slow => write!(f, "{host} did not answer within 10 seconds"),
            Reason::TooLarge => write!(
                f,
                "the answer of {host} is larger than 256 KiB (headers: 64 KiB)"
            ),
            Reason::Broken => write!(f, "{host} broke the connection or sent no valid HTTP"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for OidcError {
    fn from(failure: Failure) -> Self {
        let code = match failure.reason {
            Reason::TooLarge => Code::ProviderError,
            _ => Code::ProviderUnreachable,
        };
        Self::new(code, failure.check(), failure.to_string())
    }
}

#[cfg(test)]
mod tests;
