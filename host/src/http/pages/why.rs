use super::ClaimName;
use super::words::Words;
use crate::domain::{Finding, Read, Reading, Record, Reference, Step};

/// Why the last sign-in ended as it did: from its audit record, for its owner only.
#[derive(Debug, Clone)]
pub struct Why {
    /// The record.
    pub reference: Reference,
    /// SHA-256 of the policy, hex.
    pub policy: Option<String>,
    /// The policy's trace, in its order.
    pub rules: Vec<Rule>,
    /// Every claim that the policy read.
    pub reads: Vec<ReadClaim>,
}

impl Why {
    /// What a record tells its owner.
    pub fn of(record: &Record) -> Self {
        Self {
            reference: record.reference.clone(),
            policy: record.policy.as_ref().map(|id| id.sha256.clone()),
            rules: record.trace.iter().map(Rule::of).collect(),
            reads: record.reads.iter().map(ReadClaim::of).collect(),
        }
    }

    /// Enough of the digest to compare by eye.
    pub(super) fn policy_start(&self) -> Option<String> {
        let digest = self.policy.as_deref()?;
        Some(digest.chars().take(12).collect())
    }
}

/// One rule of the policy.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub finding: Finding,
    /// What it looked at, in the policy's words.
    pub saw: String,
}

impl Rule {
    fn of(step: &Step) -> Self {
        Self {
            name: step.rule.clone(),
            finding: step.finding,
            saw: step.saw.clone(),
        }
    }

    pub(super) fn result(&self, words: &Words) -> &'static str {
        match self.finding {
            Finding::Hit => words.why.hit,
            Finding::Miss => words.why.miss,
            Finding::Skipped => words.why.skipped,
        }
    }
}

/// One claim that the policy read.
#[derive(Debug, Clone)]
pub struct ReadClaim {
    /// Which.
    pub claim: ClaimName,
    /// What it was.
    pub value: Shown,
}

impl ReadClaim {
    fn of(read: &Read) -> Self {
        let value = match &read.found {
            Reading::Value { value } => Shown::Value(format!("{value:#}")),
            Reading::Withheld { .. } => Shown::NotKept,
            Reading::Absent {} => Shown::Absent,
        };
        let claim = ClaimName {
            source: read.source,
            pointer: read.pointer.clone(),
        };
        Self { claim, value }
    }

    pub(super) fn value(&self) -> Option<&str> {
        match &self.value {
            Shown::Value(value) => Some(value),
            Shown::Absent | Shown::NotKept => None,
        }
    }

    pub(super) fn instead(&self, words: &Words) -> &'static str {
        match self.value {
            Shown::NotKept => words.why.not_kept,
            Shown::Value(_) | Shown::Absent => words.why.absent,
        }
    }
}

/// What is shown of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Its value, as indented JSON.
    Value(String),
    /// The token did not have it.
    Absent,
    /// The record does not hold it (`USHER__RECORDS__…`), or no longer.
    NotKept,
}
