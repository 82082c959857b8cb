//! What becomes of seeds: the same every time, so that a failure can be looked at again.

/// Endless.
pub(super) struct Mutations<'a> {
    seeds: &'a [Vec<u8>],
    random: u64,
}

/// Bytes that parsers count, end or begin with.
const TOKENS: [&[u8]; 26] = [
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80\x80\x80\x80\x08",
    b"\xff\xff\xff\xff\x0f",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b"\\u0000",
    b",",
    b":",
    b"null",
    b"-1",
    b"1e308",
    b"9223372036854775808",
    b"\n",
    b".",
    b"/",
    b"%2f",
    b"@",
    b"=",
    b"\xe2\x84\xaa",
    b"\x1b[2J",
];

impl<'a> Mutations<'a> {
    pub(super) fn of(seeds: &'a [Vec<u8>]) -> Self {
        Self {
            seeds,
            random: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// Xorshift: any sequence will do that is the same tomorrow.
    fn below(&mut self, end: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let random = usize::try_from(self.random >> 16).unwrap_or_default();
        random % end.max(1)
    }

    fn seed(&mut self) -> &'a [u8] {
        let seed = self.below(self.seeds.len());
        &self.seeds[seed]
    }

    fn range(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let (one, other) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
        one.min(other)..one.max(other)
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        match self.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(self.below(256)).unwrap_or_default(),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(self.range(bytes))),
            4 => {
                let other = self.seed();
                bytes.truncate(at);
                bytes.extend_from_slice(&other[self.below(other.len() + 1)..]);
            }
            5 => self.repeat_member(bytes),
            6 => {
                let part = bytes[self.range(bytes)].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let token = TOKENS[self.below(TOKENS.len())];
                bytes.splice(at..at, token.iter().copied());
            }
        }
    }

    /// A member of a JSON object, or what lies between two commas elsewhere, once more.
    fn repeat_member(&mut self, bytes: &mut Vec<u8>) {
        let is_comma = |(at, byte): (usize, &u8)| (*byte == b',').then_some(at);
        let commas: Vec<usize> = bytes.iter().enumerate().filter_map(is_comma).collect();
        if commas.len() < 2 {
            return;
        }
        let one = self.below(commas.len() - 1);
        let part = bytes[commas[one]..commas[one + 1]].to_vec();
        let at = commas[self.below(commas.len())];
        bytes.splice(at..at, part);
    }
}

impl Iterator for Mutations<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut bytes = self.seed().to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut bytes);
        }
        // Doubled again and again, something small becomes a bomb of our own making.
        bytes.truncate(64 << 10);
        Some(bytes)
    }
}
