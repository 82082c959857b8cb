//! A policy, and in it a component with a type: a list of lists of lists, ten thousand deep.

use super::bytes::{COMPONENT, list, number, section};

const LIST: u8 = 0x70;
const BYTE: u8 = 0x7d;

pub(crate) fn bytes(honest: &[u8]) -> Vec<u8> {
    let mut types = vec![vec![LIST, BYTE]];
    for inner in 0..10_000 {
        types.push([&[LIST][..], &number(inner)].concat());
    }
    let nested = [&COMPONENT[..], &section(7, &list(&types))].concat();
    [honest, &section(4, &nested)].concat()
}
