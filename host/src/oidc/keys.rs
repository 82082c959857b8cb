//! The provider's signing keys: read one by one, chosen by id, type, algorithm and use.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm as Jwa, DecodingKey};
use serde_json::{Map, Value};

use super::{OidcError, json};
use crate::domain::Algorithm;

/// How many entries of a key set are looked at.
const MOST: usize = 100;

/// The usable signing keys of a provider at one moment; cheap to clone.
#[derive(Debug, Clone)]
pub struct Keys(Arc<[Key]>);

impl Keys {
    /// Reads a JWK Set. An entry that is broken, of another kind or for another purpose is
    /// skipped: a provider may publish more than we understand.
    pub(super) fn parse(document: &[u8]) -> Result<Self, OidcError> {
        let refuse = |detail: String| OidcError::provider("jwks", detail);
        let set = json::object(document)
            .map_err(|e| refuse(format!("the key set of the provider is {e}")))?;
        let Some(Value::Array(entries)) = set.get("keys") else {
            return Err(refuse(
                "the key set of the provider has no list `keys`".into(),
            ));
        };
        let mut keys: Vec<Key> = Vec::new();
        for entry in entries.iter().take(MOST) {
            let key = entry.as_object().and_then(Key::read);
            // A key that is listed twice is still one key, and no ambiguity.
            keys.extend(key.filter(|key| !keys.contains(key)));
        }
        if keys.is_empty() {
            let detail = "the key set of the provider holds no usable signing key";
            return Err(refuse(detail.into()));
        }
        Ok(Self(keys.into()))
    }

    /// Whether any key fits the algorithm.
    pub(super) fn any_for(&self, algorithm: Algorithm) -> bool {
        self.0.iter().any(|key| key.fits(algorithm))
    }

    /// The one key for a token's key id and the pinned algorithm.
    pub(super) fn choose(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<&Key, NoKey> {
        let fitting = |key: &&Key| {
            key.fits(algorithm) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid))
        };
        let mut candidates = self.0.iter().filter(fitting);
        match (candidates.next(), candidates.next()) {
            (None, _) => Err(NoKey::Unknown),
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => self.choose_exact(kid, algorithm),
        }
    }

    /// Among several, the only one that names the algorithm itself.
    fn choose_exact(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<&Key, NoKey> {
        // Without a key id the suite's row C07 wants a refusal, however the keys are marked.
        let kid = kid.ok_or(NoKey::Ambiguous)?;
        let exact = |key: &&Key| {
            key.fits(algorithm) && key.kid.as_deref() == Some(kid) && key.alg.is_some()
        };
        let mut candidates = self.0.iter().filter(exact);
        match (candidates.next(), candidates.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(NoKey::Ambiguous),
        }
    }
}

/// Why no key was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// None fits: perhaps it is newer than our copy of the set.
    Unknown,
    /// Several fit, and guessing is not checking.
    Ambiguous,
}

/// A public key that may sign tokens.
#[derive(Debug)]
pub(super) struct Key {
    kid: Option<String>,
    alg: Option<String>,
    material: Material,
    decoding: DecodingKey,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        (&self.kid, &self.alg, &self.material) == (&other.kid, &other.alg, &other.material)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256 { x: Vec<u8>, y: Vec<u8> },
    P384 { x: Vec<u8>, y: Vec<u8> },
    Ed25519 { x: Vec<u8> },
}

impl Key {
    fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let kid = optional_text(jwk, "kid")?;
        let alg = optional_text(jwk, "alg")?;
        let purpose = optional_text(jwk, "use")?;
        let to_verify = match jwk.get("key_ops") {
            None => true,
            Some(operations) => operations.as_array()?.contains(&"verify".into()),
        };
        // A published private half is nobody's secret any more: such a key proves nothing.
        let private = jwk.contains_key("d") || jwk.contains_key("k");
        if purpose.is_some_and(|purpose| purpose != "sig") || !to_verify || private {
            return None;
        }
        let material = Material::read(jwk)?;
        let decoding = material.decoding_key();
        Some(Self {
            kid,
            alg,
            material,
            decoding,
        })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        let kind = match self.material {
            Material::Rsa { .. } => {
                matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512)
            }
            Material::P256 { .. } => algorithm == ES256,
            Material::P384 { .. } => algorithm == ES384,
            Material::Ed25519 { .. } => algorithm == EdDSA,
        };
        let named =
            |alg: &str| alg == algorithm.as_str() || (algorithm == EdDSA && alg == "Ed25519");
        kind && self.alg.as_deref().is_none_or(named)
    }

    /// Whether `signature` (base64url) is this key's signature of `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &str, algorithm: Algorithm) -> bool {
        jsonwebtoken::crypto::verify(signature, message, &self.decoding, jwa(algorithm))
            .unwrap_or(false)
    }
}

impl Material {
    fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let exactly = |name: &str, length| bytes(name).filter(|b| b.len() == length);
        match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let (n, e) = (bytes("n")?, bytes("e")?);
                (2048..=8192).contains(&bits(&n)).then_some(())?;
                (2..=64).contains(&bits(&e)).then_some(())?;
                Some(Self::Rsa { n, e })
            }
            ("EC", Some("P-256")) => Some(Self::P256 {
                x: exactly("x", 32)?,
                y: exactly("y", 32)?,
            }),
            ("EC", Some("P-384")) => Some(Self::P384 {
                x: exactly("x", 48)?,
                y: exactly("y", 48)?,
            }),
            ("OKP", Some("Ed25519")) => Some(Self::Ed25519 {
                x: exactly("x", 32)?,
            }),
            // `oct` above all: a shared secret is never a key to verify with (K15).
            _ => None,
        }
    }

    fn decoding_key(&self) -> DecodingKey {
        match self {
            Self::Rsa { n, e } => DecodingKey::from_rsa_raw_components(n, e),
            Self::P256 { x, y } | Self::P384 { x, y } => {
                DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat())
            }
            Self::Ed25519 { x } => DecodingKey::from_ed_der(x),
        }
    }
}

