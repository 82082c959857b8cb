//! The first half of a policy.

pub(crate) fn bytes(honest: &[u8]) -> Vec<u8> {
    honest[..honest.len() / 2].to_vec()
}
