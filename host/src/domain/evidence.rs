use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Found, Invitation, Known, Matching, Source};

/// What a decision rests on: written down for every decision, so that it can be explained
/// and replayed (`policy.md` §4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which policy decided.
    pub policy: PolicyId,
    /// SHA-256 of the settings document, lower-case hex.
    pub settings_sha256: String,
    /// Every claim that was read, in order, each (source, pointer) once.
    pub reads: Vec<Read>,
    /// Every look-up with its answer, in order.
    pub lookups: Vec<Lookup>,
    /// What the policy logged.
    pub logs: Vec<LogLine>,
    /// What it cost.
    #[serde(skip)]
    pub cost: Cost,
}

/// Which policy: the component's digest and the contract it was built for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PolicyId {
    /// SHA-256 of the component, lower-case hex.
    pub sha256: String,
    /// Version of the contract, such as `0.1.0`.
    pub contract: String,
}

/// A claim that a policy asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Read {
    /// Where it looked.
    pub source: Source,
    /// RFC 6901 pointer; empty for the whole document.
    pub pointer: String,
    /// What it found; nothing there is [`Reading::Absent`], and leaves `value` out.
    #[serde(flatten)]
    pub found: Reading,
}

/// What was found at a pointer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reading {
    /// The value there.
    Value {
        /// As it stands in the token.
        value: Value,
    },
    /// A value was there, and the site keeps none of it (`RECORDS__CLAIMS`,
    /// `RECORDS__REDACT`). Only the decision log makes this.
    Withheld {
        /// Always true.
        withheld: bool,
    },
    /// Nothing there.
    Absent {},
}

/// One question to the directory with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    /// The call with what it asked.
    #[serde(flatten)]
    pub call: Call,
}

/// The calls of the contract's `directory` interface. Serialised as
/// `{"call","asked","answer"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
pub enum Call {
    /// `known()`.
    Known {
        /// The user, if the identity is known.
        answer: Option<Known>,
    },
    /// `company-exists(id)`.
    CompanyExists {
        /// The id asked for.
        asked: String,
        /// Whether it exists.
        answer: bool,
    },
    /// `invitations()`.
    Invitations {
        /// The open ones.
        answer: Vec<Invitation>,
    },
    /// `domain-company()`.
    DomainCompany {
        /// The owner of the domain.
        answer: Option<String>,
    },
    /// `find-groups(company, names, matching)`.
    FindGroups {
        /// What was asked for.
        asked: FindGroups,
        /// The groups that exist.
        answer: Vec<Found>,
    },
}

/// What `find-groups` asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindGroups {
    /// The company.
    pub company: String,
    /// The names.
    pub names: Vec<String>,
    /// How they are compared.
    pub matching: Matching,
}

/// A line that a policy logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How grave.
    pub level: Level,
    /// The text, cut at its limit.
    pub message: String,
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For the author.
    Debug,
    /// For the curious.
    Info,
    /// Somebody should look.
    Warn,
    /// Something failed.
    Error,
}

/// What a decision cost, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Waiting for a free guest thread.
    pub queued_us: u64,
    /// Making the instance.
    pub instantiate_us: u64,
    /// Running it, look-ups included.
    pub decide_us: u64,
}
