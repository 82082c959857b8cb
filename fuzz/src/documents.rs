//! JSON that a policy or its author meets.

use serde_json::Value;
use usher::policy::case::Case;
use usher::policy::fuzzing;

/// A case: what the host reads, an author's own tests read too.
pub(crate) fn case(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(case) = Case::parse(text) else {
        return;
    };
    if let Err(words) = policy_sdk::case::Case::parse(text) {
        panic!("only the host reads it: {words}");
    }
    let (question, _) = case.question_and_directory();
    let claims = &question.claims;
    assert!(claims.id_token.is_object());
    assert!(
        claims
            .document(claims.configured)
            .is_some_and(Value::is_object)
    );
    if let Some(email) = &question.request.email {
        assert_eq!(email.address().matches('@').count(), 1);
    }
    assert!(question.invitations.is_empty() || question.request.email.is_some());
}

/// A pointer, and behind the end of its line a document: it leads where that of `serde_json`
/// leads, and what is found there can be told.
pub(crate) fn pointer(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let pointer = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let Ok(document) = serde_json::from_slice::<Value>(parts.next().unwrap_or(b"{}")) else {
        return;
    };
    let found = fuzzing::at(&document, &pointer);
    let is_escaped = |after: &str| after.starts_with(['0', '1']);
    // Those escape nothing: RFC 6901 calls them an error.
    match pointer.split('~').skip(1).all(is_escaped) {
        true => assert_eq!(found, document.pointer(&pointer)),
        false => assert!(found.is_none() || !pointer.starts_with('/')),
    }
    let told = fuzzing::told(found);
    assert!(
        told.is_some() || bytes.len() > 16 << 10,
        "it is not that big"
    );
    assert_eq!(told.as_deref() == Some("Value::Absent"), found.is_none());
}
