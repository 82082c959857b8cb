//! `usher admin recovery-link`: a local sign-in for when a provider or a policy is broken.

use jiff::{SignedDuration, Timestamp};

use super::{Administration, Change};
use crate::directory::{DirectoryError, users};
use crate::domain::{ProviderName, Secret, UserId};
use crate::seal::{Vault, hash_token};
use crate::sessions::{self, NewSession, SessionCookie};
use crate::store::{Store, StoreError};

/// How long a link can be used.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// What stands for the provider in sessions that were opened with a link.
pub const INSTEAD_OF_A_PROVIDER: &str = "usher_recovery";

/// A link that was made.
#[derive(Debug)]
pub struct Recovery {
    /// What opens a session, once.
    pub token: Secret,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why a link opened no session.
#[derive(Debug, thiserror::Error)]
pub enum NotRecovered {
    /// It was used, has expired, or never was one; or its user may no longer use it.
    #[error("the link was used, has expired, or its user may no longer use it")]
    Invalid,
    /// The store is unavailable.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether this token could open a session now; it stays as it is.
///
/// # Errors
/// The store is unavailable.
pub async fn is_open(store: &Store, token: &Secret, now: Timestamp) -> Result<bool, StoreError> {
    let token_hash = hash_token(token.expose());
    store.has_recovery_link(&token_hash, now).await
}

impl Administration {
    /// Makes a link for an administrator or operator. Of its token only the hash is kept.
    ///
    /// # Errors
    /// The user may not have one.
    pub async fn recovery_link(&self, user: &UserId) -> Result<Recovery, DirectoryError> {
        let token = self.entropy.token();
        let expires_at = self.now + LIFETIME;
        self.change(async |tx| {
            let company = users::may_recover(tx, user).await?;
            tx.remove_recovery_links_expired_by(self.now).await?;
            let token_hash = hash_token(&token);
            tx.insert_recovery_link(&token_hash, user, expires_at)
                .await?;
            let change = Change {
                company: Some(company),
                ..Change::of_user("recovery link made", user)
            };
            Ok(((), Some(change)))
        })
        .await?;
        Ok(Recovery {
            token: Secret::new(token),
            expires_at,
        })
    }

    /// Opens a session with a link, and uses the link up whatever becomes of it: of any number
    /// who come at once, one gets in. `replaced` is the session that the browser had before.
    ///
    /// # Errors
    /// The link is none any more, or the store is unavailable.
    pub async fn recover(
        &self,
        token: &Secret,
        replaced: Option<&Secret>,
        vault: &Vault,
    ) -> Result<SessionCookie, NotRecovered> {
        let mut tx = self.store.begin().await?;
        let token_hash = hash_token(token.expose());
        let Some((user, expires_at)) = tx.remove_recovery_link(&token_hash).await? else {
            return Err(NotRecovered::Invalid);
        };
        let company = match users::may_recover(&mut tx, &user).await {
            Ok(company) if self.now < expires_at => company,
            Err(DirectoryError::Store(error)) => return Err(error.into()),
            _ => {
                tx.commit().await?;
                return Err(NotRecovered::Invalid);
            }
        };
        let change = Change {
            company: Some(company),
            ..Change::of_user("signed in", &user)
        };
        let reference = self.note(&mut tx, change).await?;
        let session = NewSession {
            subject: user.to_string(),
            user,
            provider: instead_of_a_provider(),
            issuer: INSTEAD_OF_A_PROVIDER.to_owned(),
            provider_session: None,
            id_token: Secret::new(""),
            attributes: Vec::new(),
            reference,
        };
        let cookie = sessions::open(&mut tx, session, vault, &self.entropy, self.now).await?;
        if let Some(replaced) = replaced {
            sessions::end_within(&mut tx, replaced.expose()).await?;
        }
        tx.commit().await?;
        Ok(cookie)
    }
}

fn instead_of_a_provider() -> ProviderName {
    INSTEAD_OF_A_PROVIDER
        .parse()
        .expect("it is written like one")
}
