//! Secrets at rest: sealing, keyed hashes, and the key itself.

mod key;

use std::fmt;

use anyhow::ensure;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, hkdf, hmac};

use crate::domain::{Secret, hex};

pub use self::key::load_or_create_key;

/// Seals values with AES-256-GCM and hashes with HMAC-SHA-256, under keys that HKDF derives
/// from one secret, a different one for each purpose.
///
/// A sealed value is: format (1 byte), key id (4), nonce (12), ciphertext with tag. The key id
/// lets an old key be read while values move to a new one.
#[derive(Clone)]
pub struct Vault {
    current: Root,
    previous: Vec<Root>,
}

/// Why a sealed value could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// It was sealed with a key that this vault does not hold.
    #[error(
        "it was sealed with another secret key; start with the USHER__SECRET_KEY (or key file) that was in use then"
    )]
    OtherKey,
    /// It was changed, cut, or belongs somewhere else.
    #[error("it is damaged or belongs to another record; restore the database from a backup")]
    Damaged,
}

const FORMAT: u8 = 1;
const ID_LEN: usize = 4;
const HEADER_LEN: usize = 1 + ID_LEN;
const SHORTEST_SECRET: usize = 16;

impl Vault {
    /// A vault over a secret of at least 16 characters.
    ///
    /// # Errors
    /// The secret is shorter.
    pub fn open(key: &Secret) -> anyhow::Result<Self> {
        Ok(Self {
            current: Root::new(key)?,
            previous: Vec::new(),
        })
    }

    /// The same vault, able to unseal what an earlier key sealed; new values get the new key.
    ///
    /// # Errors
    /// The earlier secret is too short to have been one.
    pub fn with_previous(mut self, key: &Secret) -> anyhow::Result<Self> {
        self.previous.push(Root::new(key)?);
        Ok(self)
    }

    /// Seals `plain`. `context` names what it is and where it is kept, such as
    /// `sessions/ID/id_token`: it is authenticated, so that a value moved elsewhere does not
    /// unseal. What stands before the first `/` chooses the key.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let mut body = plain.to_vec();
        let nonce = self
            .current
            .aead(context)
            .seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut body)
            .expect("AES-GCM fails on inputs beyond 64 GiB only");
        let mut sealed = Vec::with_capacity(HEADER_LEN + NONCE_LEN + body.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&self.current.id);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut body);
        sealed
    }

    /// What was sealed in this context.
    ///
    /// # Errors
    /// It was sealed with another key, in another context, or was changed.
    pub fn unseal(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, UnsealError> {
        let (header, rest) = split(sealed, HEADER_LEN)?;
        let (nonce, body) = split(rest, NONCE_LEN)?;
        if header[0] != FORMAT {
            return Err(UnsealError::Damaged);
        }
        let root = std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|root| root.id == header[1..])
            .ok_or(UnsealError::OtherKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| UnsealError::Damaged)?;
        let mut body = body.to_vec();
        let plain = root
            .aead(context)
            .open_in_place(nonce, Aad::from(context.as_bytes()), &mut body)
            .map_err(|_| UnsealError::Damaged)?
            .len();
        body.truncate(plain);
        Ok(body)
    }

    /// HMAC-SHA-256 of `data` under the key of `purpose`, in hex.
    pub fn hmac(&self, purpose: &str, data: &[u8]) -> String {
        let key = self.current.derive("hmac", purpose);
        hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), data).as_ref())
    }

    /// A name for the current key that tells nothing about it. Kept with the data, it shows at
    /// start whether the key still fits.
    pub fn key_id(&self) -> String {
        hex(&self.current.id)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({})", self.key_id())
    }
}

