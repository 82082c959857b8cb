use std::fmt;

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
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}
