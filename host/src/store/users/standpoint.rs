use sqlx::{FromRow, Row, sqlite::SqliteRow};

use crate::domain::{CompanyId, Role, UserId};
use crate::store::{Store, StoreError};

/// Everything the directory knows about somebody who is about to sign in.
#[derive(Debug)]
pub(crate) struct Standpoint {
    pub(crate) user: Option<UserId>,
    /// Disabled, or deleted.
    pub(crate) shut_out: bool,
    pub(crate) company: Option<CompanyId>,
    pub(crate) admin: bool,
    /// Who has the e-mail address, whether it is verified or not.
    pub(crate) email_owner: Option<UserId>,
    /// The open invitation for the verified e-mail address.
    pub(crate) invitation: Option<(CompanyId, Role)>,
    /// The owner of the verified e-mail address's domain.
    pub(crate) domain_company: Option<CompanyId>,
}

impl FromRow<'_, SqliteRow> for Standpoint {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let company: Option<CompanyId> = row.try_get("invited_to")?;
        let role: Option<Role> = row.try_get("invited_as")?;
        Ok(Self {
            user: row.try_get("user_id")?,
            shut_out: row.try_get("shut_out")?,
            company: row.try_get("company_id")?,
            admin: row.try_get("admin")?,
            email_owner: row.try_get("email_owner")?,
            invitation: company.zip(role),
            domain_company: row.try_get("domain_company")?,
        })
    }
}

impl Store {
    /// One query, so that it is one moment. `verified` is the address again if the provider
    /// vouches for it, with its domain.
    pub(crate) async fn standpoint(
        &self,
        issuer: &str,
        subject: &str,
        email: Option<&str>,
        verified: Option<(&str, &str)>,
    ) -> Result<Standpoint, StoreError> {
        Ok(sqlx::query_as(
            "SELECT u.id AS user_id,
                    COALESCE(u.disabled OR u.deleted_at IS NOT NULL, FALSE) AS shut_out,
                    m.company_id,
                    EXISTS (SELECT 1 FROM administrators a
                            WHERE a.user_id = u.id AND a.company_id = m.company_id) AS admin,
                    o.id AS email_owner, i.company_id AS invited_to, i.role AS invited_as,
                    d.company_id AS domain_company
             FROM (SELECT 1 AS one) AS always
             LEFT JOIN identities k ON k.issuer = $1 AND k.subject = $2
             LEFT JOIN users u ON u.id = k.user_id
             LEFT JOIN memberships m ON m.user_id = u.id
             LEFT JOIN users o ON o.email = $3 AND o.deleted_at IS NULL
             LEFT JOIN invitations i ON i.email = $4 AND i.accepted_at IS NULL
             LEFT JOIN domains d ON d.domain = $5",
        )
        .bind(issuer)
        .bind(subject)
        .bind(email)
        .bind(verified.map(|(address, _)| address))
        .bind(verified.map(|(_, domain)| domain))
        .fetch_one(&self.read)
        .await?)
    }
}
