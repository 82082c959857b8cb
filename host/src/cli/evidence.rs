use serde::Serialize;
use serde_json::Value;

use super::console::table;
use crate::domain::{LogLine, Lookup, Read, Step};

/// Why a decision was made: rule by rule, what was read and asked, what was logged. Empty
/// parts are left out.
pub(super) fn sections(
    trace: &[Step],
    reads: &[Read],
    lookups: &[Lookup],
    logs: &[LogLine],
) -> String {
    let sections = [
        rules(trace),
        claims(reads),
        self::lookups(lookups),
        self::logs(logs),
    ];
    let sections = sections.into_iter().flatten();
    sections.map(|table| format!("\n{table}\n")).collect()
}

/// Rule by rule; none if there are none.
pub(super) fn rules(trace: &[Step]) -> Option<String> {
    let finding = |step: &Step| step.finding.as_str().to_owned();
    let rows = trace
        .iter()
        .map(|step| [step.rule.clone(), finding(step), step.saw.clone()]);
    (!trace.is_empty()).then(|| table(&["rule", "finding", "saw"], rows))
}

fn claims(reads: &[Read]) -> Option<String> {
    let rows = reads.iter().map(read);
    (!reads.is_empty()).then(|| table(&["read from", "claim", "value"], rows))
}

/// What the directory was asked; none if nothing.
pub(super) fn lookups(lookups: &[Lookup]) -> Option<String> {
    let rows = lookups.iter().map(lookup);
    (!lookups.is_empty()).then(|| table(&["look-up", "asked", "answer"], rows))
}

/// What the policy logged; none if nothing.
pub(super) fn logs(logs: &[LogLine]) -> Option<String> {
    let rows = logs
        .iter()
        .map(|line| [word(&line.level), line.message.clone()]);
    (!logs.is_empty()).then(|| table(&["logged", "message"], rows))
}

fn read(read: &Read) -> [String; 3] {
    let whole = serde_json::to_value(read).unwrap_or_default();
    let value = match (whole.get("value"), whole.get("withheld")) {
        (Some(value), _) => value.to_string(),
        (None, Some(_)) => "(not kept)".to_owned(),
        (None, None) => "(absent)".to_owned(),
    };
    let claim = match read.pointer.as_str() {
        "" => "(whole document)".to_owned(),
        pointer => pointer.to_owned(),
    };
    [read.source.as_str().to_owned(), claim, value]
}

fn lookup(lookup: &Lookup) -> [String; 3] {
    let whole = serde_json::to_value(lookup).unwrap_or_default();
    let part = |name: &str| match whole.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "-".to_owned(),
    };
    [part("call"), part("asked"), part("answer")]
}

/// A word as JSON writes it.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
