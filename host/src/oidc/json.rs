//! Reads JSON as nobody can read it differently: a member that is there twice is refused, at
//! every depth (elsewhere the last one wins, and `"groups":["a"],"groups":["admin"]` grants).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep values may be nested; claims of real providers stay below 8.
const DEPTH: usize = 32;

/// Reads one JSON object and nothing behind it.
///
/// # Errors
/// The reason, without the text.
pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Value>, Unreadable> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict(DEPTH).deserialize(&mut reader);
    let value = value.map_err(|error| Unreadable::of(&error))?;
    reader.end().map_err(|_| Unreadable::NotJson)?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Unreadable::NotAnObject),
    }
}

/// Why a document was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    NotJson,
    NotAnObject,
    Duplicate,
    Reserved,
    TooDeep,
}

/// What members are called that serde_json takes for instructions: what is written to a record
/// under such a name is read back as something else, or not at all.
const INSTRUCTION: &str = "$serde_json::private::";

const DUPLICATE: &str = "duplicate member";
const RESERVED: &str = "reserved member";
const TOO_DEEP: &str = "nested too deeply";

impl Unreadable {
    fn of(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        if text.starts_with(DUPLICATE) {
            Self::Duplicate
        } else if text.starts_with(RESERVED) {
            Self::Reserved
        } else if text.starts_with(TOO_DEEP) {
            Self::TooDeep
        } else {
            Self::NotJson
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotJson => "not JSON",
            Self::NotAnObject => "not a JSON object",
            Self::Duplicate => "JSON with a member that is there twice",
            Self::Reserved => "JSON with a member whose name is reserved",
            Self::TooDeep => "JSON nested deeper than 32 levels",
        })
    }
}

/// How many levels are left.
#[derive(Clone, Copy)]
struct Strict(usize);

impl Strict {
    fn below<E: Error>(self) -> Result<Self, E> {
        let left = self.0.checked_sub(1);
        left.map(Self).ok_or_else(|| E::custom(TOO_DEEP))
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not finite"))?;
        Ok(number.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(below)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(DUPLICATE));
            }
            if name.starts_with(INSTRUCTION) {
                return Err(A::Error::custom(RESERVED));
            }
            let value = members.next_value_seed(below)?;
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_it_stands() {
        let text = r#"{"a":[1,-2,1.5,null,true,"x\n",{"b":{}}],"A":1e300}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(object(text.as_bytes()).unwrap()), expected);
    }

    #[test]
    fn a_member_that_is_there_twice_is_refused_at_every_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"b":2,"a":3}}"#,
            r#"{"x":[0,[{"a":1,"a":2}]]}"#,
        ] {
            assert_eq!(
                object(text.as_bytes()),
                Err(Unreadable::Duplicate),
                "{text}"
            );
        }
    }

    #[test]
    fn a_member_that_would_not_be_read_back_from_a_record_is_refused() {
        for text in [
            r#"{"$serde_json::private::RawValue":5}"#,
            r#"{"address":{"$serde_json::private::RawValue":"{"}}"#,
            r#"{"a":[{"\u0024serde_json::private::Number":"1"}]}"#,
        ] {
            assert_eq!(object(text.as_bytes()), Err(Unreadable::Reserved), "{text}");
        }
        assert!(object(br#"{"$serde_json":1}"#).is_ok());
    }

    #[test]
    fn other_documents_are_refused_with_the_reason() {
        let nested = |levels: usize| {
            let (open, close) = ("[".repeat(levels), "]".repeat(levels));
            format!(r#"{{"a":{open}{close}}}"#)
        };
        assert!(object(nested(31).as_bytes()).is_ok());
        for (text, reason) in [
            (nested(32).as_str(), Unreadable::TooDeep),
            (nested(100_000).as_str(), Unreadable::TooDeep),
            ("[]", Unreadable::NotAnObject),
            ("\"a\"", Unreadable::NotAnObject),
            ("", Unreadable::NotJson),
            ("{}{}", Unreadable::NotJson),
            ("{} x", Unreadable::NotJson),
            (r#"{"a":1e999}"#, Unreadable::NotJson),
            (r#"{"a":"\ud800"}"#, Unreadable::NotJson),
            ("{'a':1}", Unreadable::NotJson),
        ] {
            assert_eq!(object(text.as_bytes()), Err(reason), "{text:.40}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(Unreadable::NotJson));
    }
}
