use super::words::Words;
use crate::domain::Source;

/// Where a company, a group or the administrator role came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A policy decided it, from claims.
    Policy {
        /// `display_name` of the provider.
        provider: String,
        /// The claim that it rests on.
        claim: Option<ClaimName>,
        /// The rule that decided.
        rule: Option<String>,
    },
    /// A person, an invitation or a directory file gave it.
    ByHand,
}

impl Origin {
    pub(super) fn text(&self, words: &Words) -> String {
        match self {
            Self::Policy { provider, .. } => (words.origin.provider)(provider),
            Self::ByHand => words.origin.by_hand.to_owned(),
        }
    }

    pub(super) fn claim(&self) -> Option<&ClaimName> {
        match self {
            Self::Policy { claim, .. } => claim.as_ref(),
            Self::ByHand => None,
        }
    }

    pub(super) fn rule(&self) -> Option<&str> {
        match self {
            Self::Policy { rule, .. } => rule.as_deref(),
            Self::ByHand => None,
        }
    }
}

/// A claim by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimName {
    /// Which document.
    pub source: Source,
    /// RFC 6901 pointer; empty for the whole document.
    pub pointer: String,
}

impl ClaimName {
    pub(super) fn pointer<'a>(&'a self, words: &'a Words) -> &'a str {
        match self.pointer.as_str() {
            "" => words.why.whole_document,
            pointer => pointer,
        }
    }

    pub(super) fn source(&self, words: &Words) -> &'static str {
        words.source(self.source)
    }
}

impl Words {
    /// A source of claims by its name.
    pub fn source(&self, source: Source) -> &'static str {
        match source {
            Source::IdToken => self.why.id_token,
            Source::AccessToken => self.why.access_token,
            Source::Userinfo => self.why.userinfo,
        }
    }
}
