use std::fmt;

use crate::domain::Code;

/// Why an exchange with the provider ended without a sign-in.
///
/// It never holds a token, a secret or words of the provider: it may be logged and kept in
/// the audit record as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcError {
    /// Whose fault it is, and with that the HTTP status (`spec.md` §7).
    pub code: Code,
    /// The check that failed: a short stable name such as `nonce`, `access_token.azp` or
    /// `discovery.issuer`.
    pub check: &'static str,
    /// What was expected and what was found, in words for an operator.
    pub detail: String,
    /// The person said no at the provider: HTTP 400 instead of 502.
    pub denied: bool,
    /// The provider would have to ask the person something, and was not to (`prompt=none`).
    pub unattended: bool,
}

impl OidcError {
    pub(super) fn new(code: Code, check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            check,
            detail: detail.into(),
            denied: false,
            unattended: false,
        }
    }

    /// A token failed a check.
    pub(super) fn token(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Code::TokenInvalid, check, detail)
    }

    /// The provider answered with an error, or with something that is no answer.
    pub(super) fn provider(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(Code::ProviderError, check, detail)
    }
}

impl fmt::Display for OidcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.detail)
    }
}

impl std::error::Error for OidcError {}

/// A foreign value that is harmless in itself (an issuer, an algorithm), cut short and
/// reduced to characters that mean nothing to a log, a terminal or a page.
pub(super) fn shown(foreign: &str) -> String {
    const LONGEST: usize = 120;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@+=%".contains(c);
    let mut text: String = foreign
        .chars()
        .take(LONGEST)
        .map(|c| if plain(c) { c } else { '?' })
        .collect();
    if foreign.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_value_is_shown_without_markup_and_cut_short() {
        assert_eq!(shown("https://a.example/x"), "https://a.example/x");
        assert_eq!(shown("<script>\n\u{1b}[0m"), "?script???[0m");
        assert_eq!(shown(&"a".repeat(500)).chars().count(), 121);
    }
}
