use jiff::Timestamp;
use serde::Serialize;

use crate::directory::DirectoryError;
use crate::directory::companies::must_be_there;
use crate::domain::{CompanyId, Origin, UserId};
use crate::store::{Store, StoreError, UserRow};

/// A user as they are listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Our id.
    pub id: UserId,
    /// The name to show; empty once deleted.
    pub name: String,
    /// The e-mail address, in lower case.
    pub email: Option<String>,
    /// Where they are.
    pub company: Option<CompanyId>,
    /// Whether they are an administrator there.
    pub admin: bool,
    /// Who made them one: claims, a person, or both.
    pub admin_origins: Vec<Origin>,
    /// Whether they see all companies.
    pub operator: bool,
    /// Whether they may sign in.
    pub status: Status,
    /// Since when.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub signed_in_at: Option<Timestamp>,
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// They may.
    Active,
    /// Not until they are enabled.
    Disabled,
    /// Never again.
    Deleted,
}

/// Everything about a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserDetails {
    /// What is listed.
    #[serde(flatten)]
    pub user: User,
    /// Who put them into their company.
    pub company_origin: Option<Origin>,
    /// Whom providers know them as.
    pub identities: Vec<Identity>,
    /// Their groups in their company.
    pub groups: Vec<GroupMembership>,
}

/// Whom a provider knows somebody as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The provider's issuer.
    pub issuer: String,
    /// The provider's subject.
    pub subject: String,
}

/// A group that a user is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupMembership {
    /// The group.
    pub name: String,
    /// Who put them there: claims, a person, or both.
    pub origins: Vec<Origin>,
}

/// Every user, or those of a company; oldest first, deleted ones among them.
///
/// # Errors
/// There is no such company.
pub async fn list(store: &Store, company: Option<&CompanyId>) -> Result<Vec<User>, DirectoryError> {
    must_be_there(store, company).await?;
    let rows = store.users(company).await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// Every issuer that somebody came from.
///
/// # Errors
/// The store is unavailable.
pub async fn issuers(store: &Store) -> Result<Vec<String>, StoreError> {
    store.issuers().await
}

/// The id of a user who is given by id, or by an e-mail address that only one user has.
///
/// # Errors
/// Nobody is called that, or more than one.
pub async fn find(store: &Store, given: &str) -> Result<UserId, DirectoryError> {
    Ok(row(store, given).await?.id)
}

/// Everything about a user who is given by id, or by an e-mail address that only one user has.
///
/// # Errors
/// Nobody is called that, or more than one.
pub async fn show(store: &Store, given: &str) -> Result<UserDetails, DirectoryError> {
    let row = row(store, given).await?;
    let identities = store.identities(&row.id).await?.into_iter();
    let mut groups: Vec<GroupMembership> = Vec::new();
    for member in store.groups_of_user(&row.id).await? {
        match groups.last_mut() {
            _ if Some(&member.company) != row.company.as_ref() => {}
            Some(last) if last.name == member.group => last.origins.push(member.origin),
            _ => groups.push(GroupMembership {
                name: member.group,
                origins: vec![member.origin],
            }),
        }
    }
    Ok(UserDetails {
        company_origin: row.membership,
        user: row.into(),
        identities: identities
            .map(|(issuer, subject)| Identity { issuer, subject })
            .collect(),
        groups,
    })
}

async fn row(store: &Store, given: &str) -> Result<UserRow, DirectoryError> {
    let given = given.trim();
    let mut rows = match given.parse::<UserId>() {
        Ok(id) => store.user_by_id(&id).await?.into_iter().collect(),
        Err(_) => store.users_by_email(&given.to_lowercase()).await?,
    };
    match rows.pop() {
        None => Err(DirectoryError::NoSuchUser(given.chars().take(80).collect())),
        Some(row) if rows.is_empty() => Ok(row),
        Some(last) => Err(DirectoryError::AmbiguousUser {
            email: given.to_owned(),
            ids: rows.into_iter().chain([last]).map(|row| row.id).collect(),
        }),
    }
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let origins = [
            row.admin_by_idp.then_some(Origin::Idp),
            row.admin_by_manual.then_some(Origin::Manual),
        ];
        let admin_origins: Vec<Origin> = origins.into_iter().flatten().collect();
        Self {
            id: row.id,
            name: row.name,
            email: row.email,
            company: row.company,
            admin: !admin_origins.is_empty(),
            admin_origins,
            operator: row.operator,
            status: match (row.deleted_at, row.disabled) {
                (Some(_), _) => Status::Deleted,
                (None, true) => Status::Disabled,
                (None, false) => Status::Active,
            },
            created_at: row.created_at,
            signed_in_at: row.signed_in_at,
        }
    }
}
