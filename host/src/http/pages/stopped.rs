use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::words::{Mood, Reason};
use super::{Masked, Moment, Problem, Site, html};
use crate::domain::Reference;

/// The refused page and every error page: why, and the ways on.
///
/// It has no field for what must never be shown: names of required groups or other
/// companies, tokens, what the provider said.
#[derive(Debug, Template)]
#[template(path = "stopped.html")]
pub struct Stopped<'a> {
    /// What every page shows.
    pub site: &'a Site,
    /// What happened.
    pub problem: Problem,
    /// The account used, once the provider vouched for one.
    pub account: Option<Masked>,
    /// The policy's message to the person: plain text, cut at 300 characters.
    pub message: Option<String>,
    /// What mends it, for whoever runs the service; it holds nothing of the attempt.
    pub remedy: Option<&'static str>,
    /// Reference of the audit record, if there is one.
    pub reference: Option<Reference>,
    /// When.
    pub time: Moment,
    /// Where *try again* leads: a path of ours.
    pub try_again: Option<String>,
    /// How to *sign in as someone else*.
    pub someone_else: Option<SomeoneElse>,
    /// Seconds until it makes sense to try again; becomes `Retry-After`.
    pub retry_after: Option<u64>,
    /// Whether the browser opens the same address again by itself then.
    pub by_itself: bool,
}

/// A form that ends the provider's session and then begins a sign-in.
#[derive(Debug, Clone)]
pub struct SomeoneElse {
    /// Where the form is posted to: a path of ours.
    pub action: String,
    /// Hidden fields, the CSRF token among them.
    pub fields: Vec<(String, String)>,
    /// `display_name` of the provider.
    pub provider: String,
}

impl<'a> Stopped<'a> {
    /// A page about a problem that has neither account nor record; the sign-in page is the
    /// way on. The fields are there to be set.
    pub fn new(site: &'a Site, problem: Problem, time: impl Into<Moment>) -> Self {
        Self {
            site,
            problem,
            account: None,
            message: None,
            remedy: None,
            reference: None,
            time: time.into(),
            try_again: Some("/login".to_owned()),
            someone_else: None,
            retry_after: None,
            by_itself: false,
        }
    }

    fn reason(&self) -> Reason {
        (self.site.words.reason)(self.problem)
    }

    fn message(&self) -> Option<String> {
        let message: String = self.message.as_deref()?.chars().take(300).collect();
        let message = message.trim();
        (!message.is_empty()).then(|| message.to_owned())
    }
}

impl IntoResponse for Stopped<'_> {
    fn into_response(self) -> Response {
        // Every status of `Problem` is a valid one.
        let status = StatusCode::from_u16(self.problem.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = html(status, &self);
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            if self.by_itself {
                headers.insert(header::REFRESH, HeaderValue::from(seconds));
            }
        }
        response
    }
}
