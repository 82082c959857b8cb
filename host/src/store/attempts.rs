use jiff::Timestamp;

use super::columns::At;
use super::{StoreError, Tx};
use crate::domain::{CompanyId, ProviderName};

/// A sign-in on its way to a provider and back.
#[derive(Debug)]
pub(crate) struct AttemptRow {
    pub(crate) browser_hash: String,
    pub(crate) provider: ProviderName,
    pub(crate) handshake: Vec<u8>,
    pub(crate) return_to: String,
    pub(crate) company: Option<CompanyId>,
    pub(crate) begun_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

type Columns = (
    String,
    ProviderName,
    Vec<u8>,
    String,
    Option<CompanyId>,
    At,
    At,
);

impl Tx {
    pub(crate) async fn insert_attempt(
        &mut self,
        state_hash: &str,
        row: AttemptRow,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO attempts (state_hash, browser_hash, provider, handshake, return_to,
                 company_id, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(state_hash)
        .bind(row.browser_hash)
        .bind(row.provider)
        .bind(row.handshake)
        .bind(row.return_to)
        .bind(row.company)
        .bind(At(row.begun_at))
        .bind(At(row.expires_at))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Takes the attempt out: whoever comes second finds none.
    pub(crate) async fn remove_attempt(
        &mut self,
        state_hash: &str,
    ) -> Result<Option<AttemptRow>, StoreError> {
        let mut rows: Vec<Columns> = sqlx::query_as(
            "DELETE FROM attempts WHERE state_hash = $1
                 RETURNING browser_hash, provider, handshake, return_to, company_id, created_at,
                     expires_at",
        )
        .bind(state_hash)
        .fetch_all(self.conn())
        .await?;
        let row = |(
            browser_hash,
            provider,
            handshake,
            return_to,
            company,
            At(begun_at),
            At(expires_at),
        ): Columns| {
            AttemptRow {
                browser_hash,
                provider,
                handshake,
                return_to,
                company,
                begun_at,
                expires_at,
            }
        };
        Ok(rows.pop().map(row))
    }

    pub(crate) async fn remove_attempts_expired_by(
        &mut self,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM attempts WHERE expires_at <= $1")
            .bind(At(now))
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected())
    }
}
