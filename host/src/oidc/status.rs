use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::OidcError;
use super::discovery::Metadata;
use crate::domain::Code;

/// What is known about a provider without asking it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// When it last answered as it should.
    pub last_contact: Option<Timestamp>,
    /// Its last failure, unless it answered since.
    pub last_error: Option<(Timestamp, String)>,
    /// The origin that browsers are sent to, for `form-action` of our pages.
    pub authorization_origin: Option<String>,
    /// The origin that browsers are sent to for signing out.
    pub end_session_origin: Option<String>,
    /// Something about its settings that the operator should know.
    pub note: Option<String>,
}

impl Status {
    /// When the provider failed, if that was the latest that was heard of it.
    pub fn down_since(&self) -> Option<Timestamp> {
        let (tried, _) = self.last_error.as_ref()?;
        let since_then = self.last_contact.is_some_and(|contact| contact > *tried);
        (!since_then).then_some(*tried)
    }
}

/// Keeps the status while a relying party works.
#[derive(Debug, Default)]
pub(super) struct Contact(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    status: Status,
    issuer: Option<String>,
}

impl Contact {
    /// Writes down how an exchange went.
    pub(super) fn note<T>(
        &self,
        now: Timestamp,
        outcome: Result<T, OidcError>,
    ) -> Result<T, OidcError> {
        let status = &mut self.known().status;
        match &outcome {
            Ok(_) => {
                status.last_contact = Some(now);
                status.last_error = None;
            }
            Err(error) => status.last_error = Some((now, error.to_string())),
        }
        outcome
    }

    /// Writes down an exchange about one person: a refusal of it says nothing about the
    /// provider but that it is there.
    pub(super) fn note_person<T>(
        &self,
        now: Timestamp,
        outcome: Result<T, OidcError>,
    ) -> Result<T, OidcError> {
        match outcome {
            Err(refusal) if refusal.code != Code::ProviderUnreachable => {
                self.known().status.last_contact = Some(now);
                Err(refusal)
            }
            outcome => self.note(now, outcome),
        }
    }

    pub(super) fn learn(&self, metadata: &Metadata) {
        let mut known = self.known();
        let origin = |url: &url::Url| url.origin().ascii_serialization();
        known.issuer = Some(metadata.issuer.clone());
        known.status.authorization_origin = Some(origin(&metadata.authorization));
        known.status.end_session_origin = metadata.end_session.as_ref().map(origin);
        known.status.note.clone_from(&metadata.note);
    }

    /// The issuer by the last good metadata.
    pub(super) fn issuer(&self) -> Option<String> {
        self.known().issuer.clone()
    }

    pub(super) fn status(&self) -> Status {
        self.known().status.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing in here can be left half-written by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
