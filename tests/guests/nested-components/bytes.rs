//! A policy, and in it a component in a component in a component, fifty thousand deep.

use super::bytes::{COMPONENT, section};

pub(crate) fn bytes(honest: &[u8]) -> Vec<u8> {
    // From the inside out: every level is the header of a component around the last one.
    let mut levels = vec![section(4, &COMPONENT)];
    let mut length = levels[0].len();
    for _ in 0..50_000 {
        let header = section_header(4, COMPONENT.len() + length);
        let level = [&header[..], &COMPONENT].concat();
        length += level.len();
        levels.push(level);
    }
    levels.reverse();
    [honest, &levels.concat()].concat()
}

fn section_header(id: u8, length: usize) -> Vec<u8> {
    let whole = section(id, &vec![0; length]);
    whole[..whole.len() - length].to_vec()
}
