use super::{Store, StoreError};

impl Store {
    /// Binds this database to the secret key that seals its values. False: it is bound to
    /// another key already, and what that one sealed cannot be read with this one.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn bind_key(&self, key_id: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO meta (name, value) VALUES ('key_id', $1) ON CONFLICT (name) DO NOTHING",
        )
        .bind(key_id)
        .execute(tx.conn())
        .await?;
        let bound: String = sqlx::query_scalar("SELECT value FROM meta WHERE name = 'key_id'")
            .fetch_one(tx.conn())
            .await?;
        tx.commit().await?;
        Ok(bound == key_id)
    }
}
