//! Companies: `usher company`.

use jiff::Timestamp;
use serde::Serialize;

use super::{DirectoryError, checked_name};
use crate::domain::CompanyId;
use crate::store::{CompanyContents, Store, StoreError, Tx};

/// A company as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Company {
    /// Its id.
    pub id: CompanyId,
    /// The name to show.
    pub name: String,
    /// How many users it has.
    pub users: u64,
    /// Since when.
    pub created_at: Timestamp,
}

/// Creates a company.
///
/// # Errors
/// There is one with that id, or the name is none.
pub async fn create(
    tx: &mut Tx,
    id: &CompanyId,
    name: &str,
    now: Timestamp,
) -> Result<(), DirectoryError> {
    let name = checked_name("company", name)?;
    match tx.insert_company(id, name, now).await? {
        true => Ok(()),
        false => Err(DirectoryError::CompanyExists(id.clone())),
    }
}

/// All companies, by id.
///
/// # Errors
/// The store is unavailable.
pub async fn list(store: &Store) -> Result<Vec<Company>, StoreError> {
    let rows = store.companies().await?.into_iter();
    Ok(rows
        .map(|row| Company {
            id: row.id,
            name: row.name,
            users: u64::try_from(row.users).unwrap_or_default(),
            created_at: row.created_at,
        })
        .collect())
}

/// Whether there is a company with exactly this id.
///
/// # Errors
/// The store is unavailable.
pub async fn exists(store: &Store, id: &CompanyId) -> Result<bool, StoreError> {
    store.company_exists(id.as_str()).await
}

/// Deletes a company. With `force` one that is not empty too: its groups, domains,
/// invitations, memberships and the sessions of its users go with it; the users stay, without
/// a company.
///
/// # Errors
/// There is no such company, or it is not empty and `force` is off.
pub async fn delete(tx: &mut Tx, id: &CompanyId, force: bool) -> Result<(), DirectoryError> {
    let contents = tx.company_contents(id).await?;
    if !force && contents != CompanyContents::default() {
        return Err(DirectoryError::CompanyNotEmpty {
            company: id.clone(),
            contents: in_words(&contents),
        });
    }
    match tx.delete_company(id).await? {
        true => Ok(()),
        false => Err(DirectoryError::NoSuchCompany(id.clone())),
    }
}

/// Ends with an error that names the command that helps, unless there is such a company.
pub(super) async fn must_exist(tx: &mut Tx, id: &CompanyId) -> Result<(), DirectoryError> {
    match tx.company_exists(id).await? {
        true => Ok(()),
        false => Err(DirectoryError::NoSuchCompany(id.clone())),
    }
}

/// The same outside a transaction, for a list that may be narrowed to one company: an empty
/// list would say that there is nothing, where the name is wrong.
pub(super) async fn must_be_there(
    store: &Store,
    company: Option<&CompanyId>,
) -> Result<(), DirectoryError> {
    match company {
        Some(id) if !exists(store, id).await? => Err(DirectoryError::NoSuchCompany(id.clone())),
        _ => Ok(()),
    }
}

fn in_words(contents: &CompanyContents) -> String {
    let counts = [
        (contents.users, "user"),
        (contents.groups, "group"),
        (contents.domains, "domain"),
        (contents.open_invitations, "open invitation"),
    ];
    let words = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| {
        let plural = if *n == 1 { "" } else { "s" };
        format!("{n} {what}{plural}")
    });
    words.collect::<Vec<_>>().join(", ")
}
