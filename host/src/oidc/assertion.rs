//! `private_key_jwt`: we prove who we are with a signature instead of a secret (RFC 7523).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::OidcError;
use crate::domain::{Code, Secret};

/// How long an assertion may be used, in seconds.
const LIFE: i64 = 60;

/// The private key of one connection (`client_key_file`).
pub(super) struct ClientKey {
    pair: Pair,
    kid: String,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl ClientKey {
    /// Reads a PEM file: PKCS#8 (`PRIVATE KEY`), or PKCS#1 (`RSA PRIVATE KEY`).
    ///
    /// # Errors
    /// It is neither, or not a key of RSA 2048 to 8192, P-256, P-384 or Ed25519.
    pub(super) fn read(pem: &Secret) -> Result<Self, OidcError> {
        let unusable = || {
            let detail = "client_key_file is not a PEM private key of RSA (2048 bits or more), \
                          P-256, P-384 or Ed25519; convert it with `openssl pkcs8 -topk8 -nocrypt`";
            OidcError::new(Code::Unavailable, "client_key", detail)
        };
        let pair = Pair::read(pem.expose()).ok_or_else(unusable)?;
        let kid = thumbprint(&pair.public_jwk());
        Ok(Self { pair, kid })
    }

    /// A single-use assertion for the token endpoint of `issuer` (K32: its audience is the
    /// issuer, as one string).
    pub(super) fn assert(
        &self,
        client_id: &str,
        issuer: &str,
        state: &str,
        now: Timestamp,
    ) -> Result<String, OidcError> {
        let now = now.as_second();
        // Each attempt redeems once, and its state is 256 bits of randomness that nobody sees
        // in a hash.
        let attempt = format!("client assertion\n{state}");
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "iat": now,
            "exp": now + LIFE,
            "jti": encode(digest(&SHA256, attempt.as_bytes())),
        });
        let header = json!({"alg": self.pair.alg(), "kid": self.kid, "typ": "JWT"});
        let signed = format!(
            "{}.{}",
            encode(header.to_string()),
            encode(claims.to_string())
        );
        let signature = self.pair.sign(signed.as_bytes()).ok_or_else(|| {
            OidcError::new(
                Code::Unavailable,
                "client_key",
                "client_key_file cannot sign",
            )
        })?;
        Ok(format!("{signed}.{}", encode(signature)))
    }

    /// The public half, as the provider has to know it.
    pub(super) fn public_jwk(&self) -> Value {
        let mut jwk = self.pair.public_jwk();
        jwk["kid"] = self.kid.clone().into();
        jwk["alg"] = self.pair.alg().into();
        jwk["use"] = "sig".into();
        jwk
    }
}

impl Pair {
    fn read(pem: &str) -> Option<Self> {
        if let Some(der) = pem_body(pem, "RSA PRIVATE KEY") {
            return RsaKeyPair::from_der(&der).ok().map(Self::Rsa);
        }
        let der = pem_body(pem, "PRIVATE KEY")?;
        if let Ok(pair) = RsaKeyPair::from_pkcs8(&der) {
            return Some(Self::Rsa(pair));
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der) {
            return Some(Self::P256(pair));
        }
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &der) {
            return Some(Self::P384(pair));
        }
        // OpenSSL writes Ed25519 keys without the public half.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
            .ok()
            .map(Self::Ed25519)
    }

    fn alg(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::P384(_) => "ES384",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        // Signing draws its blinding and nonces itself; there is nothing to repeat in a test.
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .ok()?;
                Some(signature)
            }
            Self::P256(pair) | Self::P384(pair) => {
                let signature = pair.sign(&random, message).ok()?;
                Some(signature.as_ref().to_vec())
            }
            Self::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
        }
    }

    /// The members that RFC 7638 hashes, in its order, and no others.
    fn public_jwk(&self) -> Value {
        let ec = |crv: &str, pair: &EcdsaKeyPair| {
            let point = pair.public_key().as_ref();
            let (x, y) = point[1..].split_at((point.len() - 1) / 2);
            json!({"crv": crv, "kty": "EC", "x": encode(x), "y": encode(y)})
        };
        match self {
            Self::Rsa(pair) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"e": encode(public.e), "kty": "RSA", "n": encode(public.n)})
            }
            Self::P256(pair) => ec("P-256", pair),
            Self::P384(pair) => ec("P-384", pair),
            Self::Ed25519(pair) => {
                json!({"crv": "Ed25519", "kty": "OKP", "x": encode(pair.public_key())})
            }
        }
    }
}

