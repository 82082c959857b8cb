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
    let mut text = String::new();
    let mut section = |is_there: bool, table: &dyn Fn() -> String| {
        if is_there {
            text.push('\n');
            text.push_str(&table());
            text.push('\n');
        }
    };
    section(!trace.is_empty(), &|| {
        let finding = |step: &Step| step.finding.as_str().to_owned();
        let rows = trace
            .iter()
            .map(|step| [step.rule.clone(), finding(step), step.saw.clone()]);
        table(&["rule", "finding", "saw"], rows)
    });
    section(!reads.is_empty(), &|| {
        table(&["read from", "claim", "value"], reads.iter().map(read))
    });
    section(!lookups.is_empty(), &|| {
        table(&["look-up", "asked", "answer"], lookups.iter().map(lookup))
    });
    section(!logs.is_empty(), &|| {
        let rows = logs
            .iter()
            .map(|line| [word(&line.level), line.message.clone()]);
        table(&["logged", "message"], rows)
    });
    text
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
