use std::time::Duration;

use jiff::Timestamp;

use super::SessionId;
use super::life::{alive_after, expiry, noted_since};
use crate::domain::{CompanyId, ProviderName, Reference, SessionLife, UserId};
use crate::seal::hash_token;
use crate::store::{LiveSession, Store, StoreError};

/// How long a request waits to have its use noted.
const PATIENCE: Duration = Duration::from_millis(500);

/// A session with who its user is and what they may do, as of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names it in lists.
    pub id: SessionId,
    /// Whose.
    pub user: SessionUser,
    /// Where they are.
    pub company: SessionCompany,
    /// Their groups there, sorted.
    pub groups: Vec<String>,
    /// Whether they are an administrator there, whoever made them one.
    pub admin: bool,
    /// Whether they see all companies.
    pub operator: bool,
    /// What the policy handed to the API server at the sign-in.
    pub attributes: Vec<(String, String)>,
    /// The connection they came by.
    pub provider: ProviderName,
    /// The audit record of the sign-in.
    pub reference: Reference,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it ends without a further request.
    pub expires_at: Timestamp,
}

/// The user of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUser {
    /// Our id.
    pub id: UserId,
    /// The name to show.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
}

/// The company of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCompany {
    /// Its id.
    pub id: CompanyId,
    /// The name to show.
    pub name: String,
}

/// One of a user's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Names it.
    pub id: SessionId,
    /// The connection they came by.
    pub provider: ProviderName,
    /// The audit record of the sign-in.
    pub reference: Reference,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends without a further request.
    pub expires_at: Timestamp,
}

/// The session of a cookie, if it is alive and its user may use it.
///
/// # Errors
/// The store is unavailable; a session that cannot be checked is none.
pub async fn look_up(
    store: &Store,
    cookie: &str,
    life: &SessionLife,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let id = hash_token(cookie);
    let (opened, seen) = alive_after(life, now);
    let Some(mut row) = store.live_session(&id, opened, seen).await? else {
        return Ok(None);
    };
    let noted_since = noted_since(life, now);
    if row.last_seen_at <= noted_since {
        touch(store, &id, now, noted_since).await;
        row.last_seen_at = now;
    }
    session(id, row, life).map(Some)
}

/// A user's living sessions, newest first.
///
/// # Errors
/// The store is unavailable.
pub async fn of_user(
    store: &Store,
    user: &UserId,
    life: &SessionLife,
    now: Timestamp,
) -> Result<Vec<Listed>, StoreError> {
    let (opened, seen) = alive_after(life, now);
    let rows = store.sessions_of(user, opened, seen).await?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            id: SessionId(row.id),
            provider: row.provider,
            reference: row.reference,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: expiry(row.created_at, row.last_seen_at, life),
        })
        .collect())
}

/// A use that cannot be noted is no reason to turn the person away: at worst the session ends
/// early.
async fn touch(store: &Store, id: &str, now: Timestamp, unless_since: Timestamp) {
    let touch = store.touch_session(id, now, unless_since);
    match tokio::time::timeout(PATIENCE, touch).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            let error = anyhow::Error::from(error);
            tracing::warn!(error = format!("{error:#}"), "session use was not noted");
        }
        Err(_) => tracing::warn!("session use was not noted: the database is busy"),
    }
}

fn session(id: String, row: LiveSession, life: &SessionLife) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId(id),
        user: SessionUser {
            id: row.user,
            name: row.name,
            email: row.email,
        },
        company: SessionCompany {
            id: row.company,
            name: row.company_name,
        },
        groups: row.groups.into_iter().collect(),
        admin: row.admin,
        operator: row.operator,
        attributes: serde_json::from_str(&row.attributes)
            .map_err(|error| StoreError::corrupt(error, "a session's attributes"))?,
        provider: row.provider,
        reference: row.reference,
        created_at: row.created_at,
        expires_at: expiry(row.created_at, row.last_seen_at, life),
    })
}
