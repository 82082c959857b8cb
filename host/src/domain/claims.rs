use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a claim was found. What a policy calls `configured` is resolved to one of these
/// before it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The ID token, always there.
    IdToken,
    /// The access token, where it is a JWT that could be verified.
    AccessToken,
    /// The answer of the userinfo endpoint.
    Userinfo,
}

impl Source {
    /// The name used in records and cases: `id_token`, `access_token`, `userinfo`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::AccessToken => "access_token",
            Self::Userinfo => "userinfo",
        }
    }
}

/// All claims of one sign-in, by source; each is a JSON object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The source that profile, groups and roles are read from
    /// (`get_info_from_access_token`).
    pub configured: Source,
    /// Claims of the ID token.
    pub id_token: Value,
    /// Claims of the access token, if the site takes claims from there.
    pub access_token: Option<Value>,
    /// Claims of the userinfo answer, if the site takes claims from there.
    pub userinfo: Option<Value>,
}

impl Claims {
    /// The claims of one source; `None` if the provider did not give it.
    pub fn document(&self, source: Source) -> Option<&Value> {
        match source {
            Source::IdToken => Some(&self.id_token),
            Source::AccessToken => self.access_token.as_ref(),
            Source::Userinfo => self.userinfo.as_ref(),
        }
    }
}

/// What the provider says about an e-mail address. Only the literal JSON `true` verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// `email_verified` is the boolean `true`.
    Verified,
    /// `email_verified` is anything else.
    Unverified,
    /// There is no `email_verified`.
    Unstated,
}

impl Verification {
    /// What a document says of an address that it holds. `email_verified` speaks of the claim
    /// `email` and of nothing else: of an address that the site takes from another claim it
    /// speaks only if `email` is there and the same (`protocol.md`, hole 4).
    pub fn of(document: &Value, address: &str) -> Self {
        let spoken_of = document.get("email").and_then(Value::as_str);
        let about_this = spoken_of.is_some_and(|email| email.eq_ignore_ascii_case(address));
        match document.get("email_verified") {
            Some(Value::Bool(true)) if about_this => Self::Verified,
            Some(_) if about_this => Self::Unverified,
            _ => Self::Unstated,
        }
    }
}

/// An address as it is compared: each character in lower case, unless that would make an ASCII
/// letter of one that is none. The Kelvin sign is not the `k` of somebody else's domain.
fn lower_case(address: &str) -> String {
    let mut lower = String::with_capacity(address.len());
    for c in address.chars() {
        let disguised = !c.is_ascii() && c.to_lowercase().any(|c| c.is_ascii());
        match disguised {
            true => lower.push(c),
            false => lower.extend(c.to_lowercase()),
        }
    }
    lower
}

/// A well-formed e-mail address in lower case: one `@`, something on both sides, no comma,
/// blank or control character, at most 254 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    address: String,
    verification: Verification,
}

impl Email {
    /// Parses an address; `None` if it is not well-formed.
    pub fn parse(address: &str, verification: Verification) -> Option<Self> {
        let address = lower_case(address);
        let (local, domain) = address.split_once('@')?;
        let bad = |c: char| c.is_control() || c.is_whitespace() || "@,;<>()[]\\\"".contains(c);
        if local.is_empty()
            || domain.is_empty()
            || address.len() > 254
            || local.contains(bad)
            || domain.contains(bad)
            || domain.starts_with('.')
            || domain.ends_with('.')
        {
            return None;
        }
        Some(Self {
            address,
            verification,
        })
    }

    /// The whole address, lower case.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.address
            .split_once('@')
            .map_or("", |(_, domain)| domain)
    }

    /// What the provider says about it.
    pub fn verification(&self) -> Verification {
        self.verification
    }

    /// Whether the provider vouches for it.
    pub fn is_verified(&self) -> bool {
        self.verification == Verification::Verified
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_could_belong_to_two_domains_is_none() {
        for bad in [
            "x@evil,y@corp",
            "x@evil@corp",
            "a@",
            "@b",
            "a b@c",
            "a@b\n",
            "",
            "a@.b",
            "a@b.",
        ] {
            assert_eq!(Email::parse(bad, Verification::Verified), None, "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_compared_in_lower_case() {
        let email = Email::parse("Ann@Corp.COM", Verification::Unstated).unwrap();
        assert_eq!(
            (email.address(), email.domain()),
            ("ann@corp.com", "corp.com")
        );
        assert!(!email.is_verified());
        let email = Email::parse("ÄNNE@BÜCHER.DE", Verification::Verified).unwrap();
        assert_eq!(email.address(), "änne@bücher.de");
    }

    #[test]
    fn hole7_a_sign_that_only_looks_like_a_letter_does_not_become_it() {
        for (address, victim) in [
            ("ann@\u{212a}corp.com", "ann@kcorp.com"),
            ("\u{212a}im@corp.com", "kim@corp.com"),
            ("\u{130}da@corp.com", "ida@corp.com"),
        ] {
            let email = Email::parse(address, Verification::Verified).unwrap();
            assert_eq!(email.address(), address);
            assert_ne!(email.address(), victim);
        }
    }

    #[test]
    fn hole4_email_verified_speaks_of_the_claim_email_alone() {
        let of = |document, address| Verification::of(&document, address);
        let absent = serde_json::json!({"upn": "boss@corp.com", "email_verified": true});
        assert_eq!(of(absent, "boss@corp.com"), Verification::Unstated);
        let no_text = serde_json::json!({"email": ["boss@corp.com"], "email_verified": true});
        assert_eq!(of(no_text, "boss@corp.com"), Verification::Unstated);
        let same = serde_json::json!({"email": "Boss@Corp.com", "email_verified": true});
        assert_eq!(of(same, "boss@corp.com"), Verification::Verified);
    }
}
