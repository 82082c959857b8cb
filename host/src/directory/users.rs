//! Users: `usher user`. Disabling and deleting end sessions in the same transaction.

mod listing;

use jiff::Timestamp;

pub use self::listing::{
    GroupMembership, Identity, Status, User, UserDetails, find, issuers, list, show,
};

use super::DirectoryError;
use crate::domain::{CompanyId, Origin, UserId};
use crate::store::{Person, Tx};

/// Disables a user and ends their sessions: says how many, or `None` if they were disabled.
///
/// # Errors
/// There is no such user, or they are deleted.
pub async fn disable(tx: &mut Tx, user: &UserId) -> Result<Option<u64>, DirectoryError> {
    let was = must_live(tx, user).await?.disabled;
    tx.set_disabled(user, true).await?;
    let ended = tx.end_sessions_of(user).await?;
    Ok((!was).then_some(ended))
}

/// Lets a disabled user in again. Says whether they were disabled.
///
/// # Errors
/// There is no such user, or they are deleted.
pub async fn enable(tx: &mut Tx, user: &UserId) -> Result<bool, DirectoryError> {
    let was = must_live(tx, user).await?.disabled;
    tx.set_disabled(user, false).await?;
    Ok(was)
}

/// Deletes a user and ends their sessions: says how many. A tombstone stays: whoever signs in
/// with one of their identities later is refused as `disabled`.
///
/// # Errors
/// There is no such user, or they are deleted.
pub async fn delete(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<u64, DirectoryError> {
    must_live(tx, user).await?;
    tx.bury_user(user, now).await?;
    Ok(tx.end_sessions_of(user).await?)
}

/// What became of somebody's administrator role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminSet {
    /// Where they are.
    pub company: CompanyId,
    /// Whether the role of origin `manual` came or went.
    pub changed: bool,
    /// Whether claims make them one as well: that stays until claims take it away.
    pub by_claims: bool,
}

/// Gives or takes the administrator role of origin `manual` in the user's company; one that
/// claims gave stays.
///
/// # Errors
/// There is no such user, they are deleted, or in no company.
pub async fn set_admin(
    tx: &mut Tx,
    user: &UserId,
    admin: bool,
    now: Timestamp,
) -> Result<AdminSet, DirectoryError> {
    let Some(company) = must_live(tx, user).await?.company else {
        return Err(DirectoryError::Homeless(user.clone()));
    };
    let changed = match admin {
        true => tx.grant_admin(user, &company, Origin::Manual, now).await?,
        false => tx.revoke_admin(user, &company, Origin::Manual).await?,
    };
    Ok(AdminSet {
        by_claims: tx.is_admin(user, &company, Origin::Idp).await?,
        company,
        changed,
    })
}

/// Makes a user an operator, who sees all companies, or takes that away. Says whether that
/// changed something.
///
/// # Errors
/// There is no such user, or they are deleted.
pub async fn set_operator(
    tx: &mut Tx,
    user: &UserId,
    operator: bool,
) -> Result<bool, DirectoryError> {
    let was = must_live(tx, user).await?.operator;
    tx.set_operator(user, operator).await?;
    Ok(was != operator)
}

/// Adds an identity to a user. Says whether that is new.
///
/// # Errors
/// There is no such user, they are deleted, the identity belongs to somebody else, or its parts
/// cannot be those of one.
pub async fn link(
    tx: &mut Tx,
    user: &UserId,
    issuer: &str,
    subject: &str,
    now: Timestamp,
) -> Result<bool, DirectoryError> {
    must_live(tx, user).await?;
    let plain = |text: &str| {
        (1..=LONGEST_PART).contains(&text.len())
            && text.trim() == text
            && !text.contains(char::is_control)
    };
    if !plain(issuer) || !plain(subject) {
        return Err(DirectoryError::InvalidIdentity);
    }
    match tx.person(issuer, subject).await? {
        Some(owner) if owner.id == *user => Ok(false),
        Some(owner) => Err(DirectoryError::IdentityTaken(owner.id)),
        None => Ok(tx.insert_identity(issuer, subject, user, now).await?),
    }
}

/// Longest issuer or subject, in bytes.
const LONGEST_PART: usize = 2048;

/// What became of a user who lost an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlinked {
    /// How many sessions that were opened with it were ended.
    pub ended: u64,
    /// How many identities are left.
    pub left: u64,
}

/// Takes an identity from a user, deleted ones included, and ends the sessions that were opened
/// with it. Whoever signs in with it afterwards is somebody new.
///
/// # Errors
/// There is no such user, or the identity is not theirs.
pub async fn unlink(
    tx: &mut Tx,
    user: &UserId,
    issuer: &str,
    subject: &str,
) -> Result<Unlinked, DirectoryError> {
    if tx.user(user).await?.is_none() {
        return Err(DirectoryError::NoSuchUser(user.to_string()));
    }
    if !tx.delete_identity(issuer, subject, user).await? {
        return Err(DirectoryError::NotLinked(user.clone()));
    }
    let ended = tx.end_sessions_by_identity(issuer, subject).await?;
    Ok(Unlinked {
        ended: u64::try_from(ended.len()).unwrap_or_default(),
        left: u64::try_from(tx.identities_of(user).await?).unwrap_or_default(),
    })
}

/// The company of somebody who may sign in without a provider: an administrator or an operator.
///
/// # Errors
/// There is no such user, or they may not.
pub async fn may_recover(tx: &mut Tx, user: &UserId) -> Result<CompanyId, DirectoryError> {
    let person = must_live(tx, user).await?;
    if person.disabled {
        return Err(DirectoryError::UserDisabled(person.id));
    }
    let Some(company) = person.company else {
        return Err(DirectoryError::Homeless(person.id));
    };
    let mut may = person.operator;
    for origin in [Origin::Idp, Origin::Manual] {
        may |= tx.is_admin(user, &company, origin).await?;
    }
    match may {
        true => Ok(company),
        false => Err(DirectoryError::NotAdministrator(person.id)),
    }
}

/// The user, if there is one who is not deleted.
pub(super) async fn must_live(tx: &mut Tx, user: &UserId) -> Result<Person, DirectoryError> {
    match tx.user(user).await? {
        None => Err(DirectoryError::NoSuchUser(user.to_string())),
        Some(person) if person.deleted => Err(DirectoryError::UserDeleted(person.id)),
        Some(person) => Ok(person),
    }
}