/// What stands in the store for an unguessable token: its SHA-256 in hex. Only for tokens of
/// 128 bits and more; anything guessable needs [`Vault::hmac`].
pub fn hash_token(token: &str) -> String {
    hex(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}

/// The key material of one secret.
#[derive(Clone)]
struct Root {
    id: [u8; ID_LEN],
    prk: hkdf::Prk,
}

impl Root {
    fn new(key: &Secret) -> anyhow::Result<Self> {
        let secret = key.expose().trim();
        ensure!(
            secret.len() >= SHORTEST_SECRET,
            "the secret key is shorter than {SHORTEST_SECRET} characters; make one with: openssl rand -base64 32"
        );
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"usher").extract(secret.as_bytes());
        let [a, b, c, d, ..] = derive(&prk, "id", "");
        Ok(Self {
            id: [a, b, c, d],
            prk,
        })
    }

    fn aead(&self, context: &str) -> RandomizedNonceKey {
        // The nonce comes from the library, not from `Entropy`: a repeated nonce would give
        // both values away, so no test may choose it.
        let purpose = context.split('/').next().unwrap_or_default();
        RandomizedNonceKey::new(&AES_256_GCM, &self.derive("seal", purpose))
            .expect("the key has 32 bytes")
    }

    fn derive(&self, kind: &str, purpose: &str) -> [u8; 32] {
        derive(&self.prk, kind, purpose)
    }
}

fn derive(prk: &hkdf::Prk, kind: &str, purpose: &str) -> [u8; 32] {
    let mut key = [0; 32];
    let info = [
        b"usher 1 ".as_slice(),
        kind.as_bytes(),
        b":",
        purpose.as_bytes(),
    ];
    prk.expand(&info, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .expect("32 bytes are within what HKDF gives");
    key
}

fn split(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8]), UnsealError> {
    bytes.split_at_checked(at).ok_or(UnsealError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(secret: &str) -> Vault {
        Vault::open(&Secret::new(secret)).unwrap()
    }

    /// Rows: S5
    #[test]
    fn a_sealed_value_comes_back_in_its_own_context_only() {
        let vault = vault("0123456789abcdef");
        let sealed = vault.seal("sessions/1/id_token", b"canary");
        assert!(!sealed.windows(6).any(|window| window == b"canary"));
        assert_eq!(
            vault.unseal("sessions/1/id_token", &sealed).unwrap(),
            b"canary"
        );
        for elsewhere in ["sessions/2/id_token", "audit/1/id_token", ""] {
            assert_eq!(
                vault.unseal(elsewhere, &sealed),
                Err(UnsealError::Damaged),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn two_seals_of_one_value_differ() {
        let vault = vault("0123456789abcdef");
        assert_ne!(vault.seal("a", b"x"), vault.seal("a", b"x"));
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        let vault = vault("0123456789abcdef");
        let sealed = vault.seal("a", b"value");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(vault.unseal("a", &changed).is_err(), "byte {at}");
            assert!(vault.unseal("a", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    /// Rows: S5
    #[test]
    fn an_earlier_key_still_unseals_and_a_foreign_one_is_named() {
        let old = vault("the first secret key");
        let sealed = old.seal("a", b"value");
        let new = vault("the second secret key");
        assert_eq!(new.unseal("a", &sealed), Err(UnsealError::OtherKey));
        let both = new
            .with_previous(&Secret::new("the first secret key"))
            .unwrap();
        assert_eq!(both.unseal("a", &sealed).unwrap(), b"value");
        assert_ne!(both.key_id(), old.key_id());
    }

    #[test]
    fn keyed_hashes_depend_on_key_and_purpose() {
        let vault = vault("0123456789abcdef");
        let hash = vault.hmac("subject", b"ann");
        assert_eq!(hash.len(), 64);
        assert_eq!(hash, vault.hmac("subject", b"ann"));
        assert_ne!(hash, vault.hmac("other", b"ann"));
        assert_ne!(
            hash,
            super::tests::vault("0123456789abcdeF").hmac("subject", b"ann")
        );
    }

    #[test]
    fn a_short_secret_is_refused() {
        let error = Vault::open(&Secret::new("changeme")).unwrap_err();
        assert!(error.to_string().contains("openssl rand"), "{error}");
    }
}
