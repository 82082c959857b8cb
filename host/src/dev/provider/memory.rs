//! Sessions and codes, in memory.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// How long a browser stays signed in, Keycloak's default.
const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(10);
/// How long a code can be redeemed.
const CODE_LIFE: SignedDuration = SignedDuration::from_secs(60);

/// A browser that is signed in here.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) sid: String,
    pub(super) username: String,
    pub(super) auth_time: Timestamp,
}

impl Session {
    fn is_alive(&self, now: Timestamp) -> bool {
        now.duration_since(self.auth_time) < SESSION_LIFE
    }
}

/// What a code stands for.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) session: Session,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) scope: String,
    /// `1` after the sign-in page, `0` for a remembered session.
    pub(super) acr: &'static str,
    pub(super) issued: Timestamp,
}

/// Everything the provider remembers.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// By the cookie's value.
    sessions: HashMap<String, Session>,
    codes: HashMap<String, Grant>,
}

impl Memory {
    pub(super) fn session(&self, cookie: &str, now: Timestamp) -> Option<Session> {
        let session = self.sessions.get(cookie)?;
        session.is_alive(now).then(|| session.clone())
    }

    /// Whether a session that tokens name still lives.
    pub(super) fn is_signed_in(&self, sid: &str, now: Timestamp) -> bool {
        let mut sessions = self.sessions.values();
        sessions.any(|session| session.sid == sid && session.is_alive(now))
    }

    pub(super) fn open(&mut self, cookie: String, session: Session) {
        let now = session.auth_time;
        self.sessions.retain(|_, other| other.is_alive(now));
        self.sessions.insert(cookie, session);
    }

    /// Ends the session of a cookie.
    pub(super) fn close(&mut self, cookie: &str) {
        self.sessions.remove(cookie);
    }

    /// Ends the session that tokens name.
    pub(super) fn end(&mut self, sid: &str) {
        self.sessions.retain(|_, session| session.sid != sid);
    }

    pub(super) fn keep(&mut self, code: String, grant: Grant) {
        let now = grant.issued;
        let fresh = |grant: &Grant| now.duration_since(grant.issued) <= CODE_LIFE;
        self.codes.retain(|_, other| fresh(other));
        self.codes.insert(code, grant);
    }

    /// The grant of a code, once, whatever comes of it.
    pub(super) fn take(&mut self, code: &str, now: Timestamp) -> Option<Grant> {
        let grant = self.codes.remove(code)?;
        (now.duration_since(grant.issued) <= CODE_LIFE).then_some(grant)
    }
}
