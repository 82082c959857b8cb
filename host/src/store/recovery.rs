use jiff::Timestamp;

use super::columns::At;
use super::{Store, StoreError, Tx};
use crate::domain::UserId;

impl Store {
    /// Whether there is a link of this token that has not expired.
    pub(crate) async fn has_recovery_link(
        &self,
        token_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM recovery_links
             WHERE token_hash = $1 AND expires_at > $2)",
        )
        .bind(token_hash)
        .bind(At(now))
        .fetch_one(&self.read)
        .await?)
    }
}

impl Tx {
    pub(crate) async fn insert_recovery_link(
        &mut self,
        token_hash: &str,
        user: &UserId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO recovery_links (token_hash, user_id, expires_at) VALUES ($1, $2, $3)",
        )
        .bind(token_hash)
        .bind(user)
        .bind(At(expires_at))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Takes the link out: whoever comes second finds none.
    pub(crate) async fn remove_recovery_link(
        &mut self,
        token_hash: &str,
    ) -> Result<Option<(UserId, Timestamp)>, StoreError> {
        let mut rows: Vec<(UserId, At)> = sqlx::query_as(
            "DELETE FROM recovery_links WHERE token_hash = $1 RETURNING user_id, expires_at",
        )
        .bind(token_hash)
        .fetch_all(self.conn())
        .await?;
        Ok(rows.pop().map(|(user, At(expires))| (user, expires)))
    }

    pub(crate) async fn remove_recovery_links_expired_by(
        &mut self,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM recovery_links WHERE expires_at <= $1")
            .bind(At(now))
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected())
    }
}
