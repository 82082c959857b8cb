use jiff::Timestamp;

use super::life::alive_after;
use super::{SessionId, id_token};
use crate::domain::{ProviderName, Secret, SessionLife, UserId};
use crate::seal::{Vault, hash_token};
use crate::store::{Store, StoreError, Tx};

/// A session that was ended, with what the provider's sign-out needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The connection they came by.
    pub provider: ProviderName,
    /// The hint; none if it was sealed with a key that is gone.
    pub id_token: Option<Secret>,
}

/// Ends the session of a cookie. `None` if there is none: it may have ended before.
///
/// # Errors
/// The store is unavailable; the session goes on.
pub async fn end(store: &Store, cookie: &str, vault: &Vault) -> Result<Option<Ended>, StoreError> {
    let id = hash_token(cookie);
    let mut tx = store.begin().await?;
    let ended = tx.end_session(&id).await?;
    tx.commit().await?;
    Ok(ended.map(|(provider, sealed)| {
        let hint = vault.unseal(&id_token(&id), &sealed).ok();
        Ended {
            provider,
            id_token: hint
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .map(Secret::new),
        }
    }))
}

/// Ends the session that a browser had before, inside the transaction of its new sign-in:
/// exactly one session comes out of a sign-in.
///
/// # Errors
/// The store is unavailable.
pub async fn end_within(tx: &mut Tx, cookie: &str) -> Result<(), StoreError> {
    tx.end_session(&hash_token(cookie)).await?;
    Ok(())
}

/// Ends one of a user's own sessions. Says whether there was such a one.
///
/// # Errors
/// The store is unavailable.
pub async fn end_one_of_user(
    store: &Store,
    user: &UserId,
    id: &SessionId,
) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let ended = tx.end_session_of(user, id.as_str()).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Ends all sessions of a user; says how many.
///
/// # Errors
/// The store is unavailable.
pub async fn end_all_of_user(store: &Store, user: &UserId) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let ended = tx.end_sessions_of(user).await?;
    tx.commit().await?;
    Ok(ended)
}

/// The same inside a transaction of the caller's.
///
/// # Errors
/// The store is unavailable.
pub async fn end_all_within(tx: &mut Tx, user: &UserId) -> Result<u64, StoreError> {
    tx.end_sessions_of(user).await
}

/// Ends the sessions that came out of one session at the provider, inside the caller's
/// transaction; says whose they were, once for each session.
///
/// # Errors
/// The store is unavailable.
pub async fn end_by_sid(tx: &mut Tx, issuer: &str, sid: &str) -> Result<Vec<UserId>, StoreError> {
    tx.end_sessions_by_sid(issuer, sid).await
}

/// Ends all sessions of an identity, inside the caller's transaction; says whose they were,
/// once for each session.
///
/// # Errors
/// The store is unavailable.
pub async fn end_by_identity(
    tx: &mut Tx,
    issuer: &str,
    subject: &str,
) -> Result<Vec<UserId>, StoreError> {
    tx.end_sessions_by_identity(issuer, subject).await
}

/// Removes sessions whose time is over; says how many.
///
/// # Errors
/// The store is unavailable.
pub async fn purge(store: &Store, life: &SessionLife, now: Timestamp) -> Result<u64, StoreError> {
    let (opened, seen) = alive_after(life, now);
    let mut tx = store.begin().await?;
    let removed = tx.remove_sessions_before(opened, seen).await?;
    tx.commit().await?;
    Ok(removed)
}
