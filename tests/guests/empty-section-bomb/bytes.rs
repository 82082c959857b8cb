//! A policy, and more than a million sections of nothing.

use super::bytes::LARGEST;

pub(crate) fn bytes(honest: &[u8]) -> Vec<u8> {
    let nothing = [0, 1, 0];
    let count = (LARGEST - honest.len()) / nothing.len();
    [honest, &nothing.repeat(count)].concat()
}
