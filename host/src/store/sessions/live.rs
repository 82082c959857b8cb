use std::collections::BTreeSet;

use jiff::Timestamp;
use sqlx::{Row, sqlite::SqliteRow};

use crate::domain::{CompanyId, ProviderName, Reference, UserId};
use crate::store::columns::At;
use crate::store::{Store, StoreError};

/// A session with what its user may do at this moment.
#[derive(Debug)]
pub(crate) struct LiveSession {
    pub(crate) provider: ProviderName,
    pub(crate) reference: Reference,
    pub(crate) attributes: String,
    pub(crate) created_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) operator: bool,
    pub(crate) company: CompanyId,
    pub(crate) company_name: String,
    pub(crate) admin: bool,
    /// Sorted, each once.
    pub(crate) groups: BTreeSet<String>,
}

impl Store {
    /// The session of this id, if it was opened and last seen after these times and its user
    /// may use it. One query, so that it is one moment: a row for each group membership.
    pub(crate) async fn live_session(
        &self,
        id: &str,
        opened_after: Timestamp,
        seen_after: Timestamp,
    ) -> Result<Option<LiveSession>, StoreError> {
        let rows = sqlx::query(
            "SELECT s.provider, s.reference, s.attributes, s.created_at, s.last_seen_at,
                    u.id, u.name, u.email, u.operator, c.id AS company_id, c.name AS company_name,
                    EXISTS (SELECT 1 FROM administrators a
                            WHERE a.user_id = u.id AND a.company_id = c.id) AS admin,
                    g.group_name
             FROM sessions s
             JOIN users u ON u.id = s.user_id AND NOT u.disabled AND u.deleted_at IS NULL
             JOIN memberships m ON m.user_id = u.id
             JOIN companies c ON c.id = m.company_id
             LEFT JOIN group_members g ON g.user_id = u.id AND g.company_id = c.id
             WHERE s.id = $1 AND s.created_at > $2 AND s.last_seen_at > $3",
        )
        .bind(id)
        .bind(At(opened_after))
        .bind(At(seen_after))
        .fetch_all(&self.read)
        .await?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let mut session = LiveSession::without_groups(first)?;
        for row in &rows {
            session
                .groups
                .extend(row.try_get::<Option<String>, _>("group_name")?);
        }
        Ok(Some(session))
    }
}

impl LiveSession {
    fn without_groups(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            provider: row.try_get("provider")?,
            reference: row.try_get("reference")?,
            attributes: row.try_get("attributes")?,
            created_at: row.try_get::<At, _>("created_at")?.0,
            last_seen_at: row.try_get::<At, _>("last_seen_at")?.0,
            user: row.try_get("id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            operator: row.try_get("operator")?,
            company: row.try_get("company_id")?,
            company_name: row.try_get("company_name")?,
            admin: row.try_get("admin")?,
            groups: BTreeSet::new(),
        })
    }
}
