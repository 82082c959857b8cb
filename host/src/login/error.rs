use std::fmt;

use crate::directory::ApplyError;
use crate::domain::{AuditOutcome, Code, CompanyId, Reference, Refusal, ReturnTo, Secret, remedy};
use crate::oidc::OidcError;
use crate::policy::Failure;
use crate::store::StoreError;

/// Why a sign-in ended without a session. Each variant says who must act.
#[derive(Debug)]
pub enum LoginError {
    /// Browser: the attempt is missing, foreign, expired or used up.
    State(StateFault),
    /// Provider: its answer did not come, or did not hold; or the person said no there.
    Protocol(OidcError),
    /// Access: the host's own rules refuse, or the decision cannot be applied.
    Refused(Code),
    /// Access: the policy refuses.
    Policy(Refusal),
    /// Us: the policy failed.
    PolicyFailed(Failure),
    /// Us: the store is down.
    Unavailable(StoreError),
}

/// What is wrong with an attempt (`protocol.md` K2 to K5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFault {
    /// The answer has no state.
    Missing,
    /// There is no such attempt: used, removed after its time, or never ours.
    Unknown,
    /// The attempt is older than ten minutes.
    Expired,
    /// It was begun in another browser.
    Foreign,
    /// It was begun for another provider.
    OtherProvider,
}

impl StateFault {
    /// The word in the record's `detail`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Foreign => "foreign",
            Self::OtherProvider => "other_provider",
        }
    }
}

impl LoginError {
    /// Whether the provider had vouched for somebody before it failed.
    pub fn is_of_somebody(&self) -> bool {
        matches!(
            self,
            Self::Refused(_) | Self::Policy(_) | Self::PolicyFailed(_)
        )
    }

    /// The code that the person sees.
    pub fn code(&self) -> Code {
        match self {
            Self::State(_) => Code::StateInvalid,
            Self::Protocol(error) => error.code,
            Self::Refused(code) => *code,
            Self::Policy(refusal) => match Code::parse(&refusal.code) {
                Some(code) if code.is_policys() => code,
                _ => Code::PolicyRefused,
            },
            Self::PolicyFailed(failure) => failure.code(),
            Self::Unavailable(_) => Code::Unavailable,
        }
    }

    /// The code that is recorded: a policy's own code as it is.
    pub fn recorded_code(&self) -> &str {
        match self {
            Self::Policy(refusal) => &refusal.code,
            other => other.code().as_str(),
        }
    }

    /// Limit name, failed check or step; safe to keep.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::State(fault) => Some(fault.as_str().to_owned()),
            Self::Protocol(error) => Some(format!("{}: {}", error.check, error.detail)),
            Self::Refused(_) | Self::Policy(_) => None,
            Self::PolicyFailed(failure) => Some(failure.to_string()),
            Self::Unavailable(error) => Some(error.to_string()),
        }
    }

    /// How it is listed.
    pub fn outcome(&self) -> AuditOutcome {
        match self {
            Self::Refused(Code::CompanyUnknown) => AuditOutcome::Failed,
            Self::Refused(_) | Self::Policy(_) => AuditOutcome::Refused,
            Self::Protocol(error) if error.denied => AuditOutcome::Refused,
            _ => AuditOutcome::Failed,
        }
    }

    /// The HTTP status: 400 if the person said no at the provider, else the code's.
    pub fn status(&self) -> u16 {
        match self {
            Self::Protocol(error) if error.denied => 400,
            other => other.code().status(),
        }
    }

    /// What mends it, for whoever runs the service; it holds nothing of the attempt.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Protocol(error) if !error.denied => remedy(error.check, &error.detail),
            _ => None,
        }
    }

    /// The policy's words for the person.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Policy(refusal) => refusal.message.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.recorded_code())?;
        match self.detail() {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for LoginError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Protocol(error) => Some(error),
            Self::Unavailable(error) => Some(error),
            _ => None,
        }
    }
}

impl From<OidcError> for LoginError {
    fn from(error: OidcError) -> Self {
        Self::Protocol(error)
    }
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}

impl From<StateFault> for LoginError {
    fn from(fault: StateFault) -> Self {
        Self::State(fault)
    }
}

impl From<Refusal> for LoginError {
    fn from(refusal: Refusal) -> Self {
        Self::Policy(refusal)
    }
}

impl From<Failure> for LoginError {
    fn from(failure: Failure) -> Self {
        Self::PolicyFailed(failure)
    }
}

impl From<ApplyError> for LoginError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Refused(code) => Self::Refused(code),
            ApplyError::Store(error) => Self::Unavailable(error),
        }
    }
}

/// A sign-in that ended without a session, with what the page needs.
#[derive(Debug)]
pub struct Failed {
    /// Why.
    pub error: LoginError,
    /// What mends it, for whoever runs the service.
    pub remedy: Option<&'static str>,
    /// Where the record is found.
    pub reference: Reference,
    /// The e-mail address that the provider named, once the tokens held; shown masked.
    pub email: Option<String>,
    /// The company that was asked for, to try again.
    pub company: Option<CompanyId>,
    /// Where the attempt would have led, to try again.
    pub return_to: Option<ReturnTo>,
    /// Lets the person end their session at the provider from the refused page.
    pub exit: Option<Secret>,
}
