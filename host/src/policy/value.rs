//! JSON as a policy meets it.

use std::borrow::Cow;

use serde_json::Value;

use super::bindings::types;
use super::failure::{FailureKind, Stop};
use super::limits::CALL_BYTES;

/// What lies at an RFC 6901 pointer. Text that is no pointer finds nothing.
///
/// `serde_json::Value::pointer` makes two texts of every token, and a decision follows some
/// thirty pointers.
pub(super) fn at<'a>(document: &'a Value, pointer: &str) -> Option<&'a Value> {
    let Some(tokens) = pointer.strip_prefix('/') else {
        return pointer.is_empty().then_some(document);
    };
    let mut tokens = tokens.split('/');
    tokens.try_fold(document, |value, token| match value {
        Value::Object(members) => members.get(&*unescaped(token)?),
        Value::Array(members) => members.get(index(token)?),
        _ => None,
    })
}

/// A token as the member's name; `None` if a `~` stands there that escapes nothing.
fn unescaped(token: &str) -> Option<Cow<'_, str>> {
    if !token.contains('~') {
        return Some(Cow::Borrowed(token));
    }
    let escaped = |after: &str| after.starts_with(['0', '1']);
    let is_fine = token.split('~').skip(1).all(escaped);
    // In this order, or `~01` would become a slash.
    is_fine.then(|| Cow::Owned(token.replace("~1", "/").replace("~0", "~")))
}

/// Digits without a leading zero, sign or anything else.
fn index(token: &str) -> Option<usize> {
    let is_plain = token.bytes().all(|byte| byte.is_ascii_digit());
    let has_zero_before = token.len() > 1 && token.starts_with('0');
    (is_plain && !has_zero_before).then(|| token.parse().ok())?
}

/// The contract's `value` for what was found.
///
/// # Errors
/// `output` if it is too big for one call.
pub(super) fn answer(found: Option<&Value>) -> Result<types::Value, Stop> {
    let Some(value) = found else {
        return Ok(types::Value::Absent);
    };
    Ok(match value {
        Value::Null => types::Value::Null,
        Value::Bool(flag) => types::Value::Flag(*flag),
        Value::Number(number) => number_of(number),
        Value::String(text) => types::Value::Text(bounded(text.clone())?),
        Value::Array(members) => match texts(members)? {
            Some(texts) => types::Value::Texts(texts),
            None => types::Value::Json(bounded(value.to_string())?),
        },
        Value::Object(_) => types::Value::Json(bounded(value.to_string())?),
    })
}

/// Member names of an object, in its order; `None` for anything else.
///
/// # Errors
/// `output` if they are too many for one call.
pub(super) fn keys(found: Option<&Value>) -> Result<Option<Vec<String>>, Stop> {
    let Some(Value::Object(members)) = found else {
        return Ok(None);
    };
    within(members.keys().map(String::len).sum())?;
    Ok(Some(members.keys().cloned().collect()))
}

/// The document as JSON text.
///
/// # Errors
/// `output` if it is too big for one call.
pub(super) fn document(value: &Value) -> Result<String, Stop> {
    bounded(value.to_string())
}

/// Refuses an answer of more bytes than a call may carry.
///
/// # Errors
/// `output`.
pub(super) fn within(bytes: usize) -> Result<(), Stop> {
    if bytes > CALL_BYTES {
        let words = format!("an answer of {bytes} bytes, at most {CALL_BYTES} are passed");
        return Err(Stop::new(FailureKind::Output, words));
    }
    Ok(())
}

/// Roughly what a value takes in a record, in bytes.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(members) => members.iter().map(size).sum::<usize>() + 2,
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| key.len() + 3 + size(value));
            members.sum::<usize>() + 2
        }
    }
}

fn number_of(number: &serde_json::Number) -> types::Value {
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => types::Value::Integer(integer),
        (None, Some(float)) if number.is_f64() => types::Value::Number(float),
        // An integer beyond 63 bits: its digits matter, a float would round them.
        _ => types::Value::Json(number.to_string()),
    }
}

/// The members, if all are strings.
fn texts(members: &[Value]) -> Result<Option<Vec<String>>, Stop> {
    if !members.iter().all(Value::is_string) {
        return Ok(None);
    }
    let texts = || members.iter().filter_map(Value::as_str);
    // Eight bytes of pointer and length for each, so that many empty strings count too.
    within(texts().map(|text| text.len() + 8).sum())?;
    Ok(Some(texts().map(str::to_owned).collect()))
}

