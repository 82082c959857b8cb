mod live;

use jiff::Timestamp;

use super::columns::At;
use super::{Store, StoreError, Tx};
use crate::domain::{ProviderName, Reference, UserId};

pub(crate) use self::live::LiveSession;

/// A session to be opened; `id` is the hash of its cookie.
#[derive(Debug)]
pub(crate) struct NewSessionRow {
    pub(crate) id: String,
    pub(crate) user: UserId,
    pub(crate) provider: ProviderName,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) sid: Option<String>,
    pub(crate) id_token: Vec<u8>,
    pub(crate) attributes: String,
    pub(crate) reference: Reference,
}

/// A session of a user, as it is listed.
#[derive(Debug)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) provider: ProviderName,
    pub(crate) reference: Reference,
    pub(crate) created_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
}

impl Store {
    /// Sessions of a user that were opened and last seen after these times, newest first.
    pub(crate) async fn sessions_of(
        &self,
        user: &UserId,
        opened_after: Timestamp,
        seen_after: Timestamp,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let rows: Vec<(String, ProviderName, Reference, At, At)> = sqlx::query_as(
            "SELECT id, provider, reference, created_at, last_seen_at FROM sessions
             WHERE user_id = $1 AND created_at > $2 AND last_seen_at > $3
             ORDER BY created_at DESC, id",
        )
        .bind(user)
        .bind(At(opened_after))
        .bind(At(seen_after))
        .fetch_all(&self.read)
        .await?;
        let row = |(id, provider, reference, created, seen): (_, _, _, At, At)| SessionRow {
            id,
            provider,
            reference,
            created_at: created.0,
            last_seen_at: seen.0,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Notes that a session was used, unless it was seen since `unless_since`.
    pub(crate) async fn touch_session(
        &self,
        id: &str,
        now: Timestamp,
        unless_since: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at <= $3")
            .bind(id)
            .bind(At(now))
            .bind(At(unless_since))
            .execute(&self.write)
            .await?;
        Ok(())
    }
}

impl Tx {
    pub(crate) async fn insert_session(
        &mut self,
        row: NewSessionRow,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sessions (id, user_id, provider, issuer, subject, sid, id_token,
                 attributes, reference, created_at, last_seen_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        )
        .bind(row.id)
        .bind(row.user)
        .bind(row.provider)
        .bind(row.issuer)
        .bind(row.subject)
        .bind(row.sid)
        .bind(row.id_token)
        .bind(row.attributes)
        .bind(row.reference)
        .bind(At(now))
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Ends one session: says which provider it came from, with its sealed ID token.
    pub(crate) async fn end_session(
        &mut self,
        id: &str,
    ) -> Result<Option<(ProviderName, Vec<u8>)>, StoreError> {
        let mut rows: Vec<(ProviderName, Vec<u8>)> =
            sqlx::query_as("DELETE FROM sessions WHERE id = $1 RETURNING provider, id_token")
                .bind(id)
                .fetch_all(self.conn())
                .await?;
        Ok(rows.pop())
    }

    /// Ends one session of this user. False if they have no such session.
    pub(crate) async fn end_session_of(
        &mut self,
        user: &UserId,
        id: &str,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM sessions WHERE id = $1 AND user_id = $2")
            .bind(id)
            .bind(user)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected() == 1)
    }

    pub(crate) async fn end_sessions_of(&mut self, user: &UserId) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM sessions WHERE user_id = $1")
            .bind(user)
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected())
    }

    /// Ends the sessions that came out of one session at the provider; gives whose they were.
    pub(crate) async fn end_sessions_by_sid(
        &mut self,
        issuer: &str,
        sid: &str,
    ) -> Result<Vec<UserId>, StoreError> {
        let users = sqlx::query_scalar(
            "DELETE FROM sessions WHERE issuer = $1 AND sid = $2 RETURNING user_id",
        )
        .bind(issuer)
        .bind(sid)
        .fetch_all(self.conn())
        .await?;
        Ok(users)
    }

    pub(crate) async fn end_sessions_by_identity(
        &mut self,
        issuer: &str,
        subject: &str,
    ) -> Result<Vec<UserId>, StoreError> {
        let users = sqlx::query_scalar(
            "DELETE FROM sessions WHERE issuer = $1 AND subject = $2 RETURNING user_id",
        )
        .bind(issuer)
        .bind(subject)
        .fetch_all(self.conn())
        .await?;
        Ok(users)
    }

    /// Removes sessions that were opened or last seen no later than these times.
    pub(crate) async fn remove_sessions_before(
        &mut self,
        opened: Timestamp,
        seen: Timestamp,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM sessions WHERE created_at <= $1 OR last_seen_at <= $2")
            .bind(At(opened))
            .bind(At(seen))
            .execute(self.conn())
            .await?;
        Ok(done.rows_affected())
    }
}