/// RFC 7638. `jwk` holds the required members in order; `serde_json` keeps it.
fn thumbprint(jwk: &Value) -> String {
    encode(digest(&SHA256, jwk.to_string().as_bytes()))
}

fn pem_body(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rsa::KeySize;

    use super::super::jose::Unverified;
    use super::super::keys::Keys;
    use super::super::verify::ID_TOKEN;
    use super::*;
    use crate::domain::Algorithm;

    fn pem(label: &str, der: &[u8]) -> Secret {
        let body = STANDARD.encode(der);
        Secret::new(format!(
            "-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"
        ))
    }

    fn pkcs8(algorithm: Algorithm) -> Vec<u8> {
        let random = SystemRandom::new();
        let der = match algorithm {
            Algorithm::RS256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
                return AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair)
                    .unwrap()
                    .as_ref()
                    .to_vec();
            }
            Algorithm::ES256 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            }
            Algorithm::ES384 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random)
            }
            _ => Ed25519KeyPair::generate_pkcs8(&random),
        };
        der.unwrap().as_ref().to_vec()
    }

    #[test]
    fn k32_an_assertion_verifies_with_the_published_key_and_names_the_issuer_alone() {
        let (now, state) = (Timestamp::from_second(1_800_000_000).unwrap(), "s");
        for algorithm in [
            Algorithm::RS256,
            Algorithm::ES256,
            Algorithm::ES384,
            Algorithm::EdDSA,
        ] {
            let key = ClientKey::read(&pem("PRIVATE KEY", &pkcs8(algorithm))).unwrap();
            let keys = json!({"keys": [key.public_jwk()]}).to_string();
            let keys = Keys::parse(keys.as_bytes()).unwrap();
            let assertion = key
                .assert("usher", "https://id.example", state, now)
                .unwrap();
            let token = Unverified::parse(&assertion, &ID_TOKEN).unwrap();
            assert_eq!(token.kid(), key.public_jwk()["kid"].as_str());
            let claims = token.open(&keys, algorithm, &["JWT"], &ID_TOKEN).unwrap();
            assert_eq!(claims["aud"], "https://id.example");
            assert_eq!(
                (&claims["iss"], &claims["sub"]),
                (&json!("usher"), &json!("usher"))
            );
            assert_eq!(claims["exp"].as_i64(), Some(now.as_second() + LIFE));
            let other = key.assert("usher", "x", "t", now).unwrap();
            let other = Unverified::parse(&other, &ID_TOKEN).unwrap();
            let other = other.open(&keys, algorithm, &["JWT"], &ID_TOKEN).unwrap();
            assert_ne!(claims["jti"], other["jti"]);
        }
    }

    #[test]
    fn the_key_id_is_the_thumbprint_of_rfc_7638() {
        // The example of RFC 7638 §3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let jwk = json!({"e": "AQAB", "kty": "RSA", "n": n});
        assert_eq!(
            thumbprint(&jwk),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }

    #[test]
    fn what_is_no_key_is_refused_with_what_to_do_and_without_its_text() {
        for text in [
            "",
            "canary",
            "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----",
        ] {
            let error = ClientKey::read(&Secret::new(text)).err().unwrap();
            assert_eq!(error.code, Code::Unavailable);
            assert!(error.detail.contains("openssl") && !error.detail.contains("canary"));
        }
    }
}
