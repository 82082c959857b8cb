use serde::{Deserialize, Serialize};

/// Why a sign-in ended without a session: the host's codes and the default policy's
/// (`spec.md` §7). Any other code of a policy is shown as [`Code::PolicyRefused`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Policy: no company is linked to this person.
    NoCompany,
    /// Policy: no group that may use this service.
    GroupRequired,
    /// Policy: the e-mail address is not verified.
    EmailUnverified,
    /// The e-mail address belongs to another identity.
    AccountExists,
    /// The user is disabled or deleted.
    Disabled,
    /// The decision names a company that does not exist.
    CompanyUnknown,
    /// The decision names another company than the one that is due.
    CompanyMismatch,
    /// A policy refused with a code of its own.
    PolicyRefused,
    /// The policy trapped, ran out of a limit, or gave an invalid answer.
    PolicyFailed,
    /// The provider answered with an error, or with something that is no answer.
    ProviderError,
    /// The provider could not be reached.
    ProviderUnreachable,
    /// The sign-in attempt is missing, foreign, expired or used up.
    StateInvalid,
    /// A token failed a check.
    TokenInvalid,
    /// The provider's clock and ours differ by more than a minute.
    ClockSkew,
    /// Too many attempts.
    RateLimited,
    /// The store is down or a queue is full.
    Unavailable,
}

/// Who must act on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The person in front of the browser.
    Browser,
    /// Whoever grants access: the rules said no.
    Access,
    /// The operator of the identity provider.
    Provider,
    /// The operator of Usher.
    Us,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 16] = [
        Self::NoCompany,
        Self::GroupRequired,
        Self::EmailUnverified,
        Self::AccountExists,
        Self::Disabled,
        Self::CompanyUnknown,
        Self::CompanyMismatch,
        Self::PolicyRefused,
        Self::PolicyFailed,
        Self::ProviderError,
        Self::ProviderUnreachable,
        Self::StateInvalid,
        Self::TokenInvalid,
        Self::ClockSkew,
        Self::RateLimited,
        Self::Unavailable,
    ];

    /// The code as it stands in records, problem documents and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCompany => "no_company",
            Self::GroupRequired => "group_required",
            Self::EmailUnverified => "email_unverified",
            Self::AccountExists => "account_exists",
            Self::Disabled => "disabled",
            Self::CompanyUnknown => "company_unknown",
            Self::CompanyMismatch => "company_mismatch",
            Self::PolicyRefused => "policy_refused",
            Self::PolicyFailed => "policy_failed",
            Self::ProviderError => "provider_error",
            Self::ProviderUnreachable => "provider_unreachable",
            Self::StateInvalid => "state_invalid",
            Self::TokenInvalid => "token_invalid",
            Self::ClockSkew => "clock_skew",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
        }
    }

    /// The code of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// Whether a policy may refuse with it.
    pub fn is_policys(self) -> bool {
        matches!(
            self,
            Self::NoCompany | Self::GroupRequired | Self::EmailUnverified
        )
    }

    /// Who must act.
    pub fn actor(self) -> Actor {
        match self {
            Self::StateInvalid | Self::RateLimited => Actor::Browser,
            Self::NoCompany
            | Self::GroupRequired
            | Self::EmailUnverified
            | Self::AccountExists
            | Self::Disabled
            | Self::CompanyMismatch
            | Self::PolicyRefused => Actor::Access,
            Self::ProviderError
            | Self::ProviderUnreachable
            | Self::TokenInvalid
            | Self::ClockSkew => Actor::Provider,
            Self::CompanyUnknown | Self::PolicyFailed | Self::Unavailable => Actor::Us,
        }
    }

    /// The HTTP status (`spec.md` §5). The person's own "no" at the provider is
    /// [`Code::ProviderError`] with status 400; the caller knows that case.
    pub fn status(self) -> u16 {
        match (self, self.actor()) {
            (Self::RateLimited, _) => 429,
            (_, Actor::Browser) => 400,
            (_, Actor::Access) => 403,
            (_, Actor::Provider) => 502,
            (_, Actor::Us) => 503,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_name_and_is_found_by_it() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert_eq!(
                serde_json::to_value(code).unwrap(),
                serde_json::Value::from(code.as_str())
            );
        }
        assert_eq!(Code::parse("department_closed"), None);
    }
}
