use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, SET_COOKIE};
use url::Url;

/// A cookie jar. Lives as long as the test: only a cookie's removal is looked at, not its age.
#[derive(Debug, Clone, Default)]
pub struct Cookies(Vec<Cookie>);

#[derive(Debug, Clone)]
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
    attributes: String,
}

impl Cookies {
    /// The value of a cookie, whichever host set it.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.named(name).map(|cookie| cookie.value.as_str())
    }

    /// The attributes of a cookie as its server wrote them, in lower case.
    pub fn attributes(&self, name: &str) -> Option<&str> {
        self.named(name).map(|cookie| cookie.attributes.as_str())
    }

    /// All names.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|cookie| cookie.name.as_str()).collect()
    }

    /// Puts a cookie in by hand, for every path of the host.
    pub fn put(&mut self, host: &str, name: &str, value: &str) {
        self.keep(Cookie {
            host: host.to_owned(),
            path: "/".to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
            attributes: String::new(),
        });
    }

    /// Takes a cookie out by hand.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|cookie| cookie.name != name);
    }

    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let mut header = String::new();
        for cookie in self.0.iter().filter(|cookie| cookie.goes_to(url)) {
            let separator = if header.is_empty() { "" } else { "; " };
            let _ = write!(header, "{separator}{}={}", cookie.name, cookie.value);
        }
        (!header.is_empty()).then_some(header)
    }

    pub(super) fn store(&mut self, url: &Url, headers: &HeaderMap) {
        for header in headers.get_all(SET_COOKIE) {
            let Some(cookie) = header
                .to_str()
                .ok()
                .and_then(|line| Cookie::parse(url, line))
            else {
                continue;
            };
            if cookie.is_removal() {
                self.0.retain(|old| !old.is_same_as(&cookie));
            } else {
                self.keep(cookie);
            }
        }
    }

    fn keep(&mut self, cookie: Cookie) {
        match self.0.iter_mut().find(|old| old.is_same_as(&cookie)) {
            Some(old) => *old = cookie,
            None => self.0.push(cookie),
        }
    }

    fn named(&self, name: &str) -> Option<&Cookie> {
        self.0.iter().find(|cookie| cookie.name == name)
    }
}

impl Cookie {
    fn parse(url: &Url, line: &str) -> Option<Self> {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=')?;
        let mut cookie = Self {
            host: url.host_str()?.to_owned(),
            path: url
                .path()
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder)
                .to_owned()
                + "/",
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            attributes: attributes.trim().to_lowercase(),
        };
        if let Some(path) = attribute(attributes, "path").filter(|path| path.starts_with('/')) {
            path.clone_into(&mut cookie.path);
        }
        Some(cookie)
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.name == other.name && self.path == other.path && self.host == other.host
    }

    fn is_removal(&self) -> bool {
        let age = attribute(&self.attributes, "max-age");
        let end = attribute(&self.attributes, "expires");
        age.is_some_and(|seconds| seconds == "0" || seconds.starts_with('-'))
            || age.is_none()
                && end
                    .and_then(|date| rfc2822::parse(date).ok())
                    .is_some_and(|date| {
                        date.timestamp() < Timestamp::UNIX_EPOCH + jiff::Span::new().hours(24)
                    })
    }

    fn goes_to(&self, url: &Url) -> bool {
        let (path, folder) = (url.path(), self.path.trim_end_matches('/'));
        let inside = path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        url.host_str() == Some(&self.host) && inside
    }
}

/// The value of an attribute, whatever case its name is in.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    attributes.split(';').find_map(|attribute| {
        let (key, value) = attribute.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
