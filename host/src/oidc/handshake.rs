use jiff::Timestamp;

use crate::domain::{Entropy, Secret};

/// The secrets of one sign-in attempt (K2) and its beginning: 256 bits each, 43 characters of base64url. To be
/// kept on the server until the callback, and used there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// Comes back in the authorization response; finds the attempt.
    pub state: String,
    /// Comes back in the ID token (K22).
    pub nonce: String,
    /// The PKCE code verifier; only its hash leaves before the code is redeemed (K3).
    pub verifier: Secret,
    /// When the attempt began, which is what `max_age` counts from.
    pub begun_at: Timestamp,
}

impl Handshake {
    /// New secrets for a new attempt.
    pub fn draw(entropy: &Entropy, now: Timestamp) -> Self {
        Self {
            state: entropy.token(),
            nonce: entropy.token(),
            verifier: Secret::new(entropy.token()),
            begun_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;

    #[test]
    fn k2_the_three_secrets_are_256_bits_each_and_distinct() {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        let counting = Entropy::new(|bytes| bytes.fill(NEXT.fetch_add(1, Ordering::Relaxed)));
        let drawn = Handshake::draw(&counting, Timestamp::UNIX_EPOCH);
        let all = [&drawn.state, &drawn.nonce, drawn.verifier.expose()];
        assert!(all.iter().all(|secret| secret.len() == 43), "{all:?}");
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
        assert!(!format!("{drawn:?}").contains(all[2]));
    }
}
