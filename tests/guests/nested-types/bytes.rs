//! A policy, and in it the type of a component that has a type of a component, a million deep.

use super::bytes::{COMPONENT, section};

/// The type of a component with one declaration, which is a type.
const LEVEL: [u8; 3] = [0x41, 1, 1];
const BYTE: u8 = 0x7d;

pub(crate) fn bytes(honest: &[u8]) -> Vec<u8> {
    let mut types = vec![1];
    types.extend(LEVEL.repeat(1_000_000));
    types.push(BYTE);
    let nested = [&COMPONENT[..], &section(7, &types)].concat();
    [honest, &section(4, &nested)].concat()
}
