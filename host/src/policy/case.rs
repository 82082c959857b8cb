//! A case: one sign-in as JSON, and the decision it must lead to (`policy.md` §7).
//!
//! Everything may be left out: what is missing is a default. An unknown key is an error.
//! Policy authors run the same files natively with `policy-sdk`, whose `case` module
//! describes the format key by key; both must read it alike.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::beside::{beside, fingerprints};
pub use self::directory::{CaseDirectory, CaseMembership, InMemory, Invited, KnownUser};
pub use self::expect::Expect;
use super::{Failure, Policy};
use crate::domain::{
    Absent, ClaimName, Claims, CompanyId, Cost, Decision, Email, Evidence, Question, Request,
    Source, Verification,
};

mod beside;
mod directory;
mod expect;
#[cfg(test)]
mod tests;

/// One sign-in, and the decision it must lead to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Case {
    /// Who signs in, and to what.
    pub request: CaseRequest,
    /// The mapping keys and the site's own.
    pub settings: Settings,
    /// Verified claims by source.
    pub claims: CaseClaims,
    /// What the installation knows.
    pub directory: CaseDirectory,
    /// What the policy must say; without it any decision passes.
    pub expect: Option<Expect>,
}

/// What came of a case.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// Whether the decision is the expected one.
    pub pass: bool,
    /// Where it differs, a line each; members of a list that differ on further lines.
    pub differences: Vec<String>,
    /// The decision, unless the policy failed.
    pub decision: Option<Decision>,
    /// Why there is no decision.
    pub failure: Option<Failure>,
    /// What was read and asked.
    pub evidence: Evidence,
    /// What it cost.
    pub cost: Cost,
}

/// Puts the case to the policy, in the same way as a sign-in.
///
/// # Panics
/// Outside of a tokio runtime, like [`Policy::decide`].
pub async fn run(case: &Case, policy: &Policy) -> Verdict {
    let (question, directory) = case.question_and_directory();
    let decided = policy
        .decide(question, std::sync::Arc::new(directory))
        .await;
    let differences = match (&case.expect, &decided.outcome) {
        (Some(expect), outcome) => expect.differences(outcome.as_ref()),
        (None, Ok(_)) => Vec::new(),
        (None, Err(failure)) => vec![format!("the policy failed: {failure}")],
    };
    let (decision, failure) = match decided.outcome {
        Ok(decision) => (Some(decision), None),
        Err(failure) => (None, Some(failure)),
    };
    Verdict {
        pass: differences.is_empty(),
        differences,
        decision,
        failure,
        cost: decided.evidence.cost,
        evidence: decided.evidence,
    }
}

/// 2 KB of Keycloak claims, the default policy's rules, two look-ups.
const TYPICAL: &str = include_str!("case/typical.json");

impl Case {
    /// A sign-in as most are: what measurements ask.
    pub fn typical() -> Self {
        Self::parse(TYPICAL).unwrap_or_else(|error| unreachable!("a test reads it: {error}"))
    }

    /// Nobody's sign-in at a site with settings of its own, which are a JSON object.
    ///
    /// # Errors
    /// In words for whoever wrote the settings, with line and column.
    pub fn with_site_settings(text: &str) -> Result<Self, String> {
        let site =
            serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"))?;
        let mut case = Self::default();
        case.settings.site = site;
        Ok(case)
    }

    /// Reads a case.
    ///
    /// # Errors
    /// In words for the author of the case, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("not a case: {error}"))
    }

    /// The sign-in that the case describes.
    pub fn question_and_directory(&self) -> (Question, InMemory) {
        let claims = self.claims.with_configured(&self.settings);
        let email = email(&claims, &self.settings.claims.email);
        let verified = email.as_ref().filter(|email| email.is_verified());
        let directory = &self.directory;
        let question = Question {
            invitations: directory.invitations_of(verified),
            domain_company: directory.company_of_domain(verified),
            known: directory.known.as_ref().map(KnownUser::known),
            settings: serde_json::to_value(&self.settings).unwrap_or_default(),
            request: self.request.with_email(email),
            claims,
        };
        (question, directory.lookups())
    }
}

