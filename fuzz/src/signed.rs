//! Tokens of a provider that exists nowhere else: signed with the one key here, or not signed at
//! all.

use std::sync::LazyLock;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use usher::oidc::{Keys, fuzzing};

use super::json::unambiguous;

/// 32 bytes that are no secret: what they sign is believed here and nowhere else.
const SEED: [u8; 32] = [7; 32];

static PAIR: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&SEED).expect("32 bytes"));

/// The provider's keys: the one that is used, and others that a token may ask for.
pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let x = URL_SAFE_NO_PAD.encode(PAIR.public_key());
    let set = json!({"keys": [
        {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "ed", "x": x},
        {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "p256",
         "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
         "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"},
    ]});
    fuzzing::keys(set.to_string().as_bytes()).expect("a key set")
});

/// The token that bytes stand for. A line of header and what follows as claims are signed, so
/// that a fuzzer gets past the signature; a single line is the token itself.
pub fn token(bytes: &[u8]) -> String {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    match (lines.next(), lines.next()) {
        (Some(header), Some(claims)) => sign(header, claims),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Header and claims as they are, with a signature that holds.
pub fn sign(header: &[u8], claims: &[u8]) -> String {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let message = format!("{}.{}", part(header), part(claims));
    let signature = PAIR.sign(message.as_bytes());
    format!("{message}.{}", part(signature.as_ref()))
}

/// The claims of a token that was accepted, after it was looked at once more.
///
/// # Panics
/// It ought not to have been accepted.
pub fn believed(token: &str, types: &[&str]) -> Map<String, Value> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("{} parts", parts.len());
    };
    let message = &token[..header.len() + 1 + claims.len()];
    UnparsedPublicKey::new(&ED25519, PAIR.public_key())
        .verify(message.as_bytes(), &decode(signature))
        .expect("the signature holds");
    assert_header(&unambiguous(&decode(header)), types);
    unambiguous(&decode(claims))
}

fn assert_header(header: &Map<String, Value>, types: &[&str]) {
    let alg = header["alg"].as_str().expect("alg is text");
    assert!(["EdDSA", "Ed25519"].contains(&alg), "alg {alg}");
    if let Some(kid) = header.get("kid") {
        assert_eq!(kid, "ed");
    }
    if let Some(typ) = header.get("typ") {
        let typ = typ.as_str().expect("typ is text").to_ascii_lowercase();
        let short = typ.strip_prefix("application/").unwrap_or(&typ);
        assert!(types.contains(&short), "typ {typ}");
    }
    for name in ["crit", "b64", "zip", "enc", "cty"] {
        assert!(!header.contains_key(name), "{name}");
    }
}

fn decode(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).expect("base64url")
}
