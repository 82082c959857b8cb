//! SQLite behind directory, sessions and audit: the only code that names `sqlx`.
//!
//! Plain functions on [`Store`] (reads) and [`Tx`] (writes), one file per table. The SQL is
//! what PostgreSQL takes too; what only SQLite knows is in `open.rs` and the migrations.

mod attempts;
mod audit;
mod columns;
mod companies;
mod domains;
#[cfg(test)]
pub(crate) mod fixture;
mod groups;
mod invitations;
mod logout_tokens;
mod members;
mod meta;
mod open;
mod policies;
mod recovery;
mod sessions;
mod users;

use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

pub(crate) use self::attempts::AttemptRow;
pub(crate) use self::audit::{AuditEntry, AuditRow};
pub(crate) use self::companies::CompanyContents;
pub(crate) use self::groups::fold;
pub(crate) use self::members::GroupMemberRow;
pub(crate) use self::sessions::{LiveSession, NewSessionRow};
pub(crate) use self::users::{Person, UserRow};

use crate::domain::DatabaseUrl;

/// The database: one writing connection, since SQLite has one writer, and some reading ones
/// that never wait for it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    read: SqlitePool,
    write: SqlitePool,
}

/// A transaction that may write. Dropped without [`Tx::commit`], it leaves nothing behind.
///
/// Within one process there is one at a time: a task that holds one and begins another waits
/// for itself until that fails.
#[derive(Debug)]
pub struct Tx(Transaction<'static, Sqlite>);

/// The database did not do what was asked: nothing was changed, the sign-in or request ends
/// as `unavailable`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It is locked, full, read-only, gone or damaged, or holds what it should not. Says what
    /// to do where that is known. What lies deeper may quote a stored value, so it is neither
    /// shown nor a source.
    #[error("the database is unavailable: {0}")]
    Unavailable(anyhow::Error),
}

impl Store {
    /// Opens the database, makes the file (readable by its owner only) if there is none, and
    /// brings the schema up to date.
    ///
    /// # Errors
    /// What is wrong and what to do: folder missing, not a database, read-only, locked, made
    /// by a newer version.
    pub async fn open(url: &DatabaseUrl) -> anyhow::Result<Self> {
        open::open(url).await
    }

    /// The same for whoever only reads: a database that is up to date is opened without its
    /// write lock, so that a writer keeps nobody from looking.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_to_read(url: &DatabaseUrl) -> anyhow::Result<Self> {
        open::open_to_read(url).await
    }

    /// Begins a transaction; waits for other writers, of other processes too, for some seconds.
    ///
    /// # Errors
    /// The database is unavailable, or stayed locked.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(Tx(self.write.begin_with("BEGIN IMMEDIATE").await?))
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.read).await?;
        Ok(())
    }

    /// Closes all connections; what is under way ends first.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

impl Tx {
    /// Makes all changes permanent, at once.
    ///
    /// # Errors
    /// The database is unavailable; nothing was changed.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }

    /// Undoes everything, at once; dropping it does the same a little later.
    ///
    /// # Errors
    /// The database is unavailable; nothing was changed.
    pub async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.0.rollback().await?)
    }

    fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let advice = open::advice(&error);
        let source = anyhow::Error::from(error);
        Self::Unavailable(match advice {
            Some(advice) => source.context(advice),
            None => source,
        })
    }
}

impl StoreError {
    /// A value that the database should not hold, such as text that is no JSON.
    pub(crate) fn corrupt(error: impl Into<anyhow::Error>, what: &'static str) -> Self {
        Self::Unavailable(error.into().context(what))
    }
}
