//! A visitor: HTTP as a browser speaks it, one step at a time.
//!
//! Cookies go to every port of a host, as in browsers, and `Secure` ones also over plain
//! http to loopback, which real Keycloak cookies need. Nothing is followed or submitted
//! unless the test says so.

mod cookies;
mod page;

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, LOCATION, ORIGIN};
use reqwest::{Method, StatusCode};
use url::Url;

pub use self::cookies::Cookies;
pub use self::page::{Form, Page};

/// More steps than any sign-in takes; a loop of redirects ends here.
const STEPS: usize = 15;

/// Somebody with a browser of their own.
#[derive(Debug, Clone)]
pub struct Visitor {
    http: reqwest::Client,
    /// What this browser has been given to keep. A clone of the visitor has its own.
    pub cookies: Cookies,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Default for Visitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Visitor {
    /// A visitor who has not been anywhere yet.
    #[expect(
        clippy::disallowed_methods,
        reason = "a browser is not the service: it follows other rules than `oidc::outbound`"
    )]
    pub fn new() -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .no_proxy()
            .build()
            .expect("these options are fine");
        Self {
            http,
            cookies: Cookies::default(),
            headers: Vec::new(),
        }
    }

    /// The same visitor, who sends this header with every request from now on.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a header value");
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// Opens an address.
    pub async fn get(&mut self, url: impl AsRef<str>) -> anyhow::Result<Page> {
        let url = Url::parse(url.as_ref())?;
        self.send(self.http.request(Method::GET, url.clone()), url)
            .await
    }

    /// Posts a form from a page of the same origin.
    pub async fn post(
        &mut self,
        url: impl AsRef<str>,
        fields: &[(&str, &str)],
    ) -> anyhow::Result<Page> {
        let url = Url::parse(url.as_ref())?;
        let origin = url.origin().ascii_serialization();
        self.post_from(&origin, url, fields).await
    }

    /// Posts a form with the `Origin` header that the test says, `null` included.
    pub async fn post_from<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        origin: &str,
        url: Url,
        fields: &[(K, V)],
    ) -> anyhow::Result<Page> {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self
            .http
            .request(Method::POST, url.clone())
            .header(ORIGIN, origin)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.finish());
        self.send(request, url).await
    }

    /// Posts any body as a program does: without an origin, and with this content type, if any.
    pub async fn post_body(
        &mut self,
        url: impl AsRef<str>,
        content_type: Option<&str>,
        body: impl Into<String>,
    ) -> anyhow::Result<Page> {
        let url = Url::parse(url.as_ref())?;
        let mut request = self.http.request(Method::POST, url.clone());
        if let Some(kind) = content_type {
            request = request.header(CONTENT_TYPE, kind);
        }
        self.send(request.body(body.into()), url).await
    }

    /// Calls an API as a script of the same origin does, with JSON if there is something to say.
    pub async fn call(
        &mut self,
        method: Method,
        url: impl AsRef<str>,
        what: Option<&serde_json::Value>,
    ) -> anyhow::Result<Page> {
        let url = Url::parse(url.as_ref())?;
        let mut request = self.http.request(method, url.clone());
        if let Some(what) = what {
            request = request.json(what);
        }
        self.send(request, url).await
    }

    /// Presses the button of a form.
    pub async fn submit(&mut self, form: &Form) -> anyhow::Result<Page> {
        if form.post {
            return self
                .post_from(&form.origin, form.action.clone(), &form.fields)
                .await;
        }
        let mut url = form.action.clone();
        url.query_pairs_mut().clear().extend_pairs(&form.fields);
        self.get(url).await
    }

    /// Follows one redirect.
    pub async fn follow(&mut self, page: &Page) -> anyhow::Result<Page> {
        let next = page
            .redirect()
            .with_context(|| format!("no redirect: {page}"))?;
        self.get(next).await
    }

    /// Goes on like a browser with scripts: follows redirects and pages that submit
    /// themselves, until there is something to read or to fill in.
    pub async fn settle(&mut self, page: Page) -> anyhow::Result<Page> {
        self.settle_until(page, |_| false).await
    }

    /// Like [`settle`](Self::settle), but stops at a page whose redirect or form leads
    /// where `there` says, before going there.
    pub async fn settle_until(
        &mut self,
        mut page: Page,
        there: impl Fn(&Url) -> bool,
    ) -> anyhow::Result<Page> {
        for _ in 0..STEPS {
            if let Some(next) = page.redirect() {
                if there(&next) {
                    return Ok(page);
                }
                page = self.get(next).await?;
            } else if let Some(form) = page.submits_itself() {
                if there(&form.action) {
                    return Ok(page);
                }
                page = self.submit(&form).await?;
            } else {
                return Ok(page);
            }
        }
        anyhow::bail!("still not settled after {STEPS} steps: {page}")
    }

    async fn send(&mut self, request: reqwest::RequestBuilder, url: Url) -> anyhow::Result<Page> {
        ensure!(url.host_str().is_some(), "{url} has no host");
        let mut request = request;
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(cookies) = self.cookies.header(&url) {
            request = request.header(COOKIE, cookies);
        }
        let answer = request.send().await.with_context(|| format!("ask {url}"))?;
        self.cookies.store(&url, answer.headers());
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.text().await.with_context(|| format!("read {url}"))?;
        Ok(Page {
            url,
            status,
            headers,
            body,
        })
    }
}

impl Page {
    /// Where a redirect leads. Only 302 and 303: the others would repeat a POST.
    pub fn redirect(&self) -> Option<Url> {
        if ![StatusCode::FOUND, StatusCode::SEE_OTHER].contains(&self.status) {
            return None;
        }
        let location = self.headers.get(LOCATION)?.to_str().ok()?;
        self.url.join(location).ok()
    }
}
