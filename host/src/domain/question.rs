use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Claims, CompanyId, Email, UserId};

/// Everything that a policy may ask about, gathered before it runs; only
/// [`Lookups`](super::Lookups) are answered while it runs.
///
/// A sign-in, a test case and a replay all make one of these: a policy cannot tell them
/// apart.
#[derive(Debug, Clone)]
pub struct Question {
    /// Who signs in, and to what.
    pub request: Request,
    /// Verified claims by source.
    pub claims: Claims,
    /// The provider's mapping keys with defaults filled in, and the site's own under `site`.
    pub settings: Value,
    /// The user of this (issuer, subject).
    pub known: Option<Known>,
    /// Open invitations; empty unless the e-mail address is verified.
    pub invitations: Vec<Invitation>,
    /// The company that owns the verified e-mail address's domain.
    pub domain_company: Option<CompanyId>,
}

/// Who signs in, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Name of the connection.
    pub provider: String,
    /// Issuer of the ID token.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Subject of the ID token.
    pub subject: String,
    /// The e-mail address, if there is a well-formed one.
    pub email: Option<Email>,
    /// The company asked for with `/login/<company>`.
    pub company: Option<CompanyId>,
    /// Unix seconds.
    pub time: u64,
}

/// A user of the directory, as a policy sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Our id of the user.
    pub id: UserId,
    /// Today exactly one.
    pub memberships: Vec<Membership>,
}

/// A user's place in a company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The company.
    pub company: CompanyId,
    /// The role there.
    pub role: Role,
}

/// An open invitation for a verified e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The company that invites.
    pub company: CompanyId,
    /// The role that the invitation gives.
    pub role: Role,
}

/// A role in a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A member.
    User,
    /// Sees and changes their own company.
    Admin,
}

impl Role {
    /// `user` or `admin`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "user" => Some(Self::User),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// How group names are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matching {
    /// Byte for byte.
    Exact,
    /// By the lower case of both: see [`Matching::fold`].
    IgnoreCase,
}

impl Matching {
    /// A name as [`Matching::IgnoreCase`] compares it: the Unicode lower case of each character,
    /// independent of locale and of what stands beside it; the two small sigmas are one. Policies
    /// do the same on their side of the contract.
    pub fn fold(name: &str) -> String {
        let one_sigma = |c: char| if c == 'ς' { 'σ' } else { c };
        name.chars()
            .flat_map(char::to_lowercase)
            .map(one_sigma)
            .collect()
    }

    /// Whether a group of that name answers to what was asked for.
    pub fn same(self, asked: &str, name: &str) -> bool {
        match self {
            Self::Exact => asked == name,
            Self::IgnoreCase if asked.is_ascii() && name.is_ascii() => {
                asked.eq_ignore_ascii_case(name)
            }
            Self::IgnoreCase => Self::fold(asked) == Self::fold(name),
        }
    }
}

/// A group that exists: the name asked for, and the name as the company writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The name asked for.
    pub asked: String,
    /// The name of the group.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_ignored_character_by_character() {
        let ignore = |asked, name| Matching::IgnoreCase.same(asked, name);
        for (asked, name) in [
            ("ops", "OPS"),
            ("ÄRZTE", "ärzte"),
            ("ΟΔΟΣ", "οδος"),
            ("ΟΔΟΣ", "οδοσ"),
        ] {
            assert!(ignore(asked, name), "{asked} {name}");
            assert!(!Matching::Exact.same(asked, name), "{asked} {name}");
        }
        assert!(!ignore("straße", "STRASSE"));
        assert!(!ignore("ops ", "ops"));
    }
}
