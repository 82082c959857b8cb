//! Who the verified tokens are about.

use serde_json::Value;

use super::OidcError;
use crate::domain::{
    ClaimName, Email, Provider, Source, Verification, VerifiedIdentity, VerifiedTokens,
};

/// Reads name and e-mail from the one configured source: the access token, or the answer of
/// the userinfo endpoint. Sources are never merged (`spec.md` §4.1, §4.10).
///
/// The identity is (issuer, subject of the ID token), whatever other claims are configured.
///
/// # Errors
/// The configured source is missing, or the e-mail claim is there and is no e-mail address:
/// one that could belong to two domains must not reach a policy.
pub fn collect(
    tokens: VerifiedTokens,
    userinfo: Option<Value>,
    provider: &Provider,
) -> Result<VerifiedIdentity, OidcError> {
    let configured = provider.claims_source();
    let (_, access_token) = VerifiedIdentity::documents(&tokens);
    let document = match configured {
        Source::Userinfo => userinfo.as_ref(),
        _ => access_token,
    };
    let Some(document) = document else {
        let detail = format!(
            "there are no claims of the configured source {}",
            configured.as_str()
        );
        return Err(OidcError::token("claims", detail));
    };
    let email = email(document, &provider.claim_email)?;
    let name = name(document, &provider.claim_name)
        .or_else(|| email.as_ref().map(|email| email.address().to_owned()))
        .unwrap_or_else(|| tokens.subject().to_owned());
    Ok(VerifiedIdentity::new(
        tokens, userinfo, configured, name, email,
    ))
}

/// `claims__name`, else `preferred_username`, fit to be shown.
fn name(document: &Value, claim: &ClaimName) -> Option<String> {
    let text = |pointer: &str| shown(document.pointer(pointer)?.as_str()?);
    text(&claim.pointer()).or_else(|| text("/preferred_username"))
}

/// Without control characters, at most 200 characters, or nothing.
fn shown(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn email(document: &Value, claim: &ClaimName) -> Result<Option<Email>, OidcError> {
    let address = match document.pointer(&claim.pointer()) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(address)) if address.is_empty() => return Ok(None),
        Some(Value::String(address)) => address,
        Some(_) => return Err(OidcError::token("email", "the e-mail claim is no string")),
    };
    match Email::parse(address, Verification::of(document, address)) {
        Some(email) => Ok(Some(email)),
        None => Err(OidcError::token(
            "email",
            "the e-mail claim is not one well-formed address",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixture::{provider, verified};
    use super::*;

    fn collected(claims: Value) -> Result<VerifiedIdentity, OidcError> {
        collect(verified(Some(claims)), None, &provider())
    }

    #[test]
    fn hole3_only_the_literal_true_verifies_an_address() {
        for (flag, expected) in [
            (json!(true), Verification::Verified),
            (json!(false), Verification::Unverified),
            (json!("true"), Verification::Unverified),
            (json!("false"), Verification::Unverified),
            (json!(1), Verification::Unverified),
            (json!(0), Verification::Unverified),
            (json!({"value": true}), Verification::Unverified),
            (json!(null), Verification::Unverified),
        ] {
            let claims = json!({"email": "ann@corp.com", "email_verified": flag});
            let email = collected(claims).unwrap().email.unwrap();
            assert_eq!(email.verification(), expected, "{flag}");
        }
        let absent = collected(json!({"email": "Ann@Corp.com"})).unwrap();
        let email = absent.email.unwrap();
        assert_eq!(email.verification(), Verification::Unstated);
        assert_eq!(email.address(), "ann@corp.com");
    }

    #[test]
    fn hole4_the_flag_of_one_address_does_not_verify_another() {
        let mut provider = provider();
        provider.claim_email = ClaimName::parse("upn").unwrap();
        let read = |claims: Value| {
            let identity = collect(verified(Some(claims)), None, &provider).unwrap();
            identity.email.unwrap().verification()
        };
        let other = json!({"upn": "boss@corp.com", "email": "x@y.z", "email_verified": true});
        assert_eq!(read(other), Verification::Unstated);
        let same = json!({"upn": "A@y.z", "email": "a@y.z", "email_verified": true});
        assert_eq!(read(same), Verification::Verified);
        assert_eq!(read(json!({"upn": "a@y.z"})), Verification::Unstated);
        let alone = json!({"upn": "boss@corp.com", "email_verified": true});
        assert_eq!(read(alone), Verification::Unstated);
        let refused = json!({"upn": "boss@corp.com", "email_verified": false});
        assert_eq!(read(refused), Verification::Unstated);
    }

    #[test]
    fn hole9_an_address_of_two_domains_is_refused_and_a_missing_one_is_not() {
        for email in [
            json!("x@evil,y@corp"),
            json!("x@evil@corp"),
            json!(["a@b.c"]),
            json!(7),
        ] {
            let error = collected(json!({"email": email, "email_verified": true})).unwrap_err();
            assert_eq!(error.check, "email");
        }
        for claims in [json!({}), json!({"email": ""}), json!({"email": null})] {
            assert_eq!(collected(claims).unwrap().email, None);
        }
        let flag_alone = collected(json!({"email_verified": true})).unwrap();
        assert_eq!(flag_alone.email, None);
    }

    #[test]
    fn the_name_falls_back_to_user_name_address_and_subject() {
        let all = json!({"name": " Ann\u{7} ", "preferred_username": "ann", "email": "a@b.c"});
        assert_eq!(collected(all).unwrap().name, "Ann");
        let blank = json!({"name": " ", "preferred_username": "ann"});
        assert_eq!(collected(blank).unwrap().name, "ann");
        assert_eq!(collected(json!({"email": "A@b.c"})).unwrap().name, "a@b.c");
        assert_eq!(collected(json!({})).unwrap().name, "the-subject");
        let long = collected(json!({"name": "x".repeat(1000)})).unwrap();
        assert_eq!(long.name.len(), 200);
    }

    #[test]
    fn sources_are_never_merged() {
        let mut provider = provider();
        let error = collect(verified(None), None, &provider).unwrap_err();
        assert_eq!(error.check, "claims");
        provider.get_info_from_access_token = false;
        assert!(collect(verified(Some(json!({"name": "A"}))), None, &provider).is_err());
        let userinfo = json!({"sub": "the-subject"});
        let identity = collect(verified(None), Some(userinfo), &provider).unwrap();
        assert_eq!(identity.claims.configured, Source::Userinfo);
        assert_eq!(
            identity.name, "the-subject",
            "the ID token's name is not taken"
        );
    }
}
