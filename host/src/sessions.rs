//! Sign-in attempts and sessions: open, look up, end.
//!
//! A session is a row; its cookie is 256 random bits, of which only the SHA-256 is kept. What
//! its user may do is read from the directory at every look-up, so that disabling, demoting
//! and moving act at once.

pub mod attempts;
mod end;
mod life;
mod live;
pub mod logout;

use std::fmt;

use jiff::Timestamp;

use crate::domain::{Entropy, ProviderName, Reference, Secret, UserId};
use crate::seal::{Vault, hash_token};
use crate::store::{NewSessionRow, StoreError, Tx};

pub use self::attempts::{Attempt, BrowserHash, Taken};
pub use self::end::{
    Ended, end, end_all_of_user, end_all_within, end_by_identity, end_by_sid, end_one_of_user,
    end_within, purge,
};
pub use self::live::{Listed, Session, SessionCompany, SessionUser, look_up, of_user};

/// A session to be opened.
#[derive(Debug)]
pub struct NewSession {
    /// Whose.
    pub user: UserId,
    /// The connection they came by.
    pub provider: ProviderName,
    /// The issuer they came from.
    pub issuer: String,
    /// Their subject there.
    pub subject: String,
    /// The provider's own session (`sid`), for single sign-out.
    pub provider_session: Option<String>,
    /// The ID token, the hint of a later sign-out; kept sealed.
    pub id_token: Secret,
    /// What the policy hands to the API server.
    pub attributes: Vec<(String, String)>,
    /// The audit record of this sign-in.
    pub reference: Reference,
}

/// The value of a new session's cookie: to be sent to the browser, and nowhere else.
#[derive(Debug, Clone)]
pub struct SessionCookie(pub Secret);

/// Names a session where it is listed: the hash of its cookie, which opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// The id that a form brought back. Any text is one; most name no session.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text: hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Opens a session inside the transaction of the sign-in.
///
/// # Errors
/// The store is unavailable.
pub async fn open(
    tx: &mut Tx,
    session: NewSession,
    vault: &Vault,
    entropy: &Entropy,
    now: Timestamp,
) -> Result<SessionCookie, StoreError> {
    let cookie = entropy.token();
    let id = hash_token(&cookie);
    let attributes = serde_json::to_string(&session.attributes)
        .map_err(|error| StoreError::corrupt(error, "the session's attributes"))?;
    let row = NewSessionRow {
        id_token: vault.seal(&id_token(&id), session.id_token.expose().as_bytes()),
        id,
        user: session.user,
        provider: session.provider,
        issuer: session.issuer,
        subject: session.subject,
        sid: session.provider_session,
        attributes,
        reference: session.reference,
    };
    tx.insert_session(row, now).await?;
    Ok(SessionCookie(Secret::new(cookie)))
}

/// Where a sealed ID token belongs.
fn id_token(id: &str) -> String {
    format!("sessions/{id}/id_token")
}

#[cfg(test)]
mod tests;
