use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A source of randomness, passed as an argument so that a test can repeat a run.
#[derive(Clone, Copy)]
pub struct Entropy(fn(&mut [u8]));

impl Entropy {
    /// Randomness from a function that fills a buffer, and never fails to.
    pub const fn new(fill: fn(&mut [u8])) -> Self {
        Self(fill)
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// 256 random bits as 43 characters of base64url: for cookies, states and whatever else
    /// nobody may guess (`protocol.md` K2, S2).
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}