fn bounded(text: String) -> Result<String, Stop> {
    within(text.len())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(document: &Value, pointer: &str) -> String {
        format!("{:?}", answer(at(document, pointer)).unwrap())
    }

    #[test]
    fn values_keep_their_kind() {
        let document: Value = serde_json::from_str(
            r#"{"n": null, "b": true, "i": -7, "f": 1.0, "e": 1e3, "max": 9223372036854775807,
                "big": 18446744073709551615, "t": "x", "none": [], "some": ["a", "b"],
                "mixed": ["a", 1], "o": {"z": 1, "a": 2}, "a/b": {"c~d": 1}, "": {"": "deep"}}"#,
        )
        .unwrap();
        for (pointer, expected) in [
            ("/n", "Value::Null"),
            ("/b", "Value::Flag(true)"),
            ("/i", "Value::Integer(-7)"),
            ("/f", "Value::Number(1.0)"),
            ("/e", "Value::Number(1000.0)"),
            ("/max", "Value::Integer(9223372036854775807)"),
            ("/big", r#"Value::Json("18446744073709551615")"#),
            ("/t", r#"Value::Text("x")"#),
            ("/none", "Value::Texts([])"),
            ("/some", r#"Value::Texts(["a", "b"])"#),
            ("/mixed", r#"Value::Json("[\"a\",1]")"#),
            ("/o", r#"Value::Json("{\"z\":1,\"a\":2}")"#),
            ("/some/1", r#"Value::Text("b")"#),
            ("/a~1b/c~0d", "Value::Integer(1)"),
            ("//", r#"Value::Text("deep")"#),
        ] {
            assert_eq!(shown(&document, pointer), expected, "{pointer}");
        }
        for absent in [
            "/x", "n", "/some/01", "/some/-", "/some/2", "/a~2b", "/a~", "/t/x",
        ] {
            assert_eq!(shown(&document, absent), "Value::Absent", "{absent}");
        }
    }

    #[test]
    fn pointers_lead_where_those_of_serde_json_lead() {
        let document = json!({"": {"": 1}, "a": [[0, 1], {"b/c": "x", "~": 2, "~1": 3, "01": 4}], "é": 5, "0": 6});
        let tokens = [
            "",
            "a",
            "0",
            "1",
            "01",
            "00",
            "+1",
            "-",
            "-0",
            "1 ",
            "é",
            "b~1c",
            "~0",
            "~01",
            "~1",
            "99999999999999999999",
        ];
        let mut pointers = vec![String::new(), "a".into(), "~".into()];
        for first in tokens {
            pointers.push(format!("/{first}"));
            for second in tokens {
                pointers.push(format!("/{first}/{second}"));
                let third = tokens
                    .iter()
                    .map(|third| format!("/{first}/{second}/{third}"));
                pointers.extend(third);
            }
        }
        let mut found = 0;
        for pointer in pointers {
            let there = at(&document, &pointer);
            assert_eq!(there, document.pointer(&pointer), "{pointer:?}");
            found += usize::from(there.is_some());
        }
        assert!(found > 10, "{found}");
    }

    #[test]
    fn keys_come_in_the_documents_order_and_only_from_objects() {
        let document = json!({"z": 1, "a": [], "m": {}});
        let names = keys(Some(&document)).unwrap();
        assert_eq!(names, Some(vec!["z".into(), "a".into(), "m".into()]));
        assert_eq!(keys(at(&document, "/m")).unwrap(), Some(vec![]));
        assert_eq!(keys(at(&document, "/a")).unwrap(), None);
        assert_eq!(keys(None).unwrap(), None);
    }

    #[test]
    fn an_answer_of_more_than_256_kib_is_refused() {
        let long = Value::from("x".repeat(CALL_BYTES + 1));
        let fits = Value::from("x".repeat(CALL_BYTES));
        let many = Value::from(vec![""; CALL_BYTES / 8 + 1]);
        assert!(answer(Some(&fits)).is_ok());
        for value in [&long, &many, &json!({"a": fits})] {
            let stop = answer(Some(value)).unwrap_err();
            assert_eq!(stop.kind, FailureKind::Output);
        }
    }
}
