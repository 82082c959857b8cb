//! The provider ends sessions: by a logout token at the back channel, or by a frame that it
//! loads in the browser.

use jiff::Timestamp;

use super::draft::{Draft, subject_hmac};
use super::{Connection, Login};
use crate::audit;
use crate::domain::{AuditOutcome, Kind, Record, UserId};
use crate::oidc::OidcError;
use crate::sessions::{self, logout::Obeyed};
use crate::store::{StoreError, Tx};

/// Why a logout token ended nothing.
#[derive(Debug)]
pub enum LogoutError {
    /// It failed a check, or was used before.
    Refused(OidcError),
    /// The provider's keys cannot be had, so nobody knows whether it holds.
    Undecided(OidcError),
    /// The store is down; nothing has ended, and the token may be sent again.
    Unavailable(StoreError),
}

impl Login {
    /// Ends the sessions that a provider's logout token is about; says how many. Sessions,
    /// the token's use and the audit record are one transaction. A token that ends nothing,
    /// because the person signed out before, is as good and leaves no record.
    ///
    /// # Errors
    /// See [`LogoutError`].
    pub async fn back_channel(
        &self,
        connection: &Connection,
        token: &str,
        now: Timestamp,
    ) -> Result<usize, LogoutError> {
        let logout = match connection.relying_party.logout(token, now).await {
            Ok(logout) => logout,
            Err(error) => return Err(self.turn_away(connection, error, now).await),
        };
        let mut tx = self.store.begin().await?;
        let Obeyed::Ended(users) = sessions::logout::obey(&mut tx, &logout, now).await? else {
            drop(tx);
            let error = OidcError::repeated_logout();
            return Err(self.turn_away(connection, error, now).await);
        };
        let hmac = |subject| subject_hmac(&self.vault, logout.issuer(), subject);
        let subject_hmac = logout.subject().map(hmac);
        let record = Record {
            subject_hmac,
            ..self.ended(connection, "back-channel", &users, now)
        };
        self.keep_if_any(&mut tx, &record, &users).await?;
        tx.commit().await?;
        let (provider, ended) = (&connection.provider.name, users.len());
        tracing::info!(%provider, ended, "back-channel logout");
        Ok(ended)
    }

    /// Ends the sessions that came out of one session at the provider, if this is its issuer;
    /// says how many. Whoever knows a `sid` may end it, and nothing else.
    ///
    /// # Errors
    /// The store is down; then nothing has ended.
    pub async fn front_channel(
        &self,
        connection: &Connection,
        issuer: &str,
        sid: &str,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        if !connection.relying_party.is_issuer(issuer) {
            return Ok(0);
        }
        let mut tx = self.store.begin().await?;
        let users = sessions::end_by_sid(&mut tx, issuer, sid).await?;
        let record = self.ended(connection, "front-channel", &users, now);
        self.keep_if_any(&mut tx, &record, &users).await?;
        tx.commit().await?;
        Ok(users.len())
    }

    fn ended(
        &self,
        connection: &Connection,
        channel: &str,
        users: &[UserId],
        now: Timestamp,
    ) -> Record {
        let detail = match users.len() {
            1 => format!("{channel} logout: 1 session ended"),
            ended => format!("{channel} logout: {ended} sessions ended"),
        };
        // Somebody linked them, if one session at the provider is of several users here.
        let user = users.first().filter(|one| users.iter().all(|u| u == *one));
        Record {
            kind: Kind::Admin,
            outcome: AuditOutcome::Admitted,
            detail: Some(detail),
            user: user.cloned(),
            ..Draft::new(&connection.provider.name, &self.entropy, now).record
        }
    }

    async fn keep_if_any(
        &self,
        tx: &mut Tx,
        record: &Record,
        users: &[UserId],
    ) -> Result<(), StoreError> {
        match users {
            [] => Ok(()),
            _ => audit::record(tx, record, None, &self.vault, &self.records).await,
        }
    }

    /// A refusal is recorded, but not each of a flood: anybody may post here.
    async fn turn_away(
        &self,
        connection: &Connection,
        error: OidcError,
        now: Timestamp,
    ) -> LogoutError {
        let provider = &connection.provider.name;
        if !error.is_about_the_token() {
            tracing::warn!(%provider, %error, "a logout token could not be verified");
            return LogoutError::Undecided(error);
        }
        let Some(unrecorded) = self.refusals.note(provider, error.check, now) else {
            tracing::debug!(%provider, %error, "a logout token was refused");
            return LogoutError::Refused(error);
        };
        let more = match unrecorded {
            0 => String::new(),
            more => format!(" (and {more} like it since the last record)"),
        };
        let record = Record {
            kind: Kind::Admin,
            outcome: AuditOutcome::Refused,
            code: Some(error.code.as_str().to_owned()),
            detail: Some(format!("back-channel logout: {error}{more}")),
            ..Draft::new(provider, &self.entropy, now).record
        };
        let reference = &record.reference;
        tracing::warn!(%provider, %reference, %error, "a logout token was refused");
        if let Err(lost) = self.keep(&record, None).await {
            tracing::error!(%provider, %reference, %lost, "the record of a refused logout token could not be written");
        }
        LogoutError::Refused(error)
    }
}

impl From<StoreError> for LogoutError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}