/// Who signs in, and to what.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::Request")]
pub struct CaseRequest {
    pub provider: String,
    pub issuer: String,
    pub client_id: String,
    pub subject: String,
    pub company: Option<CompanyId>,
    pub time: u64,
}

impl CaseRequest {
    fn with_email(&self, email: Option<Email>) -> Request {
        let this = self.clone();
        Request {
            provider: this.provider,
            issuer: this.issuer,
            client_id: this.client_id,
            subject: this.subject,
            email,
            company: this.company,
            time: this.time,
        }
    }
}

impl Default for CaseRequest {
    fn default() -> Self {
        Self {
            provider: "keycloak".into(),
            issuer: "https://kc.example/realms/r".into(),
            client_id: "usher".into(),
            subject: "subject-1".into(),
            company: None,
            time: 1_700_000_000,
        }
    }
}

/// The settings document of [`Provider::policy_document`](crate::domain::Provider), to be
/// read with defaults. A test holds that both are alike.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::Provider")]
pub struct Settings {
    pub default_company: Option<CompanyId>,
    pub claims: ClaimSettings,
    pub groups: GroupSettings,
    pub admin_role: String,
    pub get_info_from_access_token: bool,
    pub policy: PolicySettings,
    pub site: Map<String, Value>,
}

/// `claims__…`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::Provider")]
pub struct ClaimSettings {
    pub name: String,
    pub user_id: String,
    pub email: String,
}

/// `groups__…`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::Groups")]
pub struct GroupSettings {
    pub enabled: bool,
    pub claim: String,
    pub absent: Absent,
    pub admins: Vec<String>,
    pub case_sensitive: bool,
    pub prohibit_user_signup_if_not_in_group: bool,
}

/// `policy__…`, as far as a policy sees it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the fields are those of domain::PolicySettings"
)]
pub struct PolicySettings {
    pub may_move: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_company: None,
            claims: ClaimSettings::default(),
            groups: GroupSettings::default(),
            admin_role: "admin".into(),
            get_info_from_access_token: true,
            policy: PolicySettings::default(),
            site: Map::new(),
        }
    }
}

impl Default for ClaimSettings {
    fn default() -> Self {
        Self {
            name: "name".into(),
            user_id: "sub".into(),
            email: "email".into(),
        }
    }
}

impl Default for GroupSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            claim: "groups".into(),
            absent: Absent::Empty,
            admins: Vec::new(),
            case_sensitive: true,
            prohibit_user_signup_if_not_in_group: false,
        }
    }
}

/// Claims by source. The ID token and the configured source are there even if left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of domain::Claims")]
pub struct CaseClaims {
    pub id_token: Option<Map<String, Value>>,
    pub access_token: Option<Map<String, Value>>,
    pub userinfo: Option<Map<String, Value>>,
}

impl CaseClaims {
    fn with_configured(&self, settings: &Settings) -> Claims {
        let configured = match settings.get_info_from_access_token {
            true => Source::AccessToken,
            false => Source::Userinfo,
        };
        let given = |source, claims: &Option<Map<String, Value>>| {
            let always = source == configured;
            let claims = claims.clone().or_else(|| always.then(Map::new));
            claims.map(Value::Object)
        };
        Claims {
            configured,
            id_token: Value::Object(self.id_token.clone().unwrap_or_default()),
            access_token: given(Source::AccessToken, &self.access_token),
            userinfo: given(Source::Userinfo, &self.userinfo),
        }
    }
}

/// The e-mail address, from the configured source.
fn email(claims: &Claims, setting: &str) -> Option<Email> {
    let document = claims.document(claims.configured)?;
    let pointer = ClaimName::parse(setting)?.pointer();
    let address = super::value::at(document, &pointer)?.as_str()?;
    let verification = match document.get("email_verified") {
        Some(Value::Bool(true)) => Verification::Verified,
        None | Some(Value::Null) => Verification::Unstated,
        Some(_) => Verification::Unverified,
    };
    Email::parse(address, verification)
}

/// Company id → names of its groups.
type Companies = BTreeMap<String, Vec<String>>;
