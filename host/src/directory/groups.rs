//! User groups of companies: `usher group`.

use jiff::Timestamp;
use serde::Serialize;

use super::companies::{must_be_there, must_exist};
use super::users::must_live;
use super::{DirectoryError, checked_name};
use crate::domain::{CompanyId, Origin, UserId};
use crate::store::{GroupMemberRow, Store, StoreError};

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
    store: &Store,
    company: &CompanyId,
    name: &str,
    now: Timestamp,
) -> Result<(), DirectoryError> {
    let name = checked_name("group", name)?;
    let mut tx = store.begin().await?;
    must_exist(&mut tx, company).await?;
    if !tx.insert_group(company, name, now).await? {
        return Err(DirectoryError::GroupExists {
            company: company.clone(),
            group: name.to_owned(),
        });
    }
    Ok(tx.commit().await?)
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
pub async fn delete(store: &Store, company: &CompanyId, name: &str) -> Result<(), DirectoryError> {
    let mut tx = store.begin().await?;
    must_exist(&mut tx, company).await?;
    if !tx.delete_group(company, name).await? {
        return Err(no_such_group(company, name));
    }
    Ok(tx.commit().await?)
}

/// Puts a user of the company into a group, with origin `manual`. Says whether that is new.
///
/// # Errors
/// There is no such group, or the user is not in the company.
pub async fn add_member(
    store: &Store,
    company: &CompanyId,
    name: &str,
    user: &UserId,
    now: Timestamp,
) -> Result<bool, DirectoryError> {
    let mut tx = store.begin().await?;
    must_exist(&mut tx, company).await?;
    let names = [name.to_owned()];
    if tx.groups_named(company, &names).await?.is_empty() {
        return Err(no_such_group(company, name));
    }
    let person = must_live(&mut tx, user).await?;
    if person.company.as_ref() != Some(company) {
        return Err(DirectoryError::NotInCompany {
            user: user.clone(),
            company: company.clone(),
        });
    }
    let new = tx
        .join_group(user, company, name, Origin::Manual, now)
        .await?;
    tx.commit().await?;
    Ok(new)
}

/// Ends a membership of origin `manual`; one that claims gave stays until claims take it away.
/// Says whether there was one.
///
/// # Errors
/// The store is unavailable.
pub async fn remove_member(
    store: &Store,
    company: &CompanyId,
    name: &str,
    user: &UserId,
) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let was = tx.leave_group(user, company, name, Origin::Manual).await?;
    tx.commit().await?;
    Ok(was)
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

fn no_such_group(company: &CompanyId, name: &str) -> DirectoryError {
    DirectoryError::NoSuchGroup {
        company: company.clone(),
        group: name.to_owned(),
    }
}
