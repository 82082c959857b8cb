use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CompanyId, LogLine, Lookup, PolicyId, ProviderName, Read, Reference, Step, UserId};

/// One record of the decision log (`spec.md` §6), as it is kept and listed.
///
/// All verified claims lie beside it, encrypted; they are not part of what is listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The reference that a page shows.
    #[serde(rename = "ref")]
    pub reference: Reference,
    /// When.
    pub time: Timestamp,
    /// What kind of event.
    pub kind: Kind,
    /// The connection, if the attempt could be tied to one.
    pub provider: Option<ProviderName>,
    /// HMAC-SHA-256 of (issuer, subject) with the secret key, hex; as soon as they are known.
    pub subject_hmac: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// The code of a refusal or failure; a policy's own code as it is.
    pub code: Option<String>,
    /// Limit name, failed check or step; who changed what, if somebody did by hand.
    pub detail: Option<String>,
    /// The company, once the person is placed.
    pub company: Option<CompanyId>,
    /// The user, once there is one.
    pub user: Option<UserId>,
    /// What became of group memberships.
    pub groups: Effect,
    /// What became of the administrator role.
    pub admin: AdminEffect,
    /// Which policy decided, if one was asked.
    pub policy: Option<PolicyId>,
    /// SHA-256 of the settings it was given, hex.
    pub settings_sha256: Option<String>,
    /// Every claim that the policy read.
    pub reads: Vec<Read>,
    /// Every look-up with its answer.
    pub lookups: Vec<Lookup>,
    /// The policy's trace, rule by rule.
    pub trace: Vec<Step>,
    /// What the policy logged.
    pub logs: Vec<LogLine>,
    /// Microseconds by step: `redeem`, `verify`, `decide`, `apply`, …
    pub durations_us: BTreeMap<String, u64>,
}

impl Record {
    /// A record of something that failed so far, with nothing else known about it.
    pub fn new(reference: Reference, time: Timestamp, kind: Kind) -> Self {
        Self {
            reference,
            time,
            kind,
            provider: None,
            subject_hmac: None,
            outcome: Outcome::Failed,
            code: None,
            detail: None,
            company: None,
            user: None,
            groups: Effect::default(),
            admin: AdminEffect::default(),
            policy: None,
            settings_sha256: None,
            reads: Vec::new(),
            lookups: Vec::new(),
            trace: Vec::new(),
            logs: Vec::new(),
            durations_us: BTreeMap::new(),
        }
    }
}

/// What kind of event a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody tried to sign in.
    SignIn,
    /// A policy was loaded, refused or rolled back.
    Policy,
    /// An administrator changed something.
    Admin,
}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A session was opened, or the change made.
    Admitted,
    /// The rules said no.
    Refused,
    /// Something is broken.
    Failed,
}

/// Group memberships that changed, of origin `idp` at a sign-in and of origin `manual` by hand,
/// and names the company does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Joined.
    pub added: Vec<String>,
    /// Left.
    pub removed: Vec<String>,
    /// Asked for, but there is no such group.
    pub unknown: Vec<String>,
}

/// What became of the administrator role, of origin `idp` at a sign-in and of origin `manual` by
/// hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminEffect {
    /// The person became an administrator.
    Granted,
    /// The person is none any more.
    Revoked,
    /// As before.
    #[default]
    Unchanged,
}
