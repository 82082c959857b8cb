use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::{PolicyId, ProviderName};

/// Which policy decides the sign-ins of a provider, and what was refused since it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Activation {
    /// The connection.
    pub provider: ProviderName,
    /// Where it was read; none for the built-in default policy.
    pub path: Option<PathBuf>,
    /// The component.
    #[serde(flatten)]
    pub policy: PolicyId,
    /// Since when it decides.
    pub since: Timestamp,
    /// What was to take its place and could not; none once the file is the active one.
    pub refused: Option<RefusedPolicy>,
}

/// A policy that did not become the active one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedPolicy {
    /// When.
    pub time: Timestamp,
    /// The step of loading that refused it.
    pub step: String,
    /// What is wrong and what to do, in one line.
    pub message: String,
    /// SHA-256 of the file, lower-case hex; none if it could not be read.
    pub sha256: Option<String>,
}
