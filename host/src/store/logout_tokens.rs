use jiff::Timestamp;

use super::columns::At;
use super::{StoreError, Tx};

impl Tx {
    /// Remembers a logout token. False if it was there already: somebody repeats it.
    pub(crate) async fn remember_logout_token(
        &mut self,
        token_hash: &str,
        whose: &str,
        received_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO logout_tokens (token_hash, whose, received_at, expires_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (token_hash) DO NOTHING",
        )
        .bind(token_hash)
        .bind(whose)
        .bind(At(received_at))
        .bind(At(expires_at))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether a logout token about somebody came at this time or later.
    pub(crate) async fn logout_came_since(
        &mut self,
        whose: &str,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let came = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM logout_tokens WHERE whose = $1 AND received_at >= $2)",
        )
        .bind(whose)
        .bind(At(since))
        .fetch_one(self.conn())
        .await?;
        Ok(came)
    }

    pub(crate) async fn remove_logout_tokens_expired_by(
        &mut self,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM logout_tokens WHERE expires_at <= $1")
            .bind(At(now))
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected())
    }
}
