use jiff::Timestamp;

use super::columns::At;
use super::{Store, StoreError, Tx};
use crate::domain::{CompanyId, Role, UserId};

/// An invitation, open or accepted.
#[derive(Debug)]
pub(crate) struct InvitationRow {
    pub(crate) email: String,
    pub(crate) company: CompanyId,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
    pub(crate) accepted_at: Option<Timestamp>,
    pub(crate) accepted_by: Option<UserId>,
}

type Columns = (String, CompanyId, Role, At, Option<At>, Option<UserId>);

impl Store {
    /// Every invitation, or those of one company; the open ones first.
    pub(crate) async fn invitations(
        &self,
        company: Option<&CompanyId>,
    ) -> Result<Vec<InvitationRow>, StoreError> {
        let rows: Vec<Columns> = sqlx::query_as(
            "SELECT email, company_id, role, created_at, accepted_at, accepted_by
             FROM invitations WHERE $1 IS NULL OR company_id = $1
             ORDER BY accepted_at IS NOT NULL, company_id, email, created_at",
        )
        .bind(company)
        .fetch_all(&self.read)
        .await?;
        let row = |(email, company, role, created, accepted, accepted_by): Columns| InvitationRow {
            email,
            company,
            role,
            created_at: created.0,
            accepted_at: accepted.map(|at| at.0),
            accepted_by,
        };
        Ok(rows.into_iter().map(row).collect())
    }
}

impl Tx {
    /// The company that has an open invitation for this address.
    pub(crate) async fn open_invitation(
        &mut self,
        email: &str,
    ) -> Result<Option<CompanyId>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT company_id FROM invitations WHERE email = $1 AND accepted_at IS NULL",
        )
        .bind(email)
        .fetch_optional(self.conn())
        .await?)
    }

    /// Whether this address was ever invited to this company, and as what at last.
    pub(crate) async fn invited_as(
        &mut self,
        email: &str,
        company: &CompanyId,
    ) -> Result<Option<Role>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT role FROM invitations WHERE email = $1 AND company_id = $2
             ORDER BY created_at DESC LIMIT 1",
        )
        .bind(email)
        .bind(company)
        .fetch_optional(self.conn())
        .await?)
    }

    pub(crate) async fn insert_invitation(
        &mut self,
        email: &str,
        company: &CompanyId,
        role: Role,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO invitations (email, company_id, role, created_at)
             VALUES ($1, $2, $3, $4)",
        )
        .bind(email)
        .bind(company)
        .bind(role)
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Accepts the open invitation of this address to this company, and says what role it
    /// gives; `None` if there is none.
    pub(crate) async fn accept_invitation(
        &mut self,
        email: &str,
        company: &CompanyId,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Option<Role>, StoreError> {
        let mut roles: Vec<Role> = sqlx::query_scalar(
            "UPDATE invitations SET accepted_at = $3, accepted_by = $4
             WHERE email = $1 AND company_id = $2 AND accepted_at IS NULL RETURNING role",
        )
        .bind(email)
        .bind(company)
        .bind(At(now))
        .bind(user)
        .fetch_all(self.conn())
        .await?;
        Ok(roles.pop())
    }

    /// Removes the open invitation. False if there is none.
    pub(crate) async fn delete_invitation(
        &mut self,
        email: &str,
        company: &CompanyId,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "DELETE FROM invitations
             WHERE email = $1 AND company_id = $2 AND accepted_at IS NULL",
        )
        .bind(email)
        .bind(company)
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
