//! Claims are in one of three states: there, not there, or there and not what was asked for.
//! A policy that mixes the last two up takes rights away by accident.

use crate::Value;

/// What a claim says to somebody who wants a `T`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim<T> {
    /// It is there and is a `T`.
    Present(T),
    /// It is not there, or `null`, which OpenID Connect treats alike.
    Absent,
    /// It is there and is no `T`.
    Unusable,
}

impl<T> Claim<T> {
    /// The value, if it is there and usable.
    pub fn present(self) -> Option<T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Absent | Self::Unusable => None,
        }
    }
}

impl Value {
    /// A string.
    #[must_use]
    pub fn into_text(self) -> Claim<String> {
        match self {
            Self::Text(text) => Claim::Present(text),
            Self::Absent | Self::Null => Claim::Absent,
            _ => Claim::Unusable,
        }
    }

    /// A list of strings; a single string counts as a list of one, since some providers write it so.
    #[must_use]
    pub fn into_texts(self) -> Claim<Vec<String>> {
        match self {
            Self::Texts(texts) => Claim::Present(texts),
            Self::Text(text) => Claim::Present(vec![text]),
            Self::Absent | Self::Null => Claim::Absent,
            _ => Claim::Unusable,
        }
    }

    /// A boolean; `"true"` in quotes is none.
    #[must_use]
    pub fn into_flag(self) -> Claim<bool> {
        match self {
            Self::Flag(flag) => Claim::Present(flag),
            Self::Absent | Self::Null => Claim::Absent,
            _ => Claim::Unusable,
        }
    }
}

/// The pointer for a claim setting (`spec.md` §3.1): a name that begins with `/` is an RFC 6901
/// pointer already, any other is one top-level claim, dots and all.
#[must_use]
pub fn pointer(setting: &str) -> String {
    if setting.starts_with('/') {
        return setting.to_owned();
    }
    let mut pointer = String::with_capacity(setting.len() + 1);
    pointer.push('/');
    push_token(&mut pointer, setting);
    pointer
}

/// Appends one reference token, escaped as RFC 6901 §3 asks.
pub(crate) fn push_token(pointer: &mut String, token: &str) {
    for character in token.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_name_is_one_token_dots_and_all() {
        assert_eq!(pointer("groups"), "/groups");
        assert_eq!(
            pointer("https://acme.com/groups"),
            "/https:~1~1acme.com~1groups"
        );
        assert_eq!(pointer("a.b~c"), "/a.b~0c");
    }

    #[test]
    fn a_claim_setting_with_a_leading_slash_is_a_pointer_already() {
        assert_eq!(pointer("/realm_access/roles"), "/realm_access/roles");
    }

    #[test]
    fn a_single_string_is_a_list_of_one_and_null_is_absent() {
        assert_eq!(
            Value::Text("ops".into()).into_texts(),
            Claim::Present(vec!["ops".to_owned()])
        );
        assert_eq!(Value::Null.into_texts(), Claim::Absent);
        assert_eq!(Value::Json("[1]".into()).into_texts(), Claim::Unusable);
    }

    #[test]
    fn true_in_quotes_is_not_a_flag() {
        assert_eq!(Value::Text("true".into()).into_flag(), Claim::Unusable);
    }
}
