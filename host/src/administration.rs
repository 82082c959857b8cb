//! What people change by hand: the operations of the commands, each with its audit record, both
//! or neither.

mod companies;
mod file;
pub mod recovery;
mod users;

use jiff::Timestamp;

use crate::audit;
use crate::directory::DirectoryError;
use crate::domain::{
    AdminEffect, AuditOutcome, CompanyId, Effect, Entropy, Kind, Record, Reference, UserId,
};
use crate::store::{Store, StoreError, Tx};

/// Somebody who changes the directory at one moment.
#[derive(Debug, Clone)]
pub struct Administration {
    /// What is changed.
    pub store: Store,
    /// By what means, as records name it.
    pub by: By,
    /// When.
    pub now: Timestamp,
    /// Randomness, for the references of records.
    pub entropy: Entropy,
}

/// By what means somebody changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A command on the host.
    CommandLine,
    /// A directory file, at the start of the service.
    DirectoryFile,
    /// A recovery link, in a browser.
    RecoveryLink,
}

impl By {
    /// As a record says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CommandLine => "command line",
            Self::DirectoryFile => "directory file",
            Self::RecoveryLink => "recovery link",
        }
    }
}

/// What was changed, as its record says it.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) what: String,
    pub(crate) company: Option<CompanyId>,
    pub(crate) user: Option<UserId>,
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
    pub(crate) admin: AdminEffect,
}

impl Change {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            ..Self::default()
        }
    }

    fn of_user(what: impl Into<String>, user: &UserId) -> Self {
        Self {
            user: Some(user.clone()),
            ..Self::new(what)
        }
    }

    fn of_company(what: impl Into<String>, company: &CompanyId) -> Self {
        Self {
            company: Some(company.clone()),
            ..Self::new(what)
        }
    }
}

impl Administration {
    /// Makes a change and writes it down, in one transaction. Where nothing changes there is
    /// nothing to write down.
    async fn change<T>(
        &self,
        make: impl AsyncFnOnce(&mut Tx) -> Result<(T, Option<Change>), DirectoryError>,
    ) -> Result<T, DirectoryError> {
        let mut tx = self.store.begin().await?;
        let (done, change) = make(&mut tx).await?;
        if let Some(change) = change {
            self.note(&mut tx, change).await?;
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Writes a change down, inside its transaction: says under which reference.
    pub(crate) async fn note(&self, tx: &mut Tx, change: Change) -> Result<Reference, StoreError> {
        let reference = Reference::from_bytes(self.entropy.bytes());
        let record = Record {
            outcome: AuditOutcome::Admitted,
            detail: Some(format!("{}: {}", self.by.as_str(), change.what)),
            company: change.company,
            user: change.user,
            groups: Effect {
                added: change.added,
                removed: change.removed,
                unknown: Vec::new(),
            },
            admin: change.admin,
            ..Record::new(reference.clone(), self.now, Kind::Admin)
        };
        audit::note(tx, &record).await?;
        Ok(reference)
    }
}

/// `1 session`, `2 sessions`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
