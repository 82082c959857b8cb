use url::Url;

use super::PublicUrl;

/// A place on this service to return to after a sign-in: a path with its query, never another
/// origin (`protocol.md` S6, K7). What is emitted is what the parser made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// Where a sign-in leads if nothing else was asked for.
    pub fn account() -> Self {
        Self("/account".to_owned())
    }

    /// Parses a path; `None` for everything that some browser might read as another place.
    pub fn parse(text: &str) -> Option<Self> {
        const LONGEST: usize = 2048;
        let bad = |c: char| c == '\\' || c.is_control() || c.is_whitespace();
        if text.len() > LONGEST || !text.starts_with('/') || text.contains(bad) {
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let path = lower.split(['?', '#']).next().unwrap_or_default();
        // A proxy may decode the path once more before a browser sees it.
        let coded = ["%2f", "%5c", "%0", "%1", "%7f", "%25", "%20"];
        if path.contains("//") || coded.iter().any(|code| path.contains(code)) {
            return None;
        }
        let base = Url::parse("https://usher.invalid/").ok()?;
        let url = base.join(text).ok()?;
        if url.origin() != base.origin() || !url.username().is_empty() {
            return None;
        }
        let mut place = url.path().to_owned();
        if place.starts_with("//") {
            return None;
        }
        if let Some(query) = url.query() {
            place.push('?');
            place.push_str(query);
        }
        Some(Self(place))
    }

    /// Parses the address of a page of this service, as another site knows it; a path will do.
    /// `None` for everything that [`ReturnTo::parse`] refuses, and for every other origin.
    pub fn parse_url(text: &str, public_url: &PublicUrl) -> Option<Self> {
        let Some(rest) = text.strip_prefix(&public_url.origin()) else {
            return Self::parse(text);
        };
        match rest.chars().next() {
            None | Some('?' | '#') => Self::parse(&format!("/{rest}")),
            // `:` or `@` would make what stands before it part of something else.
            _ => Self::parse(rest),
        }
    }

    /// Whether it is a step of signing in or out, and no place to be.
    pub fn is_of_the_sign_in(&self) -> bool {
        let path = self.0.split('?').next().unwrap_or_default();
        let below = |place: &str| {
            let rest = path.strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        below("/login") || below("/logout") || path.starts_with("/callback_")
    }

    /// The path with its query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_service_is_kept_as_it_is() {
        for good in ["/", "/account", "/a/b?x=1&y=%2F%2F", "/a?next=//other"] {
            assert_eq!(ReturnTo::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(ReturnTo::parse("/a/../b#c").unwrap().as_str(), "/b");
    }

    #[test]
    fn an_address_of_this_service_is_its_path_and_no_other_address_is() {
        let public_url = PublicUrl::parse("https://usher.example").unwrap();
        let parse = |text: &str| ReturnTo::parse_url(text, &public_url);
        for (text, place) in [
            ("https://usher.example", "/"),
            ("https://usher.example/", "/"),
            ("https://usher.example?x=1", "/?x=1"),
            ("https://usher.example/a/b?x=https://y", "/a/b?x=https://y"),
            ("/a", "/a"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), place, "{text}");
        }
        for bad in [
            "",
            "https://usher.example.evil.example/",
            "https://usher.example@evil.example/",
            "https://usher.example:8443/",
            "https://usher.example:@evil.example/",
            "http://usher.example/",
            "https://evil.example/?https://usher.example/",
            "https://usher.example//evil.example",
            "https://usher.example/\\evil.example",
            "https://usher.example\\@evil.example",
            "https://usher.example/%2f%2fevil.example",
            "//usher.example/",
            "javascript:https://usher.example/",
            " https://usher.example/",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn steps_of_signing_in_and_out_are_no_place_to_be() {
        let is_step = |text| ReturnTo::parse(text).unwrap().is_of_the_sign_in();
        for step in [
            "/login",
            "/login?choose=1",
            "/login/initiate?iss=x",
            "/a/../login/start",
            "/logout/done",
            "/callback_main?code=x",
        ] {
            assert!(is_step(step), "{step}");
        }
        for place in ["/", "/account", "/logins", "/a/login", "/?x=/login"] {
            assert!(!is_step(place), "{place}");
        }
    }

    #[test]
    fn whatever_might_lead_elsewhere_is_refused() {
        let long = format!("/{}", "a".repeat(2048));
        for bad in [
            "",
            "account",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "https://evil.example",
            "javascript:alert(1)",
            "/%2f%2fevil.example",
            "/%5cevil",
            "/\tevil",
            "/a\r\nb",
            " /a",
            "/a//evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/%0d%0aLocation:x",
            "/%252f/evil",
            "///evil.example",
            &long,
        ] {
            assert_eq!(ReturnTo::parse(bad), None, "{bad:?}");
        }
    }
}
