use std::fmt;

use serde::Serialize;
use wasmtime::Trap;

use crate::domain::{Code, Level, LogLine};

/// Why a policy gave no decision. Nobody is admitted by a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct Failure {
    /// The limit, or what else went wrong.
    pub kind: FailureKind,
    /// In words for the operator and the author of the policy: safe to log and to record.
    pub message: String,
}

/// What went wrong, under the names of `policy.md` §5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Memory, table elements or instances beyond the limit.
    Memory,
    /// The wasm stack is exhausted.
    Stack,
    /// Too long in the guest, or too long altogether.
    Timeout,
    /// A call or answer that is too big, or has too many parts.
    Output,
    /// Too many look-ups, log lines or reads.
    Budget,
    /// The guest trapped: a panic, most often.
    Trap,
    /// The answer breaks the rules for a decision (`spec.md` §4.4).
    Invalid,
    /// The policy said itself that it failed.
    Error,
    /// All guest threads are busy and the queue is full: no fault of the policy.
    QueueFull,
    /// The directory did not answer a look-up: no fault of the policy.
    Lookup,
}

impl FailureKind {
    /// The name in records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Timeout => "timeout",
            Self::Output => "output",
            Self::Budget => "budget",
            Self::Trap => "trap",
            Self::Invalid => "invalid",
            Self::Error => "error",
            Self::QueueFull => "queue_full",
            Self::Lookup => "lookup",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Failure {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// The code of `spec.md` §7: `unavailable` where the policy is not to blame.
    pub fn code(&self) -> Code {
        match self.kind {
            FailureKind::QueueFull | FailureKind::Lookup => Code::Unavailable,
            _ => Code::PolicyFailed,
        }
    }

    /// What ended a call into a guest. A panic arrives as a line of its log: the last one of
    /// level `error` explains a trap better than the trap does.
    pub(super) fn of_call(error: &wasmtime::Error, logs: &[LogLine]) -> Self {
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return Self::new(stop.kind, &*stop.message);
        }
        let kind = match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => FailureKind::Stack,
            Some(Trap::AllocationTooLarge) => FailureKind::Memory,
            Some(Trap::Interrupt) => FailureKind::Timeout,
            Some(_) => FailureKind::Trap,
            None if says(error, "fuel allocated for hostcalls") => FailureKind::Output,
            None if says(error, "resource limit exceeded") => FailureKind::Memory,
            None => FailureKind::Invalid,
        };
        let last_words = logs.iter().rfind(|line| line.level == Level::Error);
        match (kind, last_words) {
            (FailureKind::Trap, Some(line)) => Self::new(kind, &*line.message),
            _ => Self::new(kind, error.root_cause().to_string()),
        }
    }
}

/// wasmtime's errors for exhausted hostcall fuel and for too many instances are private: their
/// words are all there is. Tests hold them.
fn says(error: &wasmtime::Error, words: &str) -> bool {
    error.chain().any(|cause| cause.to_string().contains(words))
}

/// Raised by the host inside a call from the guest: ends the guest.
#[derive(Debug, thiserror::Error)]
#[error("{kind}: {message}")]
pub(super) struct Stop {
    pub(super) kind: FailureKind,
    pub(super) message: String,
}

impl Stop {
    pub(super) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }
}
