use std::fmt;

use jiff::Timestamp;
use jiff::fmt::strtime;

/// A point in time as pages show it: to the second, in UTC, with the offset written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl Moment {
    /// For the `datetime` attribute.
    pub fn iso(&self) -> String {
        self.write("%Y-%m-%dT%H:%M:%SZ")
    }

    fn write(self, format: &str) -> String {
        // The formats are ours and need nothing that a timestamp lacks.
        strtime::format(format, self.0).unwrap_or_else(|_| self.0.to_string())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write("%Y-%m-%d %H:%M:%S UTC+00:00"))
    }
}

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        Self(time)
    }
}

/// An account's e-mail address or name with most of it hidden: enough for its owner to
/// recognise, such as `a•••@acme.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked(String);

impl Masked {
    /// Hides all but the first character of what stands before the last `@`, and that too
    /// where it would be everything.
    pub fn new(account: &str) -> Self {
        let (local, domain) = match account.rsplit_once('@') {
            Some((local, domain)) => (local, Some(domain)),
            None => (account, None),
        };
        let mut shown = String::new();
        let mut rest = local.chars();
        if let (Some(first), Some(_)) = (rest.next(), rest.next()) {
            shown.push(first);
        }
        shown.push_str("•••");
        if let Some(domain) = domain {
            shown.push('@');
            shown.push_str(domain);
        }
        Self(shown)
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_names_its_offset() {
        let moment = Moment("2026-08-21T14:03:12.75Z".parse().unwrap());
        assert_eq!(moment.to_string(), "2026-08-21 14:03:12 UTC+00:00");
        assert_eq!(moment.iso(), "2026-08-21T14:03:12Z");
    }

    #[test]
    fn a_masked_account_shows_one_character_at_most() {
        for (account, masked) in [
            ("ann@acme.com", "a•••@acme.com"),
            ("a@acme.com", "•••@acme.com"),
            ("é.x@acme.com", "é•••@acme.com"),
            ("ann", "a•••"),
            ("x@evil@acme.com", "x•••@acme.com"),
            ("", "•••"),
        ] {
            assert_eq!(Masked::new(account).to_string(), masked);
        }
    }
}
