//! A policy after a bad disk: one bit in a hundred bytes is another.

pub(crate) fn bytes(honest: &[u8]) -> Vec<u8> {
    let flipped = |(position, byte): (usize, &u8)| match position % 100 {
        50 => byte ^ 4,
        _ => *byte,
    };
    honest.iter().enumerate().map(flipped).collect()
}
