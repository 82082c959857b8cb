use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Problem, Site, Why, html};

/// `GET /login/test` without a provider: which one to try.
#[derive(Debug, Template)]
#[template(path = "test_sign_in.html")]
pub struct TestSignIn<'a> {
    /// What every page shows.
    pub site: &'a Site,
    /// In configuration order.
    pub providers: Vec<TestChoice>,
}

/// A provider that can be tried.
#[derive(Debug, Clone)]
pub struct TestChoice {
    /// Its `display_name`.
    pub name: String,
    /// Where a test of it begins: a path of ours, with a query.
    pub href: String,
}

/// What an operator sees of a sign-in that was tried out.
#[derive(Debug, Template)]
#[template(path = "tested.html")]
pub struct Tested<'a> {
    /// What every page shows.
    pub site: &'a Site,
    /// `display_name` of the provider.
    pub provider: String,
    /// Where another test of it begins.
    pub again: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Facts about the person, as the tokens have them, and what would change: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// What the policy looked at, if it was asked.
    pub why: Option<Why>,
    /// What the policy logged.
    pub logs: Vec<String>,
    /// The claims of each source.
    pub sources: Vec<ClaimSource>,
}

/// How a test ended.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// The person would be signed in.
    Admitted,
    /// They would see this page.
    Stopped {
        /// What the page is about.
        problem: Problem,
        /// The recorded code.
        code: String,
        /// Limit name, failed check or step.
        detail: Option<String>,
        /// What the policy says to the person.
        message: Option<String>,
        /// What mends it.
        remedy: Option<&'static str>,
    },
}

/// The claims of one source.
#[derive(Debug, Clone)]
pub struct ClaimSource {
    /// Its name in words.
    pub name: &'static str,
    /// What it is good for.
    pub role: &'static str,
    /// The claims as JSON, or why there are none.
    pub claims: Result<String, String>,
}

impl Tested<'_> {
    fn heading(&self) -> &'static str {
        match &self.verdict {
            Verdict::Admitted => self.site.words.tested.admitted,
            Verdict::Stopped { problem, .. } => (self.site.words.reason)(*problem).heading,
        }
    }
}

impl IntoResponse for Tested<'_> {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}

impl IntoResponse for TestSignIn<'_> {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}
