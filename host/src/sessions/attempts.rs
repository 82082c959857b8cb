//! Sign-ins on their way to a provider and back. Each is taken once (`protocol.md` K4): even
//! an answer that fails uses it up.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::{CompanyId, ProviderName, ReturnTo, Secret, UserId};
use crate::seal::{Vault, hash_token};
use crate::store::{AttemptRow, Store, StoreError};

/// How long somebody may take at the provider.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// A sign-in on its way to a provider and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The connection.
    pub provider: ProviderName,
    /// `state`: names the attempt when the browser comes back. Kept hashed.
    pub state: Secret,
    /// `nonce`: must come back in the ID token. Kept sealed.
    pub nonce: Secret,
    /// The PKCE verifier. Kept sealed.
    pub verifier: Secret,
    /// The browser it was begun in, by its transaction cookie.
    pub browser: BrowserHash,
    /// Where to go afterwards: a path.
    pub return_to: ReturnTo,
    /// The company asked for with `/login/<company>`.
    pub company: Option<CompanyId>,
    /// The operator who tries a sign-in out (`/login/test`): nothing will come of it. Kept
    /// sealed.
    pub tester: Option<UserId>,
    /// When it began.
    pub begun_at: Timestamp,
}

/// The browser that an attempt was begun in: the SHA-256 of its transaction cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserHash(String);

impl BrowserHash {
    /// The browser that holds this cookie: 256 random bits, or the hash could be reversed.
    pub fn of(cookie: &str) -> Self {
        Self(hash_token(cookie))
    }

    /// Whether this cookie is that browser's.
    pub fn is(&self, cookie: &str) -> bool {
        *self == Self::of(cookie)
    }
}

#[derive(Serialize, Deserialize)]
struct Handshake {
    nonce: String,
    verifier: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tester: Option<UserId>,
}

/// Keeps an attempt for ten minutes, and removes those whose time is over.
///
/// # Errors
/// The store is unavailable.
pub async fn remember(
    store: &Store,
    attempt: &Attempt,
    vault: &Vault,
    now: Timestamp,
) -> Result<(), StoreError> {
    let state_hash = hash_token(attempt.state.expose());
    let handshake = Handshake {
        nonce: attempt.nonce.expose().to_owned(),
        verifier: attempt.verifier.expose().to_owned(),
        tester: attempt.tester.clone(),
    };
    let handshake = serde_json::to_vec(&handshake)
        .map_err(|error| StoreError::corrupt(error, "the handshake"))?;
    let row = AttemptRow {
        browser_hash: attempt.browser.0.clone(),
        provider: attempt.provider.clone(),
        handshake: vault.seal(&context(&state_hash), &handshake),
        return_to: attempt.return_to.as_str().to_owned(),
        company: attempt.company.clone(),
        begun_at: attempt.begun_at,
        expires_at: now + LIFETIME,
    };
    let mut tx = store.begin().await?;
    tx.remove_attempts_expired_by(now).await?;
    tx.insert_attempt(&state_hash, row).await?;
    tx.commit().await
}

/// What was found under a `state`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The attempt; nobody else gets it.
    Attempt(Box<Attempt>),
    /// Its ten minutes are over.
    Expired,
    /// None: used up, removed after its time, or never ours.
    Unknown,
}

/// Takes the attempt of this `state`, whoever brings it: of any number who ask at once, one
/// gets it. Whether it is this browser's is for the caller to ask.
///
/// # Errors
/// The store is unavailable, or the attempt was sealed with another key.
pub async fn take(
    store: &Store,
    state: &str,
    vault: &Vault,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    let state_hash = hash_token(state);
    let mut tx = store.begin().await?;
    let row = tx.remove_attempt(&state_hash).await?;
    tx.commit().await?;
    let Some(row) = row else {
        return Ok(Taken::Unknown);
    };
    if row.expires_at <= now {
        return Ok(Taken::Expired);
    }
    let handshake = vault
        .unseal(&context(&state_hash), &row.handshake)
        .map_err(|error| StoreError::corrupt(error, "a sealed handshake"))?;
    let handshake: Handshake = serde_json::from_slice(&handshake)
        .map_err(|error| StoreError::corrupt(error, "a sealed handshake"))?;
    Ok(Taken::Attempt(Box::new(Attempt {
        provider: row.provider,
        state: Secret::new(state),
        nonce: Secret::new(handshake.nonce),
        verifier: Secret::new(handshake.verifier),
        browser: BrowserHash(row.browser_hash),
        return_to: ReturnTo::parse(&row.return_to).unwrap_or_else(ReturnTo::account),
        company: row.company,
        tester: handshake.tester,
        begun_at: row.begun_at,
    })))
}

