//! The two cookies (`protocol.md` S1): the session, and one per sign-in attempt.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use crate::domain::{ProviderName, PublicUrl, ResponseMode, Secret};
use crate::sessions::attempts;

/// At most this many attempts are under way in one browser.
const MOST_ATTEMPTS: usize = 5;

/// A sign-out that just happened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parting {
    /// Through which provider the person had signed in.
    pub(super) provider: ProviderName,
    /// What the provider brings back, if it was asked to end its session.
    pub(super) state: Option<String>,
}

/// Names and attributes of our cookies under one public URL: `__Host-` and `Secure` on https,
/// plain on loopback http.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookies {
    https: bool,
}

impl Cookies {
    /// The cookies of a service that browsers reach at `public_url`.
    pub(super) fn new(public_url: &PublicUrl) -> Self {
        Self {
            https: public_url.is_https(),
        }
    }

    fn session_name(self) -> &'static str {
        if self.https { "__Host-usher" } else { "usher" }
    }

    fn attempt_prefix(self) -> &'static str {
        if self.https {
            "__Host-usher-attempt-"
        } else {
            "usher-attempt-"
        }
    }

    /// The session cookie that the browser sent.
    pub(super) fn session(self, headers: &HeaderMap) -> Option<Secret> {
        all(headers)
            .find(|(name, _)| *name == self.session_name())
            .map(|(_, value)| Secret::new(value))
    }

    /// Sets the session cookie. It has no age: the server ends sessions.
    pub(super) fn open_session(self, session: &Secret) -> HeaderValue {
        let (name, attributes) = (self.session_name(), self.lax());
        header(&format!("{name}={}; {attributes}", session.expose()))
    }

    /// Removes the session cookie.
    pub(super) fn end_session(self) -> HeaderValue {
        self.remove(self.session_name())
    }

    /// What the browser shows for the attempt of this state.
    pub(super) fn attempt(self, headers: &HeaderMap, state: &str) -> Option<Secret> {
        let wanted = self.attempt_name(state)?;
        let (_, value) = all(headers).find(|(name, _)| *name == wanted)?;
        let (_, browser) = value.split_once('.')?;
        Some(Secret::new(browser))
    }

    /// The cookies of all attempts that the browser shows, five at most.
    pub(super) fn attempts(self, headers: &HeaderMap) -> impl Iterator<Item = &str> {
        let is_attempt = move |name: &str| name.starts_with(self.attempt_prefix());
        let values = all(headers).filter(move |(name, _)| is_attempt(name));
        values
            .map(|(_, value)| value)
            .filter(|value| value.len() <= 128)
            .take(MOST_ATTEMPTS)
    }

    /// Sets the cookie of a new attempt, and removes the oldest ones beyond five.
    pub(super) fn begin_attempt(
        self,
        headers: &HeaderMap,
        state: &str,
        browser: &Secret,
        mode: ResponseMode,
        now: Timestamp,
    ) -> Vec<HeaderValue> {
        let mut cookies: Vec<_> = self.beyond_limit(headers);
        if let Some(name) = self.attempt_name(state) {
            let value = format!("{}.{}", now.as_second(), browser.expose());
            let attributes = self.attempt_attributes(mode);
            cookies.push(header(&format!(
                "{name}={value}; {attributes}; Max-Age={}",
                attempts::LIFETIME.as_secs()
            )));
        }
        cookies
    }

    /// Removes the cookie of an attempt that is over.
    pub(super) fn end_attempt(self, state: &str, mode: ResponseMode) -> Option<HeaderValue> {
        let name = self.attempt_name(state)?;
        let attributes = self.attempt_attributes(mode);
        Some(header(&format!("{name}=; {attributes}; Max-Age=0")))
    }

    /// Remembers, for the page after a sign-out, through which provider the person had signed
    /// in, and the state that the provider brings back if it ends its session too.
    pub(super) fn part(
        self,
        provider: Option<&ProviderName>,
        state: Option<&str>,
    ) -> Option<HeaderValue> {
        let provider = provider?;
        let state = state.unwrap_or_default();
        let (name, attributes) = (self.parting_name(), self.lax());
        Some(header(&format!(
            "{name}={provider}.{state}; {attributes}; Max-Age=600"
        )))
    }

    /// What [`Cookies::part`] remembered.
    pub(super) fn parting(self, headers: &HeaderMap) -> Option<Parting> {
        let (_, value) = all(headers).find(|(name, _)| *name == self.parting_name())?;
        let (provider, state) = value.split_once('.')?;
        Some(Parting {
            provider: provider.parse().ok()?,
            state: (!state.is_empty()).then(|| state.to_owned()),
        })
    }

    /// Forgets it.
    pub(super) fn end_parting(self) -> HeaderValue {
        self.remove(self.parting_name())
    }

    fn parting_name(self) -> &'static str {
        if self.https {
            "__Host-usher-parting"
        } else {
            "usher-parting"
        }
    }

    fn beyond_limit(self, headers: &HeaderMap) -> Vec<HeaderValue> {
        let prefix = self.attempt_prefix();
        let mut open: Vec<(&str, i64)> = all(headers)
            .filter(|(name, _)| name.starts_with(prefix) && is_plain(name))
            .map(|(name, value)| {
                let since = value.split_once('.').and_then(|(s, _)| s.parse().ok());
                (name, since.unwrap_or(0))
            })
            .collect();
        open.sort_by_key(|(_, since)| *since);
        let surplus = (open.len() + 1).saturating_sub(MOST_ATTEMPTS);
        open.iter()
            .take(surplus.min(20))
            .map(|(name, _)| self.remove(name))
            .collect()
    }

    /// `form_post` comes back as a cross-site POST, which carries no Lax cookie.
    fn attempt_attributes(self, mode: ResponseMode) -> &'static str {
        match mode {
            ResponseMode::FormPost => "Path=/; HttpOnly; SameSite=None; Secure",
            ResponseMode::Query => self.lax(),
        }
    }

    fn lax(self) -> &'static str {
        if self.https {
            "Path=/; HttpOnly; SameSite=Lax; Secure"
        } else {
            "Path=/; HttpOnly; SameSite=Lax"
        }
    }

    fn remove(self, name: &str) -> HeaderValue {
        header(&format!("{name}=; {}; Max-Age=0", self.lax()))
    }

    /// A part of the state names the cookie, so that attempts do not disturb each other; it
    /// is not the proof, its value is.
    fn attempt_name(self, state: &str) -> Option<String> {
        let part = state.get(..12).filter(|part| is_plain(part))?;
        Some(format!("{}{part}", self.attempt_prefix()))
    }
}

