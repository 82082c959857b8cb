//! Effective values as they may be shown: typed, with their origin, without a secret.

use serde_json::{Value, json};
use url::Url;

use super::keys::{Fallback, Key, Kind, Secrecy};
use super::origin::Origin;
use super::value;
use super::{HOST, PROVIDER, Setting};
use crate::domain::ProviderName;

impl Setting {
    /// The whole name, as the file has it: `provider.keycloak.groups.claim`.
    pub fn name(&self) -> String {
        let path = whole_path(self.key, self.name.as_deref());
        file_key(self.provider.as_ref(), &path)
    }

    /// The value by the type of the setting: a flag, a number, a list, an object or a text.
    /// Null where words only say what holds: `from discovery`.
    pub fn typed(&self) -> Value {
        match (&self.origin, self.key.default) {
            (Origin::Default, Fallback::Derived(_)) => Value::Null,
            _ => typed(self.key.kind, &self.value),
        }
    }

    /// The value in one line for people.
    pub fn words(&self) -> String {
        match self.typed() {
            Value::Null => format!("({})", self.value),
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// Name, value and origin for programs.
    pub fn json(&self) -> Value {
        json!({
            "setting": self.name(),
            "provider": self.provider,
            "value": self.typed(),
            "origin": self.origin.json(),
        })
    }

    /// Where its key stands in its table.
    pub(super) fn rank(&self) -> Option<usize> {
        let table = if self.provider.is_some() {
            PROVIDER
        } else {
            HOST
        };
        table.iter().position(|key| key == self.key)
    }
}

impl Origin {
    /// For programs.
    pub fn json(&self) -> Value {
        match self {
            Self::Environment(variable) => json!({ "kind": "environment", "variable": variable }),
            Self::File { path, line, key } => {
                json!({ "kind": "file", "path": path, "line": line, "key": key })
            }
            Self::SecretFile { path, named_by } => {
                json!({ "kind": "secret_file", "path": path, "named_by": named_by.json() })
            }
            Self::Default => json!({ "kind": "default" }),
        }
    }
}

/// A path of a key, or of a name below it.
pub(super) fn whole_path(key: &Key, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{}.{name}", key.path),
        None => key.path.to_owned(),
    }
}

/// A path as the whole key in the file.
pub(super) fn file_key(provider: Option<&ProviderName>, path: &str) -> String {
    match provider {
        Some(provider) => format!("provider.{provider}.{path}"),
        None => format!("usher.{path}"),
    }
}

/// A text by the type of its setting, so that different spellings of one value are equal.
/// What is wrong stays the text that it is.
pub(super) fn typed(kind: Kind, text: &str) -> Value {
    let read = match kind {
        Kind::Flag => value::flag(text).ok().map(Value::from),
        Kind::List => value::list(text).ok().map(Value::from),
        Kind::Networks => value::list(text).ok().map(Value::from),
        Kind::Number => text.trim().parse::<u64>().ok().map(Value::from),
        Kind::Json => value::object(text).ok().map(Value::from),
        Kind::Text | Kind::Names => None,
        _ => Some(text.trim().into()),
    };
    read.unwrap_or_else(|| text.into())
}

/// A value as it may be shown.
pub(super) fn shown(key: &Key, text: &str) -> String {
    match key.secrecy {
        Secrecy::Open => text.to_owned(),
        Secrecy::Secret => "***".to_owned(),
        Secrecy::Password => without_password(text).unwrap_or_else(|| "***".to_owned()),
    }
}

/// The password may stand before the `@` or among the parameters. `None`: it may be anywhere.
fn without_password(text: &str) -> Option<String> {
    let mut url = Url::parse(text.trim()).ok()?;
    match url.scheme() {
        "sqlite" => return Some(text.to_owned()),
        "postgres" | "postgresql" if url.has_host() => {}
        _ => return None,
    }
    let is_secret = |name: &str| name.to_lowercase().contains("pass");
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let hidden = pairs.iter().any(|(name, _)| is_secret(name));
    if url.password().is_none() && !hidden {
        return Some(text.to_owned());
    }
    if url.password().is_some() {
        url.set_password(Some("***")).ok()?;
    }
    if hidden {
        let masked = pairs.iter().map(|(name, value)| match is_secret(name) {
            true => (name, "***"),
            false => (name, value.as_str()),
        });
        url.query_pairs_mut().clear().extend_pairs(masked);
    }
    Some(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_spellings_of_one_value_are_equal() {
        for (kind, one, other) in [
            (Kind::Flag, "true", "Yes"),
            (Kind::List, r#"["a","b"]"#, "a, b"),
            (Kind::Networks, "10.0.0.0/8", r#"["10.0.0.0/8"]"#),
            (Kind::Number, "30", " 30 "),
            (Kind::Json, r#"{"a": 1}"#, r#"{"a":1}"#),
            (Kind::Url, "https://kc", " https://kc "),
        ] {
            assert_eq!(typed(kind, one), typed(kind, other), "{one}");
        }
        assert_eq!(typed(Kind::Text, "000123"), json!("000123"));
        assert_eq!(typed(Kind::Flag, "ture"), json!("ture"));
    }

    #[test]
    fn a_password_is_masked_wherever_the_url_holds_it() {
        for (url, masked) in [
            ("sqlite://usher.db", "sqlite://usher.db"),
            ("postgres://db/usher", "postgres://db/usher"),
            ("postgres://u:hunter2@db/usher", "postgres://u:***@db/usher"),
            (
                "postgres://db/usher?password=hunter2&sslmode=require",
                "postgres://db/usher?password=***&sslmode=require",
            ),
        ] {
            assert_eq!(without_password(url).as_deref(), Some(masked));
        }
        assert_eq!(without_password("u:hunter2@db/usher?"), None);
        assert_eq!(without_password("hunter2"), None);
    }
}
