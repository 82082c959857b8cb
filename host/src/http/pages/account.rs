use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Moment, Origin, Site, Why, html};

/// `GET /account`: who am I, where, and why.
#[derive(Debug, Template)]
#[template(path = "account.html")]
pub struct Account<'a> {
    /// What every page shows.
    pub site: &'a Site,
    /// Who.
    pub person: Person,
    /// Name of the company.
    pub company: String,
    /// Where the company came from.
    pub company_origin: Origin,
    /// In the order of their names.
    pub groups: Vec<Group>,
    /// Whether an administrator.
    pub administrator: Standing,
    /// When this session was opened, which is the last sign-in seen from here.
    pub last_sign_in: Moment,
    /// `display_name` of the provider that it went through.
    pub provider: String,
    /// From the audit record of that sign-in, while it is kept.
    pub why: Option<Why>,
    /// Whether they look after the service, and may try sign-ins out.
    pub operator: bool,
    /// This one first.
    pub sessions: Vec<Session>,
    /// Where the forms of the page are posted to.
    pub forms: Forms,
}

/// A person as the directory knows them.
#[derive(Debug, Clone)]
pub struct Person {
    /// The name to show.
    pub name: String,
    /// The e-mail address, and whether the provider vouched for it at this sign-in; none once
    /// that is not kept.
    pub email: Option<(String, Option<bool>)>,
    /// Our id of the user.
    pub id: String,
}

/// A group and where the membership came from.
#[derive(Debug, Clone)]
pub struct Group {
    /// As the company writes it.
    pub name: String,
    /// Where the membership came from.
    pub origin: Origin,
}

/// Whether somebody is an administrator, and why.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Whether they are.
    pub is: bool,
    /// What says so; none where nothing ever said anything.
    pub origin: Option<Origin>,
}

/// One session of the person.
#[derive(Debug, Clone)]
pub struct Session {
    /// What names it in the form that ends it; not the cookie.
    pub id: String,
    /// Whether it is the one that asks.
    pub this: bool,
    /// `display_name` of the provider that it came through.
    pub provider: String,
    /// When it was opened.
    pub opened: Moment,
    /// When it was last used.
    pub last_seen: Moment,
    /// When it ends by itself.
    pub ends: Moment,
}

/// Where forms are posted to: paths of ours.
#[derive(Debug, Clone)]
pub struct Forms {
    /// CSRF token, field `csrf`; none leaves the proof to the `Origin` header.
    pub csrf: Option<String>,
    /// Ends one session, field `session`.
    pub end_session: String,
    /// Ends this session.
    pub sign_out: String,
    /// Ends all sessions of the person.
    pub sign_out_everywhere: String,
}

impl Account<'_> {
    fn end_label(&self, session: &Session) -> String {
        (self.site.words.sessions.end_label)(&session.opened.to_string())
    }

    /// The first letter of the name, for the round picture beside it.
    fn initial(&self) -> String {
        let first = self.person.name.chars().find(|c| c.is_alphanumeric());
        first.map_or_else(|| "•".to_owned(), |c| c.to_uppercase().collect())
    }
}

impl IntoResponse for Account<'_> {
    fn into_response(self) -> Response {
        html(StatusCode::OK, &self)
    }
}
