use serde::{Deserialize, Serialize};

use crate::domain::{LogLine, Lookup, Read, Reading, Record, RecordedClaims, Step};

/// The part of a record that is sealed and removed in time.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Values {
    reads: Vec<Read>,
    lookups: Vec<Lookup>,
    trace: Vec<Step>,
    logs: Vec<LogLine>,
    unknown_groups: Vec<String>,
}

impl Values {
    /// Moves the values out of a record.
    pub(super) fn take_out_of(record: &mut Record) -> Self {
        Self {
            reads: std::mem::take(&mut record.reads),
            lookups: std::mem::take(&mut record.lookups),
            trace: std::mem::take(&mut record.trace),
            logs: std::mem::take(&mut record.logs),
            unknown_groups: std::mem::take(&mut record.groups.unknown),
        }
    }

    /// Moves them back.
    pub(super) fn put_back(self, record: &mut Record) {
        record.reads = self.reads;
        record.lookups = self.lookups;
        record.trace = self.trace;
        record.logs = self.logs;
        record.groups.unknown = self.unknown_groups;
    }
}

/// Where no claim values are kept: which claims were read and which rules applied stays, what
/// they saw goes. Look-ups and logs go altogether, since they may repeat claims anywhere; the
/// names of groups that do not exist stay, since the administrator is to see them.
pub(super) fn keep_only(record: &mut Record, claims: RecordedClaims) {
    if claims != RecordedClaims::None {
        return;
    }
    for read in &mut record.reads {
        if matches!(read.found, Reading::Value { .. }) {
            read.found = Reading::Withheld { withheld: true };
        }
    }
    for step in &mut record.trace {
        step.saw.clear();
    }
    record.lookups.clear();
    record.logs.clear();
}
