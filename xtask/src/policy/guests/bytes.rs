//! Components byte by byte, for what no tool would write.

use wasmparser::{Parser, Payload};

/// Size of the largest file that is read as a policy.
pub(super) const LARGEST: usize = 4 << 20;

/// How a component begins.
pub(super) const COMPONENT: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// A core module with nothing in it.
pub(super) const MODULE: [u8; 8] = *b"\0asm\x01\0\0\0";

/// A number in LEB128.
pub(super) fn number(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        // A type's number is signed: its sixth bit must not look like a sign.
        if number == 0 && low < 0x40 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// A text with its length.
pub(super) fn text(text: &str) -> Vec<u8> {
    [&length(text.len())[..], text.as_bytes()].concat()
}

/// Items with their count.
pub(super) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [&length(items.len())[..], &items.concat()].concat()
}

/// A section of this kind.
pub(super) fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [&[id][..], &length(body.len()), body].concat()
}

/// Core modules directly in a component.
pub(super) fn modules(component: &[u8]) -> u32 {
    let (mut depth, mut count) = (0, 0);
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("a component that was just encoded") {
            Payload::ModuleSection { .. } => {
                count += u32::from(depth == 0);
                depth += 1;
            }
            Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            _ => {}
        }
    }
    count
}

fn length(length: usize) -> Vec<u8> {
    number(u32::try_from(length).expect("guests are smaller than 4 GiB"))
}
