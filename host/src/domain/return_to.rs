use url::Url;

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
