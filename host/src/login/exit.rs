//! The ways out: an attempt that failed, a sign-out, and leaving as somebody else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use super::draft::Draft;
use super::{Connection, Failed, Login, LoginError};
use crate::audit;
use crate::domain::{
    AuditOutcome, Claims, Code, ProviderName, Read, Reading, Record, Secret, remedy,
};
use crate::sessions::{self, Ended};
use crate::store::StoreError;

/// A sign-out.
#[derive(Debug)]
pub struct Parted {
    /// The provider that the person had come by, if there was anybody to sign out.
    pub provider: Option<ProviderName>,
    /// Where it leads.
    pub departure: Departure,
}

impl Parted {
    fn nobody() -> Self {
        Self {
            provider: None,
            departure: Departure::Here,
        }
    }
}

/// Where a sign-out leads.
#[derive(Debug)]
pub enum Departure {
    /// The session here has ended; the provider's goes on.
    Here,
    /// The session here has ended; the provider ends its own at this URL and sends the
    /// browser back with this state.
    Provider {
        /// The provider's end-session endpoint with our request.
        url: Url,
        /// What comes back with the browser.
        state: String,
    },
}

impl Login {
    /// The connection of that name.
    pub fn connection(&self, name: &ProviderName) -> Option<&Connection> {
        self.connections
            .iter()
            .find(|connection| connection.provider.name == *name)
    }

    /// Ends the session of a cookie, here first, then at the provider if the site wants it
    /// (K48). Says which provider it came from, if there was a session.
    ///
    /// # Errors
    /// The store is down; then nothing has ended.
    pub async fn logout(&self, cookie: &Secret, now: Timestamp) -> Result<Parted, StoreError> {
        let ended = sessions::end(&self.store, cookie.expose(), &self.vault).await?;
        let Some(Ended { provider, id_token }) = ended else {
            return Ok(Parted::nobody());
        };
        let departure = match self.connection(&provider) {
            Some(connection) if connection.provider.idp_logout => {
                self.depart(connection, id_token.as_ref(), now).await
            }
            _ => Departure::Here,
        };
        Ok(Parted {
            provider: Some(provider),
            departure,
        })
    }

    /// Ends the provider's session of somebody who was refused, so that they can sign in as
    /// someone else. `exit` comes from [`Failed::exit`].
    pub async fn leave(&self, exit: &Secret, now: Timestamp) -> Parted {
        let Some(pass) = self.read_exit(exit, now) else {
            return Parted::nobody();
        };
        let departure = match self.connection(&pass.provider) {
            Some(connection) => {
                let hint = Secret::new(pass.id_token);
                self.depart(connection, Some(&hint), now).await
            }
            None => Departure::Here,
        };
        Parted {
            provider: Some(pass.provider),
            departure,
        }
    }

    async fn depart(
        &self,
        connection: &Connection,
        hint: Option<&Secret>,
        now: Timestamp,
    ) -> Departure {
        let state = URL_SAFE_NO_PAD.encode(self.entropy.bytes::<16>());
        let asked = connection
            .relying_party
            .end_session(hint, &self.signed_out_url, &state, now)
            .await;
        match asked {
            Ok(Some(url)) => Departure::Provider { url, state },
            Ok(None) => {
                tracing::warn!(provider = %connection.provider.name, "the provider names no end-session endpoint; only the session here has ended");
                Departure::Here
            }
            Err(error) => {
                tracing::warn!(provider = %connection.provider.name, %error, "the provider's session could not be ended");
                Departure::Here
            }
        }
    }

    /// Writes down why an attempt failed, and what its page needs.
    pub(super) async fn refuse(
        &self,
        error: LoginError,
        mut draft: Draft,
        now: Timestamp,
    ) -> Failed {
        draft.ended(&error);
        let missing = self.missing_groups(&error, &draft);
        if missing.is_some() {
            draft.record.detail.clone_from(&missing);
        }
        let kept = self.keep(&draft.record, draft.claims.as_ref()).await;
        let exit = self.offer_exit(&draft, now);
        let remedy = error
            .remedy()
            .or_else(|| remedy("groups", missing.as_deref()?));
        let Draft { record, aside, .. } = draft;
        let reference = record.reference;
        match (error.outcome(), kept) {
            (_, Err(lost)) => {
                tracing::error!(%reference, %error, %lost, "sign-in failed, and its record could not be written");
            }
            (AuditOutcome::Failed, Ok(())) => {
                tracing::warn!(%reference, %error, "sign-in failed");
            }
            (_, Ok(())) => tracing::info!(%reference, %error, "sign-in refused"),
        }
        Failed {
            error,
            remedy,
            reference,
            email: aside.email,
            company: aside.company,
            return_to: aside.return_to,
            exit,
        }
    }

    /// Writes a record down that stands alone.
    pub(super) async fn keep(
        &self,
        record: &Record,
        claims: Option<&Claims>,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        audit::record(&mut tx, record, claims, &self.vault, &self.records).await?;
        tx.commit().await
    }

    /// A group is required, and the claim that would name one was not there at all: that may
    /// be the person, and it may be the provider.
    fn missing_groups(&self, error: &LoginError, draft: &Draft) -> Option<String> {
        if error.code() != Code::GroupRequired {
            return None;
        }
        let connection = self.connection(draft.record.provider.as_ref()?)?;
        let pointer = connection.provider.groups.claim.pointer();
        let mut reads = draft.record.reads.iter();
        let absent =
            |read: &&Read| read.pointer == pointer && matches!(read.found, Reading::Absent {});
        let read = reads.find(absent)?;
        let source = read.source.as_str();
        Some(format!(
            "groups: there is no claim {pointer} in the {source}"
        ))
    }

    /// Only somebody whose tokens held has a session at the provider that we know of.
    fn offer_exit(&self, draft: &Draft, now: Timestamp) -> Option<Secret> {
        let pass = Pass {
            provider: draft.record.provider.clone()?,
            id_token: draft.aside.id_token.as_ref()?.expose().to_owned(),
            expires: now + EXIT_LIFE,
        };
        let pass = serde_json::to_vec(&pass).ok()?;
        let sealed = self.vault.seal(EXIT, &pass);
        Some(Secret::new(URL_SAFE_NO_PAD.encode(sealed)))
    }

    fn read_exit(&self, exit: &Secret, now: Timestamp) -> Option<Pass> {
        let sealed = URL_SAFE_NO_PAD.decode(exit.expose()).ok()?;
        let pass = self.vault.unseal(EXIT, &sealed).ok()?;
        let pass: Pass = serde_json::from_slice(&pass).ok()?;
        (now < pass.expires).then_some(pass)
    }
}

/// What a sealed exit says.
const EXIT: &str = "exit";
const EXIT_LIFE: SignedDuration = SignedDuration::from_mins(30);

/// Lets somebody who was refused end their session at the provider. Sealed, it lies in the
/// refused page: there is no session of ours that could hold it.
#[derive(Serialize, Deserialize)]
struct Pass {
    provider: ProviderName,
    id_token: String,
    expires: Timestamp,
}
