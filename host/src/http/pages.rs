//! The pages: a plain struct each, filled by a handler, rendered by a template.
//!
//! Every page is an `IntoResponse`; [`Stopped`] knows its own status, the others are 200.

pub mod words;

mod account;
mod origin;
mod recover;
mod sign_in;
mod sign_out;
mod site;
mod stopped;
mod tested;
mod values;
mod why;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

pub use self::account::{Account, Forms, Group, Person, Session, Standing};
pub use self::origin::{ClaimName, Origin};
pub use self::recover::Recover;
pub use self::sign_in::{Down, ProviderButton, SignIn};
pub use self::sign_out::{ProviderSession, SignOut, SignedOut};
pub use self::site::{Contact, Site};
pub use self::stopped::{SomeoneElse, Stopped};
pub use self::tested::{ClaimSource, TestChoice, TestSignIn, Tested, Verdict};
pub use self::values::{Masked, Moment};
pub use self::why::{ReadClaim, Rule, Shown, Why};
pub use self::words::Problem;

/// A rendered page with its status.
fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(body) => {
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (status, kind, body).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
