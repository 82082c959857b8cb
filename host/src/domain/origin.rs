use serde::{Deserialize, Serialize};

/// Who granted a membership or a role (`spec.md` §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A policy, from claims: later claims may take it away.
    Idp,
    /// A person, an invitation or a directory file: claims never take it away.
    Manual,
}

impl Origin {
    /// `idp` or `manual`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idp => "idp",
            Self::Manual => "manual",
        }
    }

    /// The origin of that name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "idp" => Some(Self::Idp),
            "manual" => Some(Self::Manual),
            _ => None,
        }
    }
}
