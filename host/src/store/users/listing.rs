use jiff::Timestamp;
use sqlx::{FromRow, Row, sqlite::SqliteRow};

use crate::domain::{CompanyId, Origin, UserId};
use crate::store::columns::At;
use crate::store::{Store, StoreError};

/// A user as the commands list them; deleted ones are among them.
#[derive(Debug)]
pub(crate) struct UserRow {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) company: Option<CompanyId>,
    pub(crate) membership: Option<Origin>,
    pub(crate) admin_by_idp: bool,
    pub(crate) admin_by_manual: bool,
    pub(crate) operator: bool,
    pub(crate) disabled: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) signed_in_at: Option<Timestamp>,
    pub(crate) deleted_at: Option<Timestamp>,
}

impl FromRow<'_, SqliteRow> for UserRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            company: row.try_get("company_id")?,
            membership: row.try_get("origin")?,
            admin_by_idp: row.try_get("by_idp")?,
            admin_by_manual: row.try_get("by_manual")?,
            operator: row.try_get("operator")?,
            disabled: row.try_get("disabled")?,
            created_at: row.try_get::<At, _>("created_at")?.0,
            signed_in_at: row.try_get::<Option<At>, _>("signed_in_at")?.map(|at| at.0),
            deleted_at: row.try_get::<Option<At>, _>("deleted_at")?.map(|at| at.0),
        })
    }
}

impl Store {
    /// Every user, or those of a company; oldest first.
    pub(crate) async fn users(
        &self,
        company: Option<&CompanyId>,
    ) -> Result<Vec<UserRow>, StoreError> {
        self.users_where(None, None, company).await
    }

    pub(crate) async fn users_by_email(&self, email: &str) -> Result<Vec<UserRow>, StoreError> {
        self.users_where(None, Some(email), None).await
    }

    pub(crate) async fn user_by_id(&self, id: &UserId) -> Result<Option<UserRow>, StoreError> {
        Ok(self.users_where(Some(id), None, None).await?.pop())
    }

    async fn users_where(
        &self,
        id: Option<&UserId>,
        email: Option<&str>,
        company: Option<&CompanyId>,
    ) -> Result<Vec<UserRow>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT u.id, u.name, u.email, m.company_id, m.origin,
                    EXISTS (SELECT 1 FROM administrators a WHERE a.user_id = u.id
                            AND a.company_id = m.company_id AND a.origin = 'idp') AS by_idp,
                    EXISTS (SELECT 1 FROM administrators a WHERE a.user_id = u.id
                            AND a.company_id = m.company_id AND a.origin = 'manual') AS by_manual,
                    u.operator, u.disabled, u.created_at, u.signed_in_at, u.deleted_at
             FROM users u LEFT JOIN memberships m ON m.user_id = u.id
             WHERE ($1 IS NULL OR u.id = $1) AND ($2 IS NULL OR u.email = $2)
               AND ($3 IS NULL OR m.company_id = $3)
             ORDER BY u.created_at, u.id",
        )
        .bind(id)
        .bind(email)
        .bind(company)
        .fetch_all(&self.read)
        .await?)
    }

    /// Every issuer that somebody came from.
    pub(crate) async fn issuers(&self) -> Result<Vec<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT DISTINCT issuer FROM identities ORDER BY issuer")
                .fetch_all(&self.read)
                .await?,
        )
    }

    /// Issuer and subject of every identity of the user.
    pub(crate) async fn identities(
        &self,
        user: &UserId,
    ) -> Result<Vec<(String, String)>, StoreError> {
        Ok(sqlx::query_as(
            "SELECT issuer, subject FROM identities WHERE user_id = $1 ORDER BY issuer, subject",
        )
        .bind(user)
        .fetch_all(&self.read)
        .await?)
    }
}
