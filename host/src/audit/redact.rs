//! Pointers that are never kept (`RECORDS__REDACT`): taken out of claims and reads, and their
//! values struck out wherever a policy may have repeated them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::{Call, ClaimName, Claims, Read, Reading, Record};

const STRUCK: &str = "[redacted]";
/// A shorter value would be found inside unrelated words; it is struck where it stands alone.
const SHORTEST_INSIDE: usize = 3;

/// What is redacted in one sign-in.
pub(super) struct Redaction {
    pointers: Vec<String>,
    /// The texts found there, longest first: one may contain another.
    texts: Vec<String>,
}

impl Redaction {
    /// `redact` holds pointers; a claim's bare name is taken for the pointer to it.
    pub(super) fn of(redact: &[String], claims: Option<&Claims>, reads: &[Read]) -> Self {
        let names = redact.iter().filter_map(|text| ClaimName::parse(text));
        let pointers: Vec<String> = names.map(|name| name.pointer()).collect();
        let mut texts = BTreeSet::new();
        for pointer in &pointers {
            for document in claims.into_iter().flat_map(documents) {
                collect(document.pointer(pointer), &mut texts);
            }
            for read in reads {
                if let Reading::Value { value } = &read.found {
                    match rest(pointer, &read.pointer) {
                        Some(below) => collect(value.pointer(below), &mut texts),
                        None if covers(pointer, &read.pointer) => collect(Some(value), &mut texts),
                        None => {}
                    }
                }
            }
        }
        let mut texts: Vec<String> = texts.into_iter().collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self { pointers, texts }
    }

    /// The claims without what is redacted.
    pub(super) fn without_redacted(&self, claims: &Claims) -> Claims {
        let mut claims = claims.clone();
        let documents = [
            Some(&mut claims.id_token),
            claims.access_token.as_mut(),
            claims.userinfo.as_mut(),
        ];
        for document in documents.into_iter().flatten() {
            for pointer in &self.pointers {
                remove(document, pointer);
            }
        }
        claims
    }

    /// Takes out of a record what is redacted.
    pub(super) fn clean(&self, record: &mut Record) {
        if self.pointers.is_empty() {
            return;
        }
        for read in &mut record.reads {
            self.clean_read(read);
        }
        for lookup in &mut record.lookups {
            self.clean_call(&mut lookup.call);
        }
        let seen = record.trace.iter_mut().map(|step| &mut step.saw);
        let logged = record.logs.iter_mut().map(|line| &mut line.message);
        let unknown = record.groups.unknown.iter_mut();
        for text in seen.chain(logged).chain(unknown).chain(&mut record.detail) {
            self.strike(text);
        }
    }

    fn clean_read(&self, read: &mut Read) {
        if self.pointers.iter().any(|p| covers(p, &read.pointer)) {
            if matches!(read.found, Reading::Value { .. }) {
                read.found = Reading::Withheld { withheld: true };
            }
            return;
        }
        if let Reading::Value { value } = &mut read.found {
            for pointer in &self.pointers {
                if let Some(below) = rest(pointer, &read.pointer) {
                    remove(value, below);
                }
            }
        }
    }

    fn clean_call(&self, call: &mut Call) {
        match call {
            Call::CompanyExists { asked, .. } => self.strike(asked),
            Call::FindGroups { asked, answer } => {
                asked.names.iter_mut().for_each(|name| self.strike(name));
                for found in answer {
                    self.strike(&mut found.asked);
                    self.strike(&mut found.name);
                }
            }
            // These hold what the directory says.
            Call::Known { .. } | Call::Invitations { .. } | Call::DomainCompany { .. } => {}
        }
    }

    fn strike(&self, text: &mut String) {
        for struck in &self.texts {
            if text == struck {
                STRUCK.clone_into(text);
            } else if struck.chars().count() >= SHORTEST_INSIDE && text.contains(struck) {
                *text = text.replace(struck, STRUCK);
            }
        }
    }
}

fn documents(claims: &Claims) -> impl Iterator<Item = &Value> {
    [
        Some(&claims.id_token),
        claims.access_token.as_ref(),
        claims.userinfo.as_ref(),
    ]
    .into_iter()
    .flatten()
}

/// Whether what lies at `read` is all within what is redacted at `pointer`.
fn covers(pointer: &str, read: &str) -> bool {
    read.strip_prefix(pointer)
        .is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// The way from `read` down to `pointer`, if it lies strictly below.
fn rest<'a>(pointer: &'a str, read: &str) -> Option<&'a str> {
    pointer
        .strip_prefix(read)
        .filter(|below| below.starts_with('/'))
}

/// Texts and numbers in a value. Flags say too little to be struck out elsewhere.
fn collect(value: Option<&Value>, texts: &mut BTreeSet<String>) {
    match value {
        Some(Value::String(text)) if !text.is_empty() => {
            texts.insert(text.clone());
        }
        Some(Value::Number(number)) => {
            texts.insert(number.to_string());
        }
        Some(Value::Array(members)) => members.iter().for_each(|m| collect(Some(m), texts)),
        Some(Value::Object(members)) => members.values().for_each(|m| collect(Some(m), texts)),
        _ => {}
    }
}

fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return;
    };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.shift_remove(&last.replace("~1", "/").replace("~0", "~"));
        }
        // The others keep their places.
        Some(Value::Array(members)) => {
            if let Some(member) = last.parse().ok().and_then(|at: usize| members.get_mut(at)) {
                *member = Value::Null;
            }
        }
        _ => {}
    }
}
