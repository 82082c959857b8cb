use jiff::Timestamp;

use super::columns::At;
use super::{StoreError, Tx};

impl Tx {
    /// Remembers a logout token. False if it was there already: somebody repeats it.
    pub(crate) async fn remember_logout_token(
        &mut self,
        token_hash: &str,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO logout_tokens (token_hash, expires_at) VALUES ($1, $2)
             ON CONFLICT (token_hash) DO NOTHING",
        )
        .bind(token_hash)
        .bind(At(expires_at))
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
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
