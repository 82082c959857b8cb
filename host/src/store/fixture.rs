//! A store in a temporary folder, for the tests of everything above.

use std::path::PathBuf;

use jiff::Timestamp;
use tempfile::TempDir;

use super::{Store, StoreError, Tx};
use crate::domain::{
    Attested, DatabaseUrl, Email, Entropy, Secret, Source, Verification, VerifiedIdentity,
    VerifiedTokens,
};
use crate::seal::Vault;

pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) path: PathBuf,
    pub(crate) folder: TempDir,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("usher.db");
        let url = DatabaseUrl::Sqlite(path.clone());
        let store = Store::open(&url).await.expect("a new database");
        Self {
            store,
            path,
            folder,
        }
    }

    /// Everything that is on the disk, the write-ahead log included.
    pub(crate) fn bytes_on_disk(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).expect("the folder");
        files
            .flat_map(|file| std::fs::read(file.expect("a file").path()).expect("its bytes"))
            .collect()
    }
}

/// A change in a transaction of its own.
pub(crate) async fn write<T, E: From<StoreError>>(
    store: &Store,
    change: impl AsyncFnOnce(&mut Tx) -> Result<T, E>,
) -> Result<T, E> {
    let mut tx = store.begin().await?;
    let done = change(&mut tx).await?;
    tx.commit().await?;
    Ok(done)
}

pub(crate) fn entropy() -> Entropy {
    Entropy::new(|bytes| aws_lc_rs::rand::fill(bytes).expect("randomness"))
}

pub(crate) fn vault() -> Vault {
    Vault::open(&Secret::new("a secret key for tests")).expect("long enough")
}

/// Seconds after some fixed moment.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).expect("in range")
}

pub(crate) fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

/// Somebody whose tokens held.
pub(crate) struct Who {
    subject: &'static str,
    name: &'static str,
    email: Option<(&'static str, Verification)>,
}

impl Who {
    pub(crate) fn subject(subject: &'static str) -> Self {
        Self {
            subject,
            name: "Ann",
            email: None,
        }
    }

    pub(crate) fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    pub(crate) fn verified(self, email: &'static str) -> Self {
        let email = Some((email, Verification::Verified));
        Self { email, ..self }
    }

    pub(crate) fn unverified(self, email: &'static str) -> Self {
        let email = Some((email, Verification::Unverified));
        Self { email, ..self }
    }

    pub(crate) fn identity(&self) -> VerifiedIdentity {
        let id_token = serde_json::json!({"sub": self.subject});
        let tokens = VerifiedTokens::attest(Attested {
            issuer: "https://idp.example".into(),
            subject: self.subject.into(),
            id_token,
            access_token: None,
            session: None,
            raw_id_token: Secret::new("raw"),
            raw_access_token: Secret::new("raw"),
        });
        let email = self.email.and_then(|(email, v)| Email::parse(email, v));
        VerifiedIdentity::new(tokens, None, Source::IdToken, self.name.into(), email)
    }
}
