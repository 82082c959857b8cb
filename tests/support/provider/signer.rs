use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Signature;

/// What the provider can sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256: what it signs with unless a test says otherwise.
    Rs256,
    /// RSA, PSS, SHA-256.
    Ps256,
    /// ECDSA on P-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// A key of the provider.
#[derive(Debug)]
pub(super) struct Signer {
    kid: String,
    pub(super) algorithm: Algorithm,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    fn pair(self) -> Pair {
        const MADE: &str = "keys can be made";
        match self {
            Self::Rs256 | Self::Ps256 => {
                Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect(MADE))
            }
            Self::Es256 => {
                Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect(MADE))
            }
            Self::EdDsa => Pair::Ed(Ed25519KeyPair::generate().expect(MADE)),
        }
    }
}

impl Signer {
    pub(super) fn new(kid: &str, algorithm: Algorithm) -> Self {
        Self {
            kid: kid.to_owned(),
            algorithm,
            pair: algorithm.pair(),
        }
    }

    pub(super) fn header(&self) -> Value {
        json!({"alg": self.algorithm.name(), "typ": "JWT", "kid": self.kid})
    }

    pub(super) fn jwk(&self) -> Value {
        let mut jwk = json!({"kid": self.kid, "alg": self.algorithm.name(), "use": "sig"});
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                jwk["kty"] = "RSA".into();
                jwk["n"] = encode(public.n).into();
                jwk["e"] = encode(public.e).into();
            }
            Pair::Ec(pair) => {
                // An uncompressed point: 4, x, y.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                jwk["kty"] = "EC".into();
                jwk["crv"] = "P-256".into();
                jwk["x"] = encode(x).into();
                jwk["y"] = encode(y).into();
            }
            Pair::Ed(pair) => {
                jwk["kty"] = "OKP".into();
                jwk["crv"] = "Ed25519".into();
                jwk["x"] = encode(pair.public_key()).into();
            }
        }
        jwk
    }

    /// A compact JWS.
    pub(super) fn sign(&self, header: &Value, claims: &Value, how: Signature) -> String {
        let message = format!(
            "{}.{}",
            encode(header.to_string()),
            encode(claims.to_string())
        );
        let signature = match how {
            Signature::Good | Signature::With(_) => self.signature(&message),
            Signature::Foreign => Self::new("foreign", self.algorithm).signature(&message),
            Signature::Nothing => Vec::new(),
            Signature::Hmac => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &self.hmac_key());
                hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{message}.{}", encode(signature))
    }

    fn signature(&self, message: &str) -> Vec<u8> {
        const SIGNS: &str = "a key can sign";
        let random = SystemRandom::new();
        let message = message.as_bytes();
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &'static dyn RsaEncoding = match self.algorithm {
                    Algorithm::Ps256 => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature)
                    .expect(SIGNS);
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message).expect(SIGNS).as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// What everybody knows of this key, as the key of an HMAC.
    fn hmac_key(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key()).n,
            Pair::Ec(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed(pair) => pair.public_key().as_ref().to_vec(),
        }
    }
}

/// The first half of a SHA-256 hash: `at_hash`.
pub(super) fn half_hash(text: &str) -> String {
    encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

/// The S256 challenge of a verifier.
pub(super) fn challenge(verifier: &str) -> String {
    encode(digest(&SHA256, verifier.as_bytes()))
}

/// A text that nobody can guess.
pub(super) fn random() -> String {
    let mut bytes = [0; 24];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.expect("the system has randomness");
    encode(bytes)
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
