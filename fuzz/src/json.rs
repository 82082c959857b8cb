//! JSON as Usher reads it: whole, without duplicate members, and not too deep.

use serde_json::{Map, Value};
use usher::oidc::fuzzing;

const DEEPEST: usize = 32;

/// What is accepted reads the same for everybody.
pub(crate) fn object(bytes: &[u8]) {
    let Ok(object) = fuzzing::object(bytes) else {
        return;
    };
    // The other one reads such a member as a secret sign of its own, and Usher as a name.
    let is_a_sign = |part: &[u8]| part.starts_with(b"$serde_json::private");
    if !(0..bytes.len()).any(|at| is_a_sign(&bytes[at..])) {
        assert_eq!(object, unambiguous(bytes));
    }
}

/// The object in a text that nobody can read differently.
///
/// # Panics
/// It is no JSON object, a member is there twice, or it is nested too deeply.
pub(crate) fn unambiguous(bytes: &[u8]) -> Map<String, Value> {
    let value: Value = serde_json::from_slice(bytes).expect("JSON");
    assert_eq!(colons(bytes), members(&value), "a member is there twice");
    assert!(depth(&value) <= DEEPEST, "nested too deeply");
    match value {
        Value::Object(object) => object,
        _ => panic!("no object"),
    }
}

/// Colons outside of strings: one for each member that is written down.
fn colons(json: &[u8]) -> usize {
    let (mut colons, mut quoted, mut escaped) = (0, false, false);
    for byte in json {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b':') => colons += 1,
            _ => {}
        }
    }
    colons
}

/// Members that are left once the last of each name has won.
fn members(value: &Value) -> usize {
    match value {
        Value::Object(object) => object.len() + object.values().map(members).sum::<usize>(),
        Value::Array(array) => array.iter().map(members).sum(),
        _ => 0,
    }
}

fn depth(value: &Value) -> usize {
    let deepest = |depth: Option<usize>| 1 + depth.unwrap_or_default();
    match value {
        Value::Object(object) => deepest(object.values().map(depth).max()),
        Value::Array(array) => deepest(array.iter().map(depth).max()),
        _ => 0,
    }
}