/// A member that is absent or a string; anything else makes the key unusable.
fn optional_text(jwk: &Map<String, Value>, name: &str) -> Option<Option<String>> {
    match jwk.get(name) {
        None => Some(None),
        Some(value) => Some(Some(value.as_str()?.to_owned())),
    }
}

/// The length of a big-endian number.
fn bits(number: &[u8]) -> usize {
    let number = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    let leading = number.first().map_or(0, |byte| byte.leading_zeros());
    number.len() * 8 - usize::try_from(leading).unwrap_or(0)
}

fn jwa(algorithm: Algorithm) -> Jwa {
    match algorithm {
        Algorithm::RS256 => Jwa::RS256,
        Algorithm::RS384 => Jwa::RS384,
        Algorithm::RS512 => Jwa::RS512,
        Algorithm::PS256 => Jwa::PS256,
        Algorithm::PS384 => Jwa::PS384,
        Algorithm::PS512 => Jwa::PS512,
        Algorithm::ES256 => Jwa::ES256,
        Algorithm::ES384 => Jwa::ES384,
        Algorithm::EdDSA => Jwa::EdDSA,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa(kid: &str, bits: usize) -> Value {
        let mut n = vec![0xff; bits.div_ceil(8)];
        n[0] >>= (8 - bits % 8) % 8;
        json!({"kty": "RSA", "kid": kid, "n": URL_SAFE_NO_PAD.encode(n), "e": "AQAB"})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn parse(keys: &[Value]) -> Result<Keys, OidcError> {
        Keys::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn a_bad_entry_is_skipped_and_the_good_ones_stay() {
        let good = rsa("good", 2048);
        for bad in [
            json!(7),
            json!({}),
            json!({"kty": "oct", "kid": "bad", "k": "AAAA"}),
            with(rsa("bad", 2048), "use", json!("enc")),
            with(rsa("bad", 2048), "use", json!(7)),
            with(rsa("bad", 2048), "kid", json!(7)),
            with(rsa("bad", 2048), "alg", json!(7)),
            with(rsa("bad", 2048), "key_ops", json!(["encrypt"])),
            with(rsa("bad", 2048), "d", json!("AAAA")),
            with(rsa("bad", 2048), "e", json!("AQ")),
            rsa("bad", 2047),
            rsa("bad", 8193),
            json!({"kty": "EC", "crv": "P-256", "kid": "bad", "x": "AAAA", "y": "AAAA"}),
            json!({"kty": "EC", "crv": "P-521", "kid": "bad", "x": "AAAA", "y": "AAAA"}),
            json!({"kty": "OKP", "crv": "X25519", "kid": "bad", "x": "AAAA"}),
        ] {
            let keys = parse(&[bad.clone(), good.clone()]).unwrap();
            assert!(keys.choose(Some("good"), Algorithm::RS256).is_ok(), "{bad}");
            assert_eq!(
                keys.choose(Some("bad"), Algorithm::RS256).err(),
                Some(NoKey::Unknown),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_set_without_a_usable_key_is_an_error() {
        assert!(parse(&[]).is_err());
        assert!(parse(&[json!({"kty": "oct", "k": "AAAA"})]).is_err());
        for document in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
            assert_eq!(Keys::parse(document.as_bytes()).unwrap_err().check, "jwks");
        }
    }

    #[test]
    fn only_the_first_hundred_entries_are_looked_at() {
        let mut entries: Vec<Value> = (0..100).map(|i| rsa(&i.to_string(), 2048)).collect();
        entries.push(rsa("late", 2048));
        let keys = parse(&entries).unwrap();
        assert!(keys.choose(Some("99"), Algorithm::RS256).is_ok());
        assert!(keys.choose(Some("late"), Algorithm::RS256).is_err());
    }

    #[test]
    fn c06_c07_without_a_key_id_exactly_one_key_must_fit() {
        let one = parse(&[rsa("a", 2048)]).unwrap();
        assert!(one.choose(None, Algorithm::RS256).is_ok());
        let decoy = with(rsa("b", 3072), "alg", json!("PS256"));
        let marked = parse(&[rsa("a", 2048), decoy]).unwrap();
        assert!(marked.choose(None, Algorithm::RS256).is_ok());
        let two = [rsa("a", 2048), with(rsa("b", 3072), "alg", json!("RS256"))];
        let two = parse(&two).unwrap();
        assert_eq!(
            two.choose(None, Algorithm::RS256).err(),
            Some(NoKey::Ambiguous)
        );
    }

    #[test]
    fn decoys_of_the_same_key_id_and_other_algorithms_do_not_disturb() {
        let ec = json!({"kty": "EC", "crv": "P-256", "kid": "k", "x": "A".repeat(43), "y": "A".repeat(43)});
        let ps = with(rsa("k", 3072), "alg", json!("PS256"));
        let right = with(rsa("k", 2048), "alg", json!("RS256"));
        let unmarked = rsa("k", 4096);
        let keys = parse(&[ps, ec, unmarked.clone(), right.clone(), right]).unwrap();
        let key = keys.choose(Some("k"), Algorithm::RS256).unwrap();
        assert_eq!(key.alg.as_deref(), Some("RS256"));
        let keys = parse(&[unmarked, rsa("k", 2048)]).unwrap();
        assert_eq!(
            keys.choose(Some("k"), Algorithm::RS256).err(),
            Some(NoKey::Ambiguous)
        );
    }
}