fn is_plain(name: &str) -> bool {
    name.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Adds cookies to a response.
pub(super) fn set(headers: &mut HeaderMap, cookies: impl IntoIterator<Item = HeaderValue>) {
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(https: bool) -> Cookies {
        Cookies { https }
    }

    fn sent(line: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, line.parse().unwrap());
        headers
    }

    /// Rows: hole 39, hole 43
    #[test]
    fn a_malformed_cookie_line_is_no_session() {
        for line in [
            ";;=",
            "=",
            "usher",
            "usher2=x",
            "__Host-usher",
            " ; ;",
            "Usher=x",
        ] {
            assert!(cookies(false).session(&sent(line)).is_none(), "{line}");
        }
        let found = cookies(false).session(&sent("a=b;;=; usher=abc")).unwrap();
        assert_eq!(found.expose(), "abc");
    }

    #[test]
    fn the_sixth_attempt_of_a_browser_removes_the_oldest() {
        let line = (1..=5)
            .map(|i| format!("usher-attempt-aaaaaaaaaaa{i}={}.x", 10 - i))
            .collect::<Vec<_>>()
            .join("; ");
        let now = Timestamp::from_second(100).unwrap();
        let state = "bbbbbbbbbbbbbbbbbbbb";
        let set = cookies(false).begin_attempt(
            &sent(&line),
            state,
            &Secret::new("s"),
            ResponseMode::Query,
            now,
        );
        assert_eq!(set.len(), 2);
        assert!(
            set[0]
                .to_str()
                .unwrap()
                .starts_with("usher-attempt-aaaaaaaaaaa5=;")
        );
        assert!(
            set[1]
                .to_str()
                .unwrap()
                .starts_with("usher-attempt-bbbbbbbbbbbb=100.s;")
        );
    }

    #[test]
    fn a_form_post_attempt_survives_the_cross_site_post() {
        let set = cookies(true).begin_attempt(
            &HeaderMap::new(),
            "bbbbbbbbbbbbbb",
            &Secret::new("s"),
            ResponseMode::FormPost,
            Timestamp::UNIX_EPOCH,
        );
        let line = set[0].to_str().unwrap();
        assert!(line.starts_with("__Host-usher-attempt-"));
        assert!(line.contains("SameSite=None; Secure"));
    }

    #[test]
    fn a_hostile_state_names_no_cookie() {
        for state in [
            "",
            "short",
            "aaaaaaaaaa;b",
            "ééééééééééééé",
            "aaaaaaaaaaa\n",
        ] {
            assert!(
                cookies(false)
                    .end_attempt(state, ResponseMode::Query)
                    .is_none()
            );
        }
    }
}
