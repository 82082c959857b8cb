//! Sessions that end because the provider's session has ended (`protocol.md` K43, K45).

use jiff::Timestamp;

use super::end::{end_by_identity, end_by_sid};
use crate::domain::{UserId, VerifiedIdentity, VerifiedLogout, Whose};
use crate::seal::hash_token;
use crate::store::{Store, StoreError, Tx};

/// What became of a logout token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obeyed {
    /// The users whose sessions ended, once for each session. None is fine: they may have
    /// signed out before.
    Ended(Vec<UserId>),
    /// The token was used before; nothing has ended.
    Repeated,
}

/// Ends the sessions that a logout token is about, and remembers the token, both inside the
/// caller's transaction.
///
/// # Errors
/// The store is unavailable: nobody knows whether the token was used before.
pub async fn obey(
    tx: &mut Tx,
    logout: &VerifiedLogout,
    now: Timestamp,
) -> Result<Obeyed, StoreError> {
    tx.remove_logout_tokens_expired_by(now).await?;
    let issuer = logout.issuer();
    let token = hash_of(issuer, "jti", logout.id());
    let whose = match logout.whose() {
        Whose::Session(sid) => hash_of(issuer, "sid", sid),
        Whose::Subject(subject) => hash_of(issuer, "sub", subject),
    };
    let fresh = tx.remember_logout_token(&token, &whose, now, logout.until());
    if !fresh.await? {
        return Ok(Obeyed::Repeated);
    }
    let ended = match logout.whose() {
        Whose::Session(sid) => end_by_sid(tx, issuer, sid).await?,
        Whose::Subject(subject) => end_by_identity(tx, issuer, subject).await?,
    };
    Ok(Obeyed::Ended(ended))
}

/// Forgets logout tokens that would be refused by now; says how many.
///
/// # Errors
/// The store is unavailable.
pub async fn purge(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let removed = tx.remove_logout_tokens_expired_by(now).await?;
    tx.commit().await?;
    Ok(removed)
}

/// Whether the provider ended the session behind a sign-in since this time, so that the sign-in
/// must not open one here: the logout token found nothing to end yet.
///
/// # Errors
/// The store is unavailable.
pub async fn came_since(
    tx: &mut Tx,
    identity: &VerifiedIdentity,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let issuer = &identity.issuer;
    let subject = hash_of(issuer, "sub", &identity.subject);
    if tx.logout_came_since(&subject, since).await? {
        return Ok(true);
    }
    let Some(sid) = &identity.provider_session else {
        return Ok(false);
    };
    tx.logout_came_since(&hash_of(issuer, "sid", sid), since)
        .await
}

/// The length keeps two pairs from running into each other. What is hashed may be guessable, and
/// nothing is lost if it is guessed.
fn hash_of(issuer: &str, claim: &str, value: &str) -> String {
    hash_token(&format!("{claim} {}:{issuer}{value}", issuer.len()))
}
