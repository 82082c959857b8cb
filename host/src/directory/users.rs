//! Users: `usher user`. Disabling and deleting end sessions in the same transaction.

mod listing;

use jiff::Timestamp;

pub use self::listing::{GroupMembership, Identity, Status, User, UserDetails, find, list, show};

use super::DirectoryError;
use crate::domain::{Origin, UserId};
use crate::store::{Person, Store, Tx};

/// Disables a user, or lets them in again. Disabling ends their sessions.
///
/// # Errors
/// There is no such user, or they are deleted.
pub async fn set_disabled(
    store: &Store,
    user: &UserId,
    disabled: bool,
) -> Result<(), DirectoryError> {
    let mut tx = store.begin().await?;
    must_live(&mut tx, user).await?;
    tx.set_disabled(user, disabled).await?;
    if disabled {
        tx.end_sessions_of(user).await?;
    }
    Ok(tx.commit().await?)
}

/// Deletes a user and ends their sessions. A tombstone stays: whoever signs in with one of
/// their identities later is refused as `disabled`.
///
/// # Errors
/// There is no such user, or they are deleted.
pub async fn delete(store: &Store, user: &UserId, now: Timestamp) -> Result<(), DirectoryError> {
    let mut tx = store.begin().await?;
    must_live(&mut tx, user).await?;
    tx.bury_user(user, now).await?;
    tx.end_sessions_of(user).await?;
    Ok(tx.commit().await?)
}

/// Gives or takes the administrator role of origin `manual` in the user's company; one that
/// claims gave stays. Says whether that changed something.
///
/// # Errors
/// There is no such user, they are deleted, or in no company.
pub async fn set_admin(
    store: &Store,
    user: &UserId,
    admin: bool,
    now: Timestamp,
) -> Result<bool, DirectoryError> {
    let mut tx = store.begin().await?;
    let Some(company) = must_live(&mut tx, user).await?.company else {
        return Err(DirectoryError::Homeless(user.clone()));
    };
    let changed = if admin {
        tx.grant_admin(user, &company, Origin::Manual, now).await?
    } else {
        tx.revoke_admin(user, &company, Origin::Manual).await?
    };
    tx.commit().await?;
    Ok(changed)
}

/// Makes a user an operator, who sees all companies, or takes that away.
///
/// # Errors
/// There is no such user, or they are deleted.
pub async fn set_operator(
    store: &Store,
    user: &UserId,
    operator: bool,
) -> Result<(), DirectoryError> {
    let mut tx = store.begin().await?;
    must_live(&mut tx, user).await?;
    tx.set_operator(user, operator).await?;
    Ok(tx.commit().await?)
}

/// Adds an identity to a user.
///
/// # Errors
/// There is no such user, they are deleted, or the identity belongs to somebody.
pub async fn link(
    store: &Store,
    user: &UserId,
    issuer: &str,
    subject: &str,
    now: Timestamp,
) -> Result<(), DirectoryError> {
    let mut tx = store.begin().await?;
    must_live(&mut tx, user).await?;
    if let Some(owner) = tx.person(issuer, subject).await? {
        return Err(DirectoryError::IdentityTaken(owner.id));
    }
    tx.insert_identity(issuer, subject, user, now).await?;
    Ok(tx.commit().await?)
}

/// The user, if there is one who is not deleted.
pub(super) async fn must_live(tx: &mut Tx, user: &UserId) -> Result<Person, DirectoryError> {
    match tx.user(user).await? {
        None => Err(DirectoryError::NoSuchUser(user.to_string())),
        Some(person) if person.deleted => Err(DirectoryError::UserDeleted(person.id)),
        Some(person) => Ok(person),
    }
}
