use jiff::Timestamp;

use super::columns::At;
use super::{Store, StoreError, Tx};
use crate::domain::CompanyId;

/// A company with the number of its users.
#[derive(Debug)]
pub(crate) struct CompanyRow {
    pub(crate) id: CompanyId,
    pub(crate) name: String,
    pub(crate) users: i64,
    pub(crate) created_at: Timestamp,
}

/// What would go with a company.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CompanyContents {
    pub(crate) users: i64,
    pub(crate) groups: i64,
    pub(crate) domains: i64,
    pub(crate) open_invitations: i64,
}

impl Store {
    pub(crate) async fn companies(&self) -> Result<Vec<CompanyRow>, StoreError> {
        let rows: Vec<(CompanyId, String, i64, At)> = sqlx::query_as(
            "SELECT c.id, c.name, COUNT(m.user_id), c.created_at
             FROM companies c LEFT JOIN memberships m ON m.company_id = c.id
             GROUP BY c.id, c.name, c.created_at ORDER BY c.id",
        )
        .fetch_all(&self.read)
        .await?;
        let row = |(id, name, users, At(created_at))| CompanyRow {
            id,
            name,
            users,
            created_at,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Any text may be asked for.
    pub(crate) async fn company_exists(&self, id: &str) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar(COMPANY_EXISTS)
            .bind(id)
            .fetch_one(&self.read)
            .await?)
    }
}

const COMPANY_EXISTS: &str = "SELECT EXISTS (SELECT 1 FROM companies WHERE id = $1)";

impl Tx {
    pub(crate) async fn company_exists(&mut self, id: &CompanyId) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar(COMPANY_EXISTS)
            .bind(id)
            .fetch_one(self.conn())
            .await?)
    }

    pub(crate) async fn company_name(
        &mut self,
        id: &CompanyId,
    ) -> Result<Option<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT name FROM companies WHERE id = $1")
                .bind(id)
                .fetch_optional(self.conn())
                .await?,
        )
    }

    /// False if there is one with that id.
    pub(crate) async fn insert_company(
        &mut self,
        id: &CompanyId,
        name: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO companies (id, name, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(id)
        .bind(name)
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(crate) async fn company_contents(
        &mut self,
        id: &CompanyId,
    ) -> Result<CompanyContents, StoreError> {
        let (users, groups, domains, open_invitations) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM memberships WHERE company_id = $1),
                    (SELECT COUNT(*) FROM user_groups WHERE company_id = $1),
                    (SELECT COUNT(*) FROM domains WHERE company_id = $1),
                    (SELECT COUNT(*) FROM invitations
                     WHERE company_id = $1 AND accepted_at IS NULL)",
        )
        .bind(id)
        .fetch_one(self.conn())
        .await?;
        Ok(CompanyContents {
            users,
            groups,
            domains,
            open_invitations,
        })
    }

    /// Removes the company with its groups, domains, invitations, memberships and the sessions
    /// of its users, who stay without a company. False if there is no such company.
    pub(crate) async fn delete_company(&mut self, id: &CompanyId) -> Result<bool, StoreError> {
        sqlx::query(
            "DELETE FROM sessions
             WHERE user_id IN (SELECT user_id FROM memberships WHERE company_id = $1)",
        )
        .bind(id)
        .execute(self.conn())
        .await?;
        let done = sqlx::query("DELETE FROM companies WHERE id = $1")
            .bind(id)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }
}
