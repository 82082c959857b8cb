//! A policy, and in it a small function that takes a compiler gigabytes: a thousand loops in one
//! another, and in the innermost forty thousand variables change, so that each of them has another
//! value in each loop.

use super::bytes::{MODULE, list, number, section};

const VARIABLES: u32 = 40_000;
const LOOPS: usize = 1_000;

pub(crate) fn bytes(honest: &[u8]) -> Vec<u8> {
    let types = section(1, &list(&[vec![0x60, 0, 0]]));
    let functions = section(3, &list(&[vec![0]]));
    let code = section(10, &list(&[with_length(&function())]));
    let module = [&MODULE[..], &types, &functions, &code].concat();
    [honest, &section(1, &module)].concat()
}

fn function() -> Vec<u8> {
    const LOOP: [u8; 2] = [0x03, 0x40];
    const AGAIN: [u8; 4] = [0x41, 1, 0x0d, 0];
    const END: u8 = 0x0b;
    // So many variables of 64 bits.
    let mut body = [&number(1)[..], &number(VARIABLES), &[0x7e]].concat();
    body.extend(LOOP.repeat(LOOPS));
    for variable in 0..VARIABLES {
        // It takes the value of its neighbour.
        body.push(0x20);
        body.extend(unsigned((variable + 1) % VARIABLES));
        body.push(0x21);
        body.extend(unsigned(variable));
    }
    for _ in 0..LOOPS {
        body.extend(AGAIN);
        body.push(END);
    }
    body.push(END);
    body
}

fn unsigned(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).expect("seven bits"));
    bytes
}

fn with_length(bytes: &[u8]) -> Vec<u8> {
    section(0, bytes)[1..].to_vec()
}
