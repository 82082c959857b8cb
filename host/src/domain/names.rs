//! Identifiers that cannot be wrong once they exist.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Entropy;

/// A text that is not the identifier it should be; the message says what it should look like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {kind}: {rule}")]
pub struct InvalidName {
    /// What it should have been: `company id`, `provider name`.
    pub kind: &'static str,
    /// What was given, shortened.
    pub given: String,
    /// What is allowed.
    pub rule: &'static str,
}

impl InvalidName {
    fn new(kind: &'static str, given: &str, rule: &'static str) -> Self {
        let given = given.chars().take(80).collect();
        Self { kind, given, rule }
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

name! {
    /// A company (tenant, workspace): `[A-Za-z0-9][A-Za-z0-9_-]{0,63}`, not `start`,
    /// `initiate` or `test`, which are paths under `/login/`.
    CompanyId
}

impl FromStr for CompanyId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let rule = "1 to 64 letters, digits, `_` or `-`, beginning with a letter or digit, \
                    and not `start`, `initiate` or `test`";
        let shaped = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !shaped || ["start", "initiate", "test"].contains(&text) {
            return Err(InvalidName::new("company id", text, rule));
        }
        Ok(Self(text.to_owned()))
    }
}

name! {
    /// A configured OpenID Connect connection: `[a-z0-9]+(_[a-z0-9]+)*`, at most 64 characters.
    ProviderName
}

impl FromStr for ProviderName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let rule = "at most 64 lower-case letters and digits, in words joined by a single `_`";
        let word = |w: &str| {
            !w.is_empty()
                && w.chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        if text.len() > 64 || !text.split('_').all(word) {
            return Err(InvalidName::new("provider name", text, rule));
        }
        Ok(Self(text.to_owned()))
    }
}

name! {
    /// A user of the directory, made by Usher: a UUID of version 7.
    UserId
}

impl UserId {
    /// A new id: UUIDs of version 7 sort by the time they were made.
    pub fn new(now: Timestamp, entropy: &Entropy) -> Self {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &entropy.bytes::<10>());
        Self(uuid.into_uuid().to_string())
    }
}

impl FromStr for UserId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match uuid::Uuid::try_parse(text) {
            Ok(id) => Ok(Self(id.to_string())),
            Err(_) => Err(InvalidName::new("user id", text, "a UUID")),
        }
    }
}

name! {
    /// The reference of an audit record, short enough to read out over a telephone:
    /// twelve characters of Crockford's base 32 in three groups, such as `7KQ2-M4XD-0ZPA`.
    Reference
}

impl FromStr for Reference {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let upper = text.trim().to_ascii_uppercase();
        let groups: Vec<&str> = upper.split('-').collect();
        let shaped = groups.len() == 3
            && groups
                .iter()
                .all(|g| g.len() == 4 && g.bytes().all(|b| ALPHABET.contains(&b)));
        if !shaped {
            let rule = "three groups of four characters, such as 7KQ2-M4XD-0ZPA";
            return Err(InvalidName::new("reference", text, rule));
        }
        Ok(Self(upper))
    }
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Reference {
    /// A reference from twelve random bytes.
    pub fn from_bytes(bytes: [u8; 12]) -> Self {
        let mut text = String::with_capacity(14);
        for (i, byte) in bytes.iter().enumerate() {
            if i == 4 || i == 8 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn company_ids_are_bounded_and_no_login_path() {
        for good in ["acme", "A", "d1bd92a3b039400cbafc60a7a5b1e52b", "a_b-c"] {
            assert!(good.parse::<CompanyId>().is_ok(), "{good}");
        }
        let long = "a".repeat(65);
        for bad in [
            "", "_a", "-a", "a b", "é", "start", "initiate", "test", &long,
        ] {
            assert!(bad.parse::<CompanyId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn provider_names_are_words_joined_by_one_underscore() {
        for good in ["keycloak", "azure_ad", "k2"] {
            assert!(good.parse::<ProviderName>().is_ok(), "{good}");
        }
        for bad in ["", "_a", "a_", "a__b", "Keycloak", "a-b"] {
            assert!(bad.parse::<ProviderName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_reference_survives_being_typed_in_lower_case() {
        let reference = Reference::from_bytes([7; 12]);
        assert_eq!(reference.as_str(), "7777-7777-7777");
        assert_eq!(" 7777-7777-7777 ".parse(), Ok(reference));
        assert!("7777-7777".parse::<Reference>().is_err());
    }
}
