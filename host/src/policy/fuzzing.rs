//! What strangers wrote, read without running it: for `fuzz/`.

use serde_json::Value;

use super::inspect::Inspection;
use super::revision::{LoadError, examine};
use super::value;
use crate::domain::PolicyLimits;

/// Every step of loading before anything is compiled.
///
/// # Errors
/// The first step that refuses the component.
pub fn examined(bytes: &[u8], limits: PolicyLimits) -> Result<Inspection, LoadError> {
    examine(bytes, limits).map(|(inspection, _)| inspection)
}

/// What a policy finds at a pointer.
pub fn at<'a>(document: &'a Value, pointer: &str) -> Option<&'a Value> {
    value::at(document, pointer)
}

/// What a policy is told of it, in the words of the debugger; none where that is too much.
pub fn told(found: Option<&Value>) -> Option<String> {
    let answer = value::answer(found).ok()?;
    Some(format!("{answer:?}"))
}