/// Removes attempts whose time is over; says how many.
///
/// # Errors
/// The store is unavailable.
pub async fn purge(store: &Store, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let removed = tx.remove_attempts_expired_by(now).await?;
    tx.commit().await?;
    Ok(removed)
}

fn context(state_hash: &str) -> String {
    format!("attempts/{state_hash}/handshake")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture::{Fixture, at, contains, vault};

    fn attempt(state: &str) -> Attempt {
        Attempt {
            provider: "keycloak".parse().unwrap(),
            state: Secret::new(state),
            nonce: Secret::new("canary-nonce"),
            verifier: Secret::new("canary-verifier"),
            browser: BrowserHash::of("canary-browser"),
            return_to: ReturnTo::account(),
            company: Some("acme".parse().unwrap()),
            tester: Some("01a20d9a-ce67-77c9-8cfa-f119b50258f1".parse().unwrap()),
            begun_at: at(0),
        }
    }

    #[tokio::test]
    async fn an_attempt_comes_back_whole_and_once() {
        let fixture = Fixture::new().await;
        let store = &fixture.store;
        remember(store, &attempt("s"), &vault(), at(0))
            .await
            .unwrap();
        let taken = take(store, "s", &vault(), at(1)).await.unwrap();
        let Taken::Attempt(taken) = taken else {
            panic!("{taken:?}");
        };
        assert_eq!(*taken, attempt("s"));
        assert!(taken.browser.is("canary-browser") && !taken.browser.is("another"));
        for state in ["s", "other"] {
            let again = take(store, state, &vault(), at(2)).await.unwrap();
            assert_eq!(again, Taken::Unknown);
        }
    }

    #[tokio::test]
    async fn of_fifty_who_ask_at_once_one_gets_it() {
        let fixture = Fixture::new().await;
        // Two stores on one file stand for two processes.
        let url = crate::domain::DatabaseUrl::Sqlite(fixture.path.clone());
        let other = Store::open(&url).await.unwrap();
        remember(&fixture.store, &attempt("s"), &vault(), at(0))
            .await
            .unwrap();
        let mut takers = tokio::task::JoinSet::new();
        for n in 0..50 {
            let store = if n % 2 == 0 { &fixture.store } else { &other }.clone();
            takers.spawn(async move { take(&store, "s", &vault(), at(1)).await.unwrap() });
        }
        let taken = takers.join_all().await;
        let given = |taken: &&Taken| matches!(taken, Taken::Attempt(_));
        assert_eq!(taken.iter().filter(given).count(), 1);
    }

    #[tokio::test]
    async fn an_attempt_dies_after_ten_minutes_and_is_removed() {
        let fixture = Fixture::new().await;
        let store = &fixture.store;
        for state in ["a", "b", "c"] {
            remember(store, &attempt(state), &vault(), at(0))
                .await
                .unwrap();
        }
        let alive = take(store, "a", &vault(), at(599)).await.unwrap();
        assert!(matches!(alive, Taken::Attempt(_)), "{alive:?}");
        let late = take(store, "b", &vault(), at(600)).await.unwrap();
        assert_eq!(late, Taken::Expired);
        assert_eq!(purge(store, at(600)).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn state_nonce_verifier_and_cookie_are_not_on_the_disk() {
        let fixture = Fixture::new().await;
        remember(&fixture.store, &attempt("canary-state"), &vault(), at(0))
            .await
            .unwrap();
        let disk = fixture.bytes_on_disk();
        assert!(contains(&disk, "/account"));
        assert!(!contains(&disk, "canary"));
    }
}
