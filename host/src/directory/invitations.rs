//! Invitations: `usher invite`. One open invitation per e-mail address over the installation.

use jiff::Timestamp;
use serde::Serialize;

use super::DirectoryError;
use super::companies::{must_be_there, must_exist};
use crate::domain::{CompanyId, Email, Role, UserId, Verification};
use crate::store::{Store, Tx};

/// An invitation as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invited {
    /// Whom, in lower case.
    pub email: String,
    /// Where to.
    pub company: CompanyId,
    /// As what.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
    /// When it was accepted; an open one is not.
    pub accepted_at: Option<Timestamp>,
    /// Who accepted it.
    pub accepted_by: Option<UserId>,
}

/// Invites an e-mail address to a company, and says how it is written from now on.
///
/// # Errors
/// There is no such company, the address is none, or has an open invitation, wherever to.
pub async fn add(
    tx: &mut Tx,
    company: &CompanyId,
    email: &str,
    role: Role,
    now: Timestamp,
) -> Result<String, DirectoryError> {
    let email = address(email)?;
    must_exist(tx, company).await?;
    if let Some(company) = tx.open_invitation(&email).await? {
        return Err(DirectoryError::AlreadyInvited { email, company });
    }
    tx.insert_invitation(&email, company, role, now).await?;
    Ok(email)
}

/// The invitations of every company, or of one: open ones first, accepted ones after.
///
/// # Errors
/// There is no such company.
pub async fn list(
    store: &Store,
    company: Option<&CompanyId>,
) -> Result<Vec<Invited>, DirectoryError> {
    must_be_there(store, company).await?;
    let rows = store.invitations(company).await?.into_iter();
    Ok(rows
        .map(|row| Invited {
            email: row.email,
            company: row.company,
            role: row.role,
            created_at: row.created_at,
            accepted_at: row.accepted_at,
            accepted_by: row.accepted_by,
        })
        .collect())
}

/// Takes an open invitation back, and says how its address was written.
///
/// # Errors
/// There is no such company, or it has no such invitation.
pub async fn remove(
    tx: &mut Tx,
    company: &CompanyId,
    email: &str,
) -> Result<String, DirectoryError> {
    let email = address(email)?;
    must_exist(tx, company).await?;
    if !tx.delete_invitation(&email, company).await? {
        let company = company.clone();
        return Err(DirectoryError::NotInvited { email, company });
    }
    Ok(email)
}

pub(super) fn address(text: &str) -> Result<String, DirectoryError> {
    // Whether it is verified shows at the sign-in.
    match Email::parse(text.trim(), Verification::Unstated) {
        Some(email) => Ok(email.address().to_owned()),
        None => Err(DirectoryError::InvalidEmail(
            text.chars().take(80).collect(),
        )),
    }
}
