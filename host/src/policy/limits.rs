//! Every limit of a policy (`policy.md` §5), in one place.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use super::failure::{FailureKind, Stop};
use crate::domain::PolicyLimits;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Bytes that one host call or answer may carry, in either direction.
pub(super) const CALL_BYTES: usize = 256 * KIB;
/// Look-ups of one decision.
pub(super) const LOOKUPS: usize = 32;
/// Names that one `find-groups` may ask for.
pub(super) const FIND_NAMES: usize = 1_000;
/// Log lines of one decision.
pub(super) const LOG_LINES: usize = 50;
/// Characters of a log line that are kept; the rest is cut.
pub(super) const LOG_CHARS: usize = 4_000;
/// Different claims that one decision may read. Without this and [`EVIDENCE_BYTES`] a policy
/// could fill the host's memory with evidence.
pub(super) const READS: usize = 1_000;
/// Bytes of evidence (claims read, look-ups, answers) of one decision.
pub(super) const EVIDENCE_BYTES: usize = MIB;

/// Groups in a decision.
pub(super) const GROUPS: usize = 1_000;
/// Steps of a trace.
pub(super) const TRACE_STEPS: usize = 64;
/// Characters of a company, group, rule or display name.
pub(super) const NAME_CHARS: usize = 256;
/// Characters of a refusal's message to the person.
pub(super) const MESSAGE_CHARS: usize = 300;
/// Characters of what a step of the trace saw; the rest is cut.
pub(super) const SAW_CHARS: usize = 1_000;
/// Problems of settings that a policy's own check finds; the rest is cut.
pub(super) const PROBLEMS: usize = 64;
/// Characters of what a policy says about itself, its schema of settings included.
pub(super) const ABOUT_CHARS: usize = 64_000;
/// Attributes of an outcome.
pub(super) const ATTRIBUTES: usize = 64;
/// Characters of an attribute's value.
pub(super) const ATTRIBUTE_CHARS: usize = 4_000;

/// Stack of the guest. Guest threads have [`THREAD_STACK_BYTES`], which must hold this and the
/// host's own frames.
pub(super) const WASM_STACK_BYTES: usize = 512 * KIB;
/// Stack of a guest thread.
pub(super) const THREAD_STACK_BYTES: usize = 2 * MIB;
/// A whole decision, look-ups included.
pub(super) const WHOLE: Duration = Duration::from_secs(2);
/// How often a running guest is looked at.
pub(super) const TICK: Duration = Duration::from_millis(5);
/// Live component-model handles; the contract has no resources.
pub(super) const HANDLES: usize = 64;
/// Linear memories and tables of one component, which the pool must have slots for.
pub(super) const MEMORIES: u32 = 8;
pub(super) const TABLES: u32 = 64;

/// The limits that differ between the two profiles.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) component_bytes: usize,
    /// All linear memories together.
    pub(super) memory_bytes: usize,
    /// All tables together.
    pub(super) table_elements: usize,
    pub(super) core_instances: usize,
    /// Time in the guest, look-ups not counted.
    pub(super) cpu: Duration,
}

/// The column `Rust or C`.
const STANDARD: Limits = Limits {
    component_bytes: 4 * MIB,
    memory_bytes: 16 * MIB,
    table_elements: 10_000,
    core_instances: 16,
    cpu: Duration::from_millis(50),
};

/// The column `interpreter`; also what the pool is laid out for.
pub(super) const INTERPRETER: Limits = Limits {
    component_bytes: 32 * MIB,
    memory_bytes: 128 * MIB,
    table_elements: 100_000,
    core_instances: 64,
    cpu: Duration::from_millis(250),
};

impl Limits {
    /// The column of a profile.
    pub(super) fn of(profile: PolicyLimits) -> &'static Self {
        match profile {
            PolicyLimits::Standard => &STANDARD,
            PolicyLimits::Interpreter => &INTERPRETER,
        }
    }
}

/// Counts what one store has allocated, and ends the guest at the first request beyond a limit.
///
/// The request fails as a trap rather than as a `-1` of `memory.grow`, so that the record names
/// the limit and not whatever the guest's allocator does without memory.
#[derive(Debug)]
pub(super) struct Allocated {
    limits: &'static Limits,
    memory_bytes: usize,
    table_elements: usize,
}

impl Allocated {
    pub(super) fn new(limits: &'static Limits) -> Self {
        Self {
            limits,
            memory_bytes: 0,
            table_elements: 0,
        }
    }
}

impl ResourceLimiter for Allocated {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let most = self.limits.memory_bytes;
        let after = self.memory_bytes.saturating_add(desired - current);
        if after > most {
            let words = format!("more than {} MiB of memory", most / MIB);
            return Err(Stop::new(FailureKind::Memory, words).into());
        }
        // Beyond its own maximum the memory does not grow, and nothing is allocated.
        if maximum.is_none_or(|maximum| desired <= maximum) {
            self.memory_bytes = after;
        }
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let most = self.limits.table_elements;
        let after = self.table_elements.saturating_add(desired - current);
        if after > most {
            let words = format!("more than {most} table elements");
            return Err(Stop::new(FailureKind::Memory, words).into());
        }
        if maximum.is_none_or(|maximum| desired <= maximum) {
            self.table_elements = after;
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.limits.core_instances
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}
