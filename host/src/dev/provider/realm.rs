//! What all endpoints share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, header};
use jiff::Timestamp;

use super::key::SigningKey;
use super::memory::{Memory, Session};
use super::{ProviderOptions, User};

/// Distinct from every cookie of the service: browsers do not keep ports apart.
const COOKIE: &str = "usher_dev_provider";

/// One provider: its settings, its key, and what it remembers.
pub(super) struct Realm {
    pub(super) options: ProviderOptions,
    /// The path of the issuer.
    pub(super) path: String,
    pub(super) key: SigningKey,
    memory: Mutex<Memory>,
}

impl Realm {
    pub(super) fn new(options: ProviderOptions, path: String, key: SigningKey) -> Self {
        Self {
            options,
            path,
            key,
            memory: Mutex::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    /// What is remembered; nobody holds it across an await.
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// 256 random bits.
    pub(super) fn draw(&self) -> String {
        self.options.entropy.token()
    }

    /// An identifier in Keycloak's shape.
    pub(super) fn uuid(&self) -> String {
        let bytes = self.options.entropy.bytes::<16>();
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }

    pub(super) fn user(&self, username: &str) -> Option<&User> {
        let mut users = self.options.users.iter();
        users.find(|user| user.username == username)
    }

    /// The cookie of this browser, whether it still means something or not.
    pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
        let cookies = headers.get_all(header::COOKIE).into_iter();
        cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value))
    }

    /// Who is signed in here in this browser.
    pub(super) fn session(&self, headers: &HeaderMap) -> Option<Session> {
        let cookie = Self::cookie(headers)?;
        self.memory().session(cookie, self.now())
    }

    /// A `Set-Cookie` that remembers a session; the browser forgets it when it closes.
    pub(super) fn remember(&self, cookie: &str) -> String {
        let path = &self.path;
        format!("{COOKIE}={cookie}; Path={path}/; HttpOnly; SameSite=Lax")
    }

    /// A `Set-Cookie` that forgets it.
    pub(super) fn forget(&self) -> String {
        let path = &self.path;
        format!("{COOKIE}=; Path={path}/; HttpOnly; SameSite=Lax; Max-Age=0")
    }

    /// Whether a form was sent by one of our own pages. Programs send no `Origin`.
    pub(super) fn is_own_form(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        let rest = self.options.issuer.strip_suffix(self.path.as_str());
        rest.is_some_and(|own| own.as_bytes() == origin.as_bytes())
    }
}
