//! User groups of companies: `usher group`.

use jiff::Timestamp;
use serde::Serialize;

use super::companies::{must_be_there, must_exist};
use super::users::must_live;
use super::{DirectoryError, checked_name};
use crate::domain::{CompanyId, Origin, UserId};
use crate::store::{GroupMemberRow, Store, Tx};

/// A user group as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its company.
    pub company: CompanyId,
    /// Its name, as claims must name it.
    pub name: String,
    /// How many users are in it.
    pub members: u64,
    /// Since when.
    pub created_at: Timestamp,
}

/// A member of a group, with everybody who put them there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The user.
    pub user: UserId,
    /// Claims, a person, or both.
    pub origins: Vec<Origin>,
}

/// Creates a group.
///
/// # Errors
/// There is no such company, it has such a group, or the name is none.
pub async fn create(
    tx: &mut Tx,
    company: &CompanyId,
    name: &str,
    now: Timestamp,
) -> Result<(), DirectoryError> {
    let name = checked_name("group", name)?;
    must_exist(tx, company).await?;
    if !tx.insert_group(company, name, now).await? {
        return Err(DirectoryError::GroupExists {
            company: company.clone(),
            group: name.to_owned(),
        });
    }
    Ok(())
}

/// The groups of every company, or of one.
///
/// # Errors
/// There is no such company.
pub async fn list(
    store: &Store,
    company: Option<&CompanyId>,
) -> Result<Vec<Group>, DirectoryError> {
    must_be_there(store, company).await?;
    let rows = store.groups(company).await?.into_iter();
    Ok(rows
        .map(|row| Group {
            company: row.company,
            name: row.name,
            members: u64::try_from(row.members).unwrap_or_default(),
            created_at: row.created_at,
        })
        .collect())
}

/// Deletes a group; its members are simply no longer in it.
///
/// # Errors
/// The company has no such group.
pub async fn delete(tx: &mut Tx, company: &CompanyId, name: &str) -> Result<(), DirectoryError> {
    must_exist(tx, company).await?;
    match tx.delete_group(company, name).await? {
        true => Ok(()),
        false => Err(no_such_group(company, name)),
    }
}

/// Puts a user of the company into a group, with origin `manual`. Says whether that is new.
///
/// # Errors
/// There is no such group, or the user is not in the company.
pub async fn add_member(
    tx: &mut Tx,
    company: &CompanyId,
    name: &str,
    user: &UserId,
    now: Timestamp,
) -> Result<bool, DirectoryError> {
    must_have(tx, company, name).await?;
    let person = must_live(tx, user).await?;
    if person.company.as_ref() != Some(company) {
        return Err(DirectoryError::NotInCompany {
            user: user.clone(),
            company: company.clone(),
        });
    }
    Ok(tx
        .join_group(user, company, name, Origin::Manual, now)
        .await?)
}

/// What became of a membership that was ended by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Whether there was one of origin `manual`.
    pub was: bool,
    /// Whether there is one of origin `idp`, which stays until claims take it away.
    pub stays_by_claims: bool,
}

/// Ends a membership of origin `manual`; one that claims gave stays until claims take it away.
///
/// # Errors
/// There is no such company, or it has no such group.
pub async fn remove_member(
    tx: &mut Tx,
    company: &CompanyId,
    name: &str,
    user: &UserId,
) -> Result<Left, DirectoryError> {
    must_have(tx, company, name).await?;
    let was = tx.leave_group(user, company, name, Origin::Manual).await?;
    let by_claims = tx.groups_of_user(user, company, Origin::Idp).await?;
    Ok(Left {
        was,
        stays_by_claims: by_claims.iter().any(|group| group == name),
    })
}

/// The members of a group.
///
/// # Errors
/// There is no such group.
pub async fn members(
    store: &Store,
    company: &CompanyId,
    name: &str,
) -> Result<Vec<Member>, DirectoryError> {
    must_be_there(store, Some(company)).await?;
    let names = [name.to_owned()];
    if store
        .groups_named(company.as_str(), &names)
        .await?
        .is_empty()
    {
        return Err(no_such_group(company, name));
    }
    let mut members: Vec<Member> = Vec::new();
    for GroupMemberRow { user, origin, .. } in store.members_of_group(company, name).await? {
        match members.last_mut() {
            Some(last) if last.user == user => last.origins.push(origin),
            _ => members.push(Member {
                user,
                origins: vec![origin],
            }),
        }
    }
    Ok(members)
}

async fn must_have(tx: &mut Tx, company: &CompanyId, name: &str) -> Result<(), DirectoryError> {
    must_exist(tx, company).await?;
    let names = [name.to_owned()];
    match tx.groups_named(company, &names).await?.is_empty() {
        true => Err(no_such_group(company, name)),
        false => Ok(()),
    }
}

fn no_such_group(company: &CompanyId, name: &str) -> DirectoryError {
    DirectoryError::NoSuchGroup {
        company: company.clone(),
        group: name.to_owned(),
    }
}
