//! Makes tokens of every kind, right and wrong.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::Keys;

pub(super) static RSA: LazyLock<RsaKeyPair> = LazyLock::new(rsa);
/// A key that nobody publishes.
pub(super) static FOREIGN: LazyLock<RsaKeyPair> = LazyLock::new(rsa);
pub(super) static P256: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());
pub(super) static P384: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap());
pub(super) static ED: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::generate().unwrap());

fn rsa() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).unwrap()
}

pub(super) fn rsa_jwk(pair: &RsaKeyPair, kid: &str) -> Value {
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": b64(public.n), "e": b64(public.e)})
}

fn ec_jwk(pair: &EcdsaKeyPair, crv: &str, alg: &str, kid: &str) -> Value {
    let point = pair.public_key().as_ref();
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    json!({"kty": "EC", "use": "sig", "alg": alg, "kid": kid, "crv": crv, "x": b64(x), "y": b64(y)})
}

/// One key of every kind; RS256 has the id `rsa`, and the others try to be taken for it.
pub(super) fn published() -> Keys {
    let mut ps256 = rsa_jwk(&RSA, "ps");
    ps256["alg"] = "PS256".into();
    keys(&[
        ec_jwk(&P256, "P-256", "ES256", "rsa"),
        rsa_jwk(&RSA, "rsa"),
        ps256,
        ec_jwk(&P256, "P-256", "ES256", "p256"),
        ec_jwk(&P384, "P-384", "ES384", "p384"),
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": b64(ED.public_key())}),
    ])
}

pub(super) fn keys(jwks: &[Value]) -> Keys {
    Keys::parse(json!({ "keys": jwks }).to_string().as_bytes()).unwrap()
}

/// The key of the published set in the form an attacker would use as a shared secret.
pub(super) fn rsa_modulus() -> Vec<u8> {
    RsaPublicKeyComponents::<Vec<u8>>::from(RSA.public_key()).n
}

/// How a forged token is signed.
#[derive(Clone, Copy)]
pub(super) enum With {
    Rs256,
    Foreign,
    Ps256,
    Es256,
    Es384,
    Ed25519,
    Hmac,
    Nothing,
    Rubbish,
}

impl With {
    fn sign(self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |pair: &RsaKeyPair, padding| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(padding, &random, message, &mut signature)
                .unwrap();
            signature
        };
        match self {
            Self::Rs256 => rsa(&RSA, &RSA_PKCS1_SHA256),
            Self::Foreign => rsa(&FOREIGN, &RSA_PKCS1_SHA256),
            Self::Ps256 => rsa(&RSA, &RSA_PSS_SHA256),
            Self::Es256 => P256.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Es384 => P384.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519 => ED.sign(message).as_ref().to_vec(),
            Self::Hmac => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &rsa_modulus());
                hmac::sign(&key, message).as_ref().to_vec()
            }
            Self::Nothing => Vec::new(),
            Self::Rubbish => vec![7; 256],
        }
    }
}

pub(super) fn token(header: &Value, claims: &str, with: With) -> String {
    let message = format!("{}.{}", b64(header.to_string()), b64(claims));
    format!("{message}.{}", b64(with.sign(message.as_bytes())))
}

pub(super) fn half_hash(function: &'static digest::Algorithm, token: &str) -> String {
    let hash = digest::digest(function, token.as_bytes());
    b64(&hash.as_ref()[..hash.as_ref().len() / 2])
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
